// SPDX-License-Identifier: Apache-2.0
#include "mailbox/cursor.h"

#include <charconv>

namespace kvc::mailbox {
namespace {

constexpr std::size_t kLongestId = 64;

bool is_id(std::string_view text) {
  return text.size() <= kLongestId && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

}  // namespace

std::string cursor_of(const Key& key) {
  return std::to_string(key.millis) + ':' + key.id;
}

Result<Key> parse_cursor(std::string_view cursor) {
  Key key;
  if (cursor.empty()) {
    return key;
  }
  const auto colon = cursor.find(':');
  const auto number = cursor.substr(0, colon);
  const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), key.millis);
  if (colon == std::string_view::npos || fault != std::errc() || end != number.data() + number.size() ||
      !is_id(cursor.substr(colon + 1))) {
    return Status(error::bad_request, "the place in the list is none");
  }
  key.id = cursor.substr(colon + 1);
  return key;
}

}  // namespace kvc::mailbox
