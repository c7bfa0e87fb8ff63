// SPDX-License-Identifier: Apache-2.0
// Messages that are read from a source again and again: nothing but what was verified comes out.
#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <string>

#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using namespace samples;

std::string large_bytes() {
  std::mt19937 random(8);
  std::string bytes(900000, '\0');
  for (char& c : bytes) {
    c = static_cast<char>(random());
  }
  return bytes;
}

MailSource from(std::shared_ptr<std::string> mail) {
  return [mail] { return std::make_unique<std::istringstream>(*mail); };
}

std::string sealed_with(const std::string& bytes) {
  auto outgoing = letter();
  outgoing.attachments = {attachment("a.bin", bytes)};
  return sealed(outgoing);
}

TEST(Stream, PartsComeOutOfTheSourceAgain) {
  const std::string bytes = large_bytes();
  const auto mail = std::make_shared<std::string>(sealed_with(bytes));
  const auto message = open(from(mail), options());
  ASSERT_TRUE(message.ok());
  ASSERT_EQ(message->verdict, Verdict::valid) << message->layers[0].reason;
  for (int i = 0; i < 2; ++i) {
    std::ostringstream out;
    ASSERT_TRUE(message->read_part(1, out).ok());
    EXPECT_TRUE(out.str() == bytes);
    EXPECT_EQ(message->text(), letter().text);
  }
}

TEST(Stream, AnotherMailInTheSamePlaceIsNotTakenForIt) {
  std::string bytes = large_bytes();
  const auto mail = std::make_shared<std::string>(sealed_with(bytes));
  const auto message = open(from(mail), options());
  ASSERT_TRUE(message.ok());
  // The cipher text of the attachment is changed; nothing of its length is.
  auto& changed = (*mail)[mail->size() / 2];
  changed = changed == 'A' ? 'B' : 'A';
  std::ostringstream out;
  EXPECT_TRUE(message->read_part(1, out).is(error::file_unreadable));
  *mail = "gone";
  std::ostringstream nothing;
  EXPECT_FALSE(message->read_part(1, nothing).ok());
  EXPECT_EQ(nothing.str(), "");
}

TEST(Stream, ASourceThatFailsIsNoVerdict) {
  const auto mail = std::make_shared<std::string>(sealed_with(large_bytes()));
  EXPECT_TRUE(open([] { return std::unique_ptr<std::istream>(); }, options()).status().is(error::file_unreadable));
  for (int good = 0; good < 12; ++good) {
    int opened = 0;
    const auto message = open(
        [&]() -> std::unique_ptr<std::istream> {
          return ++opened > good ? nullptr : std::make_unique<std::istringstream>(*mail);
        },
        options());
    EXPECT_TRUE(message.ok() ? message->verdict == Verdict::valid : message.status().is(error::file_unreadable))
        << good;
  }
  auto with = options();
  with.max_bytes = mail->size() - 1;
  EXPECT_TRUE(open(from(mail), with).status().is(error::too_large));
  with.max_bytes = mail->size();
  EXPECT_TRUE(open(from(mail), with).ok());
}

TEST(Stream, ALargeMailInAuthenticatedEncryption) {
  const std::string part =
      "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64(large_bytes());
  const std::string entity = multipart_signed(part, signature(part, world().anna));
  const auto mail =
      std::make_shared<std::string>(enveloped_mail(entity, "anna@kv-safenet.de", {.cipher = "AES-256-GCM"}));
  const auto message = open(from(mail), options());
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->verdict, Verdict::valid) << message->layers[0].reason;
  std::ostringstream out;
  ASSERT_TRUE(message->read_part(0, out).ok());
  EXPECT_TRUE(out.str() == large_bytes());
}

}  // namespace
}  // namespace kvc::message
