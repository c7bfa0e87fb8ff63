// SPDX-License-Identifier: Apache-2.0
// Who keeps the users' own keys: the practice system (design section 4).
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"

namespace kvc::vault {

/// Seals small secrets for one user. The user's private key never gets here. Thread: [any]; may block on the host.
class KeyCustody {
 public:
  virtual ~KeyCustody() = default;
  /// For any user, whether logged in or not: needs only the public key.
  virtual Result<std::string> seal(std::string_view user_id, const Secret& plaintext,
                                   std::string_view associated_data) = 0;
  /// Only while the user's session is unlocked, else session_locked. decrypt_failed for changed bytes or another
  /// user's.
  virtual Result<Secret> unseal(std::string_view user_id, std::string_view sealed,
                                std::string_view associated_data) = 0;
};

}  // namespace kvc::vault
