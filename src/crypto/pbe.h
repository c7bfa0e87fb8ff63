// SPDX-License-Identifier: Apache-2.0
// What a password-based encryption found in a file would cost and need. Internal to crypto/.
#pragma once

#include <openssl/types.h>

#include <cstdint>

#include "base/secret.h"
#include "base/status.h"
#include "crypto/openssl_ptr.h"

namespace kvc::crypto {

/// PBKDF2 rounds (or as much work) one file may make us do: a hostile file could otherwise ask for 2^63. 64 million
/// rounds of HMAC-SHA256 are about 15 s, a keystore of ours needs 600 000 for every generation.
inline constexpr std::uint64_t kMaxPbeRounds = 64'000'000;

struct PbeCost {
  std::uint64_t rounds = 0;   ///< as PBKDF2 rounds
  bool needs_legacy = false;  ///< RC2, RC4 or DES
};

/// Reads the AlgorithmIdentifier of an encryption: PBES2 with PBKDF2 or scrypt (RFC 8018), PKCS#5 v1, PKCS#12 (RFC 7292
/// appendix C). Error: malformed (param "reason") for parameters that do not parse ("damaged"), unknown algorithms and
/// more than kMaxPbeRounds ("unsupported").
Result<PbeCost> pbe_cost(const X509_ALGOR* algorithm);

/// RSA key of a PrivateKeyInfo, living in library_context(). Error: malformed, for other key types too.
Result<PkeyPtr> rsa_key(const PKCS8_PRIV_KEY_INFO* info);

/// Opens an EncryptedPrivateKeyInfo. Errors: malformed, wrong_passphrase, crypto_failed without the legacy provider.
Result<Pkcs8InfoPtr> decrypt_key_info(const X509_SIG* encrypted, const Secret& password);

}  // namespace kvc::crypto
