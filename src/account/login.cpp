// SPDX-License-Identifier: Apache-2.0
#include "account/login.h"

#include <algorithm>
#include <array>

#include "account/access.h"

namespace kvc::account {
namespace {

Result<kvconnect::AccountInfo> login(const Context& context, const AccountRow& row, const Secret& password,
                                     const Cancel& cancel) {
  KVC_ASSIGN(kvconnect::Client * client, context.environments.client(row.environment_id));
  auto info = client->login({row.username, password}, cancel);
  return info.ok() ? std::move(info) : as_answered(info.status());
}

// Refusals after which the server certainly still has the old password; everything else is unclear.
bool certainly_unchanged(const Status& status) {
  return status.category() == Category::auth || status.is(error::bad_request) || status.is(error::unreachable) ||
         status.is(error::tls_not_trusted) || status.is(error::tls_wrong_host) || status.is(error::tls_expired);
}

// A password that may be the right one, and where it is kept.
struct Candidate {
  std::string_view name;
  Secret password;
};

// Newest first.
constexpr std::array<std::string_view, 3> kCandidates{kPendingPassword, kLatePassword, kUnlikelyPassword};

// Those that differ from the stored one and from each other; of equal ones the newest.
Result<std::vector<Candidate>> candidates(const Context& context, const Access& access, const Secret& stored) {
  std::vector<Candidate> found;
  for (const std::string_view name : kCandidates) {
    KVC_ASSIGN(auto value, context.vault.get(access.key, name));
    const bool known = value && (*value == stored || std::any_of(found.begin(), found.end(), [&](const Candidate& c) {
                         return c.password == *value;
                       }));
    if (value && !known) {
      found.push_back({name, std::move(*value)});
    }
  }
  return found;
}

vault::Change without_candidates() {
  vault::Change change;
  change.remove.assign(kCandidates.begin(), kCandidates.end());
  return change;
}

void keep(vault::Change& change, std::string_view name, const Secret& password) {
  change.put.emplace_back(name, password);
}

// The stored password worked although a change was sent: the change may still come.
Status expect_late(const Context& context, const Access& access, const std::vector<Candidate>& others) {
  if (others.empty() || others.front().name != kPendingPassword) {
    return {};
  }
  vault::Change change = without_candidates();
  keep(change, kLatePassword, others.front().password);
  if (others.size() > 1) {
    keep(change, kUnlikelyPassword, others[1].password);
  }
  return context.vault.apply(access.key, change);
}

// others[right] works. Older changes are settled by that; of the newer ones the newest stays.
Status promote(const Context& context, const Access& access, const std::vector<Candidate>& others, std::size_t right) {
  vault::Change change = stored_password_change(others[right].password);
  if (right > 0) {
    keep(change, kUnlikelyPassword, others.front().password);
  }
  return context.vault.apply(access.key, change);
}

Status all_refused(const Context& context, const Access& access, const std::vector<Candidate>& others) {
  if (others.empty() || others.front().name == kUnlikelyPassword) {
    return {};
  }
  vault::Change change = without_candidates();
  keep(change, kUnlikelyPassword, others.front().password);
  return context.vault.apply(access.key, change);
}

}  // namespace

vault::Change stored_password_change(const Secret& password) {
  vault::Change change = without_candidates();
  keep(change, kPassword, password);
  return change;
}

Result<kvconnect::AccountInfo> settle_login(const Context& context, const Access& access, Login kind,
                                            const Cancel& cancel) {
  KVC_ASSIGN(const Secret stored, secret_of(context, access, kPassword));
  KVC_ASSIGN(const auto others, candidates(context, access, stored));
  auto info = login(context, access.row, stored, cancel);
  if (info.ok()) {
    KVC_TRY(expect_late(context, access, others));
    return info;
  }
  if (!info.status().is(error::wrong_credentials)) {
    return info;
  }
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (kind == Login::in_passing && others[i].name == kUnlikelyPassword) {
      break;
    }
    auto tried = login(context, access.row, others[i].password, cancel);
    if (tried.ok()) {
      KVC_TRY(promote(context, access, others, i));
      return tried;
    }
    if (!tried.status().is(error::wrong_credentials)) {
      return tried;
    }
  }
  KVC_TRY(all_refused(context, access, others));
  return info;
}

Result<bool> login_is_unsettled(const Context& context, const Access& access) {
  KVC_ASSIGN(const auto pending, context.vault.get(access.key, kPendingPassword));
  if (pending) {
    return true;
  }
  if (access.row.last_error != error::wrong_credentials.key) {
    return false;
  }
  KVC_ASSIGN(const auto late, context.vault.get(access.key, kLatePassword));
  return late.has_value();
}

Result<kvconnect::AccountInfo> change_password(const Context& context, const Access& access, const Secret& new_password,
                                               const Cancel& cancel) {
  KVC_ASSIGN(auto info, settle_login(context, access, Login::asked_for, cancel));
  KVC_ASSIGN(const Secret old_password, secret_of(context, access, kPassword));
  // The answer of an earlier try was lost, the change was not: the user types the same password once more.
  if (old_password == new_password && !info.password_change_needed) {
    return info;
  }
  KVC_ASSIGN(kvconnect::Client * client, context.environments.client(access.row.environment_id));
  KVC_TRY(context.vault.put(access.key, kPendingPassword, new_password));
  const Status sent =
      as_answered(client->change_password({access.row.username, old_password}, info.uid, new_password, cancel));
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
  KVC_TRY(context.vault.apply(access.key, stored_password_change(new_password)));
  return after;
}

}  // namespace kvc::account
