// SPDX-License-Identifier: Apache-2.0
// Users who come and go: what each of them opens, with the database at hand (README.md, "What an attacker gets").
#include <filesystem>

#include "unit/vault/vault_fixture.h"

namespace kvc::vault::test {
namespace {

std::string text_of(const Result<std::optional<Secret>>& value) {
  if (!value.ok()) {
    return value.status().to_string();
  }
  return value.value() ? std::string(value.value()->reveal()) : "none";
}

// Anna's account, with what the account folder keeps in it, and Bert assigned to it.
class Unassigned : public VaultTest {
 protected:
  Unassigned() {
    EXPECT_TRUE(vault.put(key, "kv_password", secret("Passwort vorher")).ok());
    EXPECT_TRUE(vault.put(key, "content_key", secret("Inhaltsschlüssel vorher")).ok());
    old_message = key.seal(Env::system(), secret("Alte Nachricht"), "inbox.1.details").value();
    EXPECT_TRUE(vault.share(key, "bert").ok());
  }
  /// Bert is taken away and the account gets new keys; `key` is the new one.
  void take_bert_away() {
    kept = vault.unlock("konto", "bert").value();
    tamper("CREATE TABLE backup AS SELECT * FROM vault_key WHERE user_id = 'bert'");
    ASSERT_TRUE(vault.revoke("konto", "bert").ok());
    key = vault.rotate(key).value();
    ASSERT_TRUE(vault.put(key, "kv_password", secret("Passwort nachher")).ok());
    ASSERT_TRUE(vault.put(key, "content_key", secret("Inhaltsschlüssel nachher")).ok());
    new_message = key.seal(Env::system(), secret("Neue Nachricht"), "inbox.2.details").value();
  }
  AccountKey key = vault.create("konto", "anna").value();
  AccountKey kept;  ///< what Bert's program had in memory
  std::string old_message, new_message;
};

TEST_F(Unassigned, UserAddedLaterOpensEverything) {
  take_bert_away();
  ASSERT_TRUE(vault.share(key, "carla").ok());
  const auto carla = vault.unlock("konto", "carla");
  ASSERT_TRUE(carla.ok()) << carla.status().to_string();
  EXPECT_EQ(text_of(vault.get(*carla, "kv_password")), "Passwort nachher");
  EXPECT_EQ(text_of(vault.get(*carla, "content_key")), "Inhaltsschlüssel nachher");
  EXPECT_EQ(carla->open(old_message, "inbox.1.details")->reveal(), "Alte Nachricht") << "from before she came";
  EXPECT_EQ(carla->open(new_message, "inbox.2.details")->reveal(), "Neue Nachricht");
}

TEST_F(Unassigned, KeptKeyOpensNothingWrittenLater) {
  take_bert_away();
  EXPECT_TRUE(vault.unlock("konto", "bert").status().is(error::not_permitted));
  for (const char* name : {"kv_password", "content_key"}) {
    EXPECT_TRUE(vault.get(kept, name).status().is(error::invalid_state)) << name;
    EXPECT_TRUE(vault.put(kept, name, secret("untergeschoben")).is(error::invalid_state)) << name;
  }
  EXPECT_FALSE(kept.open(new_message, "inbox.2.details").ok());
  EXPECT_TRUE(vault.share(kept, "bert").is(error::invalid_state)) << "nobody lets himself in again";
  EXPECT_EQ(kept.open(old_message, "inbox.1.details")->reveal(), "Alte Nachricht") << "what he could read before";
}

TEST_F(Unassigned, OldCopyPutBackIntoTheDatabaseOpensNothingWrittenLater) {
  take_bert_away();
  tamper("INSERT INTO vault_key SELECT * FROM backup");
  const auto bert = vault.unlock("konto", "bert");
  // The retired keys lie under a key he never had, so he does not even get as far as the secrets.
  EXPECT_FALSE(bert.ok());
  // Alone in the table his old copy counts as the current one; the secrets are not under it.
  tamper("DELETE FROM vault_key WHERE user_id <> 'bert'");
  for (const char* name : {"kv_password", "content_key"}) {
    EXPECT_TRUE(vault.get(kept, name).status().is(error::decrypt_failed)) << name;
  }
  tamper("UPDATE vault_secret SET key_id = (SELECT key_id FROM vault_key)");
  for (const char* name : {"kv_password", "content_key"}) {
    EXPECT_TRUE(vault.get(kept, name).status().is(error::decrypt_failed)) << name;
  }
}

TEST_F(Unassigned, CopyOfTheDatabaseWithAnotherUsersLoginOpensNothing) {
  if (kvc::test::on_postgresql()) {
    GTEST_SKIP() << "looks into the files of SQLite; the columns are the same";
  }
  take_bert_away();
  database.reset();
  std::filesystem::copy(scratch.path(), scratch.file("copy"));
  const auto copy = opened("sqlite", scratch.file("copy"));
  PassphraseCustody stolen(copy, Env::system(), kCheap);
  Vault other(copy, stolen, Env::system());
  for (const char* user : {"bert", "carla"}) {
    ASSERT_TRUE(stolen.unlock(user, passphrase_of(user)).ok());
    EXPECT_TRUE(other.unlock("konto", user).status().is(error::not_permitted)) << user;
    EXPECT_TRUE(stolen.unlock("anna", passphrase_of(user)).is(error::wrong_passphrase)) << user;
  }
  EXPECT_TRUE(other.unlock("konto", "anna").status().is(error::session_locked));
}

// ---- several changes as one ----

TEST_F(Unassigned, ChangesAreDoneTogether) {
  Change change;
  change.put = {{"kv_password", secret("neu")}, {"private_key.1", secret("Schlüssel")}};
  change.remove = {"content_key", "never there"};
  ASSERT_TRUE(vault.apply(key, change).ok());
  EXPECT_EQ(text_of(vault.get(key, "kv_password")), "neu");
  EXPECT_EQ(text_of(vault.get(key, "private_key.1")), "Schlüssel");
  EXPECT_EQ(text_of(vault.get(key, "content_key")), "none");
}

TEST_F(Unassigned, ChangesAreUndoneTogether) {
  Change change;
  change.put = {{"kv_password", secret("neu")}};
  change.remove = {"content_key"};
  change.also = [](Poco::Data::Session&) { return Status(error::already_exists, "no"); };
  EXPECT_TRUE(vault.apply(key, change).is(error::already_exists));
  EXPECT_EQ(text_of(vault.get(key, "kv_password")), "Passwort vorher");
  EXPECT_EQ(text_of(vault.get(key, "content_key")), "Inhaltsschlüssel vorher");

  EXPECT_TRUE(vault.revoke("konto", "bert", [](Poco::Data::Session&) { return Status(error::already_exists, "no"); })
                  .is(error::already_exists));
  EXPECT_TRUE(vault.unlock("konto", "bert").ok());
}

TEST_F(Unassigned, NamesOfTheVaultItselfAreTakenInChangesToo) {
  Change put;
  put.put = {{"@key.1", secret("x")}};
  EXPECT_TRUE(vault.apply(key, put).is(error::bad_request));
  Change remove;
  remove.remove = {"@key.1"};
  EXPECT_TRUE(vault.apply(key, remove).is(error::bad_request));
  EXPECT_TRUE(vault.apply(AccountKey(), Change{}).is(error::invalid_state));
}

TEST_F(Unassigned, ForgettingInsideAnotherTransactionIsUndoneWithIt) {
  const Status refused = database->write([](Poco::Data::Session& session) {
    Vault::forget(session, "konto");
    return Status(error::invalid_state, "something else failed");
  });
  EXPECT_TRUE(refused.is(error::invalid_state));
  EXPECT_EQ(text_of(vault.get(key, "kv_password")), "Passwort vorher");
}

}  // namespace
}  // namespace kvc::vault::test
