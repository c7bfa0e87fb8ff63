// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>

#include "base/german_time.h"
#include "base/guard.h"
#include "letter/cda.h"
#include "letter/cda_names.h"
#include "xml/writer.h"

namespace kvc::letter {
namespace {

constexpr std::size_t kMaxText = 500;

Status invalid(const char* field, const char* expected) {
  return Status(error::invalid_field, std::string(field) + ": " + expected)
      .with("field", field)
      .with("expected", expected);
}

bool digits(std::string_view text, std::size_t count) {
  return text.size() == count && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "1990-09-07" as "19900907"; empty if it is no day.
std::string compact_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
    return {};
  }
  const std::string compact =
      std::string(text.substr(0, 4)) + std::string(text.substr(5, 2)) + std::string(text.substr(8, 2));
  if (!digits(compact, 8)) {
    return {};
  }
  const auto number = [&](std::size_t at, std::size_t size) { return std::stoi(compact.substr(at, size)); };
  const std::chrono::year_month_day day(std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2))));
  return day.ok() && number(0, 4) > 0 ? compact : std::string();
}

/// "2026-01-05T09:30:00+01:00" as the HL7 timestamp "20260105093000+0100".
std::string timestamp(TimePoint time) {
  std::string text = german_date_time(time);
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool zone = text[i] == '+';
    if (zone || (text[i] >= '0' && text[i] <= '9')) {
      result += text[i];
    }
  }
  return result;
}

bool is_uuid(std::string_view text) {
  return text.size() == 36 && std::count(text.begin(), text.end(), '-') == 4 &&
         text.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

Status check_person(const Person& person, const char* field) {
  if (person.prefix.size() > kMaxText || person.given.size() > kMaxText || person.family.size() > kMaxText) {
    return invalid(field, "a name of at most 500 bytes");
  }
  return {};
}

Status check(const Letter& letter) {
  if (!is_uuid(letter.document_id)) {
    return invalid("document_id", "a UUID");
  }
  if (letter.title.empty() || letter.title.size() > kMaxText) {
    return invalid("title", "a title of at most 500 bytes");
  }
  if (letter.patient.name.family.empty()) {
    return invalid("patient.family", "the patient's family name");
  }
  KVC_TRY(check_person(letter.patient.name, "patient.family"));
  if (compact_day(letter.patient.birth_date).empty()) {
    return invalid("patient.birth_date", "a day, YYYY-MM-DD");
  }
  if (!letter.patient.kvnr.empty() && !is_kvnr(letter.patient.kvnr)) {
    return invalid("patient.kvnr", "a letter and nine digits, the last of which checks the others");
  }
  if (letter.author.family.empty()) {
    return invalid("author.family", "the author's family name");
  }
  KVC_TRY(check_person(letter.author, "author.family"));
  KVC_TRY(check_person(letter.recipient, "recipient.family"));
  if (!letter.author_lanr.empty() && !digits(letter.author_lanr, 9)) {
    return invalid("lanr", "nine digits");
  }
  if (letter.practice.name.empty()) {
    return invalid("practice.name", "the practice's name");
  }
  for (const Organisation* organisation : {&letter.practice, &letter.recipient_organisation}) {
    if (!organisation->bsnr.empty() && !digits(organisation->bsnr, 9)) {
      return invalid("bsnr", "nine digits");
    }
  }
  if (letter.pdf_name.empty() || letter.pdf_name.size() > kMaxText ||
      letter.pdf_name.find_first_of("/\\") != std::string::npos) {
    return invalid("pdf_name", "a file name without a path");
  }
  return {};
}

/// RFC 3986: what is no unreserved character is percent-encoded.
std::string url_of(std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (const char c : name) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      result += c;
    } else {
      result.append("%").append(1, kHex[byte >> 4U]).append(1, kHex[byte & 0xFU]);
    }
  }
  return result;
}

const char* gender_code(Gender gender) {
  return gender == Gender::female ? "F" : gender == Gender::male ? "M" : "UN";
}

class HeaderWriter {
 public:
  explicit HeaderWriter(const Letter& letter) : letter_(letter), created_(timestamp(letter.created)) {}

