// SPDX-License-Identifier: Apache-2.0
// What goes wrong in a practice, and that nothing is lost by it.
#include <gmock/gmock.h>

#include "e2e/harness.h"

namespace kvc::e2e {
namespace {

using testing::HasSubstr;

class FailureTest : public testing::Test {
 protected:
  void expect_good(const HostRun& run) { ASSERT_EQ(run.code, 0) << run.last(); }

  TempDir directory_;
  Server server_{directory_.path() / "server"};
  Practice nord_{"nord", directory_.path() / "nord", server_};
  Practice sued_{"sued", directory_.path() / "sued", server_};
};

constexpr const char* kFillAccount = R"("keystore_password": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"},
            "keystore_password_repeat": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"}, "username": {"env": "KVC_TOUR_USERNAME"})";

TEST_F(FailureTest, AWrongPasswordIsSaidAndCanBeCorrected) {
  const std::string wrong =
      std::string(R"([
    {"as": "arzt", "invoke": "kvconnect.account.new"},
    {"submit": "check", "wait_job": true, "fill": {"password": "Wrong-PASSWORD-1", )") +
      kFillAccount + R"(}, "expect": {"kind": "account.new", "form": {"error": {"code": "auth.wrong_credentials"}}}}])";
  expect_good(nord_.run_steps(wrong));
  // The same form again, as after the message, and the set-up goes through.
  expect_good(nord_.run("tour_account"));
}

TEST_F(FailureTest, FieldsAreCheckedBeforeAnybodyIsAsked) {
  const std::string before = server_.requests();
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.account.new"},
    {"submit": "check", "fill": {"username": "x", "password": "p", "keystore_password": "Canary-ONE-1",
                                 "keystore_password_repeat": "Canary-TWO-2"},
     "expect": {"kind": "account.new", "form": {"fields": [
        {"name": "keystore_password_repeat", "error": {"$contains": "stimmen nicht überein"}},
        {"name": "username", "value": "x"}]}}}])"));
  EXPECT_EQ(server_.requests(), before);
}

TEST_F(FailureTest, AServerThatIsDownLosesNoAccount) {
  server_.stop();
  const std::string down = std::string(R"([
    {"as": "arzt", "invoke": "kvconnect.account.new"},
    {"submit": "check", "wait_job": true, "fill": {"password": {"env": "KVC_TOUR_PASSWORD"}, )") +
                           kFillAccount +
                           R"(}, "expect": {"kind": "account.new", "form": {"error": {"code": "network.unreachable"}}}},
    {"invoke": "kvconnect.doctor", "wait_job": true,
     "expect": {"kind": "doctor", "detail": {"groups": [{"facts": [{"name": "server", "code": "server.unreachable"}]}]}}}])";
  expect_good(nord_.run_steps(down));
  server_.start();
  // Taken up where it stopped, from the list of accounts.
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true,
     "expect": {"table": {"rows": [{"cells": {"state": {"code": "draft"}}}]}}},
    {"action": "continue", "row": 0, "wait_job": true, "expect": {"kind": "account.password_change"}},
    {"submit": "change", "fill": {"new_password": "kurz", "new_password_repeat": "kurz"},
     "expect": {"kind": "account.password_change", "form": {"fields": [{"name": "new_password", "error": {"$contains": "Länge"}}]}}},
    {"submit": "change", "wait_job": true,
     "fill": {"new_password": {"env": "KVC_TOUR_NEW_PASSWORD"}, "new_password_repeat": {"env": "KVC_TOUR_NEW_PASSWORD"}},
     "expect": {"kind": "account.overview"}}])"));
}

TEST_F(FailureTest, AMessageWaitsInTheOutboxUntilTheServerIsBack) {
  expect_good(nord_.run("tour_account"));
  expect_good(sued_.run("tour_account"));
  server_.stop();
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true, "expect": {"kind": "compose.enachricht"}},
    {"submit": "check", "wait_job": true,
     "fill": {"recipient": {"env": "TO"}, "subject": "Befund zur Mitbehandlung", "text": "Liebe Kollegin", "attachments": ["befund.txt"]},
     "expect": {"kind": "compose.confirm", "detail": {"groups": [{"facts": [{"name": "certificate", "code": "network.unreachable"}]}]}}},
    {"action": "send", "wait_job": true,
     "expect": {"kind": "message.queued", "notice": {"severity": "warning", "text": {"$contains": "sicher im Postausgang"}}}},
    {"invoke": "kvconnect.outbox", "wait_job": true,
     "expect": {"table": {"rows": [{"cells": {"state": {"code": "queued"}, "error": {"code": "network.unreachable"}}}]}}}])",
                              {{"TO", sued_.address()}}));
  server_.start();
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.outbox", "wait_job": true},
    {"action": "retry", "row": 0, "wait_job": true, "expect": {"kind": "message.queued", "notice": {"severity": "good"}}}])"));
  expect_good(sued_.run("tour_receive"));
}

