// SPDX-License-Identifier: Apache-2.0
#include "mailbox/archived.h"

#include <istream>

#include "account/sql.h"
#include "mailbox/blob.h"
#include "mailbox/reader.h"
#include "store/sql.h"

namespace kvc::mailbox {

using account::Sql;

namespace {

constexpr std::string_view kAtSigningTime = "signing_time", kAtTime = "time";

std::string_view word(const message::ReferenceTime& reference) {
  return std::holds_alternative<message::AtSigningTime>(reference) ? kAtSigningTime : kAtTime;
}

std::int64_t millis(const message::ReferenceTime& reference) {
  const auto* time = std::get_if<TimePoint>(&reference);
  return time == nullptr ? 0 : store::millis(*time);
}

Status copy(std::istream& mail, BlobWriter& writer) {
  std::ostream out(&writer);
  std::string buffer(64UL * 1024, '\0');
  while (mail.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), mail.gcount() > 0) {
    out.write(buffer.data(), mail.gcount());
    KVC_TRY(writer.status());
  }
  if (mail.bad()) {
    return {error::file_unreadable, "the archived mail could not be read to its end"};
  }
  return writer.status();
}

}  // namespace

namespace archived {

void insert(Poco::Data::Session& session, std::string_view inbox_id, const ArchivedMark& mark) {
  Sql(session,
      "INSERT INTO inbox_archived (inbox_id, imported_at, imported_by, reference, reference_at) VALUES (?, ?, ?, ?, ?)")
      .arg(inbox_id)
      .arg(store::millis(mark.imported))
      .arg(mark.imported_by)
      .arg(word(mark.reference))
      .arg(millis(mark.reference))
      .run();
}

std::optional<ArchivedMark> find(Poco::Data::Session& session, std::string_view inbox_id) {
  ArchivedMark mark;
  std::string reference;
  std::int64_t imported = 0, reference_at = 0;
  Sql sql(session, "SELECT imported_by, reference, imported_at, reference_at FROM inbox_archived WHERE inbox_id = ?");
  sql.arg(inbox_id).into(mark.imported_by).into(reference).into(imported).into(reference_at);
  if (!sql.next()) {
    return std::nullopt;
  }
  mark.imported = store::time_of(imported);
  if (reference == kAtTime) {
    mark.reference = store::time_of(reference_at);
  }
  return mark;
}

void set_reference(Poco::Data::Session& session, std::string_view inbox_id, const message::ReferenceTime& reference) {
  Sql(session, "UPDATE inbox_archived SET reference = ?, reference_at = ? WHERE inbox_id = ?")
      .arg(word(reference))
      .arg(millis(reference))
      .arg(inbox_id)
      .run();
}

std::vector<OutboxRow> receipts_for(Poco::Data::Session& session, std::string_view inbox_id) {
  std::vector<std::string> ids;
  std::string id;
  Sql sql(session, "SELECT id FROM outbox WHERE receipt_for = ? ORDER BY created_at, id");
  sql.arg(inbox_id).into(id);
  while (sql.next()) {
    ids.push_back(id);
  }
  std::vector<OutboxRow> rows;
  for (const std::string& one : ids) {
    if (auto row = outbox::find(session, one)) {
      rows.push_back(std::move(*row));
    }
  }
  return rows;
}

}  // namespace archived

Result<message::ReferenceTime> reference_time(store::Database& database, const InboxRow& row) {
  std::optional<ArchivedMark> mark;
  KVC_TRY(database.read([&](Poco::Data::Session& session) {
    mark = archived::find(session, row.id);
    return Status();
  }));
  return mark ? mark->reference : message::ReferenceTime(row.received);
}

Result<bool> is_archived(store::Database& database, std::string_view inbox_id) {
  bool found = false;
  KVC_TRY(database.read([&](Poco::Data::Session& session) {
    found = archived::find(session, inbox_id).has_value();
    return Status();
  }));
  return found;
}

Result<std::optional<InboxRow>> insert_archived(const Context& context, const OpenAccount& account, InboxRow row,
                                                const ArchivedMark& mark, std::istream& mail, std::uint64_t max_bytes) {
  BlobWriter writer(*context.database, context.env, account.id(), max_bytes);
  KVC_TRY(copy(mail, writer));
  row.id = new_uuid(context.env);
  row.account_id = account.id();
  row.blob_id = writer.id();
  row.thread_id = row.id;
  row.service_key = context.catalogue().key_of(row.service_id);
  bool known = false;
  const Status stored = context.database->write([&](Poco::Data::Session& session) -> Status {
    const auto there = inbox::find_message(session, row.account_id, row.message_id);
    known = there && there->too_large_limit == 0;
    if (known) {
      return {};
    }
    if (there) {
      inbox::erase(session, there->id);
      erase_blob(session, there->blob_id);
    }
    KVC_TRY(writer.finish(session));
    inbox::insert(session, row);
    archived::insert(session, row.id, mark);
    return {};
  });
  KVC_TRY(stored);
  if (known) {
    return std::optional<InboxRow>();
  }
  writer.committed();
  Reader reader(context, account);
  KVC_ASSIGN(const auto message, reader.judge(row));
  KVC_TRY(reader.record(row, message));
  return std::optional(std::move(row));
}

}  // namespace kvc::mailbox
