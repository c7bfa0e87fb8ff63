// SPDX-License-Identifier: Apache-2.0
// `openssl pkcs12` of Debian 12 (OpenSSL 3.0).
#include <algorithm>

#include "account/keystore.h"
#include "contract/keystore/programs.h"
#include "unit/crypto/test_keystore.h"
#include "unit/crypto/test_pki.h"

namespace kvc::keystore_contract {
namespace {

class OpensslProgram : public WithPrograms {
 protected:
  /// A file of one generation, as `openssl pkcs12 -export` with these options makes it.
  std::string exported(const std::vector<std::string>& options, std::string_view password) {
    write_pem(generations().front());
    scratch_.put("pass", password);
    std::vector<std::string> command = {"openssl",  "pkcs12",   "-export",   "-inkey", "key.pem",   "-in",
                                        "cert.pem", "-passout", "file:pass", "-out",   "theirs.p12"};
    command.insert(command.end(), options.begin(), options.end());
    run_well(command);
    return scratch_.get("theirs.p12");
  }
};

/// The unencrypted PKCS#8 blocks of a PEM text.
std::vector<Secret> keys_in(const std::string& pem) {
  const std::string begin = "-----BEGIN PRIVATE KEY-----";
  std::vector<Secret> found;
  for (auto at = pem.find(begin); at != std::string::npos; at = pem.find(begin, at + 1)) {
    const auto key = crypto::PrivateKey::from_pem(Secret(std::string_view(pem).substr(at)), Secret());
    EXPECT_TRUE(key.ok());
    found.push_back(key->to_der().value());
  }
  return found;
}

TEST_F(OpensslProgram, ReadsAllGenerationsOfOurs) {
  for (const std::string_view password : {kPlain, kUmlauts}) {
    write_ours(password);
    const std::string text = run_well({"openssl", "pkcs12", "-in", "ours.p12", "-passin", "file:pass", "-nodes"});
    const auto keys = keys_in(text);
    ASSERT_EQ(keys.size(), generations().size());
    const auto certificates = crypto::Certificate::all_from_pem(text);
    ASSERT_TRUE(certificates.ok());
    ASSERT_EQ(certificates->size(), generations().size());
    for (const auto& generation : generations()) {
      EXPECT_EQ(std::count(keys.begin(), keys.end(), generation.key.to_der().value()), 1);
      EXPECT_EQ(std::count(certificates->begin(), certificates->end(), generation.certificate), 1);
    }
  }
}

TEST_F(OpensslProgram, FindsTodaysEncryptionInOurs) {
  write_ours(kUmlauts);
  const std::string info =
      run_well({"openssl", "pkcs12", "-in", "ours.p12", "-passin", "file:pass", "-info", "-noout"});
  EXPECT_NE(info.find("MAC: sha256, Iteration 600000"), std::string::npos) << info;
  EXPECT_EQ(count(info, "PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256"), 4U) << info;
  scratch_.put("pass", "falsch");
  EXPECT_NE(run({"openssl", "pkcs12", "-in", "ours.p12", "-passin", "file:pass", "-noout"}).exit_code, 0);
}

TEST_F(OpensslProgram, WritesWhatAnAccountTakes) {
  const std::vector<std::vector<std::string>> forms = {
      {},
      {"-legacy"},
      {"-legacy", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"},
      {"-keypbe", "AES-128-CBC", "-certpbe", "AES-192-CBC", "-macalg", "sha512"},
      {"-keypbe", "NONE", "-certpbe", "NONE"},
  };
  for (const auto& form : forms) {
    for (const std::string_view password : {kPlain, kUmlauts}) {
      const std::string der = exported(form, password);
      const auto found = account::read_keystore(der, Secret(password), kAddress, trust(), test_pki::day("2026-06-01"));
      ASSERT_TRUE(found.ok()) << testing::PrintToString(form) << found.status().to_string();
      EXPECT_TRUE(found->identities.front().certificate == generations().front().certificate);
      EXPECT_TRUE(found->current_is_valid);
    }
  }
}

TEST_F(OpensslProgram, FilesWithoutMacAreRefused) {
  const auto refused = crypto::read_pkcs12(exported({"-nomac"}, kPlain), Secret(std::string_view(kPlain)));
  EXPECT_EQ(test_pki::reason_of(refused.status()), "no_mac");
}

TEST_F(OpensslProgram, WritesFilesThatLackSomething) {
  EXPECT_EQ(test_pki::reason_of(
                crypto::read_pkcs12(exported({"-nokeys"}, kPlain), Secret(std::string_view(kPlain))).status()),
            "no_key");
  EXPECT_EQ(test_pki::reason_of(
                crypto::read_pkcs12(exported({"-nocerts"}, kPlain), Secret(std::string_view(kPlain))).status()),
            "no_certificate");
}

}  // namespace
}  // namespace kvc::keystore_contract
