// SPDX-License-Identifier: Apache-2.0
#include "mailbox/receiver.h"

#include <algorithm>
#include <istream>
#include <ostream>

#include "account/sql.h"
#include "mailbox/archived.h"
#include "mailbox/drafting.h"
#include "mailbox/inbox_details.h"
#include "mailbox/replies.h"
#include "mailbox/threads.h"

namespace kvc::mailbox {
namespace {

constexpr std::size_t kPage = 50, kLongestList = 100000;
constexpr int kFetchTries = 2;

std::string label_of(const crypto::Certificate& certificate) {
  return "generation " + certificate.serial_hex();
}

// Failures after which the next mail would fail as well.
bool concerns_account(const Status& status) {
  return status.category() == Category::auth || status.category() == Category::storage ||
         status.category() == Category::cancelled || status.category() == Category::host ||
         status.is(error::unreachable) || status.is(error::tls_not_trusted) || status.is(error::tls_wrong_host) ||
         status.is(error::tls_expired) || status.is(error::tls_failed) || status.is(error::server_busy) ||
         status.is(error::out_of_memory);
}

/// Takes what is received and remembers whether it is the same as what is stored.
class Comparison final : public std::streambuf {
 public:
  explicit Comparison(BlobReader& stored) : stored_(stored) {}
  [[nodiscard]] bool same() const { return same_ && taken_ == stored_.size(); }

 protected:
  int_type overflow(int_type character) override {
    const char byte = traits_type::to_char_type(character);
    return traits_type::eq_int_type(character, traits_type::eof()) || xsputn(&byte, 1) == 1
               ? traits_type::not_eof(character)
               : traits_type::eof();
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    std::string there(static_cast<std::size_t>(count), '\0');
    same_ = same_ && stored_.sgetn(there.data(), count) == count && there == std::string_view(text, there.size());
    taken_ += there.size();
    return count;
  }

 private:
  BlobReader& stored_;
  std::uint64_t taken_ = 0;
  bool same_ = true;
};

/// For the row of a mail that the server holds. `known` has its Message-ID: what was noted when the mail was too large
/// gives way; another letter from an archive stays, under another name.
void make_room(Poco::Data::Session& session, const std::optional<InboxRow>& known) {
  if (!known) {
    return;
  }
  if (known->too_large_limit == 0) {
    inbox::step_aside(session, *known);
    return;
  }
  inbox::erase(session, known->id);
  erase_blob(session, known->blob_id);
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
    options_.keys.push_back({identity.key, identity.certificate, label_of(identity.certificate)});
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
  Facts facts = facts_of(message, context_.catalogue());
  if (row.processed && (row.opened || !facts.opened)) {
    return {};
  }
  row.processed = true;
  row.opened = facts.opened;
  row.is_receipt = facts.is_receipt;
  row.verdict = message.verdict;
  row.parts = static_cast<std::int64_t>(message.parts.size());
  if (!facts.service_id.empty()) {
    row.service_key = context_.catalogue().key_of(facts.service_id);
  }
  KVC_ASSIGN(const Consequences found, consequences(row, message, std::move(facts)));
  return context_.database->write([&](Poco::Data::Session& session) {
    link(session, row, found);
    inbox::set_processed(session, row);
    if (found.receipt && !outbox::has_receipt_for(session, row.id)) {
      OutboxRow receipt = *found.receipt;
      receipt.thread_id = row.thread_id;
      outbox::insert(session, receipt);
    }
    return Status();
  });
}

Result<Reader::Consequences> Reader::consequences(InboxRow& row, const message::OpenedMessage& message, Facts facts) {
  Consequences found;
  const ThreadKey key = thread_key(message, facts);
  found.version = key.version;
  KVC_ASSIGN(found.thread_key, thread_key_of(account_.cipher, key.guid));
  KVC_ASSIGN(row.details, sealed_details(row, message, facts, key.guid));
  KVC_ASSIGN(found.from_archive, is_archived(*context_.database, row.id));
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
                                           const Facts& facts, const std::string& guid) {
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
void Reader::link(Poco::Data::Session& session, InboxRow& row, const Consequences& found) {
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
        account::Sql(session, "UPDATE " + table +
                                  " SET service_key = ? WHERE account_id = ? AND service_key = '' AND service_id = ?")
            .arg(key)
            .arg(account_id)
            .arg(id)
            .run();
      }
    }
  }
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
    regroup(session, account_.id(), context_.catalogue());
    return Status();
  }));
  KVC_TRY(process_stored());
  for (bool more = true; more;) {
    KVC_ASSIGN(more, next_page());
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      if (cancel_.requested()) {
        return Status(error::cancelled, "cancelled while fetching");
      }
      report(waiting_.size() - i, more);
      KVC_TRY(take(waiting_[i]));
      ++done_;
      KVC_TRY(lease_.renew());
    }
  }
  skipped = first_skipped_;
  return summary_;
}

// The server does not say how many mails wait. While full pages come, as many again are assumed to follow; the bar
// never goes back.
void Receiver::report(std::size_t left, bool more) {
  if (!progress_) {
    return;
  }
  const std::size_t assumed = left + (more ? std::max(done_, kPage) : 0);
  permille_ = std::max(permille_, static_cast<int>(done_ * 1000 / (done_ + assumed)));
  progress_(permille_, "fetch.mail");
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
  summary_.unassigned += row->unassigned ? 1 : 0;
  summary_.not_valid += row->verdict == message::Verdict::valid ? 0 : 1;
  return {};
}

