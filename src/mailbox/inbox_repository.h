// SPDX-License-Identifier: Apache-2.0
// Rows of the tables inbox and inbox_read (store/migrations/0003_mailbox.sql, 0006_threads.sql, 0009_read_counts.sql).
// No rules of the protocol here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "mailbox/cursor.h"
#include "message/verdict.h"
#include "store/selection.h"

namespace Poco::Data {
class Session;
}

namespace kvc::mailbox {

/// One row of `inbox`; `details` is sealed, or empty before the mail was opened.
struct InboxRow {
  std::string id, account_id, message_id, sender, service_id, in_reply_to, subject, header_date, blob_id, details;
  TimePoint received;
  bool processed = false, opened = false, is_receipt = false;
  message::Verdict verdict = message::Verdict::malformed;
  std::int64_t parts = 0;
  std::string service_key, thread_id;
  bool unassigned = false;
  std::int64_t too_large_limit = 0;  ///< not 0: not fetched, larger than this
  bool read = false;                 ///< by the user who was named when reading
};

/// What of the list is read: rows of one account before a key, narrowed by what an index knows.
struct InboxScan {
  std::string account_id, user_id;
  std::optional<std::string> service_key, verdict;  ///< not both: there is an index for each
  bool unassigned = false;                          ///< not with one of those
  Key before;
  std::optional<std::int64_t> from;  ///< not older than this, milliseconds
  std::size_t limit = 0;
};

struct InboxCount {
  std::string service_key;
  std::int64_t total = 0, unread = 0;
};

/// Every function runs inside the caller's transaction; Poco's exceptions pass through to it.
namespace inbox {

void insert(Poco::Data::Session& session, const InboxRow& row);
std::optional<InboxRow> find(Poco::Data::Session& session, std::string_view id, std::string_view user_id);
/// Of mail with this Message-ID.
std::optional<InboxRow> find_message(Poco::Data::Session& session, std::string_view account_id,
                                     std::string_view message_id);
/// The same for many at once, by Message-ID.
std::vector<InboxRow> find_messages(Poco::Data::Session& session, std::string_view account_id,
                                    const std::vector<std::string>& message_ids);
/// The statement of scan(), for the test of its query plan.
std::string scan_text(const InboxScan& scan);
/// Newest first. Reads the rows it gives and no others.
std::vector<InboxRow> scan(Poco::Data::Session& session, const InboxScan& scan);
/// The newest row that fits `scan` of each account in `accounts` that has one, newest first, at most `scan.limit`. A
/// step in an index for each account; scan.account_id is not looked at.
std::vector<Head> heads(Poco::Data::Session& session, const InboxScan& scan, const store::Selection& accounts);
std::string heads_text(const InboxScan& scan, const store::Selection& accounts);
std::vector<InboxRow> of_thread(Poco::Data::Session& session, std::string_view account_id, std::string_view user_id,
                                std::string_view thread_id, std::size_t limit);
/// Of all `accounts` together.
std::vector<InboxCount> counts(Poco::Data::Session& session, const store::Selection& accounts,
                               std::string_view user_id);
std::string counts_text(const store::Selection& accounts);
/// Ids of mails that were stored and not looked at yet, oldest first.
std::vector<std::string> unprocessed(Poco::Data::Session& session, std::string_view account_id);
/// Ids of mails that were looked at and could not be opened, oldest first. Not those that were too large.
std::vector<std::string> unopened(Poco::Data::Session& session, std::string_view account_id);
/// Writes verdict, opened, is_receipt, parts, service_key, thread_id, unassigned and details of `row`; processed
/// becomes true.
void set_processed(Poco::Data::Session& session, const InboxRow& row);
/// Marks of who read a message stand beside its service, so that they can be counted (0009_read_counts.sql): after a
/// message went to another service.
void follow_service(Poco::Data::Session& session, const InboxRow& row);
/// Messages of a service that has become known since they came, and their marks.
void regroup(Poco::Data::Session& session, std::string_view account_id, std::string_view service_id,
             std::string_view service_key);
/// Without effect if there is no such message.
void mark_read(Poco::Data::Session& session, std::string_view id, std::string_view user_id, TimePoint at);
void mark_unread(Poco::Data::Session& session, std::string_view id, std::string_view user_id);
void set_details(Poco::Data::Session& session, std::string_view id, std::string_view details);
/// Gives the Message-ID of a mail from an archive free for the one the server holds: own_message_id() tells it still.
void step_aside(Poco::Data::Session& session, const InboxRow& archived);
std::string own_message_id(const InboxRow& row);
/// The row goes; its blob stays.
void erase(Poco::Data::Session& session, std::string_view id);

}  // namespace inbox
}  // namespace kvc::mailbox
