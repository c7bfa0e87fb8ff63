// SPDX-License-Identifier: Apache-2.0
// Letters before they are sent: saved drafts, the check against the service, answers, forwarded messages.
#include "unit/mailbox/fixture.h"

namespace kvc::testing {
namespace {

using mailbox::OutboxState;
using service::PartProblem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Drafts : public Mailbox {
 protected:
  // What a Status says under this name, or "".
  static std::string param(const Status& status, const std::string& name) {
    for (const auto& [key, value] : status.params()) {
      if (key == name) {
        return value;
      }
    }
    return {};
  }
  // A sends this, B fetches it; B's row.
  mailbox::InboxItem received(const mailbox::Draft& made) {
    queue(made);
    EXPECT_EQ(send()->accepted, 1);
    EXPECT_TRUE(fetch_b().ok());
    return inbox_b().at(0);
  }
};

TEST_F(Drafts, AreKeptWholeAndSealed) {
  auto made = draft();
  made.to = "";  // not chosen yet
  made.in_reply_to = "vorher@kv-safenet.de";
  const std::string id = *world->mailbox->save_draft("anna", made);
  world->restart();
  const auto item = item_a(id);
  EXPECT_EQ(item.state, OutboxState::draft);
  EXPECT_TRUE(item.withdrawable);
  EXPECT_FALSE(item.next_try.has_value());
  const auto back = world->mailbox->load_draft("anna", id);
  ASSERT_TRUE(back.ok()) << back.status().to_string();
  EXPECT_EQ(back->user_subject, kUserSubject);
  EXPECT_EQ(back->text, kText);
  EXPECT_EQ(back->in_reply_to, made.in_reply_to);
  EXPECT_EQ(back->service_id, made.service_id);
  ASSERT_THAT(back->files, SizeIs(1));
  EXPECT_EQ(back->files[0].name, kFileName);
  EXPECT_EQ(back->files[0].content.head(), kFileContent);
  for (const char* word : {kUserSubject, kText, kFileName, kFileContent}) {
    EXPECT_EQ(raw_bytes(world->directory).find(word), std::string::npos) << word;
  }
}

TEST_F(Drafts, KeepWhatTheBegleitdateiSaysAndWhatIsAnnounced) {
  auto made = billing();
  made.delivery->test = true;
  const std::string id = *world->mailbox->save_draft("anna", made);
  const auto back = world->mailbox->load_draft("anna", id);
  ASSERT_TRUE(back.ok());
  ASSERT_TRUE(back->delivery.has_value());
  EXPECT_EQ(back->delivery->guid, kGuid);
  EXPECT_EQ(back->delivery->version, 1);
  EXPECT_EQ(back->delivery->bsnr, "999999900");
  EXPECT_EQ(back->delivery->quarter, "2026-3");
  EXPECT_EQ(back->delivery->type, "ABRECHNUNG");
  EXPECT_TRUE(back->delivery->test);
  EXPECT_THAT(back->announced, ElementsAre(service::MessageKind::receipt, service::MessageKind::feedback));
  EXPECT_EQ(raw_bytes(world->directory).find("999999900"), std::string::npos) << "only inside sealed columns";
}

TEST_F(Drafts, AreNeverSent) {
  ASSERT_TRUE(world->mailbox->save_draft("anna", draft()).ok());
  const auto sent = send();
  ASSERT_TRUE(sent.ok());
  EXPECT_EQ(sent->accepted + sent->waiting + sent->failed, 0);
  EXPECT_THAT(world->server.state.submitted, IsEmpty());
}

TEST_F(Drafts, AreReplacedAndThrownAway) {
  const std::string first = *world->mailbox->save_draft("anna", draft());
  auto changed = draft();
  changed.text = "anders";
  changed.files.clear();
  const std::string second = *world->mailbox->save_draft("anna", changed, first);
  ASSERT_THAT(outbox_a(), SizeIs(1));
  EXPECT_EQ(rows("outbox_part"), 0) << "the files of the former one are gone";
  EXPECT_EQ(world->mailbox->load_draft("anna", second)->text, "anders");
  EXPECT_TRUE(world->mailbox->load_draft("anna", first).status().is(error::not_found));
  EXPECT_TRUE(world->mailbox->save_draft("anna", changed, first).status().is(error::not_found));
  ASSERT_TRUE(world->mailbox->withdraw("anna", second).ok());
  EXPECT_THAT(outbox_a(), IsEmpty());
}

TEST_F(Drafts, AreQueuedWhenTheyAreComplete) {
  auto made = draft();
  made.to = "";
  std::string id = *world->mailbox->save_draft("anna", made);
  const auto refused = world->mailbox->queue_draft("anna", id);
  EXPECT_TRUE(refused.status().is(error::invalid_field));
  EXPECT_EQ(param(refused.status(), "field"), "recipient");
  EXPECT_EQ(item_a(id).state, OutboxState::draft) << "a refusal loses nothing";
  made.to = kAddressB;
  id = *world->mailbox->save_draft("anna", made, id);
  const auto queued = world->mailbox->queue_draft("anna", id);
  ASSERT_TRUE(queued.ok()) << queued.status().to_string();
  EXPECT_EQ(send()->accepted, 1);
  EXPECT_EQ(item_a(*queued).state, OutboxState::accepted);
  ASSERT_THAT(outbox_a(), SizeIs(1));
  EXPECT_TRUE(world->mailbox->queue_draft("anna", *queued).status().is(error::invalid_state));
  EXPECT_TRUE(world->mailbox->save_draft("anna", made, *queued).status().is(error::invalid_state));
  ASSERT_TRUE(fetch_b().ok());
  EXPECT_EQ(world->mailbox->open("bert", inbox_b().at(0).id)->message.text(), kText);
}

TEST_F(Drafts, OfAnotherAccountAreNotThere) {
  const std::string id = *world->mailbox->save_draft("anna", draft());
  EXPECT_TRUE(world->mailbox->load_draft("bert", id).status().is(error::not_found));
  EXPECT_TRUE(world->mailbox->queue_draft("bert", id).status().is(error::not_found));
  EXPECT_TRUE(world->mailbox->withdraw("bert", id).is(error::not_found));
  EXPECT_TRUE(world->mailbox->check("bert", draft()).status().is(error::not_found));
  EXPECT_TRUE(world->mailbox->outbox_item("bert", id).status().is(error::not_found));
}

// ---- the check against the service (issue: "wrong file kinds named") ----

TEST_F(Drafts, WithWrongFilesAreNotQueued) {
  auto made = billing();
  made.files[1] = file("abrechnung.con", "text/plain");
  const auto problems = world->mailbox->check("anna", made);
  ASSERT_TRUE(problems.ok());
  ASSERT_FALSE(problems->empty());
  EXPECT_EQ(problems->front().kind, PartProblem::Kind::unexpected_file);
  EXPECT_EQ(problems->front().file_name, "abrechnung.con") << "the view may show it";
  EXPECT_THAT(problems->front().expected, HasSubstr("*.con.xkm"));
  const auto queued = world->mailbox->queue("anna", made);
  EXPECT_TRUE(queued.status().is(error::wrong_parts));
  EXPECT_EQ(param(queued.status(), "number"), "2");
  EXPECT_THAT(param(queued.status(), "expected"), HasSubstr("*.con.xkm"));
  EXPECT_EQ(queued.status().to_string().find("abrechnung.con"), std::string::npos) << "errors are logged";
  EXPECT_THAT(outbox_a(), IsEmpty());
  EXPECT_TRUE(world->mailbox->save_draft("anna", made).ok()) << "but it may be kept";
}

TEST_F(Drafts, OfALetterWithoutPdfNameTheMissingPart) {
  auto made = draft();
  made.service_id = {"Arztbrief", "VHitG-Versand", "V1.2"};
  made.subject.clear();
  made.files = {file("brief.xml", "application/xml", "<x/>", "eAB-XML")};
  const auto problems = world->mailbox->check("anna", made);
  ASSERT_TRUE(problems.ok());
  ASSERT_THAT(*problems, SizeIs(1));
  EXPECT_EQ(problems->front().kind, PartProblem::Kind::missing);
  EXPECT_EQ(problems->front().part, "eab_pdf");
  EXPECT_EQ(problems->front().part_title.de, "Brief als PDF");
  EXPECT_EQ(param(world->mailbox->queue("anna", made).status(), "number"), "0");
  made.files.push_back(file("brief.pdf", "application/pdf", "%PDF-1.4", "eAB-PDF-unsigned"));
  const auto item = received(made);
  EXPECT_EQ(item.service_key, "earztbrief");
  const auto opened = world->mailbox->open("bert", item.id);
  ASSERT_TRUE(opened.ok());
  EXPECT_THAT(opened->roles, ElementsAre("", "eab_xml", "eab_pdf"));
}

TEST_F(Drafts, OfUnknownServicesAreNotChecked) {
  auto made = draft();
  made.service_id = {"Neu", "Etwas", "V1"};
  made.subject.clear();
  EXPECT_THAT(*world->mailbox->check("anna", made), IsEmpty());
  const auto item = received(made);
  EXPECT_EQ(item.service_key, "");
  EXPECT_EQ(item.service_id, "Neu;Etwas;V1");
}

// protocol D, eTerminservice: recipient "eTerminservice@"
TEST_F(Drafts, WithAFixedRecipientGoNowhereElse) {
  auto made = draft();
  made.service_id = {"eTS", "Vermittlungscode-Anforderung-PTV11", "V2.0"};
  made.subject.clear();
  made.files = {file("a.json", "application/fhir+json", "{}")};
  EXPECT_EQ(param(world->mailbox->queue("anna", made).status(), "field"), "recipient");
  made.to = "eterminservice@kv-safenet.de";
  EXPECT_TRUE(world->mailbox->queue("anna", made).ok());
}

TEST_F(Drafts, ForTheKvNeedTheirDelivery) {
  auto made = billing();
  made.delivery.reset();
  EXPECT_EQ(param(world->mailbox->queue("anna", made).status(), "field"), "delivery");
  made = billing("", 1);
  EXPECT_EQ(param(world->mailbox->queue("anna", made).status(), "field"), "delivery");
  made = billing(kGuid, 0);
  EXPECT_EQ(param(world->mailbox->queue("anna", made).status(), "field"), "delivery");
}

TEST_F(Drafts, WithLineBreaksAreRefused) {
  for (const auto& spoil : std::vector<std::function<void(mailbox::Draft&)>>{
           [](auto& d) { d.to = "a@b\r\nBcc: c@d"; }, [](auto& d) { d.user_subject = "a\nb"; },
           [](auto& d) { d.files[0].name = "a\rb"; }, [](auto& d) { d.in_reply_to = "x\ny"; },
           [](auto& d) { d.service_id.type = "a\nb"; }}) {
    auto made = draft();
    spoil(made);
    EXPECT_TRUE(world->mailbox->save_draft("anna", made).status().is(error::invalid_field));
    EXPECT_TRUE(world->mailbox->queue("anna", made).status().is(error::invalid_field));
  }
}

// ---- answer and forward ----

TEST_F(Drafts, AnswerQuotesAndRefers) {
  auto made = draft();
  made.text = "Zeile eins\n\n> schon zitiert\nZeile zwei";
  const auto item = received(made);
  const auto answer = world->mailbox->answer_draft("bert", item.id, "AW: ");
  ASSERT_TRUE(answer.ok()) << answer.status().to_string();
  EXPECT_EQ(answer->to, kAddressA);
  EXPECT_EQ(answer->account_id, world->account_b);
  EXPECT_EQ(answer->in_reply_to, item.message_id);
  EXPECT_EQ(answer->user_subject, std::string("AW: ") + kUserSubject);
  EXPECT_EQ(answer->text, "\n\n> Zeile eins\n>\n>> schon zitiert\n> Zeile zwei\n");
  EXPECT_EQ(answer->subject, "eNachricht");
  EXPECT_THAT(answer->files, IsEmpty());
  auto again = *answer;
  again.text = "Danke";
  ASSERT_TRUE(world->mailbox->queue("bert", again).ok());
  ASSERT_TRUE(fetch_b().ok());
  ASSERT_TRUE(fetch_a().ok());
  for (const auto& sent : outbox_a()) {
    EXPECT_EQ(sent.state, sent.is_receipt ? OutboxState::accepted : OutboxState::answered);
  }
}

TEST_F(Drafts, AnswerKeepsOnePrefix) {
  auto made = draft();
  made.user_subject = "aw: Rückfrage";
  EXPECT_EQ(world->mailbox->answer_draft("bert", received(made).id, "AW: ")->user_subject, "aw: Rückfrage");
}

TEST_F(Drafts, AnswerToALetterIsAMessage) {
  auto made = draft();
  made.service_id = {"Arztbrief", "VHitG-Versand", "V1.2"};
  made.subject.clear();
  made.files = {file("b.xml", "application/xml", "<x/>", "eAB-XML"),
                file("b.pdf", "application/pdf", "%PDF", "eAB-PDF-unsigned")};
  const auto answer = world->mailbox->answer_draft("bert", received(made).id, "AW: ");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->service_id, service::enachricht_delivery());
}

TEST_F(Drafts, ForwardTakesTheFilesAlong) {
  const auto item = received(draft());
  const auto forward = world->mailbox->forward_draft("bert", item.id, "WG: ");
  ASSERT_TRUE(forward.ok()) << forward.status().to_string();
  EXPECT_EQ(forward->to, "");
  EXPECT_EQ(forward->in_reply_to, "");
  EXPECT_EQ(forward->user_subject, std::string("WG: ") + kUserSubject);
  ASSERT_THAT(forward->files, SizeIs(1));
  EXPECT_EQ(forward->files[0].name, kFileName);
  EXPECT_EQ(forward->files[0].content.head(), kFileContent);
}

TEST_F(Drafts, NothingOutsideASignatureIsQuoted) {
  auto mail = plain_mail();
  deliver(mail, [](std::string& raw) {
    raw =
        "From: praxis-a@kv-safenet.de\r\nTo: praxis-b@kv-safenet.de\r\nMessage-ID: <x@kv-safenet.de>\r\n"
        "X-KVC-Dienstkennung: eNachricht;Lieferung;V2.0\r\nContent-Type: text/plain\r\n\r\nUnterschoben\r\n";
  });
  ASSERT_TRUE(fetch_b().ok());
  const std::string id = inbox_b().at(0).id;
  EXPECT_TRUE(world->mailbox->answer_draft("bert", id, "AW: ").status().is(error::invalid_state));
  EXPECT_TRUE(world->mailbox->forward_draft("bert", id, "WG: ").status().is(error::invalid_state));
}

// Two people have the same draft open: one of them sends it, the other is told.
TEST_F(Drafts, AreSentOnceHoweverManySendThem) {
  const auto saved = world->mailbox->save_draft("anna", draft());
  ASSERT_TRUE(saved.ok());
  auto changed = draft();
  changed.text = "Anders";
  const auto sent = world->mailbox->queue("anna", changed, *saved);
  ASSERT_TRUE(sent.ok()) << sent.status().to_string();
  for (const std::string& gone : {*saved, *sent}) {
    EXPECT_TRUE(mailbox::draft_is_gone(world->mailbox->queue("anna", draft(), gone).status()));
    EXPECT_TRUE(mailbox::draft_is_gone(world->mailbox->save_draft("anna", draft(), gone).status()));
  }
  EXPECT_TRUE(world->mailbox->queue("anna", draft(), *saved).status().is(error::not_found));
  EXPECT_TRUE(world->mailbox->queue("anna", draft(), *sent).status().is(error::invalid_state));
  auto nobodys = draft();
  nobodys.account_id = "gibt es nicht";
  const Status other = world->mailbox->queue("anna", nobodys, *saved).status();
  EXPECT_FALSE(other.ok());
  EXPECT_FALSE(mailbox::draft_is_gone(other)) << "the letter itself is not found";
  ASSERT_TRUE(send().ok());
  ASSERT_TRUE(fetch_b().ok());
  EXPECT_THAT(inbox_b(), SizeIs(1));
}

TEST_F(Drafts, ReceiptsAreNeitherAnsweredNorForwarded) {
  queue(draft());
  ASSERT_TRUE(send().ok());
  ASSERT_TRUE(fetch_b().ok());
  ASSERT_TRUE(fetch_a().ok());
  const std::string id = inbox_a().at(0).id;
  EXPECT_TRUE(world->mailbox->answer_draft("anna", id, "AW: ").status().is(error::invalid_state));
  EXPECT_TRUE(world->mailbox->forward_draft("anna", id, "WG: ").status().is(error::invalid_state));
}

}  // namespace
}  // namespace kvc::testing
