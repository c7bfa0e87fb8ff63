// SPDX-License-Identifier: Apache-2.0
#include "vault/vault.h"

#include <Poco/Data/Session.h>

#include <algorithm>

#include "base/guard.h"
#include "crypto/aead.h"
#include "store/sql.h"
#include "vault/account_key.h"
#include "vault/binding.h"

namespace kvc::vault {
namespace {

using Poco::Data::BLOB;
using Poco::Data::Session;
using Poco::Data::Statement;
using Poco::Data::Keywords::bind;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
using store::blob;
using store::bytes;
using store::millis;

/// Keys before the last rotation are secrets of this name, followed by their id.
constexpr std::string_view kRetiredKey = "@key.";

/// Marks, secrets of this name followed by a user's id: who has the account's key gave this user a copy. Without them
/// whoever can write to the database would add a row to vault_key and be given the next key by a rotation.
constexpr std::string_view kAssigned = "@user.";

std::string mark_of(std::string_view user_id) {
  return std::string(kAssigned).append(user_id);
}

/// A row of vault_key.
struct Copy {
  std::string user_id, key_id;
  std::string sealed;
};

/// A row of vault_secret.
struct Row {
  std::string name, key_id;
  std::string sealed;
};

// ---------------------------------------------------------------------------------------------------- statements

std::vector<Copy> copies_of(Session& session, std::string_view account_id) {
  std::vector<std::string> users;
  std::vector<std::string> key_ids;
  std::vector<BLOB> sealed;
  session << "SELECT user_id, key_id, sealed FROM vault_key WHERE account_id = ? ORDER BY user_id",
      bind(std::string(account_id)), into(users), into(key_ids), into(sealed), now;
  std::vector<Copy> copies;
  for (std::size_t i = 0; i < users.size(); ++i) {
    copies.push_back({users[i], key_ids[i], bytes(sealed[i])});
  }
  return copies;
}

void store_copy(Session& session, std::string_view account_id, const Copy& copy, TimePoint when) {
  session << "INSERT INTO vault_key (account_id, user_id, key_id, sealed, created_at) VALUES (?, ?, ?, ?, ?) "
             "ON CONFLICT (account_id, user_id) DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed, "
             "created_at = excluded.created_at",
      bind(std::string(account_id)), bind(copy.user_id), bind(copy.key_id), bind(blob(copy.sealed)), bind(millis(when)),
      now;
}

void delete_copy(Session& session, std::string_view account_id, std::string_view user_id) {
  session << "DELETE FROM vault_key WHERE account_id = ? AND user_id = ?", bind(std::string(account_id)),
      bind(std::string(user_id)), now;
}

/// All secrets of an account, or the one of this name.
std::vector<Row> rows_of(Session& session, std::string_view account_id, std::optional<std::string_view> name) {
  std::vector<std::string> names;
  std::vector<std::string> key_ids;
  std::vector<BLOB> sealed;
  Statement select(session);
  select << "SELECT name, key_id, sealed FROM vault_secret WHERE account_id = ?", bind(std::string(account_id)),
      into(names), into(key_ids), into(sealed);
  if (name) {
    select << " AND name = ?", bind(std::string(*name));
  }
  select.execute();
  std::vector<Row> rows;
  for (std::size_t i = 0; i < names.size(); ++i) {
    rows.push_back({names[i], key_ids[i], bytes(sealed[i])});
  }
  return rows;
}

void store_row(Session& session, std::string_view account_id, const Row& row, TimePoint when) {
  session << "INSERT INTO vault_secret (account_id, name, key_id, sealed, changed_at) VALUES (?, ?, ?, ?, ?) "
             "ON CONFLICT (account_id, name) DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed, "
             "changed_at = excluded.changed_at",
      bind(std::string(account_id)), bind(row.name), bind(row.key_id), bind(blob(row.sealed)), bind(millis(when)), now;
}

void delete_row(Session& session, std::string_view account_id, std::string_view name) {
  session << "DELETE FROM vault_secret WHERE account_id = ? AND name = ?", bind(std::string(account_id)),
      bind(std::string(name)), now;
}

// ---------------------------------------------------------------------------------------------------- sealing

std::string copy_binding(std::string_view account_id, std::string_view user_id, std::string_view key_id) {
  return binding({kAccountKeyKind, account_id, user_id, key_id});
}

Result<Row> seal_row(Env& env, std::string_view account_id, const std::string& key_id, const Secret& key,
                     const std::string& name, const Secret& value) {
  KVC_ASSIGN(auto sealed, crypto::aead_seal(env, key, value, binding({kSecretKind, account_id, key_id, name})));
  return Row{name, key_id, std::move(sealed)};
}

Result<Secret> open_row(std::string_view account_id, const std::string& key_id, const Secret& key, const Row& row) {
  if (row.key_id != key_id) {
    return Status(error::decrypt_failed, "a secret is not under the account's current key");
  }
  return crypto::aead_open(key, row.sealed, binding({kSecretKind, account_id, key_id, row.name}));
}

Status check_name(std::string_view name) {
  constexpr std::size_t kMaxName = 200;
  return name.empty() || name.size() > kMaxName || name.front() == '@'
             ? Status(error::bad_request, "not the name of a secret")
             : Status();
}

Status check_ids(std::string_view account_id, std::string_view user_id) {
  constexpr std::size_t kMaxId = 500;
  const auto usable = [](std::string_view id) { return !id.empty() && id.size() <= kMaxId; };
  return usable(account_id) && usable(user_id)
             ? Status()
             : Status(error::bad_request, "an account or user id is empty or too long");
}

/// Users with a copy and a mark under this key, in the order of the copies.
std::vector<std::string> marked_users(std::string_view account_id, const std::string& key_id, const Secret& key,
                                      const std::vector<Copy>& copies, const std::vector<Row>& rows) {
  std::vector<std::string> users;
  for (const auto& copy : copies) {
    const auto mark =
        std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.name == mark_of(copy.user_id); });
    if (mark != rows.end() && open_row(account_id, key_id, key, *mark).ok()) {
      users.push_back(copy.user_id);
    }
  }
  return users;
}

