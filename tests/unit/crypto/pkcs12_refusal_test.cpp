// SPDX-License-Identifier: Apache-2.0
// Why a keystore file cannot be used, and passwords that programs encode differently.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/openssl_ptr.h"
#include "crypto/pkcs12.h"
#include "crypto/pkcs12_outline.h"
#include "unit/crypto/test_keystore.h"
#include "unit/crypto/test_pki.h"

namespace kvc::crypto {
namespace {

using test_pki::keystore_of;
using test_pki::KeystoreRecipe;
using test_pki::make_keystore;
using test_pki::reason_of;
using ::testing::AnyOf;

const Identity& muster() {
  static const Identity identity = test_pki::make_user(test_pki::make_user_ca(test_pki::make_root()));
  return identity;
}

Secret secret(std::string_view text) {
  return Secret(text);
}

/// Of reading with the right password; "" if the file is good, the code's key if it has another error.
std::string reason(std::string_view der) {
  const Status status = read_pkcs12(der, secret("artificial")).status();
  return status.ok() ? "" : status.is(error::malformed) ? reason_of(status) : status.code().key;
}

/// The same elements with indefinite lengths for the outer ones, as NSS writes them.
std::string with_indefinite_lengths(const std::string& der) {
  const std::size_t header = 2 + (static_cast<std::uint8_t>(der[1]) & 0x7fU);
  return std::string("\x30\x80", 2) + der.substr(header) + std::string(2, '\0');
}

TEST(Pkcs12Refusal, OtherFilesAreNoKeystore) {
  const std::string jpeg("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01", 12);
  const std::string jks("\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00\x01", 12);
  const Secret key = muster().key.to_der().value();
  for (const std::string& file :
       {std::string(), std::string("0"), std::string("Guten Tag"), jpeg, jks, std::string(5'000'000, '0'),
        std::string(100, '\0'), std::string(20'000, '\x30'), std::string("\x30\x84\x7f\xff\xff\xff", 6),
        muster().certificate.pem(), muster().certificate.der(), test_pki::key_pem(muster().key),
        std::string(key.reveal()), std::string("\x30\x82\x01\x00\x02\x01\x04", 7)}) {
    EXPECT_EQ(reason(file), "not_a_keystore") << file.size();
  }
}

TEST(Pkcs12Refusal, EveryTruncationIsNamed) {
  const std::string der = make_keystore(keystore_of({muster()}));
  ASSERT_EQ(reason(der), "");
  const std::string ber = with_indefinite_lengths(der);
  ASSERT_EQ(reason(ber), "");
  for (const std::string& file : {der, ber}) {
    for (std::size_t size = 0; size < file.size(); ++size) {
      EXPECT_EQ(reason(file.substr(0, size)), size < (file == der ? 7U : 5U) ? "not_a_keystore" : "truncated") << size;
    }
  }
}

TEST(Pkcs12Refusal, WhatWasOverwrittenIsDamaged) {
  std::string der = make_keystore(keystore_of({muster()}));
  EXPECT_EQ(reason(der + "x"), "damaged");
  EXPECT_EQ(reason(der.substr(0, 60) + std::string(der.size() - 60, '\0')), "damaged");
  // A byte inside what the MAC covers is told as a wrong password: nobody can tell them apart.
  der[der.size() / 2] = static_cast<char>(der[der.size() / 2] ^ 1);
  EXPECT_THAT(reason(der), AnyOf("crypto.wrong_passphrase", "damaged"));
}

TEST(Pkcs12Refusal, ParsingTheOutlineEndsForHostileLengths) {
  std::string open("\x30\x80\x02\x01\x03", 5);
  for (int i = 0; i < 100'000; ++i) {
    open += std::string("\x30\x80", 2);
  }
  EXPECT_EQ(pkcs12_outline(open), Outline::truncated);
  EXPECT_EQ(pkcs12_outline(std::string("\x30\x80\x02\x01\x03\x00\x00", 7)), Outline::whole);
  EXPECT_EQ(pkcs12_outline(std::string("\x30\x80\x02\x01\x03\x1f\x81\x01", 8)), Outline::whole)
      << "no sense, but an end";
  EXPECT_EQ(pkcs12_outline(std::string("\x30\x80\x02\x01\x03\x04\x84\xff\xff\xff\xff", 11)), Outline::truncated);
  EXPECT_EQ(pkcs12_outline(std::string("\x30\x84\xff\xff\xff\xff\x02\x01\x03", 9)), Outline::truncated);
  EXPECT_EQ(pkcs12_outline(std::string("\x30\x85\x01\x00\x00\x00\x00\x02\x01\x03", 10)), Outline::foreign);
}

TEST(Pkcs12Refusal, WhatIsMissingInsideIsNamed) {
  const auto ca = test_pki::make_root();
  const auto other = test_pki::key("somebody else");
  for (const int cipher : {NID_aes_256_cbc, NID_undef}) {
    const auto made = [&](KeystoreRecipe recipe) {
      recipe.cipher = cipher;
      return reason(make_keystore(recipe));
    };
    EXPECT_EQ(made({}), "no_key");
    EXPECT_EQ(made({.certificates = {muster().certificate, ca.certificate}}), "no_key");
    EXPECT_EQ(made({.keys = {muster().key}}), "no_certificate");
    EXPECT_EQ(made({.keys = {other}, .certificates = {muster().certificate}}), "no_certificate");
    EXPECT_EQ(made({.keys = {test_pki::elliptic_key()}, .certificates = {muster().certificate}}), "not_rsa");
    EXPECT_EQ(made({.keys = {test_pki::elliptic_key(), other, muster().key},
                    .certificates = {ca.certificate, muster().certificate}}),
              "");
  }
}

TEST(Pkcs12Refusal, ACertificateThatMakesNoSenseIsDamaged) {
  std::string der = muster().certificate.der();
  const auto time = der.find("390101000000Z");
  ASSERT_NE(time, std::string::npos);
  der.replace(time, 13, "390101500000Z");  // an hour that no day has: OpenSSL takes it, Certificate does not
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const std::shared_ptr<X509> odd(d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  ASSERT_TRUE(odd);
  EXPECT_EQ(reason(make_keystore({.keys = {muster().key}, .certificates = {Certificate(odd)}})), "damaged");
}

TEST(Pkcs12Refusal, AnUnknownMacIsNoWrongPassword) {
  std::string der = make_keystore(keystore_of({muster()}));
  const std::string sha256("\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9);
  const std::string pbmac1("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e", 9);  // RFC 9579
  const auto at = der.rfind(sha256);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(reason(der.replace(at, sha256.size(), pbmac1)), "unsupported");
}

TEST(Pkcs12Refusal, TooMuchWorkIsUnsupported) {
  KeystoreRecipe many = keystore_of({muster()});
  many.certificates.resize(1'001, muster().certificate);
  EXPECT_EQ(reason(make_keystore(many)), "unsupported");
  many.certificates.resize(900, muster().certificate);
  EXPECT_EQ(reason(make_keystore(many)), "") << "one pair, although the certificate is there 900 times";
  EXPECT_EQ(read_pkcs12(make_keystore(many), secret("artificial"))->size(), 1U);
}

TEST(Pkcs12Refusal, AWrongPasswordIsAWrongPassword) {
  const std::string der = make_keystore(keystore_of({muster()}));
  for (const std::string_view wrong : {"", "Artificial", "artificial ", "artificiäl", "\xff\xfe"}) {
    EXPECT_TRUE(read_pkcs12(der, secret(wrong)).status().is(error::wrong_passphrase)) << wrong;
  }
}

/// One way a program makes bytes of the password "Käse-Öl", which a UTF-8 locale gives as kTyped.
struct Encoding {
  const char* program;
  const char* mac;      ///< as UTF-8
  const char* content;  ///< bytes
  std::size_t content_size;
  int cipher;
};
constexpr const char* kTyped = "K\xc3\xa4se-\xc3\x96l";
constexpr const char* kDoubled = "K\xc3\x83\xc2\xa4se-\xc3\x83\xc2\x96l";  // each byte of kTyped a character

class Pkcs12Password : public ::testing::TestWithParam<Encoding> {};

TEST_P(Pkcs12Password, OpensTheFile) {
  KeystoreRecipe recipe = keystore_of({muster()});
  recipe.password = GetParam().mac;
  recipe.content_password = std::string(GetParam().content, GetParam().content_size);
  recipe.cipher = GetParam().cipher;
  const std::string der = make_keystore(recipe);
  const auto found = read_pkcs12(der, secret(kTyped));
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  EXPECT_TRUE(found->front().certificate == muster().certificate);
  for (const char* wrong : {"K\xc3\xa4se-Ol", "Kase-Ol", "K\xc3\xa4se-\xc3\xb6l"}) {
    EXPECT_TRUE(read_pkcs12(der, secret(wrong)).status().is(error::wrong_passphrase)) << wrong;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Umlauts, Pkcs12Password,
    ::testing::Values(Encoding{"AsTheStandardSays", kTyped, kTyped, 9, NID_aes_256_cbc},
                      Encoding{"AsTheStandardSaysOld", kTyped, kTyped, 9, NID_pbe_WithSHA1And3_Key_TripleDES_CBC},
                      Encoding{"OldOpensslOldEncryption", kDoubled, kDoubled, 13,
                               NID_pbe_WithSHA1And3_Key_TripleDES_CBC},
                      Encoding{"OldOpensslOldestEncryption", kDoubled, kDoubled, 13, NID_pbe_WithSHA1And40BitRC2_CBC},
                      Encoding{"OldOpensslAes", kDoubled, kTyped, 9, NID_aes_128_cbc},
                      Encoding{"Latin1Terminal", kTyped, "K\xe4se-\xd6l", 7, NID_aes_256_cbc},
                      Encoding{"OldNss", kTyped, "\0K\0\xe4\0s\0e\0-\0\xd6\0l\0\0", 16, NID_aes_256_cbc}),
    [](const auto& instance) { return std::string(instance.param.program); });

TEST(Pkcs12Password, OldNssOpensWithAsciiToo) {
  KeystoreRecipe recipe = keystore_of({muster()});
  recipe.password = "ab";
  recipe.content_password = std::string("\0a\0b\0\0", 6);
  EXPECT_TRUE(read_pkcs12(make_keystore(recipe), secret("ab")).ok());
}

TEST(Pkcs12Password, CharactersBeyondLatin1) {
  KeystoreRecipe recipe = keystore_of({muster()});
  recipe.password = "Schl\xc3\xbcssel \xe2\x82\xac \xf0\x9f\x94\x91";
  EXPECT_TRUE(read_pkcs12(make_keystore(recipe), secret(recipe.password)).ok());
  const auto ours = write_pkcs12({muster()}, secret(recipe.password), "x");
  ASSERT_TRUE(ours.ok());
  EXPECT_TRUE(read_pkcs12(*ours, secret(recipe.password)).ok());
}

TEST(Pkcs12Password, AFittingMacAloneIsNotEnough) {
  KeystoreRecipe recipe = keystore_of({muster()});
  recipe.password = kTyped;
  recipe.content_password = "something else";
  EXPECT_TRUE(read_pkcs12(make_keystore(recipe), secret(kTyped)).status().is(error::wrong_passphrase));
}

}  // namespace
}  // namespace kvc::crypto
