// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kvserver {

/// One SQLite connection. Not thread-safe: the store guards it. Every method throws std::runtime_error on failure.
class Database {
 public:
  explicit Database(const std::filesystem::path& file);
  void run(const char* sql);
  sqlite3* handle() const { return db_.get(); }
  std::int64_t last_id() const { return sqlite3_last_insert_rowid(db_.get()); }
  int changes() const { return sqlite3_changes(db_.get()); }

 private:
  friend class Query;
  struct Close {
    void operator()(sqlite3* db) const noexcept { sqlite3_close(db); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  std::unique_ptr<sqlite3, Close> db_;
  /// Prepared statements nobody uses at the moment, by their text: preparing took a fifth of a request.
  std::unordered_map<std::string, std::vector<Statement>> idle_;
};

/// A prepared statement: bind in order, then step. The database outlives it.
class Query {
 public:
  Query(Database& db, const std::string& sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  Query& bind(std::string_view text);
  Query& bind(const char* text) { return bind(std::string_view(text)); }
  Query& bind(const std::string& text) { return bind(std::string_view(text)); }
  Query& bind(std::int64_t number);
  Query& bind_blob(std::string_view bytes);
  /// True while a row is there.
  bool step();
  /// For statements without rows.
  void run();
  std::string text(int column) const;
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  bool is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

 private:
  sqlite3* db_;
  std::vector<Database::Statement>& idle_;
  Database::Statement statement_;
  int next_ = 1;
};

/// BEGIN IMMEDIATE until commit(); rolled back otherwise.
class Transaction {
 public:
  explicit Transaction(Database& db) : db_(db) { db_.run("BEGIN IMMEDIATE"); }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& db_;
  bool done_ = false;
};

}  // namespace kvserver
