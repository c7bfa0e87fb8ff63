// SPDX-License-Identifier: Apache-2.0
#include "vault/passphrase_custody.h"

#include <Poco/Data/Session.h>

#include <optional>
#include <vector>

#include "base/guard.h"
#include "crypto/sealed_box.h"
#include "store/sql.h"
#include "vault/binding.h"

namespace kvc::vault {
namespace {

using Poco::Data::BLOB;
using Poco::Data::Session;
using Poco::Data::Keywords::bind;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
using store::blob;
using store::bytes;
using store::millis;

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kMaxPassphrase = 1000;

/// A row of vault_passphrase.
struct Entry {
  std::string salt, public_key, private_key;
  crypto::ScryptCost cost;
};

Status find(Session& session, std::string_view user_id, std::optional<Entry>& found) {
  std::vector<BLOB> salts;
  std::vector<BLOB> public_keys;
  std::vector<BLOB> private_keys;
  std::vector<std::uint64_t> n;
  std::vector<std::uint64_t> r;
  std::vector<std::uint64_t> p;
  session
      << "SELECT salt, public_key, private_key, scrypt_n, scrypt_r, scrypt_p FROM vault_passphrase WHERE user_id = ?",
      bind(std::string(user_id)), into(salts), into(public_keys), into(private_keys), into(n), into(r), into(p), now;
  if (!salts.empty()) {
    found = Entry{bytes(salts[0]), bytes(public_keys[0]), bytes(private_keys[0]), {n[0], r[0], p[0]}};
  }
  return {};
}

void insert(Session& session, std::string_view user_id, const Entry& entry, TimePoint when) {
  session << "INSERT INTO vault_passphrase (user_id, salt, scrypt_n, scrypt_r, scrypt_p, public_key, private_key, "
             "changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      bind(std::string(user_id)), bind(blob(entry.salt)), bind(entry.cost.n), bind(entry.cost.r), bind(entry.cost.p),
      bind(blob(entry.public_key)), bind(blob(entry.private_key)), bind(millis(when)), now;
}

void remove(Session& session, std::string_view user_id) {
  session << "DELETE FROM vault_passphrase WHERE user_id = ?", bind(std::string(user_id)), now;
}

Status check_passphrase(const Secret& passphrase) {
  if (passphrase.size() < PassphraseCustody::kMinPassphrase || passphrase.size() > kMaxPassphrase) {
    return Status(error::invalid_field, "the passphrase is too short or too long").with("field", "passphrase");
  }
  return {};
}

/// The private half under `passphrase`, with a new salt.
Result<Entry> make_entry(Env& env, std::string_view user_id, const crypto::BoxKeyPair& pair, const Secret& passphrase,
                         const crypto::ScryptCost& cost) {
  Entry entry{std::string(kSaltBytes, '\0'), pair.public_key, {}, cost};
  env.random({reinterpret_cast<std::uint8_t*>(entry.salt.data()), entry.salt.size()});
  KVC_ASSIGN(const auto key, crypto::key_from_passphrase(passphrase, entry.salt, cost));
  KVC_ASSIGN(entry.private_key,
             crypto::aead_seal(env, key, pair.private_key, binding({kPassphraseKeyKind, user_id, pair.public_key})));
  return entry;
}

Result<Secret> open_entry(std::string_view user_id, const Entry& entry, const Secret& passphrase) {
  KVC_ASSIGN(const auto key, crypto::key_from_passphrase(passphrase, entry.salt, entry.cost));
  auto private_key =
      crypto::aead_open(key, entry.private_key, binding({kPassphraseKeyKind, user_id, entry.public_key}));
  if (!private_key.ok()) {
    return Status(error::wrong_passphrase, "the passphrase does not open the user's key");
  }
  return private_key;
}

Result<Entry> stored_entry(store::Database& database, std::string_view user_id) {
  std::optional<Entry> found;
  const Status status = database.read([&](Session& session) { return find(session, user_id, found); });
  if (!status.ok()) {
    return status;
  }
  if (!found) {
    return Status(error::not_found, "the user has no passphrase yet");
  }
  return *std::move(found);
}

}  // namespace

PassphraseCustody::PassphraseCustody(std::shared_ptr<store::Database> database, Env& env, crypto::ScryptCost cost)
    : database_(std::move(database)), env_(env), cost_(cost) {}

PassphraseCustody::~PassphraseCustody() = default;

Status PassphraseCustody::enroll(std::string_view user_id, const Secret& passphrase) {
  return guarded([&]() -> Status {
    KVC_TRY(check_passphrase(passphrase));
    KVC_ASSIGN(auto pair, crypto::make_box_key_pair(env_));
    KVC_ASSIGN(const auto entry, make_entry(env_, user_id, pair, passphrase, cost_));
    const Status stored = database_->write([&](Session& session) -> Status {
      insert(session, user_id, entry, env_.now());
      return {};
    });
    if (stored.ok()) {
      const std::lock_guard lock(mutex_);
      unlocked_.insert_or_assign(std::string(user_id), std::move(pair.private_key));
    }
    return stored;
  });
}

Result<bool> PassphraseCustody::enrolled(std::string_view user_id) const {
  return guarded([&]() -> Result<bool> {
    const auto entry = stored_entry(*database_, user_id);
    if (!entry.ok() && !entry.status().is(error::not_found)) {
      return entry.status();
    }
    return entry.ok();
  });
}

Status PassphraseCustody::unlock(std::string_view user_id, const Secret& passphrase) {
  return guarded([&]() -> Status {
    KVC_ASSIGN(const auto entry, stored_entry(*database_, user_id));
    KVC_ASSIGN(auto private_key, open_entry(user_id, entry, passphrase));
    KVC_ASSIGN(const auto public_key, crypto::box_public_key(private_key));
    if (public_key != entry.public_key) {
      return {error::decrypt_failed, "the stored public key is not the user's"};
    }
    const std::lock_guard lock(mutex_);
    unlocked_.insert_or_assign(std::string(user_id), std::move(private_key));
    return {};
  });
}

void PassphraseCustody::lock(std::string_view user_id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = unlocked_.find(user_id); found != unlocked_.end()) {
    unlocked_.erase(found);
  }
}

