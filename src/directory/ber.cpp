// SPDX-License-Identifier: Apache-2.0
#include "directory/ber.h"

namespace kvc::directory::ber {
namespace {

constexpr unsigned kLongForm = 0x80;
constexpr unsigned kLongTag = 0x1F;
constexpr std::size_t kMaxLengthBytes = 4;

unsigned char byte(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::size_t head_size(std::string_view element) {
  return byte(element, 1) < kLongForm ? 2 : 2 + (byte(element, 1) - kLongForm);
}

}  // namespace

std::string element(unsigned char tag, std::string_view content) {
  std::string text(1, static_cast<char>(tag));
  if (content.size() < kLongForm) {
    text += static_cast<char>(content.size());
  } else {
    text += static_cast<char>(kLongForm + kMaxLengthBytes);
    for (std::size_t i = kMaxLengthBytes; i-- > 0;) {
      text += static_cast<char>(content.size() >> (8 * i) & 0xFFU);
    }
  }
  return text.append(content);
}

std::string number(std::uint32_t value, unsigned char tag) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>(value & 0xFFU));
    value >>= 8U;
  } while (value != 0);
  if (byte(digits, 0) >= kLongForm) {
    digits.insert(digits.begin(), '\0');  // the first bit is the sign
  }
  return element(tag, digits);
}

std::int64_t element_size(std::string_view head) {
  if (!head.empty() && (byte(head, 0) & kLongTag) == kLongTag) {
    return -1;
  }
  if (head.size() < 2) {
    return 0;
  }
  if (byte(head, 1) < kLongForm) {
    return 2 + byte(head, 1);
  }
  const std::size_t digits = byte(head, 1) - kLongForm;
  if (digits == 0 || digits > kMaxLengthBytes) {
    return -1;
  }
  if (head.size() < 2 + digits) {
    return 0;
  }
  std::int64_t size = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    size = size * 256 + byte(head, 2 + i);
  }
  return size + 2 + static_cast<std::int64_t>(digits);
}

unsigned char Reader::peek() const {
  return rest_.empty() ? 0 : byte(rest_, 0);
}

bool Reader::take(unsigned char tag, std::string_view& content) {
  const std::int64_t size = element_size(rest_);
  if (peek() != tag || size <= 0 || static_cast<std::uint64_t>(size) > rest_.size()) {
    rest_ = {};
    return false;
  }
  const std::size_t head = head_size(rest_);
  content = rest_.substr(head, static_cast<std::size_t>(size) - head);
  rest_.remove_prefix(static_cast<std::size_t>(size));
  return true;
}

bool Reader::take_number(unsigned char tag, int& value) {
  std::string_view digits;
  if (!take(tag, digits) || digits.empty() || digits.size() > 4 || byte(digits, 0) >= kLongForm) {
    return false;
  }
  std::uint32_t number = 0;
  for (const char digit : digits) {
    number = number << 8U | static_cast<unsigned char>(digit);
  }
  value = static_cast<int>(number);
  return true;
}

bool Reader::skip() {
  std::string_view ignored;
  return take(peek(), ignored);
}

}  // namespace kvc::directory::ber
