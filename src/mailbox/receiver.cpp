// SPDX-License-Identifier: Apache-2.0
#include "mailbox/receiver.h"

#include <algorithm>
#include <istream>
#include <ostream>

#include "mailbox/archived.h"
#include "mailbox/drafting.h"
#include "mailbox/record.h"

namespace kvc::mailbox {
namespace {

constexpr std::size_t kPage = 50, kLargestPage = 100000;
constexpr int kFetchTries = 2;

std::string details_place(const InboxRow& row) {
  return "inbox." + row.id + ".details";
}

// Failures after which the next mail would fail as well.
bool concerns_account(const Status& status) {
  return status.category() == Category::auth || status.category() == Category::storage ||
         status.category() == Category::cancelled || status.category() == Category::host ||
         status.is(error::unreachable) || status.is(error::tls_not_trusted) || status.is(error::tls_wrong_host) ||
         status.is(error::tls_expired) || status.is(error::tls_failed) || status.is(error::server_busy) ||
         status.is(error::out_of_memory);
}

bool transfer_broke(const Status& status) {
  return status.is(error::connection_lost) || status.is(error::timeout) || status.is(error::bad_answer) ||
         status.is(error::server_error);
}

}  // namespace

// ---- Reader ----

Reader::Reader(const Context& context, const OpenAccount& account) : context_(context), account_(account) {
  int number = 0;
  for (const crypto::Identity& identity : account.session.identities) {
    options_.keys.push_back({identity.key, identity.certificate, "generation " + identity.certificate.serial_hex()});
  }
  for (const crypto::PrivateKey& key : account.session.bare_keys) {
    options_.keys.push_back({key, std::nullopt, "key without certificate " + std::to_string(++number)});
  }
  options_.trust = *account.session.trust;
}

Result<message::OpenedMessage> Reader::judge(const InboxRow& row) {
  KVC_ASSIGN(const auto source, BlobReader::open(*context_.database, row.blob_id));
  std::istream mail(source.get());
  KVC_ASSIGN(options_.at, reference_time(*context_.database, row));
  options_.now = row.received;
  auto opened = message::open(mail, options_);
  KVC_TRY(source->status());
  if (opened.ok() || opened.status().is(error::out_of_memory)) {
    return opened;
  }
  context_.log.write(LogLevel::warning, "mailbox",
                     "mail " + row.id + " cannot be opened: " + opened.status().code().key);
  message::OpenedMessage unreadable;
  message::Layer& layer = unreadable.layers.emplace_back();
  layer.reason = opened.status().detail();
  return unreadable;
}

Status Reader::record(InboxRow& row, const message::OpenedMessage& message) {
  const Facts facts = facts_of(message);
  if (row.processed && (row.opened || !facts.opened)) {
    return {};
  }
  row.processed = true;
  row.opened = facts.opened;
  row.is_receipt = facts.is_receipt;
  row.verdict = message.verdict;
  row.parts = static_cast<std::int64_t>(message.parts.size());
  KVC_ASSIGN(row.details, account_.cipher.seal(pack({facts.from, facts.subject, facts.service_id, facts.in_reply_to}),
                                               details_place(row)));
  std::optional<OutboxRow> receipt;
  KVC_ASSIGN(const bool from_archive, is_archived(*context_.database, row.id));
  if (facts.owed && !from_archive) {
    KVC_ASSIGN(receipt, row_for(*facts.owed, row.id, account_, context_.env));
  }
  return context_.database->write([&](Poco::Data::Session& session) {
    inbox::set_processed(session, row);
    if (!facts.confirms.empty()) {
      outbox::set_delivered(session, row.account_id, facts.confirms, facts.from, row.received);
    }
    if (!facts.answers.empty()) {
      outbox::set_answered(session, row.account_id, facts.answers, facts.from, row.received);
    }
    if (receipt && !outbox::has_receipt_for(session, row.id)) {
      outbox::insert(session, *receipt);
    }
    return Status();
  });
}

Result<InboxDetails> open_details(const ContentCipher& cipher, const InboxRow& row) {
  InboxDetails details;
  if (row.details.empty()) {
    return details;
  }
  KVC_ASSIGN(const Secret record, cipher.open(row.details, details_place(row)));
  KVC_ASSIGN(auto fields, unpack(record));
  constexpr std::size_t kFields = 4;
  if (fields.size() != kFields) {
    return Status(error::storage_corrupt, "the stored facts of a mail in the inbox are damaged");
  }
  return InboxDetails{std::move(fields[0]), std::move(fields[1]), std::move(fields[2]), std::move(fields[3])};
}

// ---- Receiver ----

Receiver::Receiver(const Context& context, const OpenAccount& account, std::uint64_t max_bytes, account::Lease& lease,
                   const ProgressFn& progress, const Cancel& cancel)
    : context_(context),
      account_(account),
      max_bytes_(max_bytes),
      lease_(lease),
      progress_(progress),
      cancel_(cancel),
      reader_(context, account),
      limit_(kPage) {}

Result<FetchSummary> Receiver::run(Status& skipped) {
  KVC_TRY(context_.database->write([&](Poco::Data::Session& session) {
    erase_abandoned_blobs(session, account_.id(), context_.env.now());
    return Status();
  }));
  KVC_TRY(process_stored());
  for (bool more = true; more;) {
    KVC_ASSIGN(more, next_page());
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      if (cancel_.requested()) {
        return Status(error::cancelled, "cancelled while fetching");
      }
      if (progress_) {
        progress_(static_cast<int>(i * 1000 / waiting_.size()), "fetch.mail");
      }
      KVC_TRY(take(waiting_[i]));
      KVC_TRY(lease_.renew());
    }
  }
  skipped = first_skipped_;
  return summary_;
}

