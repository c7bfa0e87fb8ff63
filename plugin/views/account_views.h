// SPDX-License-Identifier: Apache-2.0
// Accounts as a user sees them: list, and the forms on the way to a working one. Pure functions: facts in, view out.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "account/account_service.h"
#include "passwords/strength.h"
#include "settings/settings.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// Sentences about fields, by field name.
using FieldErrors = std::vector<std::pair<std::string, std::string>>;
/// Names of users by id, for display.
using UserNames = std::vector<std::pair<std::string, std::string>>;

/// What stands in "Neues KV-Connect-Konto" at the beginning, or again after a refused submit (passwords never).
struct AccountDraft {
  std::string username{}, display_name{}, description{}, environment_id{};
};

/// kind "account.new"; actions `check` and `import`. Without a configured environment, a notice that says so.
/// `failure`: why the last check did not go through; what was typed is there again.
[[nodiscard]] pvs::v1::View new_account(const Texts& t, const settings::Settings& settings, const AccountDraft& draft,
                                        const FieldErrors& errors, const Status& failure = {});

/// Why the KV's password is changed: the initial one must be; of an account begun earlier, whose other data still
/// holds; or because the user wants to.
enum class PasswordOccasion { initial, resumed, wish };
/// kind "account.password_change"; action `change`.
[[nodiscard]] pvs::v1::View password_change(const Texts& t, const std::string& username, PasswordOccasion occasion,
                                            const FieldErrors& errors, const Status& failure = {});
/// kind "account.correct_password"; action `correct`: the password kept here is not the server's.
[[nodiscard]] pvs::v1::View correct_password(const Texts& t, const std::string& username, const FieldErrors& errors,
                                             const Status& failure = {});
/// kind "account.edit"; action `save`: name, description, keystore password.
[[nodiscard]] pvs::v1::View edit_account(const Texts& t, const AccountDraft& draft, const FieldErrors& errors,
                                         const Status& failure = {});
/// Rows a page of the accounts has at most.
inline constexpr std::size_t kAccountRows = 50;
/// kind "accounts"; row actions `open` and `check` or `continue`; view actions `new`, `apply`, `refresh`, `page`, and
/// `search` where not all accounts of the user are on the page.
[[nodiscard]] pvs::v1::View accounts(const Texts& t, const account::OverviewPage& page, const std::string& search,
                                     TimePoint now, int renewal_hint_days);

/// What an account is called: its display name, or the username.
[[nodiscard]] std::string account_name(const account::Overview& account);
/// "draft", "password_change_needed", "enrolling", "ready", "failed": stable, for scripts.
[[nodiscard]] std::string_view state_code(account::State state);
[[nodiscard]] pvs::v1::Severity state_severity(account::State state);
/// The certificate in use; null if there is none.
[[nodiscard]] const crypto::Certificate* current_certificate(const account::Overview& account);

/// How long the certificate in use still holds.
struct Validity {
  std::string text, code;  ///< code: "none", "valid", "renew", "expired"
  pvs::v1::Severity severity;
};
/// "Empfang: holt Nachrichten ab"; who works on an account, at which workstation (Arbeitsplatz).
[[nodiscard]] std::string work_sentence(const Texts& t, const account::Work& work);
[[nodiscard]] Validity validity(const Texts& t, const account::Overview& account, TimePoint now, int hint_days);

/// The sentence for broken rules of broken_password_rules().
[[nodiscard]] std::string password_rules_sentence(const Texts& t, const std::vector<std::string>& broken);
/// The sentence for a password that is too easy to guess; it names the strength.
[[nodiscard]] std::string weak_password_sentence(const Texts& t, Strength strength);
/// The short sentence beside the field a failed check points to; no name if it points to none.
[[nodiscard]] std::pair<std::string, std::string> field_of_failure(const Texts& t, const Status& failure);

}  // namespace kvc::plugin::views
