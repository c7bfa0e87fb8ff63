// SPDX-License-Identifier: Apache-2.0
#include "crypto/pkcs12_outline.h"

#include <cstddef>

namespace kvc::crypto {
namespace {

/// Tag and length of one element of BER (X.690 section 8.1). Tags of several bytes occur in no keystore.
struct Element {
  std::uint8_t tag = 0;
  bool indefinite = false;
  std::uint64_t size = 0;        ///< of the content; 0 for an indefinite one
  std::size_t header_bytes = 0;  ///< in front of the content
};

enum class Header : std::uint8_t { good, cut_off, broken };

Header read_header(std::string_view bytes, Element& element) {
  if (bytes.size() < 2) {
    return Header::cut_off;
  }
  constexpr std::uint8_t kManyByteTag = 0x1f;
  constexpr std::uint8_t kLongForm = 0x80;
  element = {static_cast<std::uint8_t>(bytes[0]), false, 0, 2};
  const auto first = static_cast<std::uint8_t>(bytes[1]);
  if ((element.tag & kManyByteTag) == kManyByteTag) {
    return Header::broken;
  }
  if (first < kLongForm) {
    element.size = first;
    return Header::good;
  }
  const std::size_t count = first & 0x7fU;
  element.indefinite = count == 0;
  if (count > sizeof(std::uint32_t)) {
    return Header::broken;
  }
  if (bytes.size() < 2 + count) {
    return Header::cut_off;
  }
  for (std::size_t i = 0; i < count; ++i) {
    element.size = (element.size << 8U) | static_cast<std::uint8_t>(bytes[2 + i]);
  }
  element.header_bytes += count;
  return Header::good;
}

/// Whether the content of an indefinite element, which `bytes` begins with, ends before its end mark.
bool lacks_end_mark(std::string_view bytes) {
  std::size_t open = 1;
  while (open > 0) {
    Element element;
    const Header header = read_header(bytes, element);
    if (header != Header::good) {
      return header == Header::cut_off;
    }
    bytes.remove_prefix(element.header_bytes);
    if (element.indefinite) {
      ++open;
    } else if (element.tag == 0 && element.size == 0) {
      --open;
    } else if (element.size > bytes.size()) {
      return true;
    } else {
      bytes.remove_prefix(static_cast<std::size_t>(element.size));
    }
  }
  return false;
}

}  // namespace

Outline pkcs12_outline(std::string_view file) {
  constexpr std::uint8_t kSequence = 0x30;
  constexpr std::string_view kVersion3("\x02\x01\x03", 3);
  Element outer;
  if (read_header(file, outer) != Header::good || outer.tag != kSequence ||
      !file.substr(outer.header_bytes).starts_with(kVersion3)) {
    return Outline::foreign;
  }
  const std::string_view content = file.substr(outer.header_bytes);
  const bool cut = outer.indefinite ? lacks_end_mark(content) : outer.size > content.size();
  return cut ? Outline::truncated : Outline::whole;
}

}  // namespace kvc::crypto
