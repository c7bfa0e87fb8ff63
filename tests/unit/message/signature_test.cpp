// SPDX-License-Identifier: Apache-2.0
// Which signatures are read, and what they cover.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using namespace samples;
using testing::Contains;
using testing::HasSubstr;

Verdict verdict_of(const std::string& entity, const std::string& from = "anna@kv-safenet.de") {
  return opened(enveloped_mail(entity, from)).verdict;
}

TEST(Signature, AlgorithmsOfThePolicy) {
  for (const std::string digest : {"SHA256", "SHA384", "SHA512"}) {
    for (const bool pss : {false, true}) {
      const auto message = opened(enveloped_mail(signed_entity(world().anna, {.digest = digest, .pss = pss})));
      EXPECT_EQ(message.verdict, Verdict::valid) << digest << pss << message.layers[0].reason;
      EXPECT_EQ(message.layers[0].digest, "sha-" + digest.substr(3));
    }
  }
}

TEST(Signature, WeakDigestsAreFlagged) {
  for (const std::string digest : {"SHA1", "MD5", "SHA224"}) {
    EXPECT_EQ(verdict_of(signed_entity(world().anna, {.digest = digest})), Verdict::weak_algorithm) << digest;
  }
  EXPECT_EQ(verdict_of(signed_entity(world().anna, {.digest = "SHA1", .pss = true})), Verdict::weak_algorithm);
}

TEST(Signature, AShortKeyIsFlagged) {
  const auto key = test_pki::key("short", 1024);
  const auto recipe = test_pki::user_recipe({.address = "anna@kv-safenet.de"});
  const crypto::Identity weak{key, test_pki::issue(recipe, key, world().user_ca)};
  EXPECT_EQ(verdict_of(signed_entity(weak)), Verdict::weak_algorithm);
}

// Protocol C, weak_algorithm: a forger of SHA-1 needs no key at all, whatever the letter itself is signed with.
TEST(Signature, ACertificateSignedWithSha1IsFlagged) {
  auto recipe = test_pki::user_recipe({.address = "anna@kv-safenet.de"});
  recipe.digest = "SHA1";
  const auto key = test_pki::key("sha1-leaf");
  const crypto::Identity weak{key, test_pki::issue(recipe, key, world().user_ca)};
  const auto message = opened(enveloped_mail(signed_entity(weak)));
  EXPECT_EQ(message.verdict, Verdict::weak_algorithm);
  EXPECT_EQ(message.layers[0].reason, "The certificate is signed with sha1.");
}

TEST(Signature, OpaqueInsideTheEnvelope) {
  for (const char* prefix : {"", "x-"}) {
    const auto message = opened(enveloped_mail(
        pkcs7_mime(signature(text_entity("opak"), world().anna, {.opaque = true}), "signed-data", prefix)));
    EXPECT_EQ(message.verdict, Verdict::valid) << message.layers[0].reason;
    EXPECT_EQ(message.text(), "opak");
  }
}

TEST(Signature, OpaqueWithoutEnvelopeIsNotEncrypted) {
  const auto message =
      opened(mail_fields() + pkcs7_mime(signature(text_entity("opak"), world().anna, {.opaque = true}), "signed-data"));
  EXPECT_EQ(message.verdict, Verdict::not_encrypted);
  EXPECT_EQ(message.text(), "opak");
}

TEST(Signature, OpaqueWithoutContentIsMalformed) {
  EXPECT_EQ(verdict_of(pkcs7_mime(signature(text_entity(), world().anna), "signed-data")), Verdict::malformed);
}

TEST(Signature, WithoutSignedAttributes) {
  EXPECT_EQ(verdict_of(signed_entity(world().anna, {.attributes = false})), Verdict::valid);
  auto entity = signed_entity(world().anna, {.attributes = false});
  entity.replace(entity.find("Guten"), 5, "Boese");
  EXPECT_EQ(verdict_of(entity), Verdict::digest_mismatch);
  const auto message = opened(enveloped_mail(signed_entity(world().anna, {.attributes = false})));
  EXPECT_FALSE(message.layers[0].signing_time);
}

TEST(Signature, WithoutSigningTimeNowIsTheReference) {
  auto with = options();
  with.now = test_pki::day("2040-01-01");
  const auto message = opened(enveloped_mail(signed_entity(world().anna, {.attributes = false})), with);
  EXPECT_EQ(message.verdict, Verdict::certificate_expired);
  EXPECT_EQ(message.layers[0].reference_time, with.now);
}

TEST(Signature, LineEndsInEveryCombination) {
  const std::string lf = "Content-Type: text/plain\n\none\ntwo\n";
  const std::string crlf = "Content-Type: text/plain\r\n\r\none\r\ntwo\r\n";
  EXPECT_EQ(verdict_of(multipart_signed(lf, signature(lf, world().anna))), Verdict::valid);    // signed as it is
  EXPECT_EQ(verdict_of(multipart_signed(lf, signature(crlf, world().anna))), Verdict::valid);  // canonical form signed
  EXPECT_EQ(verdict_of(multipart_signed(crlf, signature(crlf, world().anna))), Verdict::valid);
  EXPECT_EQ(verdict_of(multipart_signed(crlf, signature(lf, world().anna))), Verdict::digest_mismatch);
  std::string all_lf;
  for (const char c : multipart_signed(crlf, signature(crlf, world().anna), "x-")) {
    if (c != '\r') {
      all_lf += c;
    }
  }
  EXPECT_EQ(verdict_of(all_lf), Verdict::valid);
}

