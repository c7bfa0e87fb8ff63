// SPDX-License-Identifier: Apache-2.0
#include "views/outbox_views.h"

#include <gmock/gmock.h>

#include "unit/plugin/view_helpers.h"

namespace kvc::plugin::views {
namespace {

using mailbox::OutboxItem;
using mailbox::OutboxState;
using mailbox::Reply;
using service::MessageKind;
using test::cell;
using test::fact;
using test::field;
using test::ids;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Texts kGerman(Language::de);
const TimePoint kNow(std::chrono::seconds(1798117500));
const service::Catalogue& kCatalogue = service::Catalogue::builtin();

OutboxItem sent(OutboxState state, int tries = 0) {
  OutboxItem item;
  item.id = "o1";
  item.to = "b@kv-safenet.de";
  item.service_id = "eNachricht;Lieferung;V2.0";
  item.user_subject = "Befund";
  item.message_id = "m@kv-safenet.de";
  item.thread_id = "t1";
  item.state = state;
  item.tries = tries;
  item.created = kNow;
  item.withdrawable = state == OutboxState::draft || (state == OutboxState::queued && tries == 0);
  if (state == OutboxState::accepted || state == OutboxState::delivered) {
    item.accepted = kNow;
  }
  return item;
}

OutboxItem delivery() {
  OutboxItem item = sent(OutboxState::accepted);
  item.service_id = "1ClickAbrechnung;Lieferung;V2.0";
  item.file_names = {"begleitdatei.xml", "Z01.con.xkm"};
  item.delivery =
      mailbox::DeliveryFacts{"6f1c2d3e-0000-4a4a-8b8b-0123456789ab", 2, "999999900", "2026-3", "ABRECHNUNG", false};
  Reply receipt;
  receipt.kind = MessageKind::receipt;
  receipt.arrived = kNow;
  Reply feedback;
  feedback.kind = MessageKind::feedback;
  feedback.due = kNow;
  feedback.overdue = true;
  item.replies = {receipt, feedback};
  return item;
}

pvs::v1::View list_of(const OutboxItem& item) {
  return outbox(kGerman, kCatalogue, {.items = {item}});
}

TEST(OutboxView, OffersOnlyWhatCanWork) {
  const auto actions = [](const OutboxItem& item) { return ids(list_of(item).table().rows(0).actions()); };
  EXPECT_THAT(actions(sent(OutboxState::draft)), ElementsAre("edit", "delete"));
  EXPECT_THAT(actions(sent(OutboxState::queued)), ElementsAre("open", "retry", "edit", "withdraw"));
  EXPECT_THAT(actions(sent(OutboxState::queued, 1)), ElementsAre("open", "retry"));
  EXPECT_THAT(actions(sent(OutboxState::failed, 3)), ElementsAre("open", "retry"));
  EXPECT_THAT(actions(sent(OutboxState::accepted, 1)), ElementsAre("open"));
  EXPECT_THAT(actions(delivery()), ElementsAre("open", "clear_overdue"));
}

TEST(OutboxView, AMessageThatDoesNotOpenCanBeRemovedAndNothingElse) {
  const auto broken = [](OutboxItem item) {
    item.unreadable = true;
    item.user_subject.clear();
    return item;
  };
  const auto view = list_of(broken(sent(OutboxState::queued)));
  EXPECT_EQ(cell(view, "state").code(), "unreadable");
  EXPECT_EQ(cell(view, "state").severity(), pvs::v1::SEVERITY_BAD);
  EXPECT_THAT(cell(view, "state").text(), HasSubstr("nicht lesbar"));
  EXPECT_THAT(view.table().intro(), HasSubstr("schreiben Sie die Nachricht neu"));
  EXPECT_THAT(ids(view.table().rows(0).actions()), ElementsAre("open", "withdraw"));
  EXPECT_THAT(ids(list_of(broken(sent(OutboxState::draft))).table().rows(0).actions()), ElementsAre("delete"));
  const auto detail = outbox_message(kGerman, kCatalogue, broken(sent(OutboxState::accepted)));
  EXPECT_EQ(fact(detail, "unreadable").code(), "unreadable");
  EXPECT_THAT(fact(detail, "unreadable").value(), HasSubstr("hat der Empfänger sie vollständig erhalten"));
}

TEST(OutboxView, WhatWasTakenBackIsShownWithoutButtons) {
  const auto message = outbox_withdrawn(kGerman, kCatalogue, sent(OutboxState::queued));
  EXPECT_EQ(message.kind(), "outbox.message");
  EXPECT_EQ(fact(message, "state").code(), "withdrawn");
  EXPECT_THAT(fact(message, "state").value(), HasSubstr("zurückgezogen"));
  EXPECT_EQ(fact(message, "subject_line").value(), "Befund");
  EXPECT_THAT(ids(message.actions()), ElementsAre("close"));
  const auto draft = outbox_withdrawn(kGerman, kCatalogue, sent(OutboxState::draft));
  EXPECT_EQ(fact(draft, "state").code(), "deleted");
  EXPECT_THAT(ids(draft.actions()), ElementsAre("close"));
}

TEST(OutboxView, NamesStateNextTryAndError) {
  OutboxItem item = sent(OutboxState::queued, 1);
  item.next_try = kNow;
  item.last_error = "network.unreachable";
  const auto view = list_of(item);
  EXPECT_EQ(view.table().rows(0).cells_size(), view.table().columns_size());
  EXPECT_THAT(cell(view, "state").text(), HasSubstr("24.12.2026, 14:05 Uhr"));
  EXPECT_EQ(cell(view, "state").code(), "queued");
  EXPECT_EQ(cell(view, "state").severity(), pvs::v1::SEVERITY_WARNING);
  EXPECT_EQ(cell(view, "error").code(), "network.unreachable");
  EXPECT_EQ(cell(view, "sent").text(), "–");
}

// Protocol D, 1-Click rules: "The outbox shows without opening: sent?, to whom and when, which packages, MDN there?,
// Rueckmeldung there?"
TEST(OutboxView, TellsWithoutOpeningWhatBecameOfADelivery) {
  const auto view = list_of(delivery());
  EXPECT_EQ(cell(view, "to").text(), "b@kv-safenet.de");
  EXPECT_THAT(cell(view, "sent").text(), HasSubstr("24.12.2026"));
  EXPECT_EQ(cell(view, "files").text(), "begleitdatei.xml, Z01.con.xkm");
  EXPECT_EQ(cell(view, "receipt").code(), "arrived");
  EXPECT_EQ(cell(view, "receipt").severity(), pvs::v1::SEVERITY_GOOD);
  EXPECT_EQ(cell(view, "answer").code(), "overdue");
  EXPECT_EQ(cell(view, "answer").severity(), pvs::v1::SEVERITY_BAD);
  EXPECT_THAT(cell(view, "answer").text(), HasSubstr("Rückmeldung: Fehlt seit 24.12.2026"));
  EXPECT_TRUE(view.table().rows(0).emphasised());
  EXPECT_EQ(cell(view, "state").severity(), pvs::v1::SEVERITY_BAD);
}

TEST(OutboxView, AClearedMarkIsNoLongerRed) {
  OutboxItem item = delivery();
  item.replies[1].overdue = false;
  item.replies[1].cleared = mailbox::Clearing{kNow, "anna", "mit KV telefoniert"};
  EXPECT_EQ(cell(list_of(item), "answer").code(), "cleared");
  EXPECT_FALSE(list_of(item).table().rows(0).emphasised());
  const auto view = outbox_message(kGerman, kCatalogue, item);
  EXPECT_EQ(fact(view, "cleared_note").value(), "mit KV telefoniert");
  EXPECT_THAT(ids(view.actions()), Not(Contains("clear_overdue")));
}

TEST(OutboxView, WithoutAwaitedRepliesTheMessageItselfTells) {
  OutboxItem item = sent(OutboxState::accepted);
  EXPECT_EQ(cell(list_of(item), "receipt").code(), "none");
  item.receipt_requested = true;
  EXPECT_EQ(cell(list_of(item), "receipt").code(), "awaited");
  item.delivered = kNow;
  EXPECT_EQ(cell(list_of(item), "receipt").code(), "arrived");
  EXPECT_EQ(cell(list_of(item), "answer").code(), "none");
  item.answered = kNow;
  EXPECT_EQ(cell(list_of(item), "answer").code(), "arrived");
}

TEST(OutboxView, PartsAreActionsAndTheOverdueAreCounted) {
  const auto view = outbox(kGerman, kCatalogue, {.part = OutboxPart::drafts, .overdue = 2});
  EXPECT_THAT(ids(view.actions()), ElementsAre("compose", "messages", "overdue", "everything", "refresh", "close"));
  EXPECT_THAT(view.table().intro(), HasSubstr("2 erwartete Antworten fehlen"));
  for (const char* id : {"messages", "overdue", "drafts", "everything"}) {
    ASSERT_TRUE(outbox_part(id));
    EXPECT_EQ(name(*outbox_part(id)), id);
  }
  EXPECT_FALSE(outbox_part("refresh"));
}

TEST(OutboxView, NamesTheAccountOnlyIfThereAreSeveral) {
  OutboxList list{.items = {sent(OutboxState::accepted)}, .accounts = {{"a", "A"}}};
  const int columns = outbox(kGerman, kCatalogue, list).table().columns_size();
  list.accounts.emplace_back("b", "B");
  EXPECT_EQ(outbox(kGerman, kCatalogue, list).table().columns_size(), columns + 1);
  EXPECT_EQ(outbox(kGerman, kCatalogue, list).table().rows(0).cells_size(), columns + 1);
}

TEST(OutboxMessage, ShowsTheDeliveryAndOffersItsExchange) {
  const auto view = outbox_message(kGerman, kCatalogue, delivery());
  EXPECT_EQ(fact(view, "quarter").value(), "3/2026");
  EXPECT_EQ(fact(view, "test_delivery").code(), "real");
  EXPECT_EQ(fact(view, "feedback").code(), "overdue");
  EXPECT_TRUE(fact(view, "guid").expert());
  EXPECT_THAT(ids(view.actions()),
              ElementsAre("clear_overdue", "thread", "save_original", "save_protocol", "save_protocol_text", "close"));
  // What was never sealed has no original to save.
  EXPECT_THAT(ids(outbox_message(kGerman, kCatalogue, sent(OutboxState::queued)).actions()),
              Not(Contains("save_original")));
}

// A practice knows its delivery by content and quarter; the clear Subject of protocol D is for machines.
TEST(OutboxView, NamesADeliveryByWhatItIsAndItsQuarter) {
  OutboxItem item = delivery();
  item.user_subject = "1ClickAbrechnung-Lieferung";
  EXPECT_EQ(cell(list_of(item), "subject").text(), "Abrechnung an die KV, 3/2026");
  EXPECT_EQ(fact(outbox_message(kGerman, kCatalogue, item), "quarter").value(), "3/2026");
  item = sent(OutboxState::accepted);
  item.service_id = "eDokumentation-QSHLT;Status;V2.0";
  item.user_subject = item.service_id;
  EXPECT_EQ(cell(list_of(item), "subject").text(), "Status zu eDokumentation QSHLT");
  item.user_subject = "Status von gestern";
  EXPECT_EQ(cell(list_of(item), "subject").text(), "Status von gestern");
}

TEST(OutboxView, AnEmptyPartSaysWhatIsNotThere) {
  const auto empty = [](OutboxPart part) { return outbox(kGerman, kCatalogue, {.part = part}).table().empty_text(); };
  EXPECT_EQ(empty(OutboxPart::overdue), "Es fehlt keine Antwort.");
  EXPECT_EQ(empty(OutboxPart::drafts), "Es gibt keine Entwürfe.");
  EXPECT_THAT(empty(OutboxPart::messages), HasSubstr("Neue eNachricht"));
  EXPECT_THAT(empty(OutboxPart::everything), Not(HasSubstr("outbox.")));
}

TEST(Withdraw, ADraftIsDeletedAndNotTakenBack) {
  EXPECT_EQ(withdraw_question(kGerman, sent(OutboxState::draft)).title(), "Entwurf löschen");
  EXPECT_EQ(withdraw_question(kGerman, sent(OutboxState::queued)).title(), "Zurückziehen");
}

TEST(Withdraw, IsAskedFirst) {
  const auto message = withdraw_question(kGerman, sent(OutboxState::queued));
  EXPECT_THAT(message.confirmation().question(), HasSubstr("b@kv-safenet.de"));
  EXPECT_EQ(message.actions(0).role(), pvs::v1::Action::ROLE_DANGER);
  EXPECT_THAT(withdraw_question(kGerman, sent(OutboxState::draft)).confirmation().question(), HasSubstr("Entwurf"));
}

TEST(ClearOverdue, OffersOnlyWhatIsMissing) {
  const auto view = clear_overdue(kGerman, delivery(), "Notiz", {{"note", "zu lang"}});
  ASSERT_EQ(field(view, "reply").choices_size(), 1);
  EXPECT_EQ(field(view, "reply").choices(0).id(), "feedback");
  EXPECT_EQ(field(view, "note").value().text(), "Notiz");
  EXPECT_EQ(field(view, "note").error(), "zu lang");
}

TEST(ThreadView, HasDeliveryAndAnswersInOrderOfTime) {
  mailbox::Thread both;
  OutboxItem first = delivery();
  OutboxItem correction = delivery();
  correction.id = "o2";
  correction.accepted = kNow + std::chrono::hours(3);
  both.sent = {first, correction};
  mailbox::InboxItem receipt;
  receipt.id = "i1";
  receipt.is_receipt = true;
  receipt.received = kNow + std::chrono::hours(1);
  receipt.verdict = message::Verdict::valid;
  receipt.opened = receipt.judged = true;
  mailbox::InboxItem feedback = receipt;
  feedback.id = "i2";
  feedback.is_receipt = false;
  feedback.service_id = "1ClickAbrechnung;Rueckmeldung;V2.0";
  feedback.received = kNow + std::chrono::hours(2);
  both.received = {receipt, feedback};
  const auto view = thread(kGerman, kCatalogue, both);
  std::vector<std::string> rows;
  for (const auto& row : view.table().rows()) {
    rows.push_back(row.row_id());
    EXPECT_EQ(row.cells_size(), view.table().columns_size());
    EXPECT_THAT(ids(row.actions()), ElementsAre("open"));
  }
  EXPECT_THAT(rows, ElementsAre("out:o1", "in:i1", "in:i2", "out:o2"));
  EXPECT_EQ(cell(view, "direction", 0).code(), "sent");
  EXPECT_EQ(cell(view, "direction", 1).code(), "received");
  EXPECT_EQ(cell(view, "service", 2).text(), "1-Click-Abrechnung: Rückmeldung der KV");
  EXPECT_EQ(cell(view, "state", 2).code(), "valid");
}

}  // namespace
}  // namespace kvc::plugin::views
