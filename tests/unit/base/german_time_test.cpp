// SPDX-License-Identifier: Apache-2.0
#include "base/german_time.h"

#include <gtest/gtest.h>

namespace kvc {
namespace {

using namespace std::chrono;

TimePoint utc(int y, unsigned m, unsigned d, int hour, int minute = 0, int second = 0) {
  return sys_days(year(y) / month(m) / day(d)) + hours(hour) + minutes(minute) + seconds(second);
}

TEST(GermanTime, ReadsZones) {
  EXPECT_EQ(parse_xs_date_time("2026-01-05T09:30:00+01:00"), utc(2026, 1, 5, 8, 30));
  EXPECT_EQ(parse_xs_date_time("2026-01-05T09:30:00Z"), utc(2026, 1, 5, 9, 30));
  EXPECT_EQ(parse_xs_date_time("2026-01-05T09:30:00.123-02:30"), utc(2026, 1, 5, 12));
  EXPECT_EQ(parse_xs_date_time("2026-01-05T24:00:00Z"), utc(2026, 1, 6, 0));
}

TEST(GermanTime, WithoutAZoneIsGerman) {
  EXPECT_EQ(parse_xs_date_time("2025-01-01T00:00:00"), utc(2024, 12, 31, 23));
  EXPECT_EQ(parse_xs_date_time("2025-07-01T00:00:00"), utc(2025, 6, 30, 22));
  // Summer time of 2025: 30 March, 01:00 UTC, to 26 October, 01:00 UTC.
  EXPECT_EQ(parse_xs_date_time("2025-03-30T01:59:59"), utc(2025, 3, 30, 0, 59, 59));
  EXPECT_EQ(parse_xs_date_time("2025-03-30T03:00:00"), utc(2025, 3, 30, 1));
  EXPECT_EQ(parse_xs_date_time("2025-10-26T02:30:00"), utc(2025, 10, 26, 0, 30)) << "the first of two";
  EXPECT_EQ(parse_xs_date_time("2025-10-26T03:00:00"), utc(2025, 10, 26, 2));
}

TEST(GermanTime, WritesItsZone) {
  EXPECT_EQ(german_date_time(utc(2026, 1, 5, 8, 30)), "2026-01-05T09:30:00+01:00");
  EXPECT_EQ(german_date_time(utc(2026, 7, 5, 22, 30)), "2026-07-06T00:30:00+02:00");
  EXPECT_EQ(german_time_text(utc(2026, 7, 5, 22, 30, 7)), "06.07.2026 00:30:07");
  EXPECT_TRUE(german_summer_time(utc(2025, 3, 30, 1)));
  EXPECT_FALSE(german_summer_time(utc(2025, 3, 30, 0, 59, 59)));
  EXPECT_FALSE(german_summer_time(utc(2025, 10, 26, 1)));
}

TEST(GermanTime, RoundTrips) {
  for (TimePoint time = utc(2024, 12, 31, 0); time < utc(2026, 1, 2, 0); time += hours(1)) {
    EXPECT_EQ(parse_xs_date_time(german_date_time(time)), time);
  }
}

TEST(GermanTime, RefusesWhatIsNoTime) {
  for (const char* bad :
       {"", "2026-01-05", "2026-01-05 09:30:00", "2026-13-05T09:30:00", "2026-02-30T09:30:00", "2026-01-05T25:00:00",
        "2026-01-05T24:00:01", "2026-01-05T09:60:00", "2026-01-05T09:30:00+0100", "2026-01-05T09:30:00+15:00",
        "2026-01-05T09:30:00Zx", "2026-01-05T09:30:00.", "-2026-01-05T09:30:00", "0000-01-05T09:30:00",
        "2026-1-5T9:30:00", "2026-01-05T-9:30:00", "+026-01-05T09:30:00"}) {
    EXPECT_FALSE(parse_xs_date_time(bad)) << bad;
  }
  EXPECT_EQ(parse_xs_date_time("9999-12-31T23:59:59Z"), TimePoint::max()) << "clamped, not overflown";
  EXPECT_EQ(parse_xs_date_time("0001-01-01T00:00:00"), TimePoint::min());
}

}  // namespace
}  // namespace kvc
