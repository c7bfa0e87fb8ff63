// SPDX-License-Identifier: Apache-2.0
#include "kv/kv_codes.h"

#include <algorithm>

#include "mime/charset.h"
#include "resource/kv_codes.h"

namespace kvc::kv {
namespace {

constexpr std::size_t kMaxBytes = 64UL * 1024;
constexpr std::size_t kMaxName = 100;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

bool printable(std::string_view text) {
  return mime::is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == ',' || c == '"';
         });
}

Status bad_line(int line, const char* expected) {
  const std::string number = std::to_string(line);
  return Status(error::malformed, "line " + number + " of the list of KVs: " + expected).with("line", number);
}

}  // namespace

Result<std::vector<Kv>> parse(std::string_view csv) {
  if (csv.size() > kMaxBytes) {
    return Status(error::too_large, "the list of KVs is too large");
  }
  if (csv.starts_with("\xEF\xBB\xBF")) {
    csv.remove_prefix(3);
  }
  if (take_line(csv) != "code,kv") {
    return bad_line(1, "the header \"code,kv\" is expected");
  }
  std::vector<Kv> list;
  for (int number = 2; !csv.empty(); ++number) {
    const std::string_view line = take_line(csv);
    if (line.empty()) {
      continue;
    }
    if (line.size() < 4 || line.size() > kMaxName || !digit(line[0]) || !digit(line[1]) || line[2] != ',' ||
        !printable(line.substr(3))) {
      return bad_line(number, "two digits, a comma and a name are expected");
    }
    list.push_back({std::string(line.substr(0, 2)), std::string(line.substr(3))});
  }
  std::sort(list.begin(), list.end(), [](const Kv& a, const Kv& b) { return a.code < b.code; });
  const auto twice =
      std::adjacent_find(list.begin(), list.end(), [](const Kv& a, const Kv& b) { return a.code == b.code; });
  if (twice != list.end()) {
    return Status(error::malformed, "the list of KVs has the code " + twice->code + " twice");
  }
  return list;
}

const std::vector<Kv>& all() {
  // Our own file; a test reads it, so that a mistake in it does not get here.
  // Never destroyed: worker threads may still ask while statics go.
  static const auto* const list = [] {
    auto parsed = parse(resource::kv_codes());
    return new std::vector<Kv>(parsed.ok() ? std::move(parsed).value() : std::vector<Kv>());
  }();
  return *list;
}

std::string_view name_of(std::string_view code) {
  for (const Kv& entry : all()) {
    if (entry.code == code) {
      return entry.name;
    }
  }
  return {};
}

}  // namespace kvc::kv
