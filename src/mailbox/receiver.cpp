// SPDX-License-Identifier: Apache-2.0
#include "mailbox/receiver.h"

#include <algorithm>
#include <istream>
#include <iterator>
#include <thread>

#include "account/sql.h"
#include "base/guard.h"
#include "mailbox/archived.h"
#include "mailbox/drafting.h"
#include "mailbox/inbox_details.h"
#include "mailbox/replies.h"
#include "mailbox/threads.h"

namespace kvc::mailbox {
namespace {

// [D] So many mails are listed at a time, and so many become durable in one commit. A batch whose mails are small waits
// in memory, at most a chunk of each.
constexpr std::size_t kPage = 256, kLongestList = 100000, kBatch = 32;
// A second connection pays when there is more than a handful to fetch.
constexpr std::size_t kFewMails = 4;
constexpr std::size_t kMostOpeners = 4;
// Far below the time a lease is given for.
constexpr Millis kRenewLease{60000};

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

}  // namespace

// ---- Receiver ----

Receiver::Receiver(const Context& context, const OpenAccount& account, std::uint64_t max_bytes, account::Lease& lease,
                   const ProgressFn& progress, const Cancel& cancel)
    : context_(context),
      account_(account),
      max_bytes_(max_bytes),
      lease_(lease),
      progress_(progress),
      cancel_(cancel),
      downloader_(context, account, max_bytes, cancel),
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
    KVC_TRY(take_page(more));
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
  for (std::size_t at = 0; at < ids.size(); at += kBatch) {
    std::vector<Stored> some;
    for (std::size_t i = at; i < std::min(at + kBatch, ids.size()); ++i) {
      some.push_back({ids[i]});
    }
    KVC_TRY(process(some));
    KVC_TRY(lease_.renew());
  }
  return {};
}

// Opened by all processors; recorded in the order they came, as one may refer to the other.
Status Receiver::process(const std::vector<Stored>& mails) {
  std::vector<ToOpen> found;
  KVC_TRY(context_.database->read([&](Poco::Data::Session& session) {
    for (const Stored& mail : mails) {
      if (auto row = inbox::find(session, mail.inbox_id, "")) {
        const auto mark = archived::find(session, mail.inbox_id);
        found.push_back({std::move(*row), {mark ? std::optional(mark->reference) : std::nullopt, mail.mail}});
      }
    }
    return Status();
  }));
  if (found.empty()) {
    return {};
  }
  const std::size_t workers = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostOpeners);
  while (readers_.size() < std::min(workers, found.size())) {
    readers_.push_back(std::make_unique<Reader>(context_, account_));
  }
  std::vector<Result<std::optional<Reader::Recording>>> opened(found.size(), std::optional<Reader::Recording>());
  for_each_index(found.size(), workers, [&](std::size_t worker, std::size_t i) {
    opened[i] = guarded([&]() -> Result<std::optional<Reader::Recording>> {
      KVC_ASSIGN(const auto message, readers_[worker]->judge(found[i].row, found[i].known));
      return readers_[worker]->prepare(found[i].row, message, found[i].known.archived.has_value());
    });
  });
  return record(found, opened);
}

Status Receiver::record(const std::vector<ToOpen>& mails,
                        std::vector<Result<std::optional<Reader::Recording>>>& opened) {
  Status worst;
  for (const auto& one : opened) {
    const Status skipped = one.ok() ? Status() : skip(one.status());
    worst = worst.ok() ? skipped : worst;
  }
  KVC_TRY(context_.database->write([&](Poco::Data::Session& session) {
    for (auto& one : opened) {
      if (one.ok() && one.value()) {
        readers_.front()->write(session, *one.value());
      }
    }
    return Status();
  }));
  for (std::size_t i = 0; i < mails.size(); ++i) {
    if (opened[i].ok()) {
      const InboxRow& row = opened[i].value() ? opened[i].value()->row : mails[i].row;
      summary_.receipts += row.is_receipt ? 1 : 0;
      summary_.unassigned += row.unassigned ? 1 : 0;
      summary_.not_valid += row.verdict == message::Verdict::valid ? 0 : 1;
    }
  }
  return worst;
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

// While one batch is stored and opened, the next one is on its way. Two mails that claim the same Message-ID must not
// be on their way at the same time: each is looked for in the store before it is fetched.
Status Receiver::take_page(bool more) {
  auto batches = in_batches(std::move(waiting_));
  std::size_t left = 0;
  for (const auto& batch : batches) {
    left += batch.mails.size();
  }
  std::unique_ptr<Download> ahead;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (cancel_.requested()) {
      return {error::cancelled, "cancelled while fetching"};
    }
    const auto current = ahead ? std::move(ahead) : begin(batches[i], i + 1 < batches.size());
    while (!current->wait(kRenewLease)) {
      KVC_TRY(lease_.renew());
    }
    if (cancel_.requested()) {
      // What was fetched goes back: committed now, it could not be deleted on the server any more.
      return {error::cancelled, "cancelled while fetching"};
    }
    if (i + 1 < batches.size() && !batches[i + 1].alone && !current->ended_early()) {
      ahead = begin(batches[i + 1], true);
    }
    KVC_TRY(settle(current->taken()));
    for (std::size_t settled = current->taken().size(); settled != 0; --settled) {
      report(left--, more);
      ++done_;
    }
    KVC_TRY(lease_.renew());
  }
  return {};
}

