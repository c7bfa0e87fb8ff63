// SPDX-License-Identifier: Apache-2.0
// End-to-end protection as somebody meets it who has a copy of the data directory and a login of his own. What a
// changed database gives is tested below the plugin, in tests/contract/protection.
#include <gmock/gmock.h>
#include <stdlib.h>

#include "e2e/harness.h"

namespace kvc::e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kOldSubject = "Kanarie vor dem Ausscheiden";
constexpr const char* kNewSubject = "Kanarie nach dem Ausscheiden";
constexpr const char* kBody = "Liebe Kollegin";

/// Everything of an account, asked for by a user to whom it does not belong.
constexpr const char* kSeesNothing = R"([
  {"as": "mfa", "invoke": "kvconnect.accounts", "wait_job": true, "expect": {"kind": "accounts", "table": {"total": 0}}},
  {"invoke": "kvconnect.inbox", "wait_job": true, "expect": {"kind": "inbox", "table": {"total": 0}}},
  {"invoke": "kvconnect.outbox", "wait_job": true, "expect": {"kind": "outbox", "table": {"total": 0}}},
  {"invoke": "kvconnect.compose.enachricht", "wait_job": true, "expect": {"kind": "compose.no_account"}},
  {"invoke": "kvconnect.fetch", "wait_job": true, "expect": {"kind": "fetch.no_account"}}])";

/// Who says to be the doctor, and looks at all there is.
constexpr const char* kLooksAsDoctor = R"([
  {"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true},
  {"invoke": "kvconnect.inbox", "wait_job": true},
  {"invoke": "kvconnect.outbox", "wait_job": true}])";

class ProtectionTest : public testing::Test {
 protected:
  ProtectionTest() {
    use_own_logins(nord_);
    expect_good(nord_.run("tour_account", logins_));
    expect_good(sued_.run("tour_account"));
    receive(kOldSubject);
  }
  static void expect_good(const HostRun& run) { ASSERT_EQ(run.code, 0) << run.last(); }

  /// The doctor keeps the tour's login; the others have passwords of their own.
  static void use_own_logins(const Practice& practice) {
    write_file(practice.directory() / "scripts/practice_nord.json",
               R"json({"practice": {"id": "praxis-nord", "name": "Praxis Dr. Nord (erfunden)",
                   "sites": [{"bsnr": "999999901", "name": "Praxis Dr. Nord", "kv_code": "38"}]},
                   "locale": "de-DE", "time_zone": "Europe/Berlin",
                   "users": [{"id": "arzt", "name": "Dr. Nora Nord", "roles": ["doctor", "admin"],
                              "password": {"env": "KVC_TOUR_LOGIN"}},
                             {"id": "mfa", "name": "Mia Muster", "roles": ["assistant"], "password": {"env": "MFA_LOGIN"}}],
                   "patients": [], "documents": []})json");
  }
  Environment with(Environment more) const {
    more.insert(logins_.begin(), logins_.end());
    return more;
  }
  void receive(const std::string& subject) {
    expect_good(sued_.run("tour_send", {{"KVC_TOUR_RECIPIENT", nord_.address()}, {"KVC_TOUR_SUBJECT", subject}}));
    expect_good(nord_.run("tour_receive", with({{"KVC_TOUR_SUBJECT", subject}})));
  }
  /// The data directory as it is now, at somebody else's computer.
  std::unique_ptr<Practice> copy(const std::string& name) {
    auto practice = std::make_unique<Practice>("nord", directory_.path() / name, server_);
    use_own_logins(*practice);
    fs::copy(nord_.data(), practice->data(), fs::copy_options::recursive);
    return practice;
  }
  /// The thief knows Mia's password and makes one up for the doctor.
  HostRun as_thief(Practice& stolen, const char* steps) {
    return stolen.run_steps(steps, with({{"KVC_TOUR_LOGIN", "Geraten-Passwort-1"}}));
  }
  static void expect_learns_nothing(const HostRun& run) {
    for (const char* text : {kOldSubject, kNewSubject, kBody, "befund.txt"}) {
      EXPECT_THAT(run.out, Not(HasSubstr(text)));
      EXPECT_THAT(run.err, Not(HasSubstr(text)));
    }
  }
  /// Bytes of the account's private keys that no certificate shows, from a keystore file exported for the purpose.
  std::vector<std::string> key_bytes() {
    expect_good(nord_.run("account_export", logins_));
    const fs::path pem = directory_.path() / "keys.pem";
    openssl({"pkcs12", "-in", (nord_.data() / "users/arzt/praxis.nord.p12").string(), "-passin", "env:KEYSTORE",
             "-nodes", "-nocerts", "-out", pem.string()});
    const fs::path der = directory_.path() / "key.der";
    std::vector<std::string> found;
    const std::string text = read_file(pem);
    const std::string begin = "-----BEGIN PRIVATE KEY";
    for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
      write_file(directory_.path() / "one.pem", text.substr(at));
      openssl({"pkey", "-in", (directory_.path() / "one.pem").string(), "-outform", "DER", "-out", der.string()});
      const std::string bytes = read_file(der);
      EXPECT_GT(bytes.size(), 1000U);
      // Behind the modulus come the private exponent and the primes.
      for (const std::size_t from_end : {700U, 500U, 300U, 150U}) {
        found.push_back(bytes.substr(bytes.size() - from_end, 32));
      }
    }
    return found;
  }
  void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "/usr/bin/openssl");
    Process process(arguments, {{"KEYSTORE", "Canary-KEYSTORE-NORD"}}, directory_.path() / "openssl.out",
                    directory_.path() / "openssl.err");
    ASSERT_EQ(process.wait(Millis(60000)).value_or(-1), 0) << read_file(directory_.path() / "openssl.err");
  }

  const Environment logins_{{"MFA_LOGIN", "Canary-MFA-LOGIN"}};
  TempDir directory_;
  Server server_{directory_.path() / "server"};
  Practice nord_{"nord", directory_.path() / "nord", server_};
  Practice sued_{"sued", directory_.path() / "sued", server_};
};

