// SPDX-License-Identifier: Apache-2.0
#include "tool/options.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "unit/crypto/test_pki.h"

namespace kvc::tool {
namespace {

constexpr std::array<OptionSpec, 3> kSpecs = {{{"--key", true, false}, {"--out", false, true}, {"--at", false, false}}};

Result<Options> parsed(const std::vector<std::string>& args) {
  return parse_options(args, kSpecs, 2);
}

TEST(Options, ReadsRepeatedAndPositional) {
  const auto options = parsed({"mail.eml", "--key", "a", "--out=b=c", "--key", "d", "-"});
  ASSERT_TRUE(options.ok()) << options.status().to_string();
  EXPECT_EQ(options->all("--key"), (std::vector<std::string>{"a", "d"}));
  EXPECT_EQ(options->text("--out"), "b=c");
  EXPECT_EQ(options->positional, (std::vector<std::string>{"mail.eml", "-"}));
  EXPECT_FALSE(options->one("--at"));
  EXPECT_EQ(options->text("--at"), "");
}

TEST(Options, RefusesWhatIsWrong) {
  for (const std::vector<std::string>& args : {std::vector<std::string>{"--out", "a", "--out", "b"},
                                               {"--out", "a", "--unknown", "b"},
                                               {"--out"},
                                               {"--out", "a", "--key"},
                                               {"--key", "a"},
                                               {"--"},
                                               {"--out", "a", "b", "c", "d"},
                                               {}}) {
    const auto options = parsed(args);
    ASSERT_FALSE(options.ok());
    EXPECT_TRUE(options.status().is(error::bad_request));
  }
}

TEST(Options, NamesTheOptionWhoseValueIsEmptyOrForgotten) {
  for (const std::vector<std::string>& args : {std::vector<std::string>{"--out", "a", "--at", ""},
                                               {"--out", "a", "--at="},
                                               {"--at", "--out", "a"},
                                               {"--out", "a", "--at"}}) {
    const auto options = parsed(args);
    ASSERT_FALSE(options.ok());
    EXPECT_EQ(options.status().detail().rfind("--at ", 0), 0U) << options.status().to_string();
  }
  EXPECT_EQ(parsed({"--out=--at"})->text("--out"), "--at") << "said so plainly, it is a value";
}

TEST(Options, NamesThePlaceOfAnArgumentTooMany) {
  const auto options = parse_options(std::vector<std::string>{"--out", "a", "geheim123"}, kSpecs);
  ASSERT_FALSE(options.ok());
  EXPECT_NE(options.status().detail().find("--out"), std::string::npos) << options.status().to_string();
  EXPECT_EQ(options.status().detail().find("geheim123"), std::string::npos) << "it may be a password";
  EXPECT_TRUE(parse_options(std::vector<std::string>{"a", "--out", "b"}, kSpecs).status().is(error::bad_request));
}

TEST(Options, AnErrorNeverRepeatsAValue) {
  const auto options = parsed({"--out", "a", "--password=geheim123"});
  ASSERT_FALSE(options.ok());
  EXPECT_EQ(options.status().to_string().find("geheim123"), std::string::npos);
}

TEST(Rfc3339, ReadsAndWrites) {
  EXPECT_EQ(*parse_rfc3339("2019-04-26T09:24:43Z"), test_pki::day("2019-04-26T09:24:43"));
  EXPECT_EQ(*parse_rfc3339("2019-04-26T11:24:43.5+02:00"), test_pki::day("2019-04-26T09:24:43"));
  EXPECT_EQ(*parse_rfc3339("2019-04-26t07:24:43-02:00"), test_pki::day("2019-04-26T09:24:43"));
  EXPECT_EQ(*parse_rfc3339("9999-12-31T23:59:59Z"), TimePoint::max());
  EXPECT_EQ(rfc3339(test_pki::day("2019-04-26T09:24:43")), "2019-04-26T09:24:43Z");
}

TEST(Rfc3339, WritesTheFirstAndTheLastTimeThereIs) {
  EXPECT_EQ(rfc3339(TimePoint::min()), "1677-09-21T00:12:43Z");
  EXPECT_EQ(rfc3339(TimePoint::max()), "2262-04-11T23:47:16Z");
  EXPECT_EQ(rfc3339(TimePoint(std::chrono::nanoseconds(-1))), "1969-12-31T23:59:59Z");
}

TEST(Rfc3339, RefusesTheRest) {
  for (const char* text :
       {"", "now", "2019-04-26", "2019-04-26T09:24:43", "2019-02-30T00:00:00Z", "2019-04-26T24:00:00Z",
        "2019-13-01T00:00:00Z", "2019-04-26T09:24:43Zx", "2019-04-26T09:24:43.Z", "2019-04-26T09:24:43+2:00",
        "-019-04-26T09:24:43Z", "2019-4-26T09:24:43Z", "99999-01-01T00:00:00Z", "2019-04-26T09:24:43+24:00"}) {
    EXPECT_FALSE(parse_rfc3339(text).ok()) << text;
  }
}

}  // namespace
}  // namespace kvc::tool
