// SPDX-License-Identifier: Apache-2.0
#include "message/der_read.h"

#include <cstddef>

#include "message/der.h"

namespace kvc::message::der {

std::optional<Element> take(std::string_view& from, unsigned char tag) {
  const auto octet = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(from[i])); };
  if (from.size() < 2 || octet(0) != tag || octet(1) > 0x83 || octet(1) == 0x80) {
    return std::nullopt;
  }
  const std::size_t more = octet(1) < 0x80 ? 0 : octet(1) - 0x80;
  std::size_t length = more == 0 ? octet(1) : 0;
  if (from.size() < 2 + more) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < more; ++i) {
    length = length << 8U | octet(2 + i);
  }
  const bool shortest = more == 0 || (octet(2) != 0 && length >= 0x80);
  if (!shortest || length > from.size() - 2 - more) {
    return std::nullopt;
  }
  const Element element{from.substr(0, 2 + more + length), from.substr(2 + more, length)};
  from.remove_prefix(element.whole.size());
  return element;
}

bool take_exactly(std::string_view& from, std::string_view expected) {
  if (!from.starts_with(expected)) {
    return false;
  }
  from.remove_prefix(expected.size());
  return true;
}

std::optional<std::string_view> take_bare_algorithm(std::string_view& from) {
  using namespace std::string_view_literals;
  const auto sequence = take(from, kSequence);
  if (!sequence) {
    return std::nullopt;
  }
  std::string_view inside = sequence->content;
  const auto object = take(inside, kObject);
  return object && (inside.empty() || inside == "\x05\0"sv) ? std::optional(object->whole) : std::nullopt;
}

std::optional<std::string_view> magnitude(std::string_view content) {
  const auto high = [&](std::size_t i) { return (static_cast<unsigned char>(content[i]) & 0x80U) != 0; };
  if (content.empty() || high(0)) {
    return std::nullopt;
  }
  if (content.size() > 1 && content.front() == 0) {
    if (!high(1)) {
      return std::nullopt;  // not the shortest form
    }
    content.remove_prefix(1);
  }
  return content;
}

}  // namespace kvc::message::der
