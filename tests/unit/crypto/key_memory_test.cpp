// SPDX-License-Identifier: Apache-2.0
// A private key leaves nothing in memory that was freed: this process searches itself.
#include <gtest/gtest.h>
#include <openssl/core_names.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "crypto/key.h"
#include "crypto/openssl_ptr.h"
#include "crypto/pkcs12.h"
#include "unit/crypto/test_pki.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KVC_SANITIZED 1
#endif

namespace kvc::crypto {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint8_t kMask = 0xa5;  // what is searched for must not be in memory itself

/// The middle of the private exponent, the big and the little end first, both masked.
std::vector<Bytes> masked_needles(const PrivateKey& key) {
  BIGNUM* number = nullptr;
  EXPECT_EQ(EVP_PKEY_get_bn_param(key.native(), OSSL_PKEY_PARAM_RSA_D, &number), 1);
  Bytes digits(static_cast<std::size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, digits.data());
  BN_clear_free(number);
  Bytes needle;
  for (std::size_t i = digits.size() / 2 - 16; i < digits.size() / 2 + 16; ++i) {
    needle.push_back(digits[i] ^ kMask);
  }
  OPENSSL_cleanse(digits.data(), digits.size());
  return {needle, Bytes(needle.rbegin(), needle.rend())};
}

/// How often one of the needles is in memory that this process may write to.
int found_in_memory(const std::vector<Bytes>& needles) {
  std::ifstream maps("/proc/self/maps");
  std::string line;
  std::vector<std::pair<const std::uint8_t*, const std::uint8_t*>> ranges;
  while (std::getline(maps, line)) {
    if (line.find(" rw") != std::string::npos) {
      ranges.emplace_back(
          reinterpret_cast<const std::uint8_t*>(std::stoull(line, nullptr, 16)),
          reinterpret_cast<const std::uint8_t*>(std::stoull(line.substr(line.find('-') + 1), nullptr, 16)));
    }
  }
  int found = 0;
  for (const auto& [begin, end] : ranges) {
    for (const Bytes& needle : needles) {
      const auto same = [](std::uint8_t memory, std::uint8_t masked) { return memory == (masked ^ kMask); };
      for (const auto* at = begin; (at = std::search(at, end, needle.begin(), needle.end(), same)) != end; ++at) {
        ++found;
      }
    }
  }
  return found;
}

class KeyMemory : public testing::Test {
 protected:
  void SetUp() override {
#ifdef KVC_SANITIZED
    GTEST_SKIP() << "a sanitizer keeps freed memory";
#endif
    leave_holes();
  }

 private:
  /// The heap of a process that has worked for a while: what is freed stays where it was, as the next block is put into
  /// another hole.
  void leave_holes() {
    for (std::size_t size = 64; size < 6000; size += 48) {
      for (int i = 0; i < 20; ++i) {
        (i % 2 == 0 ? kept_ : given_back_).emplace_back(size);
      }
    }
    given_back_.clear();
  }

  std::vector<Bytes> kept_, given_back_;
};

TEST_F(KeyMemory, TheSearchFindsAKeyThatIsThere) {
  const auto key = PrivateKey::generate().value();
  EXPECT_GT(found_in_memory(masked_needles(key)), 0);
}

TEST_F(KeyMemory, NothingIsLeftOfAKeyThatWasMadeAndWritten) {
  std::vector<Bytes> needles;
  {
    const auto key = PrivateKey::generate().value();
    needles = masked_needles(key);
    EXPECT_TRUE(key.to_der().ok());
  }
  EXPECT_EQ(found_in_memory(needles), 0);
}

TEST_F(KeyMemory, NothingIsLeftOfAKeyThatWasRead) {
  std::vector<Bytes> needles;
  {
    const auto made = PrivateKey::generate().value();
    needles = masked_needles(made);
    const Secret der = made.to_der().value();
    EXPECT_TRUE(PrivateKey::from_der(der).ok());
  }
  EXPECT_EQ(found_in_memory(needles), 0);
}

TEST_F(KeyMemory, NothingIsLeftOfAKeyThatWentThroughAKeystore) {
  std::vector<Bytes> needles;
  {
    const auto key = PrivateKey::generate().value();
    needles = masked_needles(key);
    const Identity identity{key, test_pki::issue(test_pki::user_recipe({}), key, std::nullopt)};
    const Secret password("Nur-ein-Test-1");
    const auto file = write_pkcs12({identity}, password, "gone");
    ASSERT_TRUE(file.ok()) << file.status().to_string();
    EXPECT_TRUE(read_pkcs12(*file, password).ok());
  }
  EXPECT_EQ(found_in_memory(needles), 0);
}

}  // namespace
}  // namespace kvc::crypto
