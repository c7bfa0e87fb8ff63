// SPDX-License-Identifier: Apache-2.0
#include "mailbox/inbox_repository.h"

#include "account/sql.h"
#include "store/sql.h"

namespace kvc::mailbox {

using account::Sql;

namespace {

// The first '?' is the user for whom "read" is told.
constexpr std::string_view kColumns =
    "SELECT id, account_id, message_id, sender, service_id, in_reply_to, subject, header_date, blob_id, "
    "coalesce(details, x''), received_at, processed, opened, is_receipt, verdict, parts, "
    "(SELECT count(*) FROM inbox_read WHERE inbox_id = inbox.id AND user_id = ?) FROM inbox ";

message::Verdict verdict_of(std::string_view text) {
  for (int value = 0; value <= static_cast<int>(message::Verdict::valid); ++value) {
    const auto verdict = static_cast<message::Verdict>(value);
    if (message::name(verdict) == text) {
      return verdict;
    }
  }
  return message::Verdict::malformed;
}

// Where the columns of kColumns go.
struct Reader {
  InboxRow row;
  std::string verdict;
  std::int64_t received = 0, processed = 0, opened = 0, is_receipt = 0, read = 0;

  void attach(Sql& sql) {
    sql.into(row.id).into(row.account_id).into(row.message_id).into(row.sender).into(row.service_id);
    sql.into(row.in_reply_to).into(row.subject).into(row.header_date).into(row.blob_id).into_blob(row.details);
    sql.into(received).into(processed).into(opened).into(is_receipt).into(verdict).into(row.parts).into(read);
  }
  const InboxRow& take() {
    row.received = store::time_of(received);
    row.processed = processed != 0;
    row.opened = opened != 0;
    row.is_receipt = is_receipt != 0;
    row.verdict = verdict_of(verdict);
    row.read = read != 0;
    return row;
  }
};

std::int64_t number(bool value) {
  return value ? 1 : 0;
}

std::vector<std::string> ids(Sql& sql, std::string_view account_id) {
  std::vector<std::string> result;
  std::string id;
  sql.arg(account_id).into(id);
  while (sql.next()) {
    result.push_back(id);
  }
  return result;
}

}  // namespace

namespace inbox {

void insert(Poco::Data::Session& session, const InboxRow& row) {
  Sql(session,
      "INSERT INTO inbox (id, account_id, message_id, sender, service_id, in_reply_to, subject, header_date, "
      "received_at, "
      "blob_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .arg(row.id)
      .arg(row.account_id)
      .arg(row.message_id)
      .arg(row.sender)
      .arg(row.service_id)
      .arg(row.in_reply_to)
      .arg(row.subject)
      .arg(row.header_date)
      .arg(store::millis(row.received))
      .arg(row.blob_id)
      .run();
}

bool has_message(Poco::Data::Session& session, std::string_view account_id, std::string_view message_id) {
  std::int64_t count = 0;
  Sql sql(session, "SELECT count(*) FROM inbox WHERE account_id = ? AND message_id = ?");
  sql.arg(account_id).arg(message_id).into(count).next();
  return count != 0;
}

std::optional<InboxRow> find(Poco::Data::Session& session, std::string_view id, std::string_view user_id) {
  Sql sql(session, std::string(kColumns) + "WHERE id = ?");
  sql.arg(user_id).arg(id);
  Reader reader;
  reader.attach(sql);
  return sql.next() ? std::optional(reader.take()) : std::nullopt;
}

std::vector<InboxRow> page(Poco::Data::Session& session, std::string_view account_id, std::string_view user_id,
                           std::size_t offset, std::size_t limit, std::size_t& total) {
  std::int64_t count = 0;
  Sql counting(session, "SELECT count(*) FROM inbox WHERE account_id = ?");
  counting.arg(account_id).into(count).next();
  total = static_cast<std::size_t>(count);
  std::vector<InboxRow> rows;
  Sql sql(session, std::string(kColumns) + "WHERE account_id = ? ORDER BY received_at DESC, id LIMIT ? OFFSET ?");
  sql.arg(user_id).arg(account_id).arg(static_cast<std::int64_t>(limit)).arg(static_cast<std::int64_t>(offset));
  Reader reader;
  reader.attach(sql);
  while (sql.next()) {
    rows.push_back(reader.take());
  }
  return rows;
}

std::vector<std::string> unprocessed(Poco::Data::Session& session, std::string_view account_id) {
  Sql sql(session, "SELECT id FROM inbox WHERE account_id = ? AND processed = 0 ORDER BY received_at, id");
  return ids(sql, account_id);
}

std::vector<std::string> unopened(Poco::Data::Session& session, std::string_view account_id) {
  Sql sql(session,
          "SELECT id FROM inbox WHERE account_id = ? AND processed = 1 AND opened = 0 ORDER BY received_at, id");
  return ids(sql, account_id);
}

void set_processed(Poco::Data::Session& session, const InboxRow& row) {
  Sql(session,
      "UPDATE inbox SET processed = 1, opened = ?, is_receipt = ?, verdict = ?, parts = ?, details = ? WHERE id = ?")
      .arg(number(row.opened))
      .arg(number(row.is_receipt))
      .arg(message::name(row.verdict))
      .arg(row.parts)
      .blob(row.details)
      .arg(row.id)
      .run();
}

void mark_read(Poco::Data::Session& session, std::string_view id, std::string_view user_id, TimePoint at) {
  Sql(session, "INSERT INTO inbox_read (inbox_id, user_id, read_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
      .arg(id)
      .arg(user_id)
      .arg(store::millis(at))
      .run();
}

}  // namespace inbox
}  // namespace kvc::mailbox
