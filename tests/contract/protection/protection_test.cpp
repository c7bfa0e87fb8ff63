// SPDX-License-Identifier: Apache-2.0
// End-to-end protection (design section 4): what an account holds opens for its assigned users and for nobody else,
// whatever was copied and whatever was changed in the copy.
#include <Poco/Data/Session.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "account/sql.h"
#include "contract/protection/canaries.h"
#include "contract/protection/practice.h"

namespace kvc::protection {
namespace {

namespace fs = std::filesystem;
using account::Sql;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kServerAccounts = R"({"accounts": [
  {"username": "schutz.nord", "password": "Initial-NORD-1", "cn": "TEST ONLY Nord"},
  {"username": "schutz.sued", "password": "Initial-SUED-1", "cn": "TEST ONLY Sued"}]})";
constexpr const char* kNordAddress = "schutz.nord@kv-safenet.de";
constexpr const char* kSuedAddress = "schutz.sued@kv-safenet.de";
constexpr const char* kPassword = "Nord-KANARIE-11";
constexpr const char* kKeystorePassword = "Keystore-KANARIE-12";

const Letter kOut{kSuedAddress, "Kanarie-Betreff-ausgehend", "Kanarie-Text-ausgehend", "Kanarie-Datei-ausgehend.txt",
                  "Kanarie-Inhalt-ausgehend"};
const Letter kWaiting{kSuedAddress, "Kanarie-Betreff-wartend", "Kanarie-Text-wartend", "Kanarie-Datei-wartend.txt",
                      "Kanarie-Inhalt-wartend"};
const Letter kIn{kNordAddress, "Kanarie-Betreff-eingehend", "Kanarie-Text-eingehend", "Kanarie-Datei-eingehend.txt",
                 "Kanarie-Inhalt-eingehend"};
const Letter kLaterIn{kNordAddress, "Kanarie-Betreff-spaeter", "Kanarie-Text-spaeter", "Kanarie-Datei-spaeter.txt",
                      "Kanarie-Inhalt-spaeter"};
const Letter kLaterOut{kSuedAddress, "Kanarie-Betreff-zuletzt", "Kanarie-Text-zuletzt", "Kanarie-Datei-zuletzt.txt",
                       "Kanarie-Inhalt-zuletzt"};

/// Nora's account in the practice Nord, with a letter sent, one waiting and one received. Mia and Otto work there too.
class Protection : public ::testing::Test {
 protected:
  void SetUp() override {
    directory = fs::path(::testing::TempDir()) / ("kvc-protection-" + new_uuid(Env::system()));
    fs::create_directories(directory);
    kvserver::Options options;
    options.data_dir = directory / "server";
    options.accounts_json = kServerAccounts;
    options.robots = false;
    options.csr_step = std::chrono::milliseconds(20);
    options.ca_bits = 2048;
    options.ca_dir = KVC_TEST_CA_DIR;
    server = std::make_unique<kvserver::Server>(options);
    server->start();
    nord = std::make_unique<Practice>(*server, directory / "nord");
    sued = std::make_unique<Practice>(*server, directory / "sued");
    for (const char* user : {"nora", "mia", "otto"}) {
      nord->hire(user);
    }
    sued->hire("sven");
    id = nord->make_account("nora", "schutz.nord", "Initial-NORD-1", kPassword, kKeystorePassword);
    sued_id = sued->make_account("sven", "schutz.sued", "Initial-SUED-1", "Sued-KANARIE-21", "Keystore-KANARIE-22");
    nord->queue("nora", id, kOut);
    nord->send("nora", id);
    receive_from_sued(kIn);
    nord->queue("nora", id, kWaiting);
    ASSERT_FALSE(HasFatalFailure());
  }
  void TearDown() override {
    nord.reset();
    sued.reset();
    server.reset();
    std::error_code ignored;
    fs::remove_all(directory, ignored);
  }

