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
  // A change whose request got lost for `fault`; the process dies with it.
  void lose_change(const std::string& id, Fault::Kind fault, const char* password = kNewPassword) {
    world.set_fault(fault, 2);  // the login, then the change
    EXPECT_FALSE(change(id, password).ok());
    world.restart();
  }
  // What the server does with a request it held back so long.
  void arrives_late(const char* password = kNewPassword) {
    world.server.account_of("praxis").password = password;
    world.server.account_of("praxis").change_needed = false;
  }
  Status check(const std::string& id) { return world.accounts->check("anna", id, world.cancel).status(); }
  std::string stored(const std::string& id) {
    const auto value = world.vault->get(*world.vault->unlock(id, "anna"), "kv_password");
    return value.ok() && *value ? std::string((*value)->reveal()) : std::string();
  }
  // All logins so far that the server refused, and forgets them.
  int failed_logins() {
    const int failed = world.server.failed_logins;
    world.server.failed_logins = 0;
    return failed;
  }
  World world;
};

TEST_F(Passwords, A404OfTheServerIsNotAMissingAccount) {
  const std::string id = checked_account();
  const Status unknown = Status(error::not_found, "the server does not have it").with("status", "404");
  world.server.refusals["login"] = {unknown};
  const Status checked = world.accounts->check("anna", id, world.cancel).status();
  EXPECT_TRUE(checked.is(error::bad_answer)) << checked.to_string();
  EXPECT_THAT(checked.params(), ::testing::Contains(std::pair<std::string, std::string>("status", "404")));
  world.server.refusals["change_password"] = {unknown};
  EXPECT_TRUE(change(id).is(error::bad_answer));
  EXPECT_TRUE(change(id).ok());
}

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
  EXPECT_EQ(world.server.account_of("praxis").wrong_logins, 0) << "one wrong login at most, then the right one";
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
  EXPECT_EQ(failed_logins(), 0) << "a change that never arrived costs no failed login";
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

// ---- changes that are lost, and changes that are late ----

TEST_F(Passwords, ChangeLostBeforeTheServerIsForgottenByTheNextOne) {
  const std::string id = checked_account();
  lose_change(id, Fault::Kind::call_unsent);
  ASSERT_TRUE(check(id).ok());
  ASSERT_TRUE(check(id).ok());
  EXPECT_EQ(failed_logins(), 0);
  EXPECT_EQ(stored(id), kInitialPassword);
  ASSERT_TRUE(change(id, "Drittes-PASSWORT-3").ok());
  EXPECT_EQ(stored(id), "Drittes-PASSWORT-3");
  arrives_late("Viertes-PASSWORT-4");
  EXPECT_TRUE(check(id).is(error::wrong_credentials));
  EXPECT_EQ(failed_logins(), 1) << "after a change that succeeded nothing else is tried";
}

TEST_F(Passwords, ChangeLostAfterTheServerCostsOneFailedLogin) {
  const std::string id = checked_account();
  lose_change(id, Fault::Kind::call_unanswered);
  ASSERT_TRUE(check(id).ok());
  EXPECT_EQ(failed_logins(), 1);
  EXPECT_EQ(stored(id), kNewPassword);
  ASSERT_TRUE(check(id).ok());
  EXPECT_EQ(failed_logins(), 0);
}

TEST_F(Passwords, ChangeThatArrivesLateLocksNobodyOut) {
  const std::string id = checked_account();
  lose_change(id, Fault::Kind::call_unsent);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(check(id).ok()) << "the old one still works";
  }
  arrives_late();
  ASSERT_TRUE(check(id).ok());
  EXPECT_EQ(failed_logins(), 1);
  EXPECT_EQ(stored(id), kNewPassword);
}

TEST_F(Passwords, ChangeThatArrivesLateIsFoundByFetchingToo) {
  auto two = World::with_two_accounts();
  const std::string& id = two->account_a;
  auto& on_server = two->server.account_of("praxis-a");
  two->set_fault(Fault::Kind::call_unsent, 2);
  EXPECT_FALSE(two->accounts->change_password("anna", id, secret("Drittes-PASSWORT-3"), two->cancel).ok());
  two->restart();
  ASSERT_TRUE(two->mailbox->fetch("anna", id, {}, two->cancel).ok()) << "settles";
  two->server.calls.clear();
  ASSERT_TRUE(two->accounts->open("anna", id).ok());
  EXPECT_THAT(two->server.calls, IsEmpty()) << "settled once, opening asks nobody any more";
  on_server.password = "Drittes-PASSWORT-3";
  EXPECT_TRUE(two->mailbox->fetch("anna", id, {}, two->cancel).status().is(error::wrong_credentials));
  const auto fetched = two->mailbox->fetch("anna", id, {}, two->cancel);
  EXPECT_TRUE(fetched.ok()) << fetched.status().to_string();
  EXPECT_FALSE(on_server.locked);
}

