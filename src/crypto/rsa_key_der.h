// SPDX-License-Identifier: Apache-2.0
// RSA private keys in DER. Internal to crypto/.
#pragma once

#include <cstdint>
#include <span>

#include "crypto/openssl_ptr.h"

namespace kvc::crypto {

/// The key of an RSAPrivateKey with two primes (RFC 8017 appendix A.1.2), in the library context of crypto/. Null: it is
/// not exactly that; the caller may ask OpenSSL's decoders, which know more and say what is wrong.
///
/// Why not always the decoders: they put the whole encoding into memory that they free without wiping it
/// (tests/e2e/memory_test.cpp finds it in a locked system), and they try several kinds of keys one after another.
/// Throws std::bad_alloc.
PkeyPtr read_rsa_private_key(std::span<const std::uint8_t> der);

}  // namespace kvc::crypto
