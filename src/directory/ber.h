// SPDX-License-Identifier: Apache-2.0
// The little of BER that LDAP uses (X.690, restricted by RFC 4511 section 5.1: definite lengths, tags of one byte).
// Internal to directory/ and its tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kvc::directory::ber {

inline constexpr unsigned char kBoolean = 0x01;
inline constexpr unsigned char kInteger = 0x02;
inline constexpr unsigned char kOctets = 0x04;
inline constexpr unsigned char kEnumerated = 0x0A;
inline constexpr unsigned char kSequence = 0x30;
inline constexpr unsigned char kSet = 0x31;

/// Tag, length, content.
std::string element(unsigned char tag, std::string_view content);
std::string number(std::uint32_t value, unsigned char tag = kInteger);

/// Reads the size of an element from its first bytes. 0: more bytes are needed. -1: no element.
std::int64_t element_size(std::string_view head);

/// Takes elements off a view; borrowed. After the first fault everything fails.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  /// Tag of the next element; 0 at the end.
  [[nodiscard]] unsigned char peek() const;
  /// The content of the next element, if it has this tag.
  bool take(unsigned char tag, std::string_view& content);
  /// A number of at most 31 bits, not negative.
  bool take_number(unsigned char tag, int& value);
  bool skip();
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace kvc::directory::ber
