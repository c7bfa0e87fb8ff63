// SPDX-License-Identifier: Apache-2.0
// The server's rules for passwords (protocol A), told to the user before the server refuses.
#include "account/account_service.h"

namespace kvc::account {
namespace {

constexpr std::size_t kShortest = 8, kLongest = 200, kCapitals = 2, kSmallLetters = 2;

bool between(char c, char low, char high) {
  return c >= low && c <= high;
}

// Continuation bytes of UTF-8 are 10xxxxxx (RFC 3629 section 3); every other byte begins a character.
bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

}  // namespace

std::vector<std::string> broken_password_rules(const Secret& password) {
  std::size_t length = 0;
  std::size_t capitals = 0;
  std::size_t small_letters = 0;
  std::size_t digits = 0;
  for (const char c : password.reveal()) {
    length += begins_character(c) ? 1U : 0U;
    capitals += between(c, 'A', 'Z') ? 1U : 0U;
    small_letters += between(c, 'a', 'z') ? 1U : 0U;
    digits += between(c, '0', '9') ? 1U : 0U;
  }
  std::vector<std::string> broken;
  if (length < kShortest || length > kLongest) {
    broken.emplace_back("length");
  }
  if (capitals < kCapitals) {
    broken.emplace_back("capitals");
  }
  if (small_letters < kSmallLetters) {
    broken.emplace_back("small_letters");
  }
  if (digits == 0) {
    broken.emplace_back("digit");
  }
  return broken;
}

}  // namespace kvc::account
