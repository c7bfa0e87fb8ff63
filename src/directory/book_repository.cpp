// SPDX-License-Identifier: Apache-2.0
#include "directory/book_repository.h"

#include <Poco/Data/Session.h>
#include <Poco/DigestEngine.h>
#include <Poco/SHA1Engine.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "account/sql.h"
#include "directory/words.h"
#include "store/sql.h"

namespace kvc::directory {
namespace {

using account::Sql;
namespace keywords = Poco::Data::Keywords;

/// An id is the number of its book, then so many bits.
constexpr int kIdBits = 40;
constexpr std::size_t kChunk = 1024UL * 1024;

constexpr const char* kShown =
    "e.uid, e.address, e.name, e.last_name, e.first_name, e.title, e.practice, e.specialty, e.street, e.postcode, "
    "e.town, e.phone, e.kv, e.services, e.certificate_valid_to";
/// The columns of directory_entry and directory_incoming.
constexpr const char* kAll =
    "id, environment_id, address_key, fingerprint, uid, address, name, last_name, first_name, title, practice, "
    "specialty, street, postcode, town, phone, kv, services, certificate_valid_to";
constexpr const char* kAllPlaces = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";
constexpr std::size_t kTextColumns = 17;

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    all.append(all.empty() ? "" : "\n").append(text);  // tidy() left no line feed in them
  }
  return all;
}

std::vector<std::string> parted(std::string_view all) {
  std::vector<std::string> texts;
  while (!all.empty()) {
    const std::size_t end = std::min(all.find('\n'), all.size());
    texts.emplace_back(all.substr(0, end));
    all.remove_prefix(std::min(end + 1, all.size()));
  }
  return texts;
}

std::int64_t valid_to(const Entry& entry) {
  return entry.certificate_valid_to ? store::millis(*entry.certificate_valid_to) : 0;
}

/// Reads the columns of kShown.
struct EntryColumns {
  Entry entry;
  std::string services;
  std::int64_t certificate = 0;

  void into(Sql& sql) {
    for (const TextField& field : kTextFields) {
      sql.into(entry.*field.member);
    }
    sql.into(services).into(certificate);
  }
  [[nodiscard]] Entry take() const {
    Entry taken = entry;
    taken.services = parted(services);
    if (certificate != 0) {
      taken.certificate_valid_to = store::time_of(certificate);
    }
    return taken;
  }
};

void delete_entries(Poco::Data::Session& session, std::vector<std::int64_t>& ids) {
  if (!ids.empty()) {
    session << "DELETE FROM directory_entry WHERE id = ?", keywords::use(ids), keywords::now;
  }
}

/// Ids of the book that are not in `keep`.
std::vector<std::int64_t> others(Poco::Data::Session& session, const std::string& environment_id,
                                 const std::unordered_set<std::int64_t>& keep) {
  std::vector<std::int64_t> ids;
  session << "SELECT id FROM directory_entry WHERE environment_id = ?", keywords::bind(environment_id),
      keywords::into(ids), keywords::now;
  std::erase_if(ids, [&](std::int64_t id) { return keep.contains(id); });
  return ids;
}

}  // namespace

std::string fingerprint(const Entry& entry) {
  Poco::SHA1Engine digest;  // tells versions apart; nobody's safety depends on it
  const auto add = [&](std::string_view text) {
    digest.update(text.data(), text.size());
    digest.update('\n');
  };
  for (const TextField& field : kTextFields) {
    add(entry.*field.member);
  }
  add(joined(entry.services));
  add(std::to_string(valid_to(entry)));
  return Poco::DigestEngine::digestToHex(digest.digest());
}

// ---------------------------------------------------------------------------------------------------- refreshing

std::optional<BookRow> load_book(Poco::Data::Session& session, std::string_view environment_id) {
  BookRow row;
  row.environment_id = environment_id;
  Sql sql(session,
          "SELECT number, source, stamp, words_version, index_id, entries, refreshed_at, tried_at, last_error "
          "FROM directory_book WHERE environment_id = ?");
  sql.arg(environment_id).into(row.number).into(row.source).into(row.stamp).into(row.words_version).into(row.index_id);
  sql.into(row.entries).into(row.refreshed_at).into(row.tried_at).into(row.last_error);
  return sql.next() ? std::optional(row) : std::nullopt;
}

void begin_refresh(Poco::Data::Session& session, std::string_view environment_id, std::string_view refresh_id) {
  Sql(session,
      "INSERT INTO directory_book (environment_id, number) SELECT ?, COALESCE(MAX(number), 0) + 1 FROM directory_book "
      "WHERE true ON CONFLICT (environment_id) DO NOTHING")
      .arg(environment_id)
      .run();
  Sql(session, "UPDATE directory_book SET refresh_id = ? WHERE environment_id = ?")
      .arg(refresh_id)
      .arg(environment_id)
      .run();
  clear_incoming(session, environment_id);
}

