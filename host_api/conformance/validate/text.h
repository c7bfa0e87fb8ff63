// SPDX-License-Identifier: Apache-2.0
// Text from a plugin, as the validator judges and prints it.
#pragma once

#include <string>
#include <string_view>

namespace pvs::conformance {

/// Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// True for text that could mislead or harm the one who shows it: control characters other than line feed and tab,
/// and characters that turn the direction of writing round (U+202A..U+202E, U+2066..U+2069).
[[nodiscard]] bool is_hostile(std::string_view text) noexcept;

/// Text as a terminal may show it: control bytes become '.', and it is cut at `limit` bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 300);

}  // namespace pvs::conformance