std::vector<Receiver::Batch> Receiver::in_batches(std::vector<transport::WaitingMail> mails) {
  std::vector<Batch> batches, repeated;
  std::set<std::string> ids;
  for (transport::WaitingMail& mail : mails) {
    if (!ids.insert(mail.message_id).second) {
      repeated.push_back({{std::move(mail)}, true});
      continue;
    }
    if (batches.empty() || batches.back().mails.size() == kBatch) {
      batches.push_back({});
    }
    batches.back().mails.push_back(std::move(mail));
  }
  std::move(repeated.begin(), repeated.end(), std::back_inserter(batches));
  return batches;
}

std::unique_ptr<Download> Receiver::begin(Batch& batch, bool beside) {
  const std::size_t count = batch.mails.size();
  const std::size_t workers = count > kFewMails ? 2 : beside || count > 1 ? 1 : 0;
  return std::make_unique<Download>(downloader_, std::move(batch.mails), workers);
}

// A mail is deleted on the server only after the commit that holds it.
Status Receiver::settle(std::vector<Taken>& batch) {
  Status worst;
  std::vector<Stored> stored;
  std::vector<const transport::WaitingMail*> leaving;
  KVC_TRY(store(batch, stored));
  for (const Taken& one : batch) {
    switch (one.outcome) {
      case Taken::Outcome::untouched:
        break;
      case Taken::Outcome::duplicate:
        ++summary_.duplicates;
        leaving.push_back(&one.mail);
        break;
      case Taken::Outcome::fetched:
        leaving.push_back(&one.mail);
        break;
      case Taken::Outcome::unchanged:
        left_.insert(one.mail.message_id);
        break;
      case Taken::Outcome::too_large:
        left_.insert(one.mail.message_id);
        KVC_TRY(note_too_large(one.mail, one.known));
        break;
      case Taken::Outcome::failed: {
        left_.insert(one.mail.message_id);
        const Status skipped = skip(one.failure);
        worst = worst.ok() ? skipped : worst;
        break;
      }
    }
  }
  KVC_TRY(remove_and_process(leaving, stored));
  return worst;
}

// The server's answers and the processor's work take their time at the same time; with one mail it is not worth a
// thread.
Status Receiver::remove_and_process(const std::vector<const transport::WaitingMail*>& leaving,
                                    const std::vector<Stored>& stored) {
  std::vector<Status> removed(leaving.size());
  const auto remove_all = [&] {
    const std::size_t workers = leaving.size() > kFewMails ? 2 : 1;
    for_each_index(leaving.size(), workers, [&](std::size_t /*worker*/, std::size_t i) {
      removed[i] = guarded([&] { return remove(*leaving[i]); });
    });
  };
  Status processed;
  {
    Helpers helpers;
    if (leaving.size() > 1 && !stored.empty()) {
      helpers.start(remove_all);
    } else {
      remove_all();
    }
    processed = guarded([&] { return stored.empty() ? Status() : process(stored); });
  }
  for (std::size_t i = 0; i < leaving.size(); ++i) {
    if (!removed[i].ok()) {
      left_.insert(leaving[i]->message_id);
      context_.log.write(LogLevel::warning, "mailbox",
                         std::string("a fetched mail could not be deleted on the server: ") + removed[i].code().key);
    }
  }
  return processed;
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

// One commit for the whole batch. A mail that somebody imported from an archive in this very moment does not keep the
// others out: then each is stored alone, and that one is met again as a known one.
Status Receiver::store(std::vector<Taken>& batch, std::vector<Stored>& stored) {
  std::vector<Taken*> fetched;
  for (Taken& one : batch) {
    if (one.outcome == Taken::Outcome::fetched) {
      fetched.push_back(&one);
    }
  }
  const Status together = store(fetched, stored);
  if (!together.is(error::already_exists)) {
    return together;
  }
  for (Taken* one : fetched) {
    const Status alone = store(std::vector<Taken*>{one}, stored);
    if (alone.is(error::already_exists)) {
      one->outcome = Taken::Outcome::failed;
      one->failure = Status(error::invalid_state, "the mail was stored by somebody else meanwhile");
      continue;
    }
    KVC_TRY(alone);
  }
  return {};
}

Status Receiver::store(const std::vector<Taken*>& fetched, std::vector<Stored>& stored) {
  if (fetched.empty()) {
    return {};
  }
  std::vector<InboxRow> rows;
  for (const Taken* one : fetched) {
    rows.push_back(row_of(one->mail, one->writer->id()));
  }
  const Status committed = context_.database->write([&](Poco::Data::Session& session) -> Status {
    for (std::size_t i = 0; i < fetched.size(); ++i) {
      make_room(session, fetched[i]->known);
      KVC_TRY(fetched[i]->writer->finish(session));
      inbox::insert(session, rows[i]);
    }
    return {};
  });
  KVC_TRY(committed);
  for (std::size_t i = 0; i < fetched.size(); ++i) {
    fetched[i]->writer->committed();
    stored.push_back({rows[i].id, fetched[i]->writer->whole()});
    ++summary_.fetched;
  }
  return {};
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
Status Receiver::remove(const transport::WaitingMail& mail) const {
  return account_.session.client->remove(account_.session.credentials, account_.session.account.uid, mail.message_id,
                                         cancel_);
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
