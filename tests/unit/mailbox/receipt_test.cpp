// SPDX-License-Identifier: Apache-2.0
// Receipts (MDN) sent and received, and answers (protocol C "MDN").
#include "unit/mailbox/fixture.h"

namespace kvc::testing {
namespace {

using mailbox::OutboxState;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Receipts : public Mailbox {
 protected:
  // Fetches at B and gives how many receipts B then owes or sent.
  std::size_t receipts_of_b() {
    EXPECT_TRUE(fetch_b().ok());
    std::size_t receipts = 0;
    for (const auto& item : outbox_b()) {
      receipts += item.is_receipt ? 1U : 0U;
    }
    return receipts;
  }
  static void replace(std::string& text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  }
};

TEST_F(Receipts, TravelBackAndConfirm) {
  const std::string id = queue(draft());
  ASSERT_EQ(send()->accepted, 1);
  ASSERT_TRUE(fetch_b().ok());
  ASSERT_THAT(outbox_b(), SizeIs(1));
  const auto receipt = outbox_b()[0];
  EXPECT_TRUE(receipt.is_receipt);
  EXPECT_EQ(receipt.state, OutboxState::accepted) << "a fetch sends what it owes";
  EXPECT_EQ(receipt.service_id, "eNachricht;Eingangsbestaetigung;V2.0");
  EXPECT_NE(on_server_a().at(0).second.find("Subject: eNachricht-Eingangsbestaetigung\r\n"), std::string::npos);
  const auto summary = fetch_a();
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->receipts, 1);
  EXPECT_EQ(item_a(id).state, OutboxState::delivered);
  EXPECT_TRUE(item_a(id).delivered.has_value());
  EXPECT_TRUE(inbox_a().at(0).is_receipt);
  EXPECT_THAT(outbox_a(), SizeIs(1)) << "no receipt for a receipt";
  EXPECT_THAT(on_server_b(), IsEmpty());
}

TEST_F(Receipts, AreNoLettersThatCouldBeTakenBack) {
  deliver(plain_mail());
  world->server.refusals["submit"] = {Status(error::unreachable, "no connection, nothing was read")};
  ASSERT_EQ(receipts_of_b(), 1U);
  const auto receipt = outbox_b().at(0);
  ASSERT_EQ(receipt.state, OutboxState::queued);
  EXPECT_TRUE(world->mailbox->take_back("bert", receipt.id).is(error::invalid_state));
  EXPECT_EQ(outbox_b().at(0).state, OutboxState::queued);
}

TEST_F(Receipts, OnlyIfAskedFor) {
  auto mail = plain_mail();
  mail.request_receipt = false;
  deliver(mail);
  EXPECT_EQ(receipts_of_b(), 0U);
}

TEST_F(Receipts, OnlyOnce) {
  deliver(plain_mail());
  EXPECT_EQ(receipts_of_b(), 1U);
  const std::string id = inbox_b().at(0).id;
  ASSERT_TRUE(world->mailbox->open("bert", id).ok());
  ASSERT_TRUE(world->mailbox->reopen("bert", world->account_b, {}, world->cancel).ok());
  EXPECT_EQ(receipts_of_b(), 1U);
}

TEST_F(Receipts, NeverForBilling) {
  auto mail = plain_mail();
  mail.service_id = {"1ClickAbrechnung", "Rueckmeldung", "V2.0"};
  deliver(mail);
  EXPECT_EQ(receipts_of_b(), 0U);
}

// protocol D: "MDN if asked Arztbrief;Eingangsbestaetigung;V1.2"
TEST_F(Receipts, OfLettersAreTheLettersOwn) {
  auto mail = plain_mail();
  mail.service_id = {"Arztbrief", "VHitG-Versand", "V1.2"};
  mail.subject = "Arztbrief";
  deliver(mail);
  ASSERT_EQ(receipts_of_b(), 1U);
  EXPECT_EQ(outbox_b()[0].service_id, "Arztbrief;Eingangsbestaetigung;V1.2");
  EXPECT_NE(on_server_a().at(0).second.find("Subject: Arztbrief-Eingangsbestaetigung\r\n"), std::string::npos);
}

TEST_F(Receipts, OfUnknownServicesBearTheirName) {
  auto mail = plain_mail();
  mail.service_id = {"Neu", "Etwas", "V7"};
  mail.subject = "Neu";
  deliver(mail);
  ASSERT_EQ(receipts_of_b(), 1U);
  EXPECT_EQ(outbox_b()[0].service_id, "Neu;Eingangsbestaetigung;V7");
}

TEST_F(Receipts, OfDocumentationSayProcessed) {
  auto mail = plain_mail();
  mail.service_id = {"eDokumentation-QSHLT", "Lieferung", "V2.0"};
  mail.subject = "eDokumentation-QSHLT;Lieferung;V2.0";
  deliver(mail);
  ASSERT_EQ(receipts_of_b(), 1U);
  EXPECT_EQ(outbox_b()[0].service_id, "eDokumentation;Eingangsbestaetigung;V2.0");
  ASSERT_TRUE(fetch_a().ok());
  const auto opened = world->mailbox->open("anna", inbox_a().at(0).id);
  ASSERT_TRUE(opened.ok());
  const auto facts = message::read_receipt(opened->message);
  ASSERT_TRUE(facts.ok()) << facts.status().to_string();
  EXPECT_NE(facts->disposition.find(";processed"), std::string::npos);
  EXPECT_EQ(facts->final_recipient, kAddressB);
}

TEST_F(Receipts, NeverForAReceiptThatAsksForOne) {
  auto mail = plain_mail();
  mail.service_id = service::enachricht_receipt();
  mail.receipt = message::Receipt{"nothing@kv-safenet.de", kAddressA, false};
  mail.request_receipt = false;
  mail.in_reply_to = "nothing@kv-safenet.de";
  deliver(mail, [](std::string& raw) {
    raw.insert(0,
               std::string("Disposition-Notification-To: <") + kAddressA + ">\r\nReturn-Path: <" + kAddressA + ">\r\n");
  });
  EXPECT_EQ(receipts_of_b(), 0U);
  EXPECT_TRUE(inbox_b().at(0).is_receipt);
}

TEST_F(Receipts, NeverWithOnlyOneOfTheTwoFields) {
  deliver(plain_mail(), [](std::string& raw) { replace(raw, "\r\nReturn-Path:", "\r\nX-Nothing:"); });
  deliver(plain_mail(), [](std::string& raw) { replace(raw, "\r\nDisposition-Notification-To:", "\r\nX-Nothing:"); });
  EXPECT_EQ(receipts_of_b(), 0U);
  EXPECT_THAT(inbox_b(), SizeIs(2));
}

TEST_F(Receipts, NeverToAThirdParty) {
  const std::string third = "<dritter@kv-safenet.de>";
  const auto redirect = [&](std::string& raw, const char* field) {
    const std::size_t begin = raw.find(std::string("\r\n") + field + ": ") + 4 + std::string(field).size();
    raw.replace(begin, raw.find("\r\n", begin) - begin, third);
  };
  deliver(plain_mail(), [&](std::string& raw) { redirect(raw, "Return-Path"); });
  deliver(plain_mail(), [&](std::string& raw) {
    redirect(raw, "Return-Path");
    redirect(raw, "Disposition-Notification-To");
  });
  deliver(plain_mail(), [&](std::string& raw) { raw.insert(0, "Disposition-Notification-To: " + third + "\r\n"); });
  EXPECT_EQ(receipts_of_b(), 0U);
}

TEST_F(Receipts, AddressesAreComparedWithoutCase) {
  deliver(plain_mail(), [](std::string& raw) {
    const std::size_t begin = raw.find("\r\nReturn-Path: ") + 15;
    for (std::size_t i = begin; raw[i] != '\r'; ++i) {
      raw[i] = static_cast<char>(raw[i] >= 'a' && raw[i] <= 'z' ? raw[i] - 'a' + 'A' : raw[i]);
    }
  });
  EXPECT_EQ(receipts_of_b(), 1U);
}

TEST_F(Receipts, NeverForAMailThatIsNotValid) {
  deliver(plain_mail(), [](std::string& raw) { replace(raw, kAddressA, "fremd@kv-safenet.de"); });
  EXPECT_EQ(receipts_of_b(), 0U);
  EXPECT_NE(inbox_b().at(0).verdict, message::Verdict::valid);
}

TEST_F(Receipts, OfAStrangerConfirmNothing) {
  auto to_c = draft("praxis-c@kv-safenet.de");
  world->server.add_account("praxis-c", kInitialPassword);
  world->server.account_of("praxis-c").certificate = world->server.account_of("praxis-b").certificate;
  const std::string id = queue(to_c);
  ASSERT_TRUE(send().ok());
  // B, who is not the recipient, confirms it all the same.
  mailbox::Draft forged;
  forged.account_id = world->account_b;
  forged.to = kAddressA;
  forged.service_id = service::enachricht_receipt();
  forged.subject = "eNachricht-Eingangsbestaetigung";
  forged.in_reply_to = item_a(id).message_id;
  forged.request_receipt = false;
  ASSERT_TRUE(world->mailbox->queue("bert", forged).ok());
  ASSERT_TRUE(world->mailbox->send_due("bert", world->account_b, {}, world->cancel).ok());
  ASSERT_EQ(fetch_a()->receipts, 1);
  EXPECT_NE(item_a(id).state, OutboxState::delivered);
}

TEST_F(Receipts, FasterThanTheRecordOfSendingConfirmIt) {
  const std::string id = queue(draft());
  world->set_fault(Fault::Kind::answer_lost, 2);  // certificate_of, submit: arrived, but nobody here knows
  ASSERT_TRUE(send().ok());
  world->fault = {};
  EXPECT_EQ(item_a(id).state, OutboxState::queued);
  ASSERT_TRUE(fetch_b().ok());
  ASSERT_TRUE(fetch_a().ok());
  EXPECT_EQ(item_a(id).state, OutboxState::delivered);
  EXPECT_TRUE(item_a(id).accepted.has_value());
  world->env.advance(std::chrono::hours(24));
  EXPECT_EQ(send()->accepted, 0) << "not sent again";
}

TEST_F(Receipts, AnswersMarkTheMessage) {
  const std::string id = queue(draft());
  ASSERT_EQ(send()->accepted, 1);
  mailbox::Draft answer;
  answer.account_id = world->account_b;
  answer.to = kAddressA;
  answer.service_id = service::enachricht_delivery();
  answer.subject = "eNachricht";
  answer.text = "Danke";
  answer.in_reply_to = item_a(id).message_id;
  ASSERT_TRUE(world->mailbox->queue("bert", answer).ok());
  ASSERT_TRUE(fetch_b().ok());  // also sends receipt and answer
  ASSERT_TRUE(fetch_a().ok());
  const auto item = item_a(id);
  EXPECT_EQ(item.state, OutboxState::answered);
  EXPECT_TRUE(item.answered.has_value());
  EXPECT_TRUE(item.delivered.has_value());
}

}  // namespace
}  // namespace kvc::testing