  Result<std::string> write() {
    out_.open("ClinicalDocument", {{"xmlns", cda::kNamespace}});
    out_.leaf("realmCode", {{"code", "DE"}});
    out_.leaf("typeId", {{"root", cda::kTypeRoot}, {"extension", cda::kTypeExtension}});
    out_.leaf("id", {{"root", letter_.document_id}});
    out_.leaf("code",
              {{"code", cda::kConsultationNote}, {"codeSystem", cda::kLoinc}, {"displayName", "Consultation note"}});
    out_.text("title", letter_.title);
    out_.leaf("effectiveTime", {{"value", created_}});
    out_.leaf("confidentialityCode", {{"code", "N"}, {"codeSystem", cda::kConfidentiality}});
    out_.leaf("languageCode", {{"code", "de-DE"}});
    patient();
    author();
    custodian();
    recipient();
    body();
    out_.close();
    return std::move(out_).finish();
  }

 private:
  void name(const Person& person) {
    out_.open("name");
    optional("prefix", person.prefix);
    optional("given", person.given);
    optional("family", person.family);
    out_.close();
  }
  void optional(const char* element, const std::string& text) {
    if (!text.empty()) {
      out_.text(element, text);
    }
  }
  void address(const PostalAddress& address) {
    if (address.street.empty() && address.postal_code.empty() && address.city.empty()) {
      return;
    }
    out_.open("addr");
    optional("streetAddressLine", address.street);
    optional("postalCode", address.postal_code);
    optional("city", address.city);
    out_.close();
  }
  /// "UNK": the element must be there, and there is no number.
  void id(const char* root, const std::string& extension) {
    if (extension.empty()) {
      out_.leaf("id", {{"nullFlavor", "UNK"}});
    } else {
      out_.leaf("id", {{"root", root}, {"extension", extension}});
    }
  }
  void telecom(const std::string& phone) {
    if (!phone.empty()) {
      out_.leaf("telecom", {{"use", "WP"}, {"value", "tel:" + phone}});
    }
  }
  /// Id, name, telecom, addr: the order organisations have everywhere.
  void organisation(const char* element, const Organisation& organisation) {
    out_.open(element);
    id(cda::kBsnrOid, organisation.bsnr);
    optional("name", organisation.name);
    telecom(organisation.phone);
    address(organisation.address);
    out_.close();
  }
  void patient() {
    const Patient& patient = letter_.patient;
    out_.open("recordTarget");
    out_.open("patientRole");
    id(kKvnrOid, patient.kvnr);
    address(patient.address);
    out_.open("patient");
    name(patient.name);
    if (patient.gender != Gender::unknown) {
      out_.leaf("administrativeGenderCode", {{"code", gender_code(patient.gender)}, {"codeSystem", cda::kGender}});
    }
    out_.leaf("birthTime", {{"value", compact_day(patient.birth_date)}});
    out_.close();
    out_.close();
    out_.close();
  }
  void author() {
    out_.open("author");
    out_.leaf("time", {{"value", created_}});
    out_.open("assignedAuthor");
    id(cda::kLanrOid, letter_.author_lanr);
    out_.open("assignedPerson");
    name(letter_.author);
    out_.close();
    organisation("representedOrganization", letter_.practice);
    out_.close();
    out_.close();
  }
  void custodian() {
    out_.open("custodian");
    out_.open("assignedCustodian");
    organisation("representedCustodianOrganization", letter_.practice);
    out_.close();
    out_.close();
  }
  void recipient() {
    const bool person = !letter_.recipient.family.empty();
    const bool practice = !letter_.recipient_organisation.name.empty();
    if (!person && !practice) {
      return;
    }
    out_.open("informationRecipient", {{"typeCode", "PRCP"}});
    out_.open("intendedRecipient");
    if (person) {
      out_.open("informationRecipient");
      name(letter_.recipient);
      out_.close();
    }
    if (practice) {
      organisation("receivedOrganization", letter_.recipient_organisation);
    }
    out_.close();
    out_.close();
  }
  void body() {
    out_.open("component");
    out_.open("nonXMLBody");
    out_.open("text", {{"mediaType", "application/pdf"}});
    out_.leaf("reference", {{"value", url_of(letter_.pdf_name)}});
    out_.close();
    out_.close();
    out_.close();
  }

  const Letter& letter_;
  std::string created_;
  xml::Writer out_;
};

}  // namespace

Result<std::string> write_cda(const Letter& letter) {
  return guarded([&]() -> Result<std::string> {
    KVC_TRY(check(letter));
    KVC_ASSIGN(std::string document, HeaderWriter(letter).write());
    KVC_ASSIGN(const auto deviations, check_structure(document));
    if (!deviations.empty()) {
      return Status(error::internal, "the CDA header is not as it should be: " + deviations.front());
    }
    return document;
  });
}

}  // namespace kvc::letter
