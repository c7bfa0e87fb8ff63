// SPDX-License-Identifier: Apache-2.0
// The structure of a CDA R2 header: which elements, how often, in which order, of which type.
#include <algorithm>
#include <span>

#include "base/guard.h"
#include "letter/cda.h"
#include "letter/cda_names.h"

namespace kvc::letter {
namespace {

using xml::Element;

constexpr std::size_t kMaxDeviations = 50;

bool only(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

bool is_oid(std::string_view text) {
  return only(text, "0123456789.") && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos;
}

bool is_uuid(std::string_view text) {
  return text.size() == 36 && only(text, "0123456789abcdefABCDEF-") && std::count(text.begin(), text.end(), '-') == 4;
}

/// TS: YYYY to YYYYMMDDhhmmss, a fraction, a zone.
bool is_timestamp(std::string_view text) {
  const std::size_t zone = text.find_first_of("+-");
  if (zone != std::string_view::npos) {
    if (text.size() - zone != 5 || !only(text.substr(zone + 1), "0123456789")) {
      return false;
    }
    text = text.substr(0, zone);
  }
  const std::size_t dot = text.find('.');
  if (dot != std::string_view::npos) {
    if (dot != 14 || !only(text.substr(dot + 1), "0123456789")) {
      return false;
    }
    text = text.substr(0, dot);
  }
  return only(text, "0123456789") && text.size() >= 4 && text.size() <= 14 && text.size() % 2 == 0;
}

class Checker {
 public:
  void document(const Element& root);
  std::vector<std::string> take() { return std::move(found_); }

 private:
  enum class Type { any, id, time, code };
  struct Child {
    std::string_view name;
    std::size_t least, most;
    Type type;
  };
  static constexpr std::size_t kMany = static_cast<std::size_t>(-1);

  void report(const Element& element, std::string_view what) {
    if (found_.size() < kMaxDeviations) {
      found_.push_back("line " + std::to_string(element.line) + ", " + element.name + ": " + std::string(what));
    }
  }
  void type(const Element& element, Type type);
  /// The named children of `parent`: how many there are, and their types.
  void children(const Element& parent, std::span<const Child> wanted);
  void order(const Element& root);
  void patient(const Element& target);
  void author(const Element& author);
  void custodian(const Element& custodian);
  void body(const Element& component);

  std::vector<std::string> found_;
};

void Checker::type(const Element& element, Type type) {
  if (type == Type::any || element.attribute("nullFlavor") != nullptr) {
    return;
  }
  if (type == Type::id && !is_oid(element.value("root")) && !is_uuid(element.value("root"))) {
    report(element, "root is expected to be an OID or a UUID");
  }
  if (type == Type::time && !is_timestamp(element.value("value"))) {
    report(element, "value is expected to be a point in time, YYYYMMDD[hhmmss][+zzzz]");
  }
  if (type == Type::code && (element.value("code").empty() || !is_oid(element.value("codeSystem")))) {
    report(element, "code and codeSystem (an OID) are expected");
  }
}

void Checker::children(const Element& parent, std::span<const Child> wanted) {
  for (const Child& child : wanted) {
    const auto elements = parent.all(child.name);
    if (elements.size() < child.least) {
      report(parent, std::string(child.name) + " is missing");
    }
    if (elements.size() > child.most) {
      report(*elements[child.most], "stands more than once");
    }
    for (const Element* element : elements) {
      type(*element, child.type);
    }
  }
}

void Checker::order(const Element& root) {
  std::size_t last = 0;
  for (const Element& element : root.children) {
    if (element.ns != root.ns) {
      continue;  // extensions of others are allowed
    }
    const auto place = static_cast<std::size_t>(
        std::find(cda::kHeaderOrder.begin(), cda::kHeaderOrder.end(), element.name) - cda::kHeaderOrder.begin());
    if (place == cda::kHeaderOrder.size()) {
      report(element, "is no element of a CDA R2 header");
    } else if (place < last) {
      report(element, "stands too late, after " + std::string(cda::kHeaderOrder[last]));
    } else {
      last = place;
    }
  }
}

void Checker::patient(const Element& target) {
  static constexpr Child kTarget[] = {{"patientRole", 1, 1, Type::any}};
  static constexpr Child kRole[] = {{"id", 1, kMany, Type::id}, {"patient", 0, 1, Type::any}};
  static constexpr Child kPatient[] = {{"administrativeGenderCode", 0, 1, Type::code}, {"birthTime", 0, 1, Type::time}};
  children(target, kTarget);
  if (const Element* role = target.child("patientRole")) {
    children(*role, kRole);
    if (const Element* person = role->child("patient")) {
      children(*person, kPatient);
    }
  }
}

void Checker::author(const Element& author) {
  static constexpr Child kAuthor[] = {{"time", 1, 1, Type::time}, {"assignedAuthor", 1, 1, Type::any}};
  static constexpr Child kAssigned[] = {{"id", 1, kMany, Type::id}, {"assignedPerson", 0, 1, Type::any}};
  children(author, kAuthor);
  if (const Element* assigned = author.child("assignedAuthor")) {
    children(*assigned, kAssigned);
  }
}

void Checker::custodian(const Element& custodian) {
  static constexpr Child kCustodian[] = {{"assignedCustodian", 1, 1, Type::any}};
  static constexpr Child kAssigned[] = {{"representedCustodianOrganization", 1, 1, Type::any}};
  static constexpr Child kOrganisation[] = {{"id", 1, kMany, Type::id}};
  children(custodian, kCustodian);
  if (const Element* assigned = custodian.child("assignedCustodian")) {
    children(*assigned, kAssigned);
    if (const Element* organisation = assigned->child("representedCustodianOrganization")) {
      children(*organisation, kOrganisation);
    }
  }
}

void Checker::body(const Element& component) {
  const auto plain = component.all("nonXMLBody");
  const auto structured = component.all("structuredBody");
  if (plain.size() + structured.size() != 1) {
    report(component, "exactly one nonXMLBody or structuredBody is expected");
    return;
  }
  static constexpr Child kPlain[] = {{"text", 1, 1, Type::any}};
  static constexpr Child kStructured[] = {{"component", 1, kMany, Type::any}};
  static constexpr Child kPart[] = {{"section", 1, 1, Type::any}};
  if (!plain.empty()) {
    children(*plain.front(), kPlain);
    return;
  }
  children(*structured.front(), kStructured);
  for (const Element* part : structured.front()->all("component")) {
    children(*part, kPart);
  }
}

void Checker::document(const Element& root) {
  static constexpr Child kDocument[] = {{"typeId", 1, 1, Type::any},
                                        {"templateId", 0, kMany, Type::id},
                                        {"id", 1, 1, Type::id},
                                        {"code", 1, 1, Type::code},
                                        {"title", 0, 1, Type::any},
                                        {"effectiveTime", 1, 1, Type::time},
                                        {"confidentialityCode", 1, 1, Type::code},
                                        {"setId", 0, 1, Type::id},
                                        {"recordTarget", 1, kMany, Type::any},
                                        {"author", 1, kMany, Type::any},
                                        {"custodian", 1, 1, Type::any},
                                        {"component", 1, 1, Type::any}};
  order(root);
  children(root, kDocument);
  const Element* type_id = root.child("typeId");
  if (type_id != nullptr &&
      (type_id->value("root") != cda::kTypeRoot || type_id->value("extension") != cda::kTypeExtension)) {
    report(*type_id, "root and extension are expected to be those of CDA R2");
  }
  for (const Element* target : root.all("recordTarget")) {
    patient(*target);
  }
  for (const Element* element : root.all("author")) {
    author(*element);
  }
  if (const Element* element = root.child("custodian")) {
    custodian(*element);
  }
  if (const Element* element = root.child("component")) {
    body(*element);
  }
}

}  // namespace

namespace cda {

std::vector<std::string> deviations_of(const Element& root) {
  Checker checker;
  checker.document(root);
  return checker.take();
}

}  // namespace cda

Result<std::vector<std::string>> check_structure(std::string_view document) {
  return guarded([&]() -> Result<std::vector<std::string>> {
    KVC_ASSIGN(const Element root, cda::load(document));
    return cda::deviations_of(root);
  });
}

}  // namespace kvc::letter
