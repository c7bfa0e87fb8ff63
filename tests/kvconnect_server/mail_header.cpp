// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/mail_header.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

#include "kvconnect_server/text.h"

namespace kvserver {
namespace {

// One line of `block` from `at`, without its line end; moves `at` behind it.
std::string_view next_line(std::string_view block, std::size_t& at) {
  const std::size_t end = std::min(block.find('\n', at), block.size());
  std::string_view line = block.substr(at, end - at);
  at = std::min(end + 1, block.size());
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c > 32 && c < 127 && c != ':'; });
}

// Comments are of no use to the server: "(...)", nested, outside quoted strings.
std::string without_comments(std::string_view text) {
  std::string out;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      if (depth == 0) {
        out.append(text.substr(i, 2));
      }
      ++i;
      continue;
    }
    if (c == '"' && depth == 0) {
      quoted = !quoted;
    }
    if (c == '(' && !quoted) {
      ++depth;
    }
    if (depth == 0) {
      out += c;
    }
    if (c == ')' && !quoted && depth > 0) {
      --depth;
    }
  }
  return out;
}

bool is_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 32 && c != 127 && c != '<' && c != '>' && c != ',' && c != ';';
  });
}

// One element of an address list: `name <addr>` or `addr`.
std::optional<std::string> one_address(std::string_view element) {
  bool quoted = false;
  std::size_t open = std::string_view::npos;
  for (std::size_t i = 0; i < element.size(); ++i) {
    if (element[i] == '\\') {
      ++i;
    } else if (element[i] == '"') {
      quoted = !quoted;
    } else if (element[i] == '<' && !quoted) {
      open = i;
      break;
    }
  }
  std::string_view address = trim(element);
  if (open != std::string_view::npos) {
    if (!address.ends_with('>')) {
      return std::nullopt;
    }
    address = trim(element.substr(open + 1));
    address.remove_suffix(1);
  }
  if (!is_address(address)) {
    return std::nullopt;
  }
  return std::string(address);
}

int month_number(std::string_view name) {
  static constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";
  const std::size_t at = kMonths.find(lower(name));
  return name.size() == 3 && at != std::string_view::npos && at % 3 == 0 ? static_cast<int>(at / 3) + 1 : 0;
}

std::string zone_as_xs(std::string_view zone) {
  if (zone == "GMT" || zone == "UT" || zone == "Z") {
    return "Z";
  }
  const bool numeric = zone.size() == 5 && (zone[0] == '+' || zone[0] == '-') &&
                       std::all_of(zone.begin() + 1, zone.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!numeric) {
    return {};
  }
  return std::string(zone.substr(0, 3)) + ":" + std::string(zone.substr(3));
}

}  // namespace

std::optional<MailHeader> MailHeader::parse(std::string_view block) {
  MailHeader header;
  std::size_t at = 0;
  while (at < block.size()) {
    const std::string_view line = next_line(block, at);
    if (line.empty()) {
      break;
    }
    if (line.find('\0') != std::string_view::npos) {
      return std::nullopt;
    }
    if (line[0] == ' ' || line[0] == '\t') {
      if (header.fields_.empty()) {
        return std::nullopt;
      }
      std::string& value = header.fields_.back().second;
      if (!value.empty()) {
        value += ' ';
      }
      value += trim(line);
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view name = trim(line.substr(0, colon));
    if (!is_field_name(name)) {
      return std::nullopt;
    }
    header.fields_.emplace_back(lower(name), std::string(trim(line.substr(colon + 1))));
  }
  return header;
}

std::string MailHeader::get(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

int MailHeader::count(std::string_view name) const {
  return static_cast<int>(
      std::count_if(fields_.begin(), fields_.end(), [name](const auto& field) { return field.first == name; }));
}

std::optional<std::size_t> header_length(std::string_view mail) {
  std::size_t at = 0;
  while (at < mail.size()) {
    if (mail.find('\n', at) == std::string_view::npos) {
      return std::nullopt;
    }
    if (next_line(mail, at).empty()) {
      return at;
    }
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> addresses(std::string_view list) {
  const std::string text = without_comments(list);
  std::vector<std::string> found;
  bool quoted = false;
  std::string element;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    if (c == '"') {
      quoted = !quoted;
    }
    if (c != ',' || (quoted && i < text.size())) {
      element += c;
      continue;
    }
    if (!trim(element).empty()) {
      const std::optional<std::string> address = one_address(element);
      if (!address) {
        return std::nullopt;
      }
      found.push_back(*address);
    }
    element.clear();
  }
  if (quoted) {
    return std::nullopt;
  }
  return found;
}

std::string bare_message_id(std::string_view value) {
  value = trim(value);
  if (value.size() < 5 || value.size() > 998 || !value.starts_with('<') || !value.ends_with('>')) {
    return {};
  }
  const std::string_view id = value.substr(1, value.size() - 2);
  return is_address(id) && std::all_of(id.begin(), id.end(), [](char c) { return c > 32 && c < 127; }) ? std::string(id)
                                                                                                       : std::string();
}

std::string date_as_xs(std::string_view rfc5322_date) {
  std::string text = without_comments(rfc5322_date);
  const std::size_t comma = text.find(',');
  if (comma != std::string::npos) {
    text.erase(0, comma + 1);
  }
  int day = 0;
  int year = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::array<char, 4> month{};
  std::array<char, 8> zone{};
  // The field widths keep every number small, so sscanf cannot overflow: NOLINTBEGIN(cert-err34-c)
  int n = std::sscanf(text.c_str(), " %2d %3s %4d %2d:%2d:%2d %7s", &day, month.data(), &year, &hour, &minute, &second,
                      zone.data());
  if (n == 5) {
    second = 0;
    n = std::sscanf(text.c_str(), " %2d %3s %4d %2d:%2d %7s", &day, month.data(), &year, &hour, &minute, zone.data()) +
        1;
  }
  // NOLINTEND(cert-err34-c)
  const int month_of_year = month_number(month.data());
  const std::string xs_zone = zone_as_xs(zone.data());
  const bool good = n == 7 && month_of_year > 0 && day >= 1 && day <= 31 && year >= 1900 && hour >= 0 && hour < 24 &&
                    minute >= 0 && minute < 60 && second >= 0 && second <= 60 && !xs_zone.empty();
  if (!good) {
    return {};
  }
  std::array<char, 48> out{};
  static_cast<void>(std::snprintf(out.data(), out.size(), "%04d-%02d-%02dT%02d:%02d:%02d", year, month_of_year, day,
                                  hour, minute, std::min(second, 59)));
  return out.data() + xs_zone;
}

}  // namespace kvserver
