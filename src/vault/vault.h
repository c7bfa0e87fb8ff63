// SPDX-License-Identifier: Apache-2.0
// Secrets of accounts (design section 4): an account key encrypts them, each assigned user has a sealed copy of it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/env.h"
#include "base/secret.h"
#include "base/status.h"
#include "store/database.h"
#include "store/selection.h"
#include "vault/key_custody.h"

namespace kvc::vault {

/// An opened account key, in wiped memory. Copying is cheap and shares; the last copy wipes. Holds the keys before the
/// last rotation too, so that content sealed under them stays readable. Thread: [any], immutable.
class AccountKey {
 public:
  /// Opens and seals nothing (invalid_state); a place to put a real one.
  AccountKey();

  [[nodiscard]] const std::string& account_id() const { return account_id_; }
  /// For the vault's own use and for content columns: AES-256-GCM under this account's key, bound to `purpose` (say
  /// which table, row and column: "outbox.<id>.draft"). Adds 46 bytes. At most 1 GiB.
  Result<std::string> seal(Env& env, const Secret& plaintext, std::string_view purpose) const;
  /// Opens what seal() made, before or after a rotation. Errors: decrypt_failed (changed bytes, another account's,
  /// another purpose), invalid_state if it was sealed under a newer key than this one: unlock again.
  Result<Secret> open(std::string_view sealed, std::string_view purpose) const;

 private:
  friend class Vault;
  struct Ring;
  std::string account_id_;
  std::shared_ptr<const Ring> ring_;
};

/// Several changes of one account's secrets that are done together or not at all.
struct Change {
  std::vector<std::pair<std::string, Secret>> put;  ///< by name; overwrites
  std::vector<std::string> remove;                  ///< names; OK too if there is none
  /// Runs in the same transaction after the secrets, so that rows of other folders never say something else than the
  /// vault. An error undoes everything. May be empty.
  std::function<Status(Poco::Data::Session&)> also;
};

/// Secrets in the database, and who may open them. What is stored and what it protects: README.md beside this file.
/// Thread: [any], but may block on disk and on the host's key custody: never on a host's main thread. `user_id` is the
/// host's opaque id. Functions that take an AccountKey fail with invalid_state once another session rotated the key
/// (unlock again), and all pass on storage errors and those of the custody.
class Vault {
 public:
  Vault(std::shared_ptr<store::Database> database, KeyCustody& custody, Env& env);

  /// A new account key with one sealed copy, for `user_id`. Error: already_exists if the account has a key.
  Result<AccountKey> create(std::string_view account_id, std::string_view user_id);
  /// Errors: not_permitted (no sealed copy for this user), session_locked, decrypt_failed.
  Result<AccountKey> unlock(std::string_view account_id, std::string_view user_id);
  /// Gives `other_user_id` a copy; needs only that user's public key.
  Status share(const AccountKey& key, std::string_view other_user_id);
  /// Takes a user's copy away at once. The last copy of an account is never taken (invalid_state); not_found if the
  /// user has none. Who kept the key or an old backup can read what was sealed until the next rotate().
  /// `also` runs in the same transaction, as in Change.
  Status revoke(std::string_view account_id, std::string_view user_id,
                const std::function<Status(Poco::Data::Session&)>& also = {});
  /// Users with a copy, in the order of their ids.
  Result<std::vector<std::string>> users(std::string_view account_id);
  /// The accounts of which a user has a copy, for the statements of other folders (one column, account_id).
  static store::Selection accounts_of(std::string_view user_id);
  /// Account and user of every copy of these accounts, in the order of their ids; inside the caller's transaction.
  static std::vector<std::pair<std::string, std::string>> users(Poco::Data::Session& session,
                                                                const store::Selection& accounts);
  /// New account key, every secret re-encrypted and every copy sealed anew, in one transaction. Content columns stay
  /// under the key they were sealed with, which is kept as a secret under the new one.
  Result<AccountKey> rotate(const AccountKey& key);

  /// Named secrets of an account: "kv_password", "kv_password.pending", "keystore_password", "private_key.<id>". A name
  /// has 1 to 200 bytes and does not begin with "@" (bad_request). Overwrites.
  Status put(const AccountKey& key, std::string_view name, const Secret& value);
  /// nullopt if there is none of this name.
  Result<std::optional<Secret>> get(const AccountKey& key, std::string_view name);
  /// OK too if there was none.
  Status remove(const AccountKey& key, std::string_view name);
  /// All of `change` in one transaction.
  Status apply(const AccountKey& key, const Change& change);
  /// put and remove as one: afterwards `to` holds what `from` held, `from` is gone. Error: not_found if there is no
  /// `from`.
  Status rename(const AccountKey& key, std::string_view from, std::string_view to);
  /// Removes copies and secrets of an account.
  Status forget(std::string_view account_id);
  /// The same inside the caller's transaction; Poco's exceptions pass through to it.
  static void forget(Poco::Data::Session& session, std::string_view account_id);

 private:
  static AccountKey opened(std::string_view account_id, AccountKey::Ring ring);
  static Status check_unlocked(const AccountKey& key);
  Status replace_key(const AccountKey& key, const AccountKey::Ring& ring, const std::vector<std::string>& users);

  std::shared_ptr<store::Database> database_;
  KeyCustody& custody_;
  Env& env_;
};

}  // namespace kvc::vault
