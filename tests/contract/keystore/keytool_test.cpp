// SPDX-License-Identifier: Apache-2.0
// Java's keytool (Debian 12: OpenJDK 17), for vendors whose product runs on Java.
#include "account/keystore.h"
#include "contract/keystore/programs.h"
#include "unit/crypto/test_pki.h"

namespace kvc::keystore_contract {
namespace {

class Keytool : public WithPrograms {
 protected:
  /// All entries of `from` into the new store `to`.
  std::vector<std::string> import_command(const std::string& from, const std::string& from_type, const std::string& to,
                                          const std::string& to_type) {
    return {"keytool", "-importkeystore",     "-noprompt", "-srckeystore",  from, "-srcstoretype",
            from_type, "-srcstorepass:file",  "pass",      "-destkeystore", to,   "-deststoretype",
            to_type,   "-deststorepass:file", "pass"};
  }
};

TEST_F(Keytool, ListsAllGenerationsOfOurs) {
  write_ours(kPlain);
  const std::string list =
      run_well({"keytool", "-list", "-keystore", "ours.p12", "-storetype", "PKCS12", "-storepass:file", "pass"});
  EXPECT_EQ(count(list, "PrivateKeyEntry"), 3U) << list;
  for (const char* name : {"praxis.muster #1", "praxis.muster #2", "praxis.muster #3"}) {
    EXPECT_EQ(count(list, name), 1U) << list;
  }
}

TEST_F(Keytool, TakesOursAndGivesAllBack) {
  write_ours(kPlain);
  run_well(import_command("ours.p12", "PKCS12", "theirs.p12", "PKCS12"));
  expect_all(read("theirs.p12", kPlain));
}

TEST_F(Keytool, TakesOursIntoItsOldFormatsAndBack) {
  write_ours(kPlain);
  run_well(import_command("ours.p12", "PKCS12", "old.jks", "JKS"));
  auto command = import_command("old.jks", "JKS", "theirs.p12", "PKCS12");
  command.insert(command.begin() + 1, "-J-Dkeystore.pkcs12.legacy");
  run_well(command);
  expect_all(read("theirs.p12", kPlain));
}

TEST_F(Keytool, WritesWhatAnAccountTakes) {
  write_pem(generations()[1]);
  scratch_.put("pass", kPlain);
  run_well({"openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-name", "muster", "-passout",
            "file:pass", "-out", "one.p12"});
  run_well({"keytool", "-genkeypair", "-alias", "selbst", "-keyalg", "RSA", "-keysize", "2048", "-dname",
            "EMAILADDRESS=nachbar@kv-safenet.de,CN=Nachbar", "-keystore", "theirs.p12", "-storetype", "PKCS12",
            "-storepass:file", "pass"});
  run_well(import_command("one.p12", "PKCS12", "theirs.p12", "PKCS12"));
  const auto found = account::read_keystore(scratch_.get("theirs.p12"), Secret(std::string_view(kPlain)), kAddress,
                                            trust(), test_pki::day("2026-06-01"));
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  ASSERT_EQ(found->identities.size(), 1U);
  EXPECT_TRUE(found->identities[0].certificate == generations()[1].certificate);
  EXPECT_EQ(found->foreign_addresses, std::vector<std::string>{"nachbar@kv-safenet.de"});
}

/// A limit of Java 17, which derives AES and 3DES keys from ASCII passwords only. If this fails, Java has learned it,
/// and the warning in src/vault/README.md can go.
TEST_F(Keytool, CannotOpenAPasswordWithUmlauts) {
  write_ours(kUmlauts);
  EXPECT_NE(
      run({"keytool", "-list", "-keystore", "ours.p12", "-storetype", "PKCS12", "-storepass:file", "pass"}).exit_code,
      0);
}

}  // namespace
}  // namespace kvc::keystore_contract