  void receive_from_sued(const Letter& letter, const char* user = "nora") {
    sued->queue("sven", sued_id, letter);
    sued->send("sven", sued_id);
    nord->fetch(user, id);
    for (const auto& item : nord->inbox(user, id)) {
      received.emplace(item.subject, item.id);
    }
    ASSERT_TRUE(received.contains(letter.subject));
  }
  /// The data directory as it is now, as a backup or a stolen disk would have it.
  fs::path copy(const std::string& name) {
    const fs::path to = directory / name;
    fs::copy(nord->directory, to, fs::copy_options::recursive);
    return to;
  }
  std::unique_ptr<Practice> open_copy(const fs::path& where, std::string_view thief) {
    auto practice = std::make_unique<Practice>(*server, where);
    practice->log_in(thief);
    return practice;
  }
  void expect_opens(Practice& practice, std::string_view user, const Letter& letter) {
    const auto opened = practice.mail.open(user, received.at(letter.subject));
    ASSERT_TRUE(opened.ok()) << user << ", " << letter.subject << ": " << opened.status().to_string();
    EXPECT_EQ(opened->item.subject, letter.subject);
    EXPECT_EQ(opened->item.verdict, message::Verdict::valid);
    EXPECT_NE(opened->message.text().find(letter.text), std::string::npos);
    ASSERT_THAT(opened->message.parts, SizeIs(2));
    std::ostringstream file;
    EXPECT_TRUE(opened->message.read_part(1, file).ok());
    EXPECT_EQ(file.str(), letter.file_text);
  }
  /// Nothing of the account can be seen, read or changed by this user.
  void expect_shut_out(Practice& practice, std::string_view user);
  Canaries canaries();

  fs::path directory;
  std::unique_ptr<kvserver::Server> server;
  std::unique_ptr<Practice> nord, sued;
  std::string id, sued_id;
  std::map<std::string, std::string> received;  ///< inbox id by the letter's subject
};

void Protection::expect_shut_out(Practice& practice, std::string_view user) {
  const auto list = practice.accounts.list(user);
  ASSERT_TRUE(list.ok()) << list.status().to_string();
  EXPECT_THAT(*list, IsEmpty());
  const Secret other(std::string_view("Fremdes-Passwort-1"));
  auto& accounts = practice.accounts;
  const std::vector<std::pair<const char*, Status>> tried = {
      {"overview", accounts.overview(user, id).status()},
      {"open", accounts.open(user, id).status()},
      {"check", accounts.check(user, id, practice.cancel).status()},
      {"enroll", accounts.enroll(user, id, {}, practice.cancel).status()},
      {"change_password", accounts.change_password(user, id, other, practice.cancel)},
      {"replace_password", accounts.replace_password(user, id, other)},
      {"set_keystore_password", accounts.set_keystore_password(user, id, other)},
      {"describe", accounts.describe(user, id, "meins", "")},
      {"contents", accounts.contents(user, id).status()},
      {"export_keystore", accounts.export_keystore(user, id).status()},
      {"delete_certificate", accounts.delete_certificate(user, id, practice.cancel)},
      {"assign", accounts.assign(user, id, user)},
      {"unassign", accounts.unassign(user, id, "nora")},
      {"remove", accounts.remove(user, id)},
      {"send", practice.mail.send_due(user, id, {}, practice.cancel).status()},
      {"fetch", practice.mail.fetch(user, id, {}, practice.cancel).status()},
  };
  for (const auto& [what, status] : tried) {
    EXPECT_TRUE(status.is(error::not_found)) << what << ": " << (status.ok() ? "worked" : status.to_string());
  }
  EXPECT_THAT(practice.inbox(user, id), IsEmpty());
  EXPECT_THAT(practice.outbox(user, id), IsEmpty());
  for (const auto& [subject, inbox_id] : received) {
    EXPECT_TRUE(practice.mail.open(user, inbox_id).status().is(error::not_found)) << subject;
    std::ostringstream raw;
    EXPECT_TRUE(practice.mail.read_raw(user, inbox_id, raw).is(error::not_found)) << subject;
    EXPECT_THAT(raw.str(), IsEmpty());
  }
}

Canaries Protection::canaries() {
  Canaries all;
  all.add("initial password", "Initial-NORD-1");
  all.add("password", kPassword);
  all.add("keystore password", kKeystorePassword);
  all.add("PEM key", "PRIVATE KEY-----");
  for (const char* user : {"nora", "mia", "otto"}) {
    all.add("passphrase", Practice::passphrase_of(user).reveal());
  }
  for (const Letter* letter : {&kOut, &kWaiting, &kIn, &kLaterIn, &kLaterOut}) {
    for (const std::string* text : {&letter->subject, &letter->text, &letter->file_name, &letter->file_text}) {
      all.add("letter", *text);
      all.add(*text, *text);
    }
  }
  const auto session = nord->accounts.open("nora", id);
  EXPECT_TRUE(session.ok()) << session.status().to_string();
  for (const auto& identity : session->identities) {
    all.add_key("key of " + identity.certificate.serial_hex(), identity.key);
  }
  all.add("content key", session->content_key.reveal());
  return all;
}

