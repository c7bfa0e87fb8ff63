// SPDX-License-Identifier: Apache-2.0
// Somebody who knows the help page alone: finds each of its functions under its name, types nonsense, chooses wrong
// files, and always reads a German sentence that leads on.
#include <gmock/gmock.h>

#include <algorithm>
#include <regex>
#include <set>

#include "e2e/account_ways.h"
#include "e2e/harness.h"
#include "e2e/outcome.h"

namespace kvc::e2e {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

class NewUserTest : public testing::Test {
 protected:
  static void expect_good(const HostRun& run) { ASSERT_EQ(run.code, 0) << run.last(); }

  /// All texts of a run, and that each view has a title and a help text.
  static std::set<std::string> read(const HostRun& run) {
    std::set<std::string> texts;
    for (const Outcome& outcome : run.outcomes()) {
      if (!kind_of(outcome).empty()) {
        const auto view = outcome->getObject("view");
        EXPECT_FALSE(view->optValue<std::string>("title", "").empty()) << kind_of(outcome);
        EXPECT_TRUE(view->has("help") || !kind_of(outcome).starts_with("account")) << kind_of(outcome);
      }
      for (const auto& [place, text] : shown_texts(outcome)) {
        texts.insert(text);
        expect_readable(kind_of(outcome) + " " + place, text);
      }
    }
    return texts;
  }
  /// No key of the catalogue, no placeholder, no word of programmers.
  static void expect_readable(const std::string& place, const std::string& text) {
    static const std::regex kTechnical(
        R"(\b(null|undefined|exception|errno|HTTP|JSON|XML|SQL|SQLite|REST|CSR|MIME|CMS|PKCS|socket|stack|Timeout|Server-Error)\b|[{}]|\b(error|account|form|field|keystore)\.[a-z_]+\b)");
    EXPECT_FALSE(std::regex_search(text, kTechnical)) << place << ": " << text;
  }

  static std::string new_account_with(const std::string& username, const std::string& name) {
    return R"({"as": "arzt", "invoke": "kvconnect.account.new"},
      {"submit": "check", "wait_job": true,
       "fill": {"username": ")" +
           username + R"(", "password": {"env": "KVC_TOUR_PASSWORD"}, "display_name": ")" + name + R"(",
                "keystore_password": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"},
                "keystore_password_repeat": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"}}})";
  }

  TempDir directory_;
  Server server_{directory_.path() / "server"};
  Practice nord_{"nord", directory_.path() / "nord", server_};
};

TEST_F(NewUserTest, FindsEveryFunctionOfTheHelpPageUnderItsName) {
  std::set<std::string> texts;
  for (const char* script : {"account_apply", "tour_account", "account_assign", "account_renew", "account_export",
                             "account_password", "account_delete_certificate", "account_remove"}) {
    const HostRun run =
        nord_.run(script, {{"KVC_TOUR_BSNR", "999999901"}, {"KVC_TOUR_OTHER_PASSWORD", "Canary-OTHER-Blau-7"}});
    expect_good(run);
    texts.merge(read(run));
  }
  for (const char* command : {"Konto beantragen", "Benutzerkonten", "Neues KV-Connect-Konto"}) {
    EXPECT_THAT(texts, Contains(command));
  }
  EXPECT_THAT(texts, IsSupersetOf({"Username", "Passwort", "Keystore-Passwort", "KV-Connect-Benutzerkonto prüfen",
                                   "Zuordnen", "Zertifikate erneuern", "Zertifikate herunterladen",
                                   "vorhandenes Zertifikat importieren", "Passwort ändern"}));
  const fs::path file = nord_.data() / "users/arzt/praxis.nord.p12";
  Practice moved("nord", directory_.path() / "moved", server_);
  fs::copy_file(file, moved.directory() / "scripts/keystore.p12");
  const HostRun imported = moved.run("account_import", {{"KVC_TOUR_NEW_PASSWORD", "Canary-OTHER-Blau-7"}});
  EXPECT_THAT(read(imported), IsSupersetOf({"Importieren", "Konto anlegen"}));
}

TEST_F(NewUserTest, NonsenseAsUserNameIsRefusedAtTheFieldAndAsksNobody) {
  const std::string before = server_.requests();
  for (const std::string& name :
       {std::string("   "), std::string(10000, 'x'), std::string("praxis\xf0\x9f\x98\x80"),
        std::string("praxis\xe2\x80\xaenord\xe2\x80\x8f"), std::string("pra\\\"xis'; DROP TABLE account;--"),
        std::string("../../etc/passwd"), std::string("a:b"), std::string("a\\nb"), std::string("präxis"),
        std::string("praxis.nord@kv-safenet.de"), std::string(" praxis.nord")}) {
    const testing::ScopedTrace trace(__FILE__, __LINE__, name.substr(0, 40));
    const HostRun run = nord_.run_steps(steps(
        {new_account_with(name, "Praxiskonto"),
         R"({"expect": {"kind": "account.new", "form": {"error": {"code": "usage.invalid_field", "text": {"$contains": "„Username“"}},
             "fields": [{"name": "username", "error": {"$contains": "vor dem @"}}, {"name": "display_name", "value": "Praxiskonto"}]},
             "actions": [{"action_id": "check"}]}})",
         R"({"invoke": "kvconnect.accounts", "wait_job": true, "expect": {"table": {"total": 0}}})"}));
    expect_good(run);
    read(run);
  }
  EXPECT_EQ(server_.requests(), before);
}

