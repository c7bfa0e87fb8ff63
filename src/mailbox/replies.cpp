// SPDX-License-Identifier: Apache-2.0
#include "mailbox/replies.h"

#include <algorithm>

#include "account/sql.h"
#include "service/working_time.h"
#include "store/sql.h"

namespace kvc::mailbox {

using account::Sql;
using service::MessageKind;

namespace {

std::string place(std::string_view outbox_id, MessageKind kind) {
  return "outbox." + std::string(outbox_id) + ".note." + std::string(service::name(kind));
}

constexpr std::string_view kOverdue = "arrived_at = 0 AND cleared_at = 0 AND due_at <> 0 AND due_at <= ?";

}  // namespace

std::vector<MessageKind> awaited(const service::Catalogue& catalogue, const Draft& draft, bool asks_for_receipt) {
  std::vector<MessageKind> kinds;
  const auto match = catalogue.find(draft.service_id);
  if (!match) {
    if (asks_for_receipt) {
      kinds.push_back(MessageKind::receipt);
    }
    return kinds;
  }
  if (match->message->kind != MessageKind::delivery) {
    return kinds;
  }
  for (const service::ReplyRule& rule : match->service->replies) {
    const bool announced =
        std::find(draft.announced.begin(), draft.announced.end(), rule.kind) != draft.announced.end();
    if (announced || rule.expected == service::Expected::always ||
        (rule.expected == service::Expected::if_requested && asks_for_receipt)) {
      kinds.push_back(rule.kind);
    }
  }
  return kinds;
}

namespace replies {

void await(Poco::Data::Session& session, const OutboxRow& row, MessageKind kind) {
  Sql(session, "INSERT INTO outbox_reply (outbox_id, account_id, kind) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
      .arg(row.id)
      .arg(row.account_id)
      .arg(service::name(kind))
      .run();
}

void start(Poco::Data::Session& session, const OutboxRow& row, TimePoint accepted,
           const service::Catalogue& catalogue) {
  const auto match = catalogue.find(row.service_id);
  if (!match) {
    return;
  }
  for (const service::ReplyRule& rule : match->service->replies) {
    if (rule.deadline_hours == 0) {
      continue;
    }
    Sql(session, "UPDATE outbox_reply SET due_at = ? WHERE outbox_id = ? AND kind = ? AND due_at = 0")
        .arg(store::millis(service::deadline(accepted, rule.deadline_hours, rule.working_days)))
        .arg(row.id)
        .arg(service::name(rule.kind))
        .run();
  }
}

void arrived(Poco::Data::Session& session, const OutboxRow& row, MessageKind kind, std::string_view inbox_id,
             TimePoint at) {
  await(session, row, kind);
  Sql(session,
      "UPDATE outbox_reply SET arrived_at = ?, inbox_id = ? WHERE outbox_id = ? AND kind = ? AND arrived_at = 0")
      .arg(store::millis(at))
      .arg(inbox_id)
      .arg(row.id)
      .arg(service::name(kind))
      .run();
}

std::vector<Row> of(Poco::Data::Session& session, std::string_view outbox_id) {
  Row row;
  std::string kind;
  Sql sql(
      session,
      "SELECT kind, due_at, arrived_at, inbox_id, cleared_at, cleared_by, coalesce(note, x'') FROM outbox_reply WHERE "
      "outbox_id = ?");
  sql.arg(outbox_id).into(kind).into(row.due_at).into(row.arrived_at).into(row.inbox_id).into(row.cleared_at);
  sql.into(row.cleared_by).into_blob(row.note);
  std::vector<Row> rows;
  while (sql.next()) {
    if (const auto known = service::message_kind(kind)) {
      row.kind = *known;
      rows.push_back(row);
    }
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.kind < b.kind; });
  return rows;
}

bool clear(Poco::Data::Session& session, std::string_view outbox_id, MessageKind kind, std::string_view user_id,
           std::string_view sealed_note, TimePoint now) {
  return Sql(session,
             "UPDATE outbox_reply SET cleared_at = ?, cleared_by = ?, note = ? WHERE outbox_id = ? AND kind = ? "
             "AND " +
                 std::string(kOverdue))
             .arg(store::millis(now))
             .arg(user_id)
             .blob(sealed_note)
             .arg(outbox_id)
             .arg(service::name(kind))
             .arg(store::millis(now))
             .run() == 1;
}

std::size_t count_overdue(Poco::Data::Session& session, const store::Selection& accounts, TimePoint now) {
  std::int64_t count = 0;
  Sql sql(session,
          "SELECT count(*) FROM outbox_reply WHERE account_id IN (" + accounts.sql + ") AND " + std::string(kOverdue));
  sql.args(accounts).arg(store::millis(now)).into(count).next();
  return static_cast<std::size_t>(count);
}

Result<std::string> seal_note(const ContentCipher& cipher, std::string_view outbox_id, MessageKind kind,
                              std::string_view note) {
  return cipher.seal(Secret(note), place(outbox_id, kind));
}

Reply shown(const ContentCipher& cipher, std::string_view outbox_id, const Row& row, TimePoint now) {
  const auto time = [](std::int64_t millis) {
    return millis == 0 ? std::nullopt : std::optional(store::time_of(millis));
  };
  Reply reply;
  reply.kind = row.kind;
  reply.due = time(row.due_at);
  reply.arrived = time(row.arrived_at);
  reply.inbox_id = row.inbox_id;
  if (row.cleared_at != 0) {
    // A note that does not open any more is empty: that and by whom the mark was taken off counts more.
    const auto note = cipher.open(row.note, place(outbox_id, row.kind));
    reply.cleared = Clearing{store::time_of(row.cleared_at), row.cleared_by,
                             note.ok() ? std::string(note->reveal()) : std::string()};
  }
  reply.overdue = reply.due && *reply.due <= now && !reply.arrived && !reply.cleared;
  return reply;
}

}  // namespace replies
}  // namespace kvc::mailbox
