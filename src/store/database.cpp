// SPDX-License-Identifier: Apache-2.0
#include "store/database.h"

#include <filesystem>
#include <string_view>

#include "base/guard.h"
#include "store/migrations.h"
#include "store/sqlite_database.h"

namespace kvc::store {
namespace {

constexpr std::string_view kScheme = "sqlite";
constexpr std::string_view kDefaultFile = "kvconnect.db";

/// The file a DSN names; empty for a DSN of another kind.
std::filesystem::path file_of(std::string_view dsn, const std::string& directory) {
  if (dsn == kScheme) {
    return std::filesystem::path(directory) / kDefaultFile;
  }
  if (dsn.substr(0, kScheme.size() + 1) != std::string(kScheme) + ":" || dsn.size() == kScheme.size() + 1) {
    return {};
  }
  return std::filesystem::path(directory) / dsn.substr(kScheme.size() + 1);  // an absolute FILE replaces the directory
}

}  // namespace

Result<std::shared_ptr<Database>> Database::open(const std::string& dsn, const std::string& directory, Env& env,
                                                 Log& log) {
  return guarded([&]() -> Result<std::shared_ptr<Database>> {
    const auto file = file_of(dsn, directory);
    if (file.empty()) {
      // The DSN itself is not shown: it may hold a password.
      return Status(error::invalid_settings, "storage.dsn is neither \"sqlite\" nor \"sqlite:FILE\"")
          .with("field", "storage.dsn");
    }
    return open_sqlite(file.string(), all_migrations(), env, log);
  });
}

}  // namespace kvc::store
