// SPDX-License-Identifier: Apache-2.0
// Rows of the tables outbox and outbox_part (store/migrations/0003_mailbox.sql). No rules of the protocol here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "mailbox/mailbox_service.h"

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
};

/// Every function runs inside the caller's transaction; Poco's exceptions pass through to it.
namespace outbox {

void insert(Poco::Data::Session& session, const OutboxRow& row);
std::optional<OutboxRow> find(Poco::Data::Session& session, std::string_view id);
/// Newest first.
std::vector<OutboxRow> page(Poco::Data::Session& session, std::string_view account_id, std::size_t offset,
                            std::size_t limit, std::size_t& total);
std::size_t count_queued(Poco::Data::Session& session, std::string_view account_id);
bool has_receipt_for(Poco::Data::Session& session, std::string_view inbox_id);

/// Takes the oldest queued row that is due at `due` and that nobody else works on, counts the try and leases the row to
/// `owner` until `until`. A lease is over when its time is up at `now` or its holder is dead.
std::optional<OutboxRow> claim(Poco::Data::Session& session, std::string_view account_id, TimePoint due, TimePoint now,
                               std::string_view owner, TimePoint until);
/// The following four change the row only as long as `owner` holds it; false if not.
bool set_sealed(Poco::Data::Session& session, std::string_view id, std::string_view owner, std::string_view blob_id,
                std::string_view sealed_for);
/// Also removes the files of the draft: the sealed mail is what stays.
bool set_accepted(Poco::Data::Session& session, std::string_view id, std::string_view owner, TimePoint at);
bool set_failed(Poco::Data::Session& session, std::string_view id, std::string_view owner, std::string_view error_key);
/// Stays queued. `counts` is false if the try failed for reasons that lie outside the message.
bool release(Poco::Data::Session& session, std::string_view id, std::string_view owner, TimePoint next_try,
             std::string_view error_key, bool counts);

/// A receipt or an answer of `from` came for the message with this id: whatever this computer knew of sending it, it
/// arrived. False if no row of the account fits, or if the row is a receipt itself.
bool set_delivered(Poco::Data::Session& session, std::string_view account_id, std::string_view message_id,
                   std::string_view from, TimePoint at);
bool set_answered(Poco::Data::Session& session, std::string_view account_id, std::string_view message_id,
                  std::string_view from, TimePoint at);

/// Failed or queued rows only; false otherwise.
bool make_due(Poco::Data::Session& session, std::string_view id, TimePoint at);
/// Queued rows without a try only; false otherwise.
bool withdraw(Poco::Data::Session& session, std::string_view id);

void insert_part(Poco::Data::Session& session, std::string_view id, std::int64_t part, std::int64_t seq,
                 std::string_view sealed);
/// Empty if there is none.
std::string part(Poco::Data::Session& session, std::string_view id, std::int64_t part, std::int64_t seq);

}  // namespace outbox
}  // namespace kvc::mailbox
