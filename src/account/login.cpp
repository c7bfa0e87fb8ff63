// SPDX-License-Identifier: Apache-2.0
#include "account/login.h"

#include <algorithm>

namespace kvc::account {
namespace {

Result<kvconnect::AccountInfo> login(const Context& context, const AccountRow& row, const Secret& password,
                                     const Cancel& cancel) {
  KVC_ASSIGN(kvconnect::Client * client, context.environments.client(row.environment_id));
  return client->login({row.username, password}, cancel);
}

// Refusals after which the server certainly still has the old password; everything else is unclear.
bool certainly_unchanged(const Status& status) {
  return status.category() == Category::auth || status.is(error::bad_request) || status.is(error::unreachable) ||
         status.is(error::tls_not_trusted) || status.is(error::tls_wrong_host) || status.is(error::tls_expired);
}

Result<Secret> stored_password(const Context& context, const Access& access) {
  KVC_ASSIGN(auto stored, context.vault.get(access.key, kPassword));
  if (!stored) {
    return Status(error::storage_corrupt, "the account has no password in the vault");
  }
  return std::move(*stored);
}

State state_after_login(const AccountRow& row, const std::vector<GenerationRow>& generations, bool change_needed) {
  if (change_needed) {
    return State::password_change_needed;
  }
  if (std::any_of(generations.begin(), generations.end(), [](const auto& g) { return g.current; })) {
    return State::ready;
  }
  const bool under_way_now = std::any_of(generations.begin(), generations.end(), under_way);
  return row.state == State::failed && !under_way_now ? State::failed : State::enrolling;
}

}  // namespace

Result<kvconnect::AccountInfo> settle_login(const Context& context, const Access& access, const Cancel& cancel) {
  KVC_ASSIGN(auto pending, context.vault.get(access.key, kPendingPassword));
  if (pending) {
    auto info = login(context, access.row, *pending, cancel);
    if (info.ok()) {
      KVC_TRY(context.vault.rename(access.key, kPendingPassword, kPassword));
      return info;
    }
    if (!info.status().is(error::wrong_credentials)) {
      return info;
    }
  }
  KVC_ASSIGN(const Secret password, stored_password(context, access));
  auto info = login(context, access.row, password, cancel);
  if (info.ok() && pending) {
    KVC_TRY(context.vault.remove(access.key, kPendingPassword));
  }
  return info;
}

Result<kvconnect::AccountInfo> change_password(const Context& context, const Access& access, const Secret& new_password,
                                               const Cancel& cancel) {
  KVC_ASSIGN(auto info, settle_login(context, access, cancel));
  KVC_ASSIGN(const Secret old_password, stored_password(context, access));
  // The answer of an earlier try was lost, the change was not: the user types the same password once more.
  if (old_password == new_password && !info.password_change_needed) {
    return info;
  }
  KVC_ASSIGN(kvconnect::Client * client, context.environments.client(access.row.environment_id));
  KVC_TRY(context.vault.put(access.key, kPendingPassword, new_password));
  const Status sent = client->change_password({access.row.username, old_password}, info.uid, new_password, cancel);
  if (!sent.ok() && certainly_unchanged(sent)) {
    KVC_TRY(context.vault.remove(access.key, kPendingPassword));
    return sent;
  }
  auto after = login(context, access.row, new_password, cancel);
  if (!after.ok()) {
    // Both passwords stay; settle_login() finds out at the next contact. A request whose answer timed out may still be
    // at work on the server, so a refusal now would prove nothing.
    return sent.ok() ? after.status() : sent;
  }
  KVC_TRY(context.vault.rename(access.key, kPendingPassword, kPassword));
  return after;
}

Status apply_login(const Context& context, AccountRow& row, const kvconnect::AccountInfo& info) {
  const settings::Environment* environment = context.environments.settings().environment(row.environment_id);
  if (environment == nullptr) {
    return Status(error::invalid_settings, "the account's environment is not configured any more");
  }
  if (info.uid.empty()) {
    return {error::bad_answer, "the server named no uid for the account"};
  }
  row.address = row.username + '@' + environment->mail_domain;
  if (!crypto::same_address(info.email, row.address)) {
    return {error::bad_answer, "the server's address of the account is not <username>@<mail_domain> of the settings"};
  }
  if (!row.uid.empty() && row.uid != info.uid) {
    context.log.write(LogLevel::warning, "account", "account " + row.id + " has another uid on the server than before");
  }
  row.uid = info.uid;
  row.password_last_change = info.password_last_change;
  return context.database->write([&](Poco::Data::Session& session) {
    row.state = state_after_login(row, repository::generations(session, row.id), info.password_change_needed);
    row.last_error.clear();
    repository::set_login(session, row);
    return Status();
  });
}

}  // namespace kvc::account
