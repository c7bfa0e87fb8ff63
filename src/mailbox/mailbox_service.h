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
#include "base/secret.h"
#include "base/status.h"
#include "message/open.h"
#include "message/seal.h"
#include "store/database.h"

namespace kvc::mailbox {

/// A file of a draft, whole; the draft is kept encrypted under the account key.
struct DraftFile {
  std::string name, type, description;
  Secret content;
};

struct Draft {
  std::string account_id;
  std::string to;  ///< recipient's address
  service::ServiceId service_id;
  std::string subject;  ///< the service's neutral text for the clear header
  std::string user_subject, text;
  std::vector<DraftFile> files;
  bool request_receipt = true;
  std::string in_reply_to;
};

enum class OutboxState { draft, queued, accepted, delivered, answered, failed };
std::string_view name(OutboxState state);

struct OutboxItem {
  std::string id, account_id, message_id, to, service_id;
  OutboxState state = OutboxState::draft;
  TimePoint created;
  std::optional<TimePoint> accepted, delivered, answered, next_try;
  int tries = 0;
  std::string last_error;    ///< key of an ErrorCode, or empty
  std::string user_subject;  ///< only in answers to an assigned user
  std::vector<std::string> file_names;
  bool receipt_requested = false, is_receipt = false;
};

struct InboxItem {
  std::string id, account_id, message_id, from, service_id, in_reply_to, subject;
  TimePoint received;
  std::string date;  ///< the header's
  message::Verdict verdict = message::Verdict::malformed;
  bool opened = false;  ///< false: stored, not yet opened (say, no key)
  bool is_receipt = false;
  bool read = false;  ///< by the asking user
  std::size_t parts = 0;
};

struct SendSummary {
  int accepted = 0, waiting = 0, failed = 0;
};
struct FetchSummary {
  int fetched = 0, duplicates = 0, receipts = 0, not_valid = 0;
};

struct OpenedItem {
  InboxItem item;
  message::OpenedMessage message;
};

/// Thread: [worker]. `user_id` is who acts, and must be assigned to the account.
class MailboxService {
 public:
  MailboxService(std::shared_ptr<store::Database> database, account::AccountService& accounts, Env& env, Log& log);

  /// Durable when it returns; state queued. Returns the outbox id. Errors: invalid_field, too_large, not_found.
  Result<std::string> queue(std::string_view user_id, const Draft& draft);
  /// Tries everything of the account that is due: recipient certificate fetched and checked (address, allowed User CA,
  /// dates), sealed, stored, submitted under its one Message-ID. Transient failures leave it queued with a next_try;
  /// permanent ones (unknown recipient, rejected, too large, untrusted certificate) make it failed with the reason. The
  /// content stays.
  Result<SendSummary> send_due(std::string_view user_id, std::string_view account_id, const ProgressFn&, const Cancel&);
  /// A failed or waiting item is due now.
  Status retry(std::string_view user_id, std::string_view outbox_id);
  /// While queued and before the first try only.
  Status withdraw(std::string_view user_id, std::string_view outbox_id);
  /// Fetches everything that waits: store raw, delete on the server, open, match receipts and answers to the outbox,
  /// queue receipts that are owed. Afterwards sends what is due.
  Result<FetchSummary> fetch(std::string_view user_id, std::string_view account_id, const ProgressFn&, const Cancel&);

  Result<std::vector<OutboxItem>> outbox(std::string_view user_id, std::string_view account_id, std::size_t offset,
                                         std::size_t limit, std::size_t& total);
  Result<std::vector<InboxItem>> inbox(std::string_view user_id, std::string_view account_id, std::size_t offset,
                                       std::size_t limit, std::size_t& total);
  /// Opens (again) with all generations, judged at the time of receipt; marks as read for this user.
  Result<OpenedItem> open(std::string_view user_id, std::string_view inbox_id);
  /// The original bytes.
  Status read_raw(std::string_view user_id, std::string_view inbox_id, std::ostream& out);
  /// Opens all that could not be opened before, e.g. after a key import. Returns how many open now.
  Result<int> reopen(std::string_view user_id, std::string_view account_id, const ProgressFn&, const Cancel&);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kvc::mailbox
