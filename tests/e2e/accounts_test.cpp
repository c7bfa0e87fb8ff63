// SPDX-License-Identifier: Apache-2.0
// What a practice does with an account, from application to removal, as the help page tells it.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>

#include "e2e/harness.h"

namespace kvc::e2e {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

class AccountsTest : public testing::Test {
 protected:
  void expect_good(const HostRun& run) { ASSERT_EQ(run.code, 0) << run.last(); }
  void expect_no_secrets(const Practice& practice, const HostRun& run) {
    for (const std::string& secret : practice.secrets()) {
      EXPECT_THAT(run.out, Not(HasSubstr(secret)));
      EXPECT_THAT(run.err, Not(HasSubstr(secret)));
    }
  }
  /// From one practice to the other, up to the server.
  void send(Practice& from, const Practice& to, const std::string& subject) {
    expect_good(from.run("tour_send", {{"KVC_TOUR_RECIPIENT", to.address()}, {"KVC_TOUR_SUBJECT", subject}}));
  }

  TempDir directory_;
  Server server_{directory_.path() / "server"};
  Practice nord_{"nord", directory_.path() / "nord", server_};
  Practice sued_{"sued", directory_.path() / "sued", server_};
};

TEST_F(AccountsTest, TheApplicationFormsOpenInTheBrowser) {
  expect_good(nord_.run("account_apply"));
  EXPECT_THAT(nord_.audit_events(), Contains("application_form.opened"));
}

TEST_F(AccountsTest, ABrokenListOfFormsStopsAtTheStartWithKeyAndLine) {
  write_file(nord_.directory() / "forms.csv",
             "kv_code,kv,form_file,url\n72,Berlin (einzel, Anlage),a.pdf,https://x/\n");
  std::string settings = server_.settings();
  settings.insert(1, R"("application_forms_file": "forms.csv", )");
  nord_.set_settings(settings);
  const HostRun run = nord_.run("account_apply");
  EXPECT_EQ(run.code, 3);
  EXPECT_THAT(run.err, HasSubstr("application_forms_file"));
  EXPECT_THAT(run.err, HasSubstr("Zeile 2"));
}

TEST_F(AccountsTest, AssigningOpensOldMailAndTakingAwayClosesIt) {
  expect_good(nord_.run("tour_account"));
  expect_good(sued_.run("tour_account"));
  send(sued_, nord_, "Vor der Zuordnung");
  expect_good(nord_.run("tour_receive", {{"KVC_TOUR_SUBJECT", "Vor der Zuordnung"}}));
  expect_good(nord_.run("account_assign", {{"KVC_TOUR_BSNR", "999999901"}}));
  // The one who came later opens the older message.
  expect_good(nord_.run_steps(R"([
    {"as": "mfa", "invoke": "kvconnect.inbox", "wait_job": true, "expect": {"table": {"total": 1}}},
    {"action": "open", "row": 0, "wait_job": true,
     "expect": {"kind": "inbox.message", "detail": {"text": {"$contains": "Liebe Kollegin"}}}}])"));
  expect_good(nord_.run("account_take_away"));
  EXPECT_THAT(nord_.audit_events(), IsSupersetOf({"account.assigned", "account.unassigned",
                                                  "account.practice_sites_set", "account.default_sender_set"}));
}

TEST_F(AccountsTest, TakingOneselfAwayIsAskedAndTheAccountLivesOn) {
  expect_good(nord_.run("tour_account"));
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true},
    {"action": "open", "row": 0, "wait_job": true},
    {"action": "assign", "wait_job": true},
    {"submit": "save", "wait_job": true, "fill": {"users": ["mfa"]},
     "expect": {"kind": "account.unassign_self", "confirmation": {"consequence": {"$contains": "Mia Muster"}}}},
    {"action": "confirm", "wait_job": true, "expect": {"kind": "account.unassigned"}},
    {"invoke": "kvconnect.accounts", "wait_job": true, "expect": {"table": {"total": 0}}},
    {"as": "mfa", "invoke": "kvconnect.accounts", "wait_job": true, "expect": {"table": {"total": 1}}},
    {"action": "check", "row": 0, "wait_job": true, "timeout_ms": 120000,
     "expect": {"detail": {"groups": [{"facts": [{"name": "connection", "code": "good"}]}]}}}])"));
}

TEST_F(AccountsTest, ThePasswordIsChangedAtTheServer) {
  expect_good(nord_.run("tour_account"));
  const HostRun run = nord_.run("account_password", {{"KVC_TOUR_OTHER_PASSWORD", "Canary-OTHER-Blau-7"}});
  expect_good(run);
  expect_no_secrets(nord_, run);
  EXPECT_THAT(run.out, Not(HasSubstr("Canary-OTHER")));
  EXPECT_THAT(find_in_files(nord_.data(), {"Canary-OTHER"}), IsEmpty());
}