/// Inside a transaction: is this still the account's key?
Status check_current(const std::vector<Copy>& copies, const std::string& key_id) {
  if (copies.empty()) {
    return {error::not_found, "the account has no key"};
  }
  return copies.front().key_id == key_id
             ? Status()
             : Status(error::invalid_state, "the account's key was changed in the meantime; it must be unlocked again");
}

}  // namespace

// ---------------------------------------------------------------------------------------------------- vault

Vault::Vault(std::shared_ptr<store::Database> database, KeyCustody& custody, Env& env)
    : database_(std::move(database)), custody_(custody), env_(env) {}

AccountKey Vault::opened(std::string_view account_id, AccountKey::Ring ring) {
  AccountKey key;
  key.account_id_ = account_id;
  key.ring_ = std::make_shared<const AccountKey::Ring>(std::move(ring));
  return key;
}

Status Vault::check_unlocked(const AccountKey& key) {
  return key.ring_->keys.empty() ? Status(error::invalid_state, "the account is not unlocked") : Status();
}

Result<AccountKey> Vault::create(std::string_view account_id, std::string_view user_id) {
  return guarded([&]() -> Result<AccountKey> {
    KVC_TRY(check_ids(account_id, user_id));
    AccountKey::Ring ring;
    ring.current_id = new_key_id(env_);
    Secret key = Secret::of_size(crypto::kAeadKeyBytes);
    env_.random({key.data(), key.size()});
    KVC_ASSIGN(auto sealed, custody_.seal(user_id, key, copy_binding(account_id, user_id, ring.current_id)));
    const Copy copy{std::string(user_id), ring.current_id, std::move(sealed)};
    KVC_ASSIGN(const Row mark, seal_row(env_, account_id, ring.current_id, key, mark_of(user_id), Secret()));
    const Status stored = database_->write([&](Session& session) -> Status {
      if (!copies_of(session, account_id).empty()) {
        return {error::already_exists, "the account has a key already"};
      }
      store_copy(session, account_id, copy, env_.now());
      store_row(session, account_id, mark, env_.now());
      return {};
    });
    if (!stored.ok()) {
      return stored;
    }
    ring.keys.emplace(ring.current_id, std::move(key));
    return opened(account_id, std::move(ring));
  });
}

