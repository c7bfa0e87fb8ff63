// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.h"

#include <gtest/gtest.h>

#include "unit/crypto/hex.h"

namespace kvc::crypto {
namespace {

using test::from_hex;
using test::to_hex;

Secret key_of(char fill) {
  return Secret(std::string(kAeadKeyBytes, fill));
}

TEST(Aead, OpensNistGcmVector) {
  // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16 (AES-256 with associated data).
  const Secret key(from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  const std::string sealed = from_hex(
      "01"
      "cafebabefacedbaddecaf888"
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
      "bcc9f662"
      "76fc6ece0f4e1768cddf8853bb2d551b");
  const auto opened = aead_open(key, sealed, from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  EXPECT_EQ(
      to_hex(opened->reveal()),
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0d"
      "e657ba637b39");
}

TEST(Aead, RoundTripOfEverySize) {
  for (const std::size_t size : {0UL, 1UL, 15UL, 16UL, 17UL, 100'000UL}) {
    const Secret plain(std::string(size, 'x'));
    const auto sealed = aead_seal(Env::system(), key_of('k'), plain, "purpose");
    ASSERT_TRUE(sealed.ok());
    EXPECT_EQ(sealed->size(), size + kAeadOverhead);
    const auto opened = aead_open(key_of('k'), sealed.value(), "purpose");
    ASSERT_TRUE(opened.ok());
    EXPECT_TRUE(opened.value() == plain);
  }
}

TEST(Aead, TwoSealsDiffer) {
  const Secret plain(std::string_view("same"));
  EXPECT_NE(aead_seal(Env::system(), key_of('k'), plain, "").value(),
            aead_seal(Env::system(), key_of('k'), plain, "").value());
}

TEST(Aead, EveryChangedBitIsNoticed) {
  const auto sealed = aead_seal(Env::system(), key_of('k'), Secret(std::string_view("Geheimnis")), "purpose").value();
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(static_cast<unsigned char>(changed[bit / 8]) ^ (1U << (bit % 8)));
    EXPECT_TRUE(aead_open(key_of('k'), changed, "purpose").status().is(error::decrypt_failed)) << "bit " << bit;
  }
}

TEST(Aead, EveryTruncationIsNoticed) {
  const auto sealed = aead_seal(Env::system(), key_of('k'), Secret(std::string_view("Geheimnis")), "p").value();
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_TRUE(aead_open(key_of('k'), sealed.substr(0, size), "p").status().is(error::decrypt_failed)) << size;
  }
  EXPECT_TRUE(aead_open(key_of('k'), sealed + "x", "p").status().is(error::decrypt_failed));
}

TEST(Aead, WrongKeyAndPurposeLookTheSame) {
  const auto sealed = aead_seal(Env::system(), key_of('k'), Secret(std::string_view("x")), "p").value();
  const auto wrong_key = aead_open(key_of('l'), sealed, "p").status();
  const auto wrong_purpose = aead_open(key_of('k'), sealed, "q").status();
  EXPECT_TRUE(wrong_key.is(error::decrypt_failed));
  EXPECT_EQ(wrong_key.to_string(), wrong_purpose.to_string());
}

TEST(Aead, KeyOfOtherLengthIsRefused) {
  EXPECT_TRUE(
      aead_seal(Env::system(), Secret(std::string_view("short")), Secret(), "").status().is(error::bad_request));
  EXPECT_TRUE(
      aead_open(Secret(std::string_view("short")), std::string(40, '\1'), "").status().is(error::decrypt_failed));
}

TEST(Scrypt, Rfc7914Vectors) {
  struct Vector {
    std::string_view password, salt;
    ScryptCost cost;
    std::string_view key;
  };
  const Vector vectors[] = {
      {"",
       "",
       {16, 1, 1},
       "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d362"
       "8c"
       "f35e20c38d18906"},
      {"password",
       "NaCl",
       {1024, 8, 16},
       "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6"
       "d8"
       "360cbdfa2cc0640"},
      {"pleaseletmein",
       "SodiumChloride",
       {16384, 8, 1},
       "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e4"
       "0d"
       "fcf017b45575887"},
  };
  for (const auto& vector : vectors) {
    const auto key = scrypt(Secret(vector.password), vector.salt, vector.cost, 64);
    ASSERT_TRUE(key.ok()) << key.status().to_string();
    EXPECT_EQ(to_hex(key->reveal()), vector.key);
  }
}

TEST(Scrypt, RefusesAbsurdCosts) {
  const Secret password(std::string_view("p"));
  const std::string salt(16, 's');
  for (const ScryptCost cost : {ScryptCost{0, 8, 1}, ScryptCost{1000, 8, 1}, ScryptCost{1ULL << 40U, 8, 1},
                                ScryptCost{1ULL << 23U, 8, 1}, ScryptCost{1024, 0, 1}, ScryptCost{1024, 8, 0},
                                ScryptCost{1024, 1ULL << 40U, 1}, ScryptCost{1024, 8, 1ULL << 40U}}) {
    EXPECT_TRUE(scrypt(password, salt, cost, 32).status().is(error::bad_request)) << cost.n << " " << cost.r;
  }
  EXPECT_TRUE(key_from_passphrase(password, "short salt").status().is(error::bad_request));
  EXPECT_TRUE(key_from_passphrase(password, salt, {16, 8, 1}).status().is(error::bad_request));
}

TEST(Scrypt, PassphraseAndSaltBothCount) {
  const ScryptCost cheap{1024, 8, 1};
  const auto key = key_from_passphrase(Secret(std::string_view("eins")), std::string(16, 'a'), cheap).value();
  EXPECT_EQ(key.size(), kAeadKeyBytes);
  EXPECT_FALSE(key == key_from_passphrase(Secret(std::string_view("zwei")), std::string(16, 'a'), cheap).value());
  EXPECT_FALSE(key == key_from_passphrase(Secret(std::string_view("eins")), std::string(16, 'b'), cheap).value());
  EXPECT_TRUE(key == key_from_passphrase(Secret(std::string_view("eins")), std::string(16, 'a'), cheap).value());
}

}  // namespace
}  // namespace kvc::crypto
