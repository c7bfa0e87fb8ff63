// SPDX-License-Identifier: Apache-2.0
// Sends what is due (design section 5).
#pragma once

#include "mailbox/blob.h"
#include "mailbox/context.h"
#include "mailbox/outbox_details.h"
#include "mailbox/outbox_repository.h"

namespace kvc::mailbox {

/// One run over the due rows of one account. For each row: claim it, look at the recipient's certificate, seal, store
/// the sealed mail, submit, record - each durable before the next. A crash after submit is harmless, because the server
/// knows the Message-ID (409) and the transport takes that for a yes.
class Sender {
 public:
  Sender(const Context& context, const OpenAccount& account, const ProgressFn& progress, const Cancel& cancel);

  /// Errors: those that concern the account, not a message: certificate_expired or certificate_untrusted for its own
  /// certificate, auth.*, tls, storage, cancelled. Nothing is lost or counted as failed by them.
  Result<SendSummary> run();

 private:
  Status count_waiting();
  Status check_own_certificate();
  Result<std::optional<OutboxRow>> claim(TimePoint due);
  Status send(OutboxRow& row);
  Status seal(OutboxRow& row, const crypto::Certificate& recipient);
  Result<message::Outgoing> outgoing(const OutboxRow& row);
  Status store_sealed(OutboxRow& row, BlobWriter& writer, std::string_view sealed_for);
  Status submit(OutboxRow& row);
  /// The user took the message back while this run worked on it.
  Result<bool> withdrawn(const OutboxRow& row);
  Status record_accepted(const OutboxRow& row);
  /// By the table of retry_policy.h. True if the run may go on; an error that concerns the account is given back.
  Result<bool> record_failure(const OutboxRow& row, const Status& failure);

  const Context& context_;
  const OpenAccount& account_;
  const ProgressFn& progress_;
  const Cancel& cancel_;
  std::string owner_;
  SendSummary summary_;
};

}  // namespace kvc::mailbox
