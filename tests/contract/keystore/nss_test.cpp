// SPDX-License-Identifier: Apache-2.0
// NSS's pk12util (Debian 12: NSS 3.87), the keystore of Thunderbird and Firefox.
#include "account/keystore.h"
#include "contract/keystore/programs.h"
#include "unit/crypto/test_pki.h"

namespace kvc::keystore_contract {
namespace {

class Pk12util : public WithPrograms, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override { run_well({"certutil", "-N", "-d", "sql:.", "--empty-password"}); }

  /// Imports ours, exports each entry again with these options, and compares. pk12util exports by nickname, and ours
  /// has one for each generation.
  void expect_all_back(const std::vector<std::string>& options) {
    run_well({"pk12util", "-i", "ours.p12", "-d", "sql:.", "-w", "pass"});
    EXPECT_EQ(count(run_well({"certutil", "-K", "-d", "sql:."}), " rsa "), 3U);
    std::vector<crypto::Identity> all;
    for (const char* nickname : {"praxis.muster #3", "praxis.muster #2", "praxis.muster #1"}) {
      std::vector<std::string> command = {"pk12util", "-o", "theirs.p12", "-n", nickname, "-d", "sql:.", "-w", "pass"};
      command.insert(command.end(), options.begin(), options.end());
      run_well(command);
      const auto judged = account::read_keystore(scratch_.get("theirs.p12"), Secret(std::string_view(GetParam())),
                                                 kAddress, trust(), test_pki::day("2026-06-01"));
      ASSERT_TRUE(judged.ok()) << nickname << ' ' << judged.status().to_string();
      all.insert(all.end(), judged->identities.begin(), judged->identities.end());
    }
    expect_all(all);
  }
};

TEST_P(Pk12util, ListsAllGenerationsOfOurs) {
  write_ours(GetParam());
  const std::string list = run_well({"pk12util", "-l", "ours.p12", "-d", "sql:.", "-w", "pass"});
  EXPECT_EQ(count(list, "Key(shrouded):"), 3U) << list;
  EXPECT_EQ(count(list, "Certificate(has private key):"), 3U) << list;
}

TEST_P(Pk12util, TakesOursAndGivesAllBack) {
  write_ours(GetParam());
  expect_all_back({});
}

TEST_P(Pk12util, GivesAllBackInTheOldEncryptions) {
  write_ours(GetParam());
  expect_all_back({"-M", "SHA-1", "-c", "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC", "-C",
                   "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC"});
}

TEST_P(Pk12util, RefusesOursWithAnotherPassword) {
  write_ours(GetParam());
  scratch_.put("pass", "falsch");
  EXPECT_NE(run({"pk12util", "-i", "ours.p12", "-d", "sql:.", "-w", "pass"}).exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Passwords, Pk12util, ::testing::Values(kPlain, kUmlauts),
                         [](const auto& instance) { return instance.param == kPlain ? "Plain" : "Umlauts"; });

}  // namespace
}  // namespace kvc::keystore_contract
