// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

namespace kvc::tool {

/// `kvconnect restore --data DIR [--settings FILE] [--backup FILE]`: puts the newest whole backup of the database file,
/// or the one named, in its place, and keeps the old file aside (store/backup.h). JSON on standard output, what to do
/// next on standard error.
int run_restore(std::span<const std::string> args);

}  // namespace kvc::tool
