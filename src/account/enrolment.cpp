// SPDX-License-Identifier: Apache-2.0
#include "account/enrolment.h"

#include <algorithm>

#include "account/access.h"
#include "account/certificate_check.h"
#include "crypto/csr.h"

namespace kvc::account {
namespace {

// Status codes of a CSR, protocol A.
constexpr int kOldRemoved = 110, kOldRemovedFromCa = 120, kFirstFinal = 900, kCaUnreachable = 900, kSuperseded = 901,
              kDone = 999;

constexpr int kPosts = 3;                          // tries of a POST whose answer was lost
constexpr int kLostRequests = 2;                   // how often a request the server forgot is made again
constexpr int kPollFailures = 5;                   // in a row
constexpr int kCertificateTries = 6;               // the certificate may appear a little after 999
constexpr std::chrono::minutes kLongestPause{10};  // must stay below Lease::kLeaseTime

bool answer_lost(const Status& status) {
  return status.is(error::connection_lost) || status.is(error::timeout);
}

bool transient(const Status& status) {
  return answer_lost(status) || status.is(error::unreachable) || status.is(error::server_busy) ||
         status.is(error::server_error);
}

int permille_of(int status) {
  return std::clamp(status, 0, kFirstFinal);
}

// The list is newest first as far as known; a final status counts wherever it stands.
int newest(const std::vector<kvconnect::CsrStatusEntry>& entries) {
  const auto final_entry =
      std::find_if(entries.begin(), entries.end(), [](const auto& entry) { return entry.status >= kFirstFinal; });
  if (final_entry != entries.end()) {
    return final_entry->status;
  }
  return entries.empty() ? 0 : entries.front().status;
}

bool old_removed(const std::vector<kvconnect::CsrStatusEntry>& entries) {
  return std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
    return entry.status == kOldRemoved || entry.status == kOldRemovedFromCa;
  });
}

Status refusal(int status) {
  const std::string text = "the certificate request ended with status " + std::to_string(status);
  if (status == kCaUnreachable) {
    return Status(error::csr_failed, text).with("status", std::to_string(status));
  }
  if (status == kSuperseded) {
    return Status(error::csr_superseded, text).with("status", std::to_string(status));
  }
  return Status(error::csr_rejected, text).with("status", std::to_string(status));
}

}  // namespace

Enrolment::Enrolment(const Context& context, const Access& access, kvconnect::Credentials credentials, Lease& lease,
                     const ProgressFn& progress, const Cancel& cancel)
    : context_(context),
      access_(access),
      credentials_(std::move(credentials)),
      lease_(lease),
      progress_(progress),
      cancel_(cancel) {}

Status Enrolment::run() {
  KVC_ASSIGN(client_, context_.environments.client(access_.row.environment_id));
  KVC_ASSIGN(trust_, context_.environments.trust(access_.row.environment_id));
  KVC_TRY(begin());
  KVC_TRY(load_key());
  for (int round = 0;; ++round) {
    if (generation_.state != GenerationState::sent) {
      KVC_TRY(post_until_answered());
    }
    if (generation_.state == GenerationState::done) {
      return {};
    }
    const Status polled = poll();
    if (polled.ok()) {
      return adopt();
    }
    if (!polled.is(error::not_found) || round == kLostRequests) {
      return as_answered(polled);
    }
    // The server may be slow to know what it accepted; and what it made meanwhile is found before anything is sent
    // again.
    KVC_TRY(pause(Millis{0}));
    KVC_TRY(set_state(GenerationState::posting, ""));
  }
}

Status Enrolment::begin() {
  return context_.database->write([&](Poco::Data::Session& session) {
    const auto rows = repository::generations(session, access_.row.id);
    const auto found = std::find_if(rows.begin(), rows.end(), under_way);
    if (found != rows.end()) {
      generation_ = *found;
    } else {
      generation_.id = new_uuid(context_.env);
      generation_.account_id = access_.row.id;
      generation_.number = rows.empty() ? 1 : rows.front().number + 1;
      repository::insert_generation(session, generation_, context_.env.now());
      repository::set_csr_status(session, access_.row.id, 0);
    }
    if (access_.row.state == State::failed) {
      repository::set_state(session, access_.row.id, State::enrolling);
      repository::set_error(session, access_.row.id, "");
    }
    return Status();
  });
}

Status Enrolment::load_key() {
  const std::string name = private_key_name(generation_.id);
  KVC_ASSIGN(auto stored, context_.vault.get(access_.key, name));
  if (stored) {
    KVC_ASSIGN(key_, crypto::PrivateKey::from_der(*stored));
    return {};
  }
  report(0, "key.generate");
  KVC_ASSIGN(key_, crypto::PrivateKey::generate());
  KVC_ASSIGN(const Secret der, key_->to_der());
  return context_.vault.put(access_.key, name, der);
}

Status Enrolment::post_until_answered() {
  for (int attempt = 1;; ++attempt) {
    if (generation_.state == GenerationState::posting) {
      // The lost answer may have been a yes, and the CA quick.
      const auto certificate = client_->certificate_by_uid(credentials_, access_.row.uid, cancel_);
      if (certificate.ok() && certificate->carries_key_of(*key_)) {
        return take_over(*certificate);
      }
      if (!certificate.ok() && !certificate.status().is(error::no_certificate)) {
        return certificate.status();
      }
    }
    const Status sent = post_once();
    if (sent.ok() || !answer_lost(sent) || attempt == kPosts) {
      return sent;
    }
    KVC_TRY(pause(sent.retry_after()));
  }
}

