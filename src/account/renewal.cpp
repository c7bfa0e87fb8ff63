// SPDX-License-Identifier: Apache-2.0
#include "account/renewal.h"

#include <algorithm>

#include "account/belongings.h"
#include "account/enrolment.h"
#include "account/login_service.h"
#include "account/overview.h"

namespace kvc::account {
namespace {

constexpr std::chrono::days kHintInterval{7};

// The id of the current generation, or empty.
Result<std::string> current_generation(const Context& context, std::string_view account_id) {
  KVC_ASSIGN(const auto rows, generations_of(context, account_id));
  const auto found = std::find_if(rows.begin(), rows.end(), [](const GenerationRow& row) { return row.current; });
  return found == rows.end() ? std::string() : found->id;
}

Status run_enrolment(const Context& context, std::string_view user_id, std::string_view account_id, Lease& lease,
                     const ProgressFn& progress, const Cancel& cancel) {
  std::optional<Access> access;
  {
    KVC_ASSIGN(auto held, hold_logged_in(context, user_id, account_id, cancel));
    access = std::move(held.access);
  }
  if (access->row.state == State::password_change_needed) {
    return {error::password_change_needed, "the server wants the initial password changed first"};
  }
  KVC_ASSIGN(auto password, secret_of(context, *access, kPassword));
  Enrolment enrolment(context, *access, {access->row.username, std::move(password)}, lease, progress, cancel);
  return noted(context, account_id, enrolment.run());
}

Status forget_current(const Context& context, std::string_view account_id) {
  return context.database->write([&](Poco::Data::Session& session) {
    repository::clear_current(session, account_id);
    repository::set_state(session, account_id, State::failed);
    repository::set_error(session, account_id, error::no_certificate.key);
    repository::set_server_certificate(session, account_id, ServerCertificate::none);
    return Status();
  });
}

// In seconds: TimePoint cannot hold the difference to the strangest dates a certificate may have.
std::chrono::seconds time_left(TimePoint now, TimePoint end) {
  return std::chrono::floor<std::chrono::seconds>(end).time_since_epoch() -
         std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
}

std::optional<RenewalHint> hint_for(const Context& context, const Overview& account, TimePoint now) {
  const crypto::Certificate* certificate = current_certificate(account);
  if (certificate == nullptr || account.renewal_under_way) {
    return std::nullopt;
  }
  const std::chrono::seconds left = time_left(now, certificate->not_after());
  if (left > std::chrono::days(context.environments.settings().renewal_hint_days)) {
    return std::nullopt;
  }
  // Whole days; floor, so that an end a minute ago is below 0.
  return RenewalHint{account, static_cast<int>(std::chrono::floor<std::chrono::days>(left).count())};
}

std::vector<std::string> ids_of(const std::vector<RenewalHint>& hints) {
  std::vector<std::string> ids;
  for (const RenewalHint& hint : hints) {
    ids.push_back(hint.account.id);
  }
  return ids;
}

// Leaves the accounts whose certificates end first, and no more of them than one call tells of.
void keep_most_urgent(std::vector<RenewalHint>& hints) {
  std::stable_sort(hints.begin(), hints.end(),
                   [](const RenewalHint& a, const RenewalHint& b) { return a.days_left < b.days_left; });
  if (hints.size() > AccountService::kMostHints) {
    hints.erase(hints.begin() + AccountService::kMostHints, hints.end());
  }
}

// Since the overviews were read a renewal may have begun or ended elsewhere.
void keep_right(Poco::Data::Session& session, std::vector<RenewalHint>& hints) {
  belongings::ByAccount<GenerationRow> generations;
  for (GenerationRow& row : repository::generations(session, store::Selection::of(ids_of(hints)))) {
    generations[row.account_id].push_back(std::move(row));
  }
  std::erase_if(hints, [&](const RenewalHint& hint) {
    const auto& rows = generations[hint.account.id];
    const std::string pem = current_certificate(hint.account)->pem();
    return std::any_of(rows.begin(), rows.end(), under_way) ||
           std::none_of(rows.begin(), rows.end(),
                        [&](const auto& row) { return row.current && row.certificate == pem; });
  });
}

}  // namespace

Result<Overview> enroll_account(const Context& context, std::string_view user_id, std::string_view account_id,
                                const ProgressFn& progress, const Cancel& cancel) {
  KVC_TRY(unlock_account(context, user_id, account_id).status());
  KVC_ASSIGN(const std::string before, current_generation(context, account_id));
  {
    KVC_ASSIGN(auto held, hold_account(context, user_id, account_id, kEnrolPurpose, cancel));
    KVC_ASSIGN(const std::string after, current_generation(context, account_id));
    // While this one waited for the lease another program got the certificate it wanted.
    const bool renewed_elsewhere = !after.empty() && after != before;
    if (!renewed_elsewhere) {
      KVC_TRY(run_enrolment(context, user_id, account_id, held.lease, progress, cancel));
    }
  }
  // Read once the lease is given back: it would say that somebody still fetches the certificate that is there.
  return overview_of(context, account_id);
}

Status delete_account_certificate(const Context& context, std::string_view user_id, std::string_view account_id,
                                  const Cancel& cancel) {
  KVC_ASSIGN(const auto enrol, hold_account(context, user_id, account_id, kEnrolPurpose, cancel));
  KVC_ASSIGN(const auto held, hold_logged_in(context, user_id, account_id, cancel));
  const AccountRow& row = held.access.row;
  KVC_ASSIGN(kvconnect::Client * client, context.environments.client(row.environment_id));
  KVC_ASSIGN(auto password, secret_of(context, held.access, kPassword));
  const Status deleted = client->delete_certificate({row.username, std::move(password)}, row.uid, cancel);
  if (!deleted.ok() && !deleted.is(error::no_certificate)) {
    return noted(context, account_id, deleted);
  }
  return forget_current(context, account_id);
}

Result<std::vector<RenewalHint>> claim_account_hints(const Context& context, std::string_view user_id) {
  const TimePoint now = context.env.now();
  KVC_ASSIGN(const auto accounts, overviews_for(context, user_id));
  std::vector<RenewalHint> possible;
  for (const Overview& account : accounts) {
    if (auto hint = hint_for(context, account, now)) {
      possible.push_back(std::move(*hint));
    }
  }
  std::vector<RenewalHint> claimed;
  if (possible.empty()) {
    return claimed;
  }
  KVC_TRY(context.database->write([&](Poco::Data::Session& session) {
    claimed = possible;
    const auto told = belongings::told(session, user_id, now, kHintInterval);
    std::erase_if(claimed, [&](const RenewalHint& hint) { return told.contains(hint.account.id); });
    keep_most_urgent(claimed);
    keep_right(session, claimed);
    belongings::remember_told(session, ids_of(claimed), user_id, now);
    return Status();
  }));
  return claimed;
}

}  // namespace kvc::account
