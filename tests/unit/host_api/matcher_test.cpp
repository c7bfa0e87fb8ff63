// SPDX-License-Identifier: Apache-2.0
#include "reference_host/matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pvs::host {
namespace {

Var json(const std::string& text) {
  return as_object(parse_document("{\"v\": " + text + "}", "t"), "t")->get("v");
}
std::string difference(const std::string& expected, const std::string& actual) {
  return mismatch(json(expected), json(actual));
}
bool fits(const std::string& expected, const std::string& actual) {
  return difference(expected, actual).empty();
}

TEST(Matcher, PlainValues) {
  EXPECT_TRUE(fits("\"a\"", "\"a\""));
  EXPECT_FALSE(fits("\"a\"", "\"ab\""));
  EXPECT_TRUE(fits("3", "3"));
  EXPECT_FALSE(fits("3", "4"));
  EXPECT_FALSE(fits("3", "\"3\""));
  EXPECT_FALSE(fits("1", "true"));
  EXPECT_TRUE(fits("true", "true"));
  EXPECT_FALSE(fits("true", "false"));
}

TEST(Matcher, ObjectsAreSubsets) {
  EXPECT_TRUE(fits(R"({"a": {"b": 1}})", R"({"a": {"b": 1, "c": 2}, "d": 3})"));
  EXPECT_TRUE(fits("{}", R"({"a": 1})"));
  EXPECT_FALSE(fits(R"({"a": 1})", "{}"));
  EXPECT_FALSE(fits(R"({"a": 1})", "[]"));
  EXPECT_TRUE(fits(R"({"disabled": false})", "{}")) << "a flag that is not set is not printed";
}

TEST(Matcher, EveryExpectedElementNeedsItsOwn) {
  EXPECT_TRUE(fits("[2, 1]", "[1, 2, 3]"));
  EXPECT_FALSE(fits("[1, 1]", "[1, 2]"));
  EXPECT_TRUE(fits("[]", "[1]"));
  // A greedy search would give the first expectation the only element that fits the second.
  EXPECT_TRUE(fits(R"([{}, {"a": 1}])", R"([{"a": 1}, {"b": 1}])"));
  EXPECT_FALSE(fits("[1]", "7"));
}

TEST(Matcher, Operators) {
  EXPECT_TRUE(fits(R"({"$contains": "ell"})", "\"Hello\""));
  EXPECT_FALSE(fits(R"({"$contains": "x"})", "\"Hello\""));
  EXPECT_FALSE(fits(R"({"$contains": "1"})", "1"));
  EXPECT_TRUE(fits(R"({"$regex": "^H.*o$"})", "\"Hello\""));
  EXPECT_TRUE(fits("\"/^H/\"", "\"Hello\""));
  EXPECT_FALSE(fits("\"/^h/\"", "\"Hello\""));
  EXPECT_TRUE(fits("\"/^.ber$/\"", "\"über\"")) << "one character, not one byte";
  EXPECT_TRUE(fits(R"({"$not": "a"})", "\"b\""));
  EXPECT_FALSE(fits(R"({"$not": "b"})", "\"b\""));
  EXPECT_TRUE(fits(R"({"$any": ["a", "b"]})", "\"b\""));
  EXPECT_FALSE(fits(R"({"$any": []})", "\"b\""));
  EXPECT_TRUE(fits(R"({"x": {"$absent": true}})", "{}"));
  EXPECT_FALSE(fits(R"({"x": {"$absent": true}})", R"({"x": 1})"));
  EXPECT_TRUE(fits(R"({"$count": 2})", "[1, 2]"));
  EXPECT_FALSE(fits(R"({"$count": 2})", "2"));
  EXPECT_TRUE(fits(R"({"$at_least": 2})", "[1, 2]"));
  EXPECT_FALSE(fits(R"({"$at_least": 3})", "2"));
  EXPECT_TRUE(fits(R"({"$at_most": 3})", "2"));
  EXPECT_FALSE(fits(R"({"$at_most": 3})", "\"2\""));
}

TEST(Matcher, MistakesInTheExpectationAreErrors) {
  EXPECT_THROW(difference(R"({"$conatins": "x"})", "\"x\""), InputError);
  EXPECT_THROW(difference(R"({"$count": "x"})", "[]"), InputError);
  EXPECT_THROW(difference("\"/(/\"", "\"x\""), InputError);
}

TEST(Matcher, TheDifferenceNamesThePath) {
  EXPECT_THAT(difference(R"({"table": {"rows": [{"cells": {"state": {"code": "delivered"}}}]}})",
                         R"({"table": {"rows": [{"cells": {"state": {"code": "queued"}}}]}})"),
              testing::HasSubstr("table.rows[0].cells.state.code: expected \"delivered\", got \"queued\""));
}

}  // namespace
}  // namespace pvs::host
