// SPDX-License-Identifier: Apache-2.0
// Accounts, logins and the change of the initial password (protocol B 1 and 2).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/account/world.h"

namespace kvc::testing {
namespace {

using account::State;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Secret secret(std::string_view text) {
  return Secret(text);
}

TEST(PasswordRules, AreThoseOfTheProtocol) {
  EXPECT_THAT(account::broken_password_rules(secret("ABcdef12")), IsEmpty());
  EXPECT_THAT(account::broken_password_rules(secret("ABcde12")), ElementsAre("length"));
  EXPECT_THAT(account::broken_password_rules(secret("Abcdefg1")), ElementsAre("capitals"));
  EXPECT_THAT(account::broken_password_rules(secret("ABCDEFg1")), ElementsAre("small_letters"));
  EXPECT_THAT(account::broken_password_rules(secret("ABcdefgh")), ElementsAre("digit"));
  EXPECT_THAT(account::broken_password_rules(secret("")), ElementsAre("length", "capitals", "small_letters", "digit"));
}

TEST(PasswordRules, UmlautsAreCharactersButNoLetters) {
  EXPECT_THAT(account::broken_password_rules(secret("ABcd1äöü")), IsEmpty());
  EXPECT_THAT(account::broken_password_rules(secret("ABcd1äö")), ElementsAre("length"));
  EXPECT_THAT(account::broken_password_rules(secret("ÄÖÜäöü 12345")), ElementsAre("capitals", "small_letters"));
}

TEST(PasswordRules, LengthCountsCharactersNotBytes) {
  std::string longest = "ABcd1";
  while (longest.size() < 5 + 2 * 195) {
    longest += "ß";
  }
  EXPECT_THAT(account::broken_password_rules(secret(longest)), IsEmpty());
  EXPECT_THAT(account::broken_password_rules(secret(longest + "ß")), ElementsAre("length"));
}

class Passwords : public ::testing::Test {
 protected:
  // As far as the first login.
  std::string checked_account() {
    world.server.add_account("praxis", kInitialPassword);
    const std::string id = world.create("anna", "praxis");
    const auto overview = world.accounts->check("anna", id, world.cancel);
    EXPECT_TRUE(overview.ok() && overview->state == State::password_change_needed);
    return id;
  }
  Status change(const std::string& id, const char* password = kNewPassword) {
    return world.accounts->change_password("anna", id, secret(password), world.cancel);
  }
  World world;
};

TEST_F(Passwords, AccountsAreDraftsUntilTheServerKnowsThem) {
  const std::string id = world.create("anna", "praxis");
  EXPECT_EQ(world.overview("anna", id).state, State::draft);
  const auto refused = world.accounts->check("anna", id, world.cancel);
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.status().is(error::wrong_credentials));
  EXPECT_EQ(world.overview("anna", id).last_error, error::wrong_credentials.key);
}

TEST_F(Passwords, SameUsernameInAnotherCaseIsTheSameAccount) {
  world.create("anna", "Praxis");
  account::NewAccount again{"test", "pRAXIS", "", "", secret("x"), secret("y")};
  const auto second = world.accounts->create("bert", again);
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(second.status().is(error::already_exists));
}

TEST_F(Passwords, UnusableFieldsAreNamed) {
  const auto field_of = [&](const account::NewAccount& data) {
    const auto created = world.accounts->create("anna", data);
    return created.ok() || !created.status().is(error::invalid_field) ? std::string()
                                                                      : created.status().params().at(0).second;
  };
  const auto data = [](const char* environment, const std::string& username, const char* password,
                       const char* keystore) {
    return account::NewAccount{environment, username, "", "", secret(password), secret(keystore)};
  };
  EXPECT_EQ(field_of(data("nowhere", "praxis", "x", "y")), "environment_id");
  EXPECT_EQ(field_of(data("test", "", "x", "y")), "username");
  EXPECT_EQ(field_of(data("test", "a:b", "x", "y")), "username");
  EXPECT_EQ(field_of(data("test", "a@b", "x", "y")), "username");
  EXPECT_EQ(field_of(data("test", "a\r\nb", "x", "y")), "username");
  EXPECT_EQ(field_of(data("test", std::string(101, 'a'), "x", "y")), "username");
  EXPECT_EQ(field_of(data("test", "praxis", "", "y")), "password");
  EXPECT_EQ(field_of(data("test", "praxis", "x", "")), "keystore_password");
}

TEST_F(Passwords, OthersSeeNothingOfAnAccount) {
  const std::string id = checked_account();
  EXPECT_THAT(world.accounts->list("bert").value(), IsEmpty());
  EXPECT_TRUE(world.accounts->overview("bert", id).status().is(error::not_found));
  EXPECT_TRUE(world.accounts->check("bert", id, world.cancel).status().is(error::not_found));
  EXPECT_TRUE(world.accounts->change_password("bert", id, secret(kNewPassword), world.cancel).is(error::not_found));
  EXPECT_TRUE(world.accounts->enroll("bert", id, {}, world.cancel).status().is(error::not_found));
  EXPECT_TRUE(world.accounts->assign("bert", id, "bert").is(error::not_found));
  EXPECT_TRUE(world.accounts->unassign("bert", id, "anna").is(error::not_found));
  EXPECT_TRUE(world.accounts->open("bert", id).status().is(error::not_found));
  EXPECT_TRUE(world.accounts->overview("anna", "no-such-id").status().is(error::not_found));

  ASSERT_TRUE(world.accounts->assign("anna", id, "bert").ok());
  EXPECT_EQ(world.accounts->list("bert").value().size(), 1U);
  ASSERT_TRUE(world.accounts->unassign("anna", id, "bert").ok());
  EXPECT_THAT(world.accounts->list("bert").value(), IsEmpty());
  EXPECT_FALSE(world.accounts->unassign("anna", id, "anna").ok()) << "the last one may not go";
}

TEST_F(Passwords, LockedSessionStopsBeforeTheServer) {
  const std::string id = checked_account();
  world.custody.locked.insert("anna");
  world.server.calls.clear();
  EXPECT_TRUE(world.accounts->check("anna", id, world.cancel).status().is(error::session_locked));
  EXPECT_THAT(world.server.calls, IsEmpty());
  EXPECT_EQ(world.overview("anna", id).state, State::password_change_needed) << "looking is allowed";
}

TEST_F(Passwords, ChangeLeadsToEnrolling) {
  const std::string id = checked_account();
  const Status changed = change(id);
  ASSERT_TRUE(changed.ok()) << changed.to_string();
  EXPECT_EQ(world.overview("anna", id).state, State::enrolling);
  EXPECT_EQ(world.server.account_of("praxis").password, kNewPassword);
  EXPECT_TRUE(world.accounts->check("anna", id, world.cancel).ok());
}

TEST_F(Passwords, BrokenRulesNeverReachTheServer) {
  const std::string id = checked_account();
  world.server.calls.clear();
  const Status refused = change(id, "kurz");
  ASSERT_TRUE(refused.is(error::password_rules));
  EXPECT_EQ(refused.params().at(0).second, "length,capitals,digit");
  EXPECT_THAT(world.server.calls, IsEmpty());
}

TEST_F(Passwords, RefusalKeepsTheOldPassword) {
  const std::string id = checked_account();
  world.server.refusals["change_password"] = {Status(error::password_rules, "no")};
  EXPECT_TRUE(change(id).is(error::password_rules));
  world.restart();
  EXPECT_TRUE(world.accounts->check("anna", id, world.cancel).ok());
  EXPECT_EQ(world.server.account_of("praxis").wrong_logins, 0) << "the refused password was not tried";
}

TEST_F(Passwords, SamePasswordAgainIsRefusedByTheServerAndHarmless) {
  const std::string id = checked_account();
  EXPECT_TRUE(change(id, kInitialPassword).is(error::password_rules));
  EXPECT_TRUE(world.accounts->check("anna", id, world.cancel).ok());
}

TEST_F(Passwords, LostAnswerIsSettledAtOnceOrAtTheNextCheck) {
  const std::string id = checked_account();
  world.set_fault(Fault::Kind::answer_lost, 2);  // settle_login, then the change
  ASSERT_TRUE(change(id).ok()) << "the login with the new password proves it";
  EXPECT_EQ(world.server.account_of("praxis").password, kNewPassword);

  world.set_fault(Fault::Kind::call_unanswered, 2);
  EXPECT_FALSE(change(id, "Drittes-PASSWORT-3").ok());
  world.restart();
  ASSERT_TRUE(world.accounts->check("anna", id, world.cancel).ok());
  EXPECT_EQ(world.server.account_of("praxis").wrong_logins, 0) << "pending comes first";
  const auto session_password = world.vault->get(*world.vault->unlock(id, "anna"), "kv_password");
  ASSERT_TRUE(session_password.ok() && *session_password);
  EXPECT_EQ((*session_password)->reveal(), "Drittes-PASSWORT-3");
}

TEST_F(Passwords, UnsentChangeLeavesTheOldOneInForce) {
  const std::string id = checked_account();
  world.set_fault(Fault::Kind::call_unsent, 2);
  EXPECT_FALSE(change(id).ok());
  world.restart();
  const auto overview = world.accounts->check("anna", id, world.cancel);
  ASSERT_TRUE(overview.ok()) << overview.status().to_string();
  EXPECT_EQ(overview->state, State::password_change_needed);
  const auto key = world.vault->unlock(id, "anna");
  EXPECT_FALSE(world.vault->get(*key, "kv_password.pending").value()) << "settled";
  EXPECT_TRUE(change(id).ok());
}

TEST_F(Passwords, UnclearChangeTypedAgainSucceeds) {
  const std::string id = checked_account();
  world.set_fault(Fault::Kind::call_unanswered, 2);
  EXPECT_FALSE(change(id).ok());
  world.restart();
  EXPECT_TRUE(change(id).ok()) << "not 422 for the password that is already in force";
}

TEST_F(Passwords, WrongPasswordMayBeCorrectedUntilItWorked) {
  world.server.add_account("praxis", "Anderes-PASSWORT-9");
  const std::string id = world.create("anna", "praxis");
  EXPECT_TRUE(world.accounts->check("anna", id, world.cancel).status().is(error::wrong_credentials));
  ASSERT_TRUE(world.accounts->replace_password("anna", id, secret("Anderes-PASSWORT-9")).ok());
  EXPECT_TRUE(world.accounts->check("anna", id, world.cancel).ok());
  EXPECT_TRUE(world.accounts->replace_password("anna", id, secret("egal")).is(error::invalid_state));

  world.server.account_of("praxis").password = "Woanders-GEAENDERT-1";
  EXPECT_TRUE(world.accounts->check("anna", id, world.cancel).status().is(error::wrong_credentials));
  ASSERT_TRUE(world.accounts->replace_password("anna", id, secret("Woanders-GEAENDERT-1")).ok());
  EXPECT_TRUE(world.accounts->check("anna", id, world.cancel).ok());
}

TEST_F(Passwords, ForeignAddressFromTheServerIsRefused) {
  world.server.add_account("praxis", kInitialPassword);
  world.server.account_of("praxis").email = "jemand.anders@kv-safenet.de";
  const std::string id = world.create("anna", "praxis");
  EXPECT_TRUE(world.accounts->check("anna", id, world.cancel).status().is(error::bad_answer));
  world.server.account_of("praxis").email = "PRAXIS@KV-Safenet.DE";
  EXPECT_TRUE(world.accounts->check("anna", id, world.cancel).ok());
}

TEST_F(Passwords, NothingSecretLiesInTheFiles) {
  const std::string id = checked_account();
  ASSERT_TRUE(change(id).ok());
  const std::string bytes = raw_bytes(world.directory);
  ASSERT_NE(bytes.find("praxis"), std::string::npos) << "the search works";
  for (const char* password : {kInitialPassword, kNewPassword, kKeystorePassword}) {
    EXPECT_EQ(bytes.find(password), std::string::npos);
  }
}

}  // namespace
}  // namespace kvc::testing