TEST_F(NewUserTest, NonsenseInFreeTextsIsRefusedOrShownAsTyped) {
  for (const std::string& name :
       {std::string(10000, 'x'), std::string("zwei\\nZeilen"), std::string("um\xe2\x80\xaegedreht")}) {
    expect_good(nord_.run_steps(steps(
        {new_account_with("praxis.nord", name),
         R"({"expect": {"kind": "account.new", "form": {"fields": [{"name": "display_name", "error": {"$contains": "200 Zeichen"}}]}}})"})));
  }
  const std::string odd = "\xf0\x9f\x8f\xa5 <b>\\\"Müller\\\" & 'Söhne'</b> %s ../ \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d";
  expect_good(nord_.run_steps(steps(
      {new_account_with("praxis.nord", odd),
       R"({"invoke": "kvconnect.accounts", "wait_job": true, "expect": {"table": {"rows": [{"cells": {"name": {"text": ")" +
           odd + R"("}}}]}}})"})));
}

TEST_F(NewUserTest, FilesThatAreNoKeystoresAreToldAndAnotherCanBeChosen) {
  const fs::path scripts = nord_.directory() / "scripts";
  std::string noise(5 * 1024 * 1024, '\0');
  std::uint32_t state = 12345;
  std::generate(noise.begin(), noise.end(), [&state] {
    state = state * 1664525U + 1013904223U;
    return static_cast<char>(state >> 24U);
  });
  write_file(scripts / "rauschen.p12", noise);
  write_file(scripts / "klein.p12", noise.substr(0, 3000));
  write_file(scripts / "bild.jpg", "\xff\xd8\xff\xe0\x01JFIF" + noise.substr(0, 30000));
  write_file(scripts / "leer.p12", "");
  write_file(scripts / "anfang.p12", "\x30\x82\xff\xff\x02\x01\x03");
  for (const char* file : {"rauschen.p12", "klein.p12", "bild.jpg", "leer.p12", "anfang.p12"}) {
    const testing::ScopedTrace trace(__FILE__, __LINE__, file);
    const HostRun run = nord_.run_steps(R"([{"as": "arzt", "invoke": "kvconnect.account.new"}, {"choose_file": [")" +
                                        std::string(file) + R"("]},
        {"submit": "import", "wait_job": true,
         "fill": {"username": {"env": "KVC_TOUR_USERNAME"}, "password": {"env": "KVC_TOUR_PASSWORD"},
                  "keystore_password": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"}}, "expect": {"kind": "account.import"}},
        {"when": {"actions": [{"action_id": "import"}]}, "submit": "import", "wait_job": true, "timeout_ms": 120000}])");
    expect_good(run);
    const Outcome last = run.outcomes().back();
    const auto failure = failure_of(last);
    ASSERT_TRUE(failure) << run.last();
    EXPECT_THAT(failure->text, HasSubstr("nichts verändert"));
    EXPECT_THAT(failure->text, HasSubstr("Bitte"));
    EXPECT_THAT(ways_on(last), Contains("choose"));
    read(run);
  }
  expect_good(nord_.run_steps(
      R"([{"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true, "expect": {"table": {"total": 0}}}])"));
}

}  // namespace
}  // namespace kvc::e2e