// ---------------------------------------------------------------------------------------------------- a copy

TEST_F(Protection, NothingReadableLiesInTheDataDirectory) {
  ASSERT_TRUE(nord->accounts.enroll("nora", id, {}, nord->cancel).ok());
  const Canaries all = canaries();
  EXPECT_THAT(all.found_in(nord->directory), IsEmpty());
  // The search finds what is there, in any form.
  const fs::path place = directory / "control";
  fs::create_directories(place);
  std::ofstream(place / "clear") << "x" << kPassword << "y";
  std::ofstream(place / "base64") << "Xk5vcmQtS0FOQVJJRS0xMQ==";  // "^" and the password
  EXPECT_THAT(all.found_in(place), SizeIs(2));
  std::ofstream(place / kIn.file_name) << "empty";
  EXPECT_THAT(all.found_in(place), SizeIs(::testing::Gt(2U)));
}

TEST_F(Protection, ACopyAndAnotherUsersLoginOpenNothing) {
  expect_opens(*nord, "nora", kIn);
  expect_shut_out(*nord, "mia");
  const auto stolen = open_copy(copy("stolen"), "mia");
  expect_shut_out(*stolen, "mia");
  // Who says to be Nora needs Nora's passphrase.
  EXPECT_TRUE(stolen->accounts.open("nora", id).status().is(error::session_locked));
  EXPECT_TRUE(stolen->custody.unlock("nora", Practice::passphrase_of("mia")).is(error::wrong_passphrase));
  EXPECT_TRUE(stolen->accounts.export_keystore("nora", id).status().is(error::session_locked));
}

/// What a thief may do to a copy before opening it.
void change(Practice& practice, const std::string& sql) {
  const Status changed = practice.database->write([&](Poco::Data::Session& session) {
    EXPECT_GT(Sql(session, sql).run(), 0U) << sql;
    return Status();
  });
  ASSERT_TRUE(changed.ok()) << changed.to_string();
}

TEST_F(Protection, ASealedCopyUnderAnotherNameDoesNotOpen) {
  const auto stolen = open_copy(copy("stolen"), "mia");
  change(*stolen, "INSERT INTO vault_key SELECT account_id, 'mia', key_id, sealed, created_at FROM vault_key");
  EXPECT_TRUE(stolen->accounts.open("mia", id).status().is(error::decrypt_failed));
  EXPECT_TRUE(stolen->accounts.export_keystore("mia", id).status().is(error::decrypt_failed));
  EXPECT_THAT(stolen->inbox("mia", id), IsEmpty());
}

TEST_F(Protection, AnotherPassphraseUnderNorasNameDoesNotOpen) {
  const auto stolen = open_copy(copy("stolen"), "mia");
  change(*stolen,
         "UPDATE vault_passphrase SET (salt, scrypt_n, scrypt_r, scrypt_p, public_key, private_key) = "
         "(SELECT salt, scrypt_n, scrypt_r, scrypt_p, public_key, private_key FROM vault_passphrase "
         "WHERE user_id = 'mia') WHERE user_id = 'nora'");
  EXPECT_FALSE(stolen->custody.unlock("nora", Practice::passphrase_of("mia")).ok());
  EXPECT_FALSE(stolen->custody.unlock("nora", Practice::passphrase_of("nora")).ok());
  EXPECT_FALSE(stolen->accounts.open("nora", id).ok());
}

TEST_F(Protection, AUserMadeAnewUnderNorasNameDoesNotOpen) {
  const auto stolen = open_copy(copy("stolen"), "mia");
  change(*stolen, "DELETE FROM vault_passphrase WHERE user_id = 'nora'");
  ASSERT_TRUE(stolen->custody.enroll("nora", Secret(std::string_view("Passphrase des Diebes"))).ok());
  EXPECT_TRUE(stolen->accounts.open("nora", id).status().is(error::decrypt_failed));
  EXPECT_TRUE(stolen->accounts.export_keystore("nora", id).status().is(error::decrypt_failed));
}