Status check_refresh(Poco::Data::Session& session, std::string_view environment_id, std::string_view refresh_id) {
  std::string found;
  Sql(session, "SELECT refresh_id FROM directory_book WHERE environment_id = ?").arg(environment_id).into(found).next();
  return found == refresh_id ? Status()
                             : Status(error::storage_busy, "another refresh of this address book has begun meanwhile");
}

std::int64_t next_id(Poco::Data::Session& session, const BookRow& book) {
  const std::int64_t first = book.number << kIdBits;
  std::int64_t highest = 0;
  Sql(session, "SELECT COALESCE(MAX(id), 0) FROM directory_entry WHERE id >= ? AND id < ?")
      .arg(first)
      .arg((book.number + 1) << kIdBits)
      .into(highest)
      .next();
  return std::max(first, highest) + 1;
}

std::vector<Known> known_entries(Poco::Data::Session& session, const std::string& environment_id,
                                 const std::vector<std::string>& keys) {
  std::vector<Known> found;
  std::string key;
  Known one;
  std::int64_t id = 0;
  Poco::Data::Statement select(session);  // one statement, executed for each key
  select << "SELECT COALESCE(MAX(id), 0), COALESCE(MAX(fingerprint), '') FROM directory_entry "
            "WHERE environment_id = ? AND address_key = ?",
      keywords::useRef(environment_id), keywords::use(key), keywords::into(id), keywords::into(one.fingerprint);
  for (const std::string& wanted : keys) {
    key = wanted;
    select.execute();
    one.id = id;
    found.push_back(one);
  }
  return found;
}

void clear_incoming(Poco::Data::Session& session, std::string_view environment_id) {
  Sql(session, "DELETE FROM directory_incoming WHERE environment_id = ?").arg(environment_id).run();
}

void add_incoming(Poco::Data::Session& session, const std::string& environment_id,
                  const std::vector<PlacedEntry>& entries) {
  if (entries.empty()) {
    return;
  }
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> certificates;
  std::array<std::vector<std::string>, kTextColumns> texts;
  for (const PlacedEntry& placed : entries) {
    ids.push_back(placed.id);
    certificates.push_back(valid_to(placed.entry));
    std::size_t column = 0;
    texts[column++].push_back(environment_id);
    texts[column++].push_back(placed.key);
    texts[column++].push_back(placed.fingerprint);
    for (const TextField& field : kTextFields) {
      texts[column++].push_back(placed.entry.*field.member);
    }
    texts[column++].push_back(joined(placed.entry.services));
  }
  Poco::Data::Statement insert(session);
  insert << std::string("INSERT INTO directory_incoming (") + kAll + ") VALUES (" + kAllPlaces + ")",
      keywords::use(ids);
  for (auto& text : texts) {
    insert, keywords::use(text);
  }
  insert, keywords::use(certificates);
  insert.execute();
}

void merge_incoming(Poco::Data::Session& session, const BookRow& book, const std::unordered_set<std::int64_t>& keep) {
  if (keep.empty()) {
    Sql(session, "DELETE FROM directory_entry WHERE environment_id = ?").arg(book.environment_id).run();
  } else if (static_cast<std::int64_t>(keep.size()) != book.entries) {
    auto gone = others(session, book.environment_id, keep);
    delete_entries(session, gone);
  }
  Sql(session, std::string("INSERT INTO directory_entry (") + kAll + ") SELECT " + kAll +
                   " FROM directory_incoming WHERE environment_id = ?")
      .arg(book.environment_id)
      .run();
}

void store_index(Poco::Data::Session& session, const std::string& environment_id, std::string_view bytes) {
  Sql(session, "DELETE FROM directory_index WHERE environment_id = ?").arg(environment_id).run();
  for (std::int64_t seq = 0; !bytes.empty(); ++seq) {
    Sql(session, "INSERT INTO directory_index (environment_id, seq, data) VALUES (?, ?, ?)")
        .arg(environment_id)
        .arg(seq)
        .blob(bytes.substr(0, kChunk))
        .run();
    bytes.remove_prefix(std::min(kChunk, bytes.size()));
  }
}

std::string load_index(Poco::Data::Session& session, std::string_view environment_id) {
  std::string bytes;
  std::string chunk;
  Sql sql(session, "SELECT data FROM directory_index WHERE environment_id = ? ORDER BY seq");
  sql.arg(environment_id).into_blob(chunk);
  while (sql.next()) {
    bytes += chunk;
  }
  return bytes;
}

void store_book(Poco::Data::Session& session, const BookRow& book) {
  Sql(session,
      "UPDATE directory_book SET source = ?, stamp = ?, words_version = ?, index_id = ?, entries = ?, "
      "refreshed_at = ?, tried_at = ?, last_error = ? WHERE environment_id = ?")
      .arg(book.source)
      .arg(book.stamp)
      .arg(book.words_version)
      .arg(book.index_id)
      .arg(book.entries)
      .arg(book.refreshed_at)
      .arg(book.tried_at)
      .arg(book.last_error)
      .arg(book.environment_id)
      .run();
}

