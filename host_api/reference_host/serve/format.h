// SPDX-License-Identifier: Apache-2.0
// Machine values as people of the practice read them: "25.11.2026, 13:20 Uhr", "1,4 MB".
#pragma once

#include <cstdint>
#include <string>

#include "serve/words.h"

namespace pvs::host::serve {

/// In the time zone of the process, which `serve` sets to the practice's.
[[nodiscard]] std::string format_time_ms(const Words& words, std::int64_t time_ms);
/// "YYYY-MM-DD" as a date; anything else as it is.
[[nodiscard]] std::string format_date(const Words& words, const std::string& date);
[[nodiscard]] std::string format_size(const Words& words, std::uint64_t bytes);
/// What a media type is called: "PDF", "Bild (JPEG)"; one without a name here stays as it is.
[[nodiscard]] std::string format_type(const Words& words, const std::string& media_type);
/// With the separators of thousands of the language: "12.345".
[[nodiscard]] std::string format_number(const Words& words, std::uint64_t number);

}  // namespace pvs::host::serve
