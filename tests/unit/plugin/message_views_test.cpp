// SPDX-License-Identifier: Apache-2.0
#include "views/message_views.h"

#include <gmock/gmock.h>

#include <array>

#include "unit/plugin/view_helpers.h"
#include "views/message_words.h"

namespace kvc::plugin::views {
namespace {

using message::Verdict;
using test::fact;
using test::field;
using test::ids;
using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

const Texts kGerman(Language::de);
const Texts kEnglish(Language::en);
const TimePoint kNow(std::chrono::seconds(1798117500));
const service::Catalogue& kCatalogue = service::Catalogue::builtin();
constexpr std::array kForged{Verdict::malformed,       Verdict::decrypt_failed,    Verdict::not_signed,
                             Verdict::digest_mismatch, Verdict::signer_not_sender, Verdict::issuer_not_trusted};

mailbox::OpenedItem opened(Verdict verdict) {
  mailbox::OpenedItem made;
  made.item.id = "i1";
  made.item.from = "a@kv-safenet.de";
  made.item.service_id = "eNachricht;Lieferung;V2.0";
  made.item.service_key = "enachricht";
  made.item.subject = "Geheimer Betreff";
  made.item.thread_id = "t1";
  made.item.received = kNow;
  made.item.verdict = verdict;
  made.item.opened = made.item.judged = true;
  made.message.verdict = verdict;
  message::Layer layer;
  layer.verdict = verdict;
  layer.from = "a@kv-safenet.de";
  layer.subject = "Geheimer Betreff";
  layer.signing_time = kNow;
  layer.signer.emplace();
  layer.signer->email = "a@kv-safenet.de";
  layer.signer->issuer = "CN=CA";
  layer.recipients = {{.issuer = "CN=CA", .serial_hex = "0B", .issuer_der = {}}};
  made.message.layers = {layer};
  made.message.parts.resize(1);
  made.message.parts[0].name = "../../etc/be\nfund.pdf";
  made.message.parts[0].type = "application/pdf";
  made.message.parts[0].attachment = true;
  made.roles = {""};
  made.opened_by = {2, false, "generation 0B"};
  return made;
}

const pvs::v1::Action& action(const pvs::v1::View& view, const std::string& id) {
  static const pvs::v1::Action none;
  for (const auto& each : view.actions()) {
    if (each.action_id() == id) {
      return each;
    }
  }
  ADD_FAILURE() << "no action " << id;
  return none;
}

TEST(MessageView, ALongSubjectIsWholeInTheDetailAndCutInLists) {
  mailbox::OpenedItem letter = opened(Verdict::valid);
  letter.item.subject.clear();
  for (int i = 0; i < 200; ++i) {
    letter.item.subject += "Größe ";
  }
  letter.item.subject += "Ende";
  EXPECT_EQ(fact(inbox_message(kGerman, kCatalogue, letter), "subject_line").value(), letter.item.subject);
  const std::string listed = subject_words(kGerman, kCatalogue, letter.item.service_id, letter.item.subject);
  EXPECT_LE(listed.size(), kListed + std::string(" …").size());
  EXPECT_THAT(listed, EndsWith(" …"));

  letter.item.subject = std::string(100000, 'x');
  EXPECT_LE(fact(inbox_message(kGerman, kCatalogue, letter), "subject_line").value().size(), kWhole + 8);
}

TEST(MessageView, TextsAreCutBetweenCharactersAndNeverSilently) {
  for (std::size_t most = 1; most < 12; ++most) {
    const std::string cut = shown("äöüäöüäöü", most);
    EXPECT_EQ(cut, std::string("äöüäöüäöü").substr(0, most / 2 * 2) + " …");
  }
  EXPECT_EQ(shown("äöü", 6), "äöü");
  // Only the beginning of an endless text is looked at, and invisible characters of four bytes shrink to one.
  std::string invisible;
  for (int i = 0; i < 100; ++i) {
    invisible += "\xf3\xa0\x81\x81";
  }
  EXPECT_EQ(shown(invisible, 10), "__________ …");
  EXPECT_EQ(shown("x" + invisible, 3), "x__ …");
}

TEST(MessageView, SaysTheVerdictInWordsAndCode) {
  const auto view = inbox_message(kGerman, kCatalogue, opened(Verdict::valid));
  EXPECT_EQ(view.detail().groups(0).facts(0).code(), "valid");
  EXPECT_THAT(view.detail().groups(0).facts(1).value(), HasSubstr("unverändert"));
  EXPECT_THAT(fact(view, "opened_by").value(), HasSubstr("Schlüsselgeneration 2"));
  EXPECT_THAT(fact(view, "signing_time").label(), HasSubstr("Angabe des Absenders"));
  EXPECT_TRUE(fact(view, "issuer").expert());
  EXPECT_EQ(view.detail().parts(0).actions(0).label(), "Speichern");
  EXPECT_THAT(view.detail().parts(0).name(), Not(HasSubstr("/")));
  EXPECT_THAT(view.detail().parts(0).name(), Not(HasSubstr("\n")));
}

TEST(MessageView, WhatIsNotVouchedForIsNotShownAndSavedOnlyWithAWarning) {
  for (const Verdict verdict : kForged) {
    EXPECT_FALSE(may_be_shown(verdict));
    const auto view = inbox_message(kGerman, kCatalogue, opened(verdict));
    EXPECT_TRUE(view.detail().text().empty());
    for (const auto& group : view.detail().groups()) {
      for (const auto& each : group.facts()) {
        EXPECT_THAT(each.value(), Not(HasSubstr("Geheim"))) << each.name();
      }
    }
    EXPECT_EQ(view.detail().parts(0).actions(0).role(), pvs::v1::Action::ROLE_DANGER);
    EXPECT_THAT(ids(view.actions()), Contains("save_original"));
    for (const char* id : {"answer", "forward", "deliver"}) {
      EXPECT_TRUE(action(view, id).disabled()) << id;
      EXPECT_FALSE(action(view, id).disabled_reason().empty()) << id;
    }
  }
}

TEST(MessageView, ContentNoSignatureCoversIsARawAttachmentAtMost) {
  auto changed = opened(Verdict::digest_mismatch);
  changed.message.parts.clear();
  EXPECT_EQ(action(inbox_message(kGerman, kCatalogue, changed), "save_unverified").role(),
            pvs::v1::Action::ROLE_DANGER);
  auto unreadable = opened(Verdict::decrypt_failed);
  unreadable.message.parts.clear();
  EXPECT_THAT(ids(inbox_message(kGerman, kCatalogue, unreadable).actions()), Not(Contains("save_unverified")));
  EXPECT_THAT(ids(inbox_message(kGerman, kCatalogue, opened(Verdict::valid)).actions()),
              Not(Contains("save_unverified")));
}

TEST(MessageView, NamesTheKeysThatWouldOpenIt) {
  const auto view = inbox_message(kGerman, kCatalogue, opened(Verdict::decrypt_failed));
  EXPECT_THAT(view.SerializeAsString(), HasSubstr("CN=CA, 0B"));
}

TEST(MessageView, OnlyAMailFromAnArchiveIsJudgedAtATimeOnesNames) {
  EXPECT_THAT(ids(inbox_message(kGerman, kCatalogue, opened(Verdict::valid)).actions()),
              Not(Contains("set_reference")));
  auto archived = opened(Verdict::certificate_expired);
  archived.archived = true;
  EXPECT_THAT(ids(inbox_message(kGerman, kCatalogue, archived).actions()), Contains("set_reference"));
  const auto view = reference_form(kGerman, true, "gestern", {{"reference_date", "kein Datum"}});
  EXPECT_EQ(field(view, "reference").value().ids().id(0), "date");
  EXPECT_EQ(field(view, "reference_date").value().text(), "gestern");
  EXPECT_EQ(field(view, "reference_date").error(), "kein Datum");
}

TEST(MessageView, NamesPartsByTheirRole) {
  auto letter = opened(Verdict::valid);
  letter.item.service_id = "Arztbrief;VHitG-Versand;V1.2";
  letter.item.service_key = "earztbrief";
  letter.message.parts[0].description = "eAB-PDF-signed";
  letter.roles = {"eab_pdf"};
  EXPECT_EQ(inbox_message(kGerman, kCatalogue, letter).detail().parts(0).description(),
            "Brief als PDF (eAB-PDF-signed)");
  EXPECT_EQ(inbox_message(kEnglish, kCatalogue, letter).detail().parts(0).description(),
            "Letter as PDF (eAB-PDF-signed)");
}

TEST(MessageView, HtmlIsOnlySaved) {
  for (const auto& [type, name] : std::vector<std::pair<std::string, std::string>>{
           {"text/html", "brief"}, {"TEXT/HTML", "x"}, {"text/plain", "brief.HTM"}, {"image/svg+xml", "bild"}}) {
    auto message = opened(Verdict::valid);
    message.message.parts[0].type = type;
    message.message.parts[0].name = name;
    const auto view = inbox_message(kGerman, kCatalogue, message);
    EXPECT_THAT(ids(view.detail().parts(0).actions()), testing::ElementsAre("save")) << type;
    EXPECT_THAT(view.detail().parts(0).description(), HasSubstr("HTML")) << type;
    EXPECT_EQ(harmless_type(message.message.parts[0]), "application/octet-stream") << type;
    EXPECT_TRUE(deliverable(message).empty()) << type;
    EXPECT_TRUE(action(view, "deliver").disabled()) << type;
  }
}

TEST(MessageView, OnlyShortTextsAreRead) {
  message::Part part;
  part.type = "text/plain";
  EXPECT_TRUE(is_readable_text(part));
  part.size = 1ULL << 30U;
  EXPECT_FALSE(is_readable_text(part));
  part.size = 1;
  part.type = "application/pdf";
  EXPECT_FALSE(is_readable_text(part));
}

TEST(MessageView, AnUnassignableAnswerSaysWhatToTellTheKv) {
  auto answer = opened(Verdict::valid);
  answer.item.service_id = "1ClickAbrechnung;Rueckmeldung;V2.0";
  answer.item.unassigned =
      mailbox::UnassignedAnswer{"kv@kv-safenet.de", "Wed, 25 Nov 2026 08:00:00 +0100", "m1@kv", ""};
  const auto view = inbox_message(kGerman, kCatalogue, answer);
  EXPECT_THAT(fact(view, "unassigned").value(), HasSubstr("Bitte KV kontaktieren"));
  EXPECT_EQ(fact(view, "unassigned").severity(), pvs::v1::SEVERITY_BAD);
  EXPECT_EQ(fact(view, "from").value(), "kv@kv-safenet.de");
  EXPECT_THAT(fact(view, "date").value(), HasSubstr("25.11.2026, 08:00 Uhr"));
  EXPECT_EQ(fact(view, "message_id").value(), "m1@kv");
  EXPECT_EQ(fact(view, "guid").value(), "Unbekannt");
  EXPECT_EQ(fact(view, "kind").code(), "feedback");
}

TEST(MessageView, AReceiptIsExplainedAndNotAnswered) {
  auto receipt = opened(Verdict::valid);
  receipt.item.service_id = "eNachricht;Eingangsbestaetigung;V2.0";
  receipt.item.is_receipt = true;
  const auto view = inbox_message(kGerman, kCatalogue, receipt);
  EXPECT_THAT(fact(view, "kind").value(), HasSubstr("sagt nicht, dass die Nachricht gelesen wurde"));
  for (const char* id : {"answer", "forward", "deliver"}) {
    EXPECT_TRUE(action(view, id).disabled()) << id;
  }
}

TEST(MessageView, LongTextIsCutBetweenCharacters) {
  std::string text = "x";
  while (text.size() < 300000) {
    text += "ä";
  }
  const std::string cut = readable(kGerman, text);
  EXPECT_LT(cut.size(), 263000U);
  EXPECT_THAT(cut, HasSubstr("gekürzt"));
  EXPECT_EQ(readable(kGerman, "Grüße"), "Grüße");
  EXPECT_EQ(readable(kGerman,
                     "Gr\xfc\xdf"
                     "e"),
            "Grüße");
}

letter::PatientHint hint() {
  letter::PatientHint made;
  made.kvnr = "K070990552";
  made.given = "Erika";
  made.family = "Testpatient";
  made.birth_date = "1990-09-07";
  return made;
}

std::string proposal(const Handover& handover) {
  return deliver(kGerman, kCatalogue, opened(Verdict::valid), handover).form().intro();
}

TEST(DeliverView, SaysHowSureTheProposalIs) {
  Handover handover;
  EXPECT_THAT(proposal(handover), HasSubstr("nennt keinen Patienten"));
  handover.hint = hint();
  EXPECT_THAT(proposal(handover), HasSubstr("kein Patient ausgewählt"));
  handover.selected = "Muster, Max";
  EXPECT_THAT(proposal(handover), HasSubstr("passt nicht zum ausgewählten Patienten Muster, Max"));
  handover.selected = "Testpatient, Erika";
  handover.proposal.by = letter::MatchedBy::kvnr;
  handover.proposal.patient_id = "p1";
  EXPECT_THAT(proposal(handover), HasSubstr("Versichertennummer im Brief ist die"));
  handover.proposal.contradictions = {"birth_date"};
  EXPECT_THAT(proposal(handover), HasSubstr("Geburtsdatum im Brief ist ein anderes"));
  handover.proposal.by = letter::MatchedBy::name_and_birth_date;
  EXPECT_THAT(proposal(handover), HasSubstr("Name und Geburtsdatum"));
  EXPECT_THAT(proposal(handover), HasSubstr("fragt Sie"));
}

TEST(DeliverView, ShowsWhatTheLetterSaysAndTheFiles) {
  Handover handover;
  handover.hint = hint();
  const auto view = deliver(kGerman, kCatalogue, opened(Verdict::valid), handover);
  EXPECT_EQ(field(view, "patient_name").value().text(), "Testpatient, Erika");
  EXPECT_EQ(field(view, "birth_date").value().text(), "07.09.1990");
  EXPECT_EQ(field(view, "kvnr").type(), pvs::v1::Field::TYPE_READ_ONLY);
  ASSERT_EQ(field(view, "parts").choices_size(), 1);
  EXPECT_THAT(field(view, "parts").choices(0).label(), Not(HasSubstr("/")));
  EXPECT_EQ(field(view, "parts").value().ids().id(0), "0");
}

TEST(MessageView, WordsTheReadersWarnings) {
  auto made = opened(Verdict::valid);
  made.message.layers[0].warnings = {"header_differs: To", "part_undecodable: 3", "multipart_not_closed: the final",
                                     "something_new: x\ny"};
  const std::string german = fact(inbox_message(kGerman, kCatalogue, made), "warnings").value();
  EXPECT_THAT(german, HasSubstr("Die Kopfzeile To lautet außen anders"));
  EXPECT_THAT(german, HasSubstr("Teil 3 lässt sich nicht"));
  EXPECT_THAT(german, HasSubstr("Das Ende der Liste der Teile fehlt"));
  EXPECT_THAT(german, HasSubstr("something_new: x")) << "what the catalogue does not know is shown as it is";
  EXPECT_EQ(german.find('\n'), std::string::npos);
  EXPECT_THAT(fact(inbox_message(kEnglish, kCatalogue, made), "warnings").value(),
              HasSubstr("The header field To differs"));
}

}  // namespace
}  // namespace kvc::plugin::views
