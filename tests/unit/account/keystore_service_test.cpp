// SPDX-License-Identifier: Apache-2.0
// Keystore files of an account: export, import, and accounts made from one (protocol B 7).
#include <Poco/Data/Session.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/account/world.h"

namespace kvc::testing {
namespace {

using account::Keystore;
using account::State;
using std::chrono::days;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kAddress = "praxis@kv-safenet.de";

Secret secret(std::string_view text) {
  return Secret(text);
}

class KeystoreFiles : public ::testing::Test {
 protected:
  KeystoreFiles() {
    world.server.csr_script = {999};
    world.server.add_account("praxis", kInitialPassword);
    world.server.account_of("praxis").change_needed = false;
  }
  account::AccountService& accounts() { return *world.accounts; }
  static account::NewAccount typed() {
    return {"test", "praxis", "Praxis", "", secret(kInitialPassword), secret("des Keystores")};
  }
  // Two generations: one that has run out, and one that works.
  Keystore two() {
    return {{make_identity(kAddress, world.env.now(), 700), make_identity(kAddress, world.env.now() - days(900), 700)},
            true,
            {},
            0};
  }
  Keystore expired() { return {{make_identity(kAddress, world.env.now() - days(900), 700)}, false, {}, 0}; }
  std::string ready() {
    const std::string id = world.create("anna", "praxis");
    EXPECT_TRUE(accounts().enroll("anna", id, {}, world.cancel).ok());
    return id;
  }
  std::int64_t rows_in(const std::string& table) {
    std::int64_t count = -1;
    EXPECT_TRUE(world.database
                    ->read([&](Poco::Data::Session& session) -> Status {
                      session << "SELECT count(*) FROM " + table, Poco::Data::Keywords::into(count),
                          Poco::Data::Keywords::now;
                      return {};
                    })
                    .ok());
    return count;
  }
  World world;
};

TEST_F(KeystoreFiles, ExportHoldsEveryGenerationAndReadsBack) {
  const std::string id = ready();
  ASSERT_TRUE(accounts().enroll("anna", id, {}, world.cancel).ok());
  const auto der = accounts().export_keystore("anna", id);
  ASSERT_TRUE(der.ok()) << der.status().to_string();
  const auto identities = accounts().open("anna", id)->identities;
  const auto back = accounts().read_keystore("anna", id, *der, secret(kKeystorePassword));
  ASSERT_TRUE(back.ok()) << back.status().to_string();
  ASSERT_THAT(back->identities, SizeIs(2));
  EXPECT_TRUE(back->current_is_valid);
  for (const auto& identity : identities) {
    EXPECT_TRUE(std::any_of(back->identities.begin(), back->identities.end(), [&](const auto& other) {
      return other.certificate == identity.certificate && other.certificate.carries_key_of(identity.key);
    }));
  }
  EXPECT_TRUE(accounts().read_keystore("anna", id, *der, secret("falsch")).status().is(error::wrong_passphrase));
  EXPECT_TRUE(accounts().read_keystore("bert", id, *der, secret(kKeystorePassword)).status().is(error::not_found));
}

TEST_F(KeystoreFiles, NewKeystorePasswordIsForLaterExports) {
  const std::string id = ready();
  ASSERT_TRUE(accounts().set_keystore_password("anna", id, secret("Überraschung 1")).ok());
  const auto der = accounts().export_keystore("anna", id);
  ASSERT_TRUE(der.ok());
  EXPECT_TRUE(crypto::read_pkcs12(*der, secret("Überraschung 1")).ok());
  EXPECT_FALSE(crypto::read_pkcs12(*der, secret(kKeystorePassword)).ok());
  EXPECT_TRUE(accounts().set_keystore_password("anna", id, Secret()).is(error::invalid_field));
}

TEST_F(KeystoreFiles, NothingToExportBeforeTheFirstCertificate) {
  const std::string id = world.create("anna", "praxis");
  EXPECT_TRUE(accounts().export_keystore("anna", id).status().is(error::no_certificate));
}

TEST_F(KeystoreFiles, AccountFromAFileIsReadyAtTheFirstLogin) {
  const Keystore keystore = two();
  world.server.account_of("praxis").certificate = keystore.identities[0].certificate.pem();
  const auto id = accounts().create_from_keystore("anna", typed(), keystore);
  ASSERT_TRUE(id.ok()) << id.status().to_string();
  auto overview = world.overview("anna", *id);
  EXPECT_EQ(overview.state, State::draft);
  ASSERT_THAT(overview.generations, SizeIs(2));
  EXPECT_EQ(overview.generations[0].number, 2);
  EXPECT_TRUE(overview.generations[0].current);
  EXPECT_TRUE(overview.generations[0].imported);
  EXPECT_EQ(overview.generations[0].certificate->pem(), keystore.identities[0].certificate.pem());
  EXPECT_FALSE(overview.generations[1].current);
  const auto checked = accounts().check("anna", *id, world.cancel);
  ASSERT_TRUE(checked.ok()) << checked.status().to_string();
  EXPECT_EQ(checked->state, State::ready);
  EXPECT_EQ(checked->server_certificate, account::ServerCertificate::same);
  EXPECT_EQ(world.server.state.csr_posts, 0) << "no new certificate was asked for";
  const auto session = accounts().open("anna", *id);
  ASSERT_TRUE(session.ok());
  EXPECT_THAT(session->identities, SizeIs(2));
  EXPECT_TRUE(crypto::read_pkcs12(*accounts().export_keystore("anna", *id), secret("des Keystores")).ok())
      << "the file's password is the account's";
}

TEST_F(KeystoreFiles, ExpiredFileOpensOldMailButANewCertificateIsNeeded) {
  const auto id = accounts().create_from_keystore("anna", typed(), expired());
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(accounts().check("anna", *id, world.cancel)->state, State::enrolling);
  EXPECT_TRUE(accounts().open("anna", *id).ok()) << "for old mail";
  ASSERT_TRUE(accounts().enroll("anna", *id, {}, world.cancel).ok());
  EXPECT_EQ(world.overview("anna", *id).state, State::ready);
  EXPECT_EQ(world.overview("anna", *id).generations[0].number, 2);
}

TEST_F(KeystoreFiles, PairsThatAreNoneLeaveNothing) {
  Keystore mixed = two();
  mixed.identities[1].key = crypto::PrivateKey::generate().value();
  EXPECT_TRUE(accounts().create_from_keystore("anna", typed(), mixed).status().is(error::not_our_key));
  const Keystore foreign{{make_identity("jemand@kv-safenet.de", world.env.now(), 700)}, true, {}, 0};
  EXPECT_TRUE(accounts().create_from_keystore("anna", typed(), foreign).status().is(error::certificate_foreign));
  EXPECT_TRUE(accounts().create_from_keystore("anna", typed(), Keystore{}).status().is(error::bad_request));
  for (const char* table : {"account", "generation", "vault_key", "vault_secret"}) {
    EXPECT_EQ(rows_in(table), 0) << table;
  }
}

TEST_F(KeystoreFiles, TwoAccountsOfOneNameDoNotMix) {
  ASSERT_TRUE(accounts().create_from_keystore("anna", typed(), two()).ok());
  EXPECT_TRUE(accounts().create_from_keystore("bert", typed(), two()).status().is(error::already_exists));
  EXPECT_EQ(rows_in("generation"), 2);
}

TEST_F(KeystoreFiles, OfTwoProgramsThatCreateTheSameOneOneDoes) {
  account::AccountService other(world.database, *world.vault, world.environments, world.env, Log::none());
  const Keystore keystore = two();
  Result<std::string> winner = Status(error::internal, "never ran");
  world.custody.after_seal = [&] { winner = other.create_from_keystore("bert", typed(), keystore); };
  const auto loser = accounts().create_from_keystore("anna", typed(), keystore);
  ASSERT_TRUE(winner.ok()) << winner.status().to_string();
  EXPECT_TRUE(loser.status().is(error::already_exists)) << loser.status().to_string();
  EXPECT_THAT(accounts().list("anna").value(), IsEmpty());
  EXPECT_TRUE(accounts().open("bert", *winner).ok());
  EXPECT_EQ(rows_in("vault_key"), 1) << "nothing is left of the other one";
}

TEST_F(KeystoreFiles, WhatACrashLeftGoesWithTheNextNewAccount) {
  world.set_fault(Fault::Kind::death_before, 3);
  EXPECT_FALSE(accounts().create_from_keystore("anna", typed(), two()).ok());
  world.restart();
  world.env.advance(std::chrono::hours(2));
  EXPECT_THAT(accounts().list("anna").value(), IsEmpty()) << "nobody sees it";
  world.create("bert", "another");
  EXPECT_EQ(rows_in("account"), 1);
  EXPECT_EQ(rows_in("vault_key"), 1);
  EXPECT_EQ(rows_in("generation"), 0);
}

TEST_F(KeystoreFiles, NewAccountsFileIsReadForItsAddress) {
  const Keystore keystore = two();
  const auto der = crypto::write_pkcs12(keystore.identities, secret("des Keystores"), "x");
  ASSERT_TRUE(der.ok());
  auto data = typed();
  // The older one began before the CA of the tests was made.
  const auto read = accounts().read_keystore(data, *der);
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  EXPECT_TRUE(read->current_is_valid);
  EXPECT_EQ(read->identities[0].certificate, keystore.identities[0].certificate);
  data.username = "andere";
  EXPECT_TRUE(accounts().read_keystore(data, *der).status().is(error::certificate_foreign));
  data.username = "a@b";
  EXPECT_TRUE(accounts().read_keystore(data, *der).status().is(error::invalid_field));
  data.environment_id = "nowhere";
  EXPECT_TRUE(accounts().read_keystore(data, *der).status().is(error::invalid_field));
}

TEST_F(KeystoreFiles, ImportAddsWhatIsNotThere) {
  const std::string id = ready();
  const auto mine = accounts().open("anna", id)->identities[0];
  Keystore keystore = two();
  keystore.identities.push_back(mine);
  const auto added = accounts().import_keystore("anna", id, keystore);
  ASSERT_TRUE(added.ok()) << added.status().to_string();
  EXPECT_EQ(*added, 2);
  EXPECT_EQ(*accounts().import_keystore("anna", id, keystore), 0) << "and nothing twice";
  const auto overview = world.overview("anna", id);
  ASSERT_THAT(overview.generations, SizeIs(3));
  EXPECT_TRUE(overview.generations[2].current) << "the working one stays";
  EXPECT_FALSE(overview.generations[2].imported);
  const auto session = accounts().open("anna", id);
  EXPECT_THAT(session->identities, SizeIs(3));
  EXPECT_EQ(session->identities[0].certificate, mine.certificate);
  EXPECT_TRUE(crypto::read_pkcs12(*accounts().export_keystore("anna", id), secret(kKeystorePassword)).ok())
      << "the account's password stays";
}

TEST_F(KeystoreFiles, ImportMakesAnAccountWithoutCertificateWork) {
  const std::string id = ready();
  ASSERT_TRUE(accounts().delete_certificate("anna", id, world.cancel).ok());
  EXPECT_EQ(*accounts().import_keystore("anna", id, expired()), 1);
  EXPECT_EQ(world.overview("anna", id).state, State::failed) << "an old key is no certificate to send with";
  EXPECT_EQ(*accounts().import_keystore("anna", id, two()), 2);
  const auto overview = world.overview("anna", id);
  EXPECT_EQ(overview.state, State::ready);
  EXPECT_EQ(overview.last_error, "");
  EXPECT_TRUE(overview.generations[0].current);
}

TEST_F(KeystoreFiles, ImportTakesTheNewerOneOnlyWhenTheOldHasRunOut) {
  world.server.certificate_days = 10;
  const std::string id = ready();
  world.env.advance(days(11));
  ASSERT_EQ(*accounts().import_keystore("anna", id, two()), 2);
  const auto overview = world.overview("anna", id);
  EXPECT_TRUE(overview.generations[0].current);
  EXPECT_EQ(accounts().open("anna", id)->identities.size(), 3U);
}

TEST_F(KeystoreFiles, ImportedCertificateThatTheServerPublishesBecomesTheCurrentOne) {
  const std::string id = ready();
  const Keystore keystore{{make_identity(kAddress, world.env.now(), 700)}, true, {}, 0};
  world.server.account_of("praxis").certificate = keystore.identities[0].certificate.pem();
  EXPECT_EQ(accounts().check("anna", id, world.cancel)->server_certificate, account::ServerCertificate::other);
  ASSERT_EQ(*accounts().import_keystore("anna", id, keystore), 1);
  const auto checked = accounts().check("anna", id, world.cancel);
  EXPECT_EQ(checked->server_certificate, account::ServerCertificate::same);
  EXPECT_TRUE(checked->generations[0].current);
}

TEST_F(KeystoreFiles, KeysOfRequestsUnderWayAreLeftToThem) {
  const std::string id = world.create("anna", "praxis");
  world.server.certificate_hidden = 100;
  EXPECT_FALSE(accounts().enroll("anna", id, {}, world.cancel).ok());
  world.server.certificate_hidden = 0;
  const auto key = world.vault->unlock(id, "anna");
  std::string generation;
  ASSERT_TRUE(world.database
                  ->read([&](Poco::Data::Session& session) -> Status {
                    session << "SELECT id FROM generation", Poco::Data::Keywords::into(generation),
                        Poco::Data::Keywords::now;
                    return {};
                  })
                  .ok());
  const auto der = world.vault->get(*key, "private_key." + generation);
  const Keystore same{{{crypto::PrivateKey::from_der(**der).value(),
                        crypto::Certificate::from_pem(*world.server.account_of("praxis").certificate).value()}},
                      true,
                      {},
                      0};
  EXPECT_EQ(*accounts().import_keystore("anna", id, same), 0);
  ASSERT_TRUE(accounts().enroll("anna", id, {}, world.cancel).ok());
  EXPECT_THAT(world.overview("anna", id).generations, SizeIs(1));
}

TEST_F(KeystoreFiles, ImportWaitsForARenewal) {
  const std::string id = ready();
  world.server.csr_script = {100, 999};
  const Keystore keystore = two();
  bool asked = false;
  world.env.on_sleep = [&] {
    if (!asked) {
      asked = true;
      EXPECT_TRUE(accounts().import_keystore("anna", id, keystore).status().is(error::storage_busy));
    }
  };
  ASSERT_TRUE(accounts().enroll("anna", id, {}, world.cancel).ok());
  EXPECT_TRUE(asked);
  EXPECT_EQ(*accounts().import_keystore("anna", id, keystore), 2);
}

}  // namespace
}  // namespace kvc::testing
