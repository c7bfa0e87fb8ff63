// SPDX-License-Identifier: Apache-2.0
#include "vault/vault.h"

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "unit/vault/vault_fixture.h"

namespace kvc::vault::test {
namespace {

using Users = std::vector<std::string>;

std::string text_of(const Result<std::optional<Secret>>& value) {
  if (!value.ok()) {
    return value.status().to_string();
  }
  return value.value() ? std::string(value.value()->reveal()) : "none";
}

TEST_F(VaultTest, SecretsComeBack) {
  const auto key = vault.create("konto", "anna").value();
  EXPECT_EQ(key.account_id(), "konto");
  ASSERT_TRUE(vault.put(key, "kv_password", secret("Test-Passwort-1")).ok());
  ASSERT_TRUE(vault.put(key, "private_key.1", secret(std::string("\0\xff binary", 9))).ok());
  ASSERT_TRUE(vault.put(key, "empty", Secret()).ok());
  EXPECT_EQ(text_of(vault.get(key, "kv_password")), "Test-Passwort-1");
  EXPECT_EQ(text_of(vault.get(key, "private_key.1")), std::string("\0\xff binary", 9));
  EXPECT_EQ(text_of(vault.get(key, "empty")), "");
  EXPECT_EQ(text_of(vault.get(key, "missing")), "none");
  ASSERT_TRUE(vault.put(key, "kv_password", secret("Test-Passwort-2")).ok());
  EXPECT_EQ(text_of(vault.get(key, "kv_password")), "Test-Passwort-2");
  ASSERT_TRUE(vault.remove(key, "kv_password").ok());
  ASSERT_TRUE(vault.remove(key, "kv_password").ok());
  EXPECT_EQ(text_of(vault.get(key, "kv_password")), "none");
}

TEST_F(VaultTest, RenameIsOneStep) {
  const auto key = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.put(key, "kv_password", secret("alt")).ok());
  ASSERT_TRUE(vault.put(key, "kv_password.pending", secret("neu")).ok());
  ASSERT_TRUE(vault.rename(key, "kv_password.pending", "kv_password").ok());
  EXPECT_EQ(text_of(vault.get(key, "kv_password")), "neu");
  EXPECT_EQ(text_of(vault.get(key, "kv_password.pending")), "none");
  EXPECT_TRUE(vault.rename(key, "kv_password.pending", "kv_password").is(error::not_found));
  EXPECT_EQ(text_of(vault.get(key, "kv_password")), "neu");
}

TEST_F(VaultTest, NamesOfTheVaultItselfAreTaken) {
  const auto key = vault.create("konto", "anna").value();
  for (const auto& name : {std::string(), std::string("@key.1"), std::string(201, 'x')}) {
    EXPECT_TRUE(vault.put(key, name, secret("x")).is(error::bad_request));
    EXPECT_TRUE(vault.get(key, name).status().is(error::bad_request));
    EXPECT_TRUE(vault.remove(key, name).is(error::bad_request));
    EXPECT_TRUE(vault.rename(key, name, "a").is(error::bad_request));
    EXPECT_TRUE(vault.rename(key, "a", name).is(error::bad_request));
  }
  EXPECT_TRUE(vault.create("", "anna").status().is(error::bad_request));
  EXPECT_TRUE(vault.create("x", "").status().is(error::bad_request));
}

TEST_F(VaultTest, OneKeyPerAccount) {
  ASSERT_TRUE(vault.create("konto", "anna").ok());
  EXPECT_TRUE(vault.create("konto", "anna").status().is(error::already_exists));
  EXPECT_TRUE(vault.create("konto", "bert").status().is(error::already_exists));
  EXPECT_TRUE(vault.create("zweites", "nobody").status().is(error::not_found));
  EXPECT_TRUE(vault.create("zweites", "anna").ok());
}

TEST_F(VaultTest, OnlyAssignedUsersUnlock) {
  const auto key = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.put(key, "kv_password", secret("Test-Passwort")).ok());
  EXPECT_TRUE(vault.unlock("konto", "bert").status().is(error::not_permitted));
  EXPECT_TRUE(vault.unlock("no such account", "anna").status().is(error::not_permitted));
  EXPECT_EQ(text_of(vault.get(vault.unlock("konto", "anna").value(), "kv_password")), "Test-Passwort");
  custody.lock("anna");
  EXPECT_TRUE(vault.unlock("konto", "anna").status().is(error::session_locked));
}

