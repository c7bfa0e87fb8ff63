// SPDX-License-Identifier: Apache-2.0
// Vectors of RFC 4231 (HMAC-SHA-256).
#include "crypto/keyed_hash.h"

#include <gtest/gtest.h>

namespace kvc::crypto {
namespace {

std::string hash(const std::string& key, const std::string& text) {
  const auto hashed = keyed_hash(Secret(key), text);
  EXPECT_TRUE(hashed.ok()) << hashed.status().to_string();
  return hashed.ok() ? *hashed : std::string();
}

TEST(KeyedHash, FitsTheVectorsOfTheStandard) {
  EXPECT_EQ(hash(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hash("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hash(std::string(20, '\xaa'), std::string(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hash(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(KeyedHash, TakesEmptyAndLargeTexts) {
  EXPECT_EQ(hash("k", "").size(), 64U);
  EXPECT_EQ(hash("k", std::string(1000000, 'x')).size(), 64U);
  EXPECT_NE(hash("k", std::string("a\0b", 3)), hash("k", "a")) << "a zero byte ends nothing";
}

}  // namespace
}  // namespace kvc::crypto
