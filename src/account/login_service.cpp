// SPDX-License-Identifier: Apache-2.0
#include "account/login_service.h"

#include "account/assignment.h"
#include "account/login.h"
#include "account/login_state.h"
#include "account/overview.h"
#include "account/published.h"

namespace kvc::account {
namespace {

Status check_rules(const Secret& password) {
  const auto broken = broken_password_rules(password);
  if (broken.empty()) {
    return {};
  }
  std::string rules;
  for (const std::string& rule : broken) {
    rules += (rules.empty() ? "" : ",") + rule;
  }
  return Status(error::password_rules, "the new password breaks the server's rules").with("rules", rules);
}

}  // namespace

Result<Held> hold_logged_in(const Context& context, std::string_view user_id, std::string_view account_id,
                            const Cancel& cancel) {
  KVC_ASSIGN(auto held, hold_account(context, user_id, account_id, kLoginPurpose, cancel));
  const auto info = settle_login(context, held.access, Login::asked_for, cancel);
  if (!info.ok()) {
    return noted(context, account_id, info.status());
  }
  KVC_TRY(noted(context, account_id, apply_login(context, held.access.row, *info)));
  return held;
}

Result<Overview> check_account(const Context& context, std::string_view user_id, std::string_view account_id,
                               const Cancel& cancel) {
  {
    KVC_ASSIGN(const auto held, hold_logged_in(context, user_id, account_id, cancel));
    compare_published(context, held.access, cancel);
  }
  rotate_if_due(context, user_id, account_id);
  return overview_of(context, account_id);
}

Status replace_account_password(const Context& context, std::string_view user_id, std::string_view account_id,
                                const Secret& password) {
  if (password.empty()) {
    return invalid_field("password", "the password is empty");
  }
  const Cancel never;
  KVC_ASSIGN(const auto held, hold_account(context, user_id, account_id, kLoginPurpose, never));
  const AccountRow& row = held.access.row;
  if (row.state != State::draft && row.last_error != error::wrong_credentials.key) {
    return {error::invalid_state, "the stored password works; change it on the server instead"};
  }
  vault::Change change = stored_password_change(password);
  change.also = [&](Poco::Data::Session& session) {
    repository::set_error(session, account_id, "");
    return Status();
  };
  return context.vault.apply(held.access.key, change);
}

Status change_account_password(const Context& context, std::string_view user_id, std::string_view account_id,
                               const Secret& new_password, const Cancel& cancel) {
  KVC_TRY(check_rules(new_password));
  KVC_ASSIGN(auto held, hold_account(context, user_id, account_id, kLoginPurpose, cancel));
  const auto info = change_password(context, held.access, new_password, cancel);
  if (!info.ok()) {
    // A new password the server does not like is no fault of the account.
    return info.status().is(error::password_rules) ? info.status() : noted(context, account_id, info.status());
  }
  return noted(context, account_id, apply_login(context, held.access.row, *info));
}

}  // namespace kvc::account
