// SPDX-License-Identifier: Apache-2.0
// Which envelopes are read, and with which key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/library_context.h"
#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using namespace samples;
using namespace std::string_literals;

TEST(Envelope, CiphersOfThePolicy) {
  for (const std::string name :
       {"AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "AES-128-GCM", "AES-192-GCM", "AES-256-GCM"}) {
    const auto message = opened(enveloped_mail(signed_entity(world().anna), "anna@kv-safenet.de", {.cipher = name}));
    EXPECT_EQ(message.verdict, Verdict::valid) << name << message.layers[0].reason;
    std::string lower = name;
    for (char& c : lower) {
      c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    EXPECT_EQ(message.layers[0].content_cipher, lower);
  }
}

TEST(Envelope, WeakCiphersAreReadAndFlagged) {
  std::vector<std::string> names{"DES-EDE3-CBC"};
  if (crypto::legacy_context().ok()) {
    names.insert(names.end(), {"RC2-CBC", "RC2-40-CBC", "DES-CBC"});
  }
  for (const auto& name : names) {
    const auto message = opened(enveloped_mail(signed_entity(world().anna), "anna@kv-safenet.de", {.cipher = name}));
    EXPECT_EQ(message.verdict, Verdict::weak_algorithm) << name << message.layers[0].reason;
    EXPECT_EQ(message.text(), "Guten Tag") << name;
  }
}

TEST(Envelope, OaepAndIndefiniteLength) {
  EXPECT_EQ(opened(enveloped_mail(signed_entity(world().anna), "anna@kv-safenet.de", {.oaep = true})).verdict,
            Verdict::valid);
  const auto ber = envelope(signed_entity(world().anna), {world().bernd.certificate}, {.indefinite = true});
  ASSERT_EQ(ber.substr(0, 2), "\x30\x80");
  EXPECT_EQ(opened(mail_fields() + pkcs7_mime(ber, "enveloped-data")).verdict, Verdict::valid);
}

TEST(Envelope, OldAndNewMediaTypeWithAndWithoutSmimeType) {
  const auto der = envelope(signed_entity(world().anna), {world().bernd.certificate});
  EXPECT_EQ(opened(mail_fields() + pkcs7_mime(der, "enveloped-data", "x-")).verdict, Verdict::valid);
  EXPECT_EQ(opened(mail_fields() + pkcs7_mime(der, "authEnveloped-data")).verdict, Verdict::valid);
  EXPECT_EQ(opened(mail_fields() + "Content-Type: APPLICATION/PKCS7-MIME\r\nContent-Transfer-Encoding: Base64\r\n\r\n" +
                   base64(der))
                .verdict,
            Verdict::valid);
  EXPECT_EQ(
      opened(mail_fields() + "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n" + der)
          .verdict,
      Verdict::valid);
}

TEST(Envelope, TheSenderReadsTheOwnCopy) {
  auto with = options();
  with.keys = {{world().anna.key, world().anna.certificate, "anna"}};
  const auto message = opened(sealed(letter()), with);
  EXPECT_EQ(message.verdict, Verdict::valid);
  EXPECT_EQ(message.layers[0].key_label, "anna");
}

// Each attempt decrypts the whole content.
TEST(Envelope, ACertificateNamedOftenIsTriedFourTimes) {
  const std::vector<crypto::Certificate> often(6, world().bernd.certificate);
  for (const int broken : {0, 3, 4}) {
    auto der = envelope(signed_entity(world().anna), often);
    std::size_t at = 0;
    for (int i = 0; i < broken; ++i) {
      at = der.find("\x04\x82\x01\x00"s, at + 1);  // the encrypted key of 256 bytes
      ASSERT_NE(at, std::string::npos);
      der[at + 20] = static_cast<char>(der[at + 20] ^ 1);
    }
    EXPECT_EQ(opened(mail_fields() + pkcs7_mime(der, "enveloped-data")).verdict,
              broken < 4 ? Verdict::valid : Verdict::decrypt_failed)
        << broken;
  }
}

TEST(Envelope, KeyIsFoundByIssuerAndSerialAmongGenerations) {
  auto with = options();
  with.keys.clear();
  for (int i = 0; i < 5; ++i) {
    const auto old =
        test_pki::make_user(world().user_ca, {.address = "bernd@kv-safenet.de", .key_name = "old" + std::to_string(i)});
    with.keys.push_back({old.key, old.certificate, "generation " + std::to_string(i)});
  }
  EXPECT_EQ(opened(sealed(letter()), with).verdict, Verdict::decrypt_failed);
  with.keys.push_back({world().bernd.key, world().bernd.certificate, "the right one"});
  const auto message = opened(sealed(letter()), with);
  EXPECT_EQ(message.verdict, Verdict::valid);
  EXPECT_EQ(message.layers[0].key_label, "the right one");
}

TEST(Envelope, AKeyIsNotTriedWhereItsCertificateIsNotNamed) {
  auto with = options();
  const auto other = test_pki::make_user(world().user_ca, {.address = "other@kv-safenet.de", .key_name = "other"});
  with.keys = {{world().bernd.key, other.certificate, "right key, other certificate"}};
  EXPECT_EQ(opened(sealed(letter()), with).verdict, Verdict::decrypt_failed);
}

TEST(Envelope, AKeyWithoutCertificateIsTriedOnEveryRecipient) {
  auto with = options();
  with.keys = {{test_pki::key("stranger"), std::nullopt, "stranger"}, {world().anna.key, std::nullopt, "bare"}};
  const auto message = opened(sealed(letter()), with);
  EXPECT_EQ(message.verdict, Verdict::valid);
  EXPECT_EQ(message.layers[0].key_label, "bare");
}

TEST(Envelope, RecipientsByKeyIdentifier) {
  const auto mail = mail_fields() +
                    pkcs7_mime(envelope(signed_entity(world().anna), {world().bernd.certificate}, {.by_key_id = true}),
                               "enveloped-data");
  EXPECT_EQ(opened(mail).verdict, Verdict::valid);
  auto with = options();
  with.keys.clear();
  const auto closed = opened(mail, with);
  ASSERT_EQ(closed.layers[0].recipients.size(), 1U);
  EXPECT_EQ(closed.layers[0].recipients[0].issuer, "(subject key identifier)");
  EXPECT_NE(closed.layers[0].recipients[0].serial_hex, "");
}

/// Changes one byte of the RSA-encrypted key, or of the content.
std::string changed(std::string der, bool in_key) {
  const std::size_t at = in_key ? der.find(std::string("\x04\x82\x01\x00", 4)) + 100 : der.size() - 20;
  der[at] = static_cast<char>(der[at] ^ 0x40);
  return der;
}

TEST(Envelope, BrokenKeyAndBrokenContentLookTheSame) {
  const auto der = envelope(signed_entity(world().anna), {world().bernd.certificate}, {.cipher = "AES-256-CBC"});
  for (const bool with_certificate : {true, false}) {
    auto with = options();
    if (!with_certificate) {
      with.keys[0].certificate.reset();
    }
    // Random keys open CBC padding now and then: many tries, and never another answer.
    for (int i = 0; i < 300; ++i) {
      auto broken = changed(der, true);
      broken[broken.size() - 40] = static_cast<char>(i);
      broken[broken.size() - 41] = static_cast<char>(i >> 8);
      const auto message = opened(mail_fields() + pkcs7_mime(broken, "enveloped-data"), with);
      ASSERT_EQ(message.verdict, Verdict::decrypt_failed);
      ASSERT_EQ(message.layers[0].reason, "no key at hand opens the envelope");
      ASSERT_THAT(message.parts, testing::IsEmpty());
    }
    const auto content = opened(mail_fields() + pkcs7_mime(changed(der, false), "enveloped-data"), with);
    EXPECT_EQ(content.verdict, Verdict::decrypt_failed);
    EXPECT_EQ(content.layers[0].reason, "no key at hand opens the envelope");
    EXPECT_EQ(content.layers[0].content_cipher, "aes-256-cbc");
  }
}

TEST(Envelope, AChangedGcmContentIsNotOpened) {
  const auto der = envelope(signed_entity(world().anna), {world().bernd.certificate}, {.cipher = "AES-256-GCM"});
  for (const std::size_t back : {3UL, 60UL, 500UL}) {
    auto broken = der;
    broken[broken.size() - back] = static_cast<char>(broken[broken.size() - back] ^ 1);
    EXPECT_EQ(opened(mail_fields() + pkcs7_mime(broken, "authEnveloped-data")).verdict, Verdict::decrypt_failed);
  }
}

TEST(Envelope, TrailingBytesAreAWarning) {
  const auto der = envelope(signed_entity(world().anna), {world().bernd.certificate});
  const auto message = opened(mail_fields() + pkcs7_mime(der + "garbage", "enveloped-data"));
  EXPECT_EQ(message.verdict, Verdict::valid);
  EXPECT_THAT(message.layers[0].warnings, testing::Contains(testing::HasSubstr("trailing_bytes")));
}

TEST(Envelope, TooManyRecipientsAreMalformed) {
  const std::vector<crypto::Certificate> many(101, world().bernd.certificate);
  EXPECT_EQ(opened(mail_fields() + pkcs7_mime(envelope(text_entity(), many), "enveloped-data")).verdict,
            Verdict::malformed);
}

}  // namespace
}  // namespace kvc::message