TEST_F(Protection, WhoWritesHerselfIntoTheDatabaseIsGivenNoKey) {
  ASSERT_TRUE(nord->accounts.assign("nora", id, "otto").ok());
  change(*nord, "INSERT INTO vault_key SELECT account_id, 'mia', key_id, x'00', created_at FROM vault_key LIMIT 1");
  ASSERT_TRUE(nord->accounts.unassign("nora", id, "otto").ok()) << "makes a new key for all assigned users";
  expect_shut_out(*nord, "mia");
  EXPECT_THAT(nord->accounts.overview("nora", id)->user_ids, ::testing::ElementsAre("nora"));
  expect_opens(*nord, "nora", kIn);
}

// ---------------------------------------------------------------------------------------------------- added later

TEST_F(Protection, AUserAssignedLaterOpensEverythingOldMessagesToo) {
  ASSERT_TRUE(nord->accounts.enroll("nora", id, {}, nord->cancel).ok()) << "the letter is for the older key now";
  nord->log_out("otto");  // only the public key is needed
  ASSERT_TRUE(nord->accounts.assign("nora", id, "otto").ok());
  nord->log_in("otto");
  nord->log_out("nora");
  expect_opens(*nord, "otto", kIn);
  const auto outbox = nord->outbox("otto", id);
  ASSERT_THAT(outbox, SizeIs(2));
  EXPECT_THAT((std::vector<std::string>{outbox[0].user_subject, outbox[1].user_subject}),
              ::testing::UnorderedElementsAre(kOut.subject, kWaiting.subject));
  const auto keystore = nord->accounts.export_keystore("otto", id);
  ASSERT_TRUE(keystore.ok()) << keystore.status().to_string();
  EXPECT_EQ(crypto::read_pkcs12(*keystore, Secret(std::string_view(kKeystorePassword)))->size(), 2U);
  // What comes from now on.
  nord->send("otto", id);
  receive_from_sued(kLaterIn, "otto");
  expect_opens(*nord, "otto", kLaterIn);
  // A copy opens for him, as for every assigned user, and for nobody else.
  const auto backup = open_copy(copy("backup"), "otto");
  expect_opens(*backup, "otto", kIn);
  nord->log_in("nora");
  const auto stolen = open_copy(copy("stolen"), "mia");
  expect_shut_out(*stolen, "mia");
}

// ---------------------------------------------------------------------------------------------------- removed

/// Rows of the vault as Mia kept them in her copy.
struct KeptRow {
  std::string name, key_id, sealed;
};

std::vector<KeptRow> kept_rows(Practice& practice, const std::string& sql) {
  std::vector<KeptRow> rows;
  const Status read = practice.database->read([&](Poco::Data::Session& session) {
    KeptRow row;
    Sql statement(session, sql);
    statement.into(row.name).into(row.key_id).into_blob(row.sealed);
    while (statement.next()) {
      rows.push_back(row);
    }
    return Status();
  });
  EXPECT_TRUE(read.ok()) << read.to_string();
  return rows;
}

