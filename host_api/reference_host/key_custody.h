// SPDX-License-Identifier: Apache-2.0
// One key pair per user of the practice. Anybody may seal for a user; only the user's unlocked session unseals.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "practice.h"

struct evp_pkey_st;

namespace pvs::host {

/// Keeps X25519 key pairs in `directory`, one file per user, mode 0600. The private key is encrypted with AES-256-GCM
/// under a key that scrypt derives from the login password (N = 32768, r = 8, p = 1). [any]
///
/// Sealed form: 0x01, ephemeral public key (32), ciphertext, tag (16). Key and nonce come from HKDF-SHA256 over the
/// X25519 secret, with both public keys as context (in the manner of RFC 9180); the caller's associated data goes into
/// the tag.
class KeyCustody {
 public:
  enum class Outcome : unsigned char {
    ok,
    unknown_user,    ///< no key pair
    wrong_password,  ///< or the key file was altered: one cannot tell which
    locked,          ///< the user's session is not unlocked
    rejected,        ///< sealed for another user, with other associated data, or altered
    damaged,         ///< the key file cannot be read
    failed,          ///< the system or the cryptographic library failed
  };

  explicit KeyCustody(std::filesystem::path directory);
  ~KeyCustody();
  KeyCustody(const KeyCustody&) = delete;
  KeyCustody& operator=(const KeyCustody&) = delete;

  /// Makes a key pair if the user has none. An existing one stays as it is, whatever the password.
  Outcome enrol(std::string_view user_id, const SecretText& password);
  /// Opens the private key: until lock(), unseal() works.
  Outcome unlock(std::string_view user_id, const SecretText& password);
  /// Whether this is the password; opens nothing.
  [[nodiscard]] bool matches(std::string_view user_id, const SecretText& password) const;
  void lock(std::string_view user_id);
  [[nodiscard]] bool unlocked(std::string_view user_id) const;

  Outcome seal(std::string_view user_id, std::string_view plaintext, std::string_view associated_data,
               std::string& sealed) const;
  /// `plaintext` must be wiped by the caller.
  Outcome unseal(std::string_view user_id, std::string_view sealed, std::string_view associated_data,
                 std::string& plaintext) const;
  /// DER SubjectPublicKeyInfo (RFC 8410).
  Outcome public_key(std::string_view user_id, std::string& subject_public_key_info) const;

 private:
  [[nodiscard]] std::filesystem::path file_of(std::string_view user_id) const;
  std::filesystem::path directory_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<evp_pkey_st>, std::less<>> open_;
};

}  // namespace pvs::host