Result<AccountKey> Vault::unlock(std::string_view account_id, std::string_view user_id) {
  return guarded([&]() -> Result<AccountKey> {
    std::vector<Copy> copies;
    std::vector<Row> rows;
    KVC_TRY(database_->read([&](Session& session) -> Status {
      copies = copies_of(session, account_id);
      rows = rows_of(session, account_id, std::nullopt);
      return {};
    }));
    const auto own = std::find_if(copies.begin(), copies.end(), [&](const Copy& c) { return c.user_id == user_id; });
    if (own == copies.end()) {
      return Status(error::not_permitted, "the account is not assigned to this user");
    }
    KVC_ASSIGN(auto key, custody_.unseal(user_id, own->sealed, copy_binding(account_id, user_id, own->key_id)));
    AccountKey::Ring ring;
    ring.current_id = own->key_id;
    for (const auto& row : rows) {
      if (row.name.compare(0, kRetiredKey.size(), kRetiredKey) == 0) {
        KVC_ASSIGN(auto retired, open_row(account_id, ring.current_id, key, row));
        ring.keys.emplace(row.name.substr(kRetiredKey.size()), std::move(retired));
      }
    }
    ring.keys.insert_or_assign(ring.current_id, std::move(key));
    return opened(account_id, std::move(ring));
  });
}

Status Vault::share(const AccountKey& key, std::string_view other_user_id) {
  return guarded([&]() -> Status {
    const auto& account_id = key.account_id_;
    const auto& key_id = key.ring_->current_id;
    KVC_TRY(check_unlocked(key));
    KVC_TRY(check_ids(account_id, other_user_id));
    KVC_ASSIGN(auto sealed,
               custody_.seal(other_user_id, key.ring_->current(), copy_binding(account_id, other_user_id, key_id)));
    const Copy copy{std::string(other_user_id), key_id, std::move(sealed)};
    KVC_ASSIGN(const Row mark,
               seal_row(env_, account_id, key_id, key.ring_->current(), mark_of(other_user_id), Secret()));
    return database_->write([&](Session& session) -> Status {
      KVC_TRY(check_current(copies_of(session, account_id), key_id));
      store_copy(session, account_id, copy, env_.now());
      store_row(session, account_id, mark, env_.now());
      return {};
    });
  });
}

Status Vault::revoke(std::string_view account_id, std::string_view user_id,
                     const std::function<Status(Session&)>& also) {
  return guarded([&]() -> Status {
    return database_->write([&](Session& session) -> Status {
      const auto copies = copies_of(session, account_id);
      if (std::none_of(copies.begin(), copies.end(), [&](const Copy& c) { return c.user_id == user_id; })) {
        return {error::not_found, "the account is not assigned to this user"};
      }
      if (copies.size() == 1) {
        return {error::invalid_state, "without this user nobody could open the account any more"};
      }
      delete_copy(session, account_id, user_id);
      delete_row(session, account_id, mark_of(user_id));
      return also ? also(session) : Status();
    });
  });
}

Result<std::vector<std::string>> Vault::users(std::string_view account_id) {
  return guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> users;
    KVC_TRY(database_->read([&](Session& session) -> Status {
      session << "SELECT user_id FROM vault_key WHERE account_id = ? ORDER BY user_id", bind(std::string(account_id)),
          into(users), now;
      return {};
    }));
    return users;
  });
}

store::Selection Vault::accounts_of(std::string_view user_id) {
  return {"SELECT account_id FROM vault_key WHERE user_id = ?", {std::string(user_id)}};
}