TEST_F(Passwords, ChangeThatArrivesDuringTheNextOneIsFound) {
  const std::string id = checked_account();
  lose_change(id, Fault::Kind::call_unsent);
  ASSERT_TRUE(check(id).ok());
  // Between the login and the next change the first one arrives after all: the server refuses the second.
  world.server.before_call["change_password"] = [&] { arrives_late(); };
  EXPECT_TRUE(change(id, "Drittes-PASSWORT-3").is(error::wrong_credentials));
  ASSERT_TRUE(check(id).ok());
  EXPECT_EQ(stored(id), kNewPassword);
  EXPECT_FALSE(world.server.account_of("praxis").locked);
}

TEST_F(Passwords, OfTwoLostChangesEitherMayArrive) {
  for (const char* arrived : {"Erste-AENDERUNG-1", "Zweite-AENDERUNG-2"}) {
    World fresh;
    fresh.server.add_account("praxis", kInitialPassword);
    const std::string id = fresh.create("anna", "praxis");
    for (const char* password : {"Erste-AENDERUNG-1", "Zweite-AENDERUNG-2"}) {
      fresh.set_fault(Fault::Kind::call_unsent, 2);
      EXPECT_FALSE(fresh.accounts->change_password("anna", id, secret(password), fresh.cancel).ok());
      fresh.restart();
    }
    ASSERT_TRUE(fresh.accounts->check("anna", id, fresh.cancel).ok());
    fresh.server.account_of("praxis").password = arrived;
    ASSERT_TRUE(fresh.accounts->check("anna", id, fresh.cancel).ok()) << arrived;
    EXPECT_FALSE(fresh.server.account_of("praxis").locked);
  }
}

TEST_F(Passwords, WhenNothingWorksEachIsTriedOnceAndFetchingStopsTrying) {
  auto two = World::with_two_accounts();
  const std::string& id = two->account_a;
  two->set_fault(Fault::Kind::call_unsent, 2);
  EXPECT_FALSE(two->accounts->change_password("anna", id, secret("Drittes-PASSWORT-3"), two->cancel).ok());
  two->restart();
  two->server.account_of("praxis-a").password = "Woanders-GEAENDERT-1";
  two->server.failed_logins = 0;
  EXPECT_TRUE(two->accounts->check("anna", id, two->cancel).status().is(error::wrong_credentials));
  EXPECT_EQ(two->server.failed_logins, 2) << "the stored one and the pending one";
  ASSERT_TRUE(two->accounts->open("anna", id).ok());
  ASSERT_TRUE(two->accounts->open("anna", id).ok());
  EXPECT_EQ(two->server.failed_logins, 2) << "opening does not run into the lock";
  ASSERT_TRUE(two->accounts->replace_password("anna", id, secret("Woanders-GEAENDERT-1")).ok());
  EXPECT_TRUE(two->accounts->check("anna", id, two->cancel).ok());
  two->server.account_of("praxis-a").password = "Drittes-PASSWORT-3";
  EXPECT_FALSE(two->accounts->check("anna", id, two->cancel).ok()) << "replacing forgot the pending one";
}

TEST_F(Passwords, AnAnswerThatIsNotClearKeepsEverything) {
  const std::string id = checked_account();
  lose_change(id, Fault::Kind::call_unanswered);
  const Status down(error::unreachable, "down");
  world.server.refusals["login"] = {down};
  EXPECT_TRUE(check(id).is(error::unreachable));
  world.server.refusals["login"] = {Status(), down};
  EXPECT_TRUE(check(id).is(error::unreachable)) << "the stored one was refused, the pending one not answered";
  EXPECT_TRUE(check(id).ok());
  EXPECT_EQ(stored(id), kNewPassword);
}

TEST_F(Passwords, LockedAccountIsNotTriedFurther) {
  const std::string id = checked_account();
  lose_change(id, Fault::Kind::call_unanswered);
  world.server.account_of("praxis").locked = true;
  world.server.calls.clear();
  EXPECT_TRUE(check(id).is(error::account_locked));
  EXPECT_THAT(world.server.calls, ElementsAre("login"));
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
  if (test::on_postgresql()) {
    GTEST_SKIP() << "looks into the files of SQLite; the columns are the same";
  }
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
