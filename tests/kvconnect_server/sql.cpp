// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/sql.h"

#include <new>
#include <stdexcept>
#include <utility>

namespace kvserver {
namespace {

[[noreturn]] void fail(sqlite3* db, const char* what) {
  // The database's own text names tables and files, never values.
  throw std::runtime_error(std::string(what) + ": " + (db ? sqlite3_errmsg(db) : "out of memory"));
}

}  // namespace

Database::Database(const std::filesystem::path& file) {
  sqlite3* raw = nullptr;
  const int rc =
      sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  db_.reset(raw);
  if (rc != SQLITE_OK) {
    fail(raw, "the database of the server cannot be opened");
  }
  sqlite3_busy_timeout(raw, 10000);
  run("PRAGMA journal_mode=WAL");
  // FULL: a mail answered with 201 survives a power failure, not only a killed process.
  run("PRAGMA synchronous=FULL");
  run("PRAGMA foreign_keys=ON");
}

void Database::run(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail(db_.get(), "database");
  }
}

// References into the map stay good whatever is added to it.
Query::Query(Database& db, const std::string& sql) : db_(db.handle()), idle_(db.idle_[sql]) {
  if (!idle_.empty()) {
    statement_ = std::move(idle_.back());
    idle_.pop_back();
    return;
  }
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) {
    fail(db_, "database");
  }
  statement_.reset(raw);
}

// A failure of the last step is told again by sqlite3_reset(); it was told before.
Query::~Query() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  try {
    idle_.push_back(std::move(statement_));
  } catch (const std::bad_alloc&) {
    // Finalized instead.
    statement_.reset();
  }
}

Query& Query::bind(std::string_view text) {
  const char* data = text.empty() ? "" : text.data();  // a null pointer would bind NULL
  if (sqlite3_bind_text64(statement_.get(), next_++, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK) {
    fail(db_, "database");
  }
  return *this;
}

Query& Query::bind(std::int64_t number) {
  if (sqlite3_bind_int64(statement_.get(), next_++, number) != SQLITE_OK) {
    fail(db_, "database");
  }
  return *this;
}

Query& Query::bind_blob(std::string_view bytes) {
  const char* data = bytes.empty() ? "" : bytes.data();
  if (sqlite3_bind_blob64(statement_.get(), next_++, data, bytes.size(), SQLITE_TRANSIENT) != SQLITE_OK) {
    fail(db_, "database");
  }
  return *this;
}

bool Query::step() {
  const int rc = sqlite3_step(statement_.get());
  if (rc == SQLITE_ROW) {
    return true;
  }
  if (rc == SQLITE_DONE) {
    return false;
  }
  fail(db_, "database");
}

void Query::run() {
  while (step()) {
  }
}

std::string Query::text(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (!data || size <= 0) {
    return {};
  }
  return std::string(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

Transaction::~Transaction() {
  if (!done_) {
    sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  db_.run("COMMIT");
  done_ = true;
}

}  // namespace kvserver
