// SPDX-License-Identifier: Apache-2.0
#include "reference_host/key_custody.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include "unit/host_api/temp_dir.h"

namespace pvs::host {
namespace {

using Outcome = KeyCustody::Outcome;

class Custody : public testing::Test {
 protected:
  static SecretText password(const char* text) { return SecretText(std::string(text)); }
  void SetUp() override {
    ASSERT_EQ(custody_.enrol("anna", password("annas kennwort")), Outcome::ok);
    ASSERT_EQ(custody_.enrol("bert", password("berts kennwort")), Outcome::ok);
  }
  std::string sealed_for_anna() {
    std::string sealed;
    EXPECT_EQ(custody_.seal("anna", "konto schluessel", "konto 1", sealed), Outcome::ok);
    return sealed;
  }
  [[nodiscard]] std::filesystem::path key_file(const char* user) const {
    return dir_.path() / "keys" / (std::string(user) + ".key.json");
  }

  test::TempDir dir_;
  KeyCustody custody_{dir_.path() / "keys"};
};

TEST_F(Custody, SealsForALockedUserAndOpensForAnUnlockedOne) {
  const std::string sealed = sealed_for_anna();
  std::string plaintext;
  EXPECT_EQ(custody_.unseal("anna", sealed, "konto 1", plaintext), Outcome::locked);
  EXPECT_EQ(custody_.unlock("anna", password("annas kennwort")), Outcome::ok);
  EXPECT_EQ(custody_.unseal("anna", sealed, "konto 1", plaintext), Outcome::ok);
  EXPECT_EQ(plaintext, "konto schluessel");
  custody_.lock("anna");
  EXPECT_FALSE(custody_.unlocked("anna"));
  EXPECT_EQ(custody_.unseal("anna", sealed, "konto 1", plaintext), Outcome::locked);
}

TEST_F(Custody, AWrongPasswordDoesNotUnlock) {
  EXPECT_EQ(custody_.unlock("anna", password("berts kennwort")), Outcome::wrong_password);
  EXPECT_EQ(custody_.unlock("anna", password("")), Outcome::wrong_password);
  EXPECT_FALSE(custody_.unlocked("anna"));
}

TEST_F(Custody, AnotherUserCannotOpen) {
  const std::string sealed = sealed_for_anna();
  ASSERT_EQ(custody_.unlock("bert", password("berts kennwort")), Outcome::ok);
  std::string plaintext;
  EXPECT_EQ(custody_.unseal("bert", sealed, "konto 1", plaintext), Outcome::rejected);
  EXPECT_TRUE(plaintext.empty());
}

TEST_F(Custody, EveryChangedByteIsNoticed) {
  const std::string sealed = sealed_for_anna();
  ASSERT_EQ(custody_.unlock("anna", password("annas kennwort")), Outcome::ok);
  std::string plaintext;
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(custody_.unseal("anna", changed, "konto 1", plaintext), Outcome::rejected) << i;
  }
  EXPECT_EQ(custody_.unseal("anna", sealed, "konto 2", plaintext), Outcome::rejected);
  EXPECT_EQ(custody_.unseal("anna", sealed + "x", "konto 1", plaintext), Outcome::rejected);
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(custody_.unseal("anna", sealed.substr(0, size), "konto 1", plaintext), Outcome::rejected) << size;
  }
  // An ephemeral key of small order would make a secret everybody knows.
  EXPECT_EQ(custody_.unseal("anna", "\x01" + std::string(32, '\0') + sealed.substr(33), "konto 1", plaintext),
            Outcome::rejected);
}

TEST_F(Custody, TheSameTextIsSealedDifferentlyEachTime) {
  EXPECT_NE(sealed_for_anna(), sealed_for_anna());
}

TEST_F(Custody, EmptyTextsAndLimits) {
  ASSERT_EQ(custody_.unlock("anna", password("annas kennwort")), Outcome::ok);
  std::string sealed;
  std::string plaintext = "not empty";
  ASSERT_EQ(custody_.seal("anna", "", "", sealed), Outcome::ok);
  EXPECT_EQ(custody_.unseal("anna", sealed, "", plaintext), Outcome::ok);
  EXPECT_EQ(plaintext, "");
  EXPECT_EQ(custody_.seal("anna", std::string(65537, 'x'), "", sealed), Outcome::too_large);
}

TEST_F(Custody, UnknownUsers) {
  std::string out;
  EXPECT_EQ(custody_.seal("carl", "x", "", out), Outcome::unknown_user);
  EXPECT_EQ(custody_.unseal("carl", "x", "", out), Outcome::unknown_user);
  EXPECT_EQ(custody_.unlock("carl", password("x")), Outcome::unknown_user);
  EXPECT_EQ(custody_.public_key("carl", out), Outcome::unknown_user);
}

TEST_F(Custody, KeysSurviveARestartAndEnrolmentKeepsThem) {
  const std::string sealed = sealed_for_anna();
  KeyCustody later(dir_.path() / "keys");
  EXPECT_EQ(later.enrol("anna", password("another")), Outcome::ok);
  EXPECT_EQ(later.unlock("anna", password("another")), Outcome::wrong_password);
  ASSERT_EQ(later.unlock("anna", password("annas kennwort")), Outcome::ok);
  std::string plaintext;
  EXPECT_EQ(later.unseal("anna", sealed, "konto 1", plaintext), Outcome::ok);
}

TEST_F(Custody, TheKeyFileIsPrivateAndHoldsNoPassword) {
  struct stat info {};
  ASSERT_EQ(::stat(key_file("anna").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(test::read_file(key_file("anna")).find("kennwort"), std::string::npos);
}

TEST_F(Custody, SwappedAndDamagedFilesAreNoticed) {
  const std::string annas = test::read_file(key_file("anna"));
  test::write_file(key_file("bert"), annas);
  EXPECT_EQ(custody_.unlock("bert", password("annas kennwort")), Outcome::wrong_password);
  for (const std::string& text : {std::string(), std::string("{}"), annas.substr(0, 60), std::string("\xff\xff"),
                                  std::string("[1]"), std::string(100000, 'x')}) {
    test::write_file(key_file("anna"), text);
    EXPECT_EQ(custody_.unlock("anna", password("annas kennwort")), Outcome::damaged) << text.substr(0, 10);
    EXPECT_EQ(custody_.enrol("anna", password("x")), Outcome::damaged) << "an existing file is never written over";
  }
}

TEST_F(Custody, ThePublicKeyIsAnX25519SubjectPublicKeyInfo) {
  std::string info;
  ASSERT_EQ(custody_.public_key("anna", info), Outcome::ok);
  const auto* at = reinterpret_cast<const unsigned char*>(info.data());
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &at, static_cast<long>(info.size()));
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(EVP_PKEY_base_id(key), EVP_PKEY_X25519);
  EVP_PKEY_free(key);
}

}  // namespace
}  // namespace pvs::host
