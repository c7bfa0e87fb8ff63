// SPDX-License-Identifier: Apache-2.0
// Outbox and inbox of an account: durable before the first byte leaves, stored before anything is deleted (design 5,
// protocol C "Receiving duties").
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/account_service.h"
#include "base/env.h"
#include "base/log.h"
#include "base/status.h"
#include "mailbox/items.h"
#include "service/catalogue.h"
#include "store/database.h"

namespace kvc::mailbox {

struct Options {
  /// Borrowed; must outlive the service.
  const service::Catalogue* catalogue = &service::Catalogue::builtin();
  /// How answers are matched by the GUID of their begleitdatei; empty: by In-Reply-To and Original-Message-ID alone.
  ThreadKeyFn thread_key;
  /// Where large files of letters in the making lie, encrypted and without a name (file_content.h). Empty: in memory.
  std::string spool_directory = {};
};

/// Whether queue() or save_draft() failed because the draft to be replaced is none any more that the user could send or
/// save: it was sent, saved anew or deleted. What is wrong with the letter itself is told before that.
[[nodiscard]] bool draft_is_gone(const Status& failure);

/// Thread: [worker]. `user_id` is who acts, and must be assigned to the account; all others see not_found.
///
/// Lists are read by key, not by number: `cursor` is empty for the first page, then what the page before said in
/// `next`; a page costs the same wherever it stands and however many messages there are. A cursor that is none is
/// bad_request. A row whose stored facts are damaged or do not open is a row all the same (`unreadable`), with what is
/// known of it; it never takes the others with it.
class MailboxService {
 public:
  MailboxService(std::shared_ptr<store::Database> database, account::AccountService& accounts, Env& env, Log& log,
                 Options options = {});

  [[nodiscard]] const service::Catalogue& catalogue() const;

  // ---- writing ----

  /// For a file that goes along with a draft and comes piece by piece.
  [[nodiscard]] FileSpool new_file() const;

  /// Everything in which the draft's files do not fit its service; empty: good, or an unknown service. Errors:
  /// not_found.
  Result<std::vector<DraftProblem>> check(std::string_view user_id, const Draft& draft);
  /// Durable when it returns; state queued. Returns the outbox id. Errors: invalid_field (parameter "field"),
  /// wrong_parts (parameters "number" of the file, counted from 1, 0 for a missing one; "expected"), too_large,
  /// not_found. With `replaces` it takes the place of that draft, in one step: of two who send one draft, one does, and
  /// the other gets an error that is draft_is_gone().
  Result<std::string> queue(std::string_view user_id, const Draft& draft, std::string_view replaces = {});
  /// Keeps an unfinished letter, state draft: nothing but account, size and characters is checked. With `outbox_id` it
  /// replaces that draft. Returns the outbox id. Errors: invalid_field, too_large, not_found, invalid_state (no draft
  /// any more).
  Result<std::string> save_draft(std::string_view user_id, const Draft& draft, std::string_view outbox_id = {});
  /// The whole letter as it was saved. Errors: not_found, invalid_state if it is no draft.
  Result<Draft> load_draft(std::string_view user_id, std::string_view outbox_id);
  /// Checks as queue() does and queues the draft, which is gone then. Returns the outbox id. Errors as queue(), and
  /// invalid_state.
  Result<std::string> queue_draft(std::string_view user_id, std::string_view outbox_id);
  /// Answer to a message: to its sender, In-Reply-To set, `prefix` ("AW: ") before the subject, its text quoted with
  /// "> ". Nothing is stored. Errors: not_found, invalid_state if its service is not answered by users, or if no good
  /// signature covers its content.
  Result<Draft> answer_draft(std::string_view user_id, std::string_view inbox_id, std::string_view prefix);
  /// The message's text and files as an eNachricht without recipient. Errors: as answer_draft, and too_large.
  Result<Draft> forward_draft(std::string_view user_id, std::string_view inbox_id, std::string_view prefix);

  // ---- sending ----

  /// The certificate a message to `address` would be encrypted for now, so that a person can look at it before the
  /// message is queued; send_due() asks again. Errors: not_found, no_certificate, certificate_foreign (the server's
  /// answer names another address), certificate_untrusted, certificate_expired, certificate_profile, and those of the
  /// network.
  Result<RecipientCheck> check_recipient(std::string_view user_id, std::string_view account_id,
                                         std::string_view address, const Cancel& cancel);

