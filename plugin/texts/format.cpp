// SPDX-License-Identifier: Apache-2.0
#include "texts/format.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>

#include <array>
#include <cstdio>

#include "base/german_time.h"
#include "base/time.h"

namespace kvc::plugin {
namespace {

namespace ch = std::chrono;

struct Local {
  int year, month, day, hour, minute;
};

ch::hours offset_of_germany(TimePoint time) {
  const auto utc = ch::floor<ch::seconds>(time);
  const ch::year year = ch::year_month_day(ch::floor<ch::days>(utc)).year();
  const auto begin = ch::sys_days(year / ch::March / ch::Sunday[ch::last]) + ch::hours(1);
  const auto end = ch::sys_days(year / ch::October / ch::Sunday[ch::last]) + ch::hours(1);
  return utc >= begin && utc < end ? ch::hours(2) : ch::hours(1);
}

Local local(TimePoint time) {
  const auto shifted = ch::floor<ch::minutes>(ch::floor<ch::seconds>(time) + offset_of_germany(time));
  const auto day = ch::floor<ch::days>(shifted);
  const ch::year_month_day date(day);
  const ch::hh_mm_ss clock(shifted - day);
  return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())), static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count())};
}

}  // namespace

std::string format_date(TimePoint time, Language language) {
  const Local at = local(time);
  const char separator = language == Language::en ? '/' : '.';
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%02d%c%02d%c%04d", at.day, separator, at.month, separator, at.year);
  return text.data();
}

std::string format_time(TimePoint time, Language language) {
  const Local at = local(time);
  std::array<char, 32> clock{};
  std::snprintf(clock.data(), clock.size(), ", %02d:%02d", at.hour, at.minute);
  return format_date(time, language) + clock.data() + (language == Language::de ? " Uhr" : "");
}

std::string format_time(const std::optional<TimePoint>& time, Language language) {
  return time ? format_time(*time, language) : "–";
}

std::optional<TimePoint> parse_xs_time(std::string_view text) {
  Poco::DateTime parsed;
  int zone = 0;
  const std::string copy(text);
  // Poco's parser takes nearly anything for a date.
  const bool looks_right = copy.size() >= 19 && copy[4] == '-' && copy[7] == '-' && copy[10] == 'T' &&
                           copy[13] == ':' && copy.find_first_not_of("0123456789-+:.TZ") == std::string::npos;
  if (!looks_right || !Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::ISO8601_FRAC_FORMAT, copy, parsed, zone)) {
    return std::nullopt;
  }
  parsed.makeUTC(zone);
  return saturated(ch::sys_seconds(ch::seconds(parsed.timestamp().epochTime())));
}

std::string format_xs_time(std::string_view text, Language language) {
  const auto time = parse_xs_time(text);
  return time ? format_time(*time, language) : std::string(text);
}

// A date that TimePoint does not hold (before 1678, after 2261) comes as its nearest one: no day anybody meant.
std::optional<TimePoint> parse_date(std::string_view text) {
  constexpr std::size_t kLength = 10;
  constexpr ch::hours kMargin{48};
  const auto time = text.size() == kLength ? parse_xs_date_time(std::string(text) + "T00:00:00") : std::nullopt;
  const bool held = time && *time > TimePoint::min() + kMargin && *time < TimePoint::max() - kMargin;
  return held ? time : std::nullopt;
}

TimePoint day_after(TimePoint begin) {
  // Noon of the next day, whether the day in between had 23, 24 or 25 hours.
  constexpr std::size_t kLength = 10;
  const auto next = parse_date(german_date_time(begin + ch::hours(36)).substr(0, kLength));
  return next.value_or(begin + ch::hours(24));
}

std::string format_size(std::uint64_t bytes, Language language) {
  if (bytes < 1000) {
    return std::to_string(bytes) + (language == Language::de ? " Byte" : " bytes");
  }
  constexpr std::array<const char*, 4> kUnits{" kB", " MB", " GB", " TB"};
  std::uint64_t divisor = 1000;
  std::size_t unit = 0;
  while (unit + 1 < kUnits.size() && bytes / divisor >= 1000) {
    divisor *= 1000;
    ++unit;
  }
  const std::uint64_t tenths = bytes / (divisor / 10);
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) {
    text += (language == Language::de ? "," : ".") + std::to_string(tenths % 10);
  }
  return text + kUnits[unit];
}

std::int64_t days_between(TimePoint from, TimePoint to) {
  return ch::floor<ch::days>(to).time_since_epoch().count() - ch::floor<ch::days>(from).time_since_epoch().count();
}

std::int64_t to_ms(TimePoint time) {
  return ch::duration_cast<Millis>(time.time_since_epoch()).count();
}

}  // namespace kvc::plugin
