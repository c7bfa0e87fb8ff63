// SPDX-License-Identifier: Apache-2.0
#include "settings/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "unit/kvconnect/test_pki.h"

namespace kvc::settings {
namespace {

using std::string_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// "key_path: problem" of every problem, warnings with a '?' in front.
std::vector<std::string> lines(const Loaded& loaded) {
  std::vector<std::string> all;
  for (const Problem& p : loaded.problems) {
    all.push_back((p.warning ? "?" : "") + p.key_path + ": " + p.problem);
  }
  return all;
}

std::string param(const Problem& problem, const std::string& name) {
  for (const auto& [key, value] : problem.params) {
    if (key == name) {
      return value;
    }
  }
  return "(none)";
}

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    const auto root = test::make_ca("Testwurzel");
    root_file_ = dir_.write("root.pem", root.cert_pem());
    key_file_ = dir_.write("key.pem", root.key_pem());
    dir_.write("user_ca.pem", test::make_ca("Test-User-CA", &root).cert_pem());
  }

  Loaded load(const std::string& json) const { return settings::load(json, dir_.path()); }

  /// One good environment with one key replaced or added; an empty `value` leaves the key out.
  static std::string environment(const std::string& key = "", const std::string& value = "") {
    std::vector<std::pair<std::string, std::string>> keys = {{"id", "\"own\""},
                                                             {"name", "\"Eigener Server\""},
                                                             {"base_url", "\"https://localhost:8443/kvconnect/rest/\""},
                                                             {"mail_domain", "\"kv-safenet.de\""},
                                                             {"tls_roots", "[\"root.pem\"]"},
                                                             {"message_roots", "[\"root.pem\"]"},
                                                             {"user_cas", "[\"user_ca.pem\"]"}};
    bool replaced = key.empty();
    std::string text;
    for (auto& [name, content] : keys) {
      if (name == key) {
        content = value;
        replaced = true;
      }
      if (!content.empty()) {
        text += (text.empty() ? "" : ",") + ("\"" + name + "\":" + content);
      }
    }
    return "{" + text + (replaced ? "" : ",\"" + key + "\":" + value) + "}";
  }
  static std::string with(const std::string& key, const std::string& value) {
    return "{\"environments\":[" + environment(key, value) + "]}";
  }

  test::TempDir dir_;
  std::string root_file_;
  std::string key_file_;
};

TEST_F(SettingsTest, EmptyTextGivesDefaultsThatNameNoHost) {
  for (const char* text : {"", " \n\t", "{}", "\xEF\xBB\xBF{}"}) {
    const Loaded loaded = load(text);
    EXPECT_TRUE(loaded.ok()) << text;
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_THAT(loaded.settings.environments, IsEmpty());
    EXPECT_EQ(loaded.settings.storage_dsn, "sqlite");
    EXPECT_EQ(loaded.settings.fetch_interval_minutes, 10);
    EXPECT_EQ(loaded.settings.renewal_hint_days, 150);
    EXPECT_EQ(loaded.settings.max_message_bytes, 500ULL * 1024 * 1024);
    EXPECT_EQ(loaded.settings.application_forms_file, "");
    EXPECT_EQ(loaded.settings.kvca_file, "");
    EXPECT_EQ(loaded.settings.service_catalogue_file, "");
  }
}

