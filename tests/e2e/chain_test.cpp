// SPDX-License-Identifier: Apache-2.0
// The chain as two practices live it, from the account to the receipt.
#include <gmock/gmock.h>

#include "e2e/harness.h"

namespace kvc::e2e {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

class ChainTest : public testing::Test {
 protected:
  void expect_good(const HostRun& run) { ASSERT_EQ(run.code, 0) << run.last(); }
  void expect_no_secrets(const Practice& practice, const HostRun& run) {
    for (const std::string& secret : practice.secrets()) {
      EXPECT_THAT(run.command_line, Not(HasSubstr(secret)));
      EXPECT_THAT(run.out, Not(HasSubstr(secret)));
      EXPECT_THAT(run.err, Not(HasSubstr(secret)));
    }
  }

  TempDir directory_;
  Server server_{directory_.path() / "server"};
  Practice nord_{"nord", directory_.path() / "nord", server_};
  Practice sued_{"sued", directory_.path() / "sued", server_};
};

TEST_F(ChainTest, AMessageTravelsFromPracticeToPracticeAndTheReceiptBack) {
  for (Practice* practice : {&nord_, &sued_}) {
    const HostRun run = practice->run("tour_account");
    expect_good(run);
    expect_no_secrets(*practice, run);
  }
  const HostRun sent = nord_.run("tour_send", {{"KVC_TOUR_RECIPIENT", sued_.address()}});
  expect_good(sent);
  const HostRun received = sued_.run("tour_receive");
  expect_good(received);
  expect_good(nord_.run("tour_receipt"));

  // The attachment lies in the user's directory, byte for byte.
  EXPECT_EQ(read_file(sued_.data() / "users/arzt/befund.txt"), read_file(nord_.directory() / "scripts/befund.txt"));
  EXPECT_THAT(nord_.audit_events(), IsSupersetOf({"account.created", "password.changed", "certificate.issued",
                                                  "message.queued", "message.accepted", "receipt.received"}));
  EXPECT_THAT(sued_.audit_events(), Contains("message.received"));
  EXPECT_THAT(received.out, HasSubstr("\"event\":\"notification\""));

  // Nothing secret anywhere; what a patient's doctor wrote lies in no file of the plugin in clear.
  for (Practice* practice : {&nord_, &sued_}) {
    EXPECT_THAT(find_in_files(practice->data(), practice->secrets()), IsEmpty());
    EXPECT_THAT(
        find_in_files(practice->data() / "plugin", {"Befund zur Mitbehandlung", "Liebe Kollegin", "Erfundener Befund"}),
        IsEmpty());
  }
  // The server sees the neutral subject and nothing of the content.
  EXPECT_THAT(find_in_files(directory_.path() / "server/data", {"Mitbehandlung", "Liebe Kollegin"}), IsEmpty());
}

TEST_F(ChainTest, AnotherUserSeesNothingOfTheAccount) {
  expect_good(nord_.run("tour_account"));
  const HostRun run = nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true,
     "expect": {"kind": "accounts", "table": {"total": 1}}},
    {"as": "mfa", "invoke": "kvconnect.accounts", "wait_job": true, "expect": {"kind": "accounts", "table": {"total": 0}}},
    {"invoke": "kvconnect.inbox", "wait_job": true, "expect": {"kind": "inbox", "table": {"total": 0}}},
    {"invoke": "kvconnect.compose.enachricht", "wait_job": true, "expect": {"kind": "compose.no_account"}},
    {"invoke": "kvconnect.fetch", "wait_job": true, "expect": {"kind": "fetch.no_account"}}])");
  expect_good(run);
}

TEST_F(ChainTest, AfterLockingNothingOpensAndUnlockingBringsItBack) {
  expect_good(nord_.run("tour_account"));
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true, "expect": {"table": {"total": 1}}},
    {"lock": "arzt"},
    {"unlock": "arzt"},
    {"action": "refresh", "expect": {"error": {"code": "usage.view_closed"}}},
    {"invoke": "kvconnect.accounts", "wait_job": true, "expect": {"table": {"total": 1}}},
    {"action": "check", "row": 0, "wait_job": true, "expect": {"kind": "account.overview"}}])"));
}

TEST_F(ChainTest, TheDoctorFindsEverythingInOrder) {
  expect_good(nord_.run("tour_account"));
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.doctor", "wait_job": true,
     "expect": {"kind": "doctor", "detail": {"groups": [{"facts": [{"name": "server", "code": "server.good"}]},
                                                         {"facts": [{"name": "login", "code": "login.good"}]}]}}}])"));
}

TEST_F(ChainTest, AnAcceptedMessageOffersNoWithdrawal) {
  expect_good(nord_.run("tour_account"));
  expect_good(sued_.run("tour_account"));
  expect_good(nord_.run("tour_send", {{"KVC_TOUR_RECIPIENT", sued_.address()}}));
  const HostRun run = nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.outbox", "wait_job": true, "expect": {"table": {"total": 1}}},
    {"action": "open", "row": 0, "wait_job": true,
     "expect": {"kind": "outbox.message", "actions": {"$not": [{"action_id": "withdraw"}]}}}])");
  expect_good(run);
}

}  // namespace
}  // namespace kvc::e2e