bool PassphraseCustody::unlocked(std::string_view user_id) const {
  const std::lock_guard lock(mutex_);
  return unlocked_.find(user_id) != unlocked_.end();
}

Status PassphraseCustody::change_passphrase(std::string_view user_id, const Secret& old_passphrase,
                                            const Secret& new_passphrase) {
  return guarded([&]() -> Status {
    KVC_TRY(check_passphrase(new_passphrase));
    KVC_ASSIGN(const auto old_entry, stored_entry(*database_, user_id));
    KVC_ASSIGN(auto private_key, open_entry(user_id, old_entry, old_passphrase));
    const crypto::BoxKeyPair pair{old_entry.public_key, std::move(private_key)};
    KVC_ASSIGN(const auto entry, make_entry(env_, user_id, pair, new_passphrase, cost_));
    return database_->write([&](Session& session) -> Status {
      std::optional<Entry> found;
      KVC_TRY(find(session, user_id, found));
      if (!found || found->private_key != old_entry.private_key) {
        return {error::invalid_state, "the passphrase was changed elsewhere in the meantime"};
      }
      remove(session, user_id);
      insert(session, user_id, entry, env_.now());
      return {};
    });
  });
}

Result<std::string> PassphraseCustody::seal(std::string_view user_id, const Secret& plaintext,
                                            std::string_view associated_data) {
  return guarded([&]() -> Result<std::string> {
    KVC_ASSIGN(const auto entry, stored_entry(*database_, user_id));
    return crypto::box_seal(env_, entry.public_key, plaintext, binding({kPassphraseBoxKind, user_id, associated_data}));
  });
}

Result<Secret> PassphraseCustody::unseal(std::string_view user_id, std::string_view sealed,
                                         std::string_view associated_data) {
  return guarded([&]() -> Result<Secret> {
    std::optional<Secret> key;
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = unlocked_.find(user_id); found != unlocked_.end()) {
        key = found->second;
      }
    }
    if (!key) {
      return Status(error::session_locked, "the user's key is locked");
    }
    return crypto::box_open(*key, sealed, binding({kPassphraseBoxKind, user_id, associated_data}));
  });
}

}  // namespace kvc::vault
