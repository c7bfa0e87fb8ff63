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
    "coalesce(details, x''), received_at, processed, opened, is_receipt, verdict, parts, service_key, thread_id, "
    "unassigned, too_large_limit, "
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
  std::int64_t received = 0, processed = 0, opened = 0, is_receipt = 0, unassigned = 0, read = 0;

  void attach(Sql& sql) {
    sql.into(row.id).into(row.account_id).into(row.message_id).into(row.sender).into(row.service_id);
    sql.into(row.in_reply_to).into(row.subject).into(row.header_date).into(row.blob_id).into_blob(row.details);
    sql.into(received).into(processed).into(opened).into(is_receipt).into(verdict).into(row.parts);
    sql.into(row.service_key).into(row.thread_id).into(unassigned).into(row.too_large_limit).into(read);
  }
  const InboxRow& take() {
    row.received = store::time_of(received);
    row.processed = processed != 0;
    row.opened = opened != 0;
    row.is_receipt = is_receipt != 0;
    row.verdict = verdict_of(verdict);
    row.unassigned = unassigned != 0;
    row.read = read != 0;
    return row;
  }
};

std::vector<InboxRow> rows_of(Sql& sql) {
  std::vector<InboxRow> rows;
  Reader reader;
  reader.attach(sql);
  while (sql.next()) {
    rows.push_back(reader.take());
  }
  return rows;
}

// Row ids are ours, so nobody outside can write a Message-ID that begins like that.
std::string aside_prefix(const InboxRow& row) {
  return "archive-" + row.id + '/';
}

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

// Names of its own columns only: the statement around it may read inbox once more.
std::string narrowing(const InboxScan& scan) {
  std::string text = scan.service_key ? " AND service_key = ?" : "";
  text += scan.verdict ? " AND verdict = ?" : "";
  text += scan.unassigned ? " AND unassigned = 1" : "";
  text += " AND (received_at, id) < (?, ?)";
  text += scan.from ? " AND received_at >= ?" : "";
  return text;
}

void narrow(Sql& sql, const InboxScan& scan) {
  if (scan.service_key) {
    sql.arg(*scan.service_key);
  }
  if (scan.verdict) {
    sql.arg(*scan.verdict);
  }
  sql.arg(scan.before.millis).arg(scan.before.id);
  if (scan.from) {
    sql.arg(*scan.from);
  }
}

}  // namespace

