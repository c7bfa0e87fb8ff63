// SPDX-License-Identifier: Apache-2.0
#include "crypto/rsa_key_der.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "unit/crypto/test_pki.h"

namespace kvc::crypto {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// The RSAPrivateKey inside a PrivateKeyInfo.
Bytes rsa_private_key(const PrivateKey& key) {
  const Secret info = key.to_der().value();
  const unsigned char* at = info.bytes().data();
  const Pkcs8InfoPtr parsed(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(info.size())));
  const unsigned char* inner = nullptr;
  int size = 0;
  EXPECT_EQ(PKCS8_pkey_get0(nullptr, &inner, &size, nullptr, parsed.get()), 1);
  return {inner, inner + size};
}

/// RFC 8017 appendix A.1.2: an RSA private key is represented with the type RSAPrivateKey.
TEST(RsaKeyDer, IsTheKeyThatOpensslReads) {
  for (const char* name : {"a", "b", "tool"}) {
    const Bytes der = rsa_private_key(test_pki::key(name));
    const PkeyPtr ours = read_rsa_private_key(der);
    ASSERT_TRUE(ours);
    const unsigned char* at = der.data();
    const PkeyPtr theirs(d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
    ASSERT_TRUE(theirs);
    EXPECT_EQ(EVP_PKEY_eq(ours.get(), theirs.get()), 1);
    const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, ours.get(), nullptr));
    EXPECT_EQ(EVP_PKEY_pairwise_check(context.get()), 1);
    // All eight numbers: the encoding is the same to the byte.
    unsigned char* written = nullptr;
    const int size = i2d_PrivateKey(ours.get(), &written);
    ASSERT_GT(size, 0);
    EXPECT_EQ(Bytes(written, written + size), der);
    OPENSSL_free(written);
  }
}

Bytes info_of(PKCS8_PRIV_KEY_INFO* info) {
  unsigned char* written = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info, &written);
  EXPECT_GT(size, 0);
  Bytes der(written, written + std::max(size, 0));
  OPENSSL_free(written);
  return der;
}

PkeyPtr made_key(std::size_t bits, int primes) {
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* made = nullptr;
  EXPECT_EQ(EVP_PKEY_keygen_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(bits)), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_keygen_primes(context.get(), primes), 1);
  EXPECT_EQ(EVP_PKEY_generate(context.get(), &made), 1);
  return PkeyPtr(made);
}

/// Forty keys, of lengths that end within a byte too: numbers begin with a zero byte, or with a high bit, or with
/// neither.
TEST(RsaKeyDer, IsWrittenAsOpensslWritesIt) {
  for (std::size_t bits = 1024; bits < 1064; ++bits) {
    const PkeyPtr key = made_key(bits, 2);
    ASSERT_TRUE(key);
    unsigned char* written = nullptr;
    const int size = i2d_PrivateKey(key.get(), &written);
    ASSERT_GT(size, 0);
    const Secret ours = write_rsa_private_key(key.get());
    EXPECT_EQ(Bytes(ours.bytes().begin(), ours.bytes().end()), Bytes(written, written + size)) << bits;
    OPENSSL_free(written);
    const Pkcs8InfoPtr theirs(EVP_PKEY2PKCS8(key.get()));
    EXPECT_EQ(info_of(private_key_info(key.get()).get()), info_of(theirs.get())) << bits;
  }
}

/// Kinds of keys that are not ours to write: OpenSSL writes them.
TEST(RsaKeyDer, LeavesOtherKeysToOpenssl) {
  const PkeyPtr three = made_key(2048, 3);
  ASSERT_TRUE(three);
  EXPECT_TRUE(write_rsa_private_key(three.get()).empty());
  const Pkcs8InfoPtr theirs(EVP_PKEY2PKCS8(three.get()));
  EXPECT_EQ(info_of(private_key_info(three.get()).get()), info_of(theirs.get()));
  const auto public_key = test_pki::issue(test_pki::user_recipe({}), test_pki::key("a"), std::nullopt);
  EXPECT_TRUE(write_rsa_private_key(X509_get0_pubkey(public_key.native())).empty());
}

TEST(RsaKeyDer, RefusesWhatIsCutOrFollowedByMore) {
  const Bytes der = rsa_private_key(test_pki::key("a"));
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(read_rsa_private_key({der.data(), size})) << size;
  }
  Bytes longer = der;
  longer.push_back(0);
  EXPECT_FALSE(read_rsa_private_key(longer));
}

/// Every byte changed in three ways: nothing crashes, and a damaged frame is no key. A changed digit stays one.
TEST(RsaKeyDer, SurvivesEveryChangedByte) {
  const Bytes der = rsa_private_key(test_pki::key("a"));
  for (std::size_t at = 0; at < der.size(); ++at) {
    for (const std::uint8_t change : Bytes{0x01, 0x80, 0xff}) {
      Bytes damaged = der;
      damaged[at] ^= change;
      const PkeyPtr key = read_rsa_private_key(damaged);
      if (at < 7) {  // the SEQUENCE with its length, and the version
        EXPECT_FALSE(key) << at;
      }
    }
  }
}

TEST(RsaKeyDer, RefusesOtherVersionsNegativeAndMissingNumbers) {
  EXPECT_FALSE(read_rsa_private_key(Bytes{0x30, 0x00}));
  EXPECT_FALSE(read_rsa_private_key(Bytes{0x30, 0x80, 0x02, 0x01, 0x00, 0x00, 0x00}));  // indefinite length
  Bytes numbers{0x30, 27, 0x02, 0x01, 0x00};
  for (int i = 0; i < 8; ++i) {
    numbers.insert(numbers.end(), {0x02, 0x01, 0x03});
  }
  Bytes of_two_primes_or_more = numbers;
  of_two_primes_or_more[4] = 1;
  EXPECT_FALSE(read_rsa_private_key(of_two_primes_or_more));
  Bytes negative = numbers;
  negative.back() = 0x83;
  EXPECT_FALSE(read_rsa_private_key(negative));
  Bytes empty = numbers;
  empty.back() = 0x00;
  empty[empty.size() - 2] = 0x00;
  EXPECT_FALSE(read_rsa_private_key(empty));
}

}  // namespace
}  // namespace kvc::crypto
