// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvserver {

std::string lower(std::string_view text);
std::string_view trim(std::string_view text);
bool is_utf8(std::string_view bytes);
/// `bytes` as UTF-8 that XML 1.0 can carry: bytes that are no UTF-8 are read as Latin-1, control characters dropped.
std::string xml_safe(std::string_view bytes);
/// Number of code points; `text` must be UTF-8.
std::size_t code_points(std::string_view text);
/// Percent-decoding; nullopt for a broken escape or a NUL. `+` stays a plus sign.
std::optional<std::string> percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);
std::string base64_encode(std::string_view bytes, bool lines = false);
std::optional<std::string> base64_decode(std::string_view text);
std::string sha256(std::string_view bytes);
std::string hex(std::string_view bytes);
/// A random UUID (RFC 4122 version 4), lower case.
std::string random_uuid();
/// A UUID derived from `seed`: the same seed gives the same UUID.
std::string uuid_from(std::string_view seed);
/// xs:dateTime in UTC with milliseconds, `2026-01-05T09:30:00.000Z`, from milliseconds since 1970.
std::string xs_date_time(std::int64_t unix_ms);
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace kvserver
