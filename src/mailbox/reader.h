// SPDX-License-Identifier: Apache-2.0
// Opens stored mails and draws the consequences (protocol C "Receiving duties"). Internal to mailbox/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

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

}  // namespace kvc::mailbox
