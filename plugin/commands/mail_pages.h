// SPDX-License-Identifier: Apache-2.0
// What the lists of messages have in common.
#pragma once

#include <charconv>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "account/account_service.h"
#include "commands/command.h"
#include "views/account_views.h"

namespace kvc::plugin::commands {

/// What an account is called in a table: an Overview or an AccountName.
template <class Account>
[[nodiscard]] std::string account_label(const Account& account) {
  return !account.display_name.empty() ? account.display_name
         : !account.address.empty()    ? account.address
                                       : account.username;
}

[[nodiscard]] inline views::UserNames account_labels(const std::vector<account::AccountName>& accounts) {
  views::UserNames labels;
  for (const account::AccountName& account : accounts) {
    labels.emplace_back(account.id, account_label(account));
  }
  return labels;
}

/// True if the account has no mail for this reason: it has no certificate yet, so there is no key to read with.
[[nodiscard]] inline bool has_no_mail_yet(const Status& status) {
  return status.is(error::invalid_state);
}

/// The number a part's id names; a number no message has for anything else.
[[nodiscard]] inline std::size_t place_of(const std::string& id) {
  std::size_t place = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), place);
  return !id.empty() && error == std::errc() && end == id.data() + id.size() ? place : static_cast<std::size_t>(-1);
}

/// Asks for a view anew: without the one that was acted on.
[[nodiscard]] inline Request without_view(const Request& request) {
  Request fresh = request;
  fresh.view_id.clear();
  fresh.row_id.clear();
  fresh.view = {};
  return fresh;
}

/// "done", with a sentence.
[[nodiscard]] inline pvs::v1::ActionReply reply_done(std::string text, bool close_view) {
  pvs::v1::ActionReply reply;
  reply.mutable_done()->set_text(std::move(text));
  reply.mutable_done()->set_close_view(close_view);
  return reply;
}

}  // namespace kvc::plugin::commands
