// SPDX-License-Identifier: Apache-2.0
#include "mailbox/outbox_repository.h"

#include <algorithm>
#include <array>
#include <utility>

#include "account/lease.h"
#include "account/owner.h"
#include "account/sql.h"
#include "mailbox/blob.h"
#include "mailbox/retry_policy.h"
#include "store/sql.h"

namespace kvc::mailbox {

using account::Sql;

namespace {

constexpr std::array<std::pair<OutboxState, std::string_view>, 6> kStates{{
    {OutboxState::draft, "draft"},
    {OutboxState::queued, "queued"},
    {OutboxState::accepted, "accepted"},
    {OutboxState::delivered, "delivered"},
    {OutboxState::answered, "answered"},
    {OutboxState::failed, "failed"},
}};

constexpr std::string_view kColumns =
    "SELECT id, account_id, message_id, recipient, service_id, subject, in_reply_to, state, receipt_requested, "
    "receipt_for, details, blob_id, sealed_for, last_error, lease_owner, created_at, next_try, lease_until, "
    "accepted_at, delivered_at, answered_at, tries, tries_since, service_key, thread_id, thread_key, delivery_key, "
    "delivery_version, may_have_left FROM outbox ";

// Where the columns of kColumns go.
struct Reader {
  OutboxRow row;
  std::string state;
  std::int64_t receipt_requested = 0, created = 0, next_try = 0, lease_until = 0, tries = 0, tries_since = 0,
               may_have_left = 0;