TEST_F(SettingsTest, ReadsEverything) {
  const std::string forms =
      dir_.write("forms.csv", "kv_code,kv,form_file,url\n38,Nordrhein,a.pdf,https://kv.example/a.pdf\n");
  const std::string services = dir_.write("more.json", R"({"services": []})");
  const std::string kvca = dir_.write("kvca.xml", "<x/>");
  const Loaded loaded = load(
      "{\"$schema\":\"settings.schema.json\",\"environments\":[" + environment() +
      R"(],"storage":{"dsn":"postgresql://db/kv?sslrootcert=/ca.pem"},"fetch":{"interval_minutes":0,"address_book_hours":48},
      "renewal_hint_days":90,"max_message_bytes":1048576,"csr_poll_seconds":1,"application_forms_file":"forms.csv",
      "kvca_file":"kvca.xml","service_catalogue_file":"more.json"})");
  EXPECT_THAT(lines(loaded), IsEmpty());
  ASSERT_TRUE(loaded.ok());
  const Settings& s = loaded.settings;
  const Environment* own = s.environment("own");
  ASSERT_NE(own, nullptr);
  EXPECT_EQ(s.environment("other"), nullptr);
  EXPECT_EQ(own->name, "Eigener Server");
  EXPECT_EQ(own->mail_domain, "kv-safenet.de");
  EXPECT_THAT(own->tls_roots, ElementsAre(root_file_));
  EXPECT_THAT(own->user_cas, ElementsAre((dir_.path() / "user_ca.pem").string()));
  EXPECT_FALSE(own->use_system_tls_roots);
  EXPECT_EQ(s.storage_dsn, "postgresql://db/kv?sslrootcert=/ca.pem");
  EXPECT_EQ(s.fetch_interval_minutes, 0);
  EXPECT_EQ(s.address_book_hours, 48);
  EXPECT_EQ(s.max_message_bytes, 1048576U);
  EXPECT_EQ(s.application_forms_file, forms);
  EXPECT_EQ(s.kvca_file, kvca);
  EXPECT_EQ(s.service_catalogue_file, services);
}

TEST_F(SettingsTest, ABrokenCatalogueOfServicesIsToldWithItsPlace) {
  const auto problem_of = [&](const std::string& text) {
    dir_.write("more.json", text);
    const Loaded loaded = load(R"({"service_catalogue_file":"more.json"})");
    EXPECT_FALSE(loaded.ok()) << text;
    EXPECT_EQ(loaded.problems.size(), 1U) << text;
    return loaded.problems.empty() ? Problem() : loaded.problems[0];
  };
  for (const std::string& text : {"-----BEGIN CERTIFICATE-----\n"s, ""s, "[]"s, std::string(1100000, ' ')}) {
    const Problem problem = problem_of(text);
    EXPECT_EQ(problem.key_path, "service_catalogue_file");
    EXPECT_EQ(problem.problem, "catalogue_not_json");
    EXPECT_EQ(param(problem, "file"), (dir_.path() / "more.json").string());
  }
  const Problem problem = problem_of(R"({"services": [{"key": "x", "unsinn": 1}]})");
  EXPECT_EQ(problem.problem, "bad_catalogue");
  EXPECT_EQ(param(problem, "place"), "services[0].unsinn");
}

TEST_F(SettingsTest, ABrokenListOfFormsIsToldWithItsLine) {
  const std::string header = "kv_code,kv,form_file,url\n";
  for (const auto& [csv, problem, line] :
       {std::tuple<std::string, std::string, std::string>{
            header + "72,Berlin (einzel, Anlage),a.pdf,https://kv.example\n", "forms_columns", "2"},
        {"a;b\n", "forms_header", "1"},
        {header, "forms_empty", "0"},
        {header + "\n99,x,a.pdf,https://kv.example\n", "forms_kv_code", "3"},
        {header + "72,x,a.pdf,http://kv.example\n", "forms_url", "2"},
        {header + "72,\"x,a.pdf,https://kv.example\n", "forms_quotes", "2"},
        {header + "72,\0,a.pdf,https://kv.example\n"s, "forms_text", "2"},
        {std::string((1U << 20U) + 1, 'x'), "forms_too_large", "0"}}) {
    dir_.write("broken.csv", csv);
    const Loaded loaded = load(R"({"application_forms_file":"broken.csv"})");
    ASSERT_EQ(loaded.problems.size(), 1U) << problem;
    EXPECT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.problems[0].key_path, "application_forms_file");
    EXPECT_EQ(loaded.problems[0].problem, problem);
    EXPECT_THAT(loaded.problems[0].params, testing::Contains(std::pair<std::string, std::string>("line", line)));
  }
}

