// SPDX-License-Identifier: Apache-2.0
// Two practices, each with its own database, and one server: from initial password to receipt.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "contract/chain/practice.h"

namespace kvc::testing {
namespace {

using account::State;
using mailbox::OutboxState;
using ::testing::SizeIs;

constexpr const char* kAccounts = R"({"accounts": [
  {"username": "kette.nord", "password": "Initial-NORD-1", "cn": "TEST ONLY Nord"},
  {"username": "kette.sued", "password": "Initial-SUED-1", "cn": "TEST ONLY Süd"}]})";
constexpr const char* kNordInitial = "Initial-NORD-1";
constexpr const char* kSuedInitial = "Initial-SUED-1";

class Chain : public ::testing::Test {
 protected:
  void SetUp() override {
    directory = std::filesystem::path(::testing::TempDir()) / ("kvc-chain-" + new_uuid(Env::system()));
    std::filesystem::create_directories(directory);
    kvserver::Options options;
    options.data_dir = directory / "server";
    options.accounts_json = kAccounts;
    options.robots = false;
    options.csr_step = std::chrono::milliseconds(20);
    options.ca_bits = 2048;
    options.ca_dir = KVC_TEST_CA_DIR;
    server = std::make_unique<kvserver::Server>(options);
    server->start();
    nord = std::make_unique<Practice>(*server, directory / "nord", "nora");
    sued = std::make_unique<Practice>(*server, directory / "sued", "sven");
  }
  void TearDown() override {
    nord.reset();
    sued.reset();
    server.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  void both_ready() {
    const Status north = nord->become_ready("kette.nord", kNordInitial, "Nord-GEHEIM-11");
    ASSERT_TRUE(north.ok()) << north.to_string();
    const Status south = sued->become_ready("kette.sued", kSuedInitial, "Sued-GEHEIM-22");
    ASSERT_TRUE(south.ok()) << south.to_string();
  }
  void expect_exactly_once() {
    ASSERT_THAT(nord->outbox(), SizeIs(1));
    EXPECT_EQ(nord->outbox()[0].state, OutboxState::delivered);
    ASSERT_THAT(sued->inbox(), SizeIs(1));
    EXPECT_EQ(sued->inbox()[0].verdict, message::Verdict::valid);
    EXPECT_EQ(sued->inbox()[0].message_id, nord->outbox()[0].message_id);
    ASSERT_THAT(sued->outbox(), SizeIs(1));
    EXPECT_EQ(sued->outbox()[0].state, OutboxState::accepted);
    ASSERT_THAT(nord->inbox(), SizeIs(1));
    EXPECT_TRUE(nord->inbox()[0].is_receipt);
    EXPECT_EQ(nord->inbox()[0].verdict, message::Verdict::valid);
    EXPECT_EQ(server->mailbox_size("kette.nord"), 0U);
    EXPECT_EQ(server->mailbox_size("kette.sued"), 0U);
  }

  std::filesystem::path directory;
  std::unique_ptr<kvserver::Server> server;
  std::unique_ptr<Practice> nord, sued;
};

TEST_F(Chain, FromInitialPasswordToReceipt) {
  both_ready();
  ASSERT_TRUE(nord->queue_letter("kette.sued@kv-safenet.de").ok());
  const auto sent = nord->send();
  ASSERT_TRUE(sent.ok()) << sent.status().to_string();
  EXPECT_EQ(sent->accepted, 1);
  const auto fetched = sued->fetch();
  ASSERT_TRUE(fetched.ok()) << fetched.status().to_string();
  EXPECT_EQ(fetched->fetched, 1);
  const auto opened = sued->mail->open("sven", sued->inbox().at(0).id);
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  EXPECT_EQ(opened->item.subject, kSubject);
  EXPECT_NE(opened->message.text().find(kLetter), std::string::npos);
  ASSERT_THAT(opened->message.parts, SizeIs(2));
  EXPECT_EQ(opened->message.parts[1].name, kFile);
  std::ostringstream file;
  ASSERT_TRUE(opened->message.read_part(1, file).ok());
  EXPECT_EQ(file.str(), kFileText);
  ASSERT_TRUE(nord->fetch().ok());
  expect_exactly_once();

  const std::string bytes = raw_bytes(directory / "nord") + raw_bytes(directory / "sued");
  ASSERT_NE(bytes.find("kette.sued@kv-safenet.de"), std::string::npos) << "the search works";
  for (const char* word : {kNordInitial, kSuedInitial, "Nord-GEHEIM-11", "Sued-GEHEIM-22", kKeystorePassword, kSubject,
                           kLetter, kFile, kFileText, "PRIVATE KEY"}) {
    EXPECT_EQ(bytes.find(word), std::string::npos) << word;
  }
  for (Practice* practice : {nord.get(), sued.get()}) {
    const auto session = practice->accounts->open(practice->user, practice->id);
    ASSERT_TRUE(session.ok());
    const Secret key = session->identities.at(0).key.to_der().value();
    // Beyond the public modulus, which every certificate shows: the private exponent and the primes.
    EXPECT_EQ(bytes.find(key.reveal().substr(key.size() - 300, 64)), std::string::npos);
  }
}

TEST_F(Chain, BrokenConnectionsAndABusyServerDoubleNothing) {
  server->set_faults(R"({"rules": [
    {"match": {"method": "POST", "path_regex": "accounts/[^/]+/password"}, "action": {"type": "reset_after"}},
    {"match": {"method": "POST", "path": "csr"}, "action": {"type": "reset_after"}},
    {"match": {"method": "POST", "path": "mails"}, "action": {"type": "reset_after"}},
    {"match": {"method": "POST", "path": "mails"}, "action": {"type": "status", "status": 503, "retry_after": 1}},
    {"match": {"method": "GET", "path_regex": "accounts/[^/]+/mails/.+"}, "times": 2, "action": {"type": "truncate"}},
    {"match": {"method": "DELETE", "path_regex": "accounts/[^/]+/mails/.+"}, "action": {"type": "reset_after"}}]})");
  both_ready();
  ASSERT_TRUE(nord->queue_letter("kette.sued@kv-safenet.de").ok());
  for (int round = 0; round < 4; ++round) {
    EXPECT_TRUE(nord->send().ok());
    EXPECT_TRUE(sued->fetch().ok());
    EXPECT_TRUE(nord->fetch().ok());
    nord->env.ahead += std::chrono::hours(1);
    sued->env.ahead += std::chrono::hours(1);
  }
  expect_exactly_once();
}

