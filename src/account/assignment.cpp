// SPDX-License-Identifier: Apache-2.0
#include "account/assignment.h"

#include <algorithm>

#include "account/access.h"
#include "account/belongings.h"
#include "crypto/aead.h"

namespace kvc::account {
namespace {

Result<Lease> take_now(const Context& context, std::string_view account_id, std::string_view purpose) {
  const Cancel never;
  return Lease::acquire(context.database, context.env, account_id, purpose, Millis{0}, never);
}

// The new content key is for what is written from now on; the older ones stay for what there is.
Result<vault::Change> new_content_key(const Context& context, const vault::AccountKey& key) {
  KVC_ASSIGN(const auto current, context.vault.get(key, kContentKey));
  KVC_ASSIGN(const auto older, context.vault.get(key, kOlderContentKeys));
  if (!current) {
    return Status(error::storage_corrupt, "the content key of the account is missing in the vault");
  }
  const std::size_t before = older ? older->size() : 0;
  Secret all = Secret::of_size(before + current->size());
  if (older) {
    std::copy(older->bytes().begin(), older->bytes().end(), all.data());
  }
  std::copy(current->bytes().begin(), current->bytes().end(), all.data() + before);
  Secret fresh = Secret::of_size(crypto::kAeadKeyBytes);
  context.env.random({fresh.data(), fresh.size()});
  vault::Change change;
  change.put.emplace_back(kOlderContentKeys, std::move(all));
  change.put.emplace_back(kContentKey, std::move(fresh));
  return change;
}

// Keys of sessions that are open now would be refused in the middle of their work.
Status rotate(const Context& context, const vault::AccountKey& key, std::string_view account_id) {
  KVC_ASSIGN(const auto login, take_now(context, account_id, kLoginPurpose));
  KVC_ASSIGN(const auto enrol, take_now(context, account_id, kEnrolPurpose));
  int due = 0;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    const auto row = repository::find(session, account_id);
    due = row ? row->rotation_due : 0;
    return belongings::somebody_works(session, account_id, context.env.now(), {kLoginPurpose, kEnrolPurpose})
               ? Status(error::storage_busy, "somebody works with the account")
               : Status();
  }));
  KVC_ASSIGN(const auto rotated, context.vault.rotate(key));
  KVC_ASSIGN(vault::Change change, new_content_key(context, rotated));
  change.also = [&](Poco::Data::Session& session) {
    repository::add_rotation_due(session, account_id, -due);
    return Status();
  };
  return context.vault.apply(rotated, change);
}

void try_rotation(const Context& context, const vault::AccountKey& key, std::string_view account_id) {
  if (const Status rotated = rotate(context, key, account_id); !rotated.ok()) {
    context.log.write(
        LogLevel::info, "account",
        "new keys for account " + std::string(account_id) + " are still to be made: " + rotated.to_string());
  }
}

}  // namespace

Status assign_account(const Context& context, std::string_view user_id, std::string_view account_id,
                      std::string_view other_user_id) {
  return with_access(context, user_id, account_id, [&](const Access& access) -> Status {
    KVC_ASSIGN(const bool already, is_assigned(context, other_user_id, account_id));
    return already ? Status() : context.vault.share(access.key, other_user_id);
  });
}

// A crash after the user's copy is gone leaves the new keys due; rotate_if_due() makes them.
Status unassign_account(const Context& context, std::string_view user_id, std::string_view account_id,
                        std::string_view other_user_id) {
  KVC_ASSIGN(const auto access, unlock_account(context, user_id, account_id));
  KVC_TRY(context.vault.revoke(account_id, other_user_id, [&](Poco::Data::Session& session) {
    belongings::forget_user(session, account_id, other_user_id);
    repository::add_rotation_due(session, account_id, 1);
    return Status();
  }));
  try_rotation(context, access.key, account_id);
  return {};
}

void rotate_if_due(const Context& context, std::string_view user_id, std::string_view account_id) {
  const auto access = unlock_account(context, user_id, account_id);
  if (access.ok() && access->row.rotation_due > 0) {
    try_rotation(context, access->key, account_id);
  }
}

}  // namespace kvc::account