TEST(Signature, EveryByteOfThePartIsCovered) {
  const std::string part = "Content-Type: text/plain; charset=utf-8\r\nX-One: 1\r\n\r\n one \r\n\r\n";
  const auto der = signature(part, world().anna);
  ASSERT_EQ(verdict_of(multipart_signed(part, der)), Verdict::valid);
  for (const std::string& other :
       {std::string("Content-Type: text/plain; charset=utf-8\r\nX-One: 2\r\n\r\n one \r\n\r\n"),
        std::string("Content-Type: text/plain; charset=utf-8\r\nX-One: 1\r\n\r\n one \r\n"),
        std::string("Content-Type: text/plain; charset=utf-8\r\nX-One: 1\r\n\r\n one\r\n\r\n"),
        std::string("Content-Type: text/plain; charset=utf-8\r\n X-One: 1\r\n\r\n one \r\n\r\n"), part + "\r\n"}) {
    EXPECT_EQ(verdict_of(multipart_signed(other, der)), Verdict::digest_mismatch) << other;
  }
}

TEST(Signature, FullHeaderInThePart) {
  const std::string part = mail_fields() + text_entity();
  const auto message = opened(enveloped_mail(multipart_signed(part, signature(part, world().anna))));
  EXPECT_EQ(message.verdict, Verdict::valid);
  EXPECT_FALSE(message.layers[0].signed_header.empty());
}

TEST(Signature, FromOfTheSignedHeaderMustBeTheSignerToo) {
  const std::string part = mail_fields("carla@kv-safenet.de") + text_entity();
  EXPECT_EQ(verdict_of(multipart_signed(part, signature(part, world().anna))), Verdict::signer_not_sender);
}

TEST(Signature, AForgedClearFromIsSeen) {
  const std::string part = mail_fields() + text_entity();
  EXPECT_EQ(verdict_of(multipart_signed(part, signature(part, world().anna)), "chef@kv-safenet.de"),
            Verdict::signer_not_sender);
}

TEST(Signature, FromThatNamesNoOneSender) {
  const auto entity = signed_entity(world().anna);
  EXPECT_EQ(verdict_of(entity, "anna@kv-safenet.de, carla@kv-safenet.de"), Verdict::signer_not_sender);
  EXPECT_EQ(verdict_of(entity, "carla@kv-safenet.de, anna@kv-safenet.de"), Verdict::signer_not_sender);
  EXPECT_EQ(verdict_of(entity, "anna@kv-safenet.de <carla@kv-safenet.de>"), Verdict::signer_not_sender);
  EXPECT_EQ(verdict_of(entity, "Anna"), Verdict::signer_not_sender);
  EXPECT_EQ(verdict_of(entity, ""), Verdict::signer_not_sender);
  EXPECT_EQ(verdict_of(entity, "anna@kv-safenet.de\r\nFrom: carla@kv-safenet.de"), Verdict::malformed);
  std::string without = enveloped_mail(entity);
  without.erase(0, without.find("To:"));
  EXPECT_EQ(opened(without).verdict, Verdict::signer_not_sender);
}

TEST(Signature, WithoutCertificateNothingIsProved) {
  const auto message = opened(enveloped_mail(signed_entity(world().anna, {.embed_certificate = false})));
  EXPECT_EQ(message.verdict, Verdict::malformed);
  EXPECT_TRUE(message.parts.empty());
  EXPECT_FALSE(message.layers[0].signer);
}

TEST(Signature, SeveralSignersMustAllBeGood) {
  const auto two = opened(enveloped_mail(signed_entity(world().anna, {.more_signers = {world().anna}})));
  EXPECT_EQ(two.verdict, Verdict::valid) << two.layers[0].reason;
  EXPECT_THAT(two.layers[0].warnings, Contains(HasSubstr("several_signers")));
  EXPECT_EQ(verdict_of(signed_entity(world().anna, {.more_signers = {world().bernd}})), Verdict::signer_not_sender);
  EXPECT_EQ(verdict_of(signed_entity(world().anna, {.more_signers = {world().foreign}})), Verdict::issuer_not_trusted);
  // The one that is shown is the first that is the sender.
  const auto shown = opened(enveloped_mail(signed_entity(world().bernd, {.more_signers = {world().anna}})));
  ASSERT_TRUE(shown.layers[0].signer);
  EXPECT_EQ(shown.layers[0].signer->email, "anna@kv-safenet.de");
}

TEST(Signature, SigningCertificateV2MustNameTheSigner) {
  EXPECT_EQ(verdict_of(signed_entity(world().anna, {.name_other = world().anna.certificate})), Verdict::valid);
  EXPECT_EQ(verdict_of(signed_entity(world().anna, {.name_other = world().bernd.certificate})),
            Verdict::digest_mismatch);
}

