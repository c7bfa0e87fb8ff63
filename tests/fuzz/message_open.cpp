// SPDX-License-Identifier: Apache-2.0
// Mail from anybody, opened with Bernd's key. A fuzzer cannot guess its way through encryption, signature and base64,
// so the first byte says how much of the way the target goes for it.
#include "message/open.h"

#include <algorithm>
#include <sstream>

#include "fuzz/target.h"
#include "fuzz/world.h"
#include "message/receipt.h"
#include "mime/charset.h"
#include "unit/message/samples.h"

namespace kvc::fuzz {
namespace {

namespace samples = message::samples;

/// The modes: what the bytes after the first are. Any other first byte (the seeds have m): a whole mail.
constexpr char kEntityInside = 'e';  ///< entity in an envelope for Bernd
constexpr char kSignedEntity = 's';  ///< entity signed by Anna, in the clear: a hostile sender who signs
constexpr char kEnvelopeDer = 'c';   ///< EnvelopedData
constexpr char kOpaqueDer = 'o';     ///< SignedData with content
constexpr char kSignatureDer = 'd';  ///< detached SignedData beside a text

message::OpenOptions options() {
  message::OpenOptions result;
  result.keys.push_back({world().bernd.key, world().bernd.certificate, "bernd"});
  result.trust = world().trust;
  result.now = samples::signing_day();
  return result;
}

/// Whatever a mail says is stored and shown as text: UTF-8 without control characters.
void check_text(const std::string& text) {
  require(mime::is_utf8(text), "what a message says of itself is UTF-8");
  require(std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }),
          "what a message says of itself has no control characters");
}

void check_texts(const message::OpenedMessage& opened) {
  check_text(opened.content_type());
  for (const auto& layer : opened.layers) {
    for (const auto* text :
         {&layer.reason, &layer.from, &layer.to, &layer.subject, &layer.message_id, &layer.in_reply_to, &layer.date,
          &layer.service_id, &layer.content_cipher, &layer.digest}) {
      check_text(*text);
    }
    std::for_each(layer.warnings.begin(), layer.warnings.end(), check_text);
    for (const auto* header : {&layer.outer_header, &layer.signed_header}) {
      for (const auto& field : *header) {
        check_text(field.name);
        check_text(field.value);
      }
    }
    if (layer.signer) {
      check_text(layer.signer->email);
      check_text(layer.signer->subject);
      check_text(layer.signer->issuer);
    }
  }
  for (const auto& part : opened.parts) {
    check_text(part.name);
    check_text(part.type);
    check_text(part.description);
  }
  if (const auto receipt = message::read_receipt(opened); receipt.ok()) {
    require(!receipt->original_message_id.empty(), "a receipt is for a message");
    check_text(receipt->original_message_id);
    check_text(receipt->final_recipient);
    check_text(receipt->disposition);
  }
  require(mime::is_utf8(opened.text()), "the text of a message is UTF-8");
}

void check_parts(const message::OpenedMessage& opened) {
  for (std::size_t i = 0; i < opened.parts.size(); ++i) {
    std::ostringstream out;
    require(!opened.read_part(i, out).ok() || out.str().size() == opened.parts[i].size,
            "a part has the size that was announced");
  }
  std::ostringstream nowhere;
  require(!opened.read_part(opened.parts.size(), nowhere).ok(), "a part beyond the last is an error");
  require(opened.parts.empty() || !opened.layers.back().digest.empty(), "parts only out of a signed layer");
  static_cast<void>(opened.read_unverified(nowhere));
}

}  // namespace

std::string message_of(char mode, std::string_view bytes) {
  switch (mode) {
    case kEntityInside:
      return samples::mail_fields() +
             samples::pkcs7_mime(samples::envelope(bytes, {world().bernd.certificate}), "enveloped-data");
    case kSignedEntity:
      return samples::mail_fields() + samples::multipart_signed(bytes, samples::signature(bytes, world().anna));
    case kEnvelopeDer:
      return samples::mail_fields() + samples::pkcs7_mime(bytes, "enveloped-data");
    case kOpaqueDer:
      return samples::mail_fields() + samples::pkcs7_mime(bytes, "signed-data");
    case kSignatureDer:
      return samples::mail_fields() + samples::multipart_signed(samples::text_entity(), bytes);
    default:
      return std::string(bytes);
  }
}

void message_open(std::string_view input) {
  const std::string mail = input.empty() ? std::string() : message_of(input.front(), input.substr(1));
  std::istringstream in(mail);
  const auto opened = message::open(in, options());
  require(opened.ok(), "a readable mail gives a message, whatever it says");
  require(!opened->layers.empty(), "at least one layer");
  message::Verdict first = message::Verdict::valid;
  for (const auto& layer : opened->layers) {
    first = first == message::Verdict::valid ? layer.verdict : first;
    require(layer.verdict != message::Verdict::valid || layer.signer.has_value(), "a valid layer names its signer");
  }
  require(opened->verdict == first, "the verdict is that of the outermost layer that is not valid");
  check_parts(*opened);
  check_texts(*opened);
}

std::vector<std::string> message_open_seeds() {
  using namespace samples;
  const auto& [anna, bernd, trust] = world();
  auto letter = samples::letter();
  letter.attachments.push_back(attachment("brief.pdf", "%PDF-1.4", "application/pdf", "Arztbrief"));
  auto receipt = samples::letter();
  receipt.receipt = message::Receipt{"orig@kv-safenet.de", "bernd@kv-safenet.de", false};
  const message::SealKeys keys{anna.key, anna.certificate, bernd.certificate};
  const std::string text = text_entity();
  const std::string wrapped = multipart_signed(text, signature(text, anna));
  const std::string mixed =
      "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n" + text +
      "\r\n--B\r\nContent-Type: application/pdf; name*=utf-8''a%20b.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
      "JVBERi0xLjQ=\r\n--B--\r\n";
  const std::string report =
      "Content-Type: multipart/report; report-type=disposition-notification; boundary=B\r\n\r\n--B\r\n" + text +
      "\r\n--B\r\nContent-Type: message/disposition-notification\r\n\r\nFinal-Recipient: "
      "rfc822;bernd@kv-safenet.de\r\n" +
      "Original-Message-ID: <orig@kv-safenet.de>\r\nDisposition: "
      "automatic-action/MDN-sent-automatically;displayed\r\n" +
      "\r\n--B--\r\n";
  return {
      "m" + sealed(letter, keys, signing_day()),
      "m" + sealed(receipt, keys, signing_day()),
      "m" + mail_fields() + wrapped,
      "m" + mail_fields() + text,
      "e" + wrapped,
      "e" + pkcs7_mime(signature(text, anna, {.opaque = true}), "signed-data"),
      "e" + mixed,
      "s" + mixed,
      "s" + report,
      "s" + multipart_signed(text, "no DER at all", "x-"),
      "c" + envelope(wrapped, {anna.certificate, bernd.certificate}),
      "c" + envelope(text, {bernd.certificate}, {.cipher = "AES-128-GCM", .oaep = true}),
      "c" + envelope(text, {bernd.certificate}, {.by_key_id = true, .indefinite = true}),
      "o" + signature(text, anna, {.opaque = true}),
      "d" + signature(text, anna),
      "d" + signature(text, anna, {.pss = true, .more_signers = {bernd}}),
      "d" + signature(text, anna, {.attributes = false, .name_other = bernd.certificate}),
  };
}

}  // namespace kvc::fuzz
