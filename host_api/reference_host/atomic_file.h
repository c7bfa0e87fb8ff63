// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace pvs::host {

/// Replaces `path` by `bytes` as a whole, mode 0600, synchronised to the disk. False if that did not work; then the old
/// file is still there.
[[nodiscard]] bool write_file_atomically(const std::filesystem::path& path, std::string_view bytes);
/// Appends one line (a line break is added) in one write, mode 0600; returns after it is on the disk if `durable`.
[[nodiscard]] bool append_line(const std::filesystem::path& path, std::string_view line, bool durable);
/// Makes a directory and its parents, mode 0700. Throws std::filesystem::filesystem_error.
void make_private_directory(const std::filesystem::path& path);

}  // namespace pvs::host
