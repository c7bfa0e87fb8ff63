// SPDX-License-Identifier: Apache-2.0
// Inside of an AccountKey. Internal to vault/.
#pragma once

#include <map>
#include <string>

#include "vault/vault.h"

namespace kvc::vault {

/// Key ids are 32 lower-case hex digits (16 random bytes).
inline constexpr std::size_t kKeyIdBytes = 16;

struct AccountKey::Ring {
  std::string current_id;
  std::map<std::string, Secret> keys;  ///< by id, the current one among them

  [[nodiscard]] const Secret& current() const { return keys.at(current_id); }
};

std::string new_key_id(Env& env);

}  // namespace kvc::vault
