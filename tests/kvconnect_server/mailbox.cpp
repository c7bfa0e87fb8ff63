// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/mailbox.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>

#include <array>
#include <sstream>

#include "kvconnect_server/text.h"

namespace kvserver {
namespace {

constexpr std::size_t kChunk = std::size_t{256} * 1024;
constexpr std::array<const char*, 11> kListed{"from",
                                              "to",
                                              "subject",
                                              "message-id",
                                              "in-reply-to",
                                              "date",
                                              "x-kvc-sendersystem",
                                              "x-kvc-dienstkennung",
                                              "return-path",
                                              "disposition-notification-to",
                                              "content-type"};

std::string listed_value(const MailHeader& header, const std::string& name) {
  const std::string value = header.get(name);
  if (name == "date") {
    return date_as_xs(value);
  }
  if (name != "message-id" && name != "in-reply-to") {
    return xml_safe(value);
  }
  const std::string bare = bare_message_id(value);
  return bare.empty() ? xml_safe(value) : bare;
}

std::string header_json(const MailHeader& header) {
  Poco::JSON::Array values;
  for (const char* name : kListed) {
    values.add(listed_value(header, name));
  }
  std::ostringstream out;
  values.stringify(out);
  return std::move(out).str();
}

HeaderEntry entry_from(const std::string& json) {
  Poco::JSON::Parser parser;
  const auto values = parser.parse(json).extract<Poco::JSON::Array::Ptr>();
  HeaderEntry entry;
  for (std::size_t i = 0; i < kListed.size(); ++i) {
    entry.emplace_back(kListed[i], values->getElement<std::string>(static_cast<unsigned int>(i)));
  }
  return entry;
}

}  // namespace

bool MailStore::was_accepted(std::string_view message_id) const {
  const std::lock_guard lock(storage_.mutex);
  return Query(storage_.db, "SELECT 1 FROM message_id WHERE id=?").bind(message_id).step();
}

bool MailStore::accept(const MailHeader& header, const std::vector<std::string>& recipient_uids, const Spool& body) {
  const std::lock_guard lock(storage_.mutex);
  const std::string message_id = bare_message_id(header.get("message-id"));
  Transaction transaction(storage_.db);
  if (was_accepted(message_id)) {
    return false;
  }
  Query(storage_.db, "INSERT INTO message_id VALUES(?,?)").bind(message_id).bind(storage_.now_ms()).run();
  Query(storage_.db, "INSERT INTO mail(size) VALUES(?)").bind(static_cast<std::int64_t>(body.size())).run();
  const std::int64_t mail = storage_.db.last_id();
  std::int64_t seq = 0;
  for (std::uint64_t offset = 0; offset < body.size(); offset += kChunk) {
    Query(storage_.db, "INSERT INTO mail_chunk VALUES(?,?,?)")
        .bind(mail)
        .bind(seq++)
        .bind_blob(body.read(offset, kChunk))
        .run();
  }
  const std::string listed = header_json(header);
  for (const std::string& uid : recipient_uids) {
    Query(storage_.db, "INSERT INTO inbox(uid, message_id, mail, header) VALUES(?,?,?,?)")
        .bind(uid)
        .bind(message_id)
        .bind(mail)
        .bind(listed)
        .run();
  }
  transaction.commit();
  return true;
}

std::vector<HeaderEntry> MailStore::headers(std::string_view uid, std::int64_t from, std::int64_t to) const {
  std::vector<std::string> rows;
  {
    const std::lock_guard lock(storage_.mutex);
    Query q(storage_.db, "SELECT header FROM inbox WHERE uid=? ORDER BY seq LIMIT ? OFFSET ?");
    q.bind(uid).bind(to < 0 ? std::int64_t{-1} : std::max<std::int64_t>(to - from, 0)).bind(from);
    while (q.step()) {
      rows.push_back(q.text(0));
    }
  }
  std::vector<HeaderEntry> entries;
  entries.reserve(rows.size());
  for (const std::string& row : rows) {
    entries.push_back(entry_from(row));
  }
  return entries;
}

std::vector<std::string> MailStore::message_ids(std::string_view uid) const {
  const std::lock_guard lock(storage_.mutex);
  Query q(storage_.db, "SELECT message_id FROM inbox WHERE uid=? ORDER BY seq");
  q.bind(uid);
  std::vector<std::string> ids;
  while (q.step()) {
    ids.push_back(q.text(0));
  }
  return ids;
}

std::optional<StoredMail> MailStore::find(std::string_view uid, std::string_view message_id) const {
  const std::lock_guard lock(storage_.mutex);
  Query q(storage_.db, "SELECT m.id, m.size FROM inbox i JOIN mail m ON m.id=i.mail WHERE i.uid=? AND i.message_id=?");
  q.bind(uid).bind(message_id);
  if (!q.step()) {
    return std::nullopt;
  }
  return StoredMail{q.number(0), static_cast<std::uint64_t>(q.number(1))};
}

bool MailStore::read(const StoredMail& mail, const std::function<void(std::string_view)>& sink) const {
  std::uint64_t done = 0;
  for (std::int64_t seq = 0; done < mail.size; ++seq) {
    std::string piece;
    {
      const std::lock_guard lock(storage_.mutex);
      Query q(storage_.db, "SELECT data FROM mail_chunk WHERE mail=? AND seq=?");
      q.bind(mail.id).bind(seq);
      if (!q.step()) {
        return false;
      }
      piece = q.text(0);
    }
    sink(piece);
    done += piece.size();
  }
  return true;
}

bool MailStore::remove(std::string_view uid, std::string_view message_id) {
  const std::lock_guard lock(storage_.mutex);
  Transaction transaction(storage_.db);
  const std::optional<StoredMail> mail = find(uid, message_id);
  if (!mail) {
    return false;
  }
  Query(storage_.db, "DELETE FROM inbox WHERE uid=? AND message_id=?").bind(uid).bind(message_id).run();
  if (!Query(storage_.db, "SELECT 1 FROM inbox WHERE mail=?").bind(mail->id).step()) {
    Query(storage_.db, "DELETE FROM mail_chunk WHERE mail=?").bind(mail->id).run();
    Query(storage_.db, "DELETE FROM mail WHERE id=?").bind(mail->id).run();
  }
  transaction.commit();
  return true;
}

}  // namespace kvserver
