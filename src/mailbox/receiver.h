// SPDX-License-Identifier: Apache-2.0
// Fetches, stores, opens (protocol C "Receiving duties").
#pragma once

#include <set>

#include "account/lease.h"
#include "mailbox/blob.h"
#include "mailbox/context.h"
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
  /// In one transaction: verdict and details into `row`, confirmation or answer to the outbox, the owed receipt queued.
  /// A mail from an archive owes no receipt, and is never reported as an answer without a delivery: what it answers may
  /// be older than this mailbox. Without effect on a mail that was opened before, or that still does not open.
  Status record(InboxRow& row, const message::OpenedMessage& message);
  /// Writes the facts of a mail anew whose stored ones do not open any more. Without effect on a mail that does not
  /// open either.
  Status repair(InboxRow& row, const message::OpenedMessage& message);
  /// Which of the account's keys opened the outermost layer.
  [[nodiscard]] OpenedBy opened_by(const message::OpenedMessage& message) const;

 private:
  /// What record() writes besides the row.
  struct Consequences {
    Facts facts;
    std::string thread_key;
    int version = 0;
    bool from_archive = false;
    std::optional<OutboxRow> receipt;
  };
  Result<Consequences> consequences(InboxRow& row, const message::OpenedMessage& message, Facts facts);
  Result<std::string> sealed_details(const InboxRow& row, const message::OpenedMessage& message, const Facts& facts,
                                     const std::string& guid);
  [[nodiscard]] ThreadKey thread_key(const message::OpenedMessage& message, const Facts& facts) const;
  void link(Poco::Data::Session& session, InboxRow& row, const Consequences& found);

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
  Status process_stored();
  Status process(const std::string& inbox_id);
  Result<bool> next_page();
  Status take(const transport::WaitingMail& mail);
  Status fetch(const transport::WaitingMail& mail, BlobWriter& writer);
  Result<bool> same_as_archived(const transport::WaitingMail& mail, const InboxRow& archived);
  Status store(const transport::WaitingMail& mail, BlobWriter& writer, const std::optional<InboxRow>& known);
  Status note_too_large(const transport::WaitingMail& mail, const std::optional<InboxRow>& known);
  [[nodiscard]] InboxRow row_of(const transport::WaitingMail& mail, const std::string& blob_id) const;
  void remove(const transport::WaitingMail& mail);
  void report(std::size_t left, bool more);
  Status skip(const Status& reason);

  const Context& context_;
  const OpenAccount& account_;
  std::uint64_t max_bytes_;
  account::Lease& lease_;
  const ProgressFn& progress_;
  const Cancel& cancel_;
  Reader reader_;
  FetchSummary summary_;
  Status first_skipped_;
  std::set<std::string> left_;  ///< Message-IDs that stay on the server: what was skipped, or could not be deleted
  std::size_t done_ = 0;        ///< mails this run is through with
  int permille_ = 0;            ///< last reported
  std::vector<transport::WaitingMail> waiting_;
  std::size_t limit_;
};

}  // namespace kvc::mailbox
