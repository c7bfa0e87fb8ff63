// SPDX-License-Identifier: Apache-2.0
// Calls 1 to 4 and what holds for every call: addresses, methods, authentication (protocol A).
#include <gmock/gmock.h>

#include "kvconnect_server/accounts.h"
#include "kvconnect_server/password.h"
#include "kvconnect_server/test_client.h"
#include "kvconnect_server/text.h"

namespace kvserver::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class AccountCalls : public ServerTest {};

TEST_F(AccountCalls, VersionNeedsNoLogin) {
  const Answer answer = client().get("server/version");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "2.7.0");
  EXPECT_THAT(answer.headers.at("content-type"), HasSubstr("text/plain"));
}

TEST_F(AccountCalls, LoginRedirectsToTheAccount) {
  const Answer answer = client().get("login/nord", nord_);
  EXPECT_EQ(answer.status, 302);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(answer.headers.at("location"),
            "https://localhost:" + std::to_string(server_->port()) + "/kvconnect/rest/accounts/" + uid_of(nord_));
}

TEST_F(AccountCalls, AccountXml) {
  const Answer answer = client().get("accounts/" + uid_of(neu_), neu_);
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.headers.at("content-type"), HasSubstr("application/xml"));
  EXPECT_THAT(answer.body, HasSubstr("<account uid=\""));
  EXPECT_EQ(element(answer.body, "email"), "neu@kv-safenet.de");
  EXPECT_EQ(element(answer.body, "passwordChangeNeeded"), "true");
  EXPECT_THAT(element(answer.body, "passwordLastChange"),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z"));
}

TEST_F(AccountCalls, WrongCredentials) {
  Client c = client();
  const Login wrong{"nord", "Passwort-AB2"};
  const Login unknown{"niemand", "Passwort-AB1"};
  const Login robot{"kv", ""};
  EXPECT_EQ(c.get("login/nord").status, 401);
  EXPECT_THAT(c.get("login/nord").headers.at("www-authenticate"), HasSubstr("charset=\"UTF-8\""));
  EXPECT_EQ(c.get("login/nord", wrong).status, 401);
  EXPECT_EQ(c.get("login/niemand", unknown).status, 401);
  EXPECT_EQ(c.get("login/kv", robot).status, 401);
  for (const char* header : {"Basic", "Basic !!!!", "Basic bm9yZA==", "Bearer x", "Basic /////w=="}) {
    EXPECT_EQ(c.send("GET", "login/nord", nullptr, "", {{"Authorization", header}}).status, 401) << header;
  }
}

TEST_F(AccountCalls, OtherAccountsAreForbidden) {
  Client c = client();
  const std::string other = uid_of(sued_);
  EXPECT_EQ(c.get("login/sued", nord_).status, 403);
  EXPECT_EQ(c.get("accounts/" + other, nord_).status, 403);
  EXPECT_EQ(c.get("accounts/" + other + "/headers", nord_).status, 403);
  EXPECT_EQ(c.get("accounts/" + other + "/mails", nord_).status, 403);
  EXPECT_EQ(c.get("accounts/" + other + "/mails/x%40y", nord_).status, 403);
  EXPECT_EQ(c.remove("accounts/" + other + "/mails/x%40y", nord_).status, 403);
  EXPECT_EQ(c.remove("accounts/" + other + "/certificate", nord_).status, 403);
  EXPECT_EQ(c.post("accounts/" + other + "/password", nord_, "Passwort-CD2").status, 403);
  EXPECT_EQ(c.get("accounts/no-such-uid", nord_).status, 404);
}

TEST_F(AccountCalls, LockedAccountAnswers423Everywhere) {
  const std::string uid = uid_of(nord_);
  server_->set_locked("nord", true);
  Client c = client();
  for (const std::string& path : {std::string("login/nord"), "accounts/" + uid, "accounts/" + uid + "/headers",
                                  std::string("certificates?uid=x"), std::string("csr/x")}) {
    EXPECT_EQ(c.get(path, nord_).status, 423) << path;
  }
  EXPECT_EQ(c.post("mails", nord_, "x").status, 423);
  EXPECT_EQ(c.get("login/nord", {"nord", "falsch"}).status, 401);
  EXPECT_EQ(c.get("vzd/accounts.json.zip").status, 200);
  server_->set_locked("nord", false);
  EXPECT_EQ(c.get("accounts/" + uid, nord_).status, 200);
}

TEST_F(AccountCalls, InitialPasswordMustBeChangedFirst) {
  Client c = client();
  const std::string account = "accounts/" + uid_of(neu_);
  EXPECT_EQ(c.get(account, neu_).status, 200);
  for (const std::string& path : {account + "/headers", account + "/headers(short)", account + "/mails",
                                  account + "/mails/x%40y", std::string("csr/x"), std::string("certificates?uid=x")}) {
    EXPECT_EQ(c.get(path, neu_).status, 403) << path;
  }
  EXPECT_EQ(c.post("mails", neu_, "x").status, 403);
  EXPECT_EQ(c.post("csr", neu_, "x", "text/plain").status, 403);
  EXPECT_EQ(c.remove(account + "/certificate", neu_).status, 403);
  EXPECT_EQ(c.post(account + "/password", neu_, "Neu-Passwort-1").status, 204);
  const Login changed{"neu", "Neu-Passwort-1"};
  EXPECT_EQ(c.get(account, neu_).status, 401);
  EXPECT_EQ(element(c.get(account, changed).body, "passwordChangeNeeded"), "false");
  EXPECT_EQ(c.get(account + "/headers", changed).status, 200);
}

