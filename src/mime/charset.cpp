// SPDX-License-Identifier: Apache-2.0
#include "mime/charset.h"

#include <Poco/Exception.h>
#include <Poco/String.h>
#include <Poco/TextConverter.h>
#include <Poco/TextEncoding.h>
#include <Poco/UTF8Encoding.h>
#include <Poco/UnicodeConverter.h>
#include <Poco/Windows1252Encoding.h>

#include <algorithm>

namespace kvc::mime {
namespace {

int sequence_length(unsigned char lead) {
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    return 2;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    return 3;
  }
  return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

/// Second byte: the ranges that rule out overlong forms, surrogates and values above U+10FFFF.
bool second_byte_fits(unsigned char lead, unsigned char second) {
  switch (lead) {
    case 0xE0:
      return second >= 0xA0 && second <= 0xBF;
    case 0xED:
      return second >= 0x80 && second <= 0x9F;
    case 0xF0:
      return second >= 0x90 && second <= 0xBF;
    case 0xF4:
      return second >= 0x80 && second <= 0x8F;
    default:
      return second >= 0x80 && second <= 0xBF;
  }
}

std::string convert(std::string_view text, const Poco::TextEncoding& from) {
  const Poco::UTF8Encoding utf8;
  Poco::TextConverter converter(from, utf8);
  std::string result;
  converter.convert(std::string(text), result);
  return result;
}

std::string guess(std::string_view text) {
  if (is_utf8(text)) {
    return std::string(text);
  }
  return convert(text, Poco::Windows1252Encoding());
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const int length = sequence_length(byte(i));
    if (length == 0 || i + static_cast<std::size_t>(length) > text.size()) {
      return false;
    }
    for (int k = 1; k < length; ++k) {
      const unsigned char next = byte(i + static_cast<std::size_t>(k));
      if (k == 1 ? !second_byte_fits(byte(i), next) : (next & 0xC0) != 0x80) {
        return false;
      }
    }
    i += static_cast<std::size_t>(length);
  }
  return true;
}

std::string to_utf8(std::string_view text, std::string_view charset) {
  if (is_ascii(text)) {
    return std::string(text);
  }
  const std::string name = Poco::toLower(std::string(charset));
  if (name.empty() || name == "utf-8" || name == "utf8" || name == "us-ascii") {
    return guess(text);
  }
  // Latin-1 is what many say and windows-1252 what they send; they differ only where Latin-1 has no printable
  // character.
  if (name == "iso-8859-1" || name == "latin1") {
    return convert(text, Poco::Windows1252Encoding());
  }
  try {
    const auto encoding = Poco::TextEncoding::find(name);
    return encoding ? convert(text, *encoding) : guess(text);
  } catch (const Poco::Exception&) {
    return guess(text);
  }
}

}  // namespace kvc::mime