// ---------------------------------------------------------------------------------------------------- looking up

std::vector<Entry> load_entries(Poco::Data::Session& session, const std::vector<std::int64_t>& ids) {
  if (ids.empty()) {
    return {};
  }
  // One statement for all: making a statement costs more than reading a row.
  std::string places = "?";
  for (std::size_t i = 1; i < ids.size(); ++i) {
    places += ", ?";
  }
  Sql sql(session, std::string("SELECT ") + kShown + ", e.id FROM directory_entry e WHERE e.id IN (" + places + ")");
  for (const std::int64_t id : ids) {
    sql.arg(id);
  }
  EntryColumns columns;
  std::int64_t id = 0;
  columns.into(sql);
  sql.into(id);
  std::unordered_map<std::int64_t, Entry> found;
  while (sql.next()) {
    found.emplace(id, columns.take());
  }
  std::vector<Entry> entries;
  for (const std::int64_t wanted : ids) {
    if (const auto entry = found.find(wanted); entry != found.end()) {
      entries.push_back(std::move(entry->second));
    }
  }
  return entries;
}

std::optional<Entry> find_entry(Poco::Data::Session& session, std::string_view environment_id,
                                std::string_view address_key) {
  EntryColumns columns;
  Sql sql(session,
          std::string("SELECT ") + kShown + " FROM directory_entry e WHERE e.environment_id = ? AND e.address_key = ?");
  sql.arg(environment_id).arg(address_key);
  columns.into(sql);
  return sql.next() ? std::optional(columns.take()) : std::nullopt;
}

namespace {

/// `rest` ends the statement; its places are filled with `key`, if there is one, and `limit`.
std::vector<MarkedEntry> marked(Poco::Data::Session& session, std::string_view user_id, std::string_view environment_id,
                                const std::string& rest, std::string_view key, std::size_t limit) {
  EntryColumns columns;
  MarkedEntry one;
  std::int64_t favourite = 0;
  Sql sql(session, std::string("SELECT ") + kShown +
                       ", m.favourite, m.last_used FROM directory_mark m JOIN directory_entry e "
                       "ON e.environment_id = m.environment_id AND e.address_key = m.address_key "
                       "WHERE m.user_id = ? AND m.environment_id = ? AND " +
                       rest + " LIMIT ?");
  sql.arg(user_id).arg(environment_id);
  if (!key.empty()) {
    sql.arg(key);
  }
  sql.arg(static_cast<std::int64_t>(limit));
  columns.into(sql);
  sql.into(favourite).into(one.last_used);
  std::vector<MarkedEntry> list;
  while (sql.next()) {
    one.entry = columns.take();
    one.favourite = favourite != 0;
    list.push_back(one);
  }
  return list;
}

}  // namespace

std::vector<MarkedEntry> marked_entries(Poco::Data::Session& session, std::string_view user_id,
                                        std::string_view environment_id, std::size_t limit) {
  return marked(session, user_id, environment_id,
                "(m.favourite = 1 OR m.last_used > 0) ORDER BY m.favourite DESC, m.last_used DESC, e.id", {}, limit);
}

std::vector<MarkedEntry> used_entries(Poco::Data::Session& session, std::string_view user_id,
                                      std::string_view environment_id, std::size_t limit) {
  return marked(session, user_id, environment_id, "m.last_used > 0 ORDER BY m.last_used DESC, e.id", {}, limit);
}

std::optional<MarkedEntry> marked_entry(Poco::Data::Session& session, std::string_view user_id,
                                        std::string_view environment_id, std::string_view address_key) {
  auto list = marked(session, user_id, environment_id, "m.address_key = ?", address_key, 1);
  return list.empty() ? std::nullopt : std::optional(std::move(list.front()));
}

void set_favourite(Poco::Data::Session& session, std::string_view user_id, std::string_view environment_id,
                   std::string_view address_key, bool favourite) {
  Sql(session,
      "INSERT INTO directory_mark (user_id, environment_id, address_key, favourite) VALUES (?, ?, ?, ?) "
      "ON CONFLICT (user_id, environment_id, address_key) DO UPDATE SET favourite = excluded.favourite")
      .arg(user_id)
      .arg(environment_id)
      .arg(address_key)
      .arg(favourite ? 1 : 0)
      .run();
}

void set_last_used(Poco::Data::Session& session, std::string_view user_id, std::string_view environment_id,
                   std::string_view address_key, std::int64_t when) {
  Sql(session,
      "INSERT INTO directory_mark (user_id, environment_id, address_key, last_used) VALUES (?, ?, ?, ?) "
      "ON CONFLICT (user_id, environment_id, address_key) DO UPDATE SET last_used = excluded.last_used")
      .arg(user_id)
      .arg(environment_id)
      .arg(address_key)
      .arg(when)
      .run();
}

}  // namespace kvc::directory