// Left over by a crash between storing and opening.
Status Receiver::process_stored() {
  std::vector<std::string> ids;
  KVC_TRY(context_.database->read([&](Poco::Data::Session& session) {
    ids = inbox::unprocessed(session, account_.id());
    return Status();
  }));
  for (const std::string& id : ids) {
    KVC_TRY(process(id));
  }
  return {};
}

Status Receiver::process(const std::string& inbox_id) {
  std::optional<InboxRow> row;
  KVC_TRY(context_.database->read([&](Poco::Data::Session& session) {
    row = inbox::find(session, inbox_id, "");
    return Status();
  }));
  if (!row) {
    return {};
  }
  const auto message = reader_.judge(*row);
  if (!message.ok()) {
    return skip(message.status());
  }
  KVC_TRY(reader_.record(*row, *message));
  summary_.receipts += row->is_receipt ? 1 : 0;
  summary_.not_valid += row->verdict == message::Verdict::valid ? 0 : 1;
  return {};
}

// Fetched mails leave the list, so a page always starts at its head; mails that were skipped stay there, and the page
// grows until it reaches beyond them. False if this was the last page.
Result<bool> Receiver::next_page() {
  if (progress_) {
    progress_(-1, "fetch.list");
  }
  while (true) {
    KVC_ASSIGN(waiting_, account_.session.client->list(account_.session.credentials, account_.session.account.uid,
                                                       limit_, cancel_));
    const bool full = waiting_.size() >= limit_;
    std::erase_if(waiting_, [&](const auto& mail) { return !seen_.insert(mail.message_id).second; });
    if (!waiting_.empty() || !full || limit_ >= kLargestPage) {
      return full;
    }
    limit_ *= 2;
  }
}

Status Receiver::take(const transport::WaitingMail& mail) {
  if (mail.message_id.empty()) {
    return skip(Status(error::bad_answer, "the server lists a mail without a Message-ID"));
  }
  bool known = false;
  KVC_TRY(context_.database->read([&](Poco::Data::Session& session) {
    known = inbox::has_message(session, account_.id(), mail.message_id);
    return Status();
  }));
  if (known) {
    ++summary_.duplicates;
    remove(mail);
    return {};
  }
  BlobWriter writer(*context_.database, context_.env, account_.id(), max_bytes_);
  const Status fetched = fetch(mail, writer);
  if (!fetched.ok()) {
    return skip(fetched);
  }
  return store(mail, writer);
}

Status Receiver::fetch(const transport::WaitingMail& mail, BlobWriter& writer) {
  for (int attempt = 1;; ++attempt) {
    std::ostream out(&writer);
    const Status fetched = account_.session.client->fetch(account_.session.credentials, account_.session.account.uid,
                                                          mail.message_id, out, cancel_);
    KVC_TRY(writer.status());
    if (fetched.ok() || !transfer_broke(fetched) || attempt == kFetchTries) {
      return fetched;
    }
    KVC_TRY(writer.restart());
  }
}

Status Receiver::store(const transport::WaitingMail& mail, BlobWriter& writer) {
  InboxRow row;
  row.id = new_uuid(context_.env);
  row.account_id = account_.id();
  row.message_id = mail.message_id;
  row.sender = mail.from;
  row.service_id = mail.service_id;
  row.in_reply_to = mail.in_reply_to;
  row.subject = mail.subject;
  row.header_date = mail.date;
  row.blob_id = writer.id();
  row.received = context_.env.now();
  const Status stored = context_.database->write([&](Poco::Data::Session& session) -> Status {
    KVC_TRY(writer.finish(session));
    inbox::insert(session, row);
    return {};
  });
  KVC_TRY(stored);
  writer.committed();
  ++summary_.fetched;
  remove(mail);
  return process(row.id);
}

// A mail that could not be deleted is met again as a duplicate next time.
void Receiver::remove(const transport::WaitingMail& mail) {
  const Status removed = account_.session.client->remove(account_.session.credentials, account_.session.account.uid,
                                                         mail.message_id, cancel_);
  if (!removed.ok()) {
    context_.log.write(LogLevel::warning, "mailbox",
                       std::string("a fetched mail could not be deleted on the server: ") + removed.code().key);
  }
}

Status Receiver::skip(const Status& reason) {
  if (concerns_account(reason)) {
    return reason;
  }
  context_.log.write(LogLevel::warning, "mailbox", std::string("a mail was skipped: ") + reason.code().key);
  if (first_skipped_.ok() && !reason.is(error::not_found)) {
    first_skipped_ = reason;
  }
  return {};
}

}  // namespace kvc::mailbox
