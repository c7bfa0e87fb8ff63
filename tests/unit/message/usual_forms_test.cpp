// SPDX-License-Identifier: Apache-2.0
// The two forms of CMS that are taken apart without OpenSSL's CMS code: what is one of them, and what must not pass as
// one. That both ways say the same of every mail is what differential_test.cpp shows.
#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include <string>
#include <vector>

#include "message/cms.h"
#include "message/cms_usual_envelope.h"
#include "message/cms_usual_signed.h"
#include "message/cms_write.h"
#include "message/der.h"
#include "message/der_read.h"
#include "unit/message/samples.h"

namespace kvc::message::cms {
namespace {

using namespace samples;
using namespace std::string_literals;

Outline outline_of(const std::string& ber) {
  return outline(in_memory(mime::WipedBytes(ber.begin(), ber.end()))).value();
}

std::string ours() {
  auto signer = DetachedSigner::begin(world().anna.key, world().anna.certificate, signing_day()).value();
  signer.add("Inhalt");
  return signer.finish().value();
}

bool is_usual(const std::string& ber,
              const std::vector<crypto::Certificate>& certificates = {world().anna.certificate}) {
  return usual_signed(outline_of(ber), certificates).has_value();
}

/// `der` with `from` replaced by `to` of the same length, once.
std::string replaced(std::string der, const std::string& from, const std::string& to) {
  const auto at = der.find(from);
  EXPECT_NE(at, std::string::npos);
  return der.replace(at, to.size(), to);
}

TEST(UsualSigned, IsWhatWeAndOpensslWrite) {
  EXPECT_TRUE(is_usual(ours()));
  for (const char* digest : {"SHA256", "SHA384", "SHA512"}) {
    const auto outline = outline_of(signature("Inhalt", world().anna, {.digest = digest}));
    const std::vector<crypto::Certificate> certificates{world().anna.certificate};
    const auto usual = usual_signed(outline, certificates);
    ASSERT_TRUE(usual) << digest;
    EXPECT_TRUE(EVP_MD_is_a(usual->digest, digest));
    EXPECT_TRUE(signature_is_good(*usual));
    EXPECT_TRUE(usual->signing_time);
  }
  EXPECT_TRUE(is_usual(signature("Inhalt", world().anna, {.opaque = true})));
}

TEST(UsualSigned, OtherFormsAreLeftToOpenssl) {
  for (const SignOptions& how : std::vector<SignOptions>{{.digest = "SHA1"},
                                                         {.pss = true},
                                                         {.embed_certificate = false},
                                                         {.attributes = false},
                                                         {.more_signers = {world().bernd}},
                                                         {.name_other = world().bernd.certificate}}) {
    EXPECT_FALSE(is_usual(signature("Inhalt", world().anna, how)));
  }
  EXPECT_FALSE(is_usual(ours(), {})) << "no certificate at hand";
  EXPECT_FALSE(is_usual(ours(), {world().bernd.certificate})) << "the certificate of somebody else";
  EXPECT_FALSE(is_usual(envelope("Inhalt", {world().anna.certificate})));
}

/// RFC 5652 section 5.3: "It [signedAttrs] MUST contain, at a minimum, ... content-type ... message-digest", and RFC
/// 5652 section 11: each is there once, with one value.
TEST(UsualSigned, EveryAttributeIsThereOnce) {
  const std::string oid = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09"s;
  EXPECT_FALSE(is_usual(replaced(ours(), oid + "\x03", oid + "\x04"))) << "two digests, no content type";
  EXPECT_FALSE(is_usual(replaced(ours(), oid + "\x04", oid + "\x03"))) << "two content types";
  EXPECT_FALSE(is_usual(replaced(ours(), oid + "\x05", oid + "\x04"))) << "two digests";
  EXPECT_FALSE(is_usual(replaced(ours(), oid + "\x05", oid + "\x06"))) << "a countersignature, signed";
}

/// RFC 5652 section 11.3: "UTCTime values MUST ... include seconds"; what some versions of OpenSSL read and others
/// refuse is not read here.
TEST(UsualSigned, SigningTimesThatAreNoneAreLeftToOpenssl) {
  const std::string der = ours();
  const auto at = der.rfind("\x17\x0d"s);  // the last one; a certificate has two
  ASSERT_NE(at, std::string::npos);
  const std::string time = der.substr(at + 2, 13);
  ASSERT_TRUE(is_usual(replaced(der, time, "990228235959Z")));
  for (const std::string other :
       {"9902282359590", "991328235959Z", "990230235959Z", "9902282359+00", "990228235959z"}) {
    ASSERT_EQ(other.size(), time.size());
    EXPECT_FALSE(is_usual(replaced(der, time, other))) << other;
  }
  std::string general = der;
  general.replace(at, 15,
                  "\x18\x0d"
                  "2406010000Z\x30\x30"s);
  EXPECT_FALSE(is_usual(general));
}

/// A changed attribute or signature stays of the form, and is no good signature.
TEST(UsualSigned, ChangedBytesAreNoGoodSignature) {
  const std::vector<crypto::Certificate> certificates{world().anna.certificate};
  for (const std::size_t back : {1UL, 100UL, 255UL}) {
    auto changed = ours();
    changed[changed.size() - back] = static_cast<char>(changed[changed.size() - back] ^ 1);
    const auto outline = outline_of(changed);
    const auto usual = usual_signed(outline, certificates);
    ASSERT_TRUE(usual);
    EXPECT_FALSE(signature_is_good(*usual));
  }
}

std::string outline_text(const std::string& ber) {
  return outline_of(ber).ber;
}

TEST(UsualEnvelope, IsWhatOpensslWrites) {
  for (const char* cipher : {"AES-128-CBC", "AES-192-CBC", "AES-256-CBC"}) {
    const auto text =
        outline_text(envelope("Inhalt", {world().anna.certificate, world().bernd.certificate}, {.cipher = cipher}));
    const auto usual = usual_envelope(text);
    ASSERT_TRUE(usual) << cipher;
    EXPECT_EQ(usual->recipients.size(), 2U);
    EXPECT_TRUE(EVP_CIPHER_is_a(usual->cipher, cipher));
    ASSERT_NE(recipient_of(*usual, world().bernd.certificate), nullptr);
    EXPECT_EQ(recipient_of(*usual, world().foreign.certificate), nullptr);
    const auto who = identities(*usual, world().bernd.certificate);
    ASSERT_TRUE(who && who->size() == 2U);
    for (const auto& one : *who) {
      EXPECT_TRUE(one == world().anna.certificate.issuer_and_serial() ||
                  one == world().bernd.certificate.issuer_and_serial());
    }
  }
}

TEST(UsualEnvelope, OtherFormsAreLeftToOpenssl) {
  const auto& bernd = world().bernd.certificate;
  for (const EncryptOptions& how : std::vector<EncryptOptions>{
           {.cipher = "AES-256-GCM"}, {.cipher = "DES-EDE3-CBC"}, {.oaep = true}, {.by_key_id = true}}) {
    EXPECT_FALSE(usual_envelope(outline_text(envelope("Inhalt", {bernd}, how)))) << how.cipher;
  }
  EXPECT_FALSE(usual_envelope(outline_text(ours())));
  EXPECT_FALSE(usual_envelope(""));
}

/// RFC 3218 section 2.3.2: whatever is wrong with the encrypted key, decryption goes on with a random one of the right
/// size.
TEST(UsualEnvelope, AKeyThatIsNotRecoveredIsARandomOne) {
  const auto text = outline_text(envelope("Inhalt", {world().bernd.certificate}));
  const auto usual = usual_envelope(text);
  ASSERT_TRUE(usual);
  const UsualRecipient& good = usual->recipients[0];
  EXPECT_TRUE(make_ready(*usual, good, world().bernd.key).key_recovered);

  std::string changed(good.encrypted_key);
  changed[100] = static_cast<char>(changed[100] ^ 1);
  // A key of another size, wrapped as it should be.
  const crypto::PkeyContextPtr context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, X509_get0_pubkey(world().bernd.certificate.native()), nullptr));
  std::string wrapped(256, '\0');
  std::size_t size = wrapped.size();
  ASSERT_TRUE(EVP_PKEY_encrypt_init(context.get()) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_encrypt(context.get(), reinterpret_cast<unsigned char*>(wrapped.data()), &size,
                               reinterpret_cast<const unsigned char*>("sechzehn Zeichen"), 16) == 1);
  for (const std::string& key : {changed, wrapped, std::string(), std::string(3, 'x')}) {
    const auto ready = make_ready(*usual, {good.issuer, good.serial, key}, world().bernd.key);
    EXPECT_FALSE(ready.key_recovered);
    EXPECT_NE(ready.cipher, nullptr) << "decryption goes on";
  }
  const auto other = make_ready(*usual, good, world().anna.key);
  EXPECT_FALSE(other.key_recovered);
  EXPECT_NE(other.cipher, nullptr);
}

