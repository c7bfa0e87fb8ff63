// SPDX-License-Identifier: Apache-2.0
#include "mailbox/reader.h"

#include <Poco/MemoryStream.h>

#include <algorithm>
#include <istream>

#include "account/sql.h"
#include "mailbox/archived.h"
#include "mailbox/blob.h"
#include "mailbox/drafting.h"
#include "mailbox/inbox_details.h"
#include "mailbox/replies.h"
#include "mailbox/threads.h"

namespace kvc::mailbox {
namespace {

// [D] A mail up to this size is held in memory while it is opened and read.
constexpr std::uint64_t kKeptWhole = 256UL * 1024;

std::string label_of(const crypto::Certificate& certificate) {
  return "generation " + certificate.serial_hex();
}

}  // namespace

Reader::Reader(const Context& context, const OpenAccount& account) : context_(context), account_(account) {
  int number = 0;
  for (const crypto::Identity& identity : account.session.identities) {
    options_.keys.push_back({identity.key, identity.certificate, label_of(identity.certificate)});
  }
  for (const crypto::PrivateKey& key : account.session.bare_keys) {
    options_.keys.push_back({key, std::nullopt, "key without certificate " + std::to_string(++number)});
  }
  options_.trust = *account.session.trust;
  // What a fetch lets in (mailbox_service.cpp) is opened too, and what came under an earlier setting stays readable.
  options_.max_bytes = std::max(options_.max_bytes, account.session.max_message_bytes * 2);
}

Result<message::OpenedMessage> Reader::judge(const InboxRow& row) {
  KVC_ASSIGN(const message::ReferenceTime at, reference_time(*context_.database, row));
  return judge(row, {at, {}});
}

Result<message::OpenedMessage> Reader::judge(const InboxRow& row, const Known& known) {
  options_.at = known.archived.value_or(row.received);
  options_.now = row.received;
  if (!known.mail.empty()) {
    Poco::MemoryInputStream mail(known.mail.data(), static_cast<std::streamsize>(known.mail.size()));
    return judged(row, message::open(mail, options_));
  }
  Status failure;
  auto opened = open(row.blob_id, failure);
  KVC_TRY(failure);
  return judged(row, std::move(opened));
}

// What cannot be read at all gets a verdict as well.
Result<message::OpenedMessage> Reader::judged(const InboxRow& row, Result<message::OpenedMessage> opened) const {
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

// A small mail is fetched from the database once; a large one as often as it is read, so that it is never in memory.
Result<message::OpenedMessage> Reader::open(const std::string& blob_id, Status& failure) const {
  const auto stored = BlobReader::open(*context_.database, blob_id);
  if (!stored.ok()) {
    failure = stored.status();
    return failure;
  }
  if ((*stored)->size() <= kKeptWhole) {
    std::istream mail(stored->get());
    auto opened = message::open(mail, options_);
    failure = (*stored)->status();
    return opened;
  }
  const auto broken = std::make_shared<Status>();
  auto opened = message::open(blob_source(context_.database, blob_id, broken), options_);
  failure = *broken;
  return opened;
}

Status Reader::record(InboxRow& row, const message::OpenedMessage& message) {
  KVC_ASSIGN(const bool from_archive, is_archived(*context_.database, row.id));
  KVC_ASSIGN(auto recording, prepare(row, message, from_archive));
  if (!recording) {
    return {};
  }
  KVC_TRY(context_.database->write([&](Poco::Data::Session& session) {
    write(session, *recording);
    return Status();
  }));
  row = std::move(recording->row);
  return {};
}

Result<std::optional<Reader::Recording>> Reader::prepare(const InboxRow& before, const message::OpenedMessage& message,
                                                         bool from_archive) const {
  Facts facts = facts_of(message, context_.catalogue());
  if (before.processed && (before.opened || !facts.opened)) {
    return std::optional<Recording>();
  }
  Recording recording{before, {}, false};
  InboxRow& row = recording.row;
  row.processed = true;
  row.opened = facts.opened;
  row.is_receipt = facts.is_receipt;
  row.verdict = message.verdict;
  row.parts = static_cast<std::int64_t>(message.parts.size());
  if (!facts.service_id.empty()) {
    row.service_key = context_.catalogue().key_of(facts.service_id);
  }
  recording.other_service = row.service_key != before.service_key;
  KVC_ASSIGN(recording.found, consequences(row, message, std::move(facts), from_archive));
  return std::optional(std::move(recording));
}

void Reader::write(Poco::Data::Session& session, Recording& recording) const {
  InboxRow& row = recording.row;
  link(session, row, recording.found);
  inbox::set_processed(session, row);
  if (recording.other_service) {
    inbox::follow_service(session, row);
  }
  if (recording.found.receipt && !outbox::has_receipt_for(session, row.id)) {
    OutboxRow receipt = *recording.found.receipt;
    receipt.thread_id = row.thread_id;
    outbox::insert(session, receipt);
  }
}

Result<Reader::Consequences> Reader::consequences(InboxRow& row, const message::OpenedMessage& message, Facts facts,
                                                  bool from_archive) const {
  Consequences found;
  const ThreadKey key = thread_key(message, facts);
  found.version = key.version;
  KVC_ASSIGN(found.thread_key, thread_key_of(account_.cipher, key.guid));
  KVC_ASSIGN(row.details, sealed_details(row, message, facts, key.guid));
  found.from_archive = from_archive;
  if (facts.owed && !found.from_archive) {
    KVC_ASSIGN(found.receipt, row_for(*facts.owed, row.id, account_, context_));
  }
  found.facts = std::move(facts);
  return found;
}

ThreadKey Reader::thread_key(const message::OpenedMessage& message, const Facts& facts) const {
  if (!facts.trusted || !context_.options.thread_key) {
    return {};
  }
  return context_.options.thread_key(message).value_or(ThreadKey{});
}

Result<std::string> Reader::sealed_details(const InboxRow& row, const message::OpenedMessage& message,
                                           const Facts& facts, const std::string& guid) const {
  InboxDetails details{facts.from, facts.subject, facts.service_id, facts.in_reply_to, guid, {}};
  for (const message::Part& part : message.parts) {
    if (part.attachment) {
      details.file_names.push_back(part.name);
    }
  }
  return seal_details(account_.cipher, details, row);
}

Status Reader::repair(InboxRow& row, const message::OpenedMessage& message) {
  const Facts facts = facts_of(message, context_.catalogue());
  if (!facts.opened) {
    return {};
  }
  KVC_ASSIGN(row.details, sealed_details(row, message, facts, thread_key(message, facts).guid));
  return context_.database->write([&](Poco::Data::Session& session) {
    inbox::set_details(session, row.id, row.details);
    return Status();
  });
}

// Who is confirmed or answered, and which thread the mail belongs to.
void Reader::link(Poco::Data::Session& session, InboxRow& row, const Consequences& found) const {
  if (!found.facts.trusted) {
    return;
  }
  const bool is_reply = found.facts.kind != service::MessageKind::delivery;
  const auto delivery =
      is_reply ? delivery_of(session, row.account_id, found.facts, found.thread_key, found.version) : std::nullopt;
  row.unassigned = found.facts.from_kv && !delivery && !found.from_archive;
  if (delivery) {
    if (found.facts.kind == service::MessageKind::receipt) {
      outbox::set_delivered(session, *delivery, row.received);
    } else {
      outbox::set_answered(session, *delivery, row.received);
    }
    if (delivery->accepted_at == 0) {
      replies::start(session, *delivery, row.received, context_.catalogue());
    }
    replies::arrived(session, *delivery, found.facts.kind, row.id, row.received);
    row.thread_id = delivery->thread_id;
    return;
  }
  for (const std::string& id : found.facts.refers_to) {
    const std::string thread = thread_of_message(session, row.account_id, id);
    if (!thread.empty()) {
      row.thread_id = thread;
      return;
    }
  }
}

OpenedBy Reader::opened_by(const message::OpenedMessage& message) const {
  OpenedBy by;
  by.label = message.layers.front().key_label;
  for (const account::Generation& generation : account_.session.account.generations) {
    if (!by.label.empty() && generation.certificate && label_of(*generation.certificate) == by.label) {
      by.generation = generation.number;
      by.current = generation.current;
    }
  }
  return by;
}

void regroup(Poco::Data::Session& session, std::string_view account_id, const service::Catalogue& catalogue) {
  for (const std::string table : {"inbox", "outbox"}) {
    std::vector<std::string> unknown;
    {
      std::string id;
      account::Sql sql(session,
                       "SELECT DISTINCT service_id FROM " + table + " WHERE account_id = ? AND service_key = ''");
      sql.arg(account_id).into(id);
      while (sql.next()) {
        unknown.push_back(id);
      }
    }
    for (const std::string& id : unknown) {
      if (const std::string key = catalogue.key_of(id); !key.empty()) {
        table == "inbox" ? inbox::regroup(session, account_id, id, key) : outbox::regroup(session, account_id, id, key);
      }
    }
  }
}

}  // namespace kvc::mailbox
