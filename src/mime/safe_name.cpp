// SPDX-License-Identifier: Apache-2.0
#include "mime/safe_name.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <utility>

#include "mime/charset.h"

namespace kvc::mime {
namespace {

constexpr std::string_view kMeaningful = ":*?\"<>|'`$&;!\\/";
constexpr std::size_t kLongestExtension = 16;

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

/// Bytes of the UTF-8 sequence at `at`; the text is well-formed.
std::size_t sequence(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/// Invisible characters and those that turn the direction of writing (Unicode: general category Cf, line separators),
/// as ranges of code points.
bool deceptive(std::uint32_t c) {
  constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 12> kRanges = {{{0x80, 0x9F},
                                                                                {0xAD, 0xAD},
                                                                                {0x600, 0x605},
                                                                                {0x61C, 0x61C},
                                                                                {0x180E, 0x180E},
                                                                                {0x200B, 0x200F},
                                                                                {0x2028, 0x202E},
                                                                                {0x2060, 0x206F},
                                                                                {0xFE00, 0xFE0F},
                                                                                {0xFEFF, 0xFEFF},
                                                                                {0xFFF0, 0xFFFF},
                                                                                {0xE0000, 0x10FFFF}}};
  return std::any_of(kRanges.begin(), kRanges.end(), [c](const auto& r) { return r.first <= c && c <= r.second; });
}

std::uint32_t code_point(std::string_view bytes) {
  std::uint32_t value = static_cast<unsigned char>(bytes[0]);
  if (bytes.size() > 1) {
    value &= 0xFFU >> (bytes.size() + 1);
  }
  for (std::size_t i = 1; i < bytes.size(); ++i) {
    value = (value << 6) | (static_cast<unsigned char>(bytes[i]) & 0x3FU);
  }
  return value;
}

std::string harmless(std::string_view text, std::string_view unwanted) {
  std::string name;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view one = text.substr(at, sequence(text, at));
    at += one.size();
    const std::uint32_t c = code_point(one);
    if (c < 0x20 || c == 0x7f || (c < 0x80 && unwanted.find(static_cast<char>(c)) != std::string_view::npos) ||
        deceptive(c)) {
      name += '_';
    } else {
      name += one;
    }
  }
  return name;
}

void trim(std::string& name) {
  const std::size_t begin = std::min(name.find_first_not_of(". -"), name.size());
  name.erase(0, begin);
  while (!name.empty() && (name.back() == '.' || name.back() == ' ')) {
    name.pop_back();
  }
}

/// Windows takes these for devices, with any extension and blanks before it.
bool device_name(std::string_view name) {
  std::string stem = lower_ascii(name.substr(0, std::min(name.find('.'), name.size())));
  while (stem.ends_with(' ')) {
    stem.pop_back();
  }
  constexpr std::array<std::string_view, 4> kNames = {"con", "prn", "aux", "nul"};
  if (std::find(kNames.begin(), kNames.end(), stem) != kNames.end()) {
    return true;
  }
  const bool numbered = stem.starts_with("com") || stem.starts_with("lpt");
  const std::string_view rest = std::string_view(stem).substr(std::min<std::size_t>(3, stem.size()));
  constexpr std::array<std::string_view, 3> kSuperscripts = {"\xC2\xB9", "\xC2\xB2", "\xC2\xB3"};
  return numbered && ((rest.size() == 1 && rest[0] >= '0' && rest[0] <= '9') ||
                      std::find(kSuperscripts.begin(), kSuperscripts.end(), rest) != kSuperscripts.end());
}

std::size_t extension_at(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 || name.size() - dot > kLongestExtension ? name.size() : dot;
}

/// At most `bytes`, the extension kept, never inside a character.
std::string shortened(const std::string& name, std::size_t bytes) {
  if (name.size() <= bytes) {
    return name;
  }
  const std::size_t dot = extension_at(name);
  std::size_t keep = bytes - (name.size() - dot);
  while (keep > 0 && (static_cast<unsigned char>(name[keep]) & 0xC0U) == 0x80U) {
    --keep;
  }
  return name.substr(0, keep) + name.substr(dot);
}

std::string numbered(const std::string& name, int number) {
  const std::string mark = "-" + std::to_string(number);
  const std::string fitting = shortened(name, kMaxSafeName - mark.size());
  const std::size_t dot = extension_at(fitting);
  return fitting.substr(0, dot) + mark + fitting.substr(dot);
}

}  // namespace

std::string shown_line(std::string_view text) {
  return harmless(to_utf8(text, "utf-8"), "");
}

std::string safe_name(std::string_view sent, std::string_view fallback) {
  const std::size_t slash = sent.find_last_of("/\\");
  if (slash != std::string_view::npos) {
    sent.remove_prefix(slash + 1);
  }
  std::string name = harmless(to_utf8(sent, "utf-8"), kMeaningful);
  trim(name);
  if (device_name(name)) {
    name.insert(name.begin(), '_');
  }
  name = shortened(name, kMaxSafeName);
  trim(name);  // shortening may have ended a name on a blank
  return name.empty() ? std::string(fallback) : name;
}

std::vector<std::string> safe_names(const std::vector<std::string>& sent) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const std::string wanted = safe_name(sent[i], "teil-" + std::to_string(i + 1));
    std::string name = wanted;
    for (int number = 2; !taken.insert(lower_ascii(name)).second; ++number) {
      name = numbered(wanted, number);
    }
    names.push_back(name);
  }
  return names;
}

}  // namespace kvc::mime
