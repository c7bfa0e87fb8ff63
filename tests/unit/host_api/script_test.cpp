// SPDX-License-Identifier: Apache-2.0
#include "reference_host/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pvs::host {
namespace {

std::string problem(const std::string& text) {
  try {
    static_cast<void>(parse_script(text));
    return "";
  } catch (const InputError& e) {
    return e.what();
  }
}

TEST(Script, AGoodOne) {
  const std::vector<Step> steps = parse_script(R"([
    {"say": "Anmelden", "as": "anna", "invoke": "kvconnect.inbox", "context": {"patient": "p1"}, "expect": {"kind": "inbox"}},
    {"fill": {"password": {"env": "X"}}, "submit": "ok", "wait_job": true, "timeout_ms": 5000},
    {"repeat": [{"invoke": "kvconnect.fetch"}], "until": {"kind": "x"}, "every_ms": 10}])");
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].kind, Step::Kind::invoke);
  EXPECT_EQ(steps[0].where, "step 1 (Anmelden)");
  EXPECT_EQ(steps[1].kind, Step::Kind::submit);
  EXPECT_TRUE(steps[1].wait_job);
  EXPECT_EQ(steps[1].timeout.count(), 5000);
  ASSERT_EQ(steps[2].steps.size(), 1U);
  EXPECT_EQ(steps[2].steps[0].where, "step 3 / step 1");
}

TEST(Script, StepsMayStandBesideADescription) {
  EXPECT_EQ(parse_script(R"({"description": "tour", "steps": [{"wait_job": true}]})").size(), 1U);
}

TEST(Script, BrokenOnesNameTheStep) {
  using testing::HasSubstr;
  EXPECT_THAT(problem(""), HasSubstr("not JSON"));
  EXPECT_THAT(problem("[{]"), HasSubstr("not JSON"));
  EXPECT_THAT(problem("7"), HasSubstr("the script"));
  EXPECT_THAT(problem("{}"), HasSubstr("must be a list"));
  EXPECT_THAT(problem("{\"stesp\": []}"), HasSubstr("unknown key \"stesp\""));
  EXPECT_THAT(problem("[1]"), HasSubstr("step 1 must be an object"));
  EXPECT_THAT(problem(R"([{"invoke": "a"}, {"inwoke": "a"}])"), HasSubstr("step 2 has an unknown key \"inwoke\""));
  EXPECT_THAT(problem(R"([{"invoke": ""}])"), HasSubstr("step 1.invoke"));
  EXPECT_THAT(problem(R"([{"invoke": 7}])"), HasSubstr("step 1.invoke"));
  EXPECT_THAT(problem(R"([{"invoke": "a", "search": "b"}])"), HasSubstr("both"));
  EXPECT_THAT(problem(R"([{"invoke": "a", "fill": {}}])"), HasSubstr("unknown key \"fill\""));
  EXPECT_THAT(problem(R"([{"submit": "a", "fill": []}])"), HasSubstr("step 1.fill"));
  EXPECT_THAT(problem(R"([{"action": "a", "row": 0, "part": 0}])"), HasSubstr("both"));
  EXPECT_THAT(problem(R"([{"sleep_ms": -1}])"), HasSubstr("step 1.sleep_ms"));
  EXPECT_THAT(problem(R"([{"sleep_ms": 1e300}])"), HasSubstr("step 1.sleep_ms"));
  EXPECT_THAT(problem(R"([{"sleep_ms": 99999999999999999999}])"), testing::Not(""));
  EXPECT_THAT(problem(R"([{"sleep_ms": true}])"), HasSubstr("step 1.sleep_ms"));
  EXPECT_THAT(problem(R"([{"wait_job": 1}])"), HasSubstr("step 1.wait_job"));
  EXPECT_THAT(problem(R"([{"expect": "x"}])"), HasSubstr("step 1.expect"));
  EXPECT_THAT(problem(R"([{"repeat": []}])"), HasSubstr("until"));
  EXPECT_THAT(problem(R"([{"repeat": {}, "until": {}}])"), HasSubstr("must be a list"));
  EXPECT_THAT(problem(R"([{"choose_file": "a"}])"), HasSubstr("step 1.choose_file"));
  EXPECT_THAT(problem(R"([{"close": false}])"), HasSubstr("step 1.close"));
  EXPECT_THAT(problem(R"([{"invoke": "a", "context": {"patinet": "x"}}])"), HasSubstr("patinet"));
  EXPECT_THAT(problem(R"([{"suggest": "a"}])"), HasSubstr("step 1.suggest"));
  EXPECT_THAT(problem(R"([{"suggest": {"field": "a"}}])"), HasSubstr("step 1.suggest.text"));
  EXPECT_THAT(problem(R"([{"suggest": {"text": "a"}}])"), HasSubstr("step 1.suggest.field"));
  EXPECT_THAT(problem(R"([{"suggest": {"field": "a", "text": "b", "txet": "c"}}])"), HasSubstr("txet"));
  EXPECT_THAT(problem(R"([{"suggest": {"field": "a", "text": "b", "limit": -1}}])"), HasSubstr("limit"));
  EXPECT_THAT(problem(R"([{"suggest": {"field": "a", "text": "b", "limit": 10}, "fill": {}}])"), testing::Eq(""));
  EXPECT_THAT(problem(R"([{"say": "Ü", "lock": 1}])"), HasSubstr("step 1 (Ü).lock"));
}

TEST(Script, LimitsHold) {
  EXPECT_NE(problem(std::string(5000000, ' ')), "");
  EXPECT_NE(problem(std::string(100000, '[')), "");
  std::string nested = R"({"repeat": [], "until": {}})";
  for (int i = 0; i < 6; ++i) nested = R"({"repeat": [)" + nested + R"(], "until": {}})";
  EXPECT_THAT(problem("[" + nested + "]"), testing::HasSubstr("nested too deep"));
  std::string many = "[{}";
  for (int i = 0; i < 10001; ++i) many += ",{}";
  EXPECT_THAT(problem(many + "]"), testing::HasSubstr("more than"));
}

}  // namespace
}  // namespace pvs::host
