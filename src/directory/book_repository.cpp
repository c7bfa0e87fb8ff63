// SPDX-License-Identifier: Apache-2.0
#include "directory/book_repository.h"

#include <Poco/Data/Session.h>
#include <Poco/DigestEngine.h>
#include <Poco/SHA1Engine.h>

#include <algorithm>

#include "account/sql.h"
#include "directory/protocol_constants.h"
#include "store/sql.h"

namespace kvc::directory {
namespace {

using account::Sql;
namespace keywords = Poco::Data::Keywords;

constexpr int kPlaceBits = 40;
/// Between neighbours of a fresh book. kMaxEntries of them fill half of a book's range.
constexpr std::int64_t kGap = std::int64_t{1} << 18;
static_assert(static_cast<std::int64_t>(kMaxEntries) * kGap <= std::int64_t{1} << (kPlaceBits - 1));

constexpr const char* kShown =
    "e.uid, e.address, e.name, e.last_name, e.first_name, e.title, e.practice, e.specialty, e.street, e.postcode, "
    "e.town, e.phone, e.kv, e.services, e.certificate_valid_to";
/// Everything the two tables of entries share.
constexpr const char* kShared =
    "environment_id, address_key, sort_key, fingerprint, uid, address, name, last_name, first_name, title, practice, "
    "specialty, street, postcode, town, phone, kv, services, certificate_valid_to, name_words, practice_words, "
    "place_words, other_words";
constexpr const char* kSharedPlaces = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";

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

/// Tells whether anything changed; nobody's safety depends on it.
std::string fingerprint(const Entry& entry) {
  Poco::SHA1Engine digest;
  const auto add = [&](std::string_view text) {
    digest.update(text.data(), text.size());
    digest.update('\n');
  };
  add(std::to_string(kWordsVersion));
  for (const TextField& field : kTextFields) {
    add(entry.*field.member);
  }
  add(joined(entry.services));
  add(std::to_string(valid_to(entry)));
  return Poco::DigestEngine::digestToHex(digest.digest());
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
  [[nodiscard]] Entry take() {
    Entry taken = entry;
    taken.services = parted(services);
    taken.certificate_valid_to.reset();
    if (certificate != 0) {
      taken.certificate_valid_to = store::time_of(certificate);
    }
    return taken;
  }
};

std::int64_t count(Poco::Data::Session& session, std::string_view sql, std::string_view environment_id) {
  std::int64_t number = 0;
  Sql(session, sql).arg(environment_id).into(number).next();
  return number;
}

/// Numbers every incoming entry, in order.
void number_all(Poco::Data::Session& session, const BookRow& book) {
  Sql(session,
      "UPDATE directory_incoming SET entry_id = ? + ? * numbered.place FROM "
      "(SELECT address_key AS key, row_number() OVER (ORDER BY sort_key, address_key) AS place "
      "FROM directory_incoming WHERE environment_id = ?) AS numbered "
      "WHERE environment_id = ? AND address_key = numbered.key")
      .arg(ids_of(book.number).first)
      .arg(kGap)
      .arg(book.environment_id)
      .arg(book.environment_id)
      .run();
}

struct Newcomer {
  std::string address_key, sort_key;
};

std::vector<Newcomer> newcomers(Poco::Data::Session& session, const std::string& environment_id) {
  std::vector<Newcomer> list;
  Newcomer one;
  Sql sql(session,
          "SELECT i.address_key, i.sort_key FROM directory_incoming i WHERE i.environment_id = ? AND NOT EXISTS "
          "(SELECT 1 FROM directory_entry e WHERE e.environment_id = i.environment_id AND "
          "e.address_key = i.address_key AND e.doomed = 0) ORDER BY i.sort_key, i.address_key");
  sql.arg(environment_id).into(one.address_key).into(one.sort_key);
  while (sql.next()) {
    list.push_back(one);
  }
  return list;
}

void copy_incoming(Poco::Data::Session& session, const std::string& environment_id, std::string_view address_key) {
  const std::string copy = std::string("INSERT INTO directory_entry (id, ") + kShared + ") SELECT entry_id, " +
                           kShared + " FROM directory_incoming WHERE environment_id = ? AND entry_id <> 0";
  if (address_key.empty()) {
    Sql(session, copy + " ORDER BY entry_id").arg(environment_id).run();
  } else {
    Sql(session, copy + " AND address_key = ?").arg(environment_id).arg(address_key).run();
  }
}

/// An id between those of the neighbours; where no room is left, one behind all others: found as well, only
/// shown later than its name would have it.
std::int64_t place_for(Poco::Data::Session& session, const BookRow& book, const std::string& sort_key) {
  const IdRange range = ids_of(book.number);
  std::int64_t before = range.first;
  std::int64_t after = range.last;
  Sql(session,
      "SELECT COALESCE((SELECT id FROM directory_entry WHERE environment_id = ? AND sort_key <= ? "
      "ORDER BY sort_key DESC, id DESC LIMIT 1), ?)")
      .arg(book.environment_id)
      .arg(sort_key)
      .arg(range.first)
      .into(before)
      .next();
  Sql(session, "SELECT COALESCE((SELECT MIN(id) FROM directory_entry WHERE id > ? AND id <= ?), ?)")
      .arg(before)
      .arg(range.last)
      .arg(std::min(before + 2 * kGap, range.last))
      .into(after)
      .next();
  if (after - before >= 2) {
    return before + (after - before) / 2;
  }
  std::int64_t last = 0;
  Sql(session, "SELECT MAX(id) FROM directory_entry WHERE id BETWEEN ? AND ?")
      .arg(range.first)
      .arg(range.last)
      .into(last)
      .next();
  return last + 1;
}

void insert_newcomers(Poco::Data::Session& session, const BookRow& book, const std::vector<Newcomer>& list) {
  for (const Newcomer& one : list) {
    Sql(session, "UPDATE directory_incoming SET entry_id = ? WHERE environment_id = ? AND address_key = ?")
        .arg(place_for(session, book, one.sort_key))
        .arg(book.environment_id)
        .arg(one.address_key)
        .run();
    copy_incoming(session, book.environment_id, one.address_key);
  }
}

}  // namespace

IdRange ids_of(std::int64_t book_number) {
  const std::int64_t first = book_number << kPlaceBits;
  return {first, first + (std::int64_t{1} << kPlaceBits) - 1};
}

std::optional<BookRow> load_book(Poco::Data::Session& session, std::string_view environment_id) {
  BookRow row;
  row.environment_id = environment_id;
  Sql sql(
      session,
      "SELECT number, source, stamp, words_version, entries, refreshed_at, tried_at, last_error FROM directory_book "
      "WHERE environment_id = ?");
  sql.arg(environment_id).into(row.number).into(row.source).into(row.stamp).into(row.words_version);
  sql.into(row.entries).into(row.refreshed_at).into(row.tried_at).into(row.last_error);
  return sql.next() ? std::optional(row) : std::nullopt;
}

void begin_refresh(Poco::Data::Session& session, SearchIndex& index, std::string_view environment_id,
                   std::string_view refresh_id) {
  index.prepare(session);
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

void clear_incoming(Poco::Data::Session& session, std::string_view environment_id) {
  Sql(session, "DELETE FROM directory_incoming WHERE environment_id = ?").arg(environment_id).run();
}

void add_incoming(Poco::Data::Session& session, std::string_view environment_id, const std::vector<Entry>& entries) {
  constexpr std::size_t kTexts = 22;  // of kShared, without certificate_valid_to
  constexpr std::size_t kTextsBefore = 18;
  std::array<std::vector<std::string>, kTexts> texts;
  std::vector<std::int64_t> certificates;
  for (const Entry& entry : entries) {
    std::size_t column = 0;
    const auto add = [&](std::string text) { texts[column++].push_back(std::move(text)); };
    add(std::string(environment_id));
    add(address_key(entry.address));
    add(sort_key(entry));
    add(fingerprint(entry));
    for (const TextField& field : kTextFields) {
      add(entry.*field.member);
    }
    add(joined(entry.services));
    Words words = words_of(entry);
    add(std::move(words.name));
    add(std::move(words.practice));
    add(std::move(words.place));
    add(std::move(words.other));
    certificates.push_back(valid_to(entry));
  }
  if (entries.empty()) {
    return;
  }
  Poco::Data::Statement insert(session);
  insert << std::string("INSERT INTO directory_incoming (") + kShared + ") VALUES (" + kSharedPlaces +
                ") ON CONFLICT (environment_id, address_key) DO NOTHING";
  for (std::size_t i = 0; i < kTextsBefore; ++i) {
    insert, keywords::use(texts[i]);
  }
  insert, keywords::use(certificates);
  for (std::size_t i = kTextsBefore; i < kTexts; ++i) {
    insert, keywords::use(texts[i]);
  }
  insert.execute();
}

std::int64_t count_incoming(Poco::Data::Session& session, std::string_view environment_id) {
  return count(session, "SELECT count(*) FROM directory_incoming WHERE environment_id = ?", environment_id);
}

Difference merge_incoming(Poco::Data::Session& session, SearchIndex& index, const BookRow& book) {
  const std::string& id = book.environment_id;
  const IdRange range = ids_of(book.number);
  const std::int64_t before = count(session, "SELECT count(*) FROM directory_entry WHERE environment_id = ?", id);
  Sql(session,
      "UPDATE directory_entry SET doomed = 1 WHERE environment_id = ? AND NOT EXISTS (SELECT 1 FROM directory_incoming "
      "i "
      "WHERE i.environment_id = directory_entry.environment_id AND i.address_key = directory_entry.address_key AND "
      "i.fingerprint = directory_entry.fingerprint)")
      .arg(id)
      .run();
  const std::int64_t doomed =
      count(session, "SELECT count(*) FROM directory_entry WHERE environment_id = ? AND doomed = 1", id);
  Difference difference;
  difference.total = count_incoming(session, id);
  difference.changed = count(session,
                             "SELECT count(*) FROM directory_entry e WHERE e.environment_id = ? AND e.doomed = 1 AND "
                             "EXISTS (SELECT 1 FROM directory_incoming i WHERE i.environment_id = e.environment_id AND "
                             "i.address_key = e.address_key)",
                             id);
  difference.removed = doomed - difference.changed;
  difference.unchanged = before - doomed;
  difference.added = difference.total - difference.unchanged - difference.changed;

  constexpr std::int64_t kMuch = 4;  // a quarter
  if ((doomed + difference.added) * kMuch > before) {
    index.remove_all(session, range);
    Sql(session, "DELETE FROM directory_entry WHERE environment_id = ?").arg(id).run();
    number_all(session, book);
    copy_incoming(session, id, {});
  } else {
    index.remove_doomed(session, range);
    const auto list = newcomers(session, id);
    Sql(session, "DELETE FROM directory_entry WHERE environment_id = ? AND doomed = 1").arg(id).run();
    insert_newcomers(session, book, list);
  }
  index.add_incoming(session, id);
  return difference;
}

void store_book(Poco::Data::Session& session, const BookRow& book) {
  Sql(session,
      "UPDATE directory_book SET source = ?, stamp = ?, words_version = ?, entries = ?, refreshed_at = ?, tried_at = "
      "?, "
      "last_error = ? WHERE environment_id = ?")
      .arg(book.source)
      .arg(book.stamp)
      .arg(book.words_version)
      .arg(book.entries)
      .arg(book.refreshed_at)
      .arg(book.tried_at)
      .arg(book.last_error)
      .arg(book.environment_id)
      .run();
}

std::vector<Entry> load_entries(Poco::Data::Session& session, const std::vector<std::int64_t>& ids) {
  std::vector<Entry> entries;
  for (const std::int64_t id : ids) {
    EntryColumns columns;
    Sql sql(session, std::string("SELECT ") + kShown + " FROM directory_entry e WHERE e.id = ?");
    sql.arg(id);
    columns.into(sql);
    if (sql.next()) {
      entries.push_back(columns.take());
    }
  }
  return entries;
}

std::vector<std::int64_t> first_ids(Poco::Data::Session& session, IdRange range, std::size_t limit) {
  std::vector<std::int64_t> ids;
  std::int64_t id = 0;
  Sql sql(session, "SELECT id FROM directory_entry WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?");
  sql.arg(range.first).arg(range.last).arg(static_cast<std::int64_t>(limit)).into(id);
  while (sql.next()) {
    ids.push_back(id);
  }
  return ids;
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

std::vector<MarkedEntry> marked(Poco::Data::Session& session, std::string_view user_id, std::string_view environment_id,
                                std::string_view address_key, std::size_t limit) {
  EntryColumns columns;
  MarkedEntry one;
  std::int64_t favourite = 0;
  const std::string which = address_key.empty() ? "" : " AND m.address_key = ?";
  Sql sql(session, std::string("SELECT ") + kShown +
                       ", m.favourite, m.last_used, e.name_words || ' ' || e.practice_words || ' ' || e.place_words || "
                       "' ' || e.other_words FROM directory_mark m JOIN directory_entry e "
                       "ON e.environment_id = m.environment_id AND e.address_key = m.address_key "
                       "WHERE m.user_id = ? AND m.environment_id = ? AND (m.favourite = 1 OR m.last_used > 0)" +
                       which + " ORDER BY m.favourite DESC, m.last_used DESC, e.id LIMIT ?");
  sql.arg(user_id).arg(environment_id);
  if (!address_key.empty()) {
    sql.arg(address_key);
  }
  sql.arg(static_cast<std::int64_t>(limit));
  columns.into(sql);
  sql.into(favourite).into(one.last_used).into(one.words);
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
  return marked(session, user_id, environment_id, {}, limit);
}

std::optional<MarkedEntry> marked_entry(Poco::Data::Session& session, std::string_view user_id,
                                        std::string_view environment_id, std::string_view address_key) {
  auto list = marked(session, user_id, environment_id, address_key, 1);
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
