// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <set>

#include "base/guard.h"
#include "letter/cda.h"
#include "letter/cda_names.h"
#include "mime/charset.h"

namespace kvc::letter {
namespace {

using xml::Element;

constexpr std::size_t kMaxShown = 300;

/// A word for people: no control characters, white space collapsed, not endless.
std::string shown(std::string_view text) {
  std::string result;
  for (const char c : xml::trimmed(text)) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
    if (!blank) {
      result += c;
    } else if (!result.ends_with(' ')) {
      result += ' ';
    }
  }
  if (result.size() > kMaxShown) {
    std::size_t keep = kMaxShown;
    while (keep > 0 && (static_cast<unsigned char>(result[keep]) & 0xC0U) == 0x80U) {
      --keep;
    }
    result.resize(keep);
  }
  return result;
}

/// All parts of that kind in a name, in their order.
std::string name_part(const Element& name, std::string_view kind) {
  std::string joined;
  for (const Element* part : name.all(kind)) {
    const std::string text = shown(part->text);
    joined += (joined.empty() || text.empty() ? "" : " ") + text;
  }
  return shown(joined);
}

/// A whole name, also where it is not divided into parts.
std::string whole_name(const Element* person) {
  const Element* name = person == nullptr ? nullptr : person->child("name");
  if (name == nullptr) {
    return {};
  }
  std::string joined;
  for (const std::string& part :
       {name_part(*name, "prefix"), name_part(*name, "given"), name_part(*name, "family"), shown(name->text)}) {
    joined += (joined.empty() || part.empty() ? "" : " ") + part;
  }
  return joined;
}

/// The first eight digits of a timestamp as YYYY-MM-DD, if they are a day.
std::string day_of(std::string_view value) {
  constexpr std::size_t kDay = 8;
  const std::string_view digits = value.substr(0, kDay);
  if (digits.size() != kDay || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return {};
  }
  const auto number = [&](std::size_t at, std::size_t size) { return std::stoi(std::string(digits.substr(at, size))); };
  const std::chrono::year_month_day day(std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2))));
  if (!day.ok() || number(0, 4) == 0) {
    return {};
  }
  return std::string(digits.substr(0, 4)) + "-" + std::string(digits.substr(4, 2)) + "-" +
         std::string(digits.substr(6, 2));
}

Gender gender_of(std::string_view code) {
  if (code == "F" || code == "W") {
    return Gender::female;
  }
  if (code == "M") {
    return Gender::male;
  }
  return code == "UN" || code == "D" || code == "X" ? Gender::diverse : Gender::unknown;
}

void read_ids(const Element& role, PatientHint& hint) {
  std::set<std::string> numbers;
  for (const Element* id : role.all("id")) {
    const std::string_view root = id->value("root"), extension = id->value("extension");
    if (root == kKvnrOid && is_kvnr(extension)) {
      numbers.emplace(extension);
    } else if (!extension.empty()) {
      hint.other_ids.push_back(shown(std::string(root) + "^" + std::string(extension)));
    }
  }
  if (numbers.size() == 1) {  // two numbers are those of nobody
    hint.kvnr = *numbers.begin();
  }
}

PatientHint patient_of(const Element& root, std::vector<std::string>& deviations) {
  PatientHint hint;
  const auto targets = root.all("recordTarget");
  if (targets.size() != 1) {
    deviations.push_back("the letter names " + std::to_string(targets.size()) + " patients; none is proposed");
    return hint;
  }
  const Element* role = targets.front()->child("patientRole");
  if (role == nullptr) {
    return hint;
  }
  read_ids(*role, hint);
  const Element* patient = role->child("patient");
  if (patient == nullptr) {
    return hint;
  }
  if (const Element* name = patient->child("name")) {
    hint.given = name_part(*name, "given");
    hint.family = name_part(*name, "family");
  }
  if (const Element* birth = patient->child("birthTime")) {
    hint.birth_date = day_of(birth->value("value"));
  }
  if (const Element* gender = patient->child("administrativeGenderCode")) {
    hint.gender = gender_of(gender->value("code"));
  }
  return hint;
}

std::string id_of(const Element* id) {
  if (id == nullptr) {
    return {};
  }
  const std::string root(id->value("root")), extension(id->value("extension"));
  return shown(extension.empty() ? root : root + "^" + extension);
}

}  // namespace

namespace cda {

Result<Element> load(std::string_view document) {
  xml::Limits limits;
  limits.bytes = 32UL * 1024 * 1024;  // some vendors put a PDF into the body
  limits.text_bytes = limits.bytes;
  KVC_ASSIGN(Element root, xml::read(document, limits));
  if (root.ns != kNamespace || root.name != "ClinicalDocument") {
    return Status(error::malformed,
                  "the document is no ClinicalDocument of CDA R2 (line " + std::to_string(root.line) + ")")
        .with("line", std::to_string(root.line));
  }
  return root;
}

}  // namespace cda

Result<ReceivedLetter> read_cda(std::string_view document) {
  return guarded([&]() -> Result<ReceivedLetter> {
    KVC_ASSIGN(const Element root, cda::load(document));
    ReceivedLetter letter;
    letter.deviations = cda::deviations_of(root);
    letter.document_id = id_of(root.child("id"));
    if (const Element* title = root.child("title")) {
      letter.title = shown(title->text);
    }
    if (const Element* created = root.child("effectiveTime")) {
      letter.created = shown(created->value("value"));
    }
    letter.author = whole_name(root.at("author/assignedAuthor/assignedPerson"));
    letter.custodian = whole_name(root.at("custodian/assignedCustodian/representedCustodianOrganization"));
    letter.patient = patient_of(root, letter.deviations);
    return letter;
  });
}

bool is_kvnr(std::string_view text) {
  if (text.size() != 10 || text[0] < 'A' || text[0] > 'Z' ||
      text.substr(1).find_first_not_of("0123456789") != std::string_view::npos) {
    return false;
  }
  const int letter = text[0] - 'A' + 1;
  std::string digits{static_cast<char>('0' + letter / 10), static_cast<char>('0' + letter % 10)};
  digits += text.substr(1, 8);
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int product = (digits[i] - '0') * (i % 2 == 0 ? 1 : 2);
    sum += product / 10 + product % 10;
  }
  return sum % 10 == text[9] - '0';
}

}  // namespace kvc::letter
