// SPDX-License-Identifier: Apache-2.0
#include "mailbox/download.h"

#include <algorithm>
#include <istream>
#include <ostream>

#include "base/byte_sink.h"
#include "base/guard.h"
#include "mailbox/archived.h"

namespace kvc::mailbox {
namespace {

constexpr int kFetchTries = 2;

/// Takes what is received and remembers whether it is the same as what is stored.
class Comparison final : public ByteSink {
 public:
  explicit Comparison(BlobReader& stored) : stored_(stored) {}
  [[nodiscard]] bool same() const { return same_ && taken_ == stored_.size(); }

 protected:
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

bool transfer_broke(const Status& status) {
  return status.is(error::connection_lost) || status.is(error::timeout) || status.is(error::bad_answer) ||
         status.is(error::server_error);
}

}  // namespace

bool concerns_account(const Status& status) {
  return status.category() == Category::auth || status.category() == Category::storage ||
         status.category() == Category::cancelled || status.category() == Category::host ||
         status.is(error::unreachable) || status.is(error::tls_not_trusted) || status.is(error::tls_wrong_host) ||
         status.is(error::tls_expired) || status.is(error::tls_failed) || status.is(error::server_busy) ||
         status.is(error::out_of_memory);
}

// ---- Downloader ----

void Downloader::take(Taken& one) const {
  const Status status = guarded([&] { return look(one); });
  if (status.is(error::too_large)) {
    one.outcome = Taken::Outcome::too_large;
  } else if (!status.ok()) {
    one.outcome = Taken::Outcome::failed;
    one.failure = status;
  }
  if (one.outcome != Taken::Outcome::fetched) {
    one.writer.reset();
  }
}

void Downloader::look_up(std::vector<Taken>& batch) const {
  const Status status = guarded([&]() -> Status {
    std::vector<std::string> ids;
    for (const Taken& one : batch) {
      ids.push_back(one.mail.message_id);
    }
    std::vector<InboxRow> rows;
    KVC_TRY(context_.database->read([&](Poco::Data::Session& session) {
      rows = inbox::find_messages(session, account_.id(), ids);
      return Status();
    }));
    for (Taken& one : batch) {
      const auto row = std::find_if(rows.begin(), rows.end(),
                                    [&](const InboxRow& there) { return there.message_id == one.mail.message_id; });
      one.known = row == rows.end() ? std::nullopt : std::optional(*row);
      one.looked_up = true;
    }
    return {};
  });
  static_cast<void>(status);
}

Status Downloader::look(Taken& one) const {
  if (one.mail.message_id.empty()) {
    return {error::bad_answer, "the server lists a mail without a Message-ID"};
  }
  if (!one.looked_up) {
    KVC_TRY(context_.database->read([&](Poco::Data::Session& session) {
      one.known = inbox::find_message(session, account_.id(), one.mail.message_id);
      return Status();
    }));
  }
  const bool placeholder = one.known && one.known->too_large_limit != 0;
  if (placeholder && static_cast<std::uint64_t>(one.known->too_large_limit) >= max_bytes_) {
    one.outcome = Taken::Outcome::unchanged;
    return {};
  }
  if (one.known && !placeholder) {
    KVC_ASSIGN(const bool archived, is_archived(*context_.database, one.known->id));
    KVC_ASSIGN(const bool same, archived ? same_as_archived(one.mail, *one.known) : Result<bool>(true));
    if (same) {
      one.outcome = Taken::Outcome::duplicate;
      return {};
    }
  }
  one.writer = std::make_unique<BlobWriter>(*context_.database, context_.env, account_.id(), max_bytes_);
  KVC_TRY(fetch(one.mail, *one.writer));
  one.outcome = Taken::Outcome::fetched;
  return {};
}

// Anybody can make a file with any Message-ID, and an archive may hold a damaged copy: what the server holds is deleted
// there only if the very same bytes are here.
Result<bool> Downloader::same_as_archived(const transport::WaitingMail& mail, const InboxRow& archived) const {
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

Status Downloader::fetch(const transport::WaitingMail& mail, BlobWriter& writer) const {
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

// ---- Download ----

Download::Download(const Downloader& downloader, std::vector<transport::WaitingMail> mails, std::size_t workers)
    : downloader_(downloader), working_(std::min(workers, mails.size())) {
  taken_.reserve(mails.size());
  for (transport::WaitingMail& mail : mails) {
    taken_.push_back({std::move(mail)});
  }
  downloader_.look_up(taken_);
  if (workers == 0) {
    working_ = 1;
    work();
    return;
  }
  for (std::size_t i = working_; i != 0; --i) {
    helpers_.start([this] { work(); });
  }
}

Download::~Download() {
  stop_ = true;
  helpers_.wait();
}

void Download::work() {
  for (std::size_t i = next_++; i < taken_.size() && !stop_; i = next_++) {
    downloader_.take(taken_[i]);
    if (taken_[i].outcome == Taken::Outcome::failed && concerns_account(taken_[i].failure)) {
      stop_ = true;
    }
  }
  const std::lock_guard lock(mutex_);
  --working_;
  ended_.notify_all();
}

bool Download::wait(Millis patience) {
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, patience, [this] { return working_ == 0; });
}

}  // namespace kvc::mailbox