std::vector<std::pair<std::string, std::string>> Vault::users(Session& session, const store::Selection& accounts) {
  std::vector<std::string> ids;
  std::vector<std::string> users;
  Statement select(session);
  select << "SELECT account_id, user_id FROM vault_key WHERE account_id IN (" + accounts.sql +
                ") ORDER BY account_id, user_id",
      into(ids), into(users);
  for (const std::string& arg : accounts.args) {
    select, bind(arg);
  }
  select.execute();
  std::vector<std::pair<std::string, std::string>> copies;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    copies.emplace_back(std::move(ids[i]), std::move(users[i]));
  }
  return copies;
}

Status Vault::replace_key(const AccountKey& key, const AccountKey::Ring& ring, const std::vector<std::string>& users) {
  const auto& account_id = key.account_id_;
  const auto& old_id = key.ring_->current_id;
  std::vector<Copy> sealed_copies;
  for (const auto& user : users) {
    KVC_ASSIGN(auto sealed, custody_.seal(user, ring.current(), copy_binding(account_id, user, ring.current_id)));
    sealed_copies.push_back({user, ring.current_id, std::move(sealed)});
  }
  return database_->write([&](Session& session) -> Status {
    const auto copies = copies_of(session, account_id);
    KVC_TRY(check_current(copies, old_id));
    const auto rows = rows_of(session, account_id, std::nullopt);
    if (marked_users(account_id, old_id, key.ring_->current(), copies, rows) != users) {
      return {error::storage_busy, "the account's users changed during the rotation"};
    }
    for (const auto& copy : copies) {
      delete_copy(session, account_id, copy.user_id);
    }
    for (const auto& copy : sealed_copies) {
      store_copy(session, account_id, copy, env_.now());
    }
    for (const auto& row : rows) {
      const auto value = open_row(account_id, old_id, key.ring_->current(), row);
      if (!value.ok()) {
        // Nobody could read it before; if it stopped the rotation, planting one row would.
        continue;
      }
      KVC_ASSIGN(const auto again, seal_row(env_, account_id, ring.current_id, ring.current(), row.name, *value));
      store_row(session, account_id, again, env_.now());
    }
    const std::string retired = std::string(kRetiredKey) + old_id;
    KVC_ASSIGN(const auto old,
               seal_row(env_, account_id, ring.current_id, ring.current(), retired, key.ring_->current()));
    store_row(session, account_id, old, env_.now());
    return {};
  });
}

Result<AccountKey> Vault::rotate(const AccountKey& key) {
  return guarded([&]() -> Result<AccountKey> {
    KVC_TRY(check_unlocked(key));
    AccountKey::Ring ring = *key.ring_;
    ring.current_id = new_key_id(env_);
    Secret fresh = Secret::of_size(crypto::kAeadKeyBytes);
    env_.random({fresh.data(), fresh.size()});
    ring.keys.emplace(ring.current_id, std::move(fresh));
    std::vector<std::string> users;
    const Status read = database_->read([&](Session& session) -> Status {
      const auto copies = copies_of(session, key.account_id_);
      KVC_TRY(check_current(copies, key.ring_->current_id));
      users = marked_users(key.account_id_, key.ring_->current_id, key.ring_->current(), copies,
                           rows_of(session, key.account_id_, std::nullopt));
      return {};
    });
    if (!read.ok()) {
      return read;
    }
    if (users.empty()) {
      return Status(error::storage_corrupt, "no user of the account has a mark, so nobody may get a new key");
    }
    KVC_TRY(replace_key(key, ring, users));
    return opened(key.account_id_, std::move(ring));
  });
}

Status Vault::put(const AccountKey& key, std::string_view name, const Secret& value) {
  return guarded([&]() -> Status {
    KVC_TRY(check_unlocked(key));
    KVC_TRY(check_name(name));
    const auto& ring = *key.ring_;
    KVC_ASSIGN(const auto row,
               seal_row(env_, key.account_id_, ring.current_id, ring.current(), std::string(name), value));
    return database_->write([&](Session& session) -> Status {
      KVC_TRY(check_current(copies_of(session, key.account_id_), ring.current_id));
      store_row(session, key.account_id_, row, env_.now());
      return {};
    });
  });
}

