// SPDX-License-Identifier: Apache-2.0
#include "archive/archive_service.h"

#include <algorithm>
#include <istream>
#include <ostream>

#include "archive/import_run.h"
#include "base/guard.h"
#include "crypto/sha256.h"
#include "mailbox/archived.h"
#include "mailbox/blob.h"
#include "mailbox/reader.h"
#include "store/sql.h"

namespace kvc::archive {
namespace {

Status not_found() {
  return {error::not_found, "no such message for this user"};
}

Status copy(store::Database& database, const std::string& blob_id, std::ostream& out) {
  KVC_ASSIGN(const auto source, mailbox::BlobReader::open(database, blob_id));
  std::istream in(source.get());
  std::string buffer(64UL * 1024, '\0');
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), in.gcount() > 0) {
    out.write(buffer.data(), in.gcount());
  }
  KVC_TRY(source->status());
  if (!out.flush()) {
    return {error::file_unwritable, "the message could not be written"};
  }
  return {};
}

/// Size and fingerprint of the original bytes.
Status measure(store::Database& database, const std::string& blob_id, Protocol& protocol) {
  KVC_ASSIGN(const auto source, mailbox::BlobReader::open(database, blob_id));
  std::istream in(source.get());
  crypto::Sha256 digest;
  std::string buffer(64UL * 1024, '\0');
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), in.gcount() > 0) {
    digest.add({buffer.data(), static_cast<std::size_t>(in.gcount())});
  }
  KVC_TRY(source->status());
  protocol.size = source->size();
  protocol.sha256 = digest.hex();
  return {};
}

std::optional<TimePoint> time_or_none(std::int64_t millis) {
  return millis == 0 ? std::nullopt : std::optional(store::time_of(millis));
}

Event receipt_event(const mailbox::OutboxRow& row) {
  Event event;
  event.message_id = row.message_id;
  event.at = row.created;
  event.kind = Event::Kind::receipt_queued;
  if (row.state == mailbox::OutboxState::failed) {
    event.kind = Event::Kind::receipt_failed;
  } else if (row.accepted_at != 0) {
    event.kind = Event::Kind::receipt_accepted;
    event.at = time_or_none(row.accepted_at);
  }
  return event;
}

bool asks_for_receipt(const message::OpenedMessage& message) {
  const auto& fields = message.layers.front().outer_header;
  return std::any_of(fields.begin(), fields.end(),
                     [](const message::HeaderField& field) { return field.name == "Disposition-Notification-To"; });
}

}  // namespace

struct ArchiveService::Impl {
  mailbox::Context context;

  Result<mailbox::OpenAccount> open_account(std::string_view user_id, std::string_view account_id) {
    KVC_ASSIGN(auto session, context.accounts.open(user_id, account_id));
    mailbox::ContentCipher cipher(context.env, session.content_key, session.account.id);
    return mailbox::OpenAccount{std::move(session), std::move(cipher)};
  }

  /// The row, if the user is assigned to its account.
  Result<mailbox::InboxRow> inbox_row(std::string_view user_id, std::string_view inbox_id) {
    std::optional<mailbox::InboxRow> row;
    KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
      row = mailbox::inbox::find(session, inbox_id, user_id);
      return Status();
    }));
    if (!row || !context.accounts.overview(user_id, row->account_id).ok()) {
      return not_found();
    }
    if (row->too_large_limit != 0) {
      return Status(error::invalid_state, "the mail was too large to be fetched");
    }
    return std::move(*row);
  }

  Result<mailbox::OutboxRow> sent_row(std::string_view user_id, std::string_view outbox_id) {
    std::optional<mailbox::OutboxRow> row;
    KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
      row = mailbox::outbox::find(session, outbox_id);
      return Status();
    }));
    if (!row || !context.accounts.overview(user_id, row->account_id).ok()) {
      return not_found();
    }
    if (row->blob_id.empty()) {
      return Status(error::invalid_state, "the message was not sealed yet");
    }
    return std::move(*row);
  }

  /// What both kinds of messages have.
  Result<Protocol> begin(const mailbox::OpenAccount& account, const mailbox::InboxRow& row) {
    Protocol protocol;
    protocol.message_id = mailbox::inbox::own_message_id(row);
    protocol.account_address = account.address();
    protocol.stored = row.received;
    protocol.made = context.env.now();
    KVC_TRY(measure(*context.database, row.blob_id, protocol));
    KVC_ASSIGN(protocol.reference, mailbox::reference_time(*context.database, row));
    KVC_ASSIGN(protocol.message, mailbox::Reader(context, account).judge(row));
    return protocol;
  }

  Result<Protocol> received(std::string_view user_id, std::string_view inbox_id);
  Result<Protocol> sent(std::string_view user_id, std::string_view outbox_id);
};

ArchiveService::ArchiveService(std::shared_ptr<store::Database> database, account::AccountService& accounts, Env& env,
                               Log& log, mailbox::Options options)
    : impl_(std::make_shared<Impl>(Impl{{std::move(database), accounts, env, log, std::move(options)}})) {}

