// SPDX-License-Identifier: Apache-2.0
#include "vault/binding.h"

#include <cstdint>

namespace kvc::vault {

std::string binding(std::initializer_list<std::string_view> parts) {
  std::string bytes;
  for (const auto part : parts) {
    const auto size = static_cast<std::uint32_t>(part.size());
    for (unsigned shift = 32; shift > 0; shift -= 8) {
      bytes += static_cast<char>((size >> (shift - 8)) & 0xffU);
    }
    bytes += part;
  }
  return bytes;
}

}  // namespace kvc::vault
