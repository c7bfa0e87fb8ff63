// SPDX-License-Identifier: Apache-2.0
// What the coordinators of this folder work with.
#pragma once

#include "account/account_service.h"
#include "account/repository.h"

namespace kvc::account {

/// Names of an account's secrets in the vault (vault/vault.h).
inline constexpr std::string_view kPassword = "kv_password";
/// Passwords that changes were sent with and no login has proved yet; login.h says which is which.
inline constexpr std::string_view kPendingPassword = "kv_password.pending";
inline constexpr std::string_view kLatePassword = "kv_password.late";
inline constexpr std::string_view kUnlikelyPassword = "kv_password.unlikely";
inline constexpr std::string_view kKeystorePassword = "keystore_password";
inline constexpr std::string_view kContentKey = "content_key";
/// Content keys before the last rotation, one behind the other, newest last.
inline constexpr std::string_view kOlderContentKeys = "content_key.older";
inline std::string private_key_name(std::string_view generation_id) {
  return "private_key." + std::string(generation_id);
}

/// Purposes of leases (lease.h). `login` guards the passwords and the account key, `enrol` the generations. Who needs
/// both takes `enrol` first, or takes the second without waiting.
inline constexpr std::string_view kLoginPurpose = "login";
inline constexpr std::string_view kEnrolPurpose = "enrol";

struct Context {
  std::shared_ptr<store::Database> database;
  vault::Vault& vault;
  Environments& environments;
  Env& env;
  Log& log;
};

/// An account in the hands of an assigned user.
struct Access {
  AccountRow row;
  vault::AccountKey key;
};

}  // namespace kvc::account
