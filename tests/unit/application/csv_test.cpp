// SPDX-License-Identifier: Apache-2.0
#include "application/csv.h"

#include <gmock/gmock.h>

namespace kvc::application {
namespace {

using testing::ElementsAre;

std::vector<CsvRecord> good(std::string_view text) {
  auto parsed = parse_csv(text);
  if (const auto* const fault = std::get_if<CsvFault>(&parsed)) {
    ADD_FAILURE() << "line " << fault->line << ": " << fault->reason;
    return {};
  }
  return std::get<std::vector<CsvRecord>>(parsed);
}

std::pair<std::size_t, std::string> fault(std::string_view text) {
  const auto parsed = parse_csv(text);
  const auto* const found = std::get_if<CsvFault>(&parsed);
  return found == nullptr ? std::pair<std::size_t, std::string>{0, "good"}
                          : std::pair<std::size_t, std::string>{found->line, found->reason};
}

TEST(Csv, ReadsRecordsWithTheirLines) {
  const auto records = good(
      "\xEF\xBB\xBF"
      "a,b\r\n\r\n\"x, \"\"y\"\"\nz\",\n,\nlast");
  ASSERT_EQ(records.size(), 4U);
  EXPECT_THAT(records[0].fields, ElementsAre("a", "b"));
  EXPECT_THAT(records[1].fields, ElementsAre("x, \"y\"\nz", ""));
  EXPECT_EQ(records[1].line, 3U);
  EXPECT_THAT(records[2].fields, ElementsAre("", ""));
  EXPECT_EQ(records[2].line, 5U);
  EXPECT_THAT(records[3].fields, ElementsAre("last"));
}

TEST(Csv, EmptyTextsHaveNoRecords) {
  EXPECT_TRUE(good("").empty());
  EXPECT_TRUE(good("\n\r\n\n").empty());
  EXPECT_TRUE(good("\xEF\xBB\xBF").empty());
}

TEST(Csv, NamesTheLineOfBrokenQuotes) {
  EXPECT_EQ(fault("a\nb\"c,d\n"), (std::pair<std::size_t, std::string>{2, "quotes"}));
  EXPECT_EQ(fault("a\n\"b\"c\n"), (std::pair<std::size_t, std::string>{2, "quotes"}));
  EXPECT_EQ(fault("a\n\"never\nclosed\n\n"), (std::pair<std::size_t, std::string>{2, "quotes"}));
  EXPECT_EQ(fault("\""), (std::pair<std::size_t, std::string>{1, "quotes"}));
  EXPECT_EQ(fault("a\rb"), (std::pair<std::size_t, std::string>{1, "quotes"}));
}

TEST(Csv, RefusesWhatIsNoText) {
  using namespace std::string_view_literals;
  for (const std::string_view bytes : {"a\n\xff"sv, "a\nb\0c"sv, "a\n\xC0\xAF"sv, "a\n\xED\xA0\x80"sv, "a\n\xE4"sv,
                                       "a\n\xF4\x90\x80\x80"sv, "a\n\x1b[31m"sv, "a\n\xE0\x80\x80"sv, "a\n\x7f"sv}) {
    EXPECT_EQ(fault(bytes), (std::pair<std::size_t, std::string>{2, "text"})) << testing::PrintToString(bytes);
  }
  EXPECT_EQ(good("ä,\xE2\x82\xAC,\xF0\x9F\x98\x80")[0].fields.size(), 3U);
}

TEST(Csv, HostileSizesAreReadInOneGo) {
  const std::string quotes = "\"" + std::string(500'000, '"') + "\"";
  EXPECT_EQ(good(quotes)[0].fields[0].size(), 250'000U);
  EXPECT_EQ(good(std::string(300'000, ','))[0].fields.size(), 300'001U);
  EXPECT_EQ(good(std::string(300'000, '\n')).size(), 0U);
}

TEST(Csv, EveryCutOfAGoodTextIsJudgedAndNothingCrashes) {
  const std::string text = "kv_code,kv\n72,\"Berlin (einzel, \"\"Anlage\"\")\"\n93,Thüringen\n";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const auto parsed = parse_csv(std::string_view(text).substr(0, length));
    if (const auto* const found = std::get_if<CsvFault>(&parsed)) {
      EXPECT_GE(found->line, 1U) << length;
      EXPECT_LE(found->line, 3U) << length;
    }
  }
}

}  // namespace
}  // namespace kvc::application
