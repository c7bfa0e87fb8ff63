// SPDX-License-Identifier: Apache-2.0
// A workstation whose clock is wrong by a year, and right again: nobody has to know which message waits until then.
#include <gtest/gtest.h>

#include "e2e/account_ways.h"
#include "e2e/harness.h"

namespace kvc::e2e::storm {
namespace {

class ClockTest : public testing::Test {
 protected:
  void SetUp() override {
    for (Practice* practice : {&nord_, &sued_}) {
      const HostRun run = practice->run("tour_account");
      ASSERT_EQ(run.code, 0) << run.last();
    }
  }
  static Environment wrong_by(int days) {
    return {{"LD_PRELOAD", KVC_KILL_POINT_LIBRARY}, {"KVC_CLOCK_SHIFT", std::to_string(days * 86400)}};
  }
  static void expect_good(const HostRun& run) { ASSERT_EQ(run.code, 0) << run.last(); }
  /// A message of nord to sued, queued whether or not it can leave now.
  HostRun write(const Environment& clock, const char* expected) {
    Environment environment = clock;
    environment["KVC_TOUR_RECIPIENT"] = sued_.address();
    return nord_.run_steps(R"([{"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true},
      {"submit": "check", "wait_job": true, "timeout_ms": 120000,
       "fill": {"recipient": {"env": "KVC_TOUR_RECIPIENT"}, "subject": "Probe", "text": "Text"},
       "expect": {"kind": "compose.confirm"}},
      {"action": "send", "wait_job": true, "timeout_ms": 120000, "expect": )" +
                               std::string(expected) + "}]",
                           environment);
  }
  void expect_arrives() {
    expect_good(nord_.run_steps(R"([{"as": "arzt", "invoke": "kvconnect.fetch", "wait_job": true, "timeout_ms": 120000},
      {"invoke": "kvconnect.outbox", "wait_job": true,
       "expect": {"table": {"total": 1, "rows": [{"cells": {"state": {"code": "accepted"}}}]}}}])"));
    expect_good(sued_.run_steps(steps({all_open(1)})));
  }

  TempDir directory_;
  Server server_{directory_.path() / "server"};
  Practice nord_{"nord", directory_.path() / "nord", server_};
  Practice sued_{"sued", directory_.path() / "sued", server_};
};

TEST_F(ClockTest, AMessageThatWaitsUntilNextYearGoesOnceTheClockIsRight) {
  server_.set_faults(
      R"({"match": {"method": "POST", "path": "mails"}, "times": -1, "action": {"type": "status", "status": 500}})");
  expect_good(write(wrong_by(400), R"({"kind": "message.queued"})"));
  server_.set_faults("");
  expect_arrives();
}

TEST_F(ClockTest, AProcessThatDiedUnderTheWrongClockHoldsNothing) {
  Environment dying = wrong_by(400);
  dying["KVC_KILL_POINT"] = "key:100000";
  // Held for the whole request, so that the kill finds the message claimed.
  server_.set_faults(
      R"({"match": {"method": "POST", "path": "mails"}, "times": 1, "action": {"type": "delay", "delay_ms": )" +
      std::to_string(3000 * time_factor()) + "}}");
  dying["KVC_TOUR_RECIPIENT"] = sued_.address();
  EXPECT_TRUE(nord_.kill_when(
      "tour_send", [&] { return server_.requests().find("mails held for ") != std::string::npos; }, dying));
  expect_arrives();
}

TEST_F(ClockTest, AYearBehindIsSaidAndLosesNothing) {
  const HostRun run = write(wrong_by(-400), R"({"kind": "message.queued", "notice": {"severity": "warning"}})");
  EXPECT_NE(run.last().find("prüfen Sie die Uhr"), std::string::npos) << run.last();
  expect_good(run);
  expect_arrives();
}

TEST_F(ClockTest, WhatArrivesUnderAClockAYearAheadIsKeptAndOpens) {
  expect_good(write({}, R"({"kind": "message.queued"})"));
  expect_good(sued_.run_steps(
      R"([{"as": "arzt", "invoke": "kvconnect.fetch", "wait_job": true, "timeout_ms": 120000}])", wrong_by(400)));
  expect_good(sued_.run_steps(steps({all_open(1)})));
}

}  // namespace
}  // namespace kvc::e2e::storm
