// SPDX-License-Identifier: Apache-2.0
#include "unit/archive/fixture.h"

namespace kvc::testing {
namespace {

using archive::Event;
using archive::Language;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<Event::Kind> kinds(const archive::Protocol& protocol) {
  std::vector<Event::Kind> list;
  for (const Event& event : protocol.events) {
    list.push_back(event.kind);
  }
  return list;
}

TEST_F(Archive, TheProtocolOfAReceivedMessage) {
  const std::string id = deliver(plain_mail());
  const std::string raw = on_server_b().back().second;
  ASSERT_TRUE(fetch_b().ok());
  const auto protocol = service().protocol("bert", inbox_b().at(0).id);
  ASSERT_TRUE(protocol.ok()) << protocol.status().to_string();
  EXPECT_EQ(protocol->message_id, id);
  EXPECT_EQ(protocol->account_address, kAddressB);
  EXPECT_FALSE(protocol->sent);
  EXPECT_FALSE(protocol->from_archive);
  EXPECT_EQ(protocol->size, raw.size());
  EXPECT_EQ(protocol->sha256.size(), 64U);
  EXPECT_THAT(kinds(*protocol), ::testing::ElementsAre(Event::Kind::receipt_requested, Event::Kind::receipt_accepted));
  EXPECT_FALSE(inbox_b().at(0).read) << "a protocol is no reading";
  const std::string text = archive::protocol_text(*protocol, Language::german);
  for (const char* part : {"Protokoll einer KV-Connect-Nachricht", "valid - Gültig", kAddressA, "Unterzeichner",
                           "Aussteller", "Seriennummer", "Gültig bis", "Signaturzeit", "aes-256-cbc", "sha-256",
                           "Eingangsbestätigung gesendet", "text/plain"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, HasSubstr(protocol->sha256));
  EXPECT_THAT(text, HasSubstr(protocol->message.parts.at(0).sha256));
  EXPECT_THAT(text, Not(HasSubstr("Hallo"))) << "the content is not in it";
}

TEST_F(Archive, TheProtocolOfAnArchivedMessageSaysWhoseTimeItIs) {
  import(put("a.eml", mail()));
  const auto protocol = service().protocol("bert", inbox_b().at(0).id);
  ASSERT_TRUE(protocol.ok());
  EXPECT_TRUE(protocol->from_archive);
  EXPECT_EQ(protocol->stored, world->env.now());
  EXPECT_THAT(kinds(*protocol), ::testing::ElementsAre(Event::Kind::receipt_requested));
  EXPECT_THAT(archive::protocol_text(*protocol, Language::german), HasSubstr("nach eigener Angabe"));
  EXPECT_THAT(archive::protocol_text(*protocol, Language::english), HasSubstr("as the signer"));
}

TEST_F(Archive, TheProtocolOfASentMessageHasItsHistory) {
  const std::string id = queue(draft());
  auto made = service();
  EXPECT_TRUE(made.sent_protocol("anna", id).status().is(error::invalid_state)) << "not sealed yet";
  ASSERT_TRUE(send().ok());
  std::ostringstream out;
  ASSERT_TRUE(made.export_sent_eml("anna", id, out).ok());
  EXPECT_EQ(out.str(), on_server_b().back().second) << "as it left";
  ASSERT_TRUE(fetch_b().ok());
  ASSERT_TRUE(fetch_a().ok());
  const auto protocol = made.sent_protocol("anna", id);
  ASSERT_TRUE(protocol.ok()) << protocol.status().to_string();
  EXPECT_TRUE(protocol->sent);
  EXPECT_EQ(protocol->message.verdict, message::Verdict::valid);
  EXPECT_THAT(kinds(*protocol),
              ::testing::ElementsAre(Event::Kind::receipt_requested, Event::Kind::accepted, Event::Kind::confirmed));
  EXPECT_THAT(archive::protocol_text(*protocol, Language::german),
              HasSubstr("Eingangsbestätigung des Empfängers erhalten"));
}

TEST_F(Archive, OthersSeeNothing) {
  import(put("a.eml", mail()));
  const std::string inbox_id = inbox_b().at(0).id;
  const std::string outbox_id = queue(draft());
  auto made = service();
  std::ostringstream out;
  EXPECT_TRUE(made.export_eml("anna", inbox_id, out).is(error::not_found));
  EXPECT_TRUE(made.protocol("anna", inbox_id).status().is(error::not_found));
  EXPECT_TRUE(made.set_reference_time("anna", inbox_id, world->env.now()).is(error::not_found));
  EXPECT_TRUE(made.export_sent_eml("bert", outbox_id, out).is(error::not_found));
  EXPECT_TRUE(made.sent_protocol("bert", outbox_id).status().is(error::not_found));
  EXPECT_TRUE(made.export_eml("bert", "gibt-es-nicht", out).is(error::not_found));
  EXPECT_TRUE(out.str().empty());
}

TEST_F(Archive, AnExportThatCannotBeWrittenSaysSo) {
  import(put("a.eml", mail()));
  std::ofstream full("/dev/full", std::ios::binary);
  EXPECT_TRUE(service().export_eml("bert", inbox_b().at(0).id, full).is(error::file_unwritable));
}

}  // namespace
}  // namespace kvc::testing
