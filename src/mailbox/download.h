// SPDX-License-Identifier: Apache-2.0
// Mails on their way from the server, some at a time, beside the work on those that came before. Internal to mailbox/.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/helper.h"
#include "mailbox/blob.h"
#include "mailbox/context.h"
#include "mailbox/inbox_repository.h"

namespace kvc::mailbox {

/// Failures after which the next mail would fail as well.
[[nodiscard]] bool concerns_account(const Status& status);

/// What became of one mail of the server's list. Nothing of it counts before it is committed.
struct Taken {
  enum class Outcome {
    untouched,  ///< not tried, because the fetch ends
    fetched,    ///< in `writer`, to be committed
    duplicate,  ///< stored before, may be deleted on the server
    unchanged,  ///< still too large
    too_large,
    failed,  ///< `failure` says why
  };
  transport::WaitingMail mail;
  Outcome outcome = Outcome::untouched;
  bool looked_up = false;                        ///< `known` says what there is
  std::optional<InboxRow> known = std::nullopt;  ///< the row that has its Message-ID
  std::unique_ptr<BlobWriter> writer = nullptr;
  Status failure = {};
};

/// Thread: [any], also several calls at once.
class Downloader {
 public:
  Downloader(const Context& context, const OpenAccount& account, std::uint64_t max_bytes, const Cancel& cancel)
      : context_(context), account_(account), max_bytes_(max_bytes), cancel_(cancel) {}

  /// Asks the store once which of these mails are known. Without effect where it does not answer: take() asks again,
  /// and says so. Throws nothing.
  void look_up(std::vector<Taken>& batch) const;
  /// Fetches the mail unless it is known. A small one is in memory afterwards, of a large one all but the end is in
  /// the store. Throws nothing.
  void take(Taken& one) const;

 private:
  Status look(Taken& one) const;
  Status fetch(const transport::WaitingMail& mail, BlobWriter& writer) const;
  Result<bool> same_as_archived(const transport::WaitingMail& mail, const InboxRow& archived) const;

  const Context& context_;
  const OpenAccount& account_;
  std::uint64_t max_bytes_;
  const Cancel& cancel_;
};

/// Takes a few mails in the background. After a failure that concerns the account it begins no further mail. The
/// destructor waits for the mails at hand. Thread: one at a time.
class Download {
 public:
  /// At most `workers` mails at once; 0: all of them now, on the calling thread.
  Download(const Downloader& downloader, std::vector<transport::WaitingMail> mails, std::size_t workers);
  ~Download();
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;

  /// False if it still goes on after `patience`.
  bool wait(Millis patience);
  /// After wait() said true.
  std::vector<Taken>& taken() { return taken_; }
  /// A failure that concerns the account was met.
  [[nodiscard]] bool ended_early() const { return stop_; }

 private:
  void work();

  const Downloader& downloader_;
  std::vector<Taken> taken_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t working_ = 0;
  Helpers helpers_;
};

}  // namespace kvc::mailbox
