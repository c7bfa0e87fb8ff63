// SPDX-License-Identifier: Apache-2.0
// The SQLite side of Database. Internal to store/ and its tests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/database.h"
#include "store/migrations.h"

namespace kvc::store {

/// [D] What a connection keeps of the pages it read: 256 KiB. SQLite's own measure is 2 MB for each. Those pages come and
/// go by the hundred with every write of another connection and every check of the file, on whatever thread asks, and
/// each thread's heap stays as large as its largest moment. To read one again costs a copy from the system's cache.
inline constexpr const char* kLittleCache = "PRAGMA cache_size=-256";

/// Opens or makes `file` and brings it to the last of `migrations` (tests pass fewer to make older databases).
Result<std::shared_ptr<Database>> open_sqlite(const std::string& file, const std::vector<Migration>& migrations,
                                              Env& env, Log& log);

}  // namespace kvc::store