TEST_F(Chain, ProcessesThatDieTakeUpTheirWork) {
  both_ready();
  ASSERT_TRUE(nord->queue_letter("kette.sued@kv-safenet.de").ok());
  nord->restart();
  server->set_faults(R"({"rules": [{"match": {"method": "POST", "path": "mails"}, "times": -1,
    "action": {"type": "status", "status": 503, "retry_after": 1}}]})");
  ASSERT_TRUE(nord->send().ok());
  ASSERT_THAT(nord->outbox(), SizeIs(1));
  EXPECT_EQ(nord->outbox()[0].state, OutboxState::queued);
  EXPECT_EQ(nord->outbox()[0].last_error, error::server_busy.key);
  server->set_faults(R"({"rules": []})");
  nord->restart();
  ASSERT_EQ(nord->send()->accepted, 1);
  ASSERT_TRUE(sued->fetch().ok());
  sued->restart();
  nord->restart();
  ASSERT_TRUE(nord->fetch().ok());
  expect_exactly_once();
}

TEST_F(Chain, RenewalKeepsOldMailReadable) {
  both_ready();
  ASSERT_TRUE(nord->queue_letter("kette.sued@kv-safenet.de").ok());
  ASSERT_EQ(nord->send()->accepted, 1);
  const auto renewed = sued->accounts->enroll("sven", sued->id, {}, sued->cancel);
  ASSERT_TRUE(renewed.ok()) << renewed.status().to_string();
  EXPECT_THAT(renewed->generations, SizeIs(2));
  ASSERT_TRUE(sued->fetch().ok());
  EXPECT_EQ(sued->inbox().at(0).verdict, message::Verdict::valid) << "by the older key";
  ASSERT_TRUE(nord->fetch().ok());
  expect_exactly_once();
}

TEST_F(Chain, UnknownRecipientFailsAfterAFewTries) {
  both_ready();
  ASSERT_TRUE(nord->queue_letter("niemand@kv-safenet.de").ok());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(nord->send().ok());
    nord->env.ahead += std::chrono::hours(2);
  }
  EXPECT_EQ(nord->outbox().at(0).state, OutboxState::failed);
  EXPECT_EQ(nord->outbox().at(0).last_error, error::no_certificate.key);
}

TEST_F(Chain, LockedAccountSaysSo) {
  both_ready();
  server->set_locked("kette.nord", true);
  EXPECT_TRUE(nord->fetch().status().is(error::account_locked));
  EXPECT_EQ(nord->accounts->overview("nora", nord->id)->last_error, error::account_locked.key);
  server->set_locked("kette.nord", false);
  EXPECT_TRUE(nord->fetch().ok());
}

}  // namespace
}  // namespace kvc::testing