  void attach(Sql& sql) {
    sql.into(row.id).into(row.account_id).into(row.message_id).into(row.recipient).into(row.service_id);
    sql.into(row.subject).into(row.in_reply_to).into(state).into(receipt_requested).into(row.receipt_for);
    sql.into_blob(row.details).into(row.blob_id).into(row.sealed_for).into(row.last_error).into(row.lease_owner);
    sql.into(created).into(next_try).into(lease_until).into(row.accepted_at).into(row.delivered_at);
    sql.into(row.answered_at).into(tries).into(tries_since).into(row.service_key).into(row.thread_id);
    sql.into(row.thread_key).into(row.delivery_key).into(row.delivery_version).into(may_have_left);
  }
  const OutboxRow& take() {
    const auto* found =
        std::find_if(kStates.begin(), kStates.end(), [&](const auto& entry) { return entry.second == state; });
    row.state = found == kStates.end() ? OutboxState::failed : found->first;
    row.receipt_requested = receipt_requested != 0;
    row.created = store::time_of(created);
    row.next_try = store::time_of(next_try);
    row.lease_until = store::time_of(lease_until);
    row.tries = static_cast<int>(tries);
    row.tries_since = static_cast<int>(tries_since);
    row.may_have_left = may_have_left != 0;
    return row;
  }
};

std::vector<OutboxRow> rows_of(Sql& sql) {
  std::vector<OutboxRow> rows;
  Reader reader;
  reader.attach(sql);
  while (sql.next()) {
    rows.push_back(reader.take());
  }
  return rows;
}

std::optional<OutboxRow> one_of(Sql& sql) {
  Reader reader;
  reader.attach(sql);
  return sql.next() ? std::optional(reader.take()) : std::nullopt;
}

std::vector<OutboxRow> with_key(Poco::Data::Session& session, std::string_view column, std::string_view account_id,
                                std::string_view value, std::size_t limit) {
  // The second condition on the column is what its index is limited to.
  const std::string name(column);
  Sql sql(session, std::string(kColumns) + "WHERE account_id = ? AND " + name + " = ? AND " + name +
                       " <> '' AND state <> 'draft' ORDER BY created_at DESC, id DESC LIMIT ?");
  sql.arg(account_id).arg(value).arg(static_cast<std::int64_t>(limit));
  return rows_of(sql);
}

// `account` is what stands for the account's id where it is needed once more.
std::string narrowing(const OutboxScan& scan, std::string_view account) {
  std::string text = scan.service_key ? " AND service_key = ?" : "";
  if (scan.overdue_at) {
    text += " AND id IN (SELECT outbox_id FROM outbox_reply WHERE outbox_reply.account_id = " + std::string(account) +
            " AND arrived_at = 0 AND cleared_at = 0 AND due_at <> 0 AND due_at <= ?)";
  }
  text += " AND (created_at, id) < (?, ?)";
  text += scan.from ? " AND created_at >= ?" : "";
  return text;
}

}  // namespace

std::string_view name(OutboxState state) {
  return std::find_if(kStates.begin(), kStates.end(), [&](const auto& entry) { return entry.first == state; })->second;
}

namespace outbox {

void insert(Poco::Data::Session& session, const OutboxRow& row) {
  Sql(session,
      "INSERT INTO outbox (id, account_id, message_id, recipient, service_id, subject, in_reply_to, state, "
      "receipt_requested, receipt_for, details, created_at, next_try, service_key, thread_id, thread_key, "
      "delivery_key, "
      "delivery_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .arg(row.id)
      .arg(row.account_id)
      .arg(row.message_id)
      .arg(row.recipient)
      .arg(row.service_id)
      .arg(row.subject)
      .arg(row.in_reply_to)
      .arg(name(row.state))
      .arg(std::int64_t{row.receipt_requested ? 1 : 0})
      .arg(row.receipt_for)
      .blob(row.details)
      .arg(store::millis(row.created))
      .arg(store::millis(row.next_try))
      .arg(row.service_key)
      .arg(row.thread_id.empty() ? row.id : row.thread_id)
      .arg(row.thread_key)
      .arg(row.delivery_key)
      .arg(row.delivery_version)
      .run();
}

std::optional<OutboxRow> find(Poco::Data::Session& session, std::string_view id) {
  Sql sql(session, std::string(kColumns) + "WHERE id = ?");
  sql.arg(id);
  return one_of(sql);
}

std::optional<OutboxRow> find_message(Poco::Data::Session& session, std::string_view account_id,
                                      std::string_view message_id) {
  Sql sql(session, std::string(kColumns) + "WHERE account_id = ? AND message_id = ?");
  sql.arg(account_id).arg(message_id);
  return one_of(sql);
}

std::vector<OutboxRow> with_thread_key(Poco::Data::Session& session, std::string_view account_id,
                                       std::string_view thread_key, std::size_t limit) {
  return with_key(session, "thread_key", account_id, thread_key, limit);
}

std::vector<OutboxRow> with_delivery_key(Poco::Data::Session& session, std::string_view account_id,
                                         std::string_view delivery_key, std::size_t limit) {
  return with_key(session, "delivery_key", account_id, delivery_key, limit);
}

std::vector<OutboxRow> of_thread(Poco::Data::Session& session, std::string_view account_id, std::string_view thread_id,
                                 std::size_t limit) {
  Sql sql(session,
          std::string(kColumns) + "WHERE account_id = ? AND thread_id = ? ORDER BY created_at DESC, id DESC LIMIT ?");
  sql.arg(account_id).arg(thread_id).arg(static_cast<std::int64_t>(limit));
  return rows_of(sql);
}

std::string scan_text(const OutboxScan& scan) {
  return std::string(kColumns) + "WHERE account_id = ?" + narrowing(scan, "?") +
         " ORDER BY created_at DESC, id DESC LIMIT ?";
}

std::vector<OutboxRow> scan(Poco::Data::Session& session, const OutboxScan& scan) {
  Sql sql(session, scan_text(scan));
  sql.arg(scan.account_id);
  if (scan.service_key) {
    sql.arg(*scan.service_key);
  }
  if (scan.overdue_at) {
    sql.arg(scan.account_id).arg(*scan.overdue_at);
  }
  sql.arg(scan.before.millis).arg(scan.before.id);
  if (scan.from) {
    sql.arg(*scan.from);
  }
  sql.arg(static_cast<std::int64_t>(scan.limit));
  return rows_of(sql);
}

std::string heads_text(const OutboxScan& scan, const store::Selection& accounts) {
  return std::string(
             "SELECT account_id, created_at, id FROM outbox WHERE id IN (SELECT (SELECT newest.id FROM outbox AS "
             "newest WHERE newest.account_id = account.id") +
         (scan.state ? " AND state = ?" : "") + (scan.without_receipts ? " AND receipt_for = ''" : "") +
         narrowing(scan, "account.id") +
         " ORDER BY created_at DESC, id DESC LIMIT 1) FROM account WHERE account.id IN (" + accounts.sql +
         ")) ORDER BY created_at DESC, id DESC LIMIT ?";
}

std::vector<Head> heads(Poco::Data::Session& session, const OutboxScan& scan, const store::Selection& accounts) {
  Sql sql(session, heads_text(scan, accounts));
  if (scan.state) {
    sql.arg(name(*scan.state));
  }
  if (scan.service_key) {
    sql.arg(*scan.service_key);
  }
  if (scan.overdue_at) {
    sql.arg(*scan.overdue_at);
  }
  sql.arg(scan.before.millis).arg(scan.before.id);
  if (scan.from) {
    sql.arg(*scan.from);
  }
  sql.args(accounts).arg(static_cast<std::int64_t>(scan.limit));
  std::vector<Head> heads;
  Head head;
  sql.into(head.account_id).into(head.key.millis).into(head.key.id);
  while (sql.next()) {
    heads.push_back(head);
  }
  return heads;
}

std::size_t count_queued(Poco::Data::Session& session, std::string_view account_id) {
  std::int64_t count = 0;
  Sql sql(session, "SELECT count(*) FROM outbox WHERE account_id = ? AND state = 'queued'");
  sql.arg(account_id).into(count).next();
  return static_cast<std::size_t>(count);
}

bool has_receipt_for(Poco::Data::Session& session, std::string_view inbox_id) {
  std::int64_t count = 0;
  Sql sql(session, "SELECT count(*) FROM outbox WHERE receipt_for = ?");
  sql.arg(inbox_id).into(count).next();
  return count != 0;
}

std::optional<OutboxRow> claim(Poco::Data::Session& session, std::string_view account_id, TimePoint due, TimePoint now,
                               std::string_view owner, TimePoint until) {
  std::string free_id;
  {
    // Only what decides: a server sends all rows at once, and their contents may be large.
    std::string id, holder;
    std::int64_t held_until = 0;
    Sql sql(session,
            "SELECT id, lease_owner, lease_until FROM outbox WHERE account_id = ? AND state = 'queued' AND "
            "(next_try <= ? OR next_try > ?) ORDER BY created_at, id");
    sql.arg(account_id).arg(store::millis(due)).arg(store::millis(now + kLongestWait));
    sql.into(id).into(holder).into(held_until);
    while (free_id.empty() && sql.next()) {
      const bool over = held_until <= store::millis(now) || held_until > store::millis(now + account::kLongestLease);
      if (holder.empty() || over || account::owner_gone(holder)) {
        free_id = id;
      }
    }
  }
  auto free_row = free_id.empty() ? std::nullopt : find(session, free_id);
  if (!free_row) {
    return std::nullopt;
  }
  Sql(session,
      "UPDATE outbox SET lease_owner = ?, lease_until = ?, tries = tries + 1, tries_since = tries_since + 1 WHERE id = "
      "?")
      .arg(owner)
      .arg(store::millis(until))
      .arg(free_row->id)
      .run();
  ++free_row->tries;
  ++free_row->tries_since;
  return free_row;
}

bool set_sealed(Poco::Data::Session& session, std::string_view id, std::string_view owner, std::string_view blob_id,
                std::string_view sealed_for) {
  return Sql(session, "UPDATE outbox SET blob_id = ?, sealed_for = ? WHERE id = ? AND lease_owner = ?")
             .arg(blob_id)
             .arg(sealed_for)
             .arg(id)
             .arg(owner)
             .run() == 1;
}

bool set_leaving(Poco::Data::Session& session, std::string_view id, std::string_view owner) {
  return Sql(session, "UPDATE outbox SET may_have_left = 1 WHERE id = ? AND lease_owner = ? AND state = 'queued'")
             .arg(id)
             .arg(owner)
             .run() == 1;
}

bool set_accepted(Poco::Data::Session& session, std::string_view id, std::string_view owner, TimePoint at) {
  const bool held = Sql(session,
                        "UPDATE outbox SET state = 'accepted', accepted_at = ?, last_error = '', lease_owner = '', "
                        "lease_until = 0 WHERE id = ? AND lease_owner = ? AND state = 'queued'")
                        .arg(store::millis(at))
                        .arg(id)
                        .arg(owner)
                        .run() == 1;
  if (held) {
    Sql(session, "DELETE FROM outbox_part WHERE outbox_id = ?").arg(id).run();
  }
  return held;
}

bool set_failed(Poco::Data::Session& session, std::string_view id, std::string_view owner, std::string_view error_key,
                bool may_have_left) {
  return Sql(session,
             "UPDATE outbox SET state = 'failed', last_error = ?, may_have_left = ?, lease_owner = '', lease_until = 0 "
             "WHERE id = ? AND lease_owner = ? AND state = 'queued'")
             .arg(error_key)
             .arg(std::int64_t{may_have_left ? 1 : 0})
             .arg(id)
             .arg(owner)
             .run() == 1;
}

bool release(Poco::Data::Session& session, std::string_view id, std::string_view owner, TimePoint next_try,
             std::string_view error_key, bool counts, bool may_have_left) {
  return Sql(session,
             "UPDATE outbox SET next_try = ?, last_error = ?, tries_since = tries_since - ?, may_have_left = ?, "
             "lease_owner = '', lease_until = 0 WHERE id = ? AND lease_owner = ? AND state = 'queued'")
             .arg(store::millis(next_try))
             .arg(error_key)
             .arg(std::int64_t{counts ? 0 : 1})
             .arg(std::int64_t{may_have_left ? 1 : 0})
             .arg(id)
             .arg(owner)
             .run() == 1;
}

namespace {

void set_arrived(Poco::Data::Session& session, const OutboxRow& row, OutboxState state, std::int64_t delivered_at,
                 std::int64_t answered_at, TimePoint at) {
  const std::int64_t accepted_at = row.accepted_at != 0 ? row.accepted_at : store::millis(at);
  Sql(session,
      "UPDATE outbox SET state = ?, accepted_at = ?, delivered_at = ?, answered_at = ?, last_error = '', lease_owner = "
      "'', "
      "lease_until = 0 WHERE id = ?")
      .arg(name(state))
      .arg(accepted_at)
      .arg(delivered_at)
      .arg(answered_at)
      .arg(row.id)
      .run();
  Sql(session, "DELETE FROM outbox_part WHERE outbox_id = ?").arg(row.id).run();
}

}  // namespace

void set_delivered(Poco::Data::Session& session, const OutboxRow& row, TimePoint at) {
  const OutboxState state = row.state == OutboxState::answered ? OutboxState::answered : OutboxState::delivered;
  const std::int64_t first = row.delivered_at != 0 ? row.delivered_at : store::millis(at);
  set_arrived(session, row, state, first, row.answered_at, at);
}

void set_answered(Poco::Data::Session& session, const OutboxRow& row, TimePoint at) {
  const std::int64_t first = row.answered_at != 0 ? row.answered_at : store::millis(at);
  set_arrived(session, row, OutboxState::answered, row.delivered_at, first, at);
}

bool make_due(Poco::Data::Session& session, std::string_view id, TimePoint at) {
  return Sql(session,
             "UPDATE outbox SET state = 'queued', next_try = ?, tries_since = 0 WHERE id = ? AND state IN ('failed', "
             "'queued')")
             .arg(store::millis(at))
             .arg(id)
             .run() == 1;
}

namespace {

std::string sealed_mail_of(Poco::Data::Session& session, std::string_view id) {
  std::string blob_id;
  Sql sealed(session, "SELECT blob_id FROM outbox WHERE id = ?");
  sealed.arg(id).into(blob_id).next();
  return blob_id;
}

}  // namespace

bool withdraw(Poco::Data::Session& session, std::string_view id, Withdraw only) {
  const std::string blob_id = sealed_mail_of(session, id);
  const bool gone = Sql(session,
                        "DELETE FROM outbox WHERE id = ? AND ((? = 1 AND state = 'draft') OR (? = 1 AND state IN "
                        "('queued', 'failed') AND may_have_left = 0))")
                        .arg(id)
                        .arg(std::int64_t{only == Withdraw::message ? 0 : 1})
                        .arg(std::int64_t{only == Withdraw::draft ? 0 : 1})
                        .run() == 1;
  if (gone && !blob_id.empty()) {
    erase_blob(session, blob_id);
  }
  return gone;
}

// Whoever holds the lease finds it gone before the first byte: set_leaving() asks for it.
bool take_back(Poco::Data::Session& session, std::string_view id) {
  const std::string blob_id = sealed_mail_of(session, id);
  const bool taken = Sql(session,
                         "UPDATE outbox SET state = 'draft', blob_id = '', sealed_for = '', lease_owner = '', "
                         "lease_until = 0, last_error = '', tries = 0, tries_since = 0 WHERE id = ? AND state IN "
                         "('queued', 'failed') AND may_have_left = 0 AND receipt_for = ''")
                         .arg(id)
                         .run() == 1;
  if (!taken) {
    return false;
  }
  Sql(session, "DELETE FROM outbox_reply WHERE outbox_id = ?").arg(id).run();
  if (!blob_id.empty()) {
    erase_blob(session, blob_id);
  }
  return true;
}

bool erase_draft(Poco::Data::Session& session, std::string_view id) {
  return Sql(session, "DELETE FROM outbox WHERE id = ? AND state = 'draft'").arg(id).run() == 1;
}

void insert_part(Poco::Data::Session& session, std::string_view id, std::int64_t part_number, std::int64_t seq,
                 std::string_view sealed) {
  Sql(session, "INSERT INTO outbox_part (outbox_id, part, seq, data) VALUES (?, ?, ?, ?)")
      .arg(id)
      .arg(part_number)
      .arg(seq)
      .blob(sealed)
      .run();
}

std::string part(Poco::Data::Session& session, std::string_view id, std::int64_t part_number, std::int64_t seq) {
  std::string sealed;
  Sql sql(session, "SELECT data FROM outbox_part WHERE outbox_id = ? AND part = ? AND seq = ?");
  sql.arg(id).arg(part_number).arg(seq).into_blob(sealed).next();
  return sealed;
}

void regroup(Poco::Data::Session& session, std::string_view account_id, std::string_view service_id,
             std::string_view service_key) {
  Sql(session, "UPDATE outbox SET service_key = ? WHERE account_id = ? AND service_key = '' AND service_id = ?")
      .arg(service_key)
      .arg(account_id)
      .arg(service_id)
      .run();
}

}  // namespace outbox
}  // namespace kvc::mailbox
