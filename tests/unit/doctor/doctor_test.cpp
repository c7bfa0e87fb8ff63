// SPDX-License-Identifier: Apache-2.0
#include "doctor/doctor.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "doctor/stages.h"
#include "doctor/texts.h"
#include "store/backup.h"
#include "store/database.h"
#include "unit/kvconnect/fake_env.h"
#include "unit/kvconnect/scripted_server.h"

namespace kvc::doctor {
namespace {

using test::Peer;
using test::ScriptedServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Dates an answer at the fake clock, `skew` seconds later.
std::string http_date(TimePoint now, long skew) {
  const auto at = std::chrono::system_clock::to_time_t(now) + skew;
  std::tm parts{};
  gmtime_r(&at, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

class DoctorTest : public ::testing::Test {
 protected:
  DoctorTest() {
    root_ = test::make_ca("Testwurzel");
    user_ca_ = test::make_ca("Test-User-CA", &root_);
    dir_.write("root.pem", root_.cert_pem());
    dir_.write("user_ca.pem", user_ca_.cert_pem());
    test::CertificateWish wish;
    wish.san = "DNS:localhost";
    wish.valid_to_days = 60;
    identity_ = test::make_identity(wish, &root_);
    subject_.manifest_file = dir_.write("manifest.json", R"({"id":"de.test","version":"1.2.3"})");
    subject_.data_directory = (dir_.path() / "data").string();
    std::filesystem::create_directory(subject_.data_directory);
    subject_.settings_directory = dir_.path().string();
  }

  void serve(const std::string& date, const std::string& login_answer = "", const test::Identity* identity = nullptr) {
    test::ServerWish wish;
    wish.identity = identity != nullptr ? identity : &identity_;
    server_ = std::make_unique<ScriptedServer>(wish, [date, login_answer](Peer& peer) {
      while (true) {
        const std::string request = peer.request();
        if (request.empty()) {
          return;
        }
        if (request.find("server/version") != std::string::npos) {
          peer.answer("200 OK", "2.7.0", date.empty() ? "" : "Date: " + date + "\r\n");
        } else {
          peer.send(login_answer);
        }
      }
    });
    subject_.settings_json = settings(server_->url());
  }
  static std::string settings(const std::string& url, const std::string& user_ca = "user_ca.pem") {
    return R"({"environments":[{"id":"own","base_url":")" + url +
           R"(","mail_domain":"kv-safenet.de","tls_roots":["root.pem"],"message_roots":["root.pem"],"user_cas":[")" +
           user_ca + "\"]}]}";
  }
  static std::string ok(const std::string& body, const std::string& code = "200 OK") {
    return "HTTP/1.1 " + code + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  Report run() { return examine(subject_, env_, Log::none(), cancel_); }
  /// What one stage found; fails the test if it did not run.
  Stage stage(const std::string& name) {
    for (const Stage& one : run().stages) {
      if (one.name == name) {
        EXPECT_NE(one.text, "");
        EXPECT_NE(one.text, one.outcome) << "no sentence for " << one.outcome;
        return one;
      }
    }
    ADD_FAILURE() << "no stage " << name;
    return {};
  }
  std::string outcome(const std::string& name) { return stage(name).outcome; }

  test::TempDir dir_;
  test::Identity root_, user_ca_, identity_;
  test::FakeEnv env_;
  Cancel cancel_;
  Subject subject_;
  std::unique_ptr<ScriptedServer> server_;
};

TEST_F(DoctorTest, EverythingIsGood) {
  serve(http_date(env_.now(), 0), ok("<account uid='u'><email>anna@kv-safenet.de</email></account>"));
  // The test CAs are short-lived: a mention that they expire soon is right.
  subject_.credentials = transport::Credentials{"anna", Secret("Geheim-Test-1")};
  const Report report = run();
  std::vector<std::string> seen;
  for (const Stage& one : report.stages) {
    seen.push_back(one.name + ":" + one.outcome);
  }
  EXPECT_THAT(seen, ElementsAre("manifest:manifest.good", "settings:settings.good", "storage:storage.new",
                                "certificates:certificates.expiring", "server:server.good", "clock:clock.good",
                                "login:login.good"));
  EXPECT_EQ(report.health, Health::warning);
  EXPECT_THAT(to_json(report), Not(HasSubstr("Geheim")));
}

TEST_F(DoctorTest, Manifest) {
  EXPECT_EQ(stage("manifest").facts.at(1).second, "1.2.3");
  subject_.manifest_file = "/nowhere/manifest.json";
  EXPECT_EQ(outcome("manifest"), "manifest.unreadable");
  subject_.manifest_file = dir_.path().string();
  EXPECT_EQ(outcome("manifest"), "manifest.unreadable");
  for (const std::string text : {"", "{", "[]", "null", "{\"id\":1,\"version\":\"1\"}", "{\"id\":\"x\"}"}) {
    subject_.manifest_file = dir_.write("manifest.json", text);
    EXPECT_EQ(outcome("manifest"), "manifest.malformed") << text;
  }
  subject_.manifest_file = dir_.write("manifest.json", std::string(100000, '['));
  EXPECT_EQ(outcome("manifest"), "manifest.malformed");
  subject_.manifest_file.clear();
  EXPECT_EQ(outcome("manifest"), "skipped.no_manifest");
}

TEST_F(DoctorTest, EverySettingsProblemIsAFinding) {
  subject_.settings_json = R"({"environments":[{"id":"own","base_url":"http://x/"}],"surprise":1})";
  const Stage found = stage("settings");
  EXPECT_EQ(found.outcome, "settings.bad");
  EXPECT_EQ(found.health, Health::bad);
  EXPECT_EQ(found.findings.size(), 6U);
  EXPECT_THAT(found.findings, ::testing::Contains("environments[0].base_url: Die Adresse muss mit https:// beginnen."));
  for (const std::string later : {"storage", "certificates", "server", "clock", "login"}) {
    EXPECT_EQ(outcome(later), "skipped.earlier") << later;
  }
  subject_.settings_json = "{\"surprise\":1}";
  EXPECT_EQ(outcome("settings"), "settings.warning");
  subject_.settings_json = "";
  EXPECT_EQ(outcome("settings"), "settings.empty");
  EXPECT_EQ(outcome("server"), "skipped.no_environment");
}

TEST_F(DoctorTest, Certificates) {
  const std::string nobody = "https://localhost:1/";
  test::CertificateWish old;
  old.common_name = "Abgelaufene Test-User-CA";
  old.ca = true;
  old.valid_from_days = -10;
  old.valid_to_days = -1;
  dir_.write("old.pem", test::make_identity(old, &root_).cert_pem());
  subject_.settings_json = settings(nobody, "old.pem");
  Stage found = stage("certificates");
  EXPECT_EQ(found.outcome, "certificates.expired");
  EXPECT_EQ(found.health, Health::warning) << "mail of its time stays verifiable";
  const auto stranger = test::make_ca("Fremde Testwurzel");
  dir_.write("foreign.pem", test::make_ca("Fremde Test-User-CA", &stranger).cert_pem());
  subject_.settings_json = settings(nobody, "foreign.pem");
  found = stage("certificates");
  EXPECT_EQ(found.outcome, "certificates.no_chain");
  EXPECT_EQ(found.health, Health::bad);
  EXPECT_THAT(found.findings, ::testing::Contains(HasSubstr("Fremde Test-User-CA")));
  dir_.write("leaf.pem", identity_.cert_pem());
  subject_.settings_json = settings(nobody, "leaf.pem");
  EXPECT_EQ(outcome("certificates"), "certificates.unreadable") << "no CA";
}

TEST_F(DoctorTest, ACaOfTheSameNameWithAnotherKeyIsNoChain) {
  const auto impostor = test::make_ca("Testwurzel");
  dir_.write("impostor.pem", test::make_ca("Test-User-CA", &impostor).cert_pem());
  subject_.settings_json = settings("https://localhost:1/", "impostor.pem");
  EXPECT_EQ(outcome("certificates"), "certificates.no_chain");
}

TEST_F(DoctorTest, Storage) {
  EXPECT_EQ(outcome("storage"), "storage.new");
  EXPECT_TRUE(std::filesystem::is_empty(subject_.data_directory)) << "the doctor leaves nothing behind";
  const std::string database = (std::filesystem::path(subject_.data_directory) / "kvconnect.db").string();
  ASSERT_TRUE(store::Database::open("sqlite", subject_.data_directory, Env::system(), Log::none()).ok());
  const Stage good = stage("storage");
  EXPECT_EQ(good.outcome, "storage.good") << good.detail;
  EXPECT_EQ(good.facts.back().first, "schema_version");
  std::filesystem::remove(database + "-wal");
  dir_.write("data/kvconnect.db", "this is no database, but long enough to look at: " + std::string(5000, 'x'));
  EXPECT_EQ(outcome("storage"), "storage.corrupt");
  subject_.settings_json = "{\"storage\":{\"dsn\":\"postgresql://localhost:1/kv?sslmode=disable&schema=Wrong\"}}";
  const Stage refused = stage("settings");
  EXPECT_EQ(refused.outcome, "settings.bad");
  EXPECT_THAT(refused.findings, ElementsAre(HasSubstr("Der Parameter schema besteht aus")));
  EXPECT_EQ(outcome("storage"), "skipped.earlier");
  subject_.settings_json.clear();
  subject_.data_directory += "/nowhere";
  EXPECT_EQ(outcome("storage"), "storage.no_directory");
  subject_.data_directory.clear();
  EXPECT_EQ(outcome("storage"), "skipped.no_directory");
}

TEST_F(DoctorTest, ADatabaseThatIsGoneIsNotANewOne) {
  const std::filesystem::path data = subject_.data_directory;
  ASSERT_TRUE(store::Database::open("sqlite", data.string(), Env::system(), Log::none()).value()->maintain().ok());
  const auto backups = store::backups_of((data / "kvconnect.db").string());
  ASSERT_EQ(backups.size(), 1U);
  std::filesystem::remove(data / "kvconnect.db");
  const Stage gone = stage("storage");
  EXPECT_EQ(gone.outcome, "storage.corrupt");
  EXPECT_EQ(gone.health, Health::bad);
  EXPECT_THAT(gone.advice, HasSubstr("kvconnect restore"));
  EXPECT_THAT(gone.findings, ElementsAre(::testing::AllOf(HasSubstr("verschwunden"), HasSubstr(backups[0].file))));
  EXPECT_FALSE(std::filesystem::exists(data / "kvconnect.db"));
  dir_.write("data/kvconnect.db", "");
  const Stage emptied = stage("storage");
  EXPECT_EQ(emptied.outcome, "storage.corrupt");
  EXPECT_THAT(emptied.findings, ElementsAre(HasSubstr("leer (0 Bytes)")));
  EXPECT_EQ(std::filesystem::file_size(data / "kvconnect.db"), 0U);
}

TEST_F(DoctorTest, AnEmptyFileIsLeftEmpty) {
  const std::string file = dir_.write("data/kvconnect.db", "");
  Stage found = stage("storage");
  EXPECT_EQ(found.outcome, "storage.new");
  EXPECT_EQ(found.health, Health::warning);
  EXPECT_THAT(found.findings, ElementsAre(HasSubstr(file + " ist leer (0 Bytes)")));
  subject_.english = true;
  EXPECT_THAT(stage("storage").findings, ElementsAre(HasSubstr(file + " is empty (0 bytes)")));
  EXPECT_EQ(std::filesystem::file_size(file), 0U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(subject_.data_directory), {}), 1);
}

TEST_F(DoctorTest, AFileThatMayNotBeReadIsSaid) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can be somebody else for a moment";
  }
  constexpr uid_t kNobody = 65534;
  const std::string file = dir_.write("data/kvconnect.db", std::string(5000, 'x'));
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  ASSERT_EQ(::chmod(dir_.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(subject_.data_directory.c_str(), 0777), 0);
  ASSERT_EQ(::seteuid(kNobody), 0);
  const Stage found = stage("storage");
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_EQ(found.outcome, "storage.failed");
  EXPECT_EQ(found.health, Health::bad);
  EXPECT_THAT(found.findings, ElementsAre(HasSubstr("darf die Datei " + file + " nicht lesen")));
}

TEST_F(DoctorTest, StorageThatCannotBeWritten) {
  subject_.data_directory = "/proc";  // not even root may make a file there
  EXPECT_EQ(outcome("storage"), "storage.not_writable");
}

TEST_F(DoctorTest, Server) {
  serve(http_date(env_.now(), 0));
  const Stage good = stage("server");
  EXPECT_EQ(good.outcome, "server.good");
  std::set<std::string> facts;
  for (const auto& [key, value] : good.facts) {
    facts.insert(key);
    EXPECT_NE(value, "") << key;
  }
  EXPECT_THAT(facts, ::testing::IsSupersetOf({"address", "version", "tls", "cipher", "certificate"}));
}

TEST_F(DoctorTest, ServersThatAreNotGood) {
  test::CertificateWish wish;
  wish.san = "DNS:anderswo.example";
  const auto wrong_host = test::make_identity(wish, &root_);
  wish.san = "DNS:localhost";
  wish.valid_to_days = 5;
  const auto expiring = test::make_identity(wish, &root_);
  wish.valid_from_days = -9;
  wish.valid_to_days = -2;
  const auto expired = test::make_identity(wish, &root_);
  const auto stranger = test::make_identity(wish, nullptr);
  const std::vector<std::pair<const test::Identity*, std::string>> cases = {{&wrong_host, "server.wrong_host"},
                                                                            {&expiring, "server.expiring"},
                                                                            {&expired, "server.expired"},
                                                                            {&stranger, "server.not_trusted"}};
  subject_.credentials = transport::Credentials{"anna", Secret("Geheim-Test-1")};
  for (const auto& [identity, expected] : cases) {
    serve(http_date(env_.now(), 0), ok("", "401 E"), identity);
    EXPECT_EQ(outcome("server"), expected);
    EXPECT_EQ(outcome("login"), expected == "server.expiring" ? "login.wrong_credentials" : "skipped.earlier");
  }
  const std::string url = server_->url();
  server_.reset();
  EXPECT_EQ(outcome("server"), "server.unreachable");
  subject_.settings_json = settings("https://gibt-es-nicht.invalid/");
  EXPECT_EQ(outcome("server"), "server.unknown_name");
  test::ServerWish plain;
  plain.greeting = "SSH-2.0-test\r\n";
  server_ = std::make_unique<ScriptedServer>(plain, [](Peer&) {});
  subject_.settings_json = settings(server_->url());
  EXPECT_EQ(outcome("server"), "server.no_tls");
}

TEST_F(DoctorTest, SomethingElseAnswers) {
  for (const auto& [answer, expected] :
       std::vector<std::pair<std::string, std::string>>{{ok("<html>Willkommen</html>"), "server.no_kvconnect"},
                                                        {ok("", "404 Not Found"), "server.no_kvconnect"},
                                                        {ok("", "500 E"), "server.error"},
                                                        {ok("", "503 E"), "server.error"},
                                                        {"garbage\r\n\r\n", "server.no_kvconnect"}}) {
    test::ServerWish wish;
    wish.identity = &identity_;
    const std::string raw = answer;
    server_ = std::make_unique<ScriptedServer>(wish, [raw](Peer& peer) {
      peer.request();
      peer.send(raw);
      peer.close_cleanly();
    });
    subject_.settings_json = settings(server_->url());
    EXPECT_EQ(outcome("server"), expected) << raw;
  }
}

TEST_F(DoctorTest, Clock) {
  for (const auto& [skew, expected] : std::vector<std::pair<long, std::string>>{{0, "clock.good"},
                                                                                {290, "clock.good"},
                                                                                {400, "clock.skewed"},
                                                                                {-290, "clock.good"},
                                                                                {-400, "clock.skewed"}}) {
    serve(http_date(env_.now(), skew));
    EXPECT_EQ(outcome("clock"), expected) << skew;
  }
  serve("");
  EXPECT_EQ(outcome("clock"), "clock.unknown");
  serve("gestern");
  EXPECT_EQ(outcome("clock"), "clock.unknown");
}

TEST_F(DoctorTest, Login) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {ok("<account uid='u'><email>a@b</email></account>"), "login.good"},
      {ok("<account uid='u'><passwordChangeNeeded>true</passwordChangeNeeded></account>"),
       "login.password_change_needed"},
      {ok("", "401 E"), "login.wrong_credentials"},
      {ok("", "423 E"), "login.locked"},
      {ok("", "403 E"), "login.forbidden"},
      {ok("", "500 E"), "login.failed"},
      {ok("<html/>"), "login.failed"}};
  for (const auto& [answer, expected] : cases) {
    serve(http_date(env_.now(), 0), answer);
    subject_.credentials.reset();
    EXPECT_EQ(outcome("login"), "skipped.no_login");
    subject_.credentials = transport::Credentials{"anna", Secret("Geheim-Test-1")};
    EXPECT_EQ(outcome("login"), expected);
  }
}

TEST_F(DoctorTest, CredentialsGoOnlyWhereTheyBelong) {
  serve(http_date(env_.now(), 0), ok("", "401 E"));
  const std::string one = settings(server_->url());
  const std::size_t open = one.find('[') + 1;
  const std::string first = one.substr(open, one.rfind(']') - open);
  std::string second = first;
  second.replace(second.find("own"), 3, "two");
  subject_.settings_json = "{\"environments\":[" + first + "," + second + "]}";
  subject_.credentials = transport::Credentials{"anna", Secret("Geheim-Test-1")};
  run();
  subject_.login_environment = "three";
  run();
  for (const std::string& request : server_->requests()) {
    EXPECT_THAT(request, Not(HasSubstr("Authorization")));
  }
  subject_.login_environment = "two";
  std::vector<std::string> logins;
  for (const Stage& stage : run().stages) {
    if (stage.name == "login") {
      logins.push_back(stage.environment + ":" + stage.outcome);
    }
  }
  EXPECT_THAT(logins, ElementsAre("own:skipped.other_environment", "two:login.wrong_credentials"));
}

TEST_F(DoctorTest, ACancelledExaminationSkipsTheRest) {
  serve(http_date(env_.now(), 0));
  Report report = examine(subject_, env_, Log::none(), cancel_, [&](const Stage& stage) {
    if (stage.name == "settings") {
      cancel_.request();
    }
  });
  EXPECT_EQ(report.stages.back().outcome, "skipped.cancelled");
  EXPECT_EQ(server_->connections(), 0);
}

TEST_F(DoctorTest, JsonIsJsonWhateverIsInIt) {
  subject_.settings_json = "{\"\\u0001\\\"x\":1}";
  subject_.english = true;
  const std::string json = to_json(run());
  Poco::JSON::Parser parser;
  const auto root = parser.parse(json).extract<Poco::JSON::Object::Ptr>();
  EXPECT_EQ(root->getValue<std::string>("status"), "warning");
  EXPECT_EQ(root->getArray("stages")->size(), 7U);
  EXPECT_THAT(json, HasSubstr("The plugin does not know this value"));
}

TEST(DoctorTexts, EveryOutcomeHasASentenceInBothLanguages) {
  std::set<std::string_view> seen;
  for (const Wording& one : wordings()) {
    EXPECT_TRUE(seen.insert(one.outcome).second) << one.outcome;
    EXPECT_NE(one.german, "") << one.outcome;
    EXPECT_NE(one.english, "") << one.outcome;
    EXPECT_EQ(one.german_advice.empty(), one.english_advice.empty()) << one.outcome;
  }
}

TEST(DoctorTexts, EveryFindingOfTheFileHasASentence) {
  const Params params = {{"file", "FILE"}, {"backup", "BACKUP"}};
  for (const std::string finding : {"file.gone", "file.emptied", "file.empty", "file.not_permitted"}) {
    for (const bool english : {false, true}) {
      const std::string text = file_sentence(finding, params, english);
      EXPECT_THAT(text, HasSubstr("FILE")) << finding;
      EXPECT_THAT(text, Not(HasSubstr("{"))) << finding;
    }
  }
}

TEST(DoctorTexts, EveryProblemOfTheSettingsHasASentence) {
  for (const settings::ProblemKind& kind : settings::kProblemKinds) {
    settings::Problem problem{"a.b", std::string(kind.name), {}, false};
    std::istringstream names{std::string(kind.params)};
    for (std::string name; names >> name;) {
      problem.params.emplace_back(name, "VALUE-" + name);
    }
    for (const bool english : {false, true}) {
      const std::string text = sentence(problem, english);
      EXPECT_THAT(text, Not(HasSubstr("{"))) << "a placeholder without its parameter";
      EXPECT_NE(text, "a.b: " + problem.problem);
      EXPECT_THAT(text, ::testing::StartsWith("a.b: "));
    }
  }
}

}  // namespace
}  // namespace kvc::doctor
