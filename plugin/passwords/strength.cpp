// SPDX-License-Identifier: Apache-2.0
#include "passwords/strength.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace kvc::plugin {
namespace {

constexpr double kFairBits = 40, kGoodBits = 60, kStrongBits = 80;
/// A word of a list costs an attacker the position in the list, and some ways to write it.
constexpr double kWordBits = 10;
constexpr double kYearBits = 7;
/// Where a repetition begins has to be guessed too.
constexpr double kRepetitionBits = 3;
/// Longer passwords are strong anyway; the search for repetitions stays cheap.
constexpr std::size_t kMostLooked = 256;

/// What people of German practices write first; small letters. Longer words before their beginnings.
constexpr std::array<std::string_view, 48> kWords{
    "kv-connect", "kvconnect", "kennwort",   "passwort", "password",  "passw0rt", "passw0rd", "keystore",
    "schluessel", "schlüssel", "zertifikat", "geheim",   "secret",    "praxis",   "doktor",   "doctor",
    "aerztin",    "ärztin",    "arzt",       "medizin",  "patient",   "hallo",    "hello",    "willkommen",
    "welcome",    "sommer",    "winter",     "herbst",   "fruehling", "frühling", "qwertz",   "qwerty",
    "asdfgh",     "yxcvbn",    "zxcvbn",     "admin",    "benutzer",  "username", "initial",  "start",
    "test",       "schatz",    "liebe",      "berlin",   "hamburg",   "muenchen", "münchen",  "iloveyou"};

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}

bool begins_with(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return a == small(b); });
}

std::size_t word_at(std::string_view text) {
  const auto* const found =
      std::find_if(kWords.begin(), kWords.end(), [&](std::string_view word) { return begins_with(text, word); });
  return found == kWords.end() ? 0 : found->size();
}

bool year_at(std::string_view text) {
  return text.size() >= 4 && (text.starts_with("19") || text.starts_with("20")) && digit(text[2]) && digit(text[3]);
}

/// Length of "aaaa", "1234" or "dcba" at the front; 0 below three.
std::size_t run_at(std::string_view text) {
  if (text.size() < 3) {
    return 0;
  }
  const int step = small(text[1]) - small(text[0]);
  if (std::abs(step) > 1) {
    return 0;
  }
  std::size_t length = 2;
  while (length < text.size() && small(text[length]) - small(text[length - 1]) == step) {
    ++length;
  }
  return length >= 3 ? length : 0;
}

/// Length of what stood there before already; 0 below three.
std::size_t repetition_at(std::string_view text, std::size_t at) {
  std::size_t longest = 0;
  for (std::size_t start = 0; start < at; ++start) {
    std::size_t length = 0;
    while (at + length < text.size() && text[start + length] == text[at + length]) {
      ++length;
    }
    longest = std::max(longest, length);
  }
  return longest >= 3 ? longest : 0;
}

double bits_of_a_character(std::string_view text) {
  const auto any = [&](auto is) { return std::any_of(text.begin(), text.end(), is); };
  double kinds = 0;
  kinds += any([](char c) { return c >= 'a' && c <= 'z'; }) ? 26 : 0;
  kinds += any([](char c) { return c >= 'A' && c <= 'Z'; }) ? 26 : 0;
  kinds += any(digit) ? 10 : 0;
  kinds +=
      any([](char c) { return c > ' ' && c < '\x7F' && !digit(c) && (small(c) < 'a' || small(c) > 'z'); }) ? 33 : 0;
  kinds += any([](char c) { return c == ' '; }) ? 1 : 0;
  kinds += any([](char c) { return static_cast<unsigned char>(c) >= 0x80U; }) ? 32 : 0;
  return kinds < 2 ? 1 : std::log2(kinds);
}

double bits_of(std::string_view text) {
  const double each = bits_of_a_character(text);
  double bits = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (const std::size_t word = word_at(rest); word != 0) {
      bits += kWordBits;
      at += word;
    } else if (year_at(rest)) {
      bits += kYearBits;
      at += 4;
    } else if (const std::size_t run = run_at(rest); run != 0) {
      bits += each + std::log2(static_cast<double>(run));  // only its length has to be guessed
      at += run;
    } else if (const std::size_t again = repetition_at(text, at); again != 0) {
      bits += kRepetitionBits + std::log2(static_cast<double>(again));
      at += again;
    } else {
      bits += each;
      ++at;
    }
  }
  return bits;
}

}  // namespace

std::string_view strength_code(Strength strength) {
  switch (strength) {
    case Strength::weak:
      return "weak";
    case Strength::fair:
      return "fair";
    case Strength::good:
      return "good";
    case Strength::strong:
      return "strong";
  }
  return "weak";
}

Strength strength_of(const Secret& password) {
  const double bits = bits_of(password.reveal().substr(0, kMostLooked));
  if (bits < kFairBits) {
    return Strength::weak;
  }
  if (bits < kGoodBits) {
    return Strength::fair;
  }
  return bits < kStrongBits ? Strength::good : Strength::strong;
}

}  // namespace kvc::plugin
