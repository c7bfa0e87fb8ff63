// SPDX-License-Identifier: Apache-2.0
// Keystore files that openssl, keytool and pk12util made (fixtures/make_keystores.sh), read without these programs.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "account/keystore.h"
#include "paths.h"
#include "unit/crypto/test_keystore.h"
#include "unit/crypto/test_pki.h"

namespace kvc::account {
namespace {

using test_pki::day;

constexpr const char* kPlain = "Kuenstlich-1";
constexpr const char* kUmlaut =
    "K\xc3\xbcnstlich-\xc3\x96"
    "ffnen 1";

std::string path(const std::string& name) {
  return test::source_dir() + "/tests/unit/account/fixtures/" + name;
}

std::string bytes(const std::string& name) {
  std::ifstream in(path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

struct File {
  const char* name;
  const char* password;
  std::size_t generations;
};
void PrintTo(const File& file, std::ostream* out) {
  *out << file.name;
}

class KeystoreOfAProgram : public ::testing::TestWithParam<File> {
 protected:
  static Result<Keystore> read(const std::string& der, std::string_view password, const char* now = "2026-06-01") {
    const auto trust = crypto::TrustList::load({path("root.pem")}, {path("user_ca.pem")});
    EXPECT_TRUE(trust.ok()) << trust.status().to_string();
    return read_keystore(der, Secret(password), "praxis.muster@kv-safenet.de", trust.value(), day(now));
  }
};

TEST_P(KeystoreOfAProgram, OpensWithAllItsGenerations) {
  const std::string der = bytes(GetParam().name);
  ASSERT_FALSE(der.empty()) << GetParam().name;
  const auto found = read(der, GetParam().password);
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  ASSERT_EQ(found->identities.size(), GetParam().generations);
  EXPECT_EQ(found->identities[0].certificate.not_before(), day("2024-01-01"));
  if (GetParam().generations == 2) {
    EXPECT_EQ(found->identities[1].certificate.not_before(), day("2019-01-01"));
  }
  EXPECT_TRUE(found->current_is_valid);
  EXPECT_EQ(found->refused, 0);
  EXPECT_TRUE(found->foreign_addresses.empty()) << "CA certificates in the file have no key and are nobody's pair";
  EXPECT_FALSE(read(der, GetParam().password, "2040-01-01")->current_is_valid);
}

TEST_P(KeystoreOfAProgram, OpensWithNoOtherPassword) {
  const std::string der = bytes(GetParam().name);
  for (const char* wrong : {"Kunstlich-1", "", std::string_view(GetParam().password) == kPlain ? kUmlaut : kPlain}) {
    EXPECT_TRUE(read(der, wrong).status().is(error::wrong_passphrase)) << wrong;
  }
}

TEST_P(KeystoreOfAProgram, IsNamedTruncatedWhereverItEnds) {
  const std::string der = bytes(GetParam().name);
  for (std::size_t size = 7; size < der.size(); size += 11) {
    EXPECT_EQ(test_pki::reason_of(read(der.substr(0, size), GetParam().password).status()), "truncated") << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, KeystoreOfAProgram,
                         ::testing::Values(File{"openssl.p12", kPlain, 1}, File{"openssl_umlaut.p12", kUmlaut, 1},
                                           File{"openssl_legacy_umlaut.p12", kUmlaut, 1},
                                           File{"openssl_latin1.p12", kUmlaut, 1}, File{"java.p12", kPlain, 2},
                                           File{"java_legacy.p12", kPlain, 2}, File{"nss.p12", kPlain, 2},
                                           File{"nss_umlaut.p12", kUmlaut, 2},
                                           File{"nss_legacy_umlaut.p12", kUmlaut, 2}),
                         [](const auto& instance) {
                           const std::string name = instance.param.name;
                           return name.substr(0, name.find('.'));
                         });

TEST_F(KeystoreOfAProgram, WithoutMacIsRefused) {
  const std::string der = bytes("openssl_nomac.p12");
  ASSERT_FALSE(der.empty());
  EXPECT_EQ(test_pki::reason_of(read(der, kPlain).status()), "no_mac");
}

}  // namespace
}  // namespace kvc::account
