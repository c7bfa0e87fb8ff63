// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include <cstdint>

namespace pvs::conformance {
namespace {

/// The character at `at`, which moves behind it; 0xffffffff if the bytes are none.
std::uint32_t next_character(std::string_view text, std::size_t& at) noexcept {
  constexpr std::uint32_t kBad = 0xffffffff;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t first = byte(at);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xc2 ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  if (length == 0 || length > text.size() - at) {
    return kBad;
  }
  std::uint32_t character = length == 1 ? first : first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0U) != 0x80U) {
      return kBad;
    }
    character = (character << 6U) | (byte(at + i) & 0x3fU);
  }
  at += length;
  const bool overlong = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
  return overlong || character > 0x10ffff || (character >= 0xd800 && character < 0xe000) ? kBad : character;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    if (next_character(text, at) == 0xffffffff) {
      return false;
    }
  }
  return true;
}

bool is_hostile(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t c = next_character(text, at);
    const bool control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0);
    const bool turns = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    if (control || turns || c == 0xffffffff) {
      return true;
    }
  }
  return false;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out(text.substr(0, limit));
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    c = byte < 0x20 || byte == 0x7f ? '.' : c;
  }
  return is_utf8(out) ? out : [&] {
    for (char& c : out) {
      c = static_cast<unsigned char>(c) >= 0x80 ? '.' : c;
    }
    return out;
  }();
}

}  // namespace pvs::conformance
