// SPDX-License-Identifier: Apache-2.0
// Forms, questions and results around an account: assigning, keystore files, everything that cannot be undone.
#include <gmock/gmock.h>

#include <set>

#include "commands/renewal_hints.h"
#include "unit/crypto/test_pki.h"
#include "views/account_confirmations.h"
#include "views/assign_views.h"
#include "views/keystore_views.h"

namespace kvc::plugin::views {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Texts kGerman(Language::de);

const pvs::v1::Field* field(const pvs::v1::View& view, const std::string& name) {
  for (const auto& found : view.form().fields()) {
    if (found.name() == name) {
      return &found;
    }
  }
  return nullptr;
}

std::vector<std::string> ids(const pvs::v1::View& view) {
  std::vector<std::string> ids;
  for (const auto& action : view.actions()) {
    ids.push_back(action.action_id());
  }
  return ids;
}

account::Overview account_with_key() {
  account::Overview account;
  account.id = "a1";
  account.username = "praxis.muster";
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  account.generations.resize(1);
  account.generations[0].number = 1;
  account.generations[0].current = true;
  account.generations[0].certificate = test_pki::make_user(ca, {}).certificate;
  return account;
}

account::Keystore keystore_until(const std::string& not_after) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  const auto user = test_pki::make_user(ca, {.not_after = test_pki::day(not_after)});
  account::Keystore keystore;
  keystore.identities.push_back({user.key, user.certificate});
  keystore.current_is_valid = true;
  return keystore;
}

TEST(AssignView, OffersUsersSitesAndSender) {
  const auto view =
      assign(kGerman,
             {.account_name = "Praxis",
              .users = {{"anna", "Anna Arzt"}, {"ben", ""}},
              .chosen = {"anna"},
              .sites = {{"999999901", "999999901 – Nord"}},
              .chosen_sites = {"999999901"},
              .default_sender = true,
              .senders = {{"Anna Arzt", false, account::SenderReason::undecided}, {"Ben", false, std::nullopt}}},
             {});
  EXPECT_EQ(view.kind(), "account.assign");
  EXPECT_EQ(field(view, "users")->type(), pvs::v1::Field::TYPE_MULTI_CHOICE);
  EXPECT_THAT(field(view, "users")->value().ids().id(), ElementsAre("anna"));
  EXPECT_EQ(field(view, "users")->choices(1).label(), "ben");
  EXPECT_THAT(field(view, "practice_sites")->value().ids().id(), ElementsAre("999999901"));
  EXPECT_TRUE(field(view, "default_sender")->value().check());
  EXPECT_THAT(field(view, "senders")->value().text(), HasSubstr("mit einem anderen Konto (nicht festgelegt"));
  EXPECT_THAT(field(view, "senders")->value().text(), HasSubstr("Ben hat zurzeit kein Konto"));
  EXPECT_THAT(ids(view), ElementsAre("save", "close"));
}

TEST(AssignView, WithoutSitesAsksForNone) {
  const auto view = assign(kGerman, {.account_name = "x"}, {{"users", "Mindestens"}});
  EXPECT_EQ(field(view, "practice_sites"), nullptr);
  EXPECT_EQ(field(view, "senders"), nullptr);
  EXPECT_EQ(field(view, "users")->error(), "Mindestens");
}

TEST(UnassignSelf, SaysWhoIsLeft) {
  const auto view = unassign_self(kGerman, "Praxis", {"Ben", "Cem"});
  EXPECT_THAT(view.confirmation().consequence(), HasSubstr("Ben, Cem"));
  EXPECT_THAT(view.confirmation().question(), HasSubstr("Praxis"));
  EXPECT_EQ(view.actions(0).role(), pvs::v1::Action::ROLE_DANGER);
}

TEST(Confirmations, SayWhatWillAndWhatWillNotHappen) {
  const auto account = account_with_key();
  for (const auto& view : {renew(kGerman, account), delete_certificate(kGerman, account),
                           remove_account(kGerman, account, {.inbox = 3, .outbox = 2, .waiting = 1})}) {
    ASSERT_TRUE(view.has_confirmation()) << view.kind();
    EXPECT_THAT(view.confirmation().question(), HasSubstr("praxis.muster")) << view.kind();
    EXPECT_THAT(view.confirmation().consequence(), testing::AnyOf(HasSubstr("Nicht gelöscht"), HasSubstr("bleiben")));
    EXPECT_THAT(ids(view), testing::Contains("close"));
  }
}

TEST(RemoveAccount, CountsTheMessagesAndOffersTheExportFirst) {
  const auto view = remove_account(kGerman, account_with_key(), {.inbox = 3, .outbox = 2, .waiting = 1});
  EXPECT_THAT(view.confirmation().consequence(), HasSubstr("3 Nachrichten im Posteingang"));
  EXPECT_THAT(view.confirmation().consequence(), HasSubstr("Eine davon hat der Server noch nicht angenommen"));
  EXPECT_THAT(view.confirmation().consequence(), HasSubstr("Laden Sie die Zertifikate deshalb zuerst herunter"));
  EXPECT_THAT(ids(view), ElementsAre("export", "remove", "close"));
  EXPECT_EQ(view.actions(1).role(), pvs::v1::Action::ROLE_DANGER);
  EXPECT_TRUE(view.actions(0).keep_view());
}