TEST_F(VaultTest, SharingNeedsNoSessionOfTheOther) {
  const auto key = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.put(key, "kv_password", secret("Test-Passwort")).ok());
  custody.lock("bert");
  ASSERT_TRUE(vault.share(key, "bert").ok());
  ASSERT_TRUE(vault.share(key, "bert").ok());
  EXPECT_EQ(vault.users("konto").value(), (Users{"anna", "bert"}));
  EXPECT_TRUE(vault.unlock("konto", "bert").status().is(error::session_locked));
  ASSERT_TRUE(custody.unlock("bert", passphrase_of("bert")).ok());
  EXPECT_EQ(text_of(vault.get(vault.unlock("konto", "bert").value(), "kv_password")), "Test-Passwort");
  EXPECT_TRUE(vault.share(key, "nobody").is(error::not_found));
}

TEST_F(VaultTest, RevokedAtOnceButNeverTheLastOne) {
  const auto key = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.share(key, "bert").ok());
  ASSERT_TRUE(vault.revoke("konto", "anna").ok());
  EXPECT_TRUE(vault.unlock("konto", "anna").status().is(error::not_permitted));
  EXPECT_TRUE(vault.unlock("konto", "bert").ok());
  EXPECT_TRUE(vault.revoke("konto", "bert").is(error::invalid_state));
  EXPECT_TRUE(vault.revoke("konto", "anna").is(error::not_found));
  EXPECT_TRUE(vault.unlock("konto", "bert").ok());
}

TEST_F(VaultTest, RotationReencryptsAndKeepsContentReadable) {
  const auto old_key = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.share(old_key, "bert").ok());
  ASSERT_TRUE(vault.put(old_key, "kv_password", secret("Test-Passwort")).ok());
  const auto old_content = old_key.seal(Env::system(), secret("Entwurf"), "outbox.1.draft").value();
  ASSERT_TRUE(vault.revoke("konto", "bert").ok());
  ASSERT_TRUE(vault.share(old_key, "carla").ok());

  const auto rotated = vault.rotate(old_key);
  ASSERT_TRUE(rotated.ok()) << rotated.status().to_string();
  const auto again = vault.unlock("konto", "carla");
  ASSERT_TRUE(again.ok()) << again.status().to_string();
  for (const auto& key : {rotated.value(), again.value()}) {
    EXPECT_EQ(text_of(vault.get(key, "kv_password")), "Test-Passwort");
    EXPECT_EQ(key.open(old_content, "outbox.1.draft").value().reveal(), "Entwurf");
    const auto content = key.seal(Env::system(), secret("neu"), "outbox.2.draft").value();
    EXPECT_EQ(rotated.value().open(content, "outbox.2.draft").value().reveal(), "neu");
    // What was sealed after the rotation is closed to whoever kept the old key.
    EXPECT_TRUE(old_key.open(content, "outbox.2.draft").status().is(error::invalid_state));
  }
  EXPECT_EQ(vault.users("konto").value(), (Users{"anna", "carla"}));
}

TEST_F(VaultTest, KeyFromBeforeARotationIsRefused) {
  const auto old_key = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.put(old_key, "a", secret("eins")).ok());
  ASSERT_TRUE(vault.rotate(old_key).ok());
  EXPECT_TRUE(vault.put(old_key, "a", secret("zwei")).is(error::invalid_state));
  EXPECT_TRUE(vault.get(old_key, "a").status().is(error::invalid_state));
  EXPECT_TRUE(vault.remove(old_key, "a").is(error::invalid_state));
  EXPECT_TRUE(vault.rename(old_key, "a", "b").is(error::invalid_state));
  EXPECT_TRUE(vault.share(old_key, "bert").is(error::invalid_state));
  EXPECT_TRUE(vault.rotate(old_key).status().is(error::invalid_state));
  EXPECT_EQ(text_of(vault.get(vault.unlock("konto", "anna").value(), "a")), "eins");
}

TEST_F(VaultTest, SeveralRotations) {
  auto key = vault.create("konto", "anna").value();
  std::vector<std::string> contents;
  for (int i = 0; i < 4; ++i) {
    contents.push_back(key.seal(Env::system(), secret("Inhalt " + std::to_string(i)), "p").value());
    key = vault.rotate(key).value();
  }
  const auto fresh = vault.unlock("konto", "anna").value();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(fresh.open(contents[static_cast<std::size_t>(i)], "p").value().reveal(), "Inhalt " + std::to_string(i));
  }
}

