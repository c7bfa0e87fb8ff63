// SPDX-License-Identifier: Apache-2.0
// Rows of the table outbox_reply (store/migrations/0006_threads.sql): which replies of a message are awaited, which
// came, which nobody waits for any more.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "mailbox/content_cipher.h"
#include "mailbox/items.h"
#include "mailbox/outbox_repository.h"

namespace kvc::mailbox {

/// The kinds of reply a draft's sender waits for, by the catalogue: always, or if_requested and asked for, or
/// announced.
std::vector<service::MessageKind> awaited(const service::Catalogue& catalogue, const Draft& draft,
                                          bool asks_for_receipt);

/// Functions with a session run inside the caller's transaction; Poco's exceptions pass through to it.
namespace replies {

/// One row of the table; `note` is sealed.
struct Row {
  service::MessageKind kind = service::MessageKind::answer;
  std::int64_t due_at = 0, arrived_at = 0, cleared_at = 0;  ///< milliseconds, 0 for none
  std::string inbox_id, cleared_by, note;
};

void await(Poco::Data::Session& session, const OutboxRow& row, service::MessageKind kind);
/// The server took the message at `accepted`: the deadlines of its awaited replies begin.
void start(Poco::Data::Session& session, const OutboxRow& row, TimePoint accepted, const service::Catalogue& catalogue);
/// A reply came, awaited or not; only the first of a kind is kept.
void arrived(Poco::Data::Session& session, const OutboxRow& row, service::MessageKind kind, std::string_view inbox_id,
             TimePoint at);
/// In the order of MessageKind.
std::vector<Row> of(Poco::Data::Session& session, std::string_view outbox_id);
/// False if this reply is not overdue at `now`.
bool clear(Poco::Data::Session& session, std::string_view outbox_id, service::MessageKind kind,
           std::string_view user_id, std::string_view sealed_note, TimePoint now);
/// How many are overdue, of all `accounts` together.
std::size_t count_overdue(Poco::Data::Session& session, const store::Selection& accounts, TimePoint now);

Result<std::string> seal_note(const ContentCipher& cipher, std::string_view outbox_id, service::MessageKind kind,
                              std::string_view note);
/// Opens the note.
Reply shown(const ContentCipher& cipher, std::string_view outbox_id, const Row& row, TimePoint now);

}  // namespace replies
}  // namespace kvc::mailbox
