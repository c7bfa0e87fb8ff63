// SPDX-License-Identifier: Apache-2.0
#include "directory/entry.h"

#include <Poco/UTF8Encoding.h>

#include <algorithm>
#include <charconv>

#include "base/time.h"
#include "directory/protocol_constants.h"
#include "mime/charset.h"

namespace kvc::directory {
namespace {

/// Characters that change how the text around them is shown, or are not shown at all: a name must not look like
/// another.
bool invisible(int code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
}

bool blank(int code) {
  return code == ' ' || code == '\t' || code == '\r' || code == '\n' || code == 0xA0;
}

/// Blanks become one, the invisible goes, the end is cut off between two characters.
std::string tidied(const std::string& raw) {
  if (raw.empty()) {
    return {};
  }
  const std::string text = mime::to_utf8(raw, "UTF-8");
  const Poco::UTF8Encoding utf8;
  std::string clean;
  bool gap = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data()) + at;
    const auto length = static_cast<std::size_t>(utf8.characterMap()[*bytes] < -1 ? -utf8.characterMap()[*bytes] : 1);
    if (at + length > text.size()) {
      break;
    }
    const int code = utf8.convert(bytes);
    if (blank(code)) {
      gap = !clean.empty();
    } else if (!invisible(code)) {
      if (clean.size() + (gap ? 1 : 0) + length > kMaxTextBytes) {
        break;
      }
      clean.append(gap ? " " : "").append(text, at, length);
      gap = false;
    }
    at += length;
  }
  return clean;
}

/// dot-atom on both sides (RFC 5322 section 3.2.3): nothing that would need quotes, and nothing that could end a header
/// field.
bool usable_address(std::string_view address) {
  const std::size_t at = address.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == address.size() || address.size() > kMaxAddressBytes) {
    return false;
  }
  constexpr std::string_view kRefused = "\"(),:;<>@[\\]";
  return std::none_of(address.begin(), address.end(), [](char c) { return c <= ' ' || c >= 0x7f; }) &&
         address.substr(0, at).find_first_of(kRefused) == std::string_view::npos &&
         address.substr(at + 1).find_first_of(kRefused) == std::string_view::npos;
}

/// Reads `digits` digits at the front of `text` and takes them off.
bool take_number(std::string_view& text, std::size_t digits, int& value) {
  if (text.size() < digits || !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(digits),
                                           [](char c) { return c >= '0' && c <= '9'; })) {
    return false;
  }
  std::from_chars(text.data(), text.data() + digits, value);
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text, std::chrono::sys_days& day) {
  int year = 0;
  int month = 0;
  int date = 0;
  if (!take_number(text, 4, year) || !take(text, '-') || !take_number(text, 2, month) || !take(text, '-') ||
      !take_number(text, 2, date)) {
    return false;
  }
  const std::chrono::year_month_day ymd{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                        std::chrono::day(static_cast<unsigned>(date))};
  day = ymd;
  return ymd.ok();
}

bool take_time(std::string_view& text, std::chrono::seconds& time) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!take_number(text, 2, hour) || !take(text, ':') || !take_number(text, 2, minute) || !take(text, ':') ||
      !take_number(text, 2, second)) {
    return false;
  }
  if (take(text, '.')) {
    text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));  // fractions do not matter here
  }
  time = std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  return hour <= 24 && minute < 60 && second <= 60;
}

bool take_zone(std::string_view& text, std::chrono::seconds& east) {
  east = {};
  if (text.empty() || take(text, 'Z')) {
    return text.empty();
  }
  const bool minus = text.front() == '-';
  int hour = 0;
  int minute = 0;
  if (!(take(text, '-') || take(text, '+')) || !take_number(text, 2, hour) || !take(text, ':') ||
      !take_number(text, 2, minute) || !text.empty() || hour > 14 || minute > 59) {
    return false;
  }
  east = std::chrono::hours(hour) + std::chrono::minutes(minute);
  east = minus ? -east : east;
  return true;
}

}  // namespace

const TextField* text_field(std::string_view name) {
  const auto* const found =
      std::find_if(kTextFields.begin(), kTextFields.end(), [&](const TextField& field) { return field.name == name; });
  return found == kTextFields.end() ? nullptr : found;
}

bool tidy(Entry& entry) {
  for (const TextField& field : kTextFields) {
    entry.*field.member = tidied(entry.*field.member);
  }
  if (entry.services.size() > kMaxServices) {
    entry.services.resize(kMaxServices);
  }
  for (std::string& service : entry.services) {
    service = tidied(service);
  }
  std::erase(entry.services, std::string());
  return usable_address(entry.address);
}

std::string address_key(std::string_view address) {
  std::string key(address);
  std::transform(key.begin(), key.end(), key.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return key;
}

std::optional<TimePoint> parse_date_time(std::string_view text) {
  std::chrono::sys_days day;
  std::chrono::seconds time{};
  std::chrono::seconds east{};
  if (!take_date(text, day) || (take(text, 'T') && !take_time(text, time)) || !take_zone(text, east)) {
    return std::nullopt;
  }
  return saturated(std::chrono::sys_seconds(day) + time - east);
}

CertificateAge certificate_age(const Entry& entry, TimePoint now, int soon) {
  if (!entry.certificate_valid_to) {
    return {};
  }
  // In whole seconds: the difference of two far TimePoints overflows.
  const auto end = std::chrono::floor<std::chrono::seconds>(*entry.certificate_valid_to);
  const auto left = end - std::chrono::floor<std::chrono::seconds>(now);
  const auto days = [](std::chrono::seconds span) {
    return static_cast<int>(std::chrono::duration_cast<std::chrono::days>(span).count());
  };
  if (left <= std::chrono::seconds(0)) {
    return {CertificateAge::State::expired, days(-left)};
  }
  return {days(left) < soon ? CertificateAge::State::expires_soon : CertificateAge::State::valid, days(left)};
}

}  // namespace kvc::directory