TEST_F(VaultTest, ForgottenAccountLeavesNothing) {
  const auto key = vault.create("konto", "anna").value();
  const auto other = vault.create("anderes", "anna").value();
  ASSERT_TRUE(vault.put(key, "a", secret("x")).ok());
  ASSERT_TRUE(vault.put(other, "a", secret("y")).ok());
  ASSERT_TRUE(vault.forget("konto").ok());
  EXPECT_TRUE(vault.unlock("konto", "anna").status().is(error::not_permitted));
  EXPECT_TRUE(vault.put(key, "a", secret("x")).is(error::not_found));
  EXPECT_TRUE(vault.users("konto").value().empty());
  EXPECT_EQ(text_of(vault.get(other, "a")), "y");
}

TEST_F(VaultTest, EmptyAccountKeyDoesNothing) {
  const AccountKey empty;
  EXPECT_TRUE(empty.seal(Env::system(), secret("x"), "p").status().is(error::invalid_state));
  EXPECT_FALSE(empty.open(std::string(100, '\1'), "p").ok());
  EXPECT_TRUE(vault.put(empty, "a", secret("x")).is(error::invalid_state));
  EXPECT_TRUE(vault.get(empty, "a").status().is(error::invalid_state));
  EXPECT_TRUE(vault.remove(empty, "a").is(error::invalid_state));
  EXPECT_TRUE(vault.rename(empty, "a", "b").is(error::invalid_state));
  EXPECT_TRUE(vault.share(empty, "bert").is(error::invalid_state));
  EXPECT_TRUE(vault.rotate(empty).status().is(error::invalid_state));
}

TEST_F(VaultTest, SessionsSideBySide) {
  const auto key = vault.create("konto", "anna").value();
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string name = "n" + std::to_string(t);
        const auto own = vault.unlock("konto", "anna");
        failures +=
            own.ok() && vault.put(own.value(), name, secret(name)).ok() && text_of(vault.get(own.value(), name)) == name
                ? 0
                : 1;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(failures.load(), 0);
}

// -------------------------------------------------------------------------------------- somebody with the file

TEST_F(VaultTest, CopyOfTheDatabaseOpensNothing) {
  if (kvc::test::on_postgresql()) {
    GTEST_SKIP() << "looks into the files of SQLite; the columns are the same";
  }
  const auto key = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.put(key, "kv_password", secret("Test-Passwort")).ok());
  database.reset();
  std::filesystem::copy(scratch.file("kvconnect.db"), scratch.file("copy.db"));
  if (std::filesystem::exists(scratch.file("kvconnect.db-wal"))) {
    std::filesystem::copy(scratch.file("kvconnect.db-wal"), scratch.file("copy.db-wal"));
  }
  const auto copy = opened("sqlite:copy.db", scratch.path());
  PassphraseCustody stolen(copy, Env::system(), kCheap);
  Vault other(copy, stolen, Env::system());
  EXPECT_TRUE(other.unlock("konto", "anna").status().is(error::session_locked));
  EXPECT_TRUE(stolen.unlock("anna", passphrase_of("bert")).is(error::wrong_passphrase));
  ASSERT_TRUE(stolen.unlock("bert", passphrase_of("bert")).ok());
  EXPECT_TRUE(other.unlock("konto", "bert").status().is(error::not_permitted));
  EXPECT_TRUE(other.unlock("konto", "anna").status().is(error::session_locked));
}

TEST_F(VaultTest, AnotherUsersCopyDoesNotOpen) {
  ASSERT_TRUE(vault.create("konto", "anna").ok());
  // Bert gives himself Anna's sealed copy.
  tamper("INSERT INTO vault_key SELECT account_id, 'bert', key_id, sealed, created_at FROM vault_key");
  EXPECT_TRUE(vault.unlock("konto", "bert").status().is(error::decrypt_failed));
}

TEST_F(VaultTest, RowsMovedBetweenAccountsDoNotOpen) {
  const auto one = vault.create("eins", "anna").value();
  const auto two = vault.create("zwei", "anna").value();
  ASSERT_TRUE(vault.put(one, "kv_password", secret("eins")).ok());
  ASSERT_TRUE(vault.put(two, "kv_password", secret("zwei")).ok());
  tamper(
      "UPDATE vault_secret SET sealed = (SELECT sealed FROM vault_secret WHERE account_id = 'zwei' AND name = "
      "'kv_password') WHERE account_id = 'eins' AND name = 'kv_password'");
  EXPECT_TRUE(vault.get(one, "kv_password").status().is(error::decrypt_failed));
  EXPECT_EQ(text_of(vault.get(two, "kv_password")), "zwei");
  // The whole key of the other account, though it is sealed for the same user.
  tamper(
      "UPDATE vault_key SET sealed = (SELECT sealed FROM vault_key WHERE account_id = 'zwei'), key_id = (SELECT key_id "
      "FROM vault_key WHERE account_id = 'zwei') WHERE account_id = 'eins'");
  EXPECT_TRUE(vault.unlock("eins", "anna").status().is(error::decrypt_failed));
}