class Removed : public Protection {
 protected:
  void SetUp() override {
    Protection::SetUp();
    ASSERT_TRUE(nord->accounts.assign("nora", id, "mia").ok());
    expect_opens(*nord, "mia", kIn);
    kept_session = std::make_unique<account::Session>(nord->accounts.open("mia", id).value());
    before = open_copy(copy("before"), "mia");
    ASSERT_TRUE(nord->accounts.unassign("nora", id, "mia").ok());
  }
  /// What careful people do after somebody left (README of the vault), and life going on.
  void time_passes() {
    ASSERT_TRUE(
        nord->accounts.change_password("nora", id, Secret(std::string_view("Spaeter-KANARIE-31")), nord->cancel).ok());
    ASSERT_TRUE(nord->accounts.set_keystore_password("nora", id, Secret(std::string_view("Keystore-SPAETER-32"))).ok());
    const auto renewed = nord->accounts.enroll("nora", id, {}, nord->cancel);
    ASSERT_TRUE(renewed.ok()) << renewed.status().to_string();
    receive_from_sued(kLaterIn);
    nord->queue("nora", id, kLaterOut);
  }
  /// Puts Mia's sealed copy, and all secrets as they were then, into a later copy.
  void plant(Practice& practice) {
    const auto keys = kept_rows(*before, "SELECT user_id, key_id, sealed FROM vault_key WHERE user_id = 'mia'");
    const auto secrets = kept_rows(*before, "SELECT name, key_id, sealed FROM vault_secret");
    ASSERT_THAT(keys, SizeIs(1));
    const Status planted = practice.database->write([&](Poco::Data::Session& session) {
      Sql(session, "DELETE FROM vault_key").run();
      Sql(session, "DELETE FROM vault_secret").run();
      Sql(session, "INSERT INTO vault_key (account_id, user_id, key_id, sealed, created_at) VALUES (?, ?, ?, ?, 0)")
          .arg(id)
          .arg("mia")
          .arg(keys[0].key_id)
          .blob(keys[0].sealed)
          .run();
      for (const KeptRow& row : secrets) {
        Sql(session, "INSERT INTO vault_secret (account_id, name, key_id, sealed, changed_at) VALUES (?, ?, ?, ?, 0)")
            .arg(id)
            .arg(row.name)
            .arg(row.key_id)
            .blob(row.sealed)
            .run();
      }
      return Status();
    });
    ASSERT_TRUE(planted.ok()) << planted.to_string();
  }

  std::unique_ptr<Practice> before;
  std::unique_ptr<account::Session> kept_session;
};

TEST_F(Removed, SeesAndOpensNothingAtOnce) {
  expect_shut_out(*nord, "mia");
  expect_opens(*nord, "nora", kIn);
  ASSERT_TRUE(nord->accounts.open("nora", id).ok());
  EXPECT_TRUE(nord->vault.get(kept_session->key, "kv_password").status().is(error::invalid_state))
      << "a key kept in memory";
  EXPECT_TRUE(nord->vault.share(kept_session->key, "mia").is(error::invalid_state)) << "no way back in";
}

TEST_F(Removed, ALaterCopyOpensNothing) {
  time_passes();
  const auto after = open_copy(copy("after"), "mia");
  expect_shut_out(*after, "mia");
  EXPECT_THAT(canaries().found_in(nord->directory), IsEmpty());
}

TEST_F(Removed, WhatWasKeptOpensNothingThatIsStoredLater) {
  time_passes();
  const auto after = open_copy(copy("after"), "mia");
  plant(*after);
  // The attack works, for what Mia could read before anyway.
  const auto session = after->accounts.open("mia", id);
  ASSERT_TRUE(session.ok()) << session.status().to_string();
  expect_opens(*after, "mia", kIn);
  // And for nothing else: passwords, keys, messages.
  EXPECT_EQ(session->credentials.password, Secret(std::string_view(kPassword))) << "the old one";
  EXPECT_TRUE(after->accounts.check("mia", id, after->cancel).status().is(error::wrong_credentials));
  const auto newest = nord->accounts.open("nora", id).value().identities.front();
  for (const auto& identity : session->identities) {
    EXPECT_FALSE(identity.certificate == newest.certificate);
    EXPECT_FALSE(newest.certificate.carries_key_of(identity.key));
  }
  for (const auto& key : session->bare_keys) {
    EXPECT_FALSE(newest.certificate.carries_key_of(key));
  }
  EXPECT_NE(session->content_key, nord->accounts.open("nora", id)->content_key);
  const auto later = after->mail.open("mia", received.at(kLaterIn.subject));
  EXPECT_TRUE(!later.ok() || (later->message.parts.empty() && later->message.text().empty()));
  for (const auto& item : after->outbox("mia", id)) {
    EXPECT_NE(item.user_subject, kLaterOut.subject);
    EXPECT_THAT(item.file_names, ::testing::Not(::testing::Contains(kLaterOut.file_name)));
  }
  expect_opens(*nord, "nora", kLaterIn);
}

TEST_F(Removed, AssignedAgainOpensEverythingAgain) {
  time_passes();
  ASSERT_TRUE(nord->accounts.assign("nora", id, "mia").ok());
  expect_opens(*nord, "mia", kIn);
  expect_opens(*nord, "mia", kLaterIn);
  EXPECT_THAT(nord->outbox("mia", id), SizeIs(3));
}

}  // namespace
}  // namespace kvc::protection
