// SPDX-License-Identifier: Apache-2.0
#include "vault/passphrase_custody.h"

#include "unit/vault/vault_fixture.h"

namespace kvc::vault::test {
namespace {

using CustodyTest = VaultTest;

TEST_F(CustodyTest, SealsForAbsentUsersAndOpensForPresentOnes) {
  custody.lock("bert");
  const auto sealed = custody.seal("bert", secret("Schluessel"), "a").value();
  EXPECT_TRUE(custody.unseal("bert", sealed, "a").status().is(error::session_locked));
  ASSERT_TRUE(custody.unlock("bert", passphrase_of("bert")).ok());
  EXPECT_EQ(custody.unseal("bert", sealed, "a").value().reveal(), "Schluessel");
  EXPECT_TRUE(custody.unseal("bert", sealed, "b").status().is(error::decrypt_failed));
  EXPECT_TRUE(custody.unseal("anna", sealed, "a").status().is(error::decrypt_failed));
  EXPECT_TRUE(custody.seal("nobody", secret("x"), "a").status().is(error::not_found));
}

TEST_F(CustodyTest, PassphraseRules) {
  for (const auto& bad : {std::string(), std::string("too short"), std::string(1001, 'x')}) {
    const auto status = custody.enroll("dora", secret(bad));
    ASSERT_TRUE(status.is(error::invalid_field)) << bad.size();
    EXPECT_EQ(status.params().at(0).second, "passphrase");
    EXPECT_TRUE(custody.change_passphrase("anna", passphrase_of("anna"), secret(bad)).is(error::invalid_field));
  }
  EXPECT_FALSE(custody.enrolled("dora").value());
  EXPECT_TRUE(custody.enrolled("anna").value());
  EXPECT_TRUE(custody.enroll("anna", passphrase_of("anna")).is(error::already_exists));
}

TEST_F(CustodyTest, WrongPassphraseUnlocksNothing) {
  custody.lock("anna");
  EXPECT_TRUE(custody.unlock("anna", secret("falsche Passphrase")).is(error::wrong_passphrase));
  EXPECT_TRUE(custody.unlock("anna", Secret()).is(error::wrong_passphrase));
  EXPECT_TRUE(custody.unlock("nobody", passphrase_of("anna")).is(error::not_found));
  EXPECT_FALSE(custody.unlocked("anna"));
  EXPECT_TRUE(custody.unlock("anna", passphrase_of("anna")).ok());
  EXPECT_TRUE(custody.unlocked("anna"));
}

TEST_F(CustodyTest, ChangedPassphraseKeepsTheKey) {
  const auto sealed = custody.seal("anna", secret("Schluessel"), "a").value();
  EXPECT_TRUE(custody.change_passphrase("anna", secret("falsche Passphrase"), secret("neue Passphrase"))
                  .is(error::wrong_passphrase));
  ASSERT_TRUE(custody.change_passphrase("anna", passphrase_of("anna"), secret("neue Passphrase")).ok());
  custody.lock("anna");
  EXPECT_TRUE(custody.unlock("anna", passphrase_of("anna")).is(error::wrong_passphrase));
  ASSERT_TRUE(custody.unlock("anna", secret("neue Passphrase")).ok());
  EXPECT_EQ(custody.unseal("anna", sealed, "a").value().reveal(), "Schluessel");
}

TEST_F(CustodyTest, AnotherProcessUnlocksWithTheSamePassphrase) {
  const auto sealed = custody.seal("anna", secret("Schluessel"), "a").value();
  PassphraseCustody other(open_database(), Env::system());
  EXPECT_FALSE(other.unlocked("anna"));
  ASSERT_TRUE(other.unlock("anna", passphrase_of("anna")).ok());
  EXPECT_EQ(other.unseal("anna", sealed, "a").value().reveal(), "Schluessel");
}

TEST_F(CustodyTest, ExchangedRowsAreNoticed) {
  custody.lock("anna");
  tamper(
      "UPDATE vault_passphrase SET public_key = (SELECT public_key FROM vault_passphrase WHERE user_id = 'bert') "
      "WHERE user_id = 'anna'");
  EXPECT_TRUE(custody.unlock("anna", passphrase_of("anna")).is(error::wrong_passphrase));
  // Bert's whole row under Carla's name: his passphrase must not open her account.
  tamper("DELETE FROM vault_passphrase WHERE user_id = 'carla'");
  tamper("UPDATE vault_passphrase SET user_id = 'carla' WHERE user_id = 'bert'");
  EXPECT_TRUE(custody.unlock("carla", passphrase_of("bert")).is(error::wrong_passphrase));
}

TEST_F(CustodyTest, AbsurdCostsInTheDatabaseAreRefused) {
  for (const char* change : {"scrypt_n = 1099511627776", "scrypt_n = 3", "scrypt_n = 1024, scrypt_r = 100000",
                             "scrypt_r = 8, scrypt_p = 1000000", "scrypt_n = -1"}) {
    tamper(std::string("UPDATE vault_passphrase SET ") + change + " WHERE user_id = 'anna'");
    EXPECT_FALSE(custody.unlock("anna", passphrase_of("anna")).ok()) << change;
  }
}

TEST_F(CustodyTest, DefaultCostIsTheDocumentedOne) {
  PassphraseCustody strong(database, Env::system());
  ASSERT_TRUE(strong.enroll("dora", passphrase_of("dora")).ok());
  std::int64_t n = 0;
  ASSERT_TRUE(database
                  ->read([&](Poco::Data::Session& session) -> Status {
                    session << "SELECT scrypt_n FROM vault_passphrase WHERE user_id = 'dora'",
                        Poco::Data::Keywords::into(n), Poco::Data::Keywords::now;
                    return {};
                  })
                  .ok());
  EXPECT_EQ(n, 32768);
}

}  // namespace
}  // namespace kvc::vault::test
