// SPDX-License-Identifier: Apache-2.0
#include "mailbox/receiver.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "base/guard.h"
#include "store/sql.h"

namespace kvc::mailbox {
namespace {

// [D] So many mails are listed at a time, and so many become durable in one commit. A batch whose mails are small waits
// in memory, at most a chunk of each.
constexpr std::size_t kPage = 256, kLongestList = 100000, kBatch = 32;
// A second connection pays when there is more than a handful to fetch.
constexpr std::size_t kFewMails = 4;
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
      opener_(context, account),
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
    KVC_ASSIGN(const auto some, opener_.find(std::span(ids).subspan(at, std::min(kBatch, ids.size() - at))));
    KVC_TRY(count(opener_.open(some)));
    KVC_TRY(lease_.renew());
  }
  return {};
}

// What single mails failed of is noted, and ends the fetch only if the next ones would fail of it as well.
Status Receiver::count(const BatchOpened& opened) {
  summary_.receipts += opened.counted.receipts;
  summary_.unassigned += opened.counted.unassigned;
  summary_.not_valid += opened.counted.not_valid;
  Status worst = opened.status;
  for (const Status& failure : opened.failures) {
    const Status skipped = skip(failure);
    worst = worst.ok() ? skipped : worst;
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

// Three batches are at hand: one is deleted on the server and opened while the next one is stored, and the one after
// that is on its way. Two mails that claim the same Message-ID must not be at hand at the same time: each is looked for
// in the store before it is fetched.
Status Receiver::take_page(bool more) {
  auto batches = in_batches(std::move(waiting_));
  left_on_page_ = 0;
  for (const auto& batch : batches) {
    left_on_page_ += batch.mails.size();
  }
  more_pages_ = more;
  std::unique_ptr<Download> ahead;
  std::unique_ptr<Settling> behind;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const bool last = i + 1 == batches.size();
    if (batches[i].alone) {
      KVC_TRY(finish(std::move(behind)));
    }
    auto current = ahead ? std::move(ahead) : begin(batches[i], !last);
    KVC_TRY(arrive(*current));
    if (!last && !batches[i + 1].alone && !current->ended_early()) {
      ahead = begin(batches[i + 1], true);
    }
    Settling::Batch batch{std::move(current), {}, {}};
    Status worst;
    KVC_TRY(keep(batch, worst));
    const Status before = finish(std::move(behind));
    if (!before.ok() && before.category() == Category::storage) {
      return before;
    }
    const bool goes_on = !last && worst.ok() && before.ok();
    behind = settle(std::move(batch), goes_on && !batches[i + 1].alone);
    if (!goes_on) {
      // What was committed is deleted and opened even if the fetch ends here.
      const Status settled = finish(std::move(behind));
      return !before.ok() ? before : !settled.ok() ? settled : worst;
    }
  }
  return {};
}

// One mail is not worth a thread. For several there is one even if nothing else is to be done, to renew the lease.
std::unique_ptr<Settling> Receiver::settle(Settling::Batch batch, bool beside) {
  const bool several = batch.leaving.size() > 1;
  return std::make_unique<Settling>(
      std::move(batch), opener_, [this](const auto& mail) { return guarded([&] { return remove(mail); }); },
      beside || several);
}

// What was fetched when the user cancels goes back: committed now, it could not be deleted on the server any more, as
// happens to the batch that is being deleted at that moment. Next time it is met as one that is known, and deleted.
Status Receiver::arrive(Download& download) {
  while (!cancel_.requested() && !download.wait(kRenewLease)) {
    KVC_TRY(lease_.renew());
  }
  return cancel_.requested() ? Status(error::cancelled, "cancelled while fetching") : lease_.renew();
}

Status Receiver::finish(std::unique_ptr<Settling> settling) {
  if (!settling) {
    return {};
  }
  while (!settling->wait(kRenewLease)) {
    KVC_TRY(lease_.renew());
  }
  const Settling::Batch& batch = settling->batch();
  for (std::size_t i = 0; i < batch.leaving.size(); ++i) {
    if (const Status& removed = settling->removed()[i]; !removed.ok()) {
      left_.insert(batch.leaving[i]->message_id);
      context_.log.write(LogLevel::warning, "mailbox",
                         std::string("a fetched mail could not be deleted on the server: ") + removed.code().key);
    }
  }
  const Status opened = count(settling->opened());
  for (std::size_t settled = batch.download->taken().size(); settled != 0; --settled) {
    report(left_on_page_--, more_pages_);
    ++done_;
  }
  return opened;
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

// A mail is deleted on the server only after the commit that holds it. `worst` is what the next mails would fail of as
// well.
Status Receiver::keep(Settling::Batch& batch, Status& worst) {
  std::vector<Taken>& mails = batch.download->taken();
  KVC_TRY(store(mails, batch.stored));
  for (const Taken& one : mails) {
    switch (one.outcome) {
      case Taken::Outcome::untouched:
        break;
      case Taken::Outcome::duplicate:
        ++summary_.duplicates;
        batch.leaving.push_back(&one.mail);
        break;
      case Taken::Outcome::fetched:
        batch.leaving.push_back(&one.mail);
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
  return {};
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
  row.received = store::time_of(store::millis(context_.env.now()));  // as it will be read again
  row.thread_id = row.id;
  return row;
}

// One commit for the whole batch. A mail that somebody imported from an archive in this very moment does not keep the
// others out: then each is stored alone, and that one is met again as a known one.
Status Receiver::store(std::vector<Taken>& batch, std::vector<ToOpen>& stored) {
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

Status Receiver::store(const std::vector<Taken*>& fetched, std::vector<ToOpen>& stored) {
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
    stored.push_back({std::move(rows[i]), {std::nullopt, fetched[i]->writer->whole()}});
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
