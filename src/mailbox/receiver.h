// SPDX-License-Identifier: Apache-2.0
// Fetches, stores, opens (protocol C "Receiving duties").
#pragma once

#include <memory>
#include <set>

#include "account/lease.h"
#include "mailbox/blob.h"
#include "mailbox/context.h"
#include "mailbox/download.h"
#include "mailbox/inbox_repository.h"
#include "mailbox/outbox_repository.h"
#include "mailbox/receipt_rules.h"

namespace kvc::mailbox {

/// Opens a stored mail with all keys of the account and draws the consequences. Used at fetching, reopening and
/// reading.
class Reader {
 public:
  Reader(const Context& context, const OpenAccount& account);

  /// Judged at the time of receipt; a mail from an archive at its own reference time (archived.h). Error: storage only;
  /// a mail that cannot be read is a verdict, not an error.
  Result<message::OpenedMessage> judge(const InboxRow& row);
  /// The same for a caller who knows more of it.
  struct Known {
    std::optional<message::ReferenceTime> archived;  ///< of a mail from an archive: its own reference time
    std::string_view mail;                           ///< all its bytes as they were stored; empty: not at hand
  };
  Result<message::OpenedMessage> judge(const InboxRow& row, const Known& known);
  /// In one transaction: verdict and details into `row`, confirmation or answer to the outbox, the owed receipt queued.
  /// A mail from an archive owes no receipt, and is never reported as an answer without a delivery: what it answers may
  /// be older than this mailbox. Without effect on a mail that was opened before, or that still does not open.
  Status record(InboxRow& row, const message::OpenedMessage& message);

  /// What record() writes.
  struct Consequences {
    Facts facts;
    std::string thread_key;
    int version = 0;
    bool from_archive = false;
    std::optional<OutboxRow> receipt;
  };
  struct Recording {
    InboxRow row;
    Consequences found;
    bool other_service = false;  ///< than the header outside said
  };
  /// record() in two halves, so that many mails can be judged at once and written in one transaction: what there is to
  /// write, nothing where record() is without effect. One reader for each thread.
  [[nodiscard]] Result<std::optional<Recording>> prepare(const InboxRow& row, const message::OpenedMessage& message,
                                                         bool from_archive) const;
  /// Inside the caller's transaction.
  void write(Poco::Data::Session& session, Recording& recording) const;
  /// Writes the facts of a mail anew whose stored ones do not open any more. Without effect on a mail that does not
  /// open either.
  Status repair(InboxRow& row, const message::OpenedMessage& message);
  /// Which of the account's keys opened the outermost layer.
  [[nodiscard]] OpenedBy opened_by(const message::OpenedMessage& message) const;

 private:
  /// `failure` tells why the store does not give the mail's bytes, if it does not.
  Result<message::OpenedMessage> open(const std::string& blob_id, Status& failure) const;
  Result<message::OpenedMessage> judged(const InboxRow& row, Result<message::OpenedMessage> opened) const;
  Result<Consequences> consequences(InboxRow& row, const message::OpenedMessage& message, Facts facts,
                                    bool from_archive) const;
  Result<std::string> sealed_details(const InboxRow& row, const message::OpenedMessage& message, const Facts& facts,
                                     const std::string& guid) const;
  [[nodiscard]] ThreadKey thread_key(const message::OpenedMessage& message, const Facts& facts) const;
  void link(Poco::Data::Session& session, InboxRow& row, const Consequences& found) const;

  const Context& context_;
  const OpenAccount& account_;
  message::OpenOptions options_;
};

/// Gives messages that were stored under an unknown service the key it has meanwhile: an integrator may add services.
void regroup(Poco::Data::Session& session, std::string_view account_id, const service::Catalogue& catalogue);

/// One run over an account's mailbox on the server. The caller holds the account's fetch lease.
class Receiver {
 public:
  Receiver(const Context& context, const OpenAccount& account, std::uint64_t max_bytes, account::Lease& lease,
           const ProgressFn& progress, const Cancel& cancel);

  /// Mails that fail are left on the server and skipped, so that one bad mail never holds up the others; `skipped` gets
  /// the first reason. Errors: what concerns the whole account or the database, and cancelled.
  Result<FetchSummary> run(Status& skipped);

 private:
  /// Mails that are fetched together and committed at once.
  struct Batch {
    std::vector<transport::WaitingMail> mails;
    bool alone = false;  ///< not before all of the earlier ones are stored
  };
  /// A mail in the store that was not opened yet.
  struct Stored {
    std::string inbox_id;
    std::string_view mail = {};  ///< its bytes, if they are still in memory
  };
  struct ToOpen {
    InboxRow row;
    Reader::Known known;
  };
  Status process_stored();
  Status process(const std::vector<Stored>& mails);
  Status record(const std::vector<ToOpen>& mails, std::vector<Result<std::optional<Reader::Recording>>>& opened);
  Result<bool> next_page();
  Status take_page(bool more);
  static std::vector<Batch> in_batches(std::vector<transport::WaitingMail> mails);
  std::unique_ptr<Download> begin(Batch& batch, bool beside);
  Status settle(std::vector<Taken>& batch);
  Status remove_and_process(const std::vector<const transport::WaitingMail*>& leaving,
                            const std::vector<Stored>& stored);
  Status store(std::vector<Taken>& batch, std::vector<Stored>& stored);
  Status store(const std::vector<Taken*>& fetched, std::vector<Stored>& stored);
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
  std::vector<std::unique_ptr<Reader>> readers_;  ///< one for each thread
  FetchSummary summary_;
  Status first_skipped_;
  std::set<std::string> left_;  ///< Message-IDs that stay on the server: what was skipped, or could not be deleted
  std::size_t done_ = 0;        ///< mails this run is through with
  int permille_ = 0;            ///< last reported
  std::vector<transport::WaitingMail> waiting_;
  std::size_t limit_;
};

}  // namespace kvc::mailbox