TEST_F(SettingsTest, RelativePathsStartAtTheFolderAndAbsoluteOnesStay) {
  const Loaded up = load(with("tls_roots", "[\"./x/../root.pem\",\"" + root_file_ + "\"]"));
  EXPECT_THAT(lines(up), IsEmpty());
  EXPECT_THAT(up.settings.environments.at(0).tls_roots, ElementsAre(root_file_, root_file_));
}

TEST_F(SettingsTest, NameDefaultsToIdAndUrlGetsItsSlash) {
  const Loaded unnamed = load(with("name", ""));
  EXPECT_EQ(unnamed.settings.environments.at(0).name, "own");
  const Loaded bare = load(with("base_url", "\"https://kv.example:8443/kvconnect/rest\""));
  EXPECT_EQ(bare.settings.environments.at(0).base_url, "https://kv.example:8443/kvconnect/rest/");
}

TEST_F(SettingsTest, CollectsAllProblemsAtOnce) {
  const Loaded loaded = load(R"({"environments":[{"id":7,"base_url":"http://kv.example/","mail_domain":"-x",
      "tls_roots":"root.pem","message_roots":[],"user_cas":["nowhere.pem",5],"colour":1},3],
      "storage":{"dsn":"oracle:x"},"fetch":{"interval_minutes":-1,"address_book_hours":721},"csr_poll_seconds":"5","surprise":true})");
  EXPECT_FALSE(loaded.ok());
  EXPECT_THAT(lines(loaded),
              UnorderedElementsAre(
                  "?surprise: unknown_key", "?environments[0].colour: unknown_key", "environments[0].id: wrong_type",
                  "environments[0].base_url: not_https", "environments[0].mail_domain: bad_domain",
                  "environments[0].tls_roots: wrong_type", "environments[0].message_roots: missing",
                  "environments[0].user_cas[0]: file_unreadable", "environments[0].user_cas[1]: wrong_type",
                  "environments[1]: wrong_type", "storage.dsn: bad_dsn", "fetch.interval_minutes: out_of_range",
                  "fetch.address_book_hours: out_of_range", "csr_poll_seconds: wrong_type"));
}

TEST_F(SettingsTest, UnknownKeyIsOnlyAWarning) {
  const Loaded loaded = load(with("colour", "\"blue\""));
  EXPECT_TRUE(loaded.ok());
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_TRUE(loaded.problems[0].warning);
  EXPECT_EQ(param(loaded.problems[0], "key"), "colour");
}

TEST_F(SettingsTest, EveryRequiredKeyIsMissed) {
  for (const std::string key : {"id", "base_url", "mail_domain", "tls_roots", "message_roots", "user_cas"}) {
    EXPECT_THAT(lines(load(with(key, ""))), ElementsAre("environments[0]." + key + ": missing"));
  }
}

TEST_F(SettingsTest, SystemRootsReplaceTlsRootsOnlyIfAskedFor) {
  const std::string without = environment("tls_roots", "");
  const std::string system = without.substr(0, without.size() - 1) + ",\"use_system_tls_roots\":";
  EXPECT_TRUE(load("{\"environments\":[" + system + "true}]}").ok());
  EXPECT_THAT(lines(load("{\"environments\":[" + system + "false}]}")),
              ElementsAre("environments[0].tls_roots: missing"));
  EXPECT_THAT(lines(load("{\"environments\":[" + system + "\"true\"}]}")),
              ElementsAre("environments[0].use_system_tls_roots: wrong_type", "environments[0].tls_roots: missing"));
}

