// SPDX-License-Identifier: Apache-2.0
// One refresh of one book. Internal to directory/.
#pragma once

#include "directory/directory_service.h"

namespace kvc::directory {

struct Context {
  std::shared_ptr<store::Database> database;
  Env& env;
  Log& log;
};

/// As DirectoryService::refresh, with the sources of the environment.
Result<Summary> refresh_book(const Context& context, const std::string& environment_id, const Sources& sources,
                             const ProgressFn& progress, const Cancel& cancel);

}  // namespace kvc::directory
