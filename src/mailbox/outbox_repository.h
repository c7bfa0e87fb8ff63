// SPDX-License-Identifier: Apache-2.0
// Rows of the tables outbox and outbox_part (store/migrations/0003_mailbox.sql, 0006_threads.sql). No rules of the
// protocol here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "mailbox/cursor.h"
#include "mailbox/items.h"
#include "store/selection.h"

namespace Poco::Data {
class Session;
}

namespace kvc::mailbox {

/// One row of `outbox`; `details` is sealed.
struct OutboxRow {
  std::string id, account_id, message_id, recipient, service_id, subject, in_reply_to;
  OutboxState state = OutboxState::queued;
  bool receipt_requested = false;
  std::string receipt_for, details, blob_id, sealed_for, last_error, lease_owner;
  TimePoint created, next_try, lease_until;
  std::int64_t accepted_at = 0, delivered_at = 0, answered_at = 0;  ///< milliseconds, 0 for none
  int tries = 0, tries_since = 0;
  std::string service_key, thread_id;
  std::string thread_key, delivery_key;  ///< keyed hashes, or empty
  std::int64_t delivery_version = 0;
  bool may_have_left = false;  ///< a byte of it may be on the server
};

/// What of the list is read: rows of one account before a key, narrowed by what an index knows.
struct OutboxScan {
  std::string account_id;
  std::optional<std::string> service_key;
  std::optional<std::int64_t> overdue_at;  ///< only those with a reply that is overdue at this time, milliseconds
  Key before;
  std::optional<std::int64_t> from;  ///< not older than this, milliseconds
  std::size_t limit = 0;
  // What scan() gives all the same; heads() looks for the first row without it.
  std::optional<OutboxState> state;
  bool without_receipts = false;
};

/// Every function runs inside the caller's transaction; Poco's exceptions pass through to it.
namespace outbox {

void insert(Poco::Data::Session& session, const OutboxRow& row);
std::optional<OutboxRow> find(Poco::Data::Session& session, std::string_view id);
std::optional<OutboxRow> find_message(Poco::Data::Session& session, std::string_view account_id,
                                      std::string_view message_id);
/// With this keyed hash of a begleitdatei's guid, newest first; no drafts.
std::vector<OutboxRow> with_thread_key(Poco::Data::Session& session, std::string_view account_id,
                                       std::string_view thread_key, std::size_t limit);
/// With this keyed hash of BSNR, quarter and type, newest first; no drafts.
std::vector<OutboxRow> with_delivery_key(Poco::Data::Session& session, std::string_view account_id,
                                         std::string_view delivery_key, std::size_t limit);
std::vector<OutboxRow> of_thread(Poco::Data::Session& session, std::string_view account_id, std::string_view thread_id,
                                 std::size_t limit);
/// The statement of scan(), for the test of its query plan.
std::string scan_text(const OutboxScan& scan);
/// Newest first. Reads the rows it gives and no others; with overdue_at all overdue ones.
std::vector<OutboxRow> scan(Poco::Data::Session& session, const OutboxScan& scan);
/// The newest row that fits `scan` of each account in `accounts` that has one, newest first, at most `scan.limit`;
/// scan.account_id is not looked at.
std::vector<Head> heads(Poco::Data::Session& session, const OutboxScan& scan, const store::Selection& accounts);
std::string heads_text(const OutboxScan& scan, const store::Selection& accounts);
std::size_t count_queued(Poco::Data::Session& session, std::string_view account_id);
bool has_receipt_for(Poco::Data::Session& session, std::string_view inbox_id);

/// Takes the oldest queued row that is due at `due` and that nobody else works on, counts the try and leases the row to
/// `owner` until `until`. A lease is over when its time is up at `now` or its holder is dead. Times that only a wrong
/// clock can have written (later than kLongestWait, account::kLongestLease) hold nothing back.
std::optional<OutboxRow> claim(Poco::Data::Session& session, std::string_view account_id, TimePoint due, TimePoint now,
                               std::string_view owner, TimePoint until);
/// From now on bytes of the mail may be on the server; false if `owner` does not hold the row any more: then nothing
/// may be sent.
bool set_leaving(Poco::Data::Session& session, std::string_view id, std::string_view owner);
/// The following four change the row only as long as `owner` holds it; false if not.
bool set_sealed(Poco::Data::Session& session, std::string_view id, std::string_view owner, std::string_view blob_id,
                std::string_view sealed_for);
/// Also removes the files of the draft: the sealed mail is what stays.
bool set_accepted(Poco::Data::Session& session, std::string_view id, std::string_view owner, TimePoint at);
/// `may_have_left` as in the row: false if not even the first byte of this try, or of one before, left.
bool set_failed(Poco::Data::Session& session, std::string_view id, std::string_view owner, std::string_view error_key,
                bool may_have_left);
/// Stays queued. `counts` is false if the try failed for reasons that lie outside the message.
bool release(Poco::Data::Session& session, std::string_view id, std::string_view owner, TimePoint next_try,
             std::string_view error_key, bool counts, bool may_have_left);

/// A receipt or an answer came for this row: whatever this computer knew of sending it, it arrived.
void set_delivered(Poco::Data::Session& session, const OutboxRow& row, TimePoint at);
void set_answered(Poco::Data::Session& session, const OutboxRow& row, TimePoint at);

/// Failed or queued rows only; false otherwise.
bool make_due(Poco::Data::Session& session, std::string_view id, TimePoint at);
/// Drafts, and queued or failed rows of which nothing left, with files and sealed mail; false for all others, and for
/// those that are not `only`.
bool withdraw(Poco::Data::Session& session, std::string_view id, Withdraw only);
/// A queued or failed row of which nothing left is a draft again, with its files; its sealed mail and what was awaited
/// are gone. False for every other row.
bool take_back(Poco::Data::Session& session, std::string_view id);
/// A draft with its files; false if it is none.
bool erase_draft(Poco::Data::Session& session, std::string_view id);

void insert_part(Poco::Data::Session& session, std::string_view id, std::int64_t part, std::int64_t seq,
                 std::string_view sealed);
/// Empty if there is none.
std::string part(Poco::Data::Session& session, std::string_view id, std::int64_t part, std::int64_t seq);

/// Messages of a service that has become known since they were written.
void regroup(Poco::Data::Session& session, std::string_view account_id, std::string_view service_id,
             std::string_view service_key);

}  // namespace outbox
}  // namespace kvc::mailbox