TEST_F(SettingsTest, RefusesAddressesThatAreNoPlainHttpsUrl) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"http://kv.example/rest/", "not_https"},
      {"ftp://kv.example/", "not_https"},
      {"kv.example", "bad_url"},
      {"", "bad_url"},
      {"/rest/", "bad_url"},
      {"https:///rest/", "bad_url"},
      {"https://", "bad_url"},
      {"https://kv.example/re st/", "bad_url"},
      {"https://kv.example/rest/?a=b", "bad_url"},
      {"https://kv.example/rest/#x", "bad_url"},
      {"https://kv.example:99999999/", "bad_url"},
      {"https://kv.example:0/", "bad_url"},
      {"https://kv.example:port/", "bad_url"},
      {"https://pr\xC3\xA4xis.example/", "bad_url"},
      {"https://kv.example\\\\@evil.example/", "bad_url"},
      {"https://anna:geheim@kv.example/", "url_with_credentials"},
      {"https://anna@kv.example/", "url_with_credentials"},
      {"https://@kv.example/", "url_with_credentials"},
  };
  for (const auto& [url, problem] : cases) {
    const Loaded loaded = load(with("base_url", "\"" + url + "\""));
    EXPECT_THAT(lines(loaded), ElementsAre("environments[0].base_url: " + problem)) << url;
    for (const Problem& p : loaded.problems) {
      for (const auto& [name, value] : p.params) {
        EXPECT_EQ(value.find("geheim"), std::string::npos) << "a password of a URL must not be shown";
      }
    }
  }
  EXPECT_TRUE(load(with("base_url", "\"https://[::1]:8443/kvconnect/rest/\"")).ok());
  EXPECT_TRUE(load(with("base_url", "\"https://192.0.2.7/\"")).ok());
}

TEST_F(SettingsTest, RefusesIdsTwice) {
  const Loaded loaded = load("{\"environments\":[" + environment() + "," + environment() + "]}");
  ASSERT_THAT(lines(loaded), ElementsAre("environments[1].id: duplicate_id"));
  EXPECT_EQ(param(loaded.problems[0], "id"), "own");
}

