// SPDX-License-Identifier: Apache-2.0
// Authenticated encryption of small things at rest, and keys from passphrases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/env.h"
#include "base/secret.h"
#include "base/status.h"

namespace kvc::crypto {

inline constexpr std::size_t kAeadKeyBytes = 32;
/// What aead_seal adds to the plaintext: version byte, nonce, tag.
inline constexpr std::size_t kAeadOverhead = 1 + 12 + 16;

/// AES-256-GCM (NIST SP 800-38D). Output: version byte 1, 12 bytes random nonce, ciphertext, 16 bytes tag. `key` has 32
/// bytes; at most 2^32 calls under one key (the bound for random nonces, SP 800-38D section 8.3). At most 1 GiB.
/// Errors: bad_request for a key of another length, too_large. Thread: [any].
Result<std::string> aead_seal(Env& env, const Secret& key, const Secret& plaintext, std::string_view associated_data);
/// Error: decrypt_failed for a wrong key, other associated data or changed bytes - nothing tells them apart.
Result<Secret> aead_open(const Secret& key, std::string_view sealed, std::string_view associated_data);

/// Cost of scrypt; kept beside every salt, so that it can be raised later without breaking what was stored before.
struct ScryptCost {
  std::uint64_t n = 1ULL << 15U;
  std::uint64_t r = 8;
  std::uint64_t p = 1;
};

/// 32-byte key from a passphrase: scrypt (RFC 7914), by default N = 2^15, r = 8, p = 1 (32 MiB, about 0.1 s: never on a
/// main thread). Errors: bad_request for a salt below 16 bytes, N below 2^10, or a cost scrypt() refuses.
Result<Secret> key_from_passphrase(const Secret& passphrase, std::string_view salt, const ScryptCost& cost = {});

/// scrypt as in RFC 7914, for any output length. Error: bad_request for N that is no power of two, r or p above 64, or
/// more than 1 GiB of memory: the cost may come from a database somebody else wrote to.
Result<Secret> scrypt(const Secret& passphrase, std::string_view salt, const ScryptCost& cost, std::size_t length);

}  // namespace kvc::crypto
