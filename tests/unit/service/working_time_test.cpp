// SPDX-License-Identifier: Apache-2.0
// protocol D: "eDoku Status after 72 hours of working days, Saturday is none". All times are UTC.
#include "service/working_time.h"

#include <gtest/gtest.h>

namespace kvc::service {
namespace {

using namespace std::chrono;

TimePoint at(int year_, unsigned month_, unsigned day_, int hour, int minute = 0) {
  return sys_days(year(year_) / month(month_) / day(day_)) + hours(hour) + minutes(minute);
}

TEST(Deadline, WithoutWorkingDaysIsPlainTime) {
  EXPECT_EQ(deadline(at(2026, 10, 2, 13), 72, false), at(2026, 10, 5, 13));
  EXPECT_EQ(deadline(at(2026, 10, 2, 13), 0, false), at(2026, 10, 2, 13));
}

TEST(Deadline, WithinTheWeekIsPlainTime) {
  EXPECT_EQ(deadline(at(2026, 11, 2, 9, 30), 72, true), at(2026, 11, 5, 9, 30)) << "Monday to Thursday";
}

TEST(Deadline, LeavesOutSaturdayAndSunday) {
  EXPECT_EQ(deadline(at(2026, 11, 6, 14), 72, true), at(2026, 11, 11, 14)) << "Friday 15:00 to Wednesday 15:00";
  EXPECT_EQ(deadline(at(2026, 11, 5, 14), 24, true), at(2026, 11, 6, 14)) << "Thursday to Friday";
  EXPECT_EQ(deadline(at(2026, 11, 2, 9), 240, true), at(2026, 11, 16, 9)) << "two weeks";
}

TEST(Deadline, BeginsOnMondayWhenSentAtTheWeekend) {
  const TimePoint monday = at(2026, 11, 8, 23);  // 00:00 in Germany
  EXPECT_EQ(deadline(at(2026, 11, 7, 9), 1, true), monday + hours(1)) << "Saturday";
  EXPECT_EQ(deadline(at(2026, 11, 8, 20), 1, true), monday + hours(1)) << "Sunday";
  EXPECT_EQ(deadline(at(2026, 11, 8, 23), 1, true), monday + hours(1)) << "Monday at midnight";
}

// The day is the one in Germany, not the one in Greenwich.
TEST(Deadline, CountsGermanDays) {
  EXPECT_EQ(deadline(at(2026, 11, 6, 22), 2, true), at(2026, 11, 9, 0)) << "Friday 23:00: an hour, then Monday's";
  EXPECT_EQ(deadline(at(2026, 7, 3, 21), 2, true), at(2026, 7, 5, 23)) << "in summer: Friday 23:00, Monday 01:00";
}

// Clocks change on Sundays; a deadline over such a weekend keeps its time of day.
TEST(Deadline, SurvivesSummerTime) {
  EXPECT_EQ(deadline(at(2026, 3, 27, 12), 24, true), at(2026, 3, 30, 11)) << "Friday 13:00 to Monday 13:00";
  EXPECT_EQ(deadline(at(2026, 10, 23, 11), 24, true), at(2026, 10, 26, 12));
}

TEST(Deadline, TakesTheLongestTimeTheCatalogueMayName) {
  const TimePoint end = deadline(at(2026, 11, 2, 9), 10000, true);
  EXPECT_GT(end, at(2026, 11, 2, 9) + hours(10000));
}

}  // namespace
}  // namespace kvc::service
