// SPDX-License-Identifier: Apache-2.0
// Our own rules for a keystore password [D], told to the host with the form and checked again when it comes back. The
// file leaves the practice, so its password must not be guessable at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/secret.h"

namespace kvc::plugin {

inline constexpr std::uint32_t kMinKeystorePassword = 8;
/// Of every password that is chosen here; the server's own limit too (protocol A).
inline constexpr std::uint32_t kMaxPassword = 200;

/// Unicode characters, as pvs.v1.PasswordRules counts them: bytes of UTF-8 that begin one (RFC 3629 section 3).
[[nodiscard]] inline std::size_t characters_of(const Secret& password) {
  const std::string_view text = password.reveal();
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace kvc::plugin