Result<std::optional<Secret>> Vault::get(const AccountKey& key, std::string_view name) {
  return guarded([&]() -> Result<std::optional<Secret>> {
    KVC_TRY(check_unlocked(key));
    KVC_TRY(check_name(name));
    std::vector<Row> rows;
    const Status read = database_->read([&](Session& session) -> Status {
      KVC_TRY(check_current(copies_of(session, key.account_id_), key.ring_->current_id));
      rows = rows_of(session, key.account_id_, name);
      return {};
    });
    if (!read.ok()) {
      return read;
    }
    if (rows.empty()) {
      return std::optional<Secret>();
    }
    KVC_ASSIGN(auto value, open_row(key.account_id_, key.ring_->current_id, key.ring_->current(), rows.front()));
    return std::optional<Secret>(std::move(value));
  });
}

Status Vault::remove(const AccountKey& key, std::string_view name) {
  return guarded([&]() -> Status {
    KVC_TRY(check_unlocked(key));
    KVC_TRY(check_name(name));
    return database_->write([&](Session& session) -> Status {
      KVC_TRY(check_current(copies_of(session, key.account_id_), key.ring_->current_id));
      delete_row(session, key.account_id_, name);
      return {};
    });
  });
}

Status Vault::apply(const AccountKey& key, const Change& change) {
  return guarded([&]() -> Status {
    KVC_TRY(check_unlocked(key));
    const auto& ring = *key.ring_;
    std::vector<Row> rows;
    for (const auto& [name, value] : change.put) {
      KVC_TRY(check_name(name));
      KVC_ASSIGN(auto row, seal_row(env_, key.account_id_, ring.current_id, ring.current(), name, value));
      rows.push_back(std::move(row));
    }
    for (const auto& name : change.remove) {
      KVC_TRY(check_name(name));
    }
    return database_->write([&](Session& session) -> Status {
      KVC_TRY(check_current(copies_of(session, key.account_id_), ring.current_id));
      for (const auto& name : change.remove) {
        delete_row(session, key.account_id_, name);
      }
      for (const auto& row : rows) {
        store_row(session, key.account_id_, row, env_.now());
      }
      return change.also ? change.also(session) : Status();
    });
  });
}

Status Vault::rename(const AccountKey& key, std::string_view from, std::string_view to) {
  return guarded([&]() -> Status {
    KVC_TRY(check_unlocked(key));
    KVC_TRY(check_name(from));
    KVC_TRY(check_name(to));
    const auto& ring = *key.ring_;
    return database_->write([&](Session& session) -> Status {
      KVC_TRY(check_current(copies_of(session, key.account_id_), ring.current_id));
      const auto rows = rows_of(session, key.account_id_, from);
      if (rows.empty()) {
        return {error::not_found, "there is no secret of this name"};
      }
      KVC_ASSIGN(const auto value, open_row(key.account_id_, ring.current_id, ring.current(), rows.front()));
      KVC_ASSIGN(const auto row,
                 seal_row(env_, key.account_id_, ring.current_id, ring.current(), std::string(to), value));
      delete_row(session, key.account_id_, from);
      store_row(session, key.account_id_, row, env_.now());
      return {};
    });
  });
}

Status Vault::forget(std::string_view account_id) {
  return guarded([&]() -> Status {
    return database_->write([&](Session& session) -> Status {
      forget(session, account_id);
      return {};
    });
  });
}

void Vault::forget(Session& session, std::string_view account_id) {
  session << "DELETE FROM vault_secret WHERE account_id = ?", bind(std::string(account_id)), now;
  session << "DELETE FROM vault_key WHERE account_id = ?", bind(std::string(account_id)), now;
}

}  // namespace kvc::vault
