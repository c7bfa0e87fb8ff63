// SPDX-License-Identifier: Apache-2.0
// Writing DER (X.690) from the inside out: an element is a tag, the length and bytes. Internal to message/.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace kvc::message::der {

inline constexpr unsigned char kInteger = 0x02, kOctets = 0x04, kNull = 0x05, kObject = 0x06, kSequence = 0x30,
                               kSet = 0x31, kContext0 = 0xa0, kContext0Primitive = 0x80, kContext4 = 0xa4;

/// Tag and definite length, in the shortest form.
std::string head(unsigned char tag, std::uint64_t length);
/// A whole element around the joined pieces.
std::string element(unsigned char tag, std::initializer_list<std::string_view> pieces);
inline std::string element(unsigned char tag, std::string_view content) {
  return element(tag, {content});
}
/// The elements of a SET OF, in the order DER asks for (X.690 section 11.6), without its head.
std::string sorted(std::vector<std::string> elements);

}  // namespace kvc::message::der
