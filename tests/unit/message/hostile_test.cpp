// SPDX-License-Identifier: Apache-2.0
// Broken, truncated, huge and hostile mail: always an answer, never `valid`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include <random>
#include <sstream>
#include <string>

#include "message/cms.h"
#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using namespace samples;
using namespace std::string_literals;

Text text_of(std::string_view bytes) {
  return in_memory(mime::WipedBytes(bytes.begin(), bytes.end()));
}

TEST(Hostile, WhatIsNoMail) {
  for (const auto& text :
       {""s, "\0"s, "\r\n"s, "\n\n\n"s, std::string(100000, 'x'), std::string(100000, '\0'), std::string(300000, '\n'),
        "From: a@b\0\r\n\r\n"s, ":\r\n"s, "Content-Type: application/pkcs7-mime\r\n\r\n"s,
        "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"s,
        "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n====\r\n"s,
        "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: x-foo\r\n\r\n0\r\n"s,
        "Content-Type: multipart/signed; boundary=\"\"\r\n\r\n--\r\n"s,
        "Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n"s}) {
    const auto message = opened(text);
    ASSERT_FALSE(message.layers.empty());
    EXPECT_TRUE(message.verdict == Verdict::malformed || message.verdict == Verdict::not_signed) << text.substr(0, 60);
    EXPECT_TRUE(message.parts.empty());
  }
}

TEST(Hostile, WhatAMailSaysOfItselfIsAlwaysText) {
  const std::string entity = "Content-Type: application/\xfc\x1b[0m\r\n\r\nbytes";
  const auto message =
      opened("From: anna@kv-safenet.de\r\nMessage-ID: <\xfc\x1b@x>\r\nIn-Reply-To: <\xfe@x>\r\nDate: \xff\r\n" +
             multipart_signed(entity, signature(entity, world().anna)));
  ASSERT_EQ(message.parts.size(), 1U);
  EXPECT_EQ(message.parts[0].type, "application/ü [0m");
  EXPECT_EQ(message.content_type(), "application/ü [0m");
  EXPECT_EQ(message.layers[0].message_id, "ü @x");
  EXPECT_EQ(message.layers[0].in_reply_to, "þ@x");
  EXPECT_EQ(message.layers[0].date, "ÿ");
}

TEST(Hostile, DatesFarAway) {
  const std::string entity = "Content-Type: text/plain\r\n\r\nbytes";
  for (const auto* date : {"Sat, 1 Jan 0000 00:00:00 +0000", "Fri, 31 Dec 9999 23:59:59 +0000", "Fri, 99 Foo 99999"}) {
    const auto message = opened("From: anna@kv-safenet.de\r\nDate: " + std::string(date) + "\r\n" +
                                multipart_signed(entity, signature(entity, world().anna)));
    EXPECT_EQ(message.layers[0].date, date);
    EXPECT_EQ(message.layers[0].verdict, Verdict::not_encrypted);
  }
}

TEST(Hostile, HeaderBomb) {
  std::string mail;
  for (int i = 0; i < 100000; ++i) {
    mail += "X-" + std::to_string(i) + ": y\r\n";
  }
  EXPECT_EQ(opened(mail + "\r\nbody").verdict, Verdict::malformed);
}

TEST(Hostile, SizeLimit) {
  const auto mail = sealed(letter());
  auto with = options();
  with.max_bytes = mail.size();
  std::istringstream fits(mail);
  EXPECT_TRUE(open(fits, with).ok());
  with.max_bytes = mail.size() - 1;
  std::istringstream large(mail);
  EXPECT_TRUE(open(large, with).status().is(error::too_large));
}

TEST(Hostile, AStreamThatFailsIsNoMalformedMail) {
  std::istringstream in("From: a@b");
  in.setstate(std::ios::badbit);
  EXPECT_TRUE(open(in, options()).status().is(error::file_unreadable));
}

TEST(Hostile, EveryTruncationIsSeen) {
  const auto mail = enveloped_mail(signed_entity(world().anna));
  ASSERT_EQ(opened(mail).verdict, Verdict::valid);
  const auto end = mail.find_last_not_of("\r\n=");
  for (std::size_t length = 0; length < end; length += 37) {
    EXPECT_NE(opened(mail.substr(0, length)).verdict, Verdict::valid) << length;
  }
}

