// SPDX-License-Identifier: Apache-2.0
// The PostgreSQL side of Database. Internal to store/ and its tests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "settings/postgresql_dsn.h"
#include "store/database.h"
#include "store/migrations.h"

namespace kvc::store::postgresql {

/// Connects, and brings the schema to the last of `migrations`. Errors: those of Database::open.
///
/// How it keeps the promises of Database
/// - Writers take turns, as with SQLite: a transaction takes an advisory lock of the schema before anything else, so
/// what the
///   repositories read is still so when they write, and there are no serialization failures. Content that nobody else
///   can see yet is written beside the turn (write_own).
/// - A connection lost before COMMIT was sent has changed nothing. One lost while COMMIT was on its way is in doubt:
/// the server is
///   asked by the transaction's id (pg_xact_status), as soon as it answers again, what became of it.
/// - Everything a transaction needs is set inside it (SET LOCAL), so a pooler in transaction mode may stand between.
Result<std::shared_ptr<Database>> open_database(const settings::PostgresqlDsn& dsn,
                                                const std::vector<Migration>& migrations, Env& env, Log& log);

}  // namespace kvc::store::postgresql