// Fetched mails leave the list, so a page always starts at its head; mails that stay there are known by their ids, and
// the page grows until it reaches beyond them. False if this was the last page.
Result<bool> Receiver::next_page() {
  if (progress_) {
    progress_(-1, "fetch.list");
  }
  while (true) {
    KVC_ASSIGN(waiting_, account_.session.client->list(account_.session.credentials, account_.session.account.uid,
                                                       limit_, cancel_));
    const bool full = waiting_.size() >= limit_;
    std::erase_if(waiting_, [&](const auto& mail) { return left_.contains(mail.message_id); });
    if (!waiting_.empty() || !full || limit_ >= kLongestList) {
      return full;
    }
    limit_ *= 2;
  }
}

Status Receiver::take(const transport::WaitingMail& mail) {
  if (mail.message_id.empty()) {
    left_.insert(mail.message_id);
    return skip(Status(error::bad_answer, "the server lists a mail without a Message-ID"));
  }
  std::optional<InboxRow> known;
  KVC_TRY(context_.database->read([&](Poco::Data::Session& session) {
    known = inbox::find_message(session, account_.id(), mail.message_id);
    return Status();
  }));
  const bool placeholder = known && known->too_large_limit != 0;
  if (placeholder && static_cast<std::uint64_t>(known->too_large_limit) >= max_bytes_) {
    left_.insert(mail.message_id);  // nothing changed since it was too large
    return {};
  }
  if (known && !placeholder) {
    KVC_ASSIGN(const bool archived, is_archived(*context_.database, known->id));
    const auto same = archived ? same_as_archived(mail, *known) : Result<bool>(true);
    if (!same.ok()) {
      left_.insert(mail.message_id);
      return skip(same.status());
    }
    if (*same) {
      ++summary_.duplicates;
      remove(mail);
      return {};
    }
  }
  BlobWriter writer(*context_.database, context_.env, account_.id(), max_bytes_);
  const Status fetched = fetch(mail, writer);
  if (fetched.ok()) {
    return store(mail, writer, known);
  }
  left_.insert(mail.message_id);
  if (fetched.is(error::too_large)) {
    return note_too_large(mail, known);
  }
  return skip(fetched);
}

// Anybody can make a file with any Message-ID, and an archive may hold a damaged copy: what the server holds is deleted
// there only if the very same bytes are here.
Result<bool> Receiver::same_as_archived(const transport::WaitingMail& mail, const InboxRow& archived) {
  for (int attempt = 1;; ++attempt) {
    KVC_ASSIGN(const auto stored, BlobReader::open(*context_.database, archived.blob_id));
    Comparison comparison(*stored);
    std::ostream out(&comparison);
    const Status fetched = account_.session.client->fetch(account_.session.credentials, account_.session.account.uid,
                                                          mail.message_id, out, cancel_);
    if (fetched.ok()) {
      return stored->status().ok() && comparison.same();
    }
    if (!transfer_broke(fetched) || attempt == kFetchTries) {
      return fetched;
    }
  }
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

InboxRow Receiver::row_of(const transport::WaitingMail& mail, const std::string& blob_id) const {
  InboxRow row;
  row.id = new_uuid(context_.env);
  row.account_id = account_.id();
  row.message_id = mail.message_id;
  row.sender = mail.from;
  row.service_id = mail.service_id;
  row.service_key = context_.catalogue().key_of(mail.service_id);
  row.in_reply_to = mail.in_reply_to;
  row.subject = mail.subject;
  row.header_date = mail.date;
  row.blob_id = blob_id;
  row.received = context_.env.now();
  row.thread_id = row.id;
  return row;
}

Status Receiver::store(const transport::WaitingMail& mail, BlobWriter& writer, const std::optional<InboxRow>& known) {
  const InboxRow row = row_of(mail, writer.id());
  const Status stored = context_.database->write([&](Poco::Data::Session& session) -> Status {
    make_room(session, known);
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

// The header is all that is known of it, and all that is kept; the mail itself stays on the server.
Status Receiver::note_too_large(const transport::WaitingMail& mail, const std::optional<InboxRow>& known) {
  BlobWriter nothing(*context_.database, context_.env, account_.id(), 0);
  InboxRow row = row_of(mail, nothing.id());
  row.processed = true;
  row.too_large_limit = static_cast<std::int64_t>(max_bytes_);
  const Status stored = context_.database->write([&](Poco::Data::Session& session) -> Status {
    make_room(session, known);
    KVC_TRY(nothing.finish(session));
    inbox::insert(session, row);
    return {};
  });
  KVC_TRY(stored);
  nothing.committed();
  ++summary_.too_large;
  context_.log.write(LogLevel::warning, "mailbox", "a mail is larger than the settings allow and stays on the server");
  return {};
}

// A mail that could not be deleted is met again as a duplicate next time.
void Receiver::remove(const transport::WaitingMail& mail) {
  const Status removed = account_.session.client->remove(account_.session.credentials, account_.session.account.uid,
                                                         mail.message_id, cancel_);
  if (!removed.ok()) {
    left_.insert(mail.message_id);
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