namespace inbox {

void insert(Poco::Data::Session& session, const InboxRow& row) {
  Sql(session,
      "INSERT INTO inbox (id, account_id, message_id, sender, service_id, in_reply_to, subject, header_date, "
      "received_at, blob_id, service_key, thread_id, processed, too_large_limit) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?, "
      "?, ?, ?)")
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
      .arg(row.service_key)
      .arg(row.thread_id.empty() ? row.id : row.thread_id)
      .arg(number(row.processed))
      .arg(row.too_large_limit)
      .run();
}

std::optional<InboxRow> find_message(Poco::Data::Session& session, std::string_view account_id,
                                     std::string_view message_id) {
  Sql sql(session, std::string(kColumns) + "WHERE account_id = ? AND message_id = ?");
  sql.arg("").arg(account_id).arg(message_id);
  Reader reader;
  reader.attach(sql);
  return sql.next() ? std::optional(reader.take()) : std::nullopt;
}

std::vector<InboxRow> find_messages(Poco::Data::Session& session, std::string_view account_id,
                                    const std::vector<std::string>& message_ids) {
  if (message_ids.empty()) {
    return {};
  }
  const auto ids = store::Selection::of(message_ids);
  Sql sql(session, std::string(kColumns) + "WHERE account_id = ? AND message_id IN (" + ids.sql + ")");
  sql.arg("").arg(account_id).args(ids);
  return rows_of(sql);
}

std::optional<InboxRow> find(Poco::Data::Session& session, std::string_view id, std::string_view user_id) {
  Sql sql(session, std::string(kColumns) + "WHERE id = ?");
  sql.arg(user_id).arg(id);
  Reader reader;
  reader.attach(sql);
  return sql.next() ? std::optional(reader.take()) : std::nullopt;
}

std::string scan_text(const InboxScan& scan) {
  return std::string(kColumns) + "WHERE account_id = ?" + narrowing(scan) +
         " ORDER BY received_at DESC, id DESC LIMIT ?";
}

std::vector<InboxRow> scan(Poco::Data::Session& session, const InboxScan& scan) {
  Sql sql(session, scan_text(scan));
  sql.arg(scan.user_id).arg(scan.account_id);
  narrow(sql, scan);
  sql.arg(static_cast<std::int64_t>(scan.limit));
  return rows_of(sql);
}

std::string heads_text(const InboxScan& scan, const store::Selection& accounts) {
  return "SELECT account_id, received_at, id FROM inbox WHERE id IN (SELECT (SELECT newest.id FROM inbox AS newest "
         "WHERE newest.account_id = account.id" +
         narrowing(scan) + " ORDER BY received_at DESC, id DESC LIMIT 1) FROM account WHERE account.id IN (" +
         accounts.sql + ")) ORDER BY received_at DESC, id DESC LIMIT ?";
}

std::vector<Head> heads(Poco::Data::Session& session, const InboxScan& scan, const store::Selection& accounts) {
  Sql sql(session, heads_text(scan, accounts));
  narrow(sql, scan);
  sql.args(accounts).arg(static_cast<std::int64_t>(scan.limit));
  std::vector<Head> heads;
  Head head;
  sql.into(head.account_id).into(head.key.millis).into(head.key.id);
  while (sql.next()) {
    heads.push_back(head);
  }
  return heads;
}

std::vector<InboxRow> of_thread(Poco::Data::Session& session, std::string_view account_id, std::string_view user_id,
                                std::string_view thread_id, std::size_t limit) {
  Sql sql(session,
          std::string(kColumns) + "WHERE account_id = ? AND thread_id = ? ORDER BY received_at DESC, id DESC LIMIT ?");
  sql.arg(user_id).arg(account_id).arg(thread_id).arg(static_cast<std::int64_t>(limit));
  return rows_of(sql);
}

// Each half is counted in an index that holds all it needs: a step for every message, no look at the message.
std::string counts_text(const store::Selection& accounts) {
  const std::string of_accounts = " WHERE account_id IN (" + accounts.sql + ")";
  return "SELECT here.service_key, here.total, COALESCE(seen.total, 0) FROM (SELECT service_key, count(*) AS total "
         "FROM inbox" +
         of_accounts +
         " GROUP BY service_key) AS here LEFT JOIN (SELECT service_key, count(*) AS total FROM inbox_read" +
         of_accounts +
         " AND user_id = ? GROUP BY service_key) AS seen ON seen.service_key = here.service_key ORDER BY "
         "here.service_key";
}

std::vector<InboxCount> counts(Poco::Data::Session& session, const store::Selection& accounts,
                               std::string_view user_id) {
  InboxCount count;
  std::int64_t seen = 0;
  Sql sql(session, counts_text(accounts));
  sql.args(accounts).args(accounts).arg(user_id).into(count.service_key).into(count.total).into(seen);
  std::vector<InboxCount> result;
  while (sql.next()) {
    count.unread = std::max<std::int64_t>(count.total - seen, 0);
    result.push_back(count);
  }
  return result;
}

std::vector<std::string> unprocessed(Poco::Data::Session& session, std::string_view account_id) {
  Sql sql(session, "SELECT id FROM inbox WHERE account_id = ? AND processed = 0 ORDER BY received_at, id");
  return ids(sql, account_id);
}

std::vector<std::string> unopened(Poco::Data::Session& session, std::string_view account_id) {
  Sql sql(session,
          "SELECT id FROM inbox WHERE account_id = ? AND processed = 1 AND opened = 0 AND too_large_limit = 0 ORDER BY "
          "received_at, id");
  return ids(sql, account_id);
}

void set_processed(Poco::Data::Session& session, const InboxRow& row) {
  Sql(session,
      "UPDATE inbox SET processed = 1, opened = ?, is_receipt = ?, verdict = ?, parts = ?, service_key = ?, thread_id "
      "= ?, "
      "unassigned = ?, details = ? WHERE id = ?")
      .arg(number(row.opened))
      .arg(number(row.is_receipt))
      .arg(message::name(row.verdict))
      .arg(row.parts)
      .arg(row.service_key)
      .arg(row.thread_id)
      .arg(number(row.unassigned))
      .blob(row.details)
      .arg(row.id)
      .run();
}

void mark_read(Poco::Data::Session& session, std::string_view id, std::string_view user_id, TimePoint at) {
  Sql(session,
      "INSERT INTO inbox_read (inbox_id, user_id, read_at, account_id, service_key) SELECT id, ?, ?, account_id, "
      "service_key FROM inbox WHERE id = ? ON CONFLICT (inbox_id, user_id) DO UPDATE SET service_key = "
      "excluded.service_key WHERE inbox_read.service_key <> excluded.service_key")
      .arg(user_id)
      .arg(store::millis(at))
      .arg(id)
      .run();
}

void follow_service(Poco::Data::Session& session, const InboxRow& row) {
  Sql(session, "UPDATE inbox_read SET service_key = ? WHERE inbox_id = ?").arg(row.service_key).arg(row.id).run();
}

void regroup(Poco::Data::Session& session, std::string_view account_id, std::string_view service_id,
             std::string_view service_key) {
  Sql(session, "UPDATE inbox SET service_key = ? WHERE account_id = ? AND service_key = '' AND service_id = ?")
      .arg(service_key)
      .arg(account_id)
      .arg(service_id)
      .run();
  Sql(session,
      "UPDATE inbox_read SET service_key = ? WHERE account_id = ? AND service_key = '' AND inbox_id IN (SELECT id FROM "
      "inbox WHERE account_id = ? AND service_key = ?)")
      .arg(service_key)
      .arg(account_id)
      .arg(account_id)
      .arg(service_key)
      .run();
}

void mark_unread(Poco::Data::Session& session, std::string_view id, std::string_view user_id) {
  Sql(session, "DELETE FROM inbox_read WHERE inbox_id = ? AND user_id = ?").arg(id).arg(user_id).run();
}

void set_details(Poco::Data::Session& session, std::string_view id, std::string_view details) {
  Sql(session, "UPDATE inbox SET details = ? WHERE id = ?").blob(details).arg(id).run();
}

void step_aside(Poco::Data::Session& session, const InboxRow& archived) {
  Sql(session, "UPDATE inbox SET message_id = ? WHERE id = ?")
      .arg(aside_prefix(archived) + archived.message_id)
      .arg(archived.id)
      .run();
}

std::string own_message_id(const InboxRow& row) {
  const std::string prefix = aside_prefix(row);
  return row.message_id.starts_with(prefix) ? row.message_id.substr(prefix.size()) : row.message_id;
}

void erase(Poco::Data::Session& session, std::string_view id) {
  Sql(session, "DELETE FROM inbox WHERE id = ?").arg(id).run();
}

}  // namespace inbox
}  // namespace kvc::mailbox
