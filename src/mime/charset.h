// SPDX-License-Identifier: Apache-2.0
// Character sets of mail, turned into UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace kvc::mime {

/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool is_utf8(std::string_view text);
bool is_ascii(std::string_view text);

/// Turns text of the named character set into UTF-8. Known: UTF-8, US-ASCII, ISO-8859-1, -2, -15, windows-1250, -1251,
/// -1252 (any case). For an unknown or empty name, and for bytes that are not what the name says: UTF-8 if it is
/// well-formed UTF-8, else windows-1252, because that is what practice systems mean. Never fails.
std::string to_utf8(std::string_view text, std::string_view charset);

}  // namespace kvc::mime
