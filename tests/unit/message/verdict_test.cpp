// SPDX-License-Identifier: Apache-2.0
// One test per row of the table "Verification rules" (protocol C).
#include "message/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using namespace samples;
using testing::IsEmpty;

TEST(Verdict, NamesAreThoseOfTheTable) {
  EXPECT_EQ(name(Verdict::malformed), "malformed");
  EXPECT_EQ(name(Verdict::decrypt_failed), "decrypt_failed");
  EXPECT_EQ(name(Verdict::not_signed), "not_signed");
  EXPECT_EQ(name(Verdict::digest_mismatch), "digest_mismatch");
  EXPECT_EQ(name(Verdict::signer_not_sender), "signer_not_sender");
  EXPECT_EQ(name(Verdict::issuer_not_trusted), "issuer_not_trusted");
  EXPECT_EQ(name(Verdict::certificate_expired), "certificate_expired");
  EXPECT_EQ(name(Verdict::weak_algorithm), "weak_algorithm");
  EXPECT_EQ(name(Verdict::not_encrypted), "not_encrypted");
  EXPECT_EQ(name(Verdict::valid), "valid");
}

TEST(VerdictTable, Valid) {
  const auto message = opened(sealed(letter()));
  EXPECT_EQ(message.verdict, Verdict::valid);
  ASSERT_EQ(message.layers.size(), 1U);
  const Layer& layer = message.layers[0];
  EXPECT_EQ(layer.verdict, Verdict::valid);
  EXPECT_THAT(layer.findings, IsEmpty());
  EXPECT_THAT(layer.warnings, IsEmpty());
  EXPECT_EQ(layer.from, "anna@kv-safenet.de");
  ASSERT_TRUE(layer.signer);
  EXPECT_EQ(layer.signer->email, "anna@kv-safenet.de");
  EXPECT_EQ(layer.signer->serial, world().anna.certificate.serial_hex());
  EXPECT_EQ(layer.signing_time, signing_day());
  EXPECT_EQ(layer.reference_time, signing_day());
  EXPECT_EQ(layer.content_cipher, "aes-256-cbc");
  EXPECT_EQ(layer.digest, "sha-256");
  EXPECT_EQ(layer.key_label, "bernd");
  EXPECT_EQ(message.text(), "Guten Tag, Herr Kollege");
}

TEST(VerdictTable, DigestMismatch) {
  auto entity = signed_entity(world().anna);
  entity.replace(entity.find("Guten"), 5, "Boese");
  const auto message = opened(enveloped_mail(entity));
  EXPECT_EQ(message.verdict, Verdict::digest_mismatch);
  EXPECT_THAT(message.parts, IsEmpty());
  EXPECT_EQ(message.text(), "");
  std::ostringstream raw;
  EXPECT_TRUE(message.read_unverified(raw).ok());
  EXPECT_NE(raw.str().find("Boese Tag"), std::string::npos);
}

TEST(VerdictTable, SignatureOfAnotherKeyIsADigestMismatch) {
  // Anna's certificate, another key: OpenSSL refuses to make this, so one byte of the signature value is changed.
  auto der = signature(text_entity(), world().anna);
  der[der.size() - 10] = static_cast<char>(der[der.size() - 10] ^ 1);
  const auto message = opened(enveloped_mail(multipart_signed(text_entity(), der)));
  EXPECT_EQ(message.verdict, Verdict::digest_mismatch);
  EXPECT_THAT(message.parts, IsEmpty());
}

TEST(VerdictTable, IssuerNotTrusted) {
  const auto message = opened(enveloped_mail(signed_entity(world().foreign)));
  EXPECT_EQ(message.verdict, Verdict::issuer_not_trusted);
  // The signature itself is good: the content may be shown, with the verdict beside it.
  EXPECT_EQ(message.text(), "Guten Tag");
}

TEST(VerdictTable, ChainingToTheRootIsNotEnough) {
  auto with = options();
  with.trust.user_cas.clear();
  EXPECT_EQ(opened(sealed(letter()), with).verdict, Verdict::issuer_not_trusted);
  with.trust = test_pki::trust({}, {});
  EXPECT_EQ(opened(sealed(letter()), with).verdict, Verdict::issuer_not_trusted);
}

TEST(VerdictTable, SignerNotSender) {
  const auto message = opened(enveloped_mail(signed_entity(world().bernd)));
  EXPECT_EQ(message.verdict, Verdict::signer_not_sender);
  EXPECT_EQ(message.layers[0].from, "anna@kv-safenet.de");
  ASSERT_TRUE(message.layers[0].signer);
  EXPECT_EQ(message.layers[0].signer->email, "bernd@kv-safenet.de");
}

TEST(VerdictTable, AddressesAreComparedWithoutCase) {
  EXPECT_EQ(opened(enveloped_mail(signed_entity(world().anna), "\"Anna B.\" <ANNA@KV-SafeNet.DE> (Praxis)")).verdict,
            Verdict::valid);
}

