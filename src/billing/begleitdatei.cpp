// SPDX-License-Identifier: Apache-2.0
#include "billing/begleitdatei.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/german_time.h"
#include "base/guard.h"
#include "mime/charset.h"
#include "xml/reader.h"
#include "xml/writer.h"

namespace kvc::billing {
namespace {

using xml::Element;

constexpr std::size_t kMaxAttachments = 100;
constexpr std::size_t kMaxName = 200;
constexpr int kMaxVersion = 9999;

constexpr std::array<std::pair<DocumentType, std::string_view>, 11> kTypes = {
    {{DocumentType::billing, "ABRECHNUNG"},
     {DocumentType::billing_hzv, "ABRECHNUNG HZV"},
     {DocumentType::collective, "SAMMELERKLÄRUNG"},
     {DocumentType::billing_and_collective, "ABRECHNUNG+SAMMELERKLÄRUNG"},
     {DocumentType::dmp, "DMP"},
     {DocumentType::ehks, "EHKS"},
     {DocumentType::qsmg, "QSMG"},
     {DocumentType::qshgv, "QSHGV"},
     {DocumentType::qshgvk, "QSHGVK"},
     {DocumentType::qshlt, "QSHLT"},
     {DocumentType::qske, "QSKE"}}};

/// The fixed order; anhang comes last, once or more.
constexpr std::array<std::string_view, 9> kOrder = {
    "version",        "guid",    "bsnr",         "testdaten", "lieferungs_zeitpunkt",
    "dokumenten_typ", "quartal", "vollstaendig", "anhang"};

bool digits(std::string_view text, std::size_t count) {
  return text.size() == count && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_uuid(std::string_view text) {
  constexpr std::string_view kPattern = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::equal(text.begin(), text.end(), kPattern.begin(), kPattern.end(), [](char c, char wanted) {
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    return wanted == '-' ? c == '-' : hex;
  });
}

bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && name != "." && name != ".." && mime::is_utf8(name) &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\';
         });
}

std::string in_case(std::string text, char from, char to, int shift) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [=](char c) { return c >= from && c <= to ? static_cast<char>(c + shift) : c; });
  return text;
}
std::string lower(std::string text) {
  return in_case(std::move(text), 'A', 'Z', 'a' - 'A');
}
std::string upper(std::string text) {
  return in_case(std::move(text), 'a', 'z', 'A' - 'a');
}

Status invalid(const char* field, const char* expected) {
  return Status(error::invalid_field, std::string("begleitdatei.xml, ") + field + ": " + expected)
      .with("field", field)
      .with("expected", expected);
}

Status wrong(const Element& element, std::string_view expected) {
  const std::string line = std::to_string(element.line);
  return Status(error::malformed,
                "begleitdatei.xml, line " + line + ", element " + element.name + ": " + std::string(expected))
      .with("line", line)
      .with("element", element.name);
}

Status check_attachments(const std::vector<std::string>& names) {
  if (names.empty() || names.size() > kMaxAttachments) {
    return invalid("anhang", "1 to 100 file names");
  }
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!is_file_name(name)) {
      return invalid("anhang", "a file name without a path, of at most 200 bytes");
    }
    if (!seen.insert(lower(name)).second) {
      return invalid("anhang", "different file names");
    }
  }
  return {};
}

Result<bool> boolean(const Element& element) {
  const std::string_view text = element.value("V");
  if (text != "true" && text != "false" && text != "1" && text != "0") {
    return wrong(element, "V is expected to be true or false");
  }
  return text == "true" || text == "1";
}

/// The elements that matter, which must come in their order.
Result<std::vector<const Element*>> ordered(const Element& root) {
  std::vector<const Element*> found;
  std::size_t next = 0;
  for (const Element& element : root.children) {
    const auto place = static_cast<std::size_t>(std::find(kOrder.begin(), kOrder.end(), element.name) - kOrder.begin());
    if (element.ns != root.ns || place == kOrder.size()) {
      continue;
    }
    const bool further = place + 1 == kOrder.size() && next == kOrder.size();
    if (place != next && !further) {
      return wrong(element, next == kOrder.size() ? std::string("anhang is expected here")
                                                  : std::string(kOrder[next]) + " is expected here");
    }
    if (element.attribute("V") == nullptr) {
      return wrong(element, "the attribute V is expected");
    }
    next = place + 1;
    found.push_back(&element);
  }
  if (next != kOrder.size()) {
    return wrong(root, std::string(kOrder[next]) + " is missing");
  }
  return found;
}

Result<int> version_of(const Element& element) {
  const std::string_view text = element.value("V");
  int version = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (failure != std::errc() || end != text.data() + text.size()) {
    return wrong(element, "V is expected to be a number");
  }
  return version;
}