TEST_F(ProtectionTest, ACopyAndAnotherUsersLoginOpenNothing) {
  expect_good(nord_.run_steps(kSeesNothing, logins_));
  const auto stolen = copy("stolen");
  const HostRun as_mia = as_thief(*stolen, kSeesNothing);
  expect_good(as_mia);
  expect_learns_nothing(as_mia);
  const HostRun guessed = as_thief(*stolen, kLooksAsDoctor);
  EXPECT_NE(guessed.code, 0) << "the doctor's password is another one";
  expect_learns_nothing(guessed);
}

TEST_F(ProtectionTest, AKeyOfOnesOwnUnderTheDoctorsNameOpensNothing) {
  const auto stolen = copy("stolen");
  const fs::path keys = stolen->data() / "keys";
  fs::path doctor;
  fs::path mia;
  for (const auto& entry : fs::directory_iterator(keys)) {
    (entry.path().filename().string().find("mfa") == std::string::npos ? doctor : mia) = entry.path();
  }
  ASSERT_FALSE(doctor.empty() || mia.empty());
  fs::copy_file(mia, doctor, fs::copy_options::overwrite_existing);
  const HostRun exchanged = stolen->run_steps(kLooksAsDoctor, with({{"KVC_TOUR_LOGIN", "Canary-MFA-LOGIN"}}));
  EXPECT_NE(exchanged.code, 0) << "Mia's key file is bound to Mia";
  expect_learns_nothing(exchanged);
  // Made anew: the login works, since it is the thief's own, and opens nothing that was sealed for the doctor.
  fs::remove(doctor);
  const HostRun anew = as_thief(*stolen, kLooksAsDoctor);
  EXPECT_THAT(anew.out, HasSubstr("host.not_sealed_for_user")) << anew.last();
  expect_learns_nothing(anew);
}

TEST_F(ProtectionTest, NoSecretAndNoKeyLiesInTheDataDirectory) {
  expect_good(nord_.run("account_renew", logins_));
  const fs::path stolen = copy("stolen")->data();
  std::vector<std::string> needles = key_bytes();
  ASSERT_EQ(needles.size(), 8U) << "two generations";
  for (const std::string& secret : nord_.secrets()) {
    needles.push_back(secret);
  }
  needles.insert(needles.end(), {"Canary-MFA-LOGIN", kBody, kOldSubject});
  EXPECT_THAT(find_in_files(stolen / "plugin", needles), IsEmpty());
  EXPECT_THAT(find_in_files(stolen / "keys", needles), IsEmpty());
  // The search finds a key where there is one: key.der.
  EXPECT_THAT(find_in_files(directory_.path(), {needles[7]}), Not(IsEmpty()));
}

TEST_F(ProtectionTest, AUserAssignedLaterOpensOldMessagesAndTheirCopy) {
  expect_good(nord_.run("account_assign", with({{"KVC_TOUR_BSNR", "999999901"}})));
  constexpr const char* kOpensTheOld = R"([
    {"as": "mfa", "invoke": "kvconnect.inbox", "wait_job": true, "expect": {"table": {"total": 1}}},
    {"action": "open", "row": 0, "wait_job": true,
     "expect": {"kind": "inbox.message", "detail": {"text": {"$contains": "Liebe Kollegin"},
                "groups": [{"facts": [{"name": "verdict", "code": "valid"}]}]}}}])";
  expect_good(nord_.run_steps(kOpensTheOld, logins_));
  // At another computer too, and without the doctor's password.
  const auto elsewhere = copy("elsewhere");
  expect_good(as_thief(*elsewhere, kOpensTheOld));
}

TEST_F(ProtectionTest, ARemovedUserOpensNothingAnyMore) {
  expect_good(nord_.run("account_assign", with({{"KVC_TOUR_BSNR", "999999901"}})));
  const auto before = copy("before");
  expect_good(nord_.run("account_take_away", logins_));
  expect_good(nord_.run_steps(kSeesNothing, logins_));
  // What the practice does when somebody leaves, and what comes afterwards.
  expect_good(nord_.run("account_password", with({{"KVC_TOUR_OTHER_PASSWORD", "Canary-OTHER-Blau-7"}})));
  expect_good(nord_.run("account_renew", logins_));
  receive(kNewSubject);
  const auto after = copy("after");
  const HostRun later = as_thief(*after, kSeesNothing);
  expect_good(later);
  expect_learns_nothing(later);
  // The copy of before still shows what Mia could read then, but the server does not let it in any more.
  const HostRun kept = as_thief(*before, R"([
    {"as": "mfa", "invoke": "kvconnect.fetch", "wait_job": true, "timeout_ms": 120000},
    {"invoke": "kvconnect.inbox", "wait_job": true, "expect": {"table": {"total": 1}}}])");
  expect_good(kept);
  EXPECT_THAT(kept.out, HasSubstr("auth.wrong_credentials"));
  EXPECT_THAT(kept.out, HasSubstr(kOldSubject));
  EXPECT_THAT(kept.out, Not(HasSubstr(kNewSubject)));
  EXPECT_THAT(find_in_files(after->data() / "plugin", {"Canary-OTHER", kNewSubject, kBody}), IsEmpty());
}

}  // namespace
}  // namespace kvc::e2e
