// SPDX-License-Identifier: Apache-2.0
// Encryption to a public key of small things at rest: whoever has the public half can seal, only the private half
// opens.
#pragma once

#include <string>
#include <string_view>

#include "base/env.h"
#include "base/secret.h"
#include "base/status.h"

namespace kvc::crypto {

/// An X25519 key pair (RFC 7748): both halves have 32 bytes.
struct BoxKeyPair {
  std::string public_key;
  Secret private_key;
};

Result<BoxKeyPair> make_box_key_pair(Env& env);

/// The public half of a private key. Error: bad_request for a key of another length.
Result<std::string> box_public_key(const Secret& private_key);

/// Output: version byte 1, 32 bytes one-time public key, then aead_seal() under HKDF-SHA256 (RFC 5869) of the shared
/// secret; both public keys go into the derivation. Error: bad_request for something that is no public key. Thread:
/// [any].
Result<std::string> box_seal(Env& env, std::string_view public_key, const Secret& plaintext,
                             std::string_view associated_data);
/// Error: decrypt_failed for a wrong key, other associated data or changed bytes - nothing tells them apart.
Result<Secret> box_open(const Secret& private_key, std::string_view sealed, std::string_view associated_data);

/// The shared secret of RFC 7748 section 6.1. Error: bad_request for keys that give none.
Result<Secret> x25519(const Secret& private_key, std::string_view public_key);

}  // namespace kvc::crypto
