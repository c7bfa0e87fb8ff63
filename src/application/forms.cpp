// SPDX-License-Identifier: Apache-2.0
#include "application/forms.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "application/csv.h"
#include "base/read_file.h"
#include "kv/kv_codes.h"
#include "resource/application_forms.h"

namespace kvc::application {
namespace {

constexpr std::size_t kMaxFile = 1U << 20U;
constexpr std::size_t kMaxName = 200;
constexpr std::size_t kMaxUrl = 2000;
constexpr std::size_t kColumns = 4;
constexpr std::string_view kKbv = "74";

/// Visible ASCII only (RFC 3986 writes everything else percent-encoded), no user information before the host.
bool good_url(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme) || url.size() > kMaxUrl) {
    return false;
  }
  const std::string_view rest = url.substr(kScheme.size());
  const std::string_view host = rest.substr(0, std::min(rest.find_first_of("/?#"), rest.size()));
  return !host.empty() && host.find('@') == std::string_view::npos &&
         std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7F'; }) &&
         url.find_first_of("\"<>\\^`{|}") == std::string_view::npos;
}

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && name.find_first_of("\r\n") == std::string_view::npos;
}

/// The reason why a record is no form; empty if it is one.
std::string fault_of(const CsvRecord& record) {
  if (record.fields.size() != kColumns) {
    return "columns";
  }
  if (kv_name(record.fields[0]).empty()) {
    return "kv_code";
  }
  if (!good_name(record.fields[1])) {
    return "kv";
  }
  if (!good_name(record.fields[2])) {
    return "file";
  }
  return good_url(record.fields[3]) ? "" : "url";
}

bool is_header(const CsvRecord& record) {
  std::string joined;
  for (const std::string& field : record.fields) {
    joined += (joined.empty() ? "" : ",") + field;
  }
  return joined == kHeader;
}

/// The key by which German lists are sorted: an umlaut as its letter (DIN 5007-1).
std::string sort_key(std::string text) {
  for (const auto& [umlaut, letter] : {std::pair<std::string_view, const char*>{"ä", "a"}, {"ö", "o"}, {"ü", "u"}}) {
    for (std::size_t at = text.find(umlaut); at != std::string::npos; at = text.find(umlaut, at)) {
      text.replace(at, umlaut.size(), letter);
    }
  }
  return text;
}

}  // namespace

std::variant<std::vector<Form>, Fault> parse_forms(std::string_view csv) {
  if (csv.size() > kMaxFile) {
    return Fault{0, "too_large"};
  }
  auto parsed = parse_csv(csv);
  if (const auto* const fault = std::get_if<CsvFault>(&parsed)) {
    return Fault{fault->line, fault->reason};
  }
  auto& records = std::get<std::vector<CsvRecord>>(parsed);
  if (records.empty()) {
    return Fault{0, "empty"};
  }
  if (!is_header(records.front())) {
    return Fault{records.front().line, "header"};
  }
  std::vector<Form> forms;
  for (auto it = std::next(records.begin()); it != records.end(); ++it) {
    if (std::string reason = fault_of(*it); !reason.empty()) {
      return Fault{it->line, std::move(reason)};
    }
    auto& fields = it->fields;
    forms.push_back({std::move(fields[0]), std::move(fields[1]), std::move(fields[2]), std::move(fields[3])});
  }
  if (forms.empty()) {
    return Fault{0, "empty"};
  }
  return forms;
}

const std::vector<Form>& built_in_forms() {
  static const auto* const forms = [] {
    auto parsed = parse_forms(resource::application_forms());
    auto* const list = std::get_if<std::vector<Form>>(&parsed);
    return list == nullptr ? new std::vector<Form>() : new std::vector<Form>(std::move(*list));
  }();
  return *forms;
}

Result<std::vector<Form>> read_forms(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  // One byte more than allowed is enough to know that it is too large.
  const std::string text = read_at_most(in, kMaxFile);
  if (in.bad() || (in.fail() && !in.eof())) {
    return Status(error::file_unreadable, "the list of application forms cannot be read").with("file", file.string());
  }
  auto parsed = parse_forms(text);
  if (const auto* const fault = std::get_if<Fault>(&parsed)) {
    return Status(error::invalid_settings,
                  "application_forms_file, line " + std::to_string(fault->line) + ": " + fault->reason)
        .with("key_path", "application_forms_file")
        .with("line", std::to_string(fault->line))
        .with("reason", fault->reason);
  }
  return std::move(std::get<std::vector<Form>>(parsed));
}

const std::vector<Region>& regions() {
  static const auto* const all = [] {
    // Never destroyed: worker threads may still ask while statics go.
    auto* const list = new std::vector<Region>();
    for (const kv::Kv& entry : kv::all()) {
      if (entry.code != kKbv) {
        list->push_back({entry.code, entry.name});
      }
    }
    std::sort(list->begin(), list->end(),
              [](const Region& a, const Region& b) { return sort_key(a.name) < sort_key(b.name); });
    return list;
  }();
  return *all;
}

std::string kv_name(std::string_view code) {
  return std::string(kv::name_of(code));
}

}  // namespace kvc::application
