// SPDX-License-Identifier: Apache-2.0
// Fetches, stores, opens (protocol C "Receiving duties").
#pragma once

#include <memory>
#include <set>

#include "account/lease.h"
#include "mailbox/batch_opener.h"
#include "mailbox/context.h"
#include "mailbox/download.h"
#include "mailbox/settling.h"

namespace kvc::mailbox {

/// One run over an account's mailbox on the server. The caller holds the account's fetch lease.
class Receiver {
 public:
  Receiver(const Context& context, const OpenAccount& account, std::uint64_t max_bytes, account::Lease& lease,
           const ProgressFn& progress, const Cancel& cancel);

  /// Mails that fail are left on the server and skipped, so that one bad mail never holds up the others; `skipped` gets
  /// the first reason that was met. Errors: what concerns the whole account or the database, and cancelled.
  Result<FetchSummary> run(Status& skipped);

 private:
  /// Mails that are fetched together and committed at once.
  struct Batch {
    std::vector<transport::WaitingMail> mails;
    bool alone = false;  ///< not before all of the earlier ones are stored and deleted on the server
  };
  Status process_stored();
  Result<bool> next_page();
  Status take_page(bool more);
  static std::vector<Batch> in_batches(std::vector<transport::WaitingMail> mails);
  std::unique_ptr<Download> begin(Batch& batch, bool beside);
  Status arrive(Download& download);
  Status keep(Settling::Batch& batch, Status& worst);
  std::unique_ptr<Settling> settle(Settling::Batch batch, bool beside);
  Status finish(std::unique_ptr<Settling> settling);
  Status count(const BatchOpened& opened);
  Status store(std::vector<Taken>& batch, std::vector<ToOpen>& stored);
  Status store(const std::vector<Taken*>& fetched, std::vector<ToOpen>& stored);
  Status note_too_large(const transport::WaitingMail& mail, const std::optional<InboxRow>& known);
  [[nodiscard]] InboxRow row_of(const transport::WaitingMail& mail, const std::string& blob_id) const;
  [[nodiscard]] Status remove(const transport::WaitingMail& mail) const;
  void report(std::size_t left, bool more);
  Status skip(const Status& reason);

  const Context& context_;
  const OpenAccount& account_;
  std::uint64_t max_bytes_;
  account::Lease& lease_;
  const ProgressFn& progress_;
  const Cancel& cancel_;
  Downloader downloader_;
  BatchOpener opener_;
  FetchSummary summary_;
  Status first_skipped_;
  std::set<std::string> left_;  ///< Message-IDs that stay on the server: what was skipped, or could not be deleted
  std::size_t done_ = 0;        ///< mails this run is through with
  std::size_t left_on_page_ = 0;
  bool more_pages_ = false;
  int permille_ = 0;  ///< last reported
  std::vector<transport::WaitingMail> waiting_;
  std::size_t limit_;
};

}  // namespace kvc::mailbox
