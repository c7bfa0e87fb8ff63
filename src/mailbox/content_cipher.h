// SPDX-License-Identifier: Apache-2.0
// Encryption of the mailbox's content columns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/secret.h"
#include "base/status.h"

namespace kvc::mailbox {

/// AES-256-GCM under an account's content key; the account and the place ("inbox.<id>.details") are bound in, so that
/// sealed bytes moved to another row do not open. Thread: [any].
class ContentCipher {
 public:
  /// `older`: keys of an earlier time; they open, and seal nothing any more.
  ContentCipher(Env& env, Secret key, std::string account_id, std::vector<Secret> older = {});
  [[nodiscard]] Result<std::string> seal(const Secret& plaintext, std::string_view place) const;
  /// Error: storage_corrupt for changed bytes or another place.
  [[nodiscard]] Result<Secret> open(std::string_view sealed, std::string_view place) const;
  /// Keyed hash (crypto/keyed_hash.h) of a value within its purpose: equal values are found again, and a thief of the
  /// database who guesses a value cannot check it. The key is one of its own, derived from the content key.
  [[nodiscard]] Result<std::string> blind(std::string_view value, std::string_view purpose) const;

 private:
  Env* env_;
  Secret key_;
  std::string account_id_;
  std::vector<Secret> older_;
};

}  // namespace kvc::mailbox
