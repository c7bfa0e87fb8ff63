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
  std::vector<crypto::Identity> identities;  ///< of the wanted address, from an allowed User CA, newest first
  /// The newest one is valid now. False: it has expired (or, with a future date, not begun); old mail opens with it.
  bool current_is_valid = false;
  /// Whose the pairs are that belong to somebody else and are left out: mail addresses, or the common name where a
  /// certificate has none. Each once, printable, at most 254 bytes.
  std::vector<std::string> foreign_addresses;
  /// Pairs of the address that are left out because no allowed User CA issued them, or their certificate is not fit for
  /// mail (check_certificate_use).
  int refused = 0;
};

/// Reads and judges. Dates are judged for current_is_valid alone: an old key is worth having (archives). The chain is
/// judged at the time the certificate began, since the CA may have ended meanwhile. Slow (key derivation): never on a
/// main thread. Errors: wrong_passphrase; malformed with the param "reason" as crypto::read_pkcs12 has it
/// ("not_a_keystore", "truncated", "damaged", "no_mac", "unsupported", "no_key", "not_rsa", "no_certificate");
/// certificate_foreign (param "addresses", at most five) if no pair is of `address`; certificate_untrusted (param
/// "issuer") or certificate_profile if none of them may be used, for the newest; crypto_failed; bad_request for an
/// empty address.
Result<Keystore> read_keystore(std::string_view der, const Secret& password, std::string_view address,
                               const crypto::TrustList& trust, TimePoint now);

}  // namespace kvc::account
