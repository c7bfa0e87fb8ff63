// SPDX-License-Identifier: Apache-2.0
#include "views/account_overview.h"

#include <gmock/gmock.h>

#include "unit/crypto/test_pki.h"

namespace kvc::plugin::views {
namespace {

using account::Overview;
using account::State;
using testing::HasSubstr;
using testing::IsEmpty;

const Texts kGerman(Language::de);

settings::Settings two_environments() {
  settings::Settings settings;
  settings.environments.resize(2);
  settings.environments[0].id = "own";
  settings.environments[0].name = "Eigener Server";
  settings.environments[1].id = "ref";
  settings.environments[1].name = "Referenz";
  return settings;
}

Overview account_in(State state) {
  Overview account;
  account.id = "a1";
  account.username = "praxis.muster";
  account.environment_id = "own";
  account.state = state;
  account.user_ids = {"anna", "ben"};
  return account;
}

Overview ready_until(const std::string& not_after) {
  Overview account = account_in(State::ready);
  account.address = "praxis.muster@kv-safenet.de";
  account.uid = "u@38";
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  const auto user = test_pki::make_user(ca, {.not_after = test_pki::day(not_after)});
  account.generations.resize(2);
  account.generations[0].number = 2;
  account.generations[1].number = 1;
  account.generations[1].current = true;
  account.generations[1].certificate = user.certificate;
  return account;
}

const pvs::v1::Field* field(const pvs::v1::View& view, const std::string& name) {
  for (const auto& found : view.form().fields()) {
    if (found.name() == name) {
      return &found;
    }
  }
  return nullptr;
}

const pvs::v1::Detail::Fact* fact(const pvs::v1::View& view, const std::string& name) {
  for (const auto& group : view.detail().groups()) {
    for (const auto& found : group.facts()) {
      if (found.name() == name) {
        return &found;
      }
    }
  }
  return nullptr;
}

std::vector<std::string> ids(const google::protobuf::RepeatedPtrField<pvs::v1::Action>& actions) {
  std::vector<std::string> ids;
  for (const auto& action : actions) {
    ids.push_back(action.action_id());
  }
  return ids;
}

TEST(NewAccountView, HasTheFieldsOfTheHelpPage) {
  const auto view = new_account(kGerman, two_environments(), {}, {});
  EXPECT_EQ(view.kind(), "account.new");
  EXPECT_EQ(view.title(), "Neues KV-Connect-Konto");
  EXPECT_EQ(field(view, "username")->label(), "Username");
  EXPECT_EQ(field(view, "password")->label(), "Passwort");
  EXPECT_EQ(field(view, "keystore_password")->label(), "Keystore-Passwort");
  for (const char* name : {"password", "keystore_password", "keystore_password_repeat"}) {
    EXPECT_EQ(field(view, name)->type(), pvs::v1::Field::TYPE_SECRET) << name;
    EXPECT_FALSE(field(view, name)->has_value()) << name;
  }
  EXPECT_EQ(field(view, "environment")->choices_size(), 2);
  EXPECT_EQ(field(view, "environment")->value().ids().id(0), "own");
  ASSERT_GE(view.actions_size(), 1);
  EXPECT_EQ(view.actions(0).action_id(), "check");
  EXPECT_EQ(view.actions(0).label(), "KV-Connect-Benutzerkonto prüfen");
  EXPECT_TRUE(view.actions(0).needs_fields());
  EXPECT_THAT(view.help(), HasSubstr("Keystore-Passwort"));
}

TEST(NewAccountView, KeepsWhatWasTypedAndSaysWhatIsWrong) {
  const auto view = new_account(kGerman, two_environments(),
                                {.username = "x", .display_name = "Praxis", .description = "", .environment_id = "ref"},
                                {{"password", "fehlt"}, {"no_such_field", "nichts"}});
  EXPECT_EQ(field(view, "username")->value().text(), "x");
  EXPECT_EQ(field(view, "display_name")->value().text(), "Praxis");
  EXPECT_EQ(field(view, "environment")->value().ids().id(0), "ref");
  EXPECT_EQ(field(view, "password")->error(), "fehlt");
}

TEST(NewAccountView, AFailedCheckBringsTheFormBackWithoutSecrets) {
  const auto failed = [](const Status& status) {
    return new_account(kGerman, two_environments(),
                       {.username = "x", .display_name = "P", .description = "D", .environment_id = "ref"}, {}, status);
  };
  const auto wrong = failed(Status(error::wrong_credentials, "401"));
  EXPECT_EQ(wrong.form().error().code(), "auth.wrong_credentials");
  EXPECT_FALSE(wrong.form().error().text().empty());
  EXPECT_FALSE(field(wrong, "password")->error().empty());
  EXPECT_EQ(field(wrong, "username")->value().text(), "x");
  EXPECT_EQ(field(wrong, "description")->value().text(), "D");
  EXPECT_FALSE(field(wrong, "password")->has_value());
  EXPECT_FALSE(field(failed(Status(error::account_locked, "423")), "username")->error().empty());
  EXPECT_THAT(field(failed(Status(error::unreachable, "")), "environment")->error(), HasSubstr("nicht zu erreichen"));
  EXPECT_FALSE(field(failed(Status(error::server_error, "")), "environment")->error().empty());
  const auto tls = failed(Status(error::tls_not_trusted, "")
                              .with("host", "kv.example")
                              .with("certificate", "subject=CN=Fremd")
                              .with("not_after", "2030-01-01T00:00:00Z"));
  EXPECT_THAT(field(tls, "environment")->error(), HasSubstr("nicht sicher"));
  EXPECT_THAT(tls.form().error().text(), HasSubstr("kv.example"));
  EXPECT_THAT(tls.form().error().text(), HasSubstr("CN=Fremd"));
  EXPECT_THAT(tls.form().error().text(), HasSubstr("01.01.2030"));
}

TEST(NewAccountView, ShowsTheStrengthAndOffersTheImport) {
  const auto view = new_account(kGerman, two_environments(), {}, {});
  EXPECT_TRUE(field(view, "keystore_password")->password_rules().show_strength());
  EXPECT_EQ(field(view, "keystore_password")->password_rules().min_length(), 8U);
  EXPECT_FALSE(field(view, "password")->has_password_rules());
  EXPECT_EQ(view.actions(1).label(), "vorhandenes Zertifikat importieren");
  EXPECT_TRUE(view.actions(1).needs_fields());
}

TEST(EditView, LeavesTheKeystorePasswordToTheUser) {
  const auto view = edit_account(kGerman, {.username = "x", .display_name = "P", .description = "D"}, {});
  EXPECT_FALSE(field(view, "keystore_password")->required());
  EXPECT_FALSE(field(view, "keystore_password")->has_value());
  EXPECT_EQ(field(view, "display_name")->value().text(), "P");
  EXPECT_EQ(view.actions(0).action_id(), "save");
}

TEST(NewAccountView, WithoutAServerItIsNoDeadForm) {
  const auto view = new_account(kGerman, {}, {}, {});
  EXPECT_TRUE(view.has_notice());
  EXPECT_THAT(ids(view.actions()), testing::ElementsAre("close"));
}

TEST(PasswordChangeView, ShowsTheRulesBeforeAnythingIsSent) {
  const auto view = password_change(kGerman, "praxis.muster", PasswordOccasion::initial, {});
  EXPECT_EQ(view.kind(), "account.password_change");
  EXPECT_THAT(field(view, "new_password")->hint(), HasSubstr("8 bis 200 Zeichen"));
  EXPECT_THAT(view.form().intro(), HasSubstr("praxis.muster"));
  EXPECT_EQ(view.actions(0).action_id(), "change");
  const auto& rules = field(view, "new_password")->password_rules();
  EXPECT_EQ(rules.min_length(), 8U);
  EXPECT_EQ(rules.max_length(), 200U);
  EXPECT_EQ(rules.min_capitals(), 2U);
  EXPECT_EQ(rules.min_small_letters(), 2U);
  EXPECT_EQ(rules.min_digits(), 1U);
  EXPECT_TRUE(rules.show_strength());
  EXPECT_THAT(password_change(kGerman, "x", PasswordOccasion::resumed, {}).form().intro(), HasSubstr("schon begonnen"));
  const auto wish = password_change(kGerman, "x", PasswordOccasion::wish, {});
  EXPECT_THAT(wish.help(), testing::Not(HasSubstr("erste Anmeldung")));
  EXPECT_EQ(wish.title(), "Passwort ändern");
  EXPECT_THAT(wish.form().intro(), testing::Not(HasSubstr("zum ersten Mal")));
}

TEST(PasswordRules, NameEveryBrokenOne) {
  const auto broken = account::broken_password_rules(Secret("abc"));
  const std::string sentence = password_rules_sentence(kGerman, broken);
  EXPECT_THAT(sentence, HasSubstr("Länge"));
  EXPECT_THAT(sentence, HasSubstr("Großbuchstaben"));
  EXPECT_THAT(sentence, HasSubstr("Ziffer"));
  EXPECT_THAT(sentence, testing::Not(HasSubstr("Kleinbuchstaben")));
  for (const std::string& rule : account::broken_password_rules(Secret(""))) {
    EXPECT_TRUE(kGerman.has("password_rules." + rule)) << rule;
  }
}

TEST(AccountsView, RowsOfferWhatCanWork) {
  account::OverviewPage page;
  page.items = {account_in(State::enrolling), ready_until("2039-01-01")};
  page.total = page.assigned = 2;
  const auto view = accounts(kGerman, page, "", test_pki::day("2026-01-01"), 150);
  ASSERT_EQ(view.table().rows_size(), 2);
  EXPECT_EQ(view.table().rows(0).cells_size(), view.table().columns_size());
  EXPECT_EQ(view.table().rows(0).cells(2).code(), "enrolling");
  EXPECT_THAT(ids(view.table().rows(0).actions()), testing::ElementsAre("open", "continue"));
  EXPECT_EQ(view.table().rows(1).cells(2).code(), "ready");
  EXPECT_EQ(view.table().rows(1).cells(3).code(), "valid");
  EXPECT_THAT(ids(view.table().rows(1).actions()), testing::ElementsAre("open", "check"));
  EXPECT_THAT(ids(view.actions()), testing::Contains("new"));
  EXPECT_FALSE(view.table().has_search()) << "everything is in sight";
}

TEST(AccountsView, ManyArePagedAndSearched) {
  account::OverviewPage page;
  page.items = {ready_until("2039-01-01")};
  page.total = 60;
  page.assigned = 1000;
  page.next = "place";
  const auto view = accounts(kGerman, page, "Nord", test_pki::day("2026-01-01"), 150);
  EXPECT_EQ(view.table().total(), 60U);
  EXPECT_EQ(view.table().next_page(), "place");
  EXPECT_EQ(view.table().search().action_id(), "search");
  EXPECT_EQ(view.table().search().field(), "account_search");
  EXPECT_EQ(view.table().search().text(), "Nord");
  page.items.clear();
  page.next.clear();
  page.total = 0;
  const auto nothing = accounts(kGerman, page, "Süd", test_pki::day("2026-01-01"), 150);
  EXPECT_THAT(nothing.table().empty_text(), HasSubstr("„Süd“"));
  EXPECT_TRUE(nothing.table().has_search()) << "or nobody gets back to the others";
}

TEST(AccountsView, EmptyItSaysWhatToDo) {
  EXPECT_THAT(accounts(kGerman, {}, "", test_pki::day("2026-01-01"), 150).table().empty_text(),
              HasSubstr("Neues KV-Connect-Konto"));
}

TEST(AccountOverview, WarnsBeforeExpiryAndIsRedAfterwards) {
  const auto code_at = [](const std::string& now) {
    const auto view = account_overview(kGerman, ready_until("2027-01-01"), two_environments(), {}, test_pki::day(now));
    return std::pair(fact(view, "certificate")->code(), fact(view, "certificate")->severity());
  };
  EXPECT_EQ(code_at("2026-01-01"), std::pair(std::string("valid"), pvs::v1::SEVERITY_GOOD));
  EXPECT_EQ(code_at("2026-08-03"), std::pair(std::string("valid"), pvs::v1::SEVERITY_GOOD));
  EXPECT_EQ(code_at("2026-08-04"), std::pair(std::string("renew"), pvs::v1::SEVERITY_WARNING));
  EXPECT_EQ(code_at("2027-01-02"), std::pair(std::string("expired"), pvs::v1::SEVERITY_BAD));
}

TEST(AccountOverview, ShowsAllFacts) {
  Overview account = ready_until("2039-01-01");
  account.last_error = "network.unreachable";
  account.csr_status = 999;
  account.last_fetch = test_pki::day("2026-01-01");
  account.kv_code = "38";
  account.password_last_change = "2025-12-30T00:00:00Z";
  account.practice_sites = {"999999901"};
  account.server_certificate = account::ServerCertificate::same;
  const auto view =
      account_overview(kGerman, account, two_environments(),
                       {.users = {{"anna", "Anna Arzt"}},
                        .senders = {{"Anna Arzt", true, account::SenderReason::only_one}, {"ben", false, std::nullopt}},
                        .note = "Fertig.",
                        .checked = true,
                        .strength = Strength::good},
                       test_pki::day("2026-01-02"));
  EXPECT_EQ(fact(view, "kv")->value(), "38 (Nordrhein)");
  EXPECT_THAT(fact(view, "password_last_change")->value(), HasSubstr("vor 3 Tagen"));
  EXPECT_THAT(fact(view, "password_rules")->value(), HasSubstr("8 bis 200 Zeichen"));
  EXPECT_EQ(fact(view, "practice_sites")->value(), "999999901");
  EXPECT_EQ(fact(view, "server_certificate")->code(), "same");
  EXPECT_EQ(fact(view, "keystore_strength")->code(), "good");
  EXPECT_EQ(fact(view, "note")->value(), "Fertig.");
  EXPECT_THAT(fact(view, "sender")->value(), HasSubstr("Anna Arzt sendet mit diesem Konto"));
  EXPECT_EQ(fact(view, "days_left")->value(), "4747");
  EXPECT_THAT(fact(view, "generation_1")->value(), HasSubstr("Seriennummer"));
  EXPECT_EQ(fact(view, "generation_2")->value(), "Zertifikat beantragt");
  EXPECT_EQ(fact(view, "users")->value(), "Anna Arzt, ben");
  EXPECT_EQ(fact(view, "environment")->value(), "Eigener Server");
  EXPECT_EQ(fact(view, "state")->code(), "ready");
  EXPECT_EQ(fact(view, "connection")->code(), "good");
  EXPECT_EQ(fact(view, "last_error")->code(), "network.unreachable");
  EXPECT_EQ(fact(view, "csr_status")->code(), "999");
  for (const char* name : {"subject", "issuer", "serial", "fingerprint", "uid", "generation_1", "generation_2"}) {
    ASSERT_NE(fact(view, name), nullptr) << name;
    EXPECT_TRUE(fact(view, name)->expert()) << name;
    EXPECT_FALSE(fact(view, name)->value().empty()) << name;
  }
  EXPECT_THAT(ids(view.actions()), testing::ElementsAre("check", "assign", "change_password", "renew", "export",
                                                        "import", "delete_certificate", "edit", "remove", "close"));
  for (const auto& action : view.actions()) {
    EXPECT_FALSE(action.disabled()) << action.action_id();
  }
}

TEST(AccountOverview, BeforeTheFirstLoginNothingIsMadeUp) {
  Overview account = account_in(State::draft);
  account.environment_id = "gone";
  const auto view = account_overview(kGerman, account, two_environments(), {}, test_pki::day("2026-01-01"));
  EXPECT_EQ(fact(view, "address")->value(), "Noch nicht bekannt");
  EXPECT_EQ(fact(view, "certificate")->code(), "none");
  EXPECT_THAT(fact(view, "environment")->value(), HasSubstr("gone"));
  EXPECT_EQ(fact(view, "subject"), nullptr);
  EXPECT_EQ(view.actions(0).action_id(), "continue");
  EXPECT_THAT(ids(view.actions()), testing::Contains("correct_password"));
}

TEST(AccountOverview, WhatCannotWorkSaysWhy) {
  const auto disabled = [](const Overview& account) {
    std::vector<std::string> off;
    const auto view = account_overview(kGerman, account, two_environments(), {}, test_pki::day("2026-01-01"));
    for (const auto& action : view.actions()) {
      EXPECT_EQ(action.disabled(), !action.disabled_reason().empty()) << action.action_id();
      if (action.disabled()) {
        off.push_back(action.action_id());
      }
    }
    return off;
  };
  EXPECT_THAT(disabled(account_in(State::draft)),
              testing::ElementsAre("change_password", "renew", "export", "import", "delete_certificate"));
  Overview gone = ready_until("2039-01-01");
  gone.environment_id = "gone";
  EXPECT_THAT(disabled(gone),
              testing::ElementsAre("check", "change_password", "renew", "import", "delete_certificate"));
  Overview none = ready_until("2039-01-01");
  none.server_certificate = account::ServerCertificate::none;
  EXPECT_THAT(disabled(none), testing::ElementsAre("delete_certificate"));
  Overview renewing = ready_until("2039-01-01");
  renewing.renewal_under_way = true;
  EXPECT_THAT(disabled(renewing), testing::ElementsAre("delete_certificate"));
}

TEST(AccountOverview, SaysWhenNobodyCanWriteToUs) {
  Overview account = ready_until("2039-01-01");
  account.renewal_under_way = true;
  account.old_certificate_removed = true;
  account.server_certificate = account::ServerCertificate::other;
  const auto view = account_overview(kGerman, account, two_environments(), {}, test_pki::day("2026-01-01"));
  EXPECT_EQ(fact(view, "renewal")->code(), "under_way");
  EXPECT_EQ(fact(view, "old_certificate")->severity(), pvs::v1::SEVERITY_BAD);
  EXPECT_EQ(fact(view, "server_certificate")->severity(), pvs::v1::SEVERITY_BAD);
}

TEST(AccountOverview, ARefusedPasswordPointsToTheActionThatAsksForIt) {
  const auto told = [](const Overview& account) {
    const auto view =
        account_overview(kGerman, account, two_environments(), {.failure = Status(error::wrong_credentials, "401")},
                         test_pki::day("2026-01-01"));
    EXPECT_EQ(view.detail().groups(0).facts(0).code(), "auth.wrong_credentials");
    return view.detail().groups(0).facts(0).value();
  };
  Overview ready = ready_until("2039-01-01");
  EXPECT_THAT(told(ready), testing::HasSubstr("„" + kGerman("action.correct_password") + "“"));
  const std::string draft = told(account_in(State::draft));
  EXPECT_THAT(draft, testing::HasSubstr("„" + kGerman("action.correct_password") + "“"));
  EXPECT_THAT(draft, testing::HasSubstr("Username falsch geschrieben"));
}

TEST(AccountOverview, AMissingCertificatePointsToTheActionThatGetsOne) {
  const auto told = [](Overview account) {
    account.last_error = error::no_certificate.key;
    const auto view = account_overview(kGerman, account, two_environments(), {}, test_pki::day("2026-01-01"));
    return fact(view, "last_error")->value();
  };
  EXPECT_THAT(told(account_in(State::failed)), HasSubstr("„Einrichtung fortsetzen“"));
  EXPECT_THAT(told(ready_until("2039-01-01")), HasSubstr("„Zertifikate erneuern“"));
  EXPECT_THAT(told(account_in(State::failed)), testing::Not(HasSubstr("Postausgang")));
}

TEST(AccountOverview, APasswordOfTodayIsNotZeroDaysOld) {
  Overview account = ready_until("2039-01-01");
  account.password_last_change = "2026-01-01T08:00:00Z";
  const auto age = [&](const char* day) {
    const auto view =
        account_overview(kGerman, account, two_environments(), {}, test_pki::day(day) + std::chrono::hours(12));
    return fact(view, "password_last_change")->value();
  };
  EXPECT_THAT(age("2026-01-01"), HasSubstr("(heute)"));
  EXPECT_THAT(age("2026-01-02"), HasSubstr("(vor 1 Tag)"));
}

TEST(NewAccountView, AFieldThatCannotBeUsedSaysWhatItTakes) {
  const auto view = new_account(kGerman, two_environments(),
                                {.username = "a@b", .display_name = "", .description = "", .environment_id = ""}, {},
                                Status(error::invalid_field, "").with("field", "username"));
  EXPECT_THAT(field(view, "username")->error(), HasSubstr("vor dem @"));
  EXPECT_EQ(view.form().error().code(), "usage.invalid_field");
}

TEST(AccountOverview, AFailureStandsOnTopWithItsCode) {
  const auto view = account_overview(kGerman, ready_until("2039-01-01"), two_environments(),
                                     {.failure = Status(error::csr_failed, "900")}, test_pki::day("2026-01-01"));
  ASSERT_GT(view.detail().groups_size(), 0);
  EXPECT_EQ(view.detail().groups(0).facts(0).name(), "failure");
  EXPECT_EQ(view.detail().groups(0).facts(0).code(), "protocol.csr_failed");
  EXPECT_EQ(view.detail().groups(0).severity(), pvs::v1::SEVERITY_BAD);
}

}  // namespace
}  // namespace kvc::plugin::views
