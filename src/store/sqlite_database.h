// SPDX-License-Identifier: Apache-2.0
// The SQLite side of Database. Internal to store/ and its tests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/database.h"
#include "store/migrations.h"

namespace kvc::store {

/// Opens or makes `file` and brings it to the last of `migrations` (tests pass fewer to make older databases).
Result<std::shared_ptr<Database>> open_sqlite(const std::string& file, const std::vector<Migration>& migrations,
                                              Env& env, Log& log);

}  // namespace kvc::store
