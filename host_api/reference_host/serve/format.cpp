// SPDX-License-Identifier: Apache-2.0
#include "serve/format.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace pvs::host::serve {

std::string format_time_ms(const Words& words, std::int64_t time_ms) {
  const std::time_t seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) {
    return "–";
  }
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), words.english() ? "%d/%m/%Y, %H:%M" : "%d.%m.%Y, %H:%M Uhr", &local);
  return text.data();
}

std::string format_date(const Words& words, const std::string& date) {
  const bool iso = date.size() == 10 && date[4] == '-' && date[7] == '-' &&
                   date.find_first_not_of("0123456789-") == std::string::npos;
  if (!iso) {
    return date;
  }
  const std::string separator = words.english() ? "/" : ".";
  return date.substr(8) + separator + date.substr(5, 2) + separator + date.substr(0, 4);
}

std::string format_size(const Words& words, std::uint64_t bytes) {
  if (bytes < 1000) {
    return std::to_string(bytes) + (words.english() ? " bytes" : " Byte");
  }
  static constexpr std::array kUnits{"kB", "MB", "GB", "TB", "PB", "EB"};
  std::size_t unit = 0;
  // In tenths, rounded; integers, so that no rounding of the machine shows.
  std::uint64_t tenths = bytes / 100 + (bytes % 100 >= 50 ? 1 : 0);
  while (tenths >= 10000 && unit + 1 < kUnits.size()) {
    tenths = tenths / 1000 + (tenths % 1000 >= 500 ? 1 : 0);
    ++unit;
  }
  std::string text = std::to_string(tenths / 10);
  if (tenths < 1000 && tenths % 10 != 0) {
    text += (words.english() ? "." : ",") + std::to_string(tenths % 10);
  }
  return text + " " + kUnits[unit];
}

std::string format_type(const Words& words, const std::string& media_type) {
  const std::string type = media_type.substr(0, media_type.find(';'));
  const auto image = [&](const char* kind) { return std::string(words(Word::type_image)) + " (" + kind + ")"; };
  if (type == "application/pdf") return "PDF";
  if (type == "text/plain") return std::string(words(Word::type_text));
  if (type == "text/xml" || type == "application/xml") return "XML";
  if (type == "text/html") return "HTML";
  if (type == "application/zip") return "ZIP";
  if (type == "image/jpeg") return image("JPEG");
  if (type == "image/png") return image("PNG");
  if (type == "image/tiff") return image("TIFF");
  if (type == "message/rfc822") return std::string(words(Word::type_mail));
  if (type == "application/octet-stream") return std::string(words(Word::type_file));
  return media_type;
}

std::string format_number(const Words& words, std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, words.english() ? "," : ".");
  }
  return text;
}

}  // namespace pvs::host::serve
