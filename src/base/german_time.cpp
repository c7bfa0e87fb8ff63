// SPDX-License-Identifier: Apache-2.0
#include "base/german_time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "base/time.h"

namespace kvc {
namespace {

using namespace std::chrono;

constexpr int kLastYear = 9999;

struct Fields {
  year_month_day date;
  hours hour{0};
  minutes minute{0};
  seconds second{0};
  std::optional<minutes> zone;
};

/// A number of exactly `digits` digits at the front of `text`; nothing if there is none.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  const std::string_view field = text.substr(0, digits);
  if (field.size() != digits || field.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  int value = 0;
  std::from_chars(field.data(), field.data() + field.size(), value);
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

/// "Z", "+02:00" or nothing. False if there is something else.
bool take_zone(std::string_view& text, std::optional<minutes>& zone) {
  if (text.empty()) {
    return true;
  }
  if (take(text, 'Z')) {
    zone = minutes(0);
    return true;
  }
  constexpr int kLargestZone = 14;  // XML Schema part 2, section 3.2.7.3
  const bool minus = text.starts_with('-');
  if (!take(text, '-') && !take(text, '+')) {
    return false;
  }
  const auto hour = take_number(text, 2);
  const bool colon = take(text, ':');
  const auto minute = take_number(text, 2);
  if (!hour || !colon || !minute || *hour > kLargestZone || *minute > 59) {
    return false;
  }
  zone = minutes((*hour * 60 + *minute) * (minus ? -1 : 1));
  return true;
}

std::optional<Fields> parse_fields(std::string_view text) {
  const auto year_number = take_number(text, 4);
  bool good = take(text, '-');
  const auto month_number = take_number(text, 2);
  good = take(text, '-') && good;
  const auto day_number = take_number(text, 2);
  good = take(text, 'T') && good;
  const auto hour = take_number(text, 2);
  good = take(text, ':') && good;
  const auto minute = take_number(text, 2);
  good = take(text, ':') && good;
  const auto second = take_number(text, 2);
  if (!good || !year_number || !month_number || !day_number || !hour || !minute || !second) {
    return std::nullopt;
  }
  if (take(text, '.')) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    good = digits > 0;
    text.remove_prefix(digits);
  }
  Fields fields{
      year(*year_number) / month(static_cast<unsigned>(*month_number)) / day(static_cast<unsigned>(*day_number)),
      hours(*hour), minutes(*minute), seconds(*second), std::nullopt};
  good = take_zone(text, fields.zone) && good && text.empty();
  // 24:00:00 is the end of the day in XML Schema; a leap second is read as the first of the next minute.
  const bool time_good = (*hour < 24 && *minute < 60 && *second <= 60) || (*hour == 24 && *minute == 0 && *second == 0);
  return good && time_good && *year_number > 0 && fields.date.ok() ? std::optional(fields) : std::nullopt;
}

/// The last Sunday of the month, 01:00 UTC.
sys_seconds change_of(year in, month of) {
  return sys_days(in / of / Sunday[last]) + hours(1);
}

bool summer(sys_seconds time) {
  const year in = year_month_day(floor<days>(time)).year();
  return change_of(in, March) <= time && time < change_of(in, October);
}

struct Local {
  year_month_day date;
  hh_mm_ss<seconds> clock;
  int zone_hours;
};

Local local(TimePoint time) {
  const auto utc = floor<seconds>(time);
  const int zone = summer(utc) ? 2 : 1;
  const auto shifted = utc + hours(zone);
  const auto date = floor<days>(shifted);
  return {year_month_day(date), hh_mm_ss<seconds>(shifted - date), zone};
}

}  // namespace

bool german_summer_time(TimePoint time) {
  return summer(floor<seconds>(time));
}

std::optional<TimePoint> parse_xs_date_time(std::string_view text) {
  const auto fields = parse_fields(text);
  if (!fields || static_cast<int>(fields->date.year()) > kLastYear) {
    return std::nullopt;
  }
  const sys_seconds wall = sys_days(fields->date) + fields->hour + fields->minute + fields->second;
  if (fields->zone) {
    return saturated(wall - *fields->zone);
  }
  const bool as_summer = summer(wall - hours(2));
  return saturated(wall - hours(as_summer ? 2 : 1));
}

std::string german_date_time(TimePoint time) {
  const Local at = local(time);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d+%02d:00", static_cast<int>(at.date.year()),
                static_cast<unsigned>(at.date.month()), static_cast<unsigned>(at.date.day()),
                static_cast<int>(at.clock.hours().count()), static_cast<int>(at.clock.minutes().count()),
                static_cast<int>(at.clock.seconds().count()), at.zone_hours);
  return text.data();
}

std::string german_time_text(TimePoint time) {
  const Local at = local(time);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%02u.%02u.%04d %02d:%02d:%02d", static_cast<unsigned>(at.date.day()),
                static_cast<unsigned>(at.date.month()), static_cast<int>(at.date.year()),
                static_cast<int>(at.clock.hours().count()), static_cast<int>(at.clock.minutes().count()),
                static_cast<int>(at.clock.seconds().count()));
  return text.data();
}

}  // namespace kvc