TEST_F(VaultTest, RowsMovedBetweenNamesDoNotOpen) {
  const auto key = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.put(key, "kv_password", secret("a")).ok());
  ASSERT_TRUE(vault.put(key, "keystore_password", secret("b")).ok());
  tamper(
      "UPDATE vault_secret SET sealed = (SELECT sealed FROM vault_secret WHERE name = 'keystore_password') "
      "WHERE name = 'kv_password'");
  EXPECT_TRUE(vault.get(key, "kv_password").status().is(error::decrypt_failed));
}

TEST_F(VaultTest, RowFromBeforeARotationDoesNotOpen) {
  const auto key = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.put(key, "kv_password", secret("alt")).ok());
  tamper("CREATE TABLE kept AS SELECT * FROM vault_secret WHERE name = 'kv_password'");
  const auto rotated = vault.rotate(key).value();
  ASSERT_TRUE(vault.put(rotated, "kv_password", secret("neu")).ok());
  tamper("DELETE FROM vault_secret WHERE name = 'kv_password'");
  tamper("INSERT INTO vault_secret SELECT * FROM kept");
  EXPECT_TRUE(vault.get(rotated, "kv_password").status().is(error::decrypt_failed));
}

TEST_F(VaultTest, ARowSomebodyAddedGetsNoNewKey) {
  const auto key = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.share(key, "carla").ok());
  // Bert can write to the database. He assigns himself, and takes Anna's mark for his own.
  tamper("INSERT INTO vault_key SELECT account_id, 'bert', key_id, sealed, created_at FROM vault_key LIMIT 1");
  tamper(
      "INSERT INTO vault_secret SELECT account_id, '@user.bert', key_id, sealed, changed_at FROM vault_secret "
      "WHERE name = '@user.anna'");
  EXPECT_EQ(vault.users("konto").value(), (Users{"anna", "bert", "carla"})) << "the attack is seen";
  ASSERT_TRUE(vault.rotate(key).ok());
  EXPECT_EQ(vault.users("konto").value(), (Users{"anna", "carla"}));
  EXPECT_TRUE(vault.unlock("konto", "bert").status().is(error::not_permitted));
  EXPECT_TRUE(vault.unlock("konto", "carla").ok());
}

TEST_F(VaultTest, RowsKeptFromAnEarlierAssignmentGetNoNewKey) {
  const auto first = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.share(first, "bert").ok());
  tamper("CREATE TABLE kept_key AS SELECT * FROM vault_key WHERE user_id = 'bert'");
  tamper("CREATE TABLE kept_secret AS SELECT * FROM vault_secret WHERE name = '@user.bert'");
  ASSERT_TRUE(vault.revoke("konto", "bert").ok());
  const auto second = vault.rotate(first).value();
  ASSERT_TRUE(vault.put(second, "kv_password", secret("neu")).ok());
  tamper("INSERT INTO vault_key SELECT * FROM kept_key");
  tamper("INSERT INTO vault_secret SELECT * FROM kept_secret");
  const auto kept = vault.unlock("konto", "bert");
  EXPECT_FALSE(kept.ok() && vault.get(*kept, "kv_password").ok());
  ASSERT_TRUE(vault.rotate(second).ok());
  EXPECT_EQ(vault.users("konto").value(), (Users{"anna"}));
  EXPECT_TRUE(vault.unlock("konto", "bert").status().is(error::not_permitted));
}

TEST_F(VaultTest, ASecretThatDoesNotOpenStopsNoRotation) {
  const auto key = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.put(key, "kv_password", secret("gut")).ok());
  tamper("INSERT INTO vault_secret SELECT account_id, 'rubbish', key_id, x'0102', 0 FROM vault_key");
  const auto rotated = vault.rotate(key);
  ASSERT_TRUE(rotated.ok()) << rotated.status().to_string();
  EXPECT_EQ(text_of(vault.get(*rotated, "kv_password")), "gut");
  EXPECT_TRUE(vault.get(*rotated, "rubbish").status().is(error::decrypt_failed));
}

TEST_F(VaultTest, WithoutAnyMarkNobodyGetsANewKey) {
  const auto key = vault.create("konto", "anna").value();
  tamper("DELETE FROM vault_secret");
  EXPECT_TRUE(vault.rotate(key).status().is(error::storage_corrupt));
  EXPECT_TRUE(vault.unlock("konto", "anna").ok()) << "and nobody loses the old one";
}

