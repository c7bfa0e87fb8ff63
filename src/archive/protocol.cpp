// SPDX-License-Identifier: Apache-2.0
#include "archive/protocol.h"

#include <algorithm>

#include "archive/pdf_text.h"
#include "archive/protocol_words.h"
#include "base/german_time.h"
#include "base/guard.h"
#include "mime/safe_name.h"

namespace kvc::archive {
namespace {

constexpr std::size_t kWidth = 90, kLabel = 24;  // a SHA-256 beside its label fits

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// Bytes of the first `count` characters.
std::size_t bytes_of(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool first = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    if (first && count-- == 0) {
      break;
    }
  }
  return at;
}

/// Lines of a protocol: a label, and a value that is broken at blanks where it has some.
class Page {
 public:
  explicit Page(Language language) : language_(language) {}

  void title(Words words) {
    const std::string_view text = words.in(language_);
    out_.append(text).append("\n").append(characters(text), '=').append("\n\n");
  }
  void heading(const std::string& text) {
    out_.append("\n").append(text).append("\n").append(characters(text), '-').append("\n");
  }
  void line(std::size_t indent, Words label, std::string_view value) {
    if (value.empty()) {
      return;
    }
    std::string head(indent, ' ');
    head.append(label.in(language_)).append(": ");
    const std::size_t width = characters(head);
    head.append(width < kLabel ? kLabel - width : 0, ' ');
    wrapped(head, mime::shown_line(value));
  }
  void time(std::size_t indent, Words label, TimePoint value) { line(indent, label, time_text(value, language_)); }
  void plain(std::size_t indent, std::string_view text) { wrapped(std::string(indent, ' '), mime::shown_line(text)); }

  [[nodiscard]] Language language() const { return language_; }
  std::string take() { return std::move(out_); }

 private:
  void wrapped(const std::string& head, std::string_view text) {
    const std::size_t indent = std::min(characters(head), kWidth / 2);
    const std::size_t room = kWidth - indent;
    out_ += head;
    while (characters(text) > room) {
      std::size_t cut = bytes_of(text, room);
      const std::size_t blank = text.substr(0, cut).rfind(' ');
      const bool at_blank = blank != std::string_view::npos && blank > 0;
      cut = at_blank ? blank : cut;
      out_.append(text.substr(0, cut)).append("\n").append(indent, ' ');
      text.remove_prefix(at_blank ? cut + 1 : cut);
    }
    out_.append(text).append("\n");
  }

