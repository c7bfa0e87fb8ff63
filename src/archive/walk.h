// SPDX-License-Identifier: Apache-2.0
// Going through a folder without following links. Internal to archive/.
#pragma once

#include <functional>
#include <string>

#include "base/env.h"
#include "base/status.h"

namespace kvc::archive {

/// [D] Folders nested more deeply are reported and left out.
inline constexpr int kMaxFolderDepth = 64;

struct Visitor {
  /// A regular file whose name ends in ".eml"; `directory` and `name` as openat() has them, `path` for people. An error
  /// ends the walk.
  std::function<Status(int directory, const std::string& name, const std::string& path)> file;
  /// Something below the folder that cannot be read.
  std::function<void(const std::string& path, const std::string& why)> problem;
};

/// Visits everything below the folder, entry by entry: memory does not grow with the number of files, only with the
/// depth. Symbolic links, pipes, devices and sockets are passed over. Errors: file_unreadable for `path` itself,
/// cancelled, and what the visitor returns.
Status walk(const std::string& path, const Visitor& visitor, const Cancel& cancel);

/// True for a name that ends in ".eml", any case, and is more than that.
bool is_mail_name(const std::string& name);

}  // namespace kvc::archive