TEST(RemoveAccount, WithoutKeysThereIsNothingToExport) {
  account::Overview account;
  account.username = "x";
  const auto view = remove_account(kGerman, account, {});
  EXPECT_THAT(ids(view), ElementsAre("remove", "close"));
  EXPECT_THAT(view.confirmation().consequence(), Not(HasSubstr("Achtung")));
}

TEST(ImportStepView, FirstReadsThenCreates) {
  ImportStep step{"praxis.muster", "alt.p12", 3210};
  const auto before = import_step(kGerman, step, test_pki::day("2026-01-01"));
  EXPECT_EQ(before.kind(), "account.import");
  EXPECT_THAT(ids(before), ElementsAre("import", "choose", "close"));
  EXPECT_EQ(before.actions(0).label(), "Importieren");
  EXPECT_THAT(field(before, "keystore_file_name")->value().text(), HasSubstr("alt.p12"));
  EXPECT_EQ(field(before, "keystore_password"), nullptr);

  account::Keystore keystore = keystore_until("2039-01-01");
  keystore.foreign_addresses = {"fremd@kv-safenet.de"};
  keystore.refused = 2;
  step.content = &keystore;
  const auto after = import_step(kGerman, step, test_pki::day("2026-01-01"));
  EXPECT_THAT(ids(after), ElementsAre("create", "choose", "close"));
  EXPECT_EQ(after.actions(0).label(), "Konto anlegen");
  const std::string text = field(after, "keystore_content")->value().text();
  EXPECT_THAT(text, HasSubstr("1 Schlüsselgeneration"));
  EXPECT_THAT(text, HasSubstr("01.01.2039"));
  EXPECT_THAT(text, HasSubstr("Seriennummer"));
  EXPECT_THAT(text, HasSubstr("fremd@kv-safenet.de"));
  EXPECT_THAT(text, HasSubstr("2 Schlüssel werden nicht übernommen"));
  EXPECT_THAT(text, Not(HasSubstr("abgelaufen")));
}

TEST(ImportStepView, AnExpiredKeyIsWorthHavingAndSaysSo) {
  account::Keystore keystore = keystore_until("2025-01-01");
  keystore.current_is_valid = false;
  ImportStep step{"x", "alt.p12", 1};
  step.content = &keystore;
  const auto view = import_step(kGerman, step, test_pki::day("2026-01-01"));
  EXPECT_THAT(field(view, "keystore_content")->value().text(), HasSubstr("ältere Nachrichten öffnen"));
  EXPECT_EQ(view.actions(0).action_id(), "create");
}

TEST(ImportStepView, AFileThatCouldNotBeReadAsksForAnother) {
  ImportStep step{"praxis.muster", "bild.jpg", 0};
  step.failure = Status(error::too_large, "");
  const auto view = import_step(kGerman, step, test_pki::day("2026-01-01"));
  EXPECT_THAT(ids(view), ElementsAre("choose", "close"));
  EXPECT_THAT(view.form().intro(), Not(HasSubstr("Klicken Sie auf „Importieren“")));
  EXPECT_EQ(field(view, "keystore_file_name")->value().text(), "bild.jpg") << "its size is not known";
  EXPECT_THAT(view.form().error().text(), HasSubstr("zu groß"));
}

TEST(ImportStepView, AWrongPasswordIsAskedForAgain) {
  ImportStep step{"x", "alt.p12", 1};
  step.ask_password = true;
  step.failure = Status(error::wrong_passphrase, "");
  const auto view = import_step(kGerman, step, test_pki::day("2026-01-01"));
  EXPECT_EQ(view.form().error().code(), "crypto.wrong_passphrase");
  EXPECT_FALSE(field(view, "keystore_password")->error().empty());
  EXPECT_FALSE(field(view, "keystore_password")->has_value());
  EXPECT_THAT(ids(view), ElementsAre("import", "choose", "close"));
}

TEST(KeystoreErrors, EachHasItsOwnText) {
  std::vector<Status> failures{Status(error::wrong_passphrase, ""),
                               Status(error::certificate_foreign, "").with("addresses", "fremd@kv-safenet.de"),
                               Status(error::certificate_untrusted, "").with("issuer", "CN=Fremde CA"),
                               Status(error::certificate_profile, ""),
                               Status(error::too_large, ""),
                               Status(error::file_unreadable, "")};
  for (const char* reason :
       {"not_a_keystore", "truncated", "damaged", "no_mac", "unsupported", "no_key", "not_rsa", "no_certificate"}) {
    failures.push_back(Status(error::malformed, "").with("reason", reason));
  }
  std::set<std::string> texts;
  for (const Status& failure : failures) {
    const auto error = keystore_error(kGerman, failure);
    EXPECT_EQ(error.code(), failure.code().key);
    EXPECT_TRUE(kGerman.has(error.text_key())) << error.text_key();
    EXPECT_THAT(error.text(), HasSubstr("nichts übernommen")) << error.text_key();
    texts.insert(error.text());
  }
  EXPECT_EQ(texts.size(), failures.size());
  EXPECT_THAT(keystore_error(kGerman, failures[1]).text(), HasSubstr("fremd@kv-safenet.de"));
  EXPECT_THAT(keystore_error(kGerman, failures[2]).text(), HasSubstr("CN=Fremde CA"));
  EXPECT_EQ(keystore_error(kGerman, Status(error::malformed, "").with("reason", "new one")).text_key(),
            "keystore.not_a_keystore");
  EXPECT_EQ(keystore_error(kGerman, Status(error::storage_full, "")).text_key(), "error.storage.full");
}

