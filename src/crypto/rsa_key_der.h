// SPDX-License-Identifier: Apache-2.0
// RSA private keys in DER. Internal to crypto/.
//
// Why not always OpenSSL's decoders and encoders: they put the whole encoding into memory that they free without wiping
// it (tests/e2e/memory_test.cpp and tests/unit/crypto/key_memory_test.cpp find it), and the decoders try several kinds
// of keys one after another.
#pragma once

#include <cstdint>
#include <span>

#include "base/secret.h"
#include "crypto/openssl_ptr.h"

namespace kvc::crypto {

/// The key of an RSAPrivateKey with two primes (RFC 8017 appendix A.1.2), in the library context of crypto/. Null: it
/// is not exactly that; the caller may ask OpenSSL's decoders, which know more and say what is wrong. Throws
/// std::bad_alloc.
PkeyPtr read_rsa_private_key(std::span<const std::uint8_t> der);

/// The RSAPrivateKey of a key with two primes. Empty: it is no such key. Throws std::bad_alloc.
Secret write_rsa_private_key(const EVP_PKEY* key);

/// The PrivateKeyInfo (PKCS#8, RFC 5208 section 5) of any RSA key; OpenSSL wipes it when it goes. Null if OpenSSL
/// fails. Throws std::bad_alloc.
Pkcs8InfoPtr private_key_info(const EVP_PKEY* key);

}  // namespace kvc::crypto
