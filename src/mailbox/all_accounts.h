// SPDX-License-Identifier: Apache-2.0
// One list over all accounts of a user. Internal to mailbox/.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "mailbox/context.h"
#include "mailbox/cursor.h"

namespace kvc::mailbox {

/// An account that gives rows for the page, and where to begin in it.
struct Source {
  OpenAccount account;
  Key before;
};

/// Which accounts a page is read from. Opening an account costs the host a decryption, so only those are opened whose
/// newest row can stand on the page: each of them gives one row at least, and a page has `limit`.
struct Sources {
  std::vector<Source> accounts;
  Key end;            ///< where the others begin
  bool more = false;  ///< there are others
};

/// How many heads sources_of() is to be given.
inline std::size_t heads_for(std::size_t limit) {
  return std::min(limit, kMostOpened) + 1;
}

/// `open(account_id)` gives a Result<OpenAccount>; invalid_state (no certificate yet, so no mail either) leaves it out.
template <class Open>
Result<Sources> sources_of(std::vector<Head> heads, std::size_t limit, Open&& open) {
  Sources sources;
  if (heads.size() >= heads_for(limit)) {
    sources.more = true;
    sources.end = just_before(heads.back().key);
    heads.pop_back();
  }
  for (Head& head : heads) {
    auto account = open(head.account_id);
    if (account.status().is(error::invalid_state)) {
      continue;
    }
    KVC_TRY(account.status());
    sources.accounts.push_back({std::move(account).value(), just_before(std::move(head.key))});
  }
  return sources;
}

/// What stands for the accounts that were not read when the stretches of the others are merged.
template <class Item>
Stretch<Item> not_read(const Sources& sources) {
  Stretch<Item> stretch;
  stretch.end = sources.end;
  stretch.more = sources.more;
  return stretch;
}

}  // namespace kvc::mailbox
