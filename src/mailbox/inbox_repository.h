// SPDX-License-Identifier: Apache-2.0
// Rows of the tables inbox and inbox_read (store/migrations/0003_mailbox.sql). No rules of the protocol here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "message/verdict.h"

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
  bool read = false;  ///< by the user who was named when reading
};

/// Every function runs inside the caller's transaction; Poco's exceptions pass through to it.
namespace inbox {

void insert(Poco::Data::Session& session, const InboxRow& row);
bool has_message(Poco::Data::Session& session, std::string_view account_id, std::string_view message_id);
std::optional<InboxRow> find(Poco::Data::Session& session, std::string_view id, std::string_view user_id);
/// Newest first.
std::vector<InboxRow> page(Poco::Data::Session& session, std::string_view account_id, std::string_view user_id,
                           std::size_t offset, std::size_t limit, std::size_t& total);
/// Ids of mails that were stored and not looked at yet, oldest first.
std::vector<std::string> unprocessed(Poco::Data::Session& session, std::string_view account_id);
/// Ids of mails that were looked at and could not be opened, oldest first.
std::vector<std::string> unopened(Poco::Data::Session& session, std::string_view account_id);
/// Writes verdict, opened, is_receipt, parts and details of `row`; processed becomes true.
void set_processed(Poco::Data::Session& session, const InboxRow& row);
void mark_read(Poco::Data::Session& session, std::string_view id, std::string_view user_id, TimePoint at);

}  // namespace inbox
}  // namespace kvc::mailbox
