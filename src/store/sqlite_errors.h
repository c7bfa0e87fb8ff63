// SPDX-License-Identifier: Apache-2.0
// What SQLite's failures mean to us. Internal to store/.
#pragma once

#include <functional>

#include "base/status.h"

namespace kvc::store {

/// Runs `work` and turns exceptions of Poco::Data into storage_* codes (already_exists for constraints). The detail is
/// a sentence of ours: exception texts hold SQL and file names.
Status with_sqlite_errors(const std::function<Status()>& work);

}  // namespace kvc::store
