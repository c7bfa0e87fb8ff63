// SPDX-License-Identifier: Apache-2.0
#include "directory/sqlite_search_index.h"

#include <string_view>

#include "account/sql.h"

namespace kvc::directory {
namespace {

using account::Sql;

// Words arrive folded and separated by blanks, so the plainest tokenizer will do. Positions inside a column are
// of no use here (detail=column). Prefixes of up to four letters are what people type, and each has a list of its own.
constexpr std::string_view kCreate =
    "CREATE VIRTUAL TABLE IF NOT EXISTS directory_search USING fts5(name_words, practice_words, place_words, "
    "other_words, content='directory_entry', content_rowid='id', tokenize='ascii', detail='column', "
    "prefix='1 2 3 4')";

constexpr std::string_view kRemove =
    "INSERT INTO directory_search (directory_search, rowid, name_words, practice_words, place_words, other_words) "
    "SELECT 'delete', id, name_words, practice_words, place_words, other_words FROM directory_entry "
    "WHERE id BETWEEN ? AND ?";

/// "\"anna\" * AND \"mull\" *": quotes make a word a word, whatever it is (fts5, section 3).
std::string all_of(const std::vector<std::string>& words, std::string_view operation) {
  std::string query;
  for (const std::string& word : words) {
    query.append(query.empty() ? "" : operation).append("\"").append(word).append("\" *");
  }
  return query;
}

}  // namespace

void SqliteSearchIndex::prepare(Poco::Data::Session& session) {
  Sql(session, kCreate).run();
}

void SqliteSearchIndex::remove_doomed(Poco::Data::Session& session, IdRange range) {
  Sql(session, std::string(kRemove) + " AND doomed = 1").arg(range.first).arg(range.last).run();
}

void SqliteSearchIndex::remove_all(Poco::Data::Session& session, IdRange range) {
  std::int64_t others = 0;
  Sql sql(session, "SELECT EXISTS (SELECT 1 FROM directory_entry WHERE id NOT BETWEEN ? AND ?)");
  sql.arg(range.first).arg(range.last).into(others).next();
  if (others == 0) {
    // Taking out word by word costs as much as putting in.
    Sql(session, "INSERT INTO directory_search (directory_search) VALUES ('delete-all')").run();
    return;
  }
  Sql(session, kRemove).arg(range.first).arg(range.last).run();
}

void SqliteSearchIndex::add_incoming(Poco::Data::Session& session, const std::string& environment_id) {
  Sql(session,
      "INSERT INTO directory_search (rowid, name_words, practice_words, place_words, other_words) "
      "SELECT entry_id, name_words, practice_words, place_words, other_words FROM directory_incoming "
      "WHERE environment_id = ? AND entry_id <> 0 ORDER BY entry_id")
      .arg(environment_id)
      .run();
}

void SqliteSearchIndex::optimise(Poco::Data::Session& session) {
  Sql(session, "INSERT INTO directory_search (directory_search) VALUES ('optimize')").run();
}

std::vector<std::int64_t> SqliteSearchIndex::find(Poco::Data::Session& session, IdRange range,
                                                  const std::vector<std::string>& words, Where where,
                                                  std::size_t limit) {
  std::string query = all_of(words, " AND ");
  if (where == Where::name) {
    query = words.size() == 1 ? "{name_words} : " + query
                              : "(" + query + ") AND {name_words} : (" + all_of(words, " OR ") + ")";
  }
  Sql sql(session,
          "SELECT rowid FROM directory_search WHERE directory_search MATCH ? AND rowid BETWEEN ? AND ? "
          "ORDER BY rowid LIMIT ?");
  std::int64_t id = 0;
  sql.arg(query).arg(range.first).arg(range.last).arg(static_cast<std::int64_t>(limit)).into(id);
  std::vector<std::int64_t> ids;
  while (sql.next()) {
    ids.push_back(id);
  }
  return ids;
}

}  // namespace kvc::directory
