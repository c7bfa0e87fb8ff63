// SPDX-License-Identifier: Apache-2.0
// `kvconnect doctor` as people meet it: what stands on standard error beside the JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/crypto/openssl_tool.h"
#include "unit/kvconnect/scripted_server.h"

namespace kvc {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kNobody = "https://localhost:1/";

class DoctorCommand : public testing::Test {
 protected:
  DoctorCommand() {
    scratch_.put("root.pem", root_.cert_pem());
    scratch_.put("user_ca.pem", test::make_ca("Test-User-CA", &root_).cert_pem());
    scratch_.put("manifest.json", R"({"id":"de.test","version":"1.2.3"})");
    scratch_.put("login", "anna\nGeheim-Test-1\n");
  }
  static std::string environment(const std::string& id, const std::string& url) {
    return R"({"id":")" + id + R"(","base_url":")" + url +
           R"(","mail_domain":"kv-safenet.de","tls_roots":["root.pem"],"message_roots":["root.pem"],)" +
           R"("user_cas":["user_ca.pem"]})";
  }
  test_pki::ToolResult doctor(const std::string& settings, const std::vector<std::string>& more = {},
                              const std::string& language = "de_DE.UTF-8") {
    scratch_.put("settings.json", settings);
    std::vector<std::string> command{KVC_TOOL, "doctor", "--manifest", "manifest.json", "--settings", "settings.json"};
    command.insert(command.end(), more.begin(), more.end());
    return test_pki::run(command, scratch_.path(), {{"LC_ALL", language}});
  }

  test_pki::ScratchDirectory scratch_;
  test::Identity root_ = test::make_ca("Testwurzel");
};

TEST_F(DoctorCommand, AnUnknownEnvironmentIsAnErrorThatNamesThoseThereAre) {
  const std::string two =
      R"({"environments":[)" + environment("own", kNobody) + "," + environment("two", kNobody) + "]}";
  const auto unknown = doctor(two, {"--login-file", "login", "--environment", "nope"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.output,
              HasSubstr("--environment: dieses Netz nennen die Einstellungen nicht, sondern: own, two"));
  EXPECT_THAT(unknown.output, Not(HasSubstr("\"stages\""))) << "nothing was examined";
  EXPECT_THAT(doctor(two, {"--environment", "nope"}, "en_GB.UTF-8").output, HasSubstr("but: own, two"));
  const auto none = doctor("{}", {"--environment", "own"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.output, HasSubstr("nennen kein Netz"));
  // Settings that are wrong have a stage of their own that says so.
  EXPECT_THAT(doctor("garbage {", {"--environment", "own"}).output, HasSubstr("Die Einstellungen enthalten Fehler"));
}

TEST_F(DoctorCommand, SaysWhichOptionChoosesTheNetworkOfALogin) {
  const std::string one = R"({"environments":[)" + environment("own", kNobody);
  const std::string two = one + "," + environment("two", kNobody) + "]}";
  const char* hint = "Wohin die Anmeldung gehört, sagt --environment ID";
  EXPECT_THAT(doctor(two, {"--login-file", "login"}).output, HasSubstr(hint));
  EXPECT_THAT(doctor(two, {"--login-file", "login"}, "en_GB.UTF-8").output,
              HasSubstr("--environment ID says where the login belongs"));
  EXPECT_THAT(doctor(two, {"--login-file", "login", "--environment", "two"}).output, Not(HasSubstr(hint)));
  EXPECT_THAT(doctor(two).output, Not(HasSubstr(hint)));
  EXPECT_THAT(doctor(one + "]}", {"--login-file", "login"}).output, Not(HasSubstr(hint)));
}

TEST_F(DoctorCommand, ShowsWhatItsAdviceSpeaksOf) {
  const auto unreachable = doctor(R"({"environments":[)" + environment("own", kNobody) + "]}");
  EXPECT_EQ(unreachable.exit_code, 2);
  EXPECT_THAT(unreachable.output, HasSubstr("\n         Server: localhost:1\n"));
  EXPECT_THAT(unreachable.output, HasSubstr("\n         detail: "));

  test::CertificateWish wish;
  wish.san = "DNS:localhost";
  const auto stranger = test::make_ca("Fremde Testwurzel");
  const auto identity = test::make_identity(wish, &stranger);
  test::ServerWish server_wish;
  server_wish.identity = &identity;
  test::ScriptedServer server(server_wish, [](test::Peer& peer) { peer.request(); });
  const auto foreign = doctor(R"({"environments":[)" + environment("own", server.url()) + "]}");
  EXPECT_EQ(foreign.exit_code, 2);
  EXPECT_THAT(foreign.output, HasSubstr("Vergleichen Sie das gezeigte Zertifikat"));
  EXPECT_THAT(foreign.output, testing::ContainsRegex("\n         Zertifikat: subject=.*Fremde Testwurzel.*sha256="));
  EXPECT_THAT(foreign.output, HasSubstr("\n         gültig bis: 20"));

  const auto database = doctor(R"({"storage":{"dsn":"postgresql://nobody@127.0.0.1:1/kv?sslmode=disable"}})", {"--data", "."});
  EXPECT_EQ(database.exit_code, 2);
  EXPECT_THAT(database.output, testing::ContainsRegex("\n         detail: ."));
}

TEST_F(DoctorCommand, ALoginFileWithoutAPasswordIsNamed) {
  scratch_.put("login", "Geheim-Test-1\n");
  const auto german = doctor("{}", {"--login-file", "login"});
  EXPECT_EQ(german.exit_code, 2);
  EXPECT_THAT(german.output, HasSubstr("--login-file login: in der ersten Zeile wird der Benutzername erwartet"));
  EXPECT_THAT(german.output, Not(HasSubstr("Geheim-Test-1")));
  EXPECT_THAT(doctor("{}", {"--login-file", "login"}, "en_GB.UTF-8").output,
              HasSubstr("the user name is expected in the first line"));
}

TEST_F(DoctorCommand, NothingIsSkippedForAnArgumentThatIsEmptyOrTooMany) {
  const auto empty = doctor("{}", {"--data", ""});
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_THAT(empty.output, HasSubstr("--data hat einen leeren Wert"));
  const auto extra = doctor("{}", {"extra"});
  EXPECT_EQ(extra.exit_code, 2);
  EXPECT_THAT(extra.output, HasSubstr("ein Argument ist zu viel, hinter dem Wert von --settings"));
}

}  // namespace
}  // namespace kvc
