// SPDX-License-Identifier: Apache-2.0
#include "crypto/pkcs12_password.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace kvc::crypto {
namespace {

bool is_ascii(const Secret& text) {
  return std::all_of(text.bytes().begin(), text.bytes().end(), [](std::uint8_t byte) { return byte < 0x80; });
}

/// Every byte taken for a Latin-1 character, as UTF-8.
Secret bytes_as_characters(const Secret& text) {
  Secret result = Secret::of_size(2 * text.size());
  std::size_t used = 0;
  for (const std::uint8_t byte : text.bytes()) {
    if (byte < 0x80) {
      result.data()[used++] = byte;
    } else {
      result.data()[used++] = static_cast<std::uint8_t>(0xc0U | (byte >> 6U));
      result.data()[used++] = static_cast<std::uint8_t>(0x80U | (byte & 0x3fU));
    }
  }
  return Secret(result.reveal().substr(0, used));
}

/// The first character of UTF-8 text as Latin-1, and its length in bytes; nullopt if it is none of Latin-1.
std::optional<std::pair<std::uint8_t, std::size_t>> latin1_character(std::span<const std::uint8_t> text) {
  if (text[0] < 0x80) {
    return std::pair(text[0], std::size_t{1});
  }
  if ((text[0] != 0xc2 && text[0] != 0xc3) || text.size() < 2 || (text[1] & 0xc0U) != 0x80U) {
    return std::nullopt;
  }
  return std::pair(static_cast<std::uint8_t>(((text[0] & 0x03U) << 6U) | (text[1] & 0x3fU)), std::size_t{2});
}

/// Empty if there are characters that Latin-1 lacks.
Secret as_latin1(const Secret& text) {
  Secret result = Secret::of_size(text.size());
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto character = latin1_character(text.bytes().subspan(at));
    if (!character) {
      return {};
    }
    result.data()[used++] = character->first;
    at += character->second;
  }
  return Secret(result.reveal().substr(0, used));
}

/// Two bytes a character, the higher first, and a zero behind. The same characters as as_latin1(): others are beyond
/// what old programs were tried with.
Secret as_utf16(const Secret& text) {
  const Secret characters = as_latin1(text);
  if (characters.empty()) {
    return {};
  }
  Secret result = Secret::of_size(2 * characters.size() + 2);
  for (std::size_t i = 0; i < characters.size(); ++i) {
    result.data()[2 * i + 1] = characters.bytes()[i];
  }
  return result;
}

}  // namespace

std::vector<Secret> mac_forms(const Secret& password) {
  std::vector<Secret> forms{password};
  if (!is_ascii(password)) {
    forms.push_back(bytes_as_characters(password));
  }
  return forms;
}

std::vector<Secret> content_forms(const Secret& password, const Secret& mac_form) {
  std::vector<Secret> forms{mac_form};
  for (const Secret& form : {password, as_latin1(password), as_utf16(password)}) {
    if (!form.empty() && std::find(forms.begin(), forms.end(), form) == forms.end()) {
      forms.push_back(form);
    }
  }
  return forms;
}

}  // namespace kvc::crypto
