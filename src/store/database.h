// SPDX-License-Identifier: Apache-2.0
// The one door to the database: connections, transactions, schema versions.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/env.h"
#include "base/log.h"
#include "base/status.h"

namespace Poco::Data {
class Session;
}

namespace kvc::store {

/// A database of one practice, in a file (SQLite) or on a server (PostgreSQL; src/store/README.md). SQLite: WAL,
/// synchronous=FULL, foreign keys on, secure_delete, file mode 0600, integrity checked at opening (PRAGMA quick_check).
/// Schema migrations (src/store/migrations) run inside open(), each in one transaction. Several processes of one
/// machine may share the file; a network drive will not do (WAL needs shared memory). Thread: [any]; never on a host's
/// main thread.
///
/// PostgreSQL: a commit is durable and in no doubt, writers take turns as with a file, and a server that restarts is
/// waited for (src/store/postgresql/database.h).
///
/// Errors of every function: storage_unreachable (PostgreSQL only: no answer from the server; nothing was written),
/// storage_busy (another writer held the lock longer than kBusyTimeout; retry makes sense), storage_full,
/// storage_corrupt, storage_failed, already_exists (a UNIQUE or PRIMARY KEY constraint).
class Database {
 public:
  /// How long a writer waits for another one.
  static constexpr Millis kBusyTimeout{10'000};

  /// `dsn`: "sqlite" (kvconnect.db in `directory`), "sqlite:FILE" (relative to `directory`), or "postgresql://..."
  /// (src/settings/postgresql_dsn.h). A missing directory is made (mode 0700). Errors: storage_failed, storage_corrupt
  /// (damaged, or no database of ours; nothing was changed), storage_too_new (made by a newer version, nothing was
  /// changed), storage_busy, invalid_settings for a DSN that is wrong or that the server refuses (the detail says why
  /// and never shows the DSN).
  static Result<std::shared_ptr<Database>> open(const std::string& dsn, const std::string& directory, Env& env,
                                                Log& log);

  virtual ~Database() = default;

  /// Runs `work` with a pooled session inside one transaction (SQLite: BEGIN IMMEDIATE); commits durably if it returns
  /// OK, else rolls back. Exceptions of Poco::Data become a Status. Not to be nested. Statements: store/sql.h.
  virtual Status write(const std::function<Status(Poco::Data::Session&)>& work) = 0;
  /// As write(), for rows that no other transaction reads or changes yet, such as the pieces of a mail on its way in:
  /// on a server they are written beside the others' turns. In a file they are durable no later than the next write(),
  /// which is what makes them count; until then a loss of power may take them back. Anything else needs write().
  virtual Status write_own(const std::function<Status(Poco::Data::Session&)>& work) { return write(work); }
  /// The same for reading: one consistent snapshot, changes are refused (storage_failed).
  virtual Status read(const std::function<Status(Poco::Data::Session&)>& work) = 0;
  /// As read(), for such pieces: whoever goes through a large mail does not fill the cache that lists are read from.
  virtual Status read_own(const std::function<Status(Poco::Data::Session&)>& work) { return read(work); }

  /// What a database needs now and then: a file gets a backup once a day (store/backup.h); a server does that by
  /// itself. Cheap when nothing is due, and may be called by any number of processes. Not on a host's main thread, not
  /// in a transaction.
  virtual Status maintain() { return {}; }

  [[nodiscard]] virtual int schema_version() const = 0;
};

}  // namespace kvc::store
