// SPDX-License-Identifier: Apache-2.0
// "Order when several apply" (protocol C): messages with any set of faults that can stand together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using namespace samples;

/// A message with exactly these faults, out of those that can stand in one layer with a readable signature.
std::string message_with(const std::set<Verdict>& faults) {
  const bool untrusted = faults.count(Verdict::issuer_not_trusted) != 0;
  const bool expired = faults.count(Verdict::certificate_expired) != 0;
  static const auto foreign_expired =
      test_pki::make_user(world().foreign_ca, {.address = "anna@kv-safenet.de",
                                               .not_before = test_pki::day("2019-01-01"),
                                               .not_after = test_pki::day("2020-01-01"),
                                               .key_name = "foreign-expired"});
  const auto& signer =
      untrusted ? (expired ? foreign_expired : world().foreign) : (expired ? world().expired : world().anna);
  SignOptions how;
  how.digest = faults.count(Verdict::weak_algorithm) != 0 ? "SHA1" : "SHA256";
  auto entity = signed_entity(signer, how);
  if (faults.count(Verdict::digest_mismatch) != 0) {
    entity.replace(entity.find("Guten"), 5, "Boese");
  }
  const std::string from = faults.count(Verdict::signer_not_sender) != 0 ? "carla@kv-safenet.de" : "anna@kv-safenet.de";
  return faults.count(Verdict::not_encrypted) != 0 ? mail_fields(from) + entity : enveloped_mail(entity, from);
}

constexpr Verdict kFaults[] = {Verdict::digest_mismatch,     Verdict::signer_not_sender, Verdict::issuer_not_trusted,
                               Verdict::certificate_expired, Verdict::weak_algorithm,    Verdict::not_encrypted};

TEST(Precedence, EverySetOfFaultsGivesTheFirstAndListsTheRest) {
  for (unsigned set = 0; set < 64; ++set) {
    std::set<Verdict> faults;
    for (unsigned i = 0; i < 6; ++i) {
      if ((set >> i & 1U) != 0) {
        faults.insert(kFaults[i]);
      }
    }
    const auto message = opened(message_with(faults));
    ASSERT_EQ(message.layers.size(), 1U);
    const Layer& layer = message.layers[0];
    std::vector<Verdict> all;
    if (layer.verdict != Verdict::valid) {
      all.push_back(layer.verdict);
    }
    all.insert(all.end(), layer.findings.begin(), layer.findings.end());
    EXPECT_EQ(all, std::vector<Verdict>(faults.begin(), faults.end())) << "set " << set << ": " << layer.reason;
    EXPECT_EQ(message.parts.empty(), faults.count(Verdict::digest_mismatch) != 0);
    EXPECT_EQ(layer.reason.empty(), faults.empty());
  }
}

TEST(Precedence, MalformedGoesBeforeEverything) {
  auto with = options();
  with.keys.clear();
  EXPECT_EQ(opened("From: a@b\r\nFrom: c@d\r\n" +
                       pkcs7_mime(envelope(text_entity(), {world().bernd.certificate}), "enveloped-data"),
                   with)
                .verdict,
            Verdict::malformed);
}

TEST(Precedence, DecryptFailedGoesBeforeNotSigned) {
  auto with = options();
  with.keys.clear();
  EXPECT_EQ(opened(enveloped_mail(text_entity()), with).verdict, Verdict::decrypt_failed);
}

TEST(Precedence, NotSignedBesideAWeakCipher) {
  const auto message = opened(enveloped_mail(text_entity(), "anna@kv-safenet.de", {.cipher = "DES-EDE3-CBC"}));
  EXPECT_EQ(message.verdict, Verdict::not_signed);
  EXPECT_THAT(message.layers[0].findings, testing::ElementsAre(Verdict::weak_algorithm));
}

TEST(Precedence, TheOutermostLayerThatIsNotValidGivesTheVerdict) {
  const std::string inner = enveloped_mail(signed_entity(world().bernd), "anna@kv-safenet.de");
  const std::string part = "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" + inner;
  const auto good_outside = opened(enveloped_mail(multipart_signed(part, signature(part, world().anna))));
  ASSERT_EQ(good_outside.layers.size(), 2U);
  EXPECT_EQ(good_outside.layers[0].verdict, Verdict::valid);
  EXPECT_EQ(good_outside.verdict, Verdict::signer_not_sender);
  const auto bad_outside = opened(enveloped_mail(multipart_signed(part, signature(part, world().foreign))));
  EXPECT_EQ(bad_outside.verdict, Verdict::issuer_not_trusted);
  EXPECT_EQ(bad_outside.layers[1].verdict, Verdict::signer_not_sender);
}

}  // namespace
}  // namespace kvc::message
