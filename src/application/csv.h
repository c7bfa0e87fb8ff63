// SPDX-License-Identifier: Apache-2.0
// Comma separated values (RFC 4180), strictly: a list somebody typed must not be guessed at.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kvc::application {

/// One record and the line it begins in (from 1).
struct CsvRecord {
  std::size_t line = 0;
  std::vector<std::string> fields;
};

/// Where a text stops being CSV: "quotes" (a quote inside a bare field, text behind a closing quote, a quote that is
/// never closed) or "text" (not UTF-8, or a control character).
struct CsvFault {
  std::size_t line = 0;
  const char* reason = "";
};

/// Lines end in LF or CRLF; a byte order mark and empty lines are skipped; quoted fields may hold commas, quotes (as
/// two) and line breaks. Linear in the size of the text; the caller limits it. Thread: [any].
std::variant<std::vector<CsvRecord>, CsvFault> parse_csv(std::string_view text);

}  // namespace kvc::application