Result<Begleitdatei> file_of(const Element& root) {
  if (root.ns != kBegleitdateiNamespace || root.name != "einlieferung") {
    return wrong(root, std::string("the root element is einlieferung in ") + kBegleitdateiNamespace);
  }
  KVC_ASSIGN(const auto elements, ordered(root));
  Begleitdatei file;
  KVC_ASSIGN(file.version, version_of(*elements[0]));
  file.guid = elements[1]->value("V");
  file.bsnr = elements[2]->value("V");
  KVC_ASSIGN(file.test, boolean(*elements[3]));
  file.delivered_at = elements[4]->value("V");
  const auto type = document_type(elements[5]->value("V"));
  if (!type) {
    return wrong(*elements[5], "V is expected to be one of the document types, e.g. ABRECHNUNG");
  }
  file.type = *type;
  file.quarter = elements[6]->value("V");
  KVC_ASSIGN(file.complete, boolean(*elements[7]));
  for (std::size_t i = kOrder.size() - 1; i < elements.size(); ++i) {
    file.attachments.emplace_back(elements[i]->value("V"));
  }
  const Status checked = check(file);
  if (!checked.ok()) {
    for (const Element* element : elements) {
      if (element->name == checked.params().front().second) {
        return wrong(*element, "V is expected to be " + checked.params().back().second);
      }
    }
    return wrong(root, checked.detail());
  }
  return file;
}

xml::Limits limits() {
  xml::Limits limits;
  limits.bytes = 256UL * 1024;
  limits.depth = 8;
  limits.elements = 1000;
  limits.text_bytes = 4096;
  return limits;
}

}  // namespace

std::string_view name(DocumentType type) {
  return std::find_if(kTypes.begin(), kTypes.end(), [type](const auto& entry) { return entry.first == type; })->second;
}

std::optional<DocumentType> document_type(std::string_view text) {
  const auto found =
      std::find_if(kTypes.begin(), kTypes.end(), [text](const auto& entry) { return entry.second == text; });
  return found == kTypes.end() ? std::nullopt : std::optional(found->first);
}

Begleitdatei new_begleitdatei(Env& env) {
  Begleitdatei file;
  file.guid = upper(new_uuid(env));
  file.delivered_at = german_date_time(env.now());
  return file;
}

Result<Begleitdatei> correction_of(const Begleitdatei& earlier, Env& env) {
  if (earlier.test) {
    return Status(error::invalid_state, "a test delivery can never be corrected");
  }
  KVC_TRY(check(earlier));
  Begleitdatei file = earlier;
  ++file.version;
  file.delivered_at = german_date_time(env.now());
  file.attachments.clear();
  return file;
}

Status check(const Begleitdatei& file) {
  if (file.version < 1 || file.version > kMaxVersion) {
    return invalid("version", "a number from 1");
  }
  if (file.test && file.version > 1) {
    return invalid("version", "1, because a test delivery can never be a correction");
  }
  if (!is_uuid(file.guid)) {
    return invalid("guid", "a UUID");
  }
  if (!digits(file.bsnr, 9)) {
    return invalid("bsnr", "nine digits");
  }
  if (!parse_xs_date_time(file.delivered_at)) {
    return invalid("lieferungs_zeitpunkt", "a time like 2026-01-05T09:30:00+01:00");
  }
  if (file.quarter.size() != 6 || !digits(file.quarter.substr(0, 4), 4) || file.quarter[4] != '-' ||
      file.quarter[5] < '1' || file.quarter[5] > '4') {
    return invalid("quartal", "year and quarter, JJJJ-Q");
  }
  return check_attachments(file.attachments);
}

Result<std::string> write(const Begleitdatei& file) {
  KVC_TRY(check(file));
  return guarded([&] {
    const auto flag = [](bool value) { return value ? "true" : "false"; };
    xml::Writer out;
    out.open("einlieferung", {{"xmlns", kBegleitdateiNamespace}});
    out.leaf("version", {{"V", std::to_string(file.version)}});
    out.leaf("guid", {{"V", file.guid}});
    out.leaf("bsnr", {{"V", file.bsnr}});
    out.leaf("testdaten", {{"V", flag(file.test)}});
    out.leaf("lieferungs_zeitpunkt", {{"V", file.delivered_at}});
    out.leaf("dokumenten_typ", {{"V", name(file.type)}});
    out.leaf("quartal", {{"V", file.quarter}});
    out.leaf("vollstaendig", {{"V", flag(file.complete)}});
    for (const std::string& attachment : file.attachments) {
      out.leaf("anhang", {{"V", attachment}});
    }
    out.close();
    return std::move(out).finish();
  });
}

Result<Begleitdatei> read(std::string_view document) {
  return guarded([&]() -> Result<Begleitdatei> {
    KVC_ASSIGN(const Element root, xml::read(document, limits()));
    return file_of(root);
  });
}

std::optional<std::string> guid_of(std::string_view document) {
  const auto root = xml::read(document, limits());
  if (!root.ok() || root->name != "einlieferung") {
    return std::nullopt;
  }
  const Element* guid = root->child("guid");
  if (guid == nullptr || !is_uuid(guid->value("V"))) {
    return std::nullopt;
  }
  return lower(std::string(guid->value("V")));
}

bool same_guid(std::string_view a, std::string_view b) {
  return lower(std::string(a)) == lower(std::string(b));
}

}  // namespace kvc::billing
