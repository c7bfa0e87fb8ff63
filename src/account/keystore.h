// SPDX-License-Identifier: Apache-2.0
// What a keystore file (.p12) of another system brings for an account (protocol B 7). No database, no server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/secret.h"
#include "base/status.h"
#include "crypto/pkcs12.h"
#include "crypto/trust_list.h"

namespace kvc::account {

/// The usable content of a file: at least one pair.
struct Keystore {
  std::vector<crypto::Identity> identities;    ///< of the wanted address, from an allowed User CA, newest first
  bool current_is_valid = false;               ///< the newest one is valid now; false: expired, opens old mail only
  std::vector<std::string> foreign_addresses;  ///< addresses of pairs that belong to somebody else and are left out
  int refused = 0;                             ///< pairs of the address that no allowed User CA issued, left out
};

/// Reads and judges. Dates are judged for current_is_valid alone: an old key is worth having (archives). The chain is
/// judged at the time the certificate began, since the CA may have ended meanwhile. Errors: wrong_passphrase; malformed
/// (truncated, no keystore, no pair; param "reason" is "truncated", "not_a_keystore", "no_certificate" or "no_key");
/// certificate_foreign (param "addresses") if no pair is of `address`; certificate_untrusted (param "issuer") or
/// certificate_profile if none of them may be used.
Result<Keystore> read_keystore(std::string_view der, const Secret& password, std::string_view address,
                               const crypto::TrustList& trust, TimePoint now);

}  // namespace kvc::account
