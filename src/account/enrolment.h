// SPDX-License-Identifier: Apache-2.0
// From a key pair to a checked certificate (protocol B 3), over any number of interruptions.
#pragma once

#include "account/context.h"
#include "account/lease.h"

namespace kvc::account {

/// One run. Every step is durable before the next begins, so a new run goes on where an earlier one stopped:
///
///     open -> posting -> sent -> done          ended: given up, the key is kept, the current generation stays current
///
/// An answer to POST csr that was lost leaves `posting`; the same key is then sent again, which at worst cancels the
/// first request by a second one of the same content (status 901 on a resource nobody polls).
class Enrolment {
 public:
  Enrolment(const Context& context, const Access& access, kvconnect::Credentials credentials, Lease& lease,
            const ProgressFn& progress, const Cancel& cancel);

  /// Until the certificate is current. Errors: csr_failed (900), csr_superseded (901), csr_rejected (902, 903, 400) and
  /// those of check_own_certificate() end the generation - but certificate_untrusted, and a certificate whose time is
  /// still to come, do not: a corrected trust list or clock makes the same certificate good. All other errors leave it
  /// resumable.
  Status run();

 private:
  Status begin();
  Status load_key();
  Status post_until_answered();
  Status post_once();
  Status poll();
  Status store_status(int status);
  Result<int> next_status();
  Status adopt();
  Result<crypto::Certificate> own_certificate();
  Status take_over(const crypto::Certificate& certificate);
  Status set_state(GenerationState state, std::string_view csr_id);
  Status give_up(const Status& reason);
  Status pause(Millis at_least);
  void report(int permille, std::string_view step) const;

  const Context& context_;
  const Access& access_;
  kvconnect::Credentials credentials_;
  Lease& lease_;
  const ProgressFn& progress_;
  const Cancel& cancel_;
  kvconnect::Client* client_ = nullptr;
  const crypto::TrustList* trust_ = nullptr;
  GenerationRow generation_;
  std::optional<crypto::PrivateKey> key_;
};

}  // namespace kvc::account