TEST_F(FailureTest, AWithdrawnMessageOffersNothingMore) {
  expect_good(nord_.run("tour_account"));
  server_.stop();
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true},
    {"submit": "check", "wait_job": true, "fill": {"recipient": "niemand@kv-safenet.de", "subject": "S", "text": "T"}},
    {"action": "send", "wait_job": true, "expect": {"kind": "message.queued"}},
    {"invoke": "kvconnect.outbox", "wait_job": true, "expect": {"table": {"total": 1}}},
    {"action": "open", "row": 0, "wait_job": true, "remember": {"detail": "view_id"},
     "expect": {"kind": "outbox.message", "actions": [{"action_id": "retry"}, {"action_id": "withdraw"}]}},
    {"action": "retry", "wait_job": true, "expect": {"kind": "message.queued", "view_id": "${detail}"}},
    {"close": true},
    {"action": "open", "row": 0, "wait_job": true, "remember": {"detail": "view_id"}},
    {"action": "withdraw", "wait_job": true, "expect": {"kind": "outbox.withdraw"}},
    {"action": "confirm", "wait_job": true,
     "expect": {"kind": "outbox.message", "view_id": "${detail}", "actions": {"$count": 1},
                "detail": {"groups": [{"facts": [{"name": "state", "code": "withdrawn"}]}]}}},
    {"close": true},
    {"action": "refresh", "wait_job": true, "expect": {"kind": "outbox", "table": {"total": 0}}}])"));
}

TEST_F(FailureTest, AMessageToNobodyIsKeptWithTheReason) {
  expect_good(nord_.run("tour_account"));
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true},
    {"submit": "check", "wait_job": true, "fill": {"recipient": "keine adresse", "subject": "S", "text": "T"},
     "expect": {"kind": "compose.enachricht", "form": {"fields": [{"name": "recipient", "error": {"$contains": "vollständige"}},
                                                                   {"name": "text", "value": "T"}]}}},
    {"submit": "check", "wait_job": true, "fill": {"recipient": "niemand@gmail.com", "subject": "S", "text": "T"},
     "expect": {"kind": "compose.enachricht", "form": {"fields": [{"name": "recipient", "value": "niemand@gmail.com", "error": {"$contains": "enden auf kv-safenet.de"}}]}}},
    {"submit": "check", "wait_job": true, "fill": {"recipient": "niemand@kv-safenet.de", "subject": "S", "text": "T"},
     "expect": {"kind": "compose.confirm", "detail": {"groups": [{"facts": [{"name": "certificate", "code": "protocol.no_certificate"}]}]}}},
    {"action": "send", "wait_job": true,
     "expect": {"kind": "message.queued", "notice": {"severity": "warning", "text": {"$contains": "kein Zertifikat"}}}},
    {"invoke": "kvconnect.outbox", "wait_job": true, "expect": {"table": {"rows": [{"cells": {"state": {"code": "queued"}, "error": {"code": "protocol.no_certificate"}}}]}}}])"));
}

TEST_F(FailureTest, WrongSettingsAreToldAllAtOnce) {
  nord_.set_settings(
      R"({"environments": [{"id": "own", "name": "x", "base_url": "http://localhost/", "mail_domain": "kv safenet",
    "tls_roots": ["missing.pem"], "message_roots": [], "user_cas": ["missing.pem"], "address_book": "fax"}],
    "renewal_hint_days": "viele", "fetch": {"interval_minutes": -1}, "storage": {"dsn": "oracle:x"}, "csr_poll_seconds": 0})");
  const HostRun run = nord_.run("tour_account");
  EXPECT_EQ(run.code, 3);
  // The support tool says the same, before anything is loaded.
  const fs::path told = directory_.path() / "doctor.txt";
  Process doctor({KVC_TOOL, "doctor", "--manifest", std::string(KVC_PLUGIN_DIR) + "/manifest.json", "--settings",
                  (nord_.directory() / "settings.json").string()},
                 {}, told, directory_.path() / "doctor.err");
  ASSERT_TRUE(doctor.wait(Millis(60000) * time_factor()));
  for (const std::string key :
       {"environments[0].base_url", "environments[0].mail_domain", "environments[0].tls_roots",
        "environments[0].message_roots", "environments[0].user_cas", "environments[0].address_book",
        "renewal_hint_days", "fetch.interval_minutes", "storage.dsn", "csr_poll_seconds"}) {
    EXPECT_THAT(run.err, HasSubstr(key));
    EXPECT_THAT(read_file(told) + read_file(directory_.path() / "doctor.err"), HasSubstr(key));
  }
  nord_.set_settings("garbage {");
  EXPECT_EQ(nord_.run("tour_account").code, 3);
}

}  // namespace
}  // namespace kvc::e2e