TEST_F(SettingsTest, RefusesIdsThatAreNoNames) {
  for (const std::string id : {"", " ", "a b", "../x", "-x", ".x", "gr\xC3\xBCn", "a/b",
                               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_THAT(lines(load(with("id", "\"" + id + "\""))), ElementsAre("environments[0].id: bad_id")) << id;
  }
  EXPECT_TRUE(load(with("id", "\"" + std::string(64, 'a') + "\"")).ok());
}

TEST_F(SettingsTest, RefusesDomainsThatAreNone) {
  for (const std::string domain : {"", "a..b", ".a", "a.", "a-", "-a", "a b", "a@b", "a_b", "k\xC3\xB6ln.de"}) {
    EXPECT_THAT(lines(load(with("mail_domain", "\"" + domain + "\""))),
                ElementsAre("environments[0].mail_domain: bad_domain"))
        << domain;
  }
}

TEST_F(SettingsTest, AddressBook) {
  EXPECT_EQ(load(with("name", "\"x\"")).settings.environments[0].address_book, AddressBook::automatic);
  const Loaded both = load(with("ldap_url", "\"ldaps://vzd.kv.example:8849\""));
  EXPECT_TRUE(both.ok());
  EXPECT_EQ(both.settings.environments[0].ldap_url, "ldaps://vzd.kv.example:8849");
  EXPECT_TRUE(load(with("ldap_url", "\"ldaps://[::1]:636\"")).ok());
  EXPECT_TRUE(load(with("address_book", "\"auto\"")).ok());
  EXPECT_EQ(load(with("address_book", "\"rest\"")).settings.environments[0].address_book, AddressBook::rest);
  const Loaded only_ldap = load(with("address_book", "\"ldap\",\"ldap_url\":\"ldaps://vzd.kv.example\""));
  EXPECT_TRUE(only_ldap.ok());
  EXPECT_EQ(only_ldap.settings.environments[0].address_book, AddressBook::ldap);
  EXPECT_THAT(lines(load(with("address_book", "\"ldap\""))), ElementsAre("environments[0].ldap_url: missing"));
  const Loaded wrong = load(with("address_book", "\"LDAP\""));
  EXPECT_THAT(lines(wrong), ElementsAre("environments[0].address_book: bad_choice"));
  EXPECT_EQ(param(wrong.problems[0], "allowed"), "auto, rest, ldap");
  for (const char* url :
       {"ldap://vzd.kv.example", "vzd.kv.example", "ldaps://", "ldaps://:636", "ldaps://a:b@vzd.kv.example",
        "ldaps://vzd.kv.example/ou=users", "ldaps://vzd.kv.example?x", "ldaps://vzd.kv.example:x", "ldaps://vzd kv",
        "https://vzd.kv.example", "ldaps://k\xC3\xB6ln.de"}) {
    EXPECT_THAT(lines(load(with("ldap_url", "\"" + std::string(url) + "\""))),
                ElementsAre("environments[0].ldap_url: bad_ldap_url"))
        << url;
  }
}

TEST_F(SettingsTest, LooksIntoCertificateFiles) {
  dir_.write("empty.pem", "");
  dir_.write("text.pem", "no certificate here");
  dir_.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  dir_.write("encrypted.pem",
             "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0123456789ABCDEF\n\n"
             "AAAA\n-----END CERTIFICATE-----\n");
  const std::string good = test::make_ca("Test-CA").cert_pem();
  dir_.write("half.pem", good + good.substr(0, good.size() / 2));
  dir_.write("huge.pem", std::string(1024 * 1024 + 1, 'x') + good);
  for (const std::string file :
       {"empty.pem", "text.pem", "broken.pem", "encrypted.pem", "half.pem", "huge.pem", "key.pem"}) {
    const Loaded loaded = load(with("user_cas", "[\"" + file + "\"]"));
    ASSERT_THAT(lines(loaded), ElementsAre("environments[0].user_cas[0]: not_a_certificate")) << file;
    EXPECT_EQ(param(loaded.problems[0], "file"), (dir_.path() / file).string());
  }
  for (const std::string file : {"nowhere.pem", ".", "/dev/null", "root.pem\\u0000.png"}) {
    EXPECT_THAT(lines(load(with("user_cas", "[\"" + file + "\"]"))),
                ElementsAre("environments[0].user_cas[0]: file_unreadable"))
        << file;
  }
  dir_.write("two.pem", good + good);
  EXPECT_TRUE(load(with("user_cas", "[\"two.pem\"]")).ok());
}

TEST_F(SettingsTest, AWrongServerOfTheStorageIsTold) {
  const auto problem_of = [&](const std::string& dsn) {
    const Loaded loaded = load(R"({"storage":{"dsn":")" + dsn + "\"}}");
    EXPECT_FALSE(loaded.ok()) << dsn;
    return loaded.problems.empty() ? std::string() : loaded.problems[0].key_path + ' ' + loaded.problems[0].problem;
  };
  EXPECT_EQ(problem_of("postgresql://kv:Geheim-1@db/kv?sslrootcert=/ca"), "storage.dsn dsn_password");
  EXPECT_EQ(problem_of("postgresql://db"), "storage.dsn dsn_database");
  EXPECT_EQ(problem_of("postgresql://db:99999/kv?sslrootcert=/ca"), "storage.dsn dsn_port");
  EXPECT_EQ(problem_of("postgresql://db/kv"), "storage.dsn dsn_sslrootcert");
  EXPECT_EQ(problem_of("postgresql://db/kv?sslrootcert=ca.pem"), "storage.dsn dsn_file");
  EXPECT_EQ(problem_of("postgresql://db/kv?unsinn=1"), "storage.dsn dsn_parameter");
}