TEST_F(AccountCalls, PasswordChangeChecksTheBody) {
  Client c = client();
  const std::string path = "accounts/" + uid_of(nord_) + "/password";
  EXPECT_EQ(c.post(path, nord_, "").status, 400);
  EXPECT_EQ(c.post(path, nord_,
                   "Passwort-AB\xff\xfe"
                   "1")
                .status,
            400);
  EXPECT_EQ(c.post(path, nord_, std::string(100'000, 'A')).status, 400);
  EXPECT_EQ(c.post(path, nord_, "zu kurz").status, 422);
  EXPECT_EQ(c.post(path, nord_, "Passwort-AB1").status, 422) << "equal to the old one";
  EXPECT_EQ(c.post(path, nord_, "Passwort-AB1").headers.at("content-type"), "text/plain;charset=UTF-8");
  EXPECT_EQ(c.post(path, nord_, "Ünicode Päß AB ab 1").status, 204);
  EXPECT_EQ(c.get("login/nord", {"nord", "Ünicode Päß AB ab 1"}).status, 302) << "credentials are UTF-8";
}

TEST_F(AccountCalls, AddressesAndMethods) {
  Client c = client();
  EXPECT_EQ(c.get("nothing/here").status, 404);
  EXPECT_EQ(c.get("accounts/" + uid_of(nord_) + "/nothing", nord_).status, 404);
  EXPECT_EQ(c.post("server/version", nord_, "x").status, 405);
  EXPECT_EQ(c.remove("mails", nord_).headers.at("allow"), "POST");
  EXPECT_EQ(c.get("login/%zz", nord_).status, 400);
  EXPECT_EQ(c.get("login/%00", nord_).status, 400);
  EXPECT_EQ(c.get("../../etc/passwd", nord_).status, 404);
  EXPECT_EQ(c.get("certificates?uid=a&uid=b", nord_).status, 400);
}

TEST_F(AccountCalls, AccountsAddedLaterKeepWhatIsThere) {
  const std::string uid = uid_of(nord_);
  server_->apply_accounts(R"({"accounts":[{"username":"nord","password":"Anderes-AB1","cn":"Neuer Name"},
                                          {"username":"spaet","password":"Passwort-AB1"}]})");
  EXPECT_EQ(uid_of(nord_), uid);
  EXPECT_EQ(client().get("login/spaet", {"spaet", "Passwort-AB1"}).status, 302);
  restart();
  EXPECT_EQ(uid_of(nord_), uid) << "accounts are durable, and the same file may be applied again";
  EXPECT_EQ(client().get("login/spaet", {"spaet", "Passwort-AB1"}).status, 302);
}

struct PasswordCase {
  std::string password;
  bool good;
};

class PasswordRules : public ::testing::TestWithParam<PasswordCase> {};

TEST_P(PasswordRules, Table) {
  EXPECT_EQ(password_fault(GetParam().password).empty(), GetParam().good);
}

INSTANTIATE_TEST_SUITE_P(Protocol, PasswordRules,
                         ::testing::Values(PasswordCase{"ABab1678", true}, PasswordCase{"ABab167", false},
                                           PasswordCase{"ABab1" + std::string(195, 'x'), true},
                                           PasswordCase{"ABab1" + std::string(196, 'x'), false},
                                           PasswordCase{"Aabcdef1", false}, PasswordCase{"ABCDEFa1", false},
                                           PasswordCase{"ABabcdef", false}, PasswordCase{"AÄbc1234", false},
                                           PasswordCase{"ABaä1234", false}, PasswordCase{"AB ab 1 ß", true},
                                           PasswordCase{"ÄÖÜ ABab1", true}, PasswordCase{"ABab1äöü", true},
                                           PasswordCase{"ABab1\n78", false}, PasswordCase{"", false}));

TEST(Passwords, HashesAreSaltedAndChecked) {
  const std::string hash = hash_password("Passwort-AB1");
  EXPECT_NE(hash, hash_password("Passwort-AB1"));
  EXPECT_EQ(hash.find("Passwort"), std::string::npos);
  PasswordChecker checker;
  EXPECT_FALSE(checker.matches("Passwort-AB2", hash));
  EXPECT_TRUE(checker.matches("Passwort-AB1", hash));
  EXPECT_TRUE(checker.matches("Passwort-AB1", hash));
  EXPECT_FALSE(checker.matches("Passwort-AB2", hash));
  EXPECT_FALSE(checker.matches("", ""));
}

TEST(AccountsFile, BrokenOnesAreRefused) {
  for (const char* json : {"", "[]", "{}", "{\"accounts\":1}", "{\"accounts\":[1]}", "{\"accounts\":[{}]}",
                           "{\"accounts\":[{\"username\":\"a b\"}]}", "{\"accounts\":[{\"username\":\"\"}]}",
                           "{\"accounts\":[{\"username\":\"a\",\"robot\":\"x\"}]}",
                           "{\"accounts\":[{\"username\":\"a\",\"lokced\":true}]}",
                           "{\"accounts\":[{\"username\":\"a\",\"locked\":\"perhaps\"}]}",
                           "{\"accounts\":[{\"username\":\"a\",\"csr\":\"x\"}]}"}) {
    EXPECT_THROW(parse_accounts(json), std::runtime_error) << json;
  }
  try {
    parse_accounts("{\"accounts\":[{\"username\":\"a\",\"password\":\"Geheim-AB1\" oops");
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_EQ(std::string(e.what()).find("Geheim"), std::string::npos) << "the text must not quote the file";
  }
}

}  // namespace
}  // namespace kvserver::test
