// SPDX-License-Identifier: Apache-2.0
#include "tool/service_parts.h"

#include <Poco/JSON/Array.h>

#include <algorithm>
#include <array>
#include <istream>

#include "base/status_parameter.h"
#include "billing/begleitdatei.h"
#include "billing/delivery.h"
#include "billing/received.h"
#include "letter/cda.h"
#include "letter/parts.h"
#include "letter/received.h"
#include "message/receipt.h"
#include "mime/header.h"
#include "tool/options.h"

namespace kvc::tool {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::size_t kLargestXml = 32UL * 1024 * 1024;

/// The bytes of a file, at most `limit`, and how many there are.
std::string contents(const message::Attachment& attachment, std::size_t limit, std::uint64_t& size) {
  const auto in = attachment.open();
  std::string text;
  size = 0;
  std::array<char, 4096> buffer{};
  while (in && (in->read(buffer.data(), buffer.size()), in->gcount() > 0)) {
    const auto got = static_cast<std::size_t>(in->gcount());
    text.append(buffer.data(), std::min(got, limit - text.size()));
    size += got;
  }
  return text;
}

/// "a.zip.xkm: erwartet wird die Beschreibung eDoku-Archiv": in the language of the caller.
std::string sentence(const billing::Misfit& misfit) {
  using Kind = billing::Misfit::Kind;
  const std::string name = misfit.name.empty() ? std::string() : misfit.name + ": ";
  switch (misfit.kind) {
    case Kind::description:
      return name + std::string(say("erwartet wird die Beschreibung ", "the description is expected to be ")) +
             misfit.expected;
    case Kind::begleitdatei:
      return std::string(say("erwartet wird genau eine Datei ", "expected is exactly one file ")) + misfit.expected;
    case Kind::not_there:
      return name + std::string(say("in begleitdatei.xml genannt, aber nicht dabei",
                                    "named in begleitdatei.xml, but not there"));
    case Kind::not_mentioned:
      return name + std::string(say("in begleitdatei.xml nicht genannt", "not named in begleitdatei.xml"));
    case Kind::file:
      break;
  }
  return (name.empty() ? std::string(say("eine Datei fehlt: ", "a file is missing: ")) : name) +
         std::string(say("erwartet wird ", "expected is ")) + misfit.expected;
}

/// What letter::check_parts() expects, which it says in English.
std::string in_german(const std::string& expected) {
  constexpr auto kSentences = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"exactly one PDF, described as eAB-PDF-signed or eAB-PDF-unsigned",
       "genau ein PDF mit der Beschreibung eAB-PDF-signed oder eAB-PDF-unsigned"},
      {"exactly one CDA XML, described as eAB-XML", "genau ein CDA-Dokument (XML) mit der Beschreibung eAB-XML"},
      {"only one letter (eAB-PDF-signed or eAB-PDF-unsigned)", "nur ein Brief (eAB-PDF-signed oder eAB-PDF-unsigned)"},
      {"only one eAB-XML", "nur ein Teil eAB-XML"},
      {"the type application/pdf", "der Typ application/pdf"},
      {"the type application/xml", "der Typ application/xml"},
      {"an XML document", "ein XML-Dokument"},
      {"a PDF document", "ein PDF-Dokument"},
      {"a whole PDF document, this one breaks off", "ein ganzes PDF-Dokument; dieses bricht ab"},
      {"a file that is not empty", "eine Datei, die nicht leer ist"},
      {"a description: eAB-PDF-signed, eAB-PDF-unsigned, eAB-XML or eAB-Anhang-01 to -99",
       "eine der Beschreibungen eAB-PDF-signed, eAB-PDF-unsigned, eAB-XML oder eAB-Anhang-01 bis -99"},
  });
  for (const auto& [english_text, german] : kSentences) {
    if (expected == english_text) {
      return std::string(german);
    }
  }
  constexpr std::string_view kDescription = "the description ";
  return expected.starts_with(kDescription) ? "die Beschreibung " + expected.substr(kDescription.size()) : expected;
}

std::string sentence(const Status& status) {
  const std::string file = parameter(status, "file"), expected = parameter(status, "expected");
  return (file.empty() ? std::string() : file + ": ") + std::string(say("erwartet wird ", "expected is ")) +
         (english() ? expected : in_german(expected));
}

void check_document(const std::string& xml, const std::string& name, std::vector<std::string>& found) {
  const auto deviations = letter::check_structure(xml);
  if (!deviations.ok()) {
    found.push_back(name + ": " + deviations.status().detail());
    return;
  }
  for (const std::string& deviation : *deviations) {
    found.push_back(name + ": " + std::string(say("Aufbau des CDA-Dokuments: ", "structure of the CDA document: ")) +
                    deviation);
  }
}

std::vector<std::string> unfitting_letter(const std::vector<message::Attachment>& attachments) {
  std::vector<std::string> found, texts;
  std::vector<letter::LetterPart> parts;
  texts.reserve(attachments.size());
  for (const message::Attachment& attachment : attachments) {
    std::uint64_t size = 0;
    texts.push_back(contents(attachment, kLargestXml, size));
    parts.push_back({attachment.name, attachment.type, attachment.description, size, texts.back()});
  }
  const auto roles = letter::check_parts(parts);
  if (!roles.ok()) {
    found.push_back(sentence(roles.status()));
  }
  const auto loose = letter::find_roles(parts);
  if (loose.xml) {
    check_document(texts[*loose.xml], parts[*loose.xml].name, found);
  }
  return found;
}