TEST_F(VaultTest, ChangedBytesDoNotOpen) {
  const auto key = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.put(key, "a", secret("x")).ok());
  const std::string type = kvc::test::on_postgresql() ? "BYTEA" : "BLOB";
  // Four bytes: one of random ones is zero already, in one run of 256.
  const std::string zeros = kvc::test::on_postgresql() ? "decode('00000000', 'hex')" : "x'00000000'";
  const auto cut = [&](const std::string& bytes) { return "CAST(" + bytes + " AS " + type + ")"; };
  tamper("UPDATE vault_secret SET sealed = " + cut("substr(sealed, 1, 15) || " + zeros + " || substr(sealed, 20)"));
  EXPECT_TRUE(vault.get(key, "a").status().is(error::decrypt_failed));
  tamper("UPDATE vault_secret SET sealed = " + cut("substr(sealed, 1, 0)"));
  EXPECT_TRUE(vault.get(key, "a").status().is(error::decrypt_failed));
  tamper("UPDATE vault_key SET sealed = " + cut("substr(sealed, 1, 40)"));
  EXPECT_TRUE(vault.unlock("konto", "anna").status().is(error::decrypt_failed));
}

TEST_F(VaultTest, ContentIsBoundToAccountAndPurpose) {
  const auto one = vault.create("eins", "anna").value();
  const auto two = vault.create("zwei", "anna").value();
  const auto sealed = one.seal(Env::system(), secret("Entwurf"), "outbox.1").value();
  EXPECT_EQ(one.open(sealed, "outbox.1").value().reveal(), "Entwurf");
  EXPECT_TRUE(one.open(sealed, "outbox.2").status().is(error::decrypt_failed));
  EXPECT_FALSE(two.open(sealed, "outbox.1").ok());
  EXPECT_EQ(sealed.size(), std::string("Entwurf").size() + 46);
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(one.open(sealed.substr(0, size), "outbox.1").ok());
  }
}

TEST_F(VaultTest, FilesHoldNoPlainSecret) {
  if (kvc::test::on_postgresql()) {
    GTEST_SKIP() << "looks into the files of SQLite; the columns are the same";
  }
  const std::string marks[] = {"Klartext-Passwort-4711", "Klartext-Schluessel-4712", "Klartext-Passphrase-4713",
                               "Klartext-Entwurf-4714"};
  ASSERT_TRUE(custody.enroll("dora", secret(marks[2])).ok());
  auto key = vault.create("konto", "dora").value();
  ASSERT_TRUE(vault.put(key, "kv_password", secret(marks[0])).ok());
  ASSERT_TRUE(vault.put(key, "private_key.1", secret(marks[1])).ok());
  const auto content = key.seal(Env::system(), secret(marks[3]), "p").value();
  tamper("CREATE TABLE content (sealed TEXT)");
  key = vault.rotate(key).value();
  ASSERT_TRUE(vault.remove(key, "kv_password").ok());
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path())) {
    const std::string bytes = scratch.get(entry.path().filename().string());
    ++files;
    for (const auto& mark : marks) {
      EXPECT_EQ(bytes.find(mark), std::string::npos) << entry.path() << " holds " << mark;
    }
  }
  EXPECT_EQ(files, 3) << "database, -wal and -shm";
  EXPECT_EQ(content.find(marks[3]), std::string::npos);
}

TEST_F(VaultTest, CustodyThatFailsLeavesNothingHalf) {
  struct Refusing final : KeyCustody {
    Result<std::string> seal(std::string_view, const Secret&, std::string_view) override {
      return Status(error::host_refused, "no");
    }
    Result<Secret> unseal(std::string_view, std::string_view, std::string_view) override {
      return Status(error::host_refused, "no");
    }
  } refusing;
  const auto key = vault.create("konto", "anna").value();
  ASSERT_TRUE(vault.put(key, "a", secret("x")).ok());
  Vault other(database, refusing, Env::system());
  EXPECT_TRUE(other.create("neu", "anna").status().is(error::host_refused));
  EXPECT_TRUE(other.unlock("konto", "anna").status().is(error::host_refused));
  EXPECT_TRUE(other.share(key, "bert").is(error::host_refused));
  EXPECT_TRUE(other.rotate(key).status().is(error::host_refused));
  EXPECT_TRUE(vault.users("neu").value().empty());
  EXPECT_EQ(text_of(vault.get(key, "a")), "x");
}

}  // namespace
}  // namespace kvc::vault::test