TEST(Signature, CertificatesInTheMessageNeverActAsCa) {
  // A chain made up by the sender, complete inside the message, and of the right names.
  const auto root = test_pki::make_root({.name = "Test Root CA 1", .key_name = "fake root"});
  const auto ca = test_pki::make_user_ca(root, {.name = "Test User CA 1", .key_name = "fake ca"});
  const auto fake = test_pki::make_user(ca, {.address = "anna@kv-safenet.de", .key_name = "fake anna"});
  EXPECT_EQ(verdict_of(signed_entity(fake, {.more_signers = {{ca.key, ca.certificate}, {root.key, root.certificate}}})),
            Verdict::signer_not_sender);
  EXPECT_EQ(verdict_of(signed_entity(fake)), Verdict::issuer_not_trusted);
}

TEST(Signature, AUserCertificateNeverActsAsCa) {
  const test_pki::Authority bernd{world().bernd.key, world().bernd.certificate};
  const auto made = test_pki::make_user(bernd, {.address = "anna@kv-safenet.de", .key_name = "made by bernd"});
  EXPECT_EQ(verdict_of(signed_entity(made)), Verdict::issuer_not_trusted);
}

TEST(Signature, MultipartSignedHasExactlyTwoParts) {
  const auto der = signature(text_entity(), world().anna);
  std::string three = multipart_signed(text_entity(), der);
  three.insert(three.rfind("--SIG--"), "--SIG\r\nContent-Type: text/html\r\n\r\nmore\r\n");
  EXPECT_EQ(verdict_of(three), Verdict::malformed);
  EXPECT_EQ(
      verdict_of("Content-Type: multipart/signed; boundary=SIG\r\n\r\n--SIG\r\n" + text_entity() + "\r\n--SIG--\r\n"),
      Verdict::malformed);
  EXPECT_EQ(verdict_of("Content-Type: multipart/signed\r\n\r\n--SIG\r\n\r\n--SIG--\r\n"), Verdict::malformed);
}

TEST(Signature, TextAroundTheSignedPartIsNeverShown) {
  std::string entity = signed_entity(world().anna);
  entity.insert(entity.find("--SIG"), "EVIL PREAMBLE\r\n");
  entity += "EVIL EPILOGUE";
  const auto message = opened(enveloped_mail(entity));
  EXPECT_EQ(message.verdict, Verdict::valid);
  ASSERT_EQ(message.parts.size(), 1U);
  EXPECT_EQ(message.text(), "Guten Tag");
}

TEST(Signature, OtherKindsOfSignatureAreMalformed) {
  std::string pgp = multipart_signed(text_entity(), "-----BEGIN PGP SIGNATURE-----");
  for (auto at = pgp.find("pkcs7-signature"); at != std::string::npos; at = pgp.find("pkcs7-signature")) {
    pgp.replace(at, 15, "pgp-signature");
  }
  EXPECT_EQ(verdict_of(pgp), Verdict::malformed);
  EXPECT_EQ(verdict_of(multipart_signed(text_entity(), envelope(text_entity(), {world().bernd.certificate}))),
            Verdict::malformed);
}

TEST(Signature, HeaderDifferencesAreWarnings) {
  std::string part = mail_fields() + text_entity();
  part.replace(part.find("<sample@"), 8, "<other@");
  part.replace(part.find("Lieferung"), 9, "Anderes");
  part.replace(part.find("Subject: eNachricht"), 19, "Subject: Befund");
  const auto message = opened(enveloped_mail(multipart_signed(part, signature(part, world().anna))));
  EXPECT_EQ(message.verdict, Verdict::valid);
  EXPECT_THAT(message.layers[0].warnings,
              testing::UnorderedElementsAre("header_differs: Message-ID", "header_differs: X-KVC-Dienstkennung"));
  // What the signature covers goes before what it does not.
  EXPECT_EQ(message.layers[0].message_id, "other@kv-safenet.de");
  EXPECT_EQ(message.layers[0].subject, "Befund");
}

TEST(Signature, UnsignedHeaderIsNotPreferredWhenTheDigestIsWrong) {
  std::string part = mail_fields() + text_entity();
  const auto der = signature(part, world().anna);
  part.replace(part.find("<sample@"), 8, "<other@");
  const auto message = opened(enveloped_mail(multipart_signed(part, der)));
  EXPECT_EQ(message.verdict, Verdict::digest_mismatch);
  EXPECT_EQ(message.layers[0].message_id, "sample@kv-safenet.de");
}

TEST(Signature, AnOldHeaderDateIsANote) {
  auto outgoing = letter();
  outgoing.date = test_pki::day("2025-01-01");
  const auto message = opened(sealed(outgoing));
  EXPECT_EQ(message.verdict, Verdict::valid);
  EXPECT_THAT(message.layers[0].warnings, Contains(HasSubstr("signing_time_differs")));
}

}  // namespace
}  // namespace kvc::message