TEST(VerdictTable, NotSigned) {
  const auto message = opened(enveloped_mail(text_entity()));
  EXPECT_EQ(message.verdict, Verdict::not_signed);
  EXPECT_THAT(message.parts, IsEmpty());
  EXPECT_EQ(message.text(), "");
}

TEST(VerdictTable, PlainMailIsNotSigned) {
  const auto message = opened(mail_fields() + text_entity());
  EXPECT_EQ(message.verdict, Verdict::not_signed);
  EXPECT_THAT(message.layers[0].findings, IsEmpty());
  EXPECT_EQ(message.layers[0].content_cipher, "");
}

TEST(VerdictTable, ASignedPartBesideUnsignedPartsIsNotSigned) {
  const std::string mixed =
      "Content-Type: multipart/mixed; boundary=M\r\n\r\n--M\r\nContent-Type: text/html\r\n\r\n<img src=\"\r\n--M\r\n" +
      signed_entity(world().anna) + "\r\n--M\r\n\r\n\">\r\n--M--\r\n";
  const auto message = opened(enveloped_mail(mixed));
  EXPECT_EQ(message.verdict, Verdict::not_signed);
  EXPECT_THAT(message.parts, IsEmpty());
  EXPECT_EQ(message.text(), "");
}

TEST(VerdictTable, CertificateExpired) {
  auto with = options();
  const auto mail = enveloped_mail(signed_entity(world().expired));
  EXPECT_EQ(opened(mail, with).verdict, Verdict::certificate_expired);  // signed in 2025, valid until 2020
  with.at = test_pki::day("2019-06-01");
  EXPECT_EQ(opened(mail, with).verdict, Verdict::valid);
  with.at = test_pki::day("2018-06-01");
  EXPECT_EQ(opened(mail, with).verdict, Verdict::certificate_expired);  // not yet valid
}

TEST(VerdictTable, ACertificateThatExpiredAfterTheReferenceTimeIsNoFault) {
  auto with = options();
  with.now = test_pki::day("2040-01-01");
  const auto mail = sealed(letter());
  EXPECT_EQ(opened(mail, with).verdict, Verdict::valid);
  with.at = with.now;
  EXPECT_EQ(opened(mail, with).verdict, Verdict::certificate_expired);
}

TEST(VerdictTable, WeakAlgorithm) {
  const auto message = opened(enveloped_mail(signed_entity(world().anna, {.digest = "SHA1"})));
  EXPECT_EQ(message.verdict, Verdict::weak_algorithm);
  EXPECT_EQ(message.layers[0].digest, "sha-1");
  EXPECT_EQ(message.text(), "Guten Tag");  // readable for archives
}

TEST(VerdictTable, NotEncrypted) {
  const auto message = opened(mail_fields() + signed_entity(world().anna));
  EXPECT_EQ(message.verdict, Verdict::not_encrypted);
  EXPECT_EQ(message.text(), "Guten Tag");
}

TEST(VerdictTable, DecryptFailed) {
  auto with = options();
  with.keys = {{test_pki::key("stranger"), std::nullopt, "stranger"}};
  const auto message = opened(sealed(letter()), with);
  EXPECT_EQ(message.verdict, Verdict::decrypt_failed);
  ASSERT_EQ(message.layers[0].recipients.size(), 2U);
  // A SET OF has the order of its encoding, not of the sender.
  EXPECT_THAT(message.layers[0].recipients,
              testing::UnorderedElementsAre(world().bernd.certificate.issuer_and_serial(),
                                            world().anna.certificate.issuer_and_serial()));
  EXPECT_EQ(message.layers[0].recipients[0].issuer, world().bernd.certificate.issuer());
  EXPECT_EQ(message.layers[0].from, "anna@kv-safenet.de");
  EXPECT_EQ(message.layers[0].service_id, "eNachricht;Lieferung;V2.0");
  with.keys.clear();
  EXPECT_EQ(opened(sealed(letter()), with).verdict, Verdict::decrypt_failed);
}

TEST(VerdictTable, Malformed) {
  const auto message = opened("this is no mail");
  EXPECT_EQ(message.verdict, Verdict::malformed);
  ASSERT_EQ(message.layers.size(), 1U);
  EXPECT_NE(message.layers[0].reason, "");
}

TEST(VerdictTable, TruncatedCmsIsMalformed) {
  auto der = envelope(signed_entity(world().anna), {world().bernd.certificate});
  der.resize(der.size() - 1);
  EXPECT_EQ(opened(mail_fields() + pkcs7_mime(der, "enveloped-data")).verdict, Verdict::malformed);
  auto sig = signature(text_entity(), world().anna);
  sig.resize(sig.size() / 2);
  EXPECT_EQ(opened(enveloped_mail(multipart_signed(text_entity(), sig))).verdict, Verdict::malformed);
}

}  // namespace
}  // namespace kvc::message
