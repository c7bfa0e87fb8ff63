// SPDX-License-Identifier: Apache-2.0
#include "message/receipt.h"

#include <gtest/gtest.h>

#include <sstream>

#include <string>

#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using namespace samples;

Outgoing receipt_for(const std::string& id) {
  auto outgoing = letter();
  outgoing.subject = "eNachricht-Eingangsbestaetigung";
  outgoing.service_id = {"eNachricht", "Eingangsbestaetigung", "V2.0"};
  outgoing.in_reply_to = id;
  outgoing.text = "Die Nachricht wurde vom System des Empfängers abgeholt.";
  outgoing.receipt = Receipt{id, "anna@kv-safenet.de", false};
  return outgoing;
}

TEST(Receipt, RoundTrip) {
  const auto message = opened(sealed(receipt_for("abc@kv-safenet.de")));
  ASSERT_EQ(message.verdict, Verdict::valid) << message.layers[0].reason;
  EXPECT_EQ(message.content_type(), "multipart/report");
  EXPECT_EQ(message.layers[0].in_reply_to, "abc@kv-safenet.de");
  const auto receipt = read_receipt(message);
  ASSERT_TRUE(receipt.ok()) << receipt.status().to_string();
  EXPECT_EQ(receipt->original_message_id, "abc@kv-safenet.de");
  EXPECT_EQ(receipt->final_recipient, "anna@kv-safenet.de");
  EXPECT_EQ(receipt->disposition, "automatic-action/MDN-sent-automatically;displayed");
  EXPECT_EQ(message.text(), "Die Nachricht wurde vom System des Empfängers abgeholt.");
}

TEST(Receipt, ProcessedOfEDokumentation) {
  auto outgoing = receipt_for("abc@kv-safenet.de");
  outgoing.receipt->processed = true;
  const auto receipt = read_receipt(opened(sealed(outgoing)));
  ASSERT_TRUE(receipt.ok());
  EXPECT_EQ(receipt->disposition, "automatic-action/MDN-sent-automatically;processed");
}

OpenedMessage report_with(const std::string& second_part) {
  const std::string part =
      "Content-Type: multipart/report; report-type=disposition-notification; "
      "boundary=R\r\n\r\n--R\r\n\r\nText\r\n--R\r\n" +
      second_part + "\r\n--R--\r\n";
  return opened(enveloped_mail(multipart_signed(part, signature(part, world().anna))));
}

TEST(Receipt, TheEmptyLineMayBeMissing) {
  const auto receipt =
      read_receipt(report_with("Content-Type: message/disposition-notification\r\nFinal-Recipient: RFC822; "
                               "bernd@kv-safenet.de\r\nOriginal-Message-ID: <abc@x>\r\n"
                               "Disposition: automatic-action/MDN-sent-automatically;displayed"));
  ASSERT_TRUE(receipt.ok()) << receipt.status().to_string();
  EXPECT_EQ(receipt->original_message_id, "abc@x");
  EXPECT_EQ(receipt->final_recipient, "bernd@kv-safenet.de");
}

TEST(Receipt, ReadLeniently) {
  for (const char* body : {"Original-Message-ID: <abc@x>", "\r\n\r\noriginal-message-id: abc@x\r\n",
                           "Reporting-UA: x\n\nOriginal-Message-ID:\n <abc@x>\n"}) {
    const auto receipt =
        read_receipt(report_with(std::string("Content-Type: message/disposition-notification\r\n\r\n") + body));
    ASSERT_TRUE(receipt.ok()) << body;
    EXPECT_EQ(receipt->original_message_id, "abc@x");
    EXPECT_EQ(receipt->final_recipient, "");
  }
  const auto encoded = read_receipt(
      report_with("Content-Type: message/disposition-notification\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                  base64("Original-Message-ID: <abc@x>\r\n")));
  ASSERT_TRUE(encoded.ok());
}

TEST(Receipt, WhatItSaysIsAlwaysText) {
  const auto receipt =
      parse_disposition_notification("Original-Message-ID: <\xfc\x1b@x>\nDisposition: \xff\x01;displayed\n");
  ASSERT_TRUE(receipt.ok()) << receipt.status().to_string();
  EXPECT_EQ(receipt->original_message_id, "ü @x");
  EXPECT_EQ(receipt->disposition, "ÿ ;displayed");
}

TEST(Receipt, BrokenOnesAreRefused) {
  for (const char* body :
       {"", "no field", "Original-Message-ID:", "Original-Message-ID: <>", "Final-Recipient: rfc822;a@b"}) {
    const auto receipt =
        read_receipt(report_with(std::string("Content-Type: message/disposition-notification\r\n\r\n") + body));
    ASSERT_FALSE(receipt.ok()) << body;
    EXPECT_TRUE(receipt.status().is(error::malformed)) << body;
  }
  EXPECT_FALSE(parse_disposition_notification(std::string(10000000, '\n')).ok());
  EXPECT_FALSE(parse_disposition_notification(std::string(10000000, 'x')).ok());
}

TEST(Receipt, OtherMessagesAreNone) {
  EXPECT_TRUE(read_receipt(opened(sealed(letter()))).status().is(error::not_found));
  EXPECT_TRUE(read_receipt(OpenedMessage()).status().is(error::not_found));
}

TEST(Receipt, AnUnsignedReceiptIsNone) {
  const auto message = opened(enveloped_mail(
      "Content-Type: multipart/report; boundary=R\r\n\r\n--R\r\nContent-Type: message/disposition-notification\r\n\r\n"
      "Original-Message-ID: <abc@x>\r\n--R--\r\n"));
  EXPECT_TRUE(read_receipt(message).status().is(error::not_found));
}

TEST(Receipt, NeverAsksForOneAndCarriesNoFiles) {
  FixedEnv env(signing_day());
  std::ostringstream out;
  const SealKeys keys{world().anna.key, world().anna.certificate, world().bernd.certificate};
  auto asking = receipt_for("abc@x");
  asking.request_receipt = true;
  EXPECT_TRUE(seal(asking, keys, env, out).is(error::invalid_field));
  auto with_file = receipt_for("abc@x");
  with_file.attachments = {attachment("a.txt", "x")};
  EXPECT_TRUE(seal(with_file, keys, env, out).is(error::invalid_field));
  EXPECT_TRUE(seal(receipt_for("abc@x>\r\nDisposition: evil"), keys, env, out).is(error::invalid_field));
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace kvc::message