TEST(ImportIntoView, TakesOneFileAndItsPassword) {
  const auto view = import_into(kGerman, "Praxis", {}, Status(error::wrong_passphrase, ""));
  EXPECT_EQ(field(view, "keystore_file")->type(), pvs::v1::Field::TYPE_FILE);
  EXPECT_THAT(field(view, "keystore_file")->file_patterns(), ElementsAre("*.p12", "*.pfx"));
  EXPECT_FALSE(field(view, "keystore_file")->error().empty());
  EXPECT_FALSE(field(view, "keystore_password")->error().empty());
}

TEST(ImportedView, CountsWhatIsNew) {
  const auto keystore = keystore_until("2039-01-01");
  const auto now = test_pki::day("2026-01-01");
  EXPECT_THAT(imported(kGerman, keystore, 1, 4, now).notice().text(), HasSubstr("4 Nachrichten"));
  EXPECT_EQ(imported(kGerman, keystore, 1, 0, now).notice().severity(), pvs::v1::SEVERITY_GOOD);
  EXPECT_EQ(imported(kGerman, keystore, 1, 0, now).notice().text(), "Eine Schlüsselgeneration wurde übernommen.");
}

TEST(ImportedView, SaysThatEverythingWasThereAlready) {
  const auto keystore = keystore_until("2039-01-01");
  const auto now = test_pki::day("2026-01-01");
  const auto view = imported(kGerman, keystore, 0, 0, now);
  EXPECT_EQ(view.notice().severity(), pvs::v1::SEVERITY_INFO);
  EXPECT_EQ(view.title(), "Zertifikate schon vorhanden");
  EXPECT_THAT(view.notice().text(), HasSubstr("schon vorhanden. Es hat sich nichts geändert"));
  EXPECT_THAT(view.notice().text(), Not(HasSubstr("0")));
  const auto opened = imported(kGerman, keystore, 0, 2, now);
  EXPECT_THAT(opened.notice().text(), HasSubstr("2 Nachrichten"));
  EXPECT_THAT(opened.notice().text(), Not(HasSubstr("nichts geändert")));
}

TEST(ImportStepView, WithoutAReadableFileOnlyAnotherOneHelps) {
  ImportStep step{"x", "riesig.p12", 0};
  step.failure = Status(error::too_large, "");
  const auto view = import_step(kGerman, step, test_pki::day("2026-01-01"));
  EXPECT_THAT(ids(view), ElementsAre("choose", "close"));
  EXPECT_EQ(view.actions(0).role(), pvs::v1::Action::ROLE_PRIMARY);
}

TEST(RenewalNotification, WarnsAndIsRedAfterTheEnd) {
  account::RenewalHint hint{account_with_key(), 30};
  const auto soon = commands::renewal_notification(kGerman, "anna", hint);
  EXPECT_EQ(soon.severity(), pvs::v1::SEVERITY_WARNING);
  EXPECT_EQ(soon.command_id(), "kvconnect.accounts");
  EXPECT_THAT(soon.user_ids(), ElementsAre("anna"));
  EXPECT_THAT(soon.text(), HasSubstr("in 30 Tagen"));
  EXPECT_THAT(soon.text(), HasSubstr("praxis.muster"));
  EXPECT_THAT(soon.text(), HasSubstr("Zertifikate erneuern"));
  hint.days_left = 1;
  EXPECT_THAT(commands::renewal_notification(kGerman, "anna", hint).text(), HasSubstr("in einem Tag"));
  hint.days_left = -1;
  const auto ended = commands::renewal_notification(kGerman, "anna", hint);
  EXPECT_EQ(ended.severity(), pvs::v1::SEVERITY_BAD);
  EXPECT_EQ(ended.notification_id(), soon.notification_id());
  EXPECT_THAT(ended.text(), HasSubstr("abgelaufen"));
  const auto several = commands::renewal_notification(kGerman, "anna", std::vector{hint, hint});
  EXPECT_THAT(several.text(), HasSubstr("von 2 Ihrer Konten"));
  EXPECT_EQ(several.severity(), pvs::v1::SEVERITY_BAD) << "one of them has expired";
}

TEST(ExportedView, NamesTheWholePath) {
  const auto view = exported(kGerman, "/home/anna/praxis.muster.p12", 2);
  EXPECT_THAT(view.notice().text(), HasSubstr("/home/anna/praxis.muster.p12"));
  EXPECT_EQ(view.notice().facts(1).value(), "2 Schlüsselgenerationen");
}

}  // namespace
}  // namespace kvc::plugin::views
