// SPDX-License-Identifier: Apache-2.0
// What the outbox shows without opening an item, the watch over missing answers, threads (protocol D, 1-Click rules).
// B plays the KV.
#include "service/working_time.h"
#include "unit/mailbox/fixture.h"

namespace kvc::testing {
namespace {

using mailbox::OutboxState;
using service::MessageKind;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Watch : public Mailbox {
 protected:
  Watch() { use({}); }

  // An answer of the KV as its systems send it.
  mailbox::FetchSummary kv_sends(const service::ServiceId& id, const std::string& in_reply_to, const std::string& guid,
                                 int version = 1) {
    mailbox::Draft made;
    made.account_id = world->account_b;
    made.to = kAddressA;
    made.service_id = id;
    made.text = "Antwort";
    made.in_reply_to = in_reply_to;
    made.request_receipt = false;
    if (!guid.empty()) {
      made.files.push_back(file("begleitdatei.xml", "application/xml", companion(guid, version)));
    }
    const auto queued = world->mailbox->queue("bert", made);
    EXPECT_TRUE(queued.ok()) << queued.status().to_string();
    EXPECT_TRUE(world->mailbox->send_due("bert", world->account_b, {}, world->cancel).ok());
    const auto fetched = fetch_a();
    EXPECT_TRUE(fetched.ok());
    return fetched.ok() ? *fetched : mailbox::FetchSummary{};
  }
  std::string sent(const mailbox::Draft& made) {
    const std::string id = queue(made);
    EXPECT_EQ(send()->accepted, 1);
    return id;
  }
  mailbox::Draft documentation() const {
    auto made = billing();
    made.service_id = {"eDokumentation-QSHGV", "Lieferung", "V2.0"};
    made.delivery.reset();
    made.announced.clear();
    made.request_receipt = false;
    made.files = {file("begleitdatei.xml", "application/xml", companion(kGuid, 1), "eDoku-Begleitdatei"),
                  file("qs.zip.xkm", "application/octet-stream", "x", "eDoku-Archiv")};
    return made;
  }
  std::size_t overdue() { return world->mailbox->overdue_count("anna", world->account_a).value(); }

  const service::ServiceId kFeedback{"1ClickAbrechnung", "Rueckmeldung", "V2.0"};
  const service::ServiceId kReceipt{"1ClickAbrechnung", "Eingangsbestaetigung", "V2.0"};
  const service::ServiceId kProtocol{"1ClickAbrechnung", "Pruefprotokoll", "V2.0"};
};

// "sent?, to whom and when, which packages, MDN there?, Rueckmeldung there?"
TEST_F(Watch, ShowsEverythingWithoutOpeningAnItem) {
  const std::string id = sent(billing());
  const auto item = item_a(id);
  EXPECT_TRUE(item.accepted.has_value());
  EXPECT_EQ(item.to, kAddressB);
  EXPECT_EQ(item.service_key, "1click");
  EXPECT_THAT(item.file_names, ElementsAre("begleitdatei.xml", "Z01999999900_05.10.2026_09.25.con.XKM"));
  ASSERT_TRUE(item.delivery.has_value());
  EXPECT_EQ(item.delivery->quarter, "2026-3");
  ASSERT_THAT(item.replies, SizeIs(2));
  ASSERT_NE(item.reply(MessageKind::receipt), nullptr);
  EXPECT_FALSE(item.reply(MessageKind::receipt)->arrived.has_value());
  EXPECT_TRUE(item.reply(MessageKind::feedback)->due.has_value());
  EXPECT_EQ(item.reply(MessageKind::protocol), nullptr) << "nobody waits for it";
  EXPECT_FALSE(item.overdue());
}

// "Missing answers are reported ...: only those the KV announces"
TEST_F(Watch, WaitsOnlyForWhatIsAnnounced) {
  auto made = billing();
  made.announced = {MessageKind::feedback};
  const auto item = item_a(sent(made));
  ASSERT_THAT(item.replies, SizeIs(1));
  EXPECT_EQ(item.replies[0].kind, MessageKind::feedback);
  EXPECT_THAT(item_a(queue(draft())).replies, SizeIs(1)) << "the receipt it asked for";
  auto silent = draft();
  silent.request_receipt = false;
  EXPECT_THAT(item_a(queue(silent)).replies, IsEmpty());
}

// Deadlines begin when the server takes the message, not when it was written.
TEST_F(Watch, DeadlinesBeginAtAcceptance) {
  const std::string id = queue(documentation());
  EXPECT_FALSE(item_a(id).reply(MessageKind::status)->due.has_value());
  world->env.advance(hours(24 * 30));
  EXPECT_EQ(overdue(), 0U);
  ASSERT_EQ(send()->accepted, 1);
  const auto item = item_a(id);
  EXPECT_EQ(*item.reply(MessageKind::status)->due, service::deadline(*item.accepted, 72, true));
}

// "eDoku Status after 72 hours of working days, Saturday is none"
TEST_F(Watch, MarksTheMissingStatus) {
  const std::string id = sent(documentation());
  const TimePoint due = *item_a(id).reply(MessageKind::status)->due;
  world->env.advance(std::chrono::duration_cast<Millis>(due - world->env.now()) - Millis(1));
  EXPECT_EQ(overdue(), 0U);
  EXPECT_FALSE(item_a(id).overdue());
  world->env.advance(Millis(1));
  EXPECT_EQ(overdue(), 1U);
  EXPECT_TRUE(item_a(id).overdue());
  EXPECT_TRUE(item_a(id).reply(MessageKind::status)->overdue);
  mailbox::OutboxFilter filter{world->account_a, {}, {}, true, false, {}, {}};
  queue(draft());
  const auto page = world->mailbox->list_outbox("anna", filter, "", 10);
  ASSERT_TRUE(page.ok());
  ASSERT_THAT(page->items, SizeIs(1)) << "only what is overdue";
  EXPECT_EQ(page->items[0].id, id);
}

TEST_F(Watch, TheStatusTakesTheMarkAway) {
  const std::string id = sent(documentation());
  world->env.advance(hours(24 * 14));
  ASSERT_EQ(overdue(), 1U);
  const auto summary = kv_sends({"eDokumentation-QSHGV", "Status", "V2.0"}, item_a(id).message_id, "");
  EXPECT_EQ(summary.unassigned, 0);
  EXPECT_EQ(overdue(), 0U);
  const auto item = item_a(id);
  EXPECT_EQ(item.state, OutboxState::answered);
  EXPECT_TRUE(item.reply(MessageKind::status)->arrived.has_value());
  EXPECT_EQ(item.reply(MessageKind::status)->inbox_id, inbox_a().at(0).id);
}

// "the user may clear the mark after a phone call"
TEST_F(Watch, TheMarkIsClearedByHandWithANote) {
  const std::string id = sent(documentation());
  const auto clear = [&](const std::string& user, const std::string& note) {
    return world->mailbox->clear_overdue(user, id, MessageKind::status, note);
  };
  EXPECT_TRUE(clear("anna", "zu früh").is(error::invalid_state)) << "not overdue yet";
  world->env.advance(hours(24 * 14));
  EXPECT_TRUE(clear("bert", "fremd").is(error::not_found));
  EXPECT_TRUE(clear("anna", std::string(mailbox::MailboxService::kMaxNoteBytes + 1, 'x')).is(error::invalid_field));
  EXPECT_TRUE(world->mailbox->clear_overdue("anna", id, MessageKind::receipt, "").is(error::invalid_state));
  ASSERT_TRUE(clear("anna", "Telefonat mit Frau Testperson").ok());
  EXPECT_EQ(overdue(), 0U);
  use({});
  const auto item = item_a(id);
  const auto* status = item.reply(MessageKind::status);
  ASSERT_TRUE(status->cleared.has_value());
  EXPECT_EQ(status->cleared->by, "anna");
  EXPECT_EQ(status->cleared->note, "Telefonat mit Frau Testperson");
  EXPECT_EQ(status->cleared->at, world->env.now());
  EXPECT_FALSE(item.overdue());
  EXPECT_EQ(raw_bytes(world->directory).find("Frau Testperson"), std::string::npos);
  EXPECT_TRUE(clear("anna", "noch einmal").is(error::invalid_state));
  kv_sends({"eDokumentation-QSHGV", "Status", "V2.0"}, item.message_id, "");
  EXPECT_TRUE(item_a(id).reply(MessageKind::status)->arrived.has_value()) << "it may still come";
}

// "Eingangsbestaetigung (MDN, by In-Reply-To / Original-Message-ID) and Rueckmeldung (..., by GUID); a Rückmeldung may
// come without In-Reply-To"
TEST_F(Watch, FeedbackIsFoundByItsGuid) {
  const std::string id = sent(billing());
  kv_sends(kReceipt, item_a(id).message_id, "");
  EXPECT_EQ(item_a(id).state, OutboxState::delivered);
  EXPECT_TRUE(item_a(id).reply(MessageKind::receipt)->arrived.has_value());
  std::string lower(kGuid);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  const auto summary = kv_sends(kFeedback, "", lower);
  EXPECT_EQ(summary.unassigned, 0);
  const auto item = item_a(id);
  EXPECT_EQ(item.state, OutboxState::answered);
  EXPECT_TRUE(item.reply(MessageKind::feedback)->arrived.has_value());
  kv_sends(kProtocol, "", kGuid);
  EXPECT_TRUE(item_a(id).reply(MessageKind::protocol)->arrived.has_value()) << "unasked, and kept";
}

// "A delivery and its answers are shown together"
TEST_F(Watch, DeliveryAnswersAndCorrectionsAreOneThread) {
  const std::string first = sent(billing());
  kv_sends(kReceipt, item_a(first).message_id, "");
  kv_sends(kFeedback, "", kGuid);
  world->env.advance(hours(1));
  const std::string second = sent(billing(kGuid, 2));
  kv_sends(kFeedback, "", kGuid, 2);
  EXPECT_EQ(item_a(second).thread_id, first);
  EXPECT_TRUE(item_a(second).reply(MessageKind::feedback)->arrived.has_value()) << "of the version it names";
  sent(billing("11111111-0000-4000-8000-000000000000", 1));  // another delivery
  sent(draft());
  const auto thread = world->mailbox->thread("anna", world->account_a, first);
  ASSERT_TRUE(thread.ok());
  ASSERT_THAT(thread->sent, SizeIs(2));
  EXPECT_EQ(thread->sent[0].id, first) << "oldest first";
  EXPECT_THAT(thread->received, SizeIs(3));
  EXPECT_TRUE(world->mailbox->thread("bert", world->account_a, first).status().is(error::not_found));
  EXPECT_TRUE(world->mailbox->thread("anna", world->account_a, "nothing").status().is(error::not_found));
}

TEST_F(Watch, LettersToAndFroAreOneThread) {
  const std::string first = sent(draft());
  ASSERT_TRUE(fetch_b().ok());
  auto answer = *world->mailbox->answer_draft("bert", inbox_b().at(0).id, "AW: ");
  ASSERT_TRUE(world->mailbox->queue("bert", answer).ok());
  ASSERT_TRUE(fetch_b().ok());
  ASSERT_TRUE(fetch_a().ok());
  std::string answered;
  for (const auto& item : inbox_a()) {
    EXPECT_EQ(item.thread_id, first) << "receipt and answer";
    answered = item.is_receipt ? answered : item.id;
  }
  ASSERT_TRUE(world->mailbox->queue("anna", *world->mailbox->answer_draft("anna", answered, "AW: ")).ok());
  const auto thread = world->mailbox->thread("anna", world->account_a, first);
  ASSERT_TRUE(thread.ok());
  EXPECT_THAT(thread->sent, SizeIs(3)) << "letter, receipt for the answer, answer to the answer";
  EXPECT_THAT(thread->received, SizeIs(2));
}

// "An answer that cannot be assigned gives an error text with From, Date, Message-ID, GUID"
TEST_F(Watch, AnAnswerWithoutADeliveryIsMarkedWithItsFacts) {
  sent(billing());
  const std::string other = "22222222-0000-4000-8000-000000000000";
  const auto summary = kv_sends(kFeedback, "nirgends@kv-safenet.de", other);
  EXPECT_EQ(summary.unassigned, 1);
  const auto item = inbox_a().at(0);
  ASSERT_TRUE(item.unassigned.has_value());
  EXPECT_EQ(item.unassigned->from, kAddressB);
  EXPECT_EQ(item.unassigned->message_id, item.message_id);
  EXPECT_EQ(item.unassigned->guid, other);
  EXPECT_FALSE(item.unassigned->date.empty());
  EXPECT_EQ(item.unassigned->date, item.date);
  EXPECT_EQ(item.thread_id, item.id);
  EXPECT_EQ(outbox_a().at(0).state, OutboxState::accepted);
  const auto page =
      world->mailbox->list_inbox("anna", {world->account_a, {}, {}, false, true, {}, {}, ""}, "", 10).value();
  EXPECT_THAT(page.items, SizeIs(1));
}

TEST_F(Watch, AnAnswerOfAStrangerIsAssignedToNothing) {
  auto to_c = billing();
  to_c.to = "praxis-c@kv-safenet.de";
  world->server.add_account("praxis-c", kInitialPassword);
  world->server.account_of("praxis-c").email = to_c.to;
  const std::string id = queue(to_c);
  static_cast<void>(send());
  const auto summary = kv_sends(kFeedback, item_a(id).message_id, kGuid);
  EXPECT_EQ(summary.unassigned, 1) << "B was not asked";
  EXPECT_NE(item_a(id).state, OutboxState::answered);
}

// "read eDokumentation-<T>;Eingangsbestaetigung too"; one without a report is known by its Dienstkennung
TEST_F(Watch, BothReceiptsOfDocumentationConfirm) {
  for (const char* service : {"eDokumentation", "eDokumentation-QSHGV"}) {
    auto made = documentation();
    made.request_receipt = true;
    const std::string id = sent(made);
    EXPECT_THAT(item_a(id).replies, SizeIs(2)) << "status and receipt";
    kv_sends({service, "Eingangsbestaetigung", "V2.0"}, item_a(id).message_id, "");
    EXPECT_EQ(item_a(id).state, OutboxState::delivered) << service;
    EXPECT_TRUE(item_a(id).reply(MessageKind::receipt)->arrived.has_value());
    EXPECT_FALSE(item_a(id).reply(MessageKind::status)->arrived.has_value());
  }
}

// eTerminservice: "replies eTS;Vermittlungscode-Lieferung-...;V2.0, eTS;Fehlernachricht;"; DALE-UV: "Quittung"
TEST_F(Watch, AnswersOfOtherServicesAreAwaited) {
  const std::vector<std::pair<service::ServiceId, service::ServiceId>> pairs{
      {{"eTS", "Vermittlungscode-Anforderung-PTV11", "V2.0"}, {"eTS", "Vermittlungscode-Lieferung-PTV11", "V2.0"}},
      {{"eTS", "Vermittlungscode-Anforderung-Muster06", "V2.0"}, {"eTS", "Fehlernachricht", ""}},
      {{"DALE-UV", "Einsendung", "V1.0"}, {"DALE-UV", "Quittung", "V1.0"}}};
  for (const auto& [delivery, reply] : pairs) {
    SCOPED_TRACE(delivery.text());
    auto made = billing();
    made.service_id = delivery;
    made.delivery.reset();
    made.announced.clear();
    made.request_receipt = false;
    made.to = "eterminservice@kv-safenet.de";
    made.files = {file("a.json", "application/fhir+json", "{}")};
    if (delivery.service == "DALE-UV") {
      made.files.push_back(file("b.dat", "application/octet-stream"));
    }
    const std::string id = queue(made);
    ASSERT_THAT(item_a(id).replies, SizeIs(1));
    EXPECT_EQ(item_a(id).replies[0].kind, MessageKind::answer);
    EXPECT_EQ(service::Catalogue::builtin().find(reply)->message->kind, MessageKind::answer);
  }
}

// ---- corrections: "guid (UUID, kept for corrections)", "version (from 1, +1 per correction)" ----

TEST_F(Watch, EarlierDeliveriesAreFoundForACorrection) {
  const auto earlier = [&](const std::string& user, const std::string& quarter = "2026-3") {
    return world->mailbox->earlier_deliveries(user, world->account_a, "999999900", quarter, "ABRECHNUNG");
  };
  EXPECT_THAT(*earlier("anna"), IsEmpty());
  sent(billing());
  world->env.advance(hours(1));
  sent(billing(kGuid, 2));
  auto test = billing("33333333-0000-4000-8000-000000000000", 1);
  test.delivery->test = true;
  world->env.advance(hours(1));
  queue(test);
  ASSERT_TRUE(world->mailbox->save_draft("anna", billing(kGuid, 3)).ok());
  const auto found = earlier("anna");
  ASSERT_TRUE(found.ok());
  ASSERT_THAT(*found, SizeIs(3)) << "a draft was never sent";
  EXPECT_TRUE((*found)[0].facts.test) << "newest first; tests can never be corrections, so they are marked";
  EXPECT_EQ((*found)[1].facts.guid, kGuid);
  EXPECT_EQ((*found)[1].facts.version, 2);
  EXPECT_EQ((*found)[2].facts.version, 1);
  EXPECT_THAT(*earlier("anna", "2026-2"), IsEmpty());
  EXPECT_TRUE(earlier("bert").status().is(error::not_found));
  EXPECT_EQ(raw_bytes(world->directory).find(kGuid), std::string::npos) << "found by a keyed hash";
}

// ---- the list ----

TEST_F(Watch, OutboxIsReadByKey) {
  std::vector<std::string> all;
  for (int i = 0; i < 7; ++i) {
    all.insert(all.begin(), queue(draft()));
    world->env.advance(Millis(i % 2));  // some share a moment
  }
  std::set<std::string> seen;
  std::string cursor;
  int pages = 0;
  do {
    const auto page = world->mailbox->list_outbox("anna", {world->account_a, {}, {}, false, false, {}, {}}, cursor, 3);
    ASSERT_TRUE(page.ok());
    for (const auto& item : page->items) {
      EXPECT_TRUE(seen.insert(item.id).second) << "twice";
    }
    cursor = page->next;
    ++pages;
  } while (!cursor.empty());
  EXPECT_THAT(seen, SizeIs(7));
  EXPECT_EQ(pages, 3);
  mailbox::OutboxFilter filter{world->account_a, std::string("1click"), {}, false, false, {}, {}};
  EXPECT_THAT(world->mailbox->list_outbox("anna", filter, "", 10)->items, IsEmpty());
  filter.service_key = "enachricht";
  filter.state = OutboxState::failed;
  EXPECT_THAT(world->mailbox->list_outbox("anna", filter, "", 10)->items, IsEmpty());
  filter.state = OutboxState::queued;
  EXPECT_THAT(world->mailbox->list_outbox("anna", filter, "", 10)->items, SizeIs(7));
  EXPECT_TRUE(world->mailbox->list_outbox("anna", filter, "no:cursor!", 10).status().is(error::bad_request));
  EXPECT_TRUE(world->mailbox->list_outbox("bert", filter, "", 10).status().is(error::not_found));
}

}  // namespace
}  // namespace kvc::testing
