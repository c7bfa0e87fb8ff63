// SPDX-License-Identifier: Apache-2.0
// Writing the parts of a message to a directory, with names that can do no harm.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "message/open.h"

namespace kvc::tool {

/// A harmless name for each part (mime/safe_name.h); a text without a name is "teil-1.txt".
std::vector<std::string> part_names(const std::vector<message::Part>& parts);

/// Writes every part into `directory` (made with mode 0700 if it is not there), files with mode 0600. A file that is
/// there, and a symbolic link in its place, are never touched: file_unwritable, naming it. Returns the names written.
Result<std::vector<std::string>> extract_parts(const message::OpenedMessage& message, const std::string& directory);

}  // namespace kvc::tool