Result<ImportSummary> ArchiveService::import(std::string_view user_id, const std::string& path,
                                             const ProgressFn& progress, const Cancel& cancel) {
  return guarded([&]() -> Result<ImportSummary> {
    ImportRun run(impl_->context, std::string(user_id), progress, cancel);
    KVC_TRY(run.open_accounts());
    return run.run(path);
  });
}

Status ArchiveService::set_reference_time(std::string_view user_id, std::string_view inbox_id,
                                          const message::ReferenceTime& reference) {
  return guarded([&]() -> Status {
    KVC_ASSIGN(const auto row, impl_->inbox_row(user_id, inbox_id));
    KVC_ASSIGN(const bool from_archive, mailbox::is_archived(*impl_->context.database, row.id));
    if (!from_archive) {
      return {error::invalid_state, "a mail that was fetched is judged at the time of receipt"};
    }
    return impl_->context.database->write([&](Poco::Data::Session& session) {
      mailbox::archived::set_reference(session, row.id, reference);
      return Status();
    });
  });
}

Status ArchiveService::export_eml(std::string_view user_id, std::string_view inbox_id, std::ostream& out) {
  return guarded([&]() -> Status {
    KVC_ASSIGN(const auto row, impl_->inbox_row(user_id, inbox_id));
    return copy(*impl_->context.database, row.blob_id, out);
  });
}

Status ArchiveService::export_sent_eml(std::string_view user_id, std::string_view outbox_id, std::ostream& out) {
  return guarded([&]() -> Status {
    KVC_ASSIGN(const auto row, impl_->sent_row(user_id, outbox_id));
    return copy(*impl_->context.database, row.blob_id, out);
  });
}

Result<Protocol> ArchiveService::Impl::received(std::string_view user_id, std::string_view inbox_id) {
  KVC_ASSIGN(const auto row, inbox_row(user_id, inbox_id));
  KVC_ASSIGN(const auto account, open_account(user_id, row.account_id));
  KVC_ASSIGN(Protocol protocol, begin(account, row));
  std::vector<mailbox::OutboxRow> receipts;
  std::optional<mailbox::ArchivedMark> mark;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    receipts = mailbox::archived::receipts_for(session, row.id);
    mark = mailbox::archived::find(session, row.id);
    return Status();
  }));
  if (mark) {
    protocol.from_archive = true;
    protocol.stored = mark->imported;
  }
  if (asks_for_receipt(protocol.message)) {
    protocol.events.push_back({Event::Kind::receipt_requested, std::nullopt, ""});
  }
  for (const mailbox::OutboxRow& receipt : receipts) {
    protocol.events.push_back(receipt_event(receipt));
  }
  return protocol;
}

Result<Protocol> ArchiveService::Impl::sent(std::string_view user_id, std::string_view outbox_id) {
  KVC_ASSIGN(const auto row, sent_row(user_id, outbox_id));
  KVC_ASSIGN(const auto account, open_account(user_id, row.account_id));
  // The sender is a recipient of the envelope too: our own keys open it.
  mailbox::InboxRow as_received;
  as_received.message_id = row.message_id;
  as_received.account_id = row.account_id;
  as_received.blob_id = row.blob_id;
  as_received.received = row.accepted_at != 0 ? store::time_of(row.accepted_at) : context.env.now();
  KVC_ASSIGN(Protocol protocol, begin(account, as_received));
  protocol.sent = true;
  protocol.stored = row.created;
  if (asks_for_receipt(protocol.message)) {
    protocol.events.push_back({Event::Kind::receipt_requested, std::nullopt, ""});
  }
  if (row.accepted_at != 0) {
    protocol.events.push_back({Event::Kind::accepted, time_or_none(row.accepted_at), ""});
  }
  if (row.delivered_at != 0) {
    protocol.events.push_back({Event::Kind::confirmed, time_or_none(row.delivered_at), ""});
  }
  if (row.answered_at != 0) {
    protocol.events.push_back({Event::Kind::answered, time_or_none(row.answered_at), ""});
  }
  return protocol;
}

Result<Protocol> ArchiveService::protocol(std::string_view user_id, std::string_view inbox_id) {
  return guarded([&] { return impl_->received(user_id, inbox_id); });
}

Result<Protocol> ArchiveService::sent_protocol(std::string_view user_id, std::string_view outbox_id) {
  return guarded([&] { return impl_->sent(user_id, outbox_id); });
}

std::string_view key(FileOutcome outcome) {
  switch (outcome) {
    case FileOutcome::imported:
      return "imported";
    case FileOutcome::imported_unopened:
      return "imported_unopened";
    case FileOutcome::duplicate:
      return "duplicate";
    case FileOutcome::unknown_recipient:
      return "unknown_recipient";
    case FileOutcome::not_a_mail:
      return "not_a_mail";
    case FileOutcome::unreadable:
      return "unreadable";
    case FileOutcome::too_large:
      return "too_large";
    case FileOutcome::failed:
      break;
  }
  return "failed";
}

}  // namespace kvc::archive
