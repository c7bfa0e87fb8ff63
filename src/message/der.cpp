// SPDX-License-Identifier: Apache-2.0
#include "message/der.h"

#include <algorithm>

namespace kvc::message::der {

std::string head(unsigned char tag, std::uint64_t length) {
  std::string bytes(1, static_cast<char>(tag));
  if (length < 0x80) {
    return bytes + static_cast<char>(length);
  }
  int octets = 1;
  while (octets < 8 && length >> (8U * static_cast<unsigned>(octets)) != 0) {
    ++octets;
  }
  bytes += static_cast<char>(0x80 | octets);
  for (int i = octets - 1; i >= 0; --i) {
    bytes += static_cast<char>(length >> (8U * static_cast<unsigned>(i)) & 0xffU);
  }
  return bytes;
}

std::string element(unsigned char tag, std::initializer_list<std::string_view> pieces) {
  std::uint64_t length = 0;
  for (const auto piece : pieces) {
    length += piece.size();
  }
  std::string bytes = head(tag, length);
  bytes.reserve(bytes.size() + static_cast<std::size_t>(length));
  for (const auto piece : pieces) {
    bytes += piece;
  }
  return bytes;
}

std::string sorted(std::vector<std::string> elements) {
  // As unsigned octets, which is how char_traits<char> compares; no element is the beginning of another one.
  std::sort(elements.begin(), elements.end());
  std::string bytes;
  for (const auto& one : elements) {
    bytes += one;
  }
  return bytes;
}

}  // namespace kvc::message::der
