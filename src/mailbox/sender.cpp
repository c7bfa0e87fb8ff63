// SPDX-License-Identifier: Apache-2.0
#include "mailbox/sender.h"

#include <algorithm>
#include <istream>
#include <ostream>

#include "account/owner.h"
#include "mailbox/recipient.h"
#include "mailbox/replies.h"
#include "mailbox/retry_policy.h"
#include "store/sql.h"

namespace kvc::mailbox {
namespace {

// X-KVC-Sendersystem.
constexpr std::string_view kSenderSystem = "KVConnectPlugin;V" KVC_VERSION;

// Long enough for a large mail on a slow line. A holder that died on this machine loses it at once.
constexpr std::chrono::minutes kLeaseTime{30};

// Sealed mails are larger than their content: base64 twice, plus headers and signature.
constexpr std::uint64_t sealed_limit(std::uint64_t content) {
  return content * 2 + 1024 * 1024;
}

Status lease_lost() {
  return {error::storage_busy, "another program took over the message"};
}

/// The server answered that it did not take the mail, whatever it has read of it.
bool is_refusal(const Status& submitted) {
  return submitted.is(error::mail_too_large) || submitted.is(error::mail_rejected) ||
         submitted.is(error::unknown_recipient);
}

}  // namespace

Sender::Sender(const Context& context, const OpenAccount& account, const ProgressFn& progress, const Cancel& cancel)
    : context_(context),
      account_(account),
      progress_(progress),
      cancel_(cancel),
      owner_(account::new_owner(context.env)) {}

Result<SendSummary> Sender::run() {
  KVC_TRY(count_waiting());
  if (summary_.waiting == 0) {
    return summary_;
  }
  KVC_TRY(check_own_certificate());
  const TimePoint due = context_.env.now();
  bool go_on = true;
  while (go_on) {
    if (cancel_.requested()) {
      return Status(error::cancelled, "cancelled while sending");
    }
    KVC_ASSIGN(auto row, claim(due));
    if (!row) {
      break;
    }
    if (progress_) {
      progress_(-1, "send.mail");
    }
    const Status sent = send(*row);
    if (sent.ok()) {
      ++summary_.accepted;
      continue;
    }
    KVC_ASSIGN(go_on, record_failure(*row, sent));
  }
  KVC_TRY(count_waiting());
  return summary_;
}

Status Sender::count_waiting() {
  return context_.database->read([&](Poco::Data::Session& session) {
    summary_.waiting = static_cast<int>(outbox::count_queued(session, account_.id()));
    return Status();
  });
}

Result<std::optional<OutboxRow>> Sender::claim(TimePoint due) {
  std::optional<OutboxRow> row;
  KVC_TRY(context_.database->write([&](Poco::Data::Session& session) {
    const TimePoint now = context_.env.now();
    row = outbox::claim(session, account_.id(), due, now, owner_, now + kLeaseTime);
    return Status();
  }));
  return row;
}

Status Sender::check_own_certificate() {
  const auto& generations = account_.session.account.generations;
  if (std::none_of(generations.begin(), generations.end(), [](const auto& each) { return each.current; })) {
    return {error::no_certificate, "the account has no certificate to send with"};
  }
  const crypto::Certificate& own = account_.session.identities.front().certificate;
  const crypto::ChainCheck chain = crypto::check_chain(*account_.session.trust, own, context_.env.now());
  if (!chain.trusted) {
    return Status(error::certificate_untrusted, "the account's own certificate: " + chain.reason);
  }
  if (!chain.in_validity) {
    return Status(error::certificate_expired, "the account's own certificate: " + chain.reason);
  }
  return {};
}

Status Sender::send(OutboxRow& row) {
  KVC_ASSIGN(const RecipientCheck recipient, check_recipient(account_, row.recipient, context_.env.now(), cancel_));
  KVC_TRY(seal(row, recipient.certificate));
  KVC_TRY(submit(row));
  return record_accepted(row);
}

// A mail that was sealed at an earlier try is used again as long as both certificates are the same.
Status Sender::seal(OutboxRow& row, const crypto::Certificate& recipient) {
  const crypto::Identity& own = account_.session.identities.front();
  const std::string sealed_for = recipient.fingerprint_sha256() + '/' + own.certificate.fingerprint_sha256();
  if (!row.blob_id.empty() && row.sealed_for == sealed_for) {
    return {};
  }
  KVC_ASSIGN(const message::Outgoing mail, outgoing(row));
  std::uint64_t content = mail.text.size();
  KVC_ASSIGN(const OutboxDetails details, open_details(account_.cipher, row.details, row.id));
  for (const FileInfo& file : details.files) {
    content += file.size;
  }
  BlobWriter writer(*context_.database, context_.env, account_.id(), sealed_limit(content));
  std::ostream out(&writer);
  const Status sealed = message::seal(mail, {own.key, own.certificate, recipient}, context_.env, out);
  KVC_TRY(writer.status());
  KVC_TRY(sealed);
  return store_sealed(row, writer, sealed_for);
}

Status Sender::store_sealed(OutboxRow& row, BlobWriter& writer, std::string_view sealed_for) {
  const Status stored = context_.database->write([&](Poco::Data::Session& session) -> Status {
    KVC_TRY(writer.finish(session));
    if (!outbox::set_sealed(session, row.id, owner_, writer.id(), sealed_for)) {
      return lease_lost();
    }
    if (!row.blob_id.empty()) {
      erase_blob(session, row.blob_id);
    }
    return {};
  });
  KVC_TRY(stored);
  writer.committed();
  row.blob_id = writer.id();
  row.sealed_for = sealed_for;
  return {};
}

Result<message::Outgoing> Sender::outgoing(const OutboxRow& row) {
  KVC_ASSIGN(const OutboxDetails details, open_details(account_.cipher, row.details, row.id));
  message::Outgoing mail;
  mail.from = account_.address();
  mail.to = row.recipient;
  mail.subject = row.subject;
  KVC_ASSIGN(mail.service_id, service::ServiceId::parse(row.service_id));
  mail.message_id = row.message_id;
  mail.in_reply_to = row.in_reply_to;
  mail.date = row.created;
  mail.request_receipt = row.receipt_requested;
  mail.sender_system = kSenderSystem;
  mail.user_subject = details.user_subject;
  mail.text = details.text;
  mail.receipt = details.receipt;
  for (std::size_t i = 0; i < details.files.size(); ++i) {
    const FileInfo& file = details.files[i];
    mail.attachments.push_back({file.name, file.type, file.description,
                                [this, id = row.id, part = static_cast<std::int64_t>(i), size = file.size] {
                                  return read_file(*context_.database, account_.cipher, id, part, size);
                                }});
  }
  return mail;
}

// The row says that it may have left before the first byte does, and keeps saying so unless not a byte was taken, or
// the server has answered that it does not take the mail.
Status Sender::submit(OutboxRow& row) {
  KVC_ASSIGN(const auto reader, BlobReader::open(*context_.database, row.blob_id));
  std::istream mail(reader.get());
  KVC_TRY(context_.database->write([&](Poco::Data::Session& session) {
    return outbox::set_leaving(session, row.id, owner_) ? Status() : lease_lost();
  }));
  const Status submitted = account_.session.client->submit(account_.session.credentials, mail, reader->size(), cancel_);
  row.may_have_left = row.may_have_left || (reader->was_read() && !is_refusal(submitted)) || submitted.ok();
  KVC_TRY(reader->status());
  return submitted;
}

Status Sender::record_accepted(const OutboxRow& row) {
  return context_.database->write([&](Poco::Data::Session& session) {
    const TimePoint now = context_.env.now();
    // Not held any more: the recipient's receipt was faster, or another program sent the same mail again. Both are
    // fine.
    if (outbox::set_accepted(session, row.id, owner_, now)) {
      replies::start(session, row, now, context_.catalogue());
    }
    return Status();
  });
}

/// Or taken back among the drafts.
Result<bool> Sender::withdrawn(const OutboxRow& row) {
  bool gone = false;
  KVC_TRY(context_.database->read([&](Poco::Data::Session& session) {
    const auto found = outbox::find(session, row.id);
    gone = !found || found->state == OutboxState::draft;
    return Status();
  }));
  return gone;
}

Result<bool> Sender::record_failure(const OutboxRow& row, const Status& failure) {
  // Its files and its sealed mail may be gone as well, so that any failure may come of it.
  KVC_ASSIGN(const bool gone, withdrawn(row));
  if (gone) {
    return true;
  }
  const Judgement judgement = classify(failure);
  const bool repeatable = judgement.reaction == Reaction::later || judgement.reaction == Reaction::later_and_stop;
  const bool gives_up =
      judgement.reaction == Reaction::give_up || (repeatable && row.tries_since >= judgement.max_tries);
  const char* key = failure.code().key;
  const Status recorded = context_.database->write([&](Poco::Data::Session& session) {
    if (gives_up) {
      static_cast<void>(outbox::set_failed(session, row.id, owner_, key, row.may_have_left));
    } else {
      const TimePoint next =
          repeatable ? context_.env.now() + backoff(row.tries_since, failure, context_.env) : row.next_try;
      static_cast<void>(outbox::release(session, row.id, owner_, next, key, repeatable, row.may_have_left));
    }
    return Status();
  });
  context_.log.write(LogLevel::warning, "mailbox", "sending " + row.id + " failed: " + key);
  if (judgement.reaction == Reaction::account) {
    return failure;
  }
  KVC_TRY(recorded);
  summary_.failed += gives_up ? 1 : 0;
  return judgement.reaction != Reaction::later_and_stop;
}

}  // namespace kvc::mailbox
