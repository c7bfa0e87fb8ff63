// SPDX-License-Identifier: Apache-2.0
// Writing the parts of a message to a directory, with names that can do no harm.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "message/open.h"

namespace kvc::tool {

/// A file name made of what the sender wrote: no path, no control or shell-hostile characters, no leading dot, at most
/// 120 bytes of UTF-8, never empty ("teil-1" for the first part).
std::string safe_name(std::string_view sent, std::size_t number);

/// safe_name() for each part; names that would be equal on any file system (case) get "-2", "-3" before the extension.
std::vector<std::string> safe_names(const std::vector<message::Part>& parts);

/// Writes every part into `directory` (made with mode 0700 if it is not there), files with mode 0600. A file that is
/// there, and a symbolic link in its place, are never touched: file_unwritable, naming it. Returns the names written.
Result<std::vector<std::string>> extract_parts(const message::OpenedMessage& message, const std::string& directory);

}  // namespace kvc::tool
