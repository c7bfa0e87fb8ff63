// SPDX-License-Identifier: Apache-2.0
// kill -9 at many moments: afterwards the same script ends well, and nothing is lost or doubled.
#include <gmock/gmock.h>

#include "e2e/harness.h"

namespace kvc::e2e {
namespace {

class CrashTest : public testing::Test {
 protected:
  void expect_good(const HostRun& run) { ASSERT_EQ(run.code, 0) << run.last(); }

  TempDir directory_;
  Server server_{directory_.path() / "server"};
  Practice nord_{"nord", directory_.path() / "nord", server_};
  Practice sued_{"sued", directory_.path() / "sued", server_};
};

std::size_t count(const std::string& text, const std::string& needle) {
  std::size_t found = 0;
  for (auto at = text.find(needle); at != std::string::npos; at = text.find(needle, at + 1)) {
    ++found;
  }
  return found;
}

TEST_F(CrashTest, TheSetUpSurvivesKillsAtAnyMoment) {
  int killed = 0;
  for (const int delay : {20, 60, 100, 140, 180, 220, 260, 300, 350, 400, 500, 600, 800, 1000}) {
    killed += nord_.kill_after("tour_account", Millis(delay)) ? 1 : 0;
  }
  EXPECT_GT(killed, 3);
  expect_good(nord_.run("tour_account"));
  // And once more: a finished account is simply shown.
  expect_good(nord_.run("tour_account"));
  expect_good(nord_.run_steps(R"([{"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true,
    "expect": {"table": {"total": 1, "rows": [{"cells": {"state": {"code": "ready"}}}]}}}])"));
}

TEST_F(CrashTest, SendingAndFetchingNeitherLoseNorDouble) {
  expect_good(nord_.run("tour_account"));
  expect_good(sued_.run("tour_account"));
  const Environment to{{"KVC_TOUR_RECIPIENT", sued_.address()}};
  for (const int delay : {120, 180, 220, 260, 300, 340, 380, 420}) {
    nord_.kill_after("tour_send", Millis(delay), to);
  }
  expect_good(nord_.run("tour_send", to));
  // Whatever a kill left waiting goes out with the next fetch or by hand; then everything is with the server.
  const HostRun outbox = nord_.run_steps(R"([
    {"as": "arzt", "repeat": [{"invoke": "kvconnect.fetch", "wait_job": true}, {"invoke": "kvconnect.outbox", "wait_job": true}],
     "timeout_ms": 90000, "every_ms": 500,
     "until": {"table": {"rows": {"$not": [{"cells": {"state": {"code": "queued"}}}]}}}}])");
  expect_good(outbox);
  const std::size_t sent = count(outbox.out.substr(outbox.out.rfind("\"kind\":\"outbox\"")), "\"row_id\"");
  ASSERT_GE(sent, 1U);

  for (const int delay : {120, 180, 240, 300, 360, 420}) {
    sued_.kill_after("tour_receive", Millis(delay));
  }
  expect_good(sued_.run("tour_receive"));
  const HostRun inbox = sued_.run_steps(R"([{"as": "arzt", "invoke": "kvconnect.inbox", "wait_job": true}])");
  expect_good(inbox);
  EXPECT_EQ(count(inbox.out, "\"row_id\""), sent) << inbox.last();
  EXPECT_EQ(count(inbox.out, "\"code\":\"valid\""), sent);

  // The receipts arrive, each once: every message is confirmed.
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "repeat": [{"invoke": "kvconnect.fetch", "wait_job": true}, {"invoke": "kvconnect.outbox", "wait_job": true}],
     "timeout_ms": 90000, "every_ms": 500,
     "until": {"table": {"rows": {"$not": [{"cells": {"state": {"code": "accepted"}}}]}}}}])"));
}

}  // namespace
}  // namespace kvc::e2e