// A log and a terminal show them. Found by fuzzing: a file name that begins with a carriage return.
TEST_F(SettingsTest, ShowsFileNamesWithoutControlCharacters) {
  const std::string folder = dir_.path().string() + "/";
  const std::string deep = std::string(90, 'o') + "/" + std::string(90, 'u');
  const std::pair<std::string, std::string> names[] = {
      {"\\rtificial.pem", "?tificial.pem"},
      {"Pr\xc3\xbc"
       "fung.pem",
       "Pr\xc3\xbc"
       "fung.pem"},
      {"a\xc2\x85z\x7f\\u001b[31m.pem", "a??z??[31m.pem"},
      {"\xf0\x9f\x98\x80.pem", "\xf0\x9f\x98\x80.pem"},
      {deep, deep},
  };
  for (const auto& [name, shown] : names) {
    const Loaded loaded = load(with("user_cas", "[\"" + name + "\"]"));
    ASSERT_THAT(lines(loaded), ElementsAre("environments[0].user_cas[0]: file_unreadable")) << name;
    EXPECT_EQ(param(loaded.problems[0], "file"), folder + shown);
  }
  dir_.write("\r.pem", "no certificate here");
  const Loaded loaded = load(with("user_cas", R"(["\r.pem"])"));
  ASSERT_THAT(lines(loaded), ElementsAre("environments[0].user_cas[0]: not_a_certificate"));
  EXPECT_EQ(param(loaded.problems[0], "file"), folder + "?.pem");
}

TEST_F(SettingsTest, SaysWhereTheTextStopsBeingJson) {
  struct Case {
    std::string text, line, column;
  };
  const std::vector<Case> cases = {{"{\"a\": 1,\n \"b\": }", "2", "7"},
                                   {"{\"a\":1} x", "1", "9"},
                                   {"{\n\n\"a\":\"\x01\"}", "3", "6"},
                                   {"\xff\xfe", "1", "1"}};
  for (const Case& c : cases) {
    const Loaded loaded = load(c.text);
    ASSERT_THAT(lines(loaded), ElementsAre(": not_json")) << c.text;
    EXPECT_EQ(param(loaded.problems[0], "line"), c.line) << c.text;
    EXPECT_NEAR(std::stoi(param(loaded.problems[0], "column")), std::stoi(c.column), 1) << c.text;
  }
}

TEST_F(SettingsTest, HostileTexts) {
  const std::vector<std::string> texts = {std::string(200000, '['),
                                          std::string(200000, '{'),
                                          "{\"environments\":" + std::string(100000, '['),
                                          "{\"a\":\"x\0y\"}"s,
                                          "\0"s,
                                          "nul",
                                          "5",
                                          "\"text\"",
                                          "{\"a\":1e999}",
                                          "{\"a\":\"\xff\"}",
                                          "{\"a\":\"\\ud800\"}",
                                          "{\"a\":1",
                                          "{'a':1}",
                                          "// comment\n{}"};
  for (const std::string& text : texts) {
    const Loaded loaded = load(text);
    EXPECT_FALSE(loaded.ok()) << text.substr(0, 40);
    EXPECT_THAT(lines(loaded), ElementsAre(": not_json")) << text.substr(0, 40);
  }
  EXPECT_THAT(lines(load("[]")), ElementsAre(": wrong_type"));
  EXPECT_THAT(lines(load("{\"a\":\"" + std::string(1024 * 1024, 'x') + "\"}")), ElementsAre(": too_large"));
}

TEST_F(SettingsTest, NestingInAnUnknownKeyHasItsLimit) {
  EXPECT_TRUE(load("{\"x\":" + std::string(20, '[') + std::string(20, ']') + "}").ok());
  EXPECT_THAT(lines(load("{\"x\":" + std::string(60, '[') + std::string(60, ']') + "}")), ElementsAre(": not_json"));
}

