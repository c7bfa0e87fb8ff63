// SPDX-License-Identifier: Apache-2.0
#include "texts/format.h"

#include <gtest/gtest.h>

namespace kvc::plugin {
namespace {

TimePoint utc(std::int64_t seconds) {
  return TimePoint(std::chrono::seconds(seconds));
}

TEST(Format, WritesGermanTimeInWinterAndSummer) {
  EXPECT_EQ(format_time(utc(1798117500), Language::de), "24.12.2026, 14:05 Uhr");
  EXPECT_EQ(format_time(utc(1782302700), Language::de), "24.06.2026, 14:05 Uhr");
  EXPECT_EQ(format_time(utc(1798117500), Language::en), "24/12/2026, 14:05");
}

TEST(Format, ChangesAtTheHourTheDirectiveNames) {
  // 29 March 2026, 01:00 UTC, and 25 October 2026, 01:00 UTC.
  EXPECT_EQ(format_time(utc(1774745999), Language::de), "29.03.2026, 01:59 Uhr");
  EXPECT_EQ(format_time(utc(1774746000), Language::de), "29.03.2026, 03:00 Uhr");
  EXPECT_EQ(format_time(utc(1792889999), Language::de), "25.10.2026, 02:59 Uhr");
  EXPECT_EQ(format_time(utc(1792890000), Language::de), "25.10.2026, 02:00 Uhr");
}

TEST(Format, TurnsTheYearInLocalTime) {
  EXPECT_EQ(format_date(utc(1798758000), Language::de), "01.01.2027");
}

TEST(Format, TheEndOfTimeIsADateToo) {
  // A certificate valid until 9999 is cut to what a TimePoint can hold.
  EXPECT_EQ(format_date(TimePoint::max(), Language::de), "12.04.2262");
}

TEST(Format, WritesNoTimeAsADash) {
  EXPECT_EQ(format_time(std::nullopt, Language::de), "–");
}

TEST(Format, ReadsTheServersTimes) {
  EXPECT_EQ(format_xs_time("2026-12-24T14:05:00+01:00", Language::de), "24.12.2026, 14:05 Uhr");
  EXPECT_EQ(format_xs_time("2026-12-24T13:05:00Z", Language::de), "24.12.2026, 14:05 Uhr");
  EXPECT_EQ(format_xs_time("2026-12-24T13:05:00.250Z", Language::de), "24.12.2026, 14:05 Uhr");
  EXPECT_EQ(format_xs_time("gestern", Language::de), "gestern");
  EXPECT_EQ(format_xs_time("", Language::de), "");
}

TEST(Format, WritesSizes) {
  EXPECT_EQ(format_size(0, Language::de), "0 Byte");
  EXPECT_EQ(format_size(999, Language::de), "999 Byte");
  EXPECT_EQ(format_size(1000, Language::de), "1 kB");
  EXPECT_EQ(format_size(1450000, Language::de), "1,4 MB");
  EXPECT_EQ(format_size(1450000, Language::en), "1.4 MB");
  EXPECT_EQ(format_size(500ULL * 1000 * 1000 * 1000, Language::de), "500 GB");
  EXPECT_EQ(format_size(UINT64_MAX, Language::en), "18446744 TB");
}

TEST(Format, CountsDays) {
  EXPECT_EQ(days_between(utc(0), utc(86399)), 0);
  EXPECT_EQ(days_between(utc(0), utc(86400)), 1);
  EXPECT_EQ(days_between(utc(86400), utc(0)), -1);
}

TEST(Format, TimesOfTheServerAreReadOrRefused) {
  EXPECT_EQ(parse_xs_time("2026-01-02T01:00:00+01:00"), parse_xs_time("2026-01-02T00:00:00Z"));
  EXPECT_TRUE(parse_xs_time("2026-01-02T00:00:00.123Z").has_value());
  for (const char* text :
       {"", "gestern", "2026-01-02", "2026-01-02 00:00:00", "2026-01-02T00:00", "9999999999999999999"}) {
    EXPECT_FALSE(parse_xs_time(text).has_value()) << text;
  }
}

TEST(ParseDate, IsTheBeginningOfTheGermanDay) {
  EXPECT_EQ(parse_date("2026-12-24"), parse_xs_time("2026-12-23T23:00:00Z"));
  EXPECT_EQ(parse_date("2026-07-01"), parse_xs_time("2026-06-30T22:00:00Z"));
  for (const char* text : {"", "2026-02-30", "2026-13-01", "24.12.2026", "2026-12-24T", "2026-12-2x", "9999-12-31",
                           "2262-04-12", "0001-01-01"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

TEST(DayAfter, CountsShortAndLongDays) {
  for (const auto& [day, next] : std::vector<std::pair<std::string, std::string>>{{"2026-03-29", "2026-03-30"},
                                                                                  {"2026-10-25", "2026-10-26"},
                                                                                  {"2026-12-31", "2027-01-01"},
                                                                                  {"2028-02-28", "2028-02-29"}}) {
    EXPECT_EQ(day_after(*parse_date(day)), *parse_date(next)) << day;
  }
}

}  // namespace
}  // namespace kvc::plugin
