// SPDX-License-Identifier: Apache-2.0
// Key custody for hosts that offer none: a passphrase per user (design section 4).
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/env.h"
#include "crypto/aead.h"
#include "store/database.h"
#include "vault/key_custody.h"

namespace kvc::vault {

/// Each user has an X25519 key pair: the public half lies open in the database, so that others can seal for a user who
/// is not there; the private half lies there under a key made from the passphrase by scrypt. Thread: [any]; enroll,
/// unlock and change take about 0.1 s of computing.
class PassphraseCustody final : public KeyCustody {
 public:
  /// `cost` is for users enrolled from now on; tests pass a cheap one.
  PassphraseCustody(std::shared_ptr<store::Database> database, Env& env, crypto::ScryptCost cost = {});
  ~PassphraseCustody() override;

  /// Makes the user's key pair and unlocks it. A passphrase has at least kMinPassphrase bytes. Errors: invalid_field
  /// (param "field"), already_exists.
  Status enroll(std::string_view user_id, const Secret& passphrase);
  [[nodiscard]] Result<bool> enrolled(std::string_view user_id) const;
  /// Errors: not_found (never enrolled), wrong_passphrase, decrypt_failed (the stored public key was exchanged).
  Status unlock(std::string_view user_id, const Secret& passphrase);
  /// Forgets the opened private key. OK too if it was locked.
  void lock(std::string_view user_id);
  [[nodiscard]] bool unlocked(std::string_view user_id) const;
  /// The key pair stays, so that sealed copies stay readable. Errors: as unlock and enroll.
  Status change_passphrase(std::string_view user_id, const Secret& old_passphrase, const Secret& new_passphrase);

  /// Error: not_found for a user who never enrolled.
  Result<std::string> seal(std::string_view user_id, const Secret& plaintext,
                           std::string_view associated_data) override;
  Result<Secret> unseal(std::string_view user_id, std::string_view sealed, std::string_view associated_data) override;

  static constexpr std::size_t kMinPassphrase = 10;

 private:
  std::shared_ptr<store::Database> database_;
  Env& env_;
  crypto::ScryptCost cost_;
  mutable std::mutex mutex_;
  std::map<std::string, Secret, std::less<>> unlocked_;
};

}  // namespace kvc::vault
