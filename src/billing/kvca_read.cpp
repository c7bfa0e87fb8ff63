// SPDX-License-Identifier: Apache-2.0
// Reads the ehd XML of the KVCA file; what it means is in kvca.cpp.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/german_time.h"
#include "base/guard.h"
#include "billing/kvca.h"
#include "mime/header.h"
#include "xml/reader.h"

namespace kvc::billing {
namespace {

using xml::Element;

constexpr std::string_view kEhd = "urn:ehd/001", kKvca = "urn:ehd/kvca/001";
constexpr int kMaxFunction = 99;

xml::Limits limits() {
  xml::Limits limits;
  limits.bytes = 16UL * 1024 * 1024;
  limits.depth = 32;
  limits.text_bytes = 4096;
  return limits;
}

Status wrong(const Element& element, const char* expected) {
  const std::string line = std::to_string(element.line);
  return Status(error::malformed, "KVCA file, line " + line + ", element " + element.name + ": " + expected)
      .with("line", line)
      .with("element", element.name);
}

const Element* child(const Element& parent, std::string_view ns, std::string_view name) {
  const auto found = std::find_if(parent.children.begin(), parent.children.end(),
                                  [&](const Element& e) { return e.ns == ns && e.name == name; });
  return found == parent.children.end() ? nullptr : &*found;
}

Result<const Element*> needed(const Element& parent, std::string_view ns, std::string_view name, const char* expected) {
  const Element* found = child(parent, ns, name);
  if (found == nullptr) {
    return wrong(parent, expected);
  }
  return found;
}

bool two_digits(std::string_view text) {
  return text.size() == 2 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A date stands for its begin or its end.
Result<std::optional<TimePoint>> time_of(const Element& element, const char* attribute, const char* end_of_day) {
  const std::string* text = element.attribute(attribute);
  if (text == nullptr) {
    return std::optional<TimePoint>();
  }
  constexpr std::size_t kDate = 10;
  const auto time = parse_xs_date_time(text->size() == kDate ? *text + end_of_day : *text);
  if (!time) {
    return wrong(element, "gueltig_ab and gueltig_bis are dates like 2025-01-01T00:00:00");
  }
  return time;
}

Result<Validity> validity_of(const Element& element) {
  Validity validity;
  KVC_ASSIGN(validity.from, time_of(element, "gueltig_ab", "T00:00:00"));
  KVC_ASSIGN(validity.until, time_of(element, "gueltig_bis", "T23:59:59"));
  if (validity.from && validity.until && *validity.until < *validity.from) {
    return wrong(element, "gueltig_bis is before gueltig_ab");
  }
  return validity;
}

Result<std::vector<Address>> addresses_of(const Element& application, std::string_view name) {
  std::vector<Address> list;
  for (const Element* element : application.all(name)) {
    const std::string value(element->value("V"));
    const auto parsed = mime::parse_addresses(value);
    if (!parsed.ok() || parsed->size() != 1 || parsed->front() != value) {
      return wrong(*element, "V is expected to be one mail address");
    }
    KVC_ASSIGN(const Validity valid, validity_of(*element));
    list.push_back({value, valid});
  }
  return list;
}

Result<int> function_of(const Element& element) {
  std::string_view text = element.value("V");
  int number = 0;
  const bool named = text.starts_with("Fkt ");
  text.remove_prefix(named ? 4 : 0);
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!named || failure != std::errc() || end != text.data() + text.size() || number < 1 || number > kMaxFunction) {
    return wrong(element, "V is expected to be \"Fkt 1\" to \"Fkt 10\"");
  }
  return number;
}

Result<Application> application_of(const Element& element) {
  Application application;
  application.line = element.line;
  KVC_ASSIGN(const Element* id, needed(element, kKvca, "id", "a child id is expected"));
  application.id = id->value("EX");
  if (application.id.empty()) {
    return wrong(*id, "EX is expected to be the name of an application");
  }
  KVC_ASSIGN(const Element* version, needed(element, kKvca, "version", "a child version is expected"));
  application.version = version->value("V");
  if (application.version.empty()) {
    return wrong(*version, "V is expected to be the version of the application");
  }
  KVC_ASSIGN(application.valid, validity_of(element));
  KVC_ASSIGN(application.email, addresses_of(element, "email"));
  KVC_ASSIGN(application.test_email, addresses_of(element, "test_email"));
  KVC_ASSIGN(application.kim_email, addresses_of(element, "kim_email"));
  KVC_ASSIGN(application.kim_test_email, addresses_of(element, "kim_test_email"));
  if (const Element* details = child(element, kKvca, "anwendungsspezifika")) {
    for (const Element* function : details->all("anwendungsfunktion")) {
      KVC_ASSIGN(const int number, function_of(*function));
      application.functions.insert(number);
    }
  }
  return application;
}

Result<KvEntry> entry_of(const Element& element) {
  KvEntry entry;
  KVC_ASSIGN(const Element* id, needed(element, kKvca, "id", "a child id is expected"));
  entry.code = id->value("EX");
  if (!two_digits(entry.code)) {
    return wrong(*id, "EX is expected to be the two digits of a KV");
  }
  if (const Element* list = child(element, kKvca, "anwendungsliste")) {
    for (const Element* application : list->all("anwendung")) {
      KVC_ASSIGN(Application read, application_of(*application));
      entry.applications.push_back(std::move(read));
    }
  }
  return entry;
}

Result<KvcaFile> file_of(const Element& root) {
  if (root.ns != kEhd || root.name != "ehd") {
    return wrong(root, "the root element of a KVCA file is ehd in urn:ehd/001");
  }
  KVC_ASSIGN(const Element* body, needed(root, kEhd, "body", "a child body is expected"));
  KVC_ASSIGN(const Element* list,
             needed(*body, kKvca, "institution_liste", "a child institution_liste in urn:ehd/kvca/001 is expected"));
  KvcaFile file;
  if (const Element* version = root.at("header/interface/version")) {
    file.interface_version = version->value("V");
  }
  for (const Element* element : list->all("kv")) {
    KVC_ASSIGN(KvEntry entry, entry_of(*element));
    if (file.knows(entry.code)) {
      return wrong(*element, "this KV stands in the file twice");
    }
    file.kvs.push_back(std::move(entry));
  }
  if (file.kvs.empty()) {
    return wrong(*list, "at least one kv is expected");
  }
  return file;
}

}  // namespace

Result<KvcaFile> KvcaFile::parse(std::string_view document) {
  return guarded([&]() -> Result<KvcaFile> {
    KVC_ASSIGN(const Element root, xml::read(document, limits()));
    return file_of(root);
  });
}

}  // namespace kvc::billing