Status Enrolment::post_once() {
  KVC_ASSIGN(const std::string csr, crypto::make_csr(*key_, access_.row.username));
  KVC_TRY(set_state(GenerationState::posting, ""));
  auto id = client_->post_csr(credentials_, csr, cancel_);
  if (id.ok()) {
    return set_state(GenerationState::sent, *id);
  }
  if (id.status().is(error::csr_rejected) || id.status().is(error::bad_request)) {
    return give_up(Status(error::csr_rejected, "the server refused the certificate request"));
  }
  return as_answered(id.status());
}

Status Enrolment::poll() {
  int shown = -1;
  while (true) {
    KVC_ASSIGN(const int status, next_status());
    if (status != shown) {
      shown = status;
      report(permille_of(status), "csr." + std::to_string(status));
      KVC_TRY(store_status(status));
    }
    if (status == kDone) {
      return {};
    }
    if (status >= kFirstFinal) {
      return give_up(refusal(status));
    }
    KVC_TRY(pause(Millis{0}));
  }
}

Status Enrolment::store_status(int status) {
  return context_.database->write([&](Poco::Data::Session& session) {
    repository::set_csr_status(session, access_.row.id, status);
    if (generation_.old_removed) {
      repository::set_old_removed(session, generation_.id);
      repository::set_server_certificate(session, access_.row.id, ServerCertificate::none);
    }
    return Status();
  });
}

Result<int> Enrolment::next_status() {
  for (int failures = 1;; ++failures) {
    const auto entries = client_->csr_status(credentials_, generation_.csr_id, cancel_);
    if (entries.ok()) {
      generation_.old_removed = generation_.old_removed || old_removed(*entries);
      return newest(*entries);
    }
    if (!transient(entries.status()) || failures == kPollFailures) {
      return entries.status();
    }
    KVC_TRY(pause(entries.status().retry_after()));
  }
}

Status Enrolment::adopt() {
  report(kFirstFinal, "certificate.check");
  KVC_ASSIGN(const crypto::Certificate certificate, own_certificate());
  return take_over(certificate);
}

Result<crypto::Certificate> Enrolment::own_certificate() {
  for (int attempt = 1;; ++attempt) {
    auto certificate = client_->certificate_by_uid(credentials_, access_.row.uid, cancel_);
    const bool ours = certificate.ok() && certificate->carries_key_of(*key_);
    const bool late = certificate.ok() || certificate.status().is(error::no_certificate);
    if (ours || !late || attempt == kCertificateTries) {
      return certificate;
    }
    KVC_TRY(pause(Millis{0}));
  }
}

Status Enrolment::take_over(const crypto::Certificate& certificate) {
  const TimePoint now = context_.env.now();
  const Status checked = check_own_certificate(certificate, *key_, access_.row.address, *trust_, now);
  const bool still_to_come = checked.is(error::certificate_expired) && certificate.not_before() > now;
  if (checked.is(error::certificate_untrusted) || still_to_come) {
    return checked;
  }
  if (!checked.ok()) {
    return give_up(checked);
  }
  const auto deviations = crypto::user_profile_deviations(certificate).size();
  if (deviations != 0) {
    context_.log.write(
        LogLevel::warning, "account",
        "the certificate deviates from the documented profile in " + std::to_string(deviations) + " points");
  }
  KVC_TRY(context_.database->write([&](Poco::Data::Session& session) {
    repository::make_current(session, generation_, certificate.pem());
    repository::set_state(session, access_.row.id, State::ready);
    repository::set_csr_status(session, access_.row.id, kDone);
    repository::set_server_certificate(session, access_.row.id, ServerCertificate::same);
    repository::set_error(session, access_.row.id, "");
    return Status();
  }));
  generation_.state = GenerationState::done;
  return {};
}

Status Enrolment::set_state(GenerationState state, std::string_view csr_id) {
  if (generation_.state == state && generation_.csr_id == csr_id) {
    return {};
  }
  KVC_TRY(context_.database->write([&](Poco::Data::Session& session) {
    repository::set_generation(session, generation_.id, state, csr_id);
    return Status();
  }));
  generation_.state = state;
  generation_.csr_id = csr_id;
  return {};
}

Status Enrolment::give_up(const Status& reason) {
  KVC_TRY(context_.database->write([&](Poco::Data::Session& session) {
    repository::end_generation(session, generation_.id, reason.code().key);
    const auto rows = repository::generations(session, access_.row.id);
    const bool working = std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.current; });
    repository::set_state(session, access_.row.id, working ? State::ready : State::failed);
    return Status();
  }));
  generation_.state = GenerationState::ended;
  return reason;
}

Status Enrolment::pause(Millis at_least) {
  const Millis interval = std::chrono::seconds(context_.environments.settings().csr_poll_seconds);
  if (context_.env.sleep(std::max<Millis>(interval, std::min<Millis>(at_least, kLongestPause)), cancel_.flag())) {
    return {error::cancelled, "cancelled while waiting for the certificate"};
  }
  return lease_.renew();
}

void Enrolment::report(int permille, std::string_view step) const {
  if (progress_) {
    progress_(permille, step);
  }
}

}  // namespace kvc::account
