// SPDX-License-Identifier: Apache-2.0
#include "service/working_time.h"

#include <chrono>

namespace kvc::service {
namespace {

namespace ch = std::chrono;

// The clock on the wall in Germany as a count of milliseconds; no time of the machine's zone is asked for, since the
// practice system may have set any.
using Local = ch::local_time<Millis>;

// Summer time of the European Union (directive 2000/84/EC): last Sunday of March to last Sunday of October, 01:00 UTC.
Millis offset_at(TimePoint time) {
  const auto day = ch::floor<ch::days>(time);
  const ch::year year = ch::year_month_day(day).year();
  const auto change = [&](ch::month month) { return ch::sys_days(year / month / ch::Sunday[ch::last]) + ch::hours(1); };
  const bool summer = time >= change(ch::March) && time < change(ch::October);
  return ch::hours(summer ? 2 : 1);
}

Local to_local(TimePoint time) {
  return Local(ch::floor<Millis>(time.time_since_epoch()) + offset_at(time));
}

// In the hour that exists twice the earlier one is meant; the one that does not exist ends an hour later.
TimePoint to_utc(Local time) {
  const TimePoint as_summer(time.time_since_epoch() - ch::hours(2));
  const TimePoint as_winter(time.time_since_epoch() - ch::hours(1));
  return offset_at(as_summer) == ch::hours(2) ? as_summer : as_winter;
}

bool is_weekend(ch::local_days day) {
  const ch::weekday weekday(day);
  return weekday == ch::Saturday || weekday == ch::Sunday;
}

}  // namespace

TimePoint deadline(TimePoint start, int hours, bool working_days) {
  if (!working_days) {
    return start + ch::hours(hours);
  }
  Local at = to_local(start);
  Millis left = ch::hours(hours);
  while (true) {
    const auto today = ch::floor<ch::days>(at);
    const Local tomorrow = today + ch::days(1);
    if (!is_weekend(today)) {
      if (left <= tomorrow - at) {
        return to_utc(at + left);
      }
      left -= tomorrow - at;
    }
    at = tomorrow;
  }
}

}  // namespace kvc::service