TEST_F(AccountsTest, RenewingLeavesOldMailReadable) {
  expect_good(nord_.run("tour_account"));
  expect_good(sued_.run("tour_account"));
  send(sued_, nord_, "Vor der Erneuerung");  // waits at the server, encrypted for the old key
  expect_good(nord_.run("account_renew"));
  const HostRun before = nord_.run("tour_receive", {{"KVC_TOUR_SUBJECT", "Vor der Erneuerung"}});
  expect_good(before);
  EXPECT_THAT(before.out, HasSubstr("Schlüsselgeneration 1, aufbewahrt für ältere Nachrichten"));
  send(sued_, nord_, "Nach der Erneuerung");
  const HostRun after = nord_.run("tour_receive", {{"KVC_TOUR_SUBJECT", "Nach der Erneuerung"}});
  expect_good(after);
  EXPECT_THAT(after.out, HasSubstr("Schlüsselgeneration 2, zurzeit verwendet"));
  EXPECT_THAT(nord_.audit_events(), Contains("certificate.renewed"));
}

TEST_F(AccountsTest, ADownloadedKeystoreMovesTheAccountToAnotherSystem) {
  expect_good(nord_.run("tour_account"));
  expect_good(sued_.run("tour_account"));
  const HostRun exported = nord_.run("account_export");
  expect_good(exported);
  const fs::path file = nord_.data() / "users/arzt/praxis.nord.p12";
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0) << exported.last();
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_THAT(exported.out, HasSubstr("praxis.nord.p12"));
  // A second one replaces nothing, and the confirmation names the file that is really there.
  const HostRun again = nord_.run("account_export");
  expect_good(again);
  EXPECT_TRUE(fs::exists(nord_.data() / "users/arzt/praxis.nord (2).p12"));
  EXPECT_THAT(again.last(), HasSubstr("praxis.nord (2).p12"));

  // The same practice in a new system, with the file and the KV's login data.
  Practice moved("nord", directory_.path() / "moved", server_);
  fs::copy_file(file, moved.directory() / "scripts/keystore.p12");
  const HostRun imported = moved.run("account_import");
  expect_good(imported);
  expect_no_secrets(moved, imported);
  EXPECT_THAT(find_in_files(moved.data(), moved.secrets()), IsEmpty());
  EXPECT_THAT(moved.audit_events(), IsSupersetOf({"account.created", "keystore.imported"}));
  send(sued_, moved, "Nach dem Umzug");
  expect_good(moved.run("tour_receive", {{"KVC_TOUR_SUBJECT", "Nach dem Umzug"}}));
}

TEST_F(AccountsTest, FilesThatAreNoKeystoreAreToldApartAndLeaveNothing) {
  expect_good(nord_.run("tour_account"));
  expect_good(nord_.run("account_export"));
  const std::string good = read_file(nord_.data() / "users/arzt/praxis.nord.p12");
  const fs::path scripts = sued_.directory() / "scripts";
  write_file(scripts / "fremd.p12", good);
  write_file(scripts / "halb.p12", good.substr(0, good.size() / 2));
  write_file(scripts / "text.p12", "kein Keystore");
  const auto refused = [&](const std::string& file, const std::string& code, const std::string& text) {
    // The foreign file is nord's: its password is nord's as well.
    expect_good(sued_.run_steps(R"([
      {"as": "arzt", "invoke": "kvconnect.account.new"},
      {"choose_file": [")" + file + R"("]},
      {"submit": "import", "wait_job": true,
       "fill": {"username": {"env": "KVC_TOUR_USERNAME"}, "password": {"env": "KVC_TOUR_PASSWORD"},
                "keystore_password": {"env": "NORD_KEYSTORE"}}, "expect": {"kind": "account.import"}},
      {"submit": "import", "wait_job": true, "timeout_ms": 120000,
       "expect": {"kind": "account.import", "form": {"error": {"code": ")" +
                                    code + R"(", "text": {"$contains": ")" + text +
                                    R"("}}}, "actions": [{"action_id": "choose"}]}},
      {"invoke": "kvconnect.accounts", "wait_job": true, "expect": {"table": {"total": 0}}}])",
                                {{"NORD_KEYSTORE", "Canary-KEYSTORE-NORD"}}));
  };
  refused("fremd.p12", "policy.certificate_foreign", "praxis.nord@kv-safenet.de");
  refused("halb.p12", "crypto.malformed", "unvollständig");
  refused("text.p12", "crypto.malformed", "keine Keystore-Datei");
  EXPECT_THAT(server_.requests(), Not(HasSubstr("praxis.sued")));
}

TEST_F(AccountsTest, ClosingTheFileDialogChangesNothing) {
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.account.new"},
    {"choose_file": []},
    {"submit": "import", "wait_job": true, "fill": {"username": "x", "password": "y"}, "expect": {"done": {}}},
    {"submit": "import", "fill": {"username": "", "password": "y"},
     "expect": {"kind": "account.new", "form": {"fields": [{"name": "username", "error": {"$contains": "aus"}}]}}}])"));
}

TEST_F(AccountsTest, ADeletedCertificateCanBeHadAnew) {
  expect_good(nord_.run("tour_account"));
  expect_good(nord_.run("account_delete_certificate"));
  EXPECT_THAT(nord_.audit_events(), IsSupersetOf({"certificate.deleted", "certificate.issued"}));
}

