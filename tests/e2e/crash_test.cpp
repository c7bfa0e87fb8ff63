// SPDX-License-Identifier: Apache-2.0
// kill -9 at many moments: afterwards the same script ends well, and nothing is lost or doubled.
#include <gmock/gmock.h>

#include <regex>
#include <thread>

#include "e2e/account_ways.h"
#include "e2e/harness.h"

namespace kvc::e2e {
namespace {

class CrashTest : public testing::Test {
 protected:
  void expect_good(const HostRun& run) { ASSERT_EQ(run.code, 0) << run.last(); }

  /// The way, killed at many moments. Each time the user types another password, where one is asked for.
  static void kill_often(Practice& practice, const char* way, std::initializer_list<int> delays) {
    write_file(practice.directory() / "scripts/way.json", steps({way}));
    int killed = 0;
    for (const int delay : delays) {
      killed += practice.kill_after("way", Millis(delay), {{"OTHER_PASSWORD", password_of(delay)}}) ? 1 : 0;
    }
    EXPECT_GT(killed, 0);
  }
  /// The way, killed while the server holds a request, which it then does although nobody waits for its answer any
  /// more. `method`, `path`: of the request, the path as a regular expression from its beginning below the base
  /// address.
  void kill_while_waiting(Practice& practice, const char* way, const std::string& method, const std::string& path) {
    server_.set_faults(R"({"match": {"method": ")" + method + R"(", "path_regex": "^)" + path +
                       R"("}, "action": {"type": "delay", "delay_ms": )" + std::to_string(2500 * time_factor()) + "}}");
    const std::string request = method + " /kvconnect/rest/" + path;
    const auto count = [&](const std::string& outcome) {
      const std::string log = server_.requests();
      const std::regex line(request + "[^ ]* " + outcome);
      return std::distance(std::sregex_iterator(log.begin(), log.end(), line), std::sregex_iterator());
    };
    const auto held = count("held");
    const auto done = count("[23]");
    write_file(practice.directory() / "scripts/way.json", steps({way}));
    const bool killed =
        practice.kill_when("way", [&] { return count("held") > held; }, {{"OTHER_PASSWORD", password_of(9999)}});
    // A way that an earlier kill left nothing to ask for came to its end, which is well too.
    for (int i = 0; killed && i < 1200 * time_factor() && count("[23]") == done; ++i) {
      std::this_thread::sleep_for(Millis(50));
    }
    server_.set_faults("");
  }
  static std::string password_of(int number) { return "Canary-WECHSEL-" + std::to_string(number) + "-Blau"; }
  /// Once more without a kill, and whether the account works and opens `messages` old messages and one new.
  void expect_ends_well(Practice& practice, const char* way, const char* good_end, int messages) {
    const Environment environment{{"OTHER_PASSWORD", password_of(0)}, {"OWN_ADDRESS", practice.address()}};
    expect_good(practice.run_steps(steps({way, good_end, kProof, all_open(messages + 1)}), environment));
  }
  void send(Practice& from, const Practice& to) {
    expect_good(from.run("tour_send", {{"KVC_TOUR_RECIPIENT", to.address()}}));
  }

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

TEST_F(CrashTest, ARenewalSurvivesKillsAndLosesNoKey) {
  expect_good(nord_.run("tour_account"));
  expect_good(sued_.run("tour_account"));
  send(sued_, nord_);  // for the first key
  kill_often(nord_, kRenew, {20, 150, 250, 300, 350, 400, 450, 500, 600, 700, 900, 1200, 1600});
  kill_while_waiting(nord_, kRenew, "POST", "csr");
  kill_while_waiting(nord_, kRenew, "GET", "certificates");
  expect_ends_well(nord_, kRenew, kEndsRenewed, 1);
}

TEST_F(CrashTest, AChangeOfThePasswordSurvivesKills) {
  expect_good(nord_.run("tour_account"));
  kill_often(nord_, kChangePassword, {20, 150, 200, 230, 260, 290, 320, 350, 380, 420, 460, 500, 600});
  kill_while_waiting(nord_, kChangePassword, "POST", "accounts/[^/]+/password");
  expect_ends_well(nord_, kChangePassword, kEndsNewPassword, 0);
}

TEST_F(CrashTest, AnImportSurvivesKillsAndTakesEveryKey) {
  expect_good(nord_.run("tour_account"));
  expect_good(sued_.run("tour_account"));
  send(sued_, nord_);  // for a key that is only in the file
  expect_good(nord_.run("account_renew"));
  expect_good(nord_.run("account_export"));
  Practice moved("nord", directory_.path() / "moved", server_);
  fs::copy_file(nord_.data() / "users/arzt/praxis.nord.p12", moved.directory() / "scripts/keystore.p12");
  kill_often(moved, kImport, {20, 150, 250, 300, 350, 400, 450, 500, 550, 600, 700, 850, 1000});
  kill_while_waiting(moved, kImport, "GET", "login/");
  expect_ends_well(moved, kImport, kEndsReady, 1);
}

TEST_F(CrashTest, AFullDiskLosesNothing) {
  expect_good(nord_.run("tour_account"));
  int refused = 0;
  for (const int blocks : {0, 8, 40, 80, 120, 160, 200, 240}) {
    for (const char* way : {kRenew, kChangePassword}) {
      nord_.limit_files(blocks);
      const HostRun run = nord_.run_steps(steps({way}), {{"OTHER_PASSWORD", password_of(blocks)}});
      nord_.limit_files(std::nullopt);
      EXPECT_TRUE(run.code == 0 || run.code == 2 || run.code == 3) << run.code << ": " << run.last();
      refused += run.out.find("\"storage.") != std::string::npos ? 1 : 0;
    }
  }
  EXPECT_GT(refused, 0) << "no limit was reached";
  expect_ends_well(nord_, kRenew, kEndsRenewed, 0);
  expect_ends_well(nord_, kChangePassword, kEndsNewPassword, 1);
}

TEST_F(CrashTest, ADeletionSurvivesKills) {
  expect_good(nord_.run("tour_account"));
  kill_often(nord_, kDelete, {20, 150, 200, 250, 280, 310, 340, 370, 400, 450, 500});
  kill_while_waiting(nord_, kDelete, "DELETE", "accounts/[^/]+/certificate");
  expect_ends_well(nord_, kDelete, kEndsDeleted, 0);
}

}  // namespace
}  // namespace kvc::e2e
