// SPDX-License-Identifier: Apache-2.0
// Pages of tables whose rows come from all accounts of a user.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "account/account_service.h"
#include "views/mailbox_views.h"

namespace kvc::plugin::commands {

/// What an account is called in a table.
[[nodiscard]] inline std::string account_label(const account::Overview& account) {
  return !account.display_name.empty() ? account.display_name
         : !account.address.empty()    ? account.address
                                       : account.username;
}

/// The first row of the page a token names; 0 for anything that is no token.
[[nodiscard]] inline std::size_t offset_of(const std::string& token) {
  std::size_t offset = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), offset);
  return error == std::errc() && end == token.data() + token.size() && offset < 10'000'000 ? offset : 0;
}

/// One page of the newest rows first. `list(account_id, offset, limit, total)` gives an account's rows, newest first;
/// `time(row)` is what is newest. A user has few accounts, so each is asked for its own first rows.
template <class Item, class List, class Time>
Result<views::Page<Item>> page_of(const std::vector<account::Overview>& accounts, std::size_t offset, List list,
                                  Time time) {
  views::Page<Item> page;
  page.offset = offset;
  for (const account::Overview& account : accounts) {
    page.accounts.emplace_back(account.id, account_label(account));
    const bool alone = accounts.size() == 1;
    std::size_t total = 0;
    KVC_ASSIGN(std::vector<Item> rows,
               list(account.id, alone ? offset : 0, alone ? views::kPageSize : offset + views::kPageSize, total));
    page.total += total;
    std::move(rows.begin(), rows.end(), std::back_inserter(page.items));
  }
  if (accounts.size() > 1) {
    std::stable_sort(page.items.begin(), page.items.end(),
                     [&](const Item& a, const Item& b) { return time(a) > time(b); });
    page.items.erase(page.items.begin(),
                     page.items.begin() + static_cast<std::ptrdiff_t>(std::min(offset, page.items.size())));
    if (page.items.size() > views::kPageSize) {
      page.items.resize(views::kPageSize);
    }
  }
  return page;
}

/// A row of the user's, wherever it stands: asked for page by page, because the rows of a mailbox have no other door.
template <class Item, class List>
Result<Item> find_row(const std::vector<account::Overview>& accounts, const std::string& id, List list) {
  constexpr std::size_t kChunk = 500;
  for (const account::Overview& account : accounts) {
    std::size_t total = 1;
    for (std::size_t offset = 0; offset < total; offset += kChunk) {
      KVC_ASSIGN(std::vector<Item> rows, list(account.id, offset, kChunk, total));
      const auto found = std::find_if(rows.begin(), rows.end(), [&](const Item& item) { return item.id == id; });
      if (found != rows.end()) {
        return *found;
      }
    }
  }
  return Status(error::not_found, "no message of this id");
}

}  // namespace kvc::plugin::commands
