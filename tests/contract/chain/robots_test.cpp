// SPDX-License-Identifier: Apache-2.0
// Deliveries to a KV that answers as older systems do (tests/kvconnect_server, "Robots"): everything it sends back is
// matched to its delivery.
#include <gmock/gmock.h>

#include <cstdlib>
#include <sstream>

#include "contract/chain/practice.h"
#include "service/working_time.h"

namespace kvc::testing {
namespace {

using mailbox::OutboxState;
using service::MessageKind;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kAccounts = R"({"accounts": [
  {"username": "kette.praxis", "password": "Initial-PRAXIS-1", "cn": "TEST ONLY Praxis"},
  {"username": "kette.kv", "robot": "kv", "cn": "TEST ONLY KV"}]})";
constexpr const char* kKv = "kette.kv@kv-safenet.de";
constexpr const char* kGuid = "6F1C2D3E-0000-4A4A-8B8B-0123456789AB";
constexpr const char* kPackage = "Z01999999900_05.10.2026_09.25.con.XKM";

std::string companion(const std::string& type, const std::string& attachment) {
  return R"(<?xml version="1.0" encoding="UTF-8"?>
<einlieferung xmlns="http://www.kv-telematik.de/1-Click/Meldung_Einlieferung/2.0.0">
  <version V="1"/><guid V=")" +
         std::string(kGuid) + R"("/><bsnr V="999999900"/><testdaten V="true"/>
  <lieferungs_zeitpunkt V="2026-10-05T09:30:00+02:00"/><dokumenten_typ V=")" +
         type + R"("/>
  <quartal V="2026-3"/><vollstaendig V="true"/><anhang V=")" +
         attachment + R"("/>
</einlieferung>
)";
}

std::optional<mailbox::ThreadKey> guid_of(const message::OpenedMessage& message) {
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    std::ostringstream text;
    if (message.parts[i].name == "begleitdatei.xml" && message.read_part(i, text).ok() &&
        text.str().find(kGuid) != std::string::npos) {
      return mailbox::ThreadKey{kGuid, 1};
    }
  }
  return std::nullopt;
}

class Robots : public ::testing::Test {
 protected:
  void SetUp() override {
    directory = std::filesystem::path(::testing::TempDir()) / ("kvc-robots-" + new_uuid(Env::system()));
    std::filesystem::create_directories(directory);
    kvserver::Options options;
    options.data_dir = directory / "server";
    options.accounts_json = kAccounts;
    options.csr_step = std::chrono::milliseconds(20);
    options.ca_bits = 2048;
    options.ca_dir = KVC_TEST_CA_DIR;
    server = std::make_unique<kvserver::Server>(options);
    server->start();
    practice = std::make_unique<Practice>(*server, directory / "praxis", "nora");
    practice->options.thread_key = guid_of;
    const Status ready = practice->become_ready("kette.praxis", "Initial-PRAXIS-1", "Praxis-GEHEIM-11");
    ASSERT_TRUE(ready.ok()) << ready.to_string();
    practice->restart();  // with the GUID reader
  }
  void TearDown() override {
    practice.reset();
    server.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }

  mailbox::Draft delivery(const service::ServiceId& id) const {
    mailbox::Draft draft;
    draft.account_id = practice->id;
    draft.to = kKv;
    draft.service_id = id;
    return draft;
  }
  // Sends, lets the robot answer, fetches.
  mailbox::OutboxItem answered(const mailbox::Draft& draft) {
    const auto queued = practice->mail->queue("nora", draft);
    EXPECT_TRUE(queued.ok()) << queued.status().to_string();
    const auto sent = practice->send();
    EXPECT_TRUE(sent.ok()) << sent.status().to_string();
    EXPECT_TRUE(server->wait_for_robots(std::chrono::seconds(30)));
    const auto fetched = practice->fetch();
    EXPECT_TRUE(fetched.ok()) << fetched.status().to_string();
    EXPECT_EQ(fetched->unassigned, 0);
    EXPECT_EQ(fetched->not_valid, 0);
    return practice->mail->outbox_item("nora", *queued).value();
  }
  void expect_no_notes() {
    for (const kvserver::RobotEvent& event : server->robot_events()) {
      EXPECT_THAT(event.notes, IsEmpty()) << event.detail;
    }
  }

  std::filesystem::path directory;
  std::unique_ptr<kvserver::Server> server;
  std::unique_ptr<Practice> practice;
};

TEST_F(Robots, BillingIsConfirmedAndAnswered) {
  auto draft = delivery({"1ClickAbrechnung", "Lieferung", "V2.0"});
  draft.delivery = mailbox::DeliveryFacts{kGuid, 1, "999999900", "2026-3", "ABRECHNUNG", true};
  draft.announced = {MessageKind::receipt, MessageKind::feedback};
  draft.files.push_back({"begleitdatei.xml", "application/xml", "", Secret(companion("ABRECHNUNG", kPackage))});
  draft.files.push_back({kPackage, "application/octet-stream", "", Secret(std::string_view("verschlüsselt"))});
  const auto item = answered(draft);
  expect_no_notes();
  EXPECT_EQ(item.state, OutboxState::answered);
  ASSERT_NE(item.reply(MessageKind::receipt), nullptr);
  EXPECT_TRUE(item.reply(MessageKind::receipt)->arrived.has_value()) << "by Original-Message-ID";
  ASSERT_NE(item.reply(MessageKind::feedback), nullptr);
  EXPECT_TRUE(item.reply(MessageKind::feedback)->arrived.has_value()) << "by GUID, it has no In-Reply-To";
  const auto thread = practice->mail->thread("nora", practice->id, item.thread_id);
  ASSERT_TRUE(thread.ok());
  EXPECT_THAT(thread->sent, SizeIs(1));
  ASSERT_THAT(thread->received, SizeIs(2));
  for (const auto& received : thread->received) {
    EXPECT_EQ(received.service_key, "1click");
    EXPECT_EQ(received.verdict, message::Verdict::valid);
  }
  EXPECT_THAT(practice->outbox(), SizeIs(1)) << "no receipt for billing";
  const std::string bytes = raw_bytes(directory / "praxis");
  EXPECT_EQ(bytes.find(kGuid), std::string::npos) << "inside sealed columns only";
}

TEST_F(Robots, DocumentationGetsItsStatus) {
  auto draft = delivery({"eDokumentation-QSKE", "Lieferung", "V2.0"});
  draft.delivery = mailbox::DeliveryFacts{kGuid, 1, "999999900", "2026-3", "QSKE", true};
  draft.files.push_back(
      {"begleitdatei.xml", "application/xml", "eDoku-Begleitdatei", Secret(companion("QSKE", "qs.zip.xkm"))});
  draft.files.push_back(
      {"qs.zip.xkm", "application/octet-stream", "eDoku-Archiv", Secret(std::string_view("verschlüsselt"))});
  const auto item = answered(draft);
  expect_no_notes();
  EXPECT_EQ(item.state, OutboxState::answered);
  const auto* status = item.reply(MessageKind::status);
  ASSERT_NE(status, nullptr);
  EXPECT_TRUE(status->arrived.has_value());
  EXPECT_FALSE(status->overdue);
  EXPECT_EQ(*status->due, service::deadline(*item.accepted, 72, true));
}

}  // namespace
}  // namespace kvc::testing
