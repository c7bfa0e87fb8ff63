// SPDX-License-Identifier: Apache-2.0
#include "store/database.h"

#include <string_view>

#include "base/guard.h"
#include "store/backup.h"
#include "store/migrations.h"
#include "store/postgresql/database.h"
#include "store/sqlite_database.h"

namespace kvc::store {
namespace {

constexpr std::string_view kServerScheme = "postgresql:";

}  // namespace

Result<std::shared_ptr<Database>> Database::open(const std::string& dsn, const std::string& directory, Env& env,
                                                 Log& log) {
  return guarded([&]() -> Result<std::shared_ptr<Database>> {
    if (dsn.starts_with(kServerScheme)) {
      KVC_ASSIGN(const auto server, settings::parse_postgresql_dsn(dsn));
      return postgresql::open_database(server, all_migrations(), env, log);
    }
    const auto file = database_file(dsn, directory);
    if (!file) {
      // The DSN itself is not shown: it may hold a password.
      return Status(error::invalid_settings,
                    "storage.dsn is none of \"sqlite\", \"sqlite:FILE\" and \"postgresql://...\"")
          .with("field", "storage.dsn");
    }
    return open_sqlite(*file, all_migrations(), env, log);
  });
}

}  // namespace kvc::store