  Language language_;
  std::string out_;
};

std::string verdict_line(message::Verdict verdict, Language language) {
  return std::string(message::name(verdict)) + " - " + std::string(meaning(verdict, language));
}

void write_head(const Protocol& protocol, Page& page) {
  page.title({"Protokoll einer KV-Connect-Nachricht", "Protocol of a KV-Connect message"});
  page.time(0, {"Protokoll erstellt", "Protocol made"}, protocol.made);
  page.line(0, {"KV-Connect-Konto", "KV-Connect account"}, protocol.account_address);
  page.line(0, {"Message-ID", "Message-ID"}, protocol.message_id);
  const Words stored = protocol.sent           ? Words{"Zum Senden erfasst", "Queued for sending"}
                       : protocol.from_archive ? Words{"Importiert", "Imported"}
                                               : Words{"Empfangen", "Received"};
  page.time(0, stored, protocol.stored);
  page.line(0, {"Größe", "Size"},
            std::to_string(protocol.size) + (page.language() == Language::german ? " Byte" : " bytes"));
  page.line(0, {"SHA-256 (Original)", "SHA-256 (original)"}, protocol.sha256);
  if (const auto* time = std::get_if<TimePoint>(&protocol.reference)) {
    page.time(0, {"Geprüft zum Zeitpunkt", "Judged at"}, *time);
  } else {
    page.line(
        0, {"Geprüft zum Zeitpunkt", "Judged at"},
        Words{"der Unterschrift (nach eigener Angabe des Unterzeichners)", "the signing time (as the signer claims it)"}
            .in(page.language()));
  }
  page.line(0, {"Ergebnis", "Verdict"}, verdict_line(protocol.message.verdict, page.language()));
}

void write_signer(const message::Signer& signer, Page& page) {
  page.line(2, {"Unterzeichner", "Signer"}, signer.subject);
  page.line(2, {"Adresse", "Address"}, signer.email);
  page.line(2, {"Aussteller", "Issuer"}, signer.issuer);
  page.line(2, {"Seriennummer", "Serial number"}, signer.serial);
  page.time(2, {"Gültig ab", "Valid from"}, signer.not_before);
  page.time(2, {"Gültig bis", "Valid until"}, signer.not_after);
  page.line(2, {"SHA-256 (Zertifikat)", "SHA-256 (cert.)"}, signer.fingerprint_sha256);
}

void write_layer(const message::Layer& layer, std::size_t number, std::size_t count, Page& page) {
  std::string heading(Words{"Schicht ", "Layer "}.in(page.language()));
  heading += std::to_string(number) + Words{" von ", " of "}.in(page.language()).data() + std::to_string(count);
  page.heading(heading);
  page.line(2, {"Ergebnis", "Verdict"}, verdict_line(layer.verdict, page.language()));
  page.line(2, {"Begründung", "Reason"}, layer.reason);
  for (const message::Verdict finding : layer.findings) {
    page.line(2, {"Weiterer Befund", "Further finding"}, verdict_line(finding, page.language()));
  }
  page.line(2, {"Von", "From"}, layer.from);
  page.line(2, {"An", "To"}, layer.to);
  page.line(2, {"Datum", "Date"}, layer.date);
  page.line(2, {"Betreff", "Subject"}, layer.subject);
  page.line(2, {"Dienstkennung", "Service id"}, layer.service_id);
  page.line(2, {"Message-ID", "Message-ID"}, layer.message_id);
  page.line(2, {"Antwort auf", "In reply to"}, layer.in_reply_to);
  if (layer.signer) {
    write_signer(*layer.signer, page);
  }
  if (layer.signing_time) {
    page.time(2, {"Signaturzeit", "Signing time"}, *layer.signing_time);
  }
  if (layer.signer) {
    page.time(2, {"Prüfzeitpunkt", "Reference time"}, layer.reference_time);
  }
  page.line(2, {"Verschlüsselung", "Encryption"}, layer.content_cipher);
  page.line(2, {"Hashverfahren", "Digest"}, layer.digest);
  page.line(2, {"Geöffnet mit", "Opened with"}, layer.key_label);
  if (layer.key_label.empty()) {
    for (const auto& recipient : layer.recipients) {
      page.line(2, {"Passender Schlüssel", "Fitting key"}, recipient.serial_hex + " / " + recipient.issuer);
    }
  }
  for (const std::string& warning : layer.warnings) {
    page.line(2, {"Hinweis", "Note"}, warning);
  }
}

void write_parts(const message::OpenedMessage& message, Page& page) {
  page.heading(std::string(Words{"Teile", "Parts"}.in(page.language())));
  if (message.parts.empty()) {
    page.plain(2, Words{"Keine: nichts davon liegt in einer guten Unterschrift.",
                        "None: nothing lies inside a good signature."}
                      .in(page.language()));
  }
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const message::Part& part = message.parts[i];
    const std::string_view unnamed = Words{"(Text der Nachricht)", "(text of the message)"}.in(page.language());
    page.plain(2, std::to_string(i + 1) + ". " + (part.name.empty() ? std::string(unnamed) : part.name));
    page.line(5, {"Typ", "Type"}, part.type);
    page.line(5, {"Beschreibung", "Description"}, part.description);
    page.line(5, {"Größe", "Size"},
              std::to_string(part.size) + (page.language() == Language::german ? " Byte" : " bytes"));
    page.line(5, {"SHA-256", "SHA-256"}, part.sha256);
  }
}

void write_events(const std::vector<Event>& events, Page& page) {
  page.heading(std::string(Words{"Verlauf und Eingangsbestätigungen", "History and receipts"}.in(page.language())));
  if (events.empty()) {
    page.plain(2, Words{"Keine Eingangsbestätigung bekannt.", "No receipt is known."}.in(page.language()));
  }
  for (const Event& event : events) {
    std::string text(meaning(event.kind, page.language()));
    if (event.at) {
      text += ": " + time_text(*event.at, page.language());
    }
    page.plain(2, text);
    page.line(5, {"Message-ID", "Message-ID"}, event.message_id);
  }
}

}  // namespace

std::string protocol_text(const Protocol& protocol, Language language) {
  Page page(language);
  write_head(protocol, page);
  const std::size_t count = protocol.message.layers.size();
  for (std::size_t i = 0; i < count; ++i) {
    write_layer(protocol.message.layers[i], i + 1, count, page);
  }
  write_parts(protocol.message, page);
  write_events(protocol.events, page);
  return page.take();
}

std::string export_name(const Protocol& protocol, std::string_view extension) {
  constexpr std::size_t kDay = 10, kId = 8, kSender = 60;
  const std::string from = protocol.message.layers.empty() ? "" : protocol.message.layers.front().from;
  std::string name = german_date_time(protocol.stored).substr(0, kDay) + "_" + from.substr(0, kSender) + "_" +
                     protocol.message_id.substr(0, kId);
  std::replace(name.begin(), name.end(), '/', '_');
  std::replace(name.begin(), name.end(), '\\', '_');
  return mime::safe_name(name + std::string(extension), "nachricht" + std::string(extension));
}

Result<std::string> protocol_pdf(const Protocol& protocol, Language language) {
  return guarded([&] {
    return text_pdf(protocol_text(protocol, language), language == Language::german
                                                           ? "Protokoll einer KV-Connect-Nachricht"
                                                           : "Protocol of a KV-Connect message");
  });
}

}  // namespace kvc::archive
