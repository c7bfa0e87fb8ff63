// SPDX-License-Identifier: Apache-2.0
// File names that others chose, made harmless for every file system and every screen.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kvc::mime {

/// [D] Shorter than the 143 bytes an encrypting file system leaves, so that "-2" and an extension still fit.
inline constexpr std::size_t kMaxSafeName = 120;

/// Text of others on one line for people: well-formed UTF-8, control characters and those that turn the direction of
/// writing or are invisible as "_".
std::string shown_line(std::string_view text);

/// A file name made of what the sender wrote: the part after the last '/' or '\', well-formed UTF-8 in at most
/// kMaxSafeName bytes (the extension is kept), without control characters, characters that turn the direction of
/// writing or are invisible (so that "gpj.exe" cannot look like "exe.jpg"), characters a shell or a file system gives
/// a meaning, leading dots, blanks and dashes, trailing dots and blanks. The device names of Windows (CON, NUL, COM1
/// ..., with or without extension) get a "_" in front. Never empty: `fallback` if nothing is left.
std::string safe_name(std::string_view sent, std::string_view fallback);

/// safe_name() of each, "teil-1" ... where nothing is left; names that are equal on any file system (letter case of
/// ASCII) get "-2", "-3" before the extension.
std::vector<std::string> safe_names(const std::vector<std::string>& sent);

}  // namespace kvc::mime
