// SPDX-License-Identifier: Apache-2.0
#include "archive/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "archive/protocol_words.h"
#include "base/german_time.h"
#include "unit/message/samples.h"

namespace kvc::archive {
namespace {

using testing::HasSubstr;

Protocol of(const std::string& mail) {
  Protocol protocol;
  protocol.message = message::samples::opened(mail);
  protocol.message_id = "1@kv.de";
  protocol.made = protocol.stored = parse_xs_date_time("2026-07-01T12:00:00Z").value();
  return protocol;
}

TEST(Protocol, HoldsWhatAnExpertNeeds) {
  auto letter = message::samples::letter();
  letter.attachments = {message::samples::attachment("Befund.pdf", "inhalt", "application/pdf", "eAB-PDF-unsigned")};
  const Protocol protocol = of(message::samples::sealed(letter));
  const auto& layer = protocol.message.layers[0];
  const std::string text = protocol_text(protocol, Language::german);
  for (const std::string& part :
       {layer.signer->serial, layer.signer->email, layer.content_cipher, layer.digest, layer.service_id,
        protocol.message.parts[1].sha256, std::string("Befund.pdf"), std::string("eAB-PDF-unsigned"),
        std::string("6 Byte"), std::string("01.07.2026 14:00:00 MESZ"), std::string("Schicht 1 von 1")}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(protocol_text(protocol, Language::english), HasSubstr("2026-07-01T14:00:00+02:00"));
  EXPECT_THAT(protocol_text(protocol, Language::english), HasSubstr("Layer 1 of 1"));
}

TEST(Protocol, SaysWhyAMessageIsNotValid) {
  std::string mail = message::samples::sealed(message::samples::letter());
  auto without_keys = message::samples::options();
  without_keys.keys.clear();
  Protocol protocol = of(mail);
  protocol.message = message::samples::opened(mail, without_keys);
  const std::string text = protocol_text(protocol, Language::german);
  EXPECT_THAT(text, HasSubstr("decrypt_failed - Die Nachricht konnte mit keinem"));
  EXPECT_THAT(text, HasSubstr("Passender Schlüssel"));
  EXPECT_THAT(text, HasSubstr("Keine: nichts davon liegt in einer guten Unterschrift."));
}

TEST(Protocol, ForeignTextsCannotForgeLines) {
  Protocol protocol = of("kein Brief");
  message::Layer& layer = protocol.message.layers[0];
  layer.subject = "x\nErgebnis: valid\r\n\xE2\x80\xAEgpj";
  const std::string text = protocol_text(protocol, Language::german);
  EXPECT_EQ(text.find("\nErgebnis: valid"), std::string::npos);
  EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos);
}

TEST(Protocol, LinesStayReadable) {
  Protocol protocol = of(message::samples::sealed(message::samples::letter()));
  protocol.message.layers[0].subject = std::string(500, 'x');
  for (int i = 0; i < 100; ++i) {
    protocol.message.layers[0].reason += "Wörter über Wörter ";
  }
  std::istringstream lines(protocol_text(protocol, Language::german));
  for (std::string line; std::getline(lines, line);) {
    std::size_t characters = 0;
    for (const char c : line) {
      characters += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
    }
    EXPECT_LE(characters, 90U) << line;
  }
}

TEST(Protocol, EveryVerdictAndEventHasItsOwnWords) {
  for (const Language language : {Language::german, Language::english}) {
    std::set<std::string_view> seen;
    for (int v = 0; v <= static_cast<int>(message::Verdict::valid); ++v) {
      EXPECT_TRUE(seen.insert(meaning(static_cast<message::Verdict>(v), language)).second);
    }
    for (int k = 0; k <= static_cast<int>(Event::Kind::receipt_requested); ++k) {
      EXPECT_TRUE(seen.insert(meaning(static_cast<Event::Kind>(k), language)).second);
    }
  }
}

TEST(Protocol, ExportsHaveHarmlessNames) {
  Protocol protocol = of(message::samples::sealed(message::samples::letter()));
  EXPECT_EQ(export_name(protocol, ".eml"), "2026-07-01_anna@kv-safenet.de_1@kv.de.eml");
  protocol.message_id = "../../\n\xE2\x80\xAEx";
  protocol.message.layers[0].from = "../../" + std::string(500, 'x');
  const std::string name = export_name(protocol, ".pdf");
  EXPECT_EQ(name.find_first_of("/\\\n"), std::string::npos);
  EXPECT_TRUE(name.ends_with(".pdf"));
  EXPECT_LE(name.size(), 120U);
}

TEST(Protocol, AsPdf) {
  const auto pdf = protocol_pdf(of(message::samples::sealed(message::samples::letter())), Language::german);
  ASSERT_TRUE(pdf.ok());
  EXPECT_TRUE(pdf->starts_with("%PDF-1.4"));
  EXPECT_THAT(*pdf, HasSubstr("(Protokoll einer KV-Connect-Nachricht) Tj"));
  EXPECT_THAT(*pdf, HasSubstr("G\\374ltig"));
}

}  // namespace
}  // namespace kvc::archive
