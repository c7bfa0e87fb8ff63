// SPDX-License-Identifier: Apache-2.0
// Keystore files as other programs, broken programs and attackers write them. Library kvc_test_pki.
#pragma once

#include <openssl/objects.h>

#include <optional>
#include <string>
#include <vector>

#include "crypto/pkcs12.h"

namespace kvc::test_pki {

/// What goes into a file. One derivation round, so that tests can make many.
struct KeystoreRecipe {
  std::vector<crypto::PrivateKey> keys{};
  std::vector<crypto::Certificate> certificates{};
  std::string password = "artificial";            ///< UTF-8, as given to OpenSSL for the MAC
  std::optional<std::string> content_password{};  ///< bytes for the encryption, if not the same
  int cipher = NID_aes_256_cbc;                   ///< NID_undef: nothing is encrypted
  int rounds = 1;                                 ///< of the encryption
};

/// DER. Aborts the test program on failure.
std::string make_keystore(const KeystoreRecipe& recipe);
/// Keys and certificates of `pairs`.
KeystoreRecipe keystore_of(const std::vector<crypto::Identity>& pairs);

/// A key that KV-Connect does not know.
crypto::PrivateKey elliptic_key();

/// Param "reason" of a status; empty if it has none.
std::string reason_of(const Status& status);

}  // namespace kvc::test_pki