bool is_companion(const message::Attachment& attachment) {
  return attachment.name == billing::kBegleitdateiName;
}

void check_companion(const message::Attachment& companion, const std::vector<message::Attachment>& attachments,
                     std::vector<std::string>& found) {
  std::uint64_t size = 0;
  const auto file = billing::read(contents(companion, kLargestXml, size));
  if (!file.ok()) {
    found.push_back(file.status().detail());
    return;
  }
  std::vector<std::string> names;
  for (const message::Attachment& attachment : attachments) {
    if (!is_companion(attachment)) {
      names.push_back(attachment.name);
    }
  }
  for (const billing::Misfit& misfit : billing::unfitting_attachments(*file, names)) {
    found.push_back(sentence(misfit));
  }
}

std::vector<std::string> unfitting_delivery(const service::ServiceId& service,
                                            const std::vector<message::Attachment>& attachments) {
  std::vector<billing::PartName> names;
  for (const message::Attachment& attachment : attachments) {
    names.push_back({attachment.name, attachment.description});
  }
  std::vector<std::string> found;
  for (const billing::Misfit& misfit : billing::unfitting_parts(service, names)) {
    found.push_back(sentence(misfit));
  }
  const auto companion = std::find_if(attachments.begin(), attachments.end(), is_companion);
  if (companion != attachments.end()) {
    check_companion(*companion, attachments, found);
  }
  return found;
}

Object object() {
  return Object(Poco::JSON_PRESERVE_KEY_ORDER);
}

Array array(const std::vector<std::string>& values) {
  Array json;
  for (const std::string& value : values) {
    json.add(value);
  }
  return json;
}

Object companion_json(const billing::Companion& companion) {
  Object json = object();
  json.set("guid", companion.guid);
  if (!companion.file) {
    json.set("error", companion.problem);
    return json;
  }
  const billing::Begleitdatei& file = *companion.file;
  json.set("version", file.version);
  json.set("bsnr", file.bsnr);
  json.set("test", file.test);
  json.set("delivered_at", file.delivered_at);
  json.set("document_type", std::string(billing::name(file.type)));
  json.set("quarter", file.quarter);
  json.set("complete", file.complete);
  json.set("attachments", array(file.attachments));
  return json;
}

Object letter_json(const letter::LetterContent& content) {
  Object json = object();
  if (!content.header) {
    json.set("error", content.problem);
    return json;
  }
  const letter::ReceivedLetter& header = *content.header;
  Object patient = object();
  patient.set("kvnr", header.patient.kvnr);
  patient.set("given", header.patient.given);
  patient.set("family", header.patient.family);
  patient.set("birth_date", header.patient.birth_date);
  json.set("document_id", header.document_id);
  json.set("title", header.title);
  json.set("created", header.created);
  json.set("author", header.author);
  json.set("patient", patient);
  json.set("deviations", array(header.deviations));
  return json;
}

}  // namespace

std::vector<std::string> unfitting(const service::ServiceId& service,
                                   const std::vector<message::Attachment>& attachments) {
  if (service.service == "Arztbrief" && service.type == "VHitG-Versand") {
    return unfitting_letter(attachments);
  }
  const bool delivery = service.service == "1ClickAbrechnung" || service.service.starts_with("eDokumentation-");
  return delivery ? unfitting_delivery(service, attachments) : std::vector<std::string>();
}

std::string type_of(const std::string& file_name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kTypes = {{{".pdf", "application/pdf"},
                                                                                    {".xml", "application/xml"},
                                                                                    {".txt", "text/plain"},
                                                                                    {".json", "application/json"},
                                                                                    {".jpg", "image/jpeg"},
                                                                                    {".jpeg", "image/jpeg"},
                                                                                    {".png", "image/png"}}};
  for (const auto& [end, type] : kTypes) {
    const std::size_t size = std::min(end.size(), file_name.size());
    if (mime::equal_ignoring_case(std::string_view(file_name).substr(file_name.size() - size), end)) {
      return std::string(type);
    }
  }
  return "application/octet-stream";
}

Object facts_json(const message::OpenedMessage& message) {
  Object facts = object();
  if (const auto companion = billing::companion_of(message)) {
    facts.set("begleitdatei", companion_json(*companion));
  }
  const auto letter = letter::letter_of(message);
  if (letter.roles.xml && message.parts[*letter.roles.xml].description == letter::kXml) {
    facts.set("letter", letter_json(letter));
  }
  const auto receipt = message::read_receipt(message);
  if (receipt.ok()) {
    Object json = object();
    json.set("original_message_id", receipt->original_message_id);
    json.set("final_recipient", receipt->final_recipient);
    json.set("disposition", receipt->disposition);
    facts.set("receipt", json);
  }
  return facts;
}

}  // namespace kvc::tool
