// SPDX-License-Identifier: Apache-2.0
// Mails of the inbox that came from an archive (table inbox_archived, store/migrations/0007_archive.sql).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailbox/context.h"
#include "mailbox/inbox_repository.h"
#include "mailbox/outbox_repository.h"
#include "message/open.h"

namespace kvc::mailbox {

struct ArchivedMark {
  TimePoint imported;
  std::string imported_by;
  message::ReferenceTime reference = message::AtSigningTime{};
};

/// Every function runs inside the caller's transaction; Poco's exceptions pass through to it.
namespace archived {

void insert(Poco::Data::Session& session, std::string_view inbox_id, const ArchivedMark& mark);
std::optional<ArchivedMark> find(Poco::Data::Session& session, std::string_view inbox_id);
/// Without effect on a mail that is not from an archive.
void set_reference(Poco::Data::Session& session, std::string_view inbox_id, const message::ReferenceTime& reference);
/// Our receipts for an inbox mail.
std::vector<OutboxRow> receipts_for(Poco::Data::Session& session, std::string_view inbox_id);

}  // namespace archived

/// At what time the mail is judged: the time of receipt, or what an archived mail's mark says.
Result<message::ReferenceTime> reference_time(store::Database& database, const InboxRow& row);
Result<bool> is_archived(store::Database& database, std::string_view inbox_id);

/// Stores a mail from an archive in its original bytes, durable before it is opened, and judges it. `row` says what the
/// clear header says; its id, blob_id and service_key are made here. The note that the mail was too large to be
/// fetched gives way to it. Gives the row with its verdict, nothing if the account has a
/// mail with this Message-ID. Errors: too_large (more than `max_bytes`), file_unreadable (the stream broke), storage.
Result<std::optional<InboxRow>> insert_archived(const Context& context, const OpenAccount& account, InboxRow row,
                                                const ArchivedMark& mark, std::istream& mail, std::uint64_t max_bytes);

}  // namespace kvc::mailbox