TEST_F(SettingsTest, EveryTypeInEveryPlaceEndsInAProblemNotInAnException) {
  const std::vector<std::string> values = {"null",
                                           "true",
                                           "5",
                                           "-5",
                                           "1.5",
                                           "1e300",
                                           "\"\"",
                                           "\"x\"",
                                           "[]",
                                           "[null]",
                                           "{}",
                                           "[[]]",
                                           "[{}]",
                                           "18446744073709551615",
                                           "-9223372036854775808"};
  for (const std::string key :
       {"environments", "storage", "fetch", "renewal_hint_days", "max_message_bytes", "csr_poll_seconds",
        "application_forms_file", "kvca_file", "service_catalogue_file", "$schema"}) {
    for (const std::string& value : values) {
      const Loaded loaded = load("{\"" + key + "\":" + value + "}");
      const std::set<std::string> fine = {"environments[]",    "storage{}",
                                          "fetch{}",           "renewal_hint_days5",
                                          "csr_poll_seconds5", "application_forms_file\"\"",
                                          "kvca_file\"\"",     "service_catalogue_file\"\"",
                                          "$schema\"\"",       "$schema\"x\""};
      EXPECT_EQ(loaded.ok(), fine.count(key + value) == 1) << key << value;
    }
  }
  for (const std::string key : {"id", "name", "base_url", "mail_domain", "tls_roots", "use_system_tls_roots",
                                "message_roots", "user_cas", "address_book", "ldap_url"}) {
    for (const std::string& value : values) {
      const Loaded loaded = load(with(key, value));
      const std::set<std::string> fine = {
          "id\"x\"", "name\"\"", "name\"x\"", "mail_domain\"x\"", "use_system_tls_rootstrue", "ldap_url\"\""};
      EXPECT_EQ(loaded.ok(), fine.count(key + value) == 1) << key << value;
    }
  }
}

TEST_F(SettingsTest, LimitsAreWhereTheySay) {
  EXPECT_TRUE(load("{\"renewal_hint_days\":1}").ok());
  EXPECT_TRUE(load("{\"renewal_hint_days\":730}").ok());
  EXPECT_FALSE(load("{\"renewal_hint_days\":0}").ok());
  const Loaded loaded = load("{\"renewal_hint_days\":731}");
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(param(loaded.problems[0], "min"), "1");
  EXPECT_EQ(param(loaded.problems[0], "max"), "730");
  EXPECT_EQ(param(loaded.problems[0], "value"), "731");
  EXPECT_EQ(loaded.settings.renewal_hint_days, 150) << "a wrong value keeps the default";
  std::string many;
  for (int i = 0; i < 65; ++i) {
    many += (i == 0 ? "" : ",") + environment("id", "\"e" + std::to_string(i) + "\"");
  }
  EXPECT_THAT(lines(load("{\"environments\":[" + many + "]}")), ElementsAre("environments: out_of_range"));
}

TEST_F(SettingsTest, KeysAreShownPrintableAndShort) {
  const Loaded loaded = load("{\"" + std::string(5000, 'k') + "\":1,\"a\\u001b[31m\":2}");
  ASSERT_EQ(loaded.problems.size(), 2U);
  for (const Problem& p : loaded.problems) {
    EXPECT_LT(p.key_path.size(), 100U);
    EXPECT_EQ(p.key_path.find('\x1b'), std::string::npos);
  }
}

TEST_F(SettingsTest, DsnNeedsItsParameters) {
  for (const std::string dsn : {"", "sqlite:", "postgresql", "postgresql:", "postgresql://", "postgresql:host=db",
                                "mysql:x", "SQLITE", "sqlite:a\\nb", "sqlite:a\\u0000"}) {
    const Loaded loaded = load("{\"storage\":{\"dsn\":\"" + dsn + "\"}}");
    EXPECT_THAT(lines(loaded), ElementsAre("storage.dsn: bad_dsn")) << dsn;
    EXPECT_TRUE(loaded.problems.at(0).params.empty()) << "a DSN may hold a password";
  }
}

TEST(ProblemNames, AreUniqueAndComplete) {
  const auto names = problem_names();
  const std::set<std::string_view> unique(names.begin(), names.end());
  EXPECT_EQ(unique.size(), names.size());
  EXPECT_EQ(unique.count("not_https"), 1U);
}

}  // namespace
}  // namespace kvc::settings