/// X.690 section 10.1: "The definite form of length encoding shall be used, encoded in the minimum number of octets."
TEST(DerRead, OnlyTheShortestDefiniteLengthCounts) {
  const auto taken = [](std::string_view bytes) {
    const auto element = der::take(bytes, der::kOctets);
    return element ? std::optional(std::string(element->content) + "|" + std::string(bytes)) : std::nullopt;
  };
  EXPECT_EQ(taken("\x04\x02"
                  "abc"),
            "ab|c");
  EXPECT_EQ(taken("\x04\x00"s), "|");
  EXPECT_EQ(taken("\x04\x81\x80" + std::string(128, 'x') + "y"), std::string(128, 'x') + "|y");
  for (const std::string& bad : {""s, "\x04"s, "\x30\x01x"s, "\x04\x02x"s, "\x04\x80xx\0\0"s, "\x04\x81\x01x"s,
                                 "\x04\x82\x00\x80"s + std::string(128, 'x'), "\x04\x82\x01"s,
                                 "\x04\x84\x00\x00\x00\x01x"s, "\x04\x83\xff\xff\xffx"s, "\x04\xffx"s}) {
    EXPECT_EQ(taken(bad), std::nullopt);
  }
  EXPECT_EQ(der::magnitude("\x00\x80"s), "\x80"s);
  EXPECT_EQ(der::magnitude("\x00"s), "\x00"s);
  EXPECT_EQ(der::magnitude("\x7f"), "\x7f");
  EXPECT_EQ(der::magnitude(""), std::nullopt);
  EXPECT_EQ(der::magnitude("\x80"), std::nullopt) << "negative";
  EXPECT_EQ(der::magnitude("\x00\x7f"s), std::nullopt) << "a zero too many";
}

}  // namespace
}  // namespace kvc::message::cms