  /// Tries everything of the account that is due: recipient certificate fetched and checked (address, allowed User CA,
  /// dates), sealed, stored, submitted under its one Message-ID. Transient failures leave it queued with a next_try;
  /// permanent ones (unknown recipient, rejected, too large, untrusted certificate) make it failed with the reason. The
  /// content stays.
  Result<SendSummary> send_due(std::string_view user_id, std::string_view account_id, const ProgressFn&, const Cancel&);
  /// A failed or waiting item is due now.
  Status retry(std::string_view user_id, std::string_view outbox_id);
  /// Takes back and removes a draft, or a queued or failed message of which no byte left for the server
  /// (OutboxItem::withdrawable). Errors: not_found; invalid_state once one may have left, or if it is not `only`.
  Status withdraw(std::string_view user_id, std::string_view outbox_id, Withdraw only = Withdraw::anything);
  /// Takes such a message back among the drafts, whole and under the same outbox id, whether its account is unlocked or
  /// not. Errors: not_found; invalid_state once a byte may have left, and for receipts and drafts.
  Status take_back(std::string_view user_id, std::string_view outbox_id);

  // ---- outbox ----

  Result<OutboxPage> list_outbox(std::string_view user_id, const OutboxFilter& filter, std::string_view cursor,
                                 std::size_t limit);
  Result<OutboxItem> outbox_item(std::string_view user_id, std::string_view outbox_id);
  /// How many replies of the account are overdue; of all accounts of the user if `account_id` is empty.
  Result<std::size_t> overdue_count(std::string_view user_id, std::string_view account_id);
  /// Takes the mark "answer missing" off by hand. The note is kept encrypted, with who and when; at most kMaxNoteBytes.
  /// Errors: not_found, invalid_field (note), invalid_state if this reply is not overdue.
  Status clear_overdue(std::string_view user_id, std::string_view outbox_id, service::MessageKind reply,
                       std::string_view note);
  static constexpr std::size_t kMaxNoteBytes = 4000;
  /// Deliveries of this BSNR, quarter and document type that the account sent or is about to send, newest first; drafts
  /// and withdrawn ones are none. At most kMostEarlier.
  Result<std::vector<EarlierDelivery>> earlier_deliveries(std::string_view user_id, std::string_view account_id,
                                                          std::string_view bsnr, std::string_view quarter,
                                                          std::string_view type);
  static constexpr std::size_t kMostEarlier = 100;

  // ---- inbox ----

  /// Fetches everything that waits: store raw, delete on the server, open, match receipts and answers to the outbox,
  /// queue receipts that are owed. Afterwards sends what is due. A mail that has the Message-ID of one from an archive
  /// and other bytes is another letter and stored beside it. A mail above the size limit is noted once (too_large)
  /// and left on the server; it is asked for again only after the limit was raised.
  Result<FetchSummary> fetch(std::string_view user_id, std::string_view account_id, const ProgressFn&, const Cancel&);

  /// Searching is done in what the row says of itself: sender and subject of the clear header, and the encrypted facts
  /// (subject, sender, file names), which are decrypted row by row within InboxPage::kScanLimit. There is no index over
  /// decrypted words: it would tell a thief of the database what the letters are about.
  Result<InboxPage> list_inbox(std::string_view user_id, const InboxFilter& filter, std::string_view cursor,
                               std::size_t limit);
  /// For each service that has messages: how many, and how many the user has not read. Reads an index entry per
  /// message.
  Result<std::vector<ServiceCount>> counts(std::string_view user_id, std::string_view account_id);
  /// Opens (again) with all generations, judged at the time of receipt; marks as read for this user. Facts that had
  /// become unreadable are written anew from the original. Error: invalid_state for a mail that is too large and was
  /// not fetched.
  Result<OpenedItem> open(std::string_view user_id, std::string_view inbox_id);
  Status set_read(std::string_view user_id, std::string_view inbox_id, bool read);
  /// The original bytes.
  Status read_raw(std::string_view user_id, std::string_view inbox_id, std::ostream& out);
  /// Opens all that could not be opened before, e.g. after a key import. Returns how many open now.
  Result<int> reopen(std::string_view user_id, std::string_view account_id, const ProgressFn&, const Cancel&);

  /// A delivery with all its answers and corrections (OutboxItem::thread_id, InboxItem::thread_id).
  Result<Thread> thread(std::string_view user_id, std::string_view account_id, std::string_view thread_id);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace kvc::mailbox
