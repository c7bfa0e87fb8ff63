// SPDX-License-Identifier: Apache-2.0
#include "views/compose_views.h"

#include <gmock/gmock.h>

#include "service/known.h"
#include "unit/crypto/test_pki.h"
#include "unit/plugin/view_helpers.h"

namespace kvc::plugin::views {
namespace {

using test::fact;
using test::field;
using testing::HasSubstr;

const Texts kGerman(Language::de);

ComposeForm common() {
  ComposeForm form;
  form.senders = {{"a", "A"}, {"b", "B"}};
  form.account_id = "b";
  return form;
}

const pvs::v1::Action* action(const pvs::v1::View& view, const std::string& id) {
  for (const auto& each : view.actions()) {
    if (each.action_id() == id) {
      return &each;
    }
  }
  return nullptr;
}

TEST(ComposeViews, WithoutASenderTheUserIsToldWhatToDo) {
  for (const auto& view : {compose_enachricht(kGerman, {}), compose_earztbrief(kGerman, {}),
                           compose_1click(kGerman, {}), compose_edoku(kGerman, {})}) {
    EXPECT_EQ(view.kind(), "compose.no_account");
    EXPECT_THAT(view.notice().text(), HasSubstr("Benutzerkonten"));
  }
}

TEST(ComposeViews, NamesOfFilesCannotLookLikeOthers) {
  ComposeForm form = common();
  form.kept = {{"0", "befund\xe2\x80\xaegpj.exe", 1500}, {"1", "a\xe2\x80\x8b\n.pdf", 1500}};
  const auto view = compose_enachricht(kGerman, form);
  EXPECT_EQ(field(view, "kept_files").choices(0).label(), "befund_gpj.exe (1,5 kB)");
  EXPECT_EQ(field(view, "kept_files").choices(1).label(), "a__.pdf (1,5 kB)");
}

TEST(ComposeViews, KeepWhatWasTypedAndTheFilesThatWereRead) {
  ComposeForm form = common();
  form.to = "x";
  form.subject = "S";
  form.text = "T";
  form.request_receipt = false;
  form.kept = {{"0", "befund.txt", 1500}};
  form.errors = {{"recipient", "keine Adresse"}};
  form.failure = Status(error::too_large, "x");
  const auto view = compose_enachricht(kGerman, form);
  EXPECT_EQ(field(view, "account").value().ids().id(0), "b");
  EXPECT_EQ(field(view, "recipient").value().text(), "x");
  EXPECT_EQ(field(view, "recipient").error(), "keine Adresse");
  EXPECT_EQ(field(view, "text").value().text(), "T");
  EXPECT_FALSE(field(view, "request_receipt").value().check());
  EXPECT_EQ(field(view, "kept_files").value().ids().id(0), "0");
  EXPECT_EQ(field(view, "kept_files").choices(0).label(), "befund.txt (1,5 kB)");
  EXPECT_EQ(view.form().error().code(), "usage.too_large");
  EXPECT_NE(action(view, "save_draft"), nullptr);
}

TEST(ComposeViews, AnAnswerIsTitledAsOne) {
  ComposeForm form;
  form.senders = {{"a1", "Praxis"}};
  EXPECT_EQ(compose_enachricht(kGerman, form).title(), "Neue eNachricht");
  form.title_key = "compose.answer.title";
  EXPECT_EQ(compose_enachricht(kGerman, form).title(), "Antwort schreiben");
}

TEST(ComposeViews, SeveralEntriesAreAChoiceWithNothingChosen) {
  ComposeForm form = common();
  directory::Hit hit;
  hit.entry.address = "k@kv-safenet.de";
  hit.entry.name = "Karla Kollegin";
  hit.entry.town = "Aachen";
  form.hits = {hit};
  const auto view = compose_enachricht(kGerman, form);
  EXPECT_EQ(field(view, "recipient_choice").choices(0).label(), "Karla Kollegin, Aachen, k@kv-safenet.de");
  EXPECT_FALSE(field(view, "recipient_choice").has_value());
}

TEST(ComposeViews, WhatTheKvDoesNotOfferIsGreyWithTheReason) {
  KvForm form;
  form.common = common();
  form.contents = {{"billing", "Abrechnung", "nicht angeboten"}, {"collective", "Sammelerklärung"}};
  form.purposes = {{"real", "Echt"}, {"test", "Test", "nicht angeboten"}};
  form.quarters = {{"2025-4", "4/2025"}, {"2025-3", "3/2025"}};
  form.content = "billing";  // chosen before the KVCA file changed: it cannot stay chosen
  const auto view = compose_1click(kGerman, form);
  EXPECT_TRUE(field(view, "content").choices(0).disabled());
  EXPECT_EQ(field(view, "content").choices(0).disabled_reason(), "nicht angeboten");
  EXPECT_EQ(field(view, "content").value().ids().id(0), "collective");
  EXPECT_EQ(field(view, "purpose").value().ids().id(0), "real");
  EXPECT_EQ(field(view, "quarter").value().ids().id(0), "2025-4");
}

class ConfirmView : public testing::Test {
 protected:
  ConfirmView() {
    mail_.to = "k@kv-safenet.de";
    mail_.service_id = service::enachricht_delivery();
    mail_.user_subject = "Befund";
    mail_.files.push_back({"../../x", "text/plain", "", Secret("12345")});
    facts_.mail = &mail_;
    facts_.clear_subject = "eNachricht";
  }
  mailbox::Draft mail_;
  ConfirmFacts facts_;
};

TEST_F(ConfirmView, ShowsWhoseCertificateItIs) {
  const auto root = test_pki::make_root();
  const auto ca = test_pki::make_user_ca(root);
  facts_.recipient = mailbox::RecipientCheck{ca.certificate, "Test User CA", {"a deviation"}};
  const auto view = compose_confirm(kGerman, facts_);
  const std::string all = view.SerializeAsString();
  EXPECT_THAT(all, HasSubstr(ca.certificate.common_name()));
  EXPECT_THAT(all, HasSubstr("Test User CA"));
  EXPECT_FALSE(action(view, "send")->disabled());
  EXPECT_EQ(action(view, "send")->label(), "Signieren, verschlüsseln und senden");
  EXPECT_EQ(view.detail().parts(0).name(), "x");
  EXPECT_EQ(view.detail().parts(0).size(), 5U);
}

TEST_F(ConfirmView, WhatMayPassCanWaitInTheOutboxAndTheRestIsRefused) {
  for (const ErrorCode& code : {error::unreachable, error::timeout, error::server_busy, error::no_certificate}) {
    facts_.failure = Status(code, "x");
    EXPECT_TRUE(may_pass(facts_.failure)) << code.key;
    const auto view = compose_confirm(kGerman, facts_);
    EXPECT_FALSE(action(view, "send")->disabled());
    EXPECT_THAT(action(view, "send")->label(), HasSubstr("Postausgang"));
  }
  for (const ErrorCode& code : {error::certificate_foreign, error::certificate_untrusted, error::certificate_expired,
                                error::certificate_profile, error::wrong_credentials, error::malformed}) {
    facts_.failure = Status(code, "x");
    EXPECT_FALSE(may_pass(facts_.failure)) << code.key;
    const auto view = compose_confirm(kGerman, facts_);
    EXPECT_TRUE(action(view, "send")->disabled());
    EXPECT_FALSE(action(view, "send")->disabled_reason().empty());
    EXPECT_NE(action(view, "save_draft"), nullptr);
  }
}

TEST_F(ConfirmView, AWarningStandsOutAndKeepsNobodyFromSending) {
  facts_.failure = Status(error::unreachable, "x");
  facts_.notes = {"Brief zu Erika"};
  facts_.warnings = {"Ein anderer ist ausgewählt"};
  const auto view = compose_confirm(kGerman, facts_);
  EXPECT_EQ(fact(view, "warning").value(), "Ein anderer ist ausgewählt");
  EXPECT_EQ(fact(view, "warning").severity(), pvs::v1::SEVERITY_WARNING);
  EXPECT_EQ(view.detail().groups(1).severity(), pvs::v1::SEVERITY_WARNING);
  EXPECT_FALSE(action(view, "send")->disabled());
}

TEST_F(ConfirmView, ADraftThatIsCompleteCannotGoBackToAForm) {
  facts_.failure = Status(error::unreachable, "x");
  facts_.can_go_back = false;
  EXPECT_EQ(action(compose_confirm(kGerman, facts_), "back"), nullptr);
}

}  // namespace
}  // namespace kvc::plugin::views
