// SPDX-License-Identifier: Apache-2.0
#include "bench/directory/fts_peer.h"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace kvc::bench {
namespace {

void need(bool good, const char* what) {
  if (!good) {
    std::fprintf(stderr, "directory_bench: SQLite peer: %s\n", what);
    std::exit(1);
  }
}

void bind_text(sqlite3_stmt* statement, const std::string& text) {
  need(sqlite3_reset(statement) == SQLITE_OK &&
           sqlite3_bind_text(statement, 1, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT) == SQLITE_OK,
       "bind");
}

}  // namespace

FtsPeer::FtsPeer(const std::string& file) {
  need(sqlite3_open(file.c_str(), &database_) == SQLITE_OK, "open");
  run("CREATE VIRTUAL TABLE book USING fts5(words, prefix = '1 2 3 4 5 6')");
  run("BEGIN");
  insert_ = prepare("INSERT INTO book (words) VALUES (?)");
}

FtsPeer::~FtsPeer() {
  sqlite3_finalize(insert_);
  sqlite3_finalize(search_);
  sqlite3_close(database_);
}

sqlite3_stmt* FtsPeer::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  need(sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) == SQLITE_OK, sql);
  return statement;
}

void FtsPeer::run(const char* sql) {
  need(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
}

void FtsPeer::add(const directory::Entry& entry) {
  bind_text(insert_, entry.name + ' ' + entry.practice + ' ' + entry.street + ' ' + entry.postcode + ' ' + entry.town +
                         ' ' + entry.address);
  need(sqlite3_step(insert_) == SQLITE_DONE, "insert");
}

void FtsPeer::ready() {
  run("COMMIT");
  run("INSERT INTO book (book) VALUES ('optimize')");
  search_ = prepare("SELECT rowid, words FROM book WHERE book MATCH ? LIMIT 50");
}

std::size_t FtsPeer::search(std::string_view text) {
  std::istringstream words{std::string(text)};
  std::string query;
  for (std::string word; words >> word;) {
    query += (query.empty() ? "\"" : " \"") + word + "\"*";
  }
  if (query.empty()) {
    return 0;
  }
  bind_text(search_, query);
  std::size_t hits = 0;
  while (sqlite3_step(search_) == SQLITE_ROW) {
    ++hits;
  }
  return hits;
}

}  // namespace kvc::bench
