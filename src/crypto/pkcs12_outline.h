// SPDX-License-Identifier: Apache-2.0
// What the first bytes of a file say, when it does not parse as a keystore. Internal to crypto/.
#pragma once

#include <cstdint>
#include <string_view>

namespace kvc::crypto {

enum class Outline : std::uint8_t {
  foreign,    ///< does not begin as a keystore does
  truncated,  ///< begins as one and ends before its own lengths say
  whole,      ///< begins as one, and nothing is missing
};

/// A keystore begins with a SEQUENCE and the version 3 (RFC 7292 section 4, PFX). Java and OpenSSL state the length of
/// the file in its first bytes; NSS writes indefinite lengths (X.690 section 8.1.3.6), whose end is searched for. Takes
/// time linear in the size.
Outline pkcs12_outline(std::string_view file);

}  // namespace kvc::crypto
