// SPDX-License-Identifier: Apache-2.0
// Layers (protocol C, "KV-Connect Mobile nesting") and triple wrapping.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using namespace samples;

std::string wrapped(const std::string& mail, const std::string& encoding = "7bit") {
  return "Content-Type: application/pkcs7-mime; name=\"smime.p7m\"\r\nContent-Transfer-Encoding: " + encoding +
         "\r\n\r\n" + mail;
}

/// The gateway of these tests is Bernd; the letter inside is Anna's.
std::string gateway_mail(const std::string& inner) {
  const std::string part = wrapped(inner);
  return enveloped_mail(multipart_signed(part, signature(part, world().bernd)), "bernd@kv-safenet.de");
}

TEST(Nesting, EachLayerIsJudgedByItsOwnFrom) {
  const auto message = opened(gateway_mail(sealed(letter())));
  EXPECT_EQ(message.verdict, Verdict::valid);
  ASSERT_EQ(message.layers.size(), 2U);
  EXPECT_EQ(message.layers[0].from, "bernd@kv-safenet.de");
  EXPECT_EQ(message.layers[1].from, "anna@kv-safenet.de");
  EXPECT_EQ(message.layers[1].signer->email, "anna@kv-safenet.de");
  EXPECT_EQ(message.text(), "Guten Tag, Herr Kollege");
}

TEST(Nesting, AForgedInnerLayerShows) {
  const auto forged = enveloped_mail(signed_entity(world().bernd), "anna@kv-safenet.de");
  const auto message = opened(gateway_mail(forged));
  EXPECT_EQ(message.layers[0].verdict, Verdict::valid);
  EXPECT_EQ(message.layers[1].verdict, Verdict::signer_not_sender);
  EXPECT_EQ(message.verdict, Verdict::signer_not_sender);
}

TEST(Nesting, AnUnsignedInnerMailHasNoParts) {
  const auto message = opened(gateway_mail(enveloped_mail(text_entity("nicht unterschrieben"))));
  ASSERT_EQ(message.layers.size(), 2U);
  EXPECT_EQ(message.verdict, Verdict::not_signed);
  EXPECT_TRUE(message.parts.empty());
  std::ostringstream raw;
  ASSERT_TRUE(message.read_unverified(raw).ok());
  EXPECT_NE(raw.str().find("nicht unterschrieben"), std::string::npos);
}

TEST(Nesting, AnInnerLayerWithoutEnvelopeIsStillInsideOne) {
  std::string inner = mail_fields() + signed_entity(world().anna);
  for (auto at = inner.find("SIG"); at != std::string::npos; at = inner.find("SIG")) {
    inner.replace(at, 3, "inner");  // the gateway's own boundary is another one
  }
  const auto message = opened(gateway_mail(inner));
  EXPECT_EQ(message.verdict, Verdict::valid);
  ASSERT_EQ(message.layers.size(), 2U);
  EXPECT_EQ(message.layers[1].content_cipher, "");
}

TEST(Nesting, AnInnerLayerThatCannotBeOpenedIsReportedWithTheOuterResult) {
  const auto stranger =
      test_pki::make_user(world().user_ca, {.address = "stranger@kv-safenet.de", .key_name = "stranger"});
  const auto inner = mail_fields() + pkcs7_mime(envelope(text_entity(), {stranger.certificate}), "enveloped-data");
  const auto message = opened(gateway_mail(inner));
  ASSERT_EQ(message.layers.size(), 2U);
  EXPECT_EQ(message.layers[0].verdict, Verdict::valid);
  EXPECT_EQ(message.verdict, Verdict::decrypt_failed);
  EXPECT_EQ(message.layers[1].recipients[0], stranger.certificate.issuer_and_serial());
}

TEST(Nesting, AWrappedMailThatIsNoMailIsMalformed) {
  const auto message = opened(gateway_mail("not a mail at all"));
  ASSERT_EQ(message.layers.size(), 2U);
  EXPECT_EQ(message.layers[1].verdict, Verdict::malformed);
}

TEST(Nesting, TripleWrappingInheritsTheSender) {
  const auto part = pkcs7_mime(envelope(signed_entity(world().anna), {world().bernd.certificate}), "enveloped-data");
  const auto message = opened(mail_fields() + multipart_signed(part, signature(part, world().anna)));
  ASSERT_EQ(message.layers.size(), 2U);
  EXPECT_EQ(message.layers[0].verdict, Verdict::not_encrypted);
  EXPECT_EQ(message.layers[1].verdict, Verdict::valid);
  EXPECT_EQ(message.layers[1].from, "anna@kv-safenet.de");
  EXPECT_EQ(message.text(), "Guten Tag");
}

TEST(Nesting, AnEnvelopeInAnEnvelopeIsNotSignedOutside) {
  const auto inner = pkcs7_mime(envelope(signed_entity(world().anna), {world().bernd.certificate}), "enveloped-data");
  const auto message = opened(enveloped_mail(inner));
  ASSERT_EQ(message.layers.size(), 2U);
  EXPECT_EQ(message.verdict, Verdict::not_signed);
  EXPECT_EQ(message.layers[1].verdict, Verdict::valid);
}

TEST(Nesting, DepthIsLimited) {
  std::string mail = sealed(letter());
  for (int i = 0; i < 4; ++i) {
    mail = gateway_mail(mail);
  }
  auto with = options();
  with.max_layers = 5;
  EXPECT_EQ(opened(mail, with).verdict, Verdict::valid);
  with.max_layers = 4;
  const auto message = opened(mail, with);
  EXPECT_EQ(message.layers.size(), 5U);
  EXPECT_EQ(message.verdict, Verdict::malformed);
  EXPECT_TRUE(message.parts.empty());
}

TEST(Nesting, ManyPlainWrappersEndAtTheLimit) {
  std::string mail = "From: x@y\r\n\r\nend";
  for (int i = 0; i < 2000; ++i) {
    mail = wrapped(mail);
  }
  const auto message = opened(mail);
  EXPECT_EQ(message.layers.size(), 9U);
  EXPECT_EQ(message.layers.back().verdict, Verdict::malformed);
}

}  // namespace
}  // namespace kvc::message