TEST(Hostile, EveryTruncationOfTheSignedEntityIsSeen) {
  const auto entity = signed_entity(world().anna);
  const auto needed = entity.find("--SIG--") - 4;  // a missing final delimiter alone takes nothing away
  for (std::size_t length = 0; length < needed; length += 29) {
    const auto message = opened(enveloped_mail("X-A: b\r\n" + entity.substr(0, length)));
    EXPECT_NE(message.verdict, Verdict::valid) << length;
    EXPECT_TRUE(message.parts.empty());
  }
}

TEST(Hostile, ChangedBytesNeverGiveOtherContent) {
  const auto mail = enveloped_mail(signed_entity(world().anna));
  std::mt19937 random(20190426);
  for (int i = 0; i < 400; ++i) {
    auto changed = mail;
    changed[random() % changed.size()] = static_cast<char>(random());
    const auto message = opened(changed);
    if (message.verdict == Verdict::valid) {
      EXPECT_EQ(message.text(), "Guten Tag");  // a field of the clear header that is not judged
    }
  }
}

TEST(Hostile, ChangedBytesOfTheSignedEntityNeverGiveOtherContent) {
  const auto entity = signed_entity(world().anna);
  std::mt19937 random(4711);
  for (int i = 0; i < 600; ++i) {
    auto changed = entity;
    changed[random() % changed.size()] = static_cast<char>(random());
    const auto message = opened(mail_fields() + changed);
    if (!message.parts.empty()) {
      ASSERT_EQ(message.parts.size(), 1U);
      EXPECT_EQ(message.text(), "Guten Tag");
    }
  }
}

TEST(Hostile, RandomCms) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string der(random() % 200, '\0');
    for (char& c : der) {
      c = static_cast<char>(random());
    }
    if (i % 2 == 0) {
      der = "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"s + (i % 4 == 0 ? "\x02" : "\x03") + der;
    }
    auto parsed = cms::parse(text_of(der), nullptr);
    if (parsed.ok() && parsed->kind == cms::Kind::signed_data) {
      (void)cms::verify(*parsed, text_of("x"), {}, true);
    }
    EXPECT_TRUE(!parsed.ok() || !cms::decrypt(*parsed, options().keys).status.ok());
  }
}

TEST(Hostile, DeeplyNestedAsn1) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) {
    deep += "\x30\x80";
  }
  EXPECT_EQ(opened(mail_fields() + pkcs7_mime(deep, "enveloped-data")).verdict, Verdict::malformed);
  std::string strings = "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80"s;
  for (int i = 0; i < 100000; ++i) {
    strings += "\x24\x80";
  }
  EXPECT_EQ(opened(mail_fields() + pkcs7_mime(strings, "enveloped-data")).verdict, Verdict::malformed);
}

TEST(Hostile, TooManySigners) {
  SignOptions how;
  how.more_signers.assign(10, world().anna);
  EXPECT_EQ(opened(enveloped_mail(signed_entity(world().anna, how))).verdict, Verdict::malformed);
}

TEST(Hostile, NothingIsLeftInTheErrorQueueOfTheHost) {
  while (ERR_get_error() != 0) {
  }
  (void)opened("Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\nSGFsbG8=");
  auto with = options();
  with.keys = {{test_pki::key("stranger"), std::nullopt, ""}};
  (void)opened(sealed(letter()), with);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(Hostile, ALargeMessage) {
  // 100 MB, sealed and opened; the limit of the test program is the limit of time.
  auto outgoing = letter();
  std::string data(100UL * 1024 * 1024, '\0');
  std::mt19937_64 random(7);
  for (std::size_t i = 0; i + 8 <= data.size(); i += 8) {
    const auto value = random();
    std::copy_n(reinterpret_cast<const char*>(&value), 8, &data[i]);
  }
  outgoing.attachments = {attachment("gross.bin", data)};
  const auto message = opened(sealed(outgoing));
  ASSERT_EQ(message.verdict, Verdict::valid) << message.layers[0].reason;
  ASSERT_EQ(message.parts.size(), 2U);
  EXPECT_EQ(message.parts[1].size, data.size());
  std::ostringstream out;
  ASSERT_TRUE(message.read_part(1, out).ok());
  EXPECT_TRUE(out.str() == data);
}

}  // namespace
}  // namespace kvc::message