TEST_F(AccountsTest, RemovingTakesEverythingOfTheAccount) {
  expect_good(nord_.run("tour_account"));
  expect_good(sued_.run("tour_account"));
  send(sued_, nord_, "Geht mit");
  expect_good(nord_.run("tour_receive", {{"KVC_TOUR_SUBJECT", "Geht mit"}}));
  const HostRun run = nord_.run("account_remove");
  expect_good(run);
  EXPECT_THAT(run.out, HasSubstr("1 Nachricht im Posteingang"));
  EXPECT_TRUE(fs::exists(nord_.data() / "users/arzt/praxis.nord.p12"));
  EXPECT_THAT(nord_.audit_events(), IsSupersetOf({"keystore.exported", "account.removed"}));
}

TEST_F(AccountsTest, AWrongUsernameIsCorrectedInTheSameForm) {
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.account.new"},
    {"submit": "check", "wait_job": true, "timeout_ms": 120000,
     "fill": {"username": "praxis.nrod", "password": {"env": "KVC_TOUR_PASSWORD"}, "display_name": "Praxiskonto",
              "keystore_password": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"},
              "keystore_password_repeat": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"}},
     "expect": {"kind": "account.new", "form": {"error": {"code": "auth.wrong_credentials"},
                "fields": [{"name": "username", "value": "praxis.nrod"}, {"name": "display_name", "value": "Praxiskonto"}]}}},
    {"submit": "check", "wait_job": true, "timeout_ms": 120000,
     "fill": {"username": {"env": "KVC_TOUR_USERNAME"}, "password": {"env": "KVC_TOUR_PASSWORD"},
              "keystore_password": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"},
              "keystore_password_repeat": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"}},
     "expect": {"kind": "account.password_change"}},
    {"invoke": "kvconnect.accounts", "wait_job": true,
     "expect": {"table": {"total": 1, "rows": [{"cells": {"state": {"code": "password_change_needed"}}}]}}}])"));
}

TEST_F(AccountsTest, AServerThatIsNotTrustedIsNamedWithItsCertificate) {
  expect_good(nord_.run("tour_account"));
  std::string settings = server_.settings();
  const auto at = settings.find("\"tls_roots\": [\"") + 15;
  const auto end = settings.find('"', at);
  // A CA of the tree that did not issue the server's certificate.
  const auto other = settings.find("\"user_cas\": [\"") + 14;
  settings.replace(at, end - at, settings.substr(other, settings.find('"', other) - other));
  nord_.set_settings(settings);
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true},
    {"action": "check", "row": 0, "wait_job": true, "timeout_ms": 120000,
     "expect": {"kind": "account.overview", "detail": {"groups": [{"facts": [
        {"name": "failure", "code": "network.tls_not_trusted", "value": {"$contains": "Er zeigte dieses Zertifikat"}}]}]}}}])"));
}

/// Certificates of thirty days: inside the hint's time from the first day.
class RenewalHintTest : public AccountsTest {
 protected:
  static std::vector<std::string> short_lived(const fs::path& directory) {
    fs::create_directories(directory);
    write_file(directory / "accounts.json",
               R"({"accounts": [{"username": "praxis.nord", "password": "Initial-NORD-1", "kv": "38",
                   "cn": "TEST ONLY Praxis Nord", "o": "TEST ONLY", "certificateDays": 30}]})");
    return {"--accounts", (directory / "accounts.json").string()};
  }
  Server short_lived_{directory_.path() / "short", short_lived(directory_.path() / "short-settings")};
  Practice short_nord_{"nord", directory_.path() / "short-nord", short_lived_};
};

TEST_F(RenewalHintTest, IsToldOnceAfterTheLogin) {
  const HostRun set_up = short_nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.account.new"},
    {"submit": "check", "wait_job": true, "timeout_ms": 120000,
     "fill": {"username": {"env": "KVC_TOUR_USERNAME"}, "password": {"env": "KVC_TOUR_PASSWORD"},
              "keystore_password": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"},
              "keystore_password_repeat": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"}}},
    {"submit": "change", "wait_job": true, "timeout_ms": 120000,
     "fill": {"new_password": {"env": "KVC_TOUR_NEW_PASSWORD"}, "new_password_repeat": {"env": "KVC_TOUR_NEW_PASSWORD"}},
     "expect": {"kind": "account.overview", "detail": {"groups": [{"facts": [{"name": "certificate", "code": "renew"}]}]}}}])");
  expect_good(set_up);
  const HostRun told = short_nord_.run_steps(R"([
    {"as": "arzt", "expect_event": {"event": "notification", "severity": "warning", "command_id": "kvconnect.accounts",
                                    "users": ["arzt"], "text": {"$contains": "Zertifikate erneuern"}}}])");
  expect_good(told);
  expect_good(short_nord_.run("account_export"));
  const auto events = short_nord_.audit_events();
  EXPECT_EQ(std::count(events.begin(), events.end(), "renewal.hinted"), 1);
}

}  // namespace
}  // namespace kvc::e2e
