// SPDX-License-Identifier: Apache-2.0
// Accounts as a user sees them. Pure functions: facts in, view out.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "account/account_service.h"
#include "settings/settings.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// Sentences about fields, by field name.
using FieldErrors = std::vector<std::pair<std::string, std::string>>;

/// What stands in "Neues KV-Connect-Konto" at the beginning, or again after a refused submit (passwords never).
struct AccountDraft {
  std::string username, display_name, description, environment_id;
};

/// kind "account.new"; action `check`. Without a configured environment, a notice that says so.
[[nodiscard]] pvs::v1::View new_account(const Texts& t, const settings::Settings& settings, const AccountDraft& draft,
                                        const FieldErrors& errors);
/// kind "account.password_change"; action `change`. `resumed`: the account was begun earlier, its other data still
/// holds.
[[nodiscard]] pvs::v1::View password_change(const Texts& t, const account::Overview& account, bool resumed,
                                            const FieldErrors& errors);
/// kind "accounts". `users` names the host's users by id.
[[nodiscard]] pvs::v1::View accounts(const Texts& t, const std::vector<account::Overview>& accounts, TimePoint now,
                                     int renewal_hint_days);
/// Names of users by id, for display.
using UserNames = std::vector<std::pair<std::string, std::string>>;
/// kind "account.overview". `checked`: the server was just asked, and answered.
[[nodiscard]] pvs::v1::View account_overview(const Texts& t, const account::Overview& account,
                                             const settings::Settings& settings, const UserNames& users, TimePoint now,
                                             bool checked);

/// "draft", "password_change_needed", "enrolling", "ready", "failed": stable, for scripts.
[[nodiscard]] std::string_view state_code(account::State state);
/// The sentence for broken rules of broken_password_rules().
[[nodiscard]] std::string password_rules_sentence(const Texts& t, const std::vector<std::string>& broken);

}  // namespace kvc::plugin::views
