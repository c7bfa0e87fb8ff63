// SPDX-License-Identifier: Apache-2.0
#include "account/access.h"

#include <algorithm>

namespace kvc::account {
namespace {

constexpr Millis kLoginPatience{30000}, kEnrolPatience{2000};

}  // namespace

Status not_found() {
  return {error::not_found, "no such account for this user"};
}

Status invalid_field(const char* field, const char* sentence) {
  return Status(error::invalid_field, sentence).with("field", field);
}

Result<AccountRow> find_account(const Context& context, std::string_view account_id) {
  std::optional<AccountRow> row;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    row = repository::find(session, account_id);
    return Status();
  }));
  if (!row || !row->state) {
    return not_found();
  }
  return std::move(*row);
}

Result<bool> is_assigned(const Context& context, std::string_view user_id, std::string_view account_id) {
  KVC_ASSIGN(const auto users, context.vault.users(account_id));
  return std::find(users.begin(), users.end(), user_id) != users.end();
}

Result<AccountRow> visible_account(const Context& context, std::string_view user_id, std::string_view account_id) {
  KVC_ASSIGN(auto row, find_account(context, account_id));
  KVC_ASSIGN(const bool visible, is_assigned(context, user_id, account_id));
  return visible ? std::move(row) : Result<AccountRow>(not_found());
}

Result<Access> unlock_account(const Context& context, std::string_view user_id, std::string_view account_id) {
  KVC_ASSIGN(auto row, find_account(context, account_id));
  auto key = context.vault.unlock(account_id, user_id);
  if (!key.ok()) {
    return key.status().is(error::not_permitted) ? not_found() : key.status();
  }
  return Access{std::move(row), std::move(key).value()};
}

Result<Held> hold_account(const Context& context, std::string_view user_id, std::string_view account_id,
                          std::string_view purpose, const Cancel& cancel) {
  KVC_TRY(visible_account(context, user_id, account_id).status());
  const Millis patience = purpose == kLoginPurpose ? kLoginPatience : kEnrolPatience;
  KVC_ASSIGN(auto lease, Lease::acquire(context.database, context.env, account_id, purpose, patience, cancel));
  KVC_ASSIGN(auto access, unlock_account(context, user_id, account_id));
  return Held{std::move(access), std::move(lease)};
}

Result<Secret> secret_of(const Context& context, const Access& access, std::string_view name) {
  KVC_ASSIGN(auto value, context.vault.get(access.key, name));
  if (!value) {
    return Status(error::storage_corrupt, "a secret of the account is missing in the vault")
        .with("name", std::string(name));
  }
  return std::move(*value);
}

Result<std::vector<GenerationRow>> generations_of(const Context& context, std::string_view account_id) {
  std::vector<GenerationRow> rows;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    rows = repository::generations(session, account_id);
    return Status();
  }));
  return rows;
}

Result<std::optional<crypto::PrivateKey>> key_of(const Context& context, const Access& access,
                                                 const GenerationRow& generation) {
  KVC_ASSIGN(const auto der, context.vault.get(access.key, private_key_name(generation.id)));
  if (!der) {
    return std::optional<crypto::PrivateKey>();
  }
  KVC_ASSIGN(auto key, crypto::PrivateKey::from_der(*der));
  return std::optional(std::move(key));
}

Status as_answered(const Status& outcome) {
  if (!outcome.is(error::not_found)) {
    return outcome;
  }
  Status answer(error::bad_answer, "the server does not know the address of this call: " + outcome.detail());
  for (const auto& [name, value] : outcome.params()) {
    answer = std::move(answer).with(name, value);
  }
  return answer;
}

Status noted(const Context& context, std::string_view account_id, Status outcome) {
  if (outcome.ok() || outcome.category() == Category::cancelled) {
    return outcome;
  }
  const Status stored = context.database->write([&](Poco::Data::Session& session) {
    repository::set_error(session, account_id, outcome.code().key);
    return Status();
  });
  static_cast<void>(stored);
  return outcome;
}

}  // namespace kvc::account
