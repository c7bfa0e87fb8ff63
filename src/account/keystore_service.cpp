// SPDX-License-Identifier: Apache-2.0
#include "account/keystore_service.h"

#include <algorithm>

#include "account/access.h"
#include "account/creating.h"
#include "account/imported_keys.h"

namespace kvc::account {
namespace {

Result<std::vector<crypto::Identity>> identities_of(const Context& context, const Access& access) {
  KVC_ASSIGN(const auto rows, generations_of(context, access.row.id));
  std::vector<crypto::Identity> identities;
  for (const GenerationRow& row : rows) {
    if (row.certificate.empty()) {
      continue;
    }
    KVC_ASSIGN(auto key, key_of(context, access, row));
    if (!key) {
      return Status(error::storage_corrupt, "the private key of a generation is missing in the vault");
    }
    KVC_ASSIGN(auto certificate, crypto::Certificate::from_pem(row.certificate));
    identities.push_back({std::move(*key), std::move(certificate)});
  }
  // An import may have brought old ones after newer ones, so numbers do not tell the age.
  std::stable_sort(identities.begin(), identities.end(), [](const crypto::Identity& a, const crypto::Identity& b) {
    return a.certificate.not_before() > b.certificate.not_before();
  });
  return identities;
}

// Of the file's keys, which belong to requests of ours: those are left to enroll().
Result<Keystore> without_requested(const Context& context, const Access& access, const Keystore& keystore,
                                   const std::vector<GenerationRow>& rows) {
  Keystore rest = keystore;
  for (const GenerationRow& row : rows) {
    if (!row.certificate.empty()) {
      continue;
    }
    KVC_ASSIGN(const auto key, key_of(context, access, row));
    std::erase_if(rest.identities,
                  [&](const crypto::Identity& identity) { return key && identity.certificate.carries_key_of(*key); });
  }
  // Said of the newest, which may be among those.
  rest.current_is_valid = keystore.current_is_valid && !rest.identities.empty() &&
                          rest.identities.front().certificate == keystore.identities.front().certificate;
  return rest;
}

Result<bool> has_working_certificate(const Context& context, const std::vector<GenerationRow>& rows) {
  const auto current = std::find_if(rows.begin(), rows.end(), [](const GenerationRow& row) { return row.current; });
  if (current == rows.end()) {
    return false;
  }
  KVC_ASSIGN(const auto certificate, crypto::Certificate::from_pem(current->certificate));
  return certificate.valid_at(context.env.now());
}

// The account works again as soon as it has a current certificate; before its first login the server decides.
void make_ready(Poco::Data::Session& session, const AccountRow& row) {
  repository::set_server_certificate(session, row.id, ServerCertificate::unknown);
  if (row.state == State::enrolling || row.state == State::failed) {
    repository::set_state(session, row.id, State::ready);
    repository::set_error(session, row.id, "");
  }
}

Status store(const Context& context, const Access& access, const std::vector<ImportedKey>& keys) {
  const bool new_current =
      std::any_of(keys.begin(), keys.end(), [](const ImportedKey& key) { return key.row.current; });
  vault::Change change;
  KVC_TRY(add_secrets(keys, change));
  change.also = [&](Poco::Data::Session& session) {
    if (new_current) {
      repository::clear_current(session, access.row.id);
      make_ready(session, access.row);
    }
    insert_keys(session, keys, context.env.now());
    return Status();
  };
  return context.vault.apply(access.key, change);
}

}  // namespace

Result<std::string> export_account_keystore(const Context& context, std::string_view user_id,
                                            std::string_view account_id) {
  return with_access(context, user_id, account_id, [&](const Access& access) -> Result<std::string> {
    KVC_ASSIGN(const auto identities, identities_of(context, access));
    if (identities.empty()) {
      return Status(error::no_certificate, "no generation of the account has a certificate");
    }
    KVC_ASSIGN(const Secret password, secret_of(context, access, kKeystorePassword));
    return crypto::write_pkcs12(identities, password, access.row.address);
  });
}

Result<int> import_account_keystore(const Context& context, std::string_view user_id, std::string_view account_id,
                                    const Keystore& keystore) {
  const Cancel never;
  KVC_ASSIGN(const auto held, hold_account(context, user_id, account_id, kEnrolPurpose, never));
  KVC_ASSIGN(const auto rows, generations_of(context, account_id));
  KVC_ASSIGN(const bool working, has_working_certificate(context, rows));
  KVC_ASSIGN(const Keystore rest, without_requested(context, held.access, keystore, rows));
  if (rest.identities.empty() && !keystore.identities.empty()) {
    return 0;
  }
  KVC_ASSIGN(const auto keys, number_keys(context.env, held.access.row, rest, rows, !working));
  if (keys.empty()) {
    return 0;
  }
  KVC_TRY(store(context, held.access, keys));
  return static_cast<int>(keys.size());
}

Result<Keystore> read_account_keystore(const Context& context, std::string_view user_id, std::string_view account_id,
                                       std::string_view der, const Secret& password) {
  KVC_ASSIGN(const auto row, visible_account(context, user_id, account_id));
  KVC_ASSIGN(const crypto::TrustList* trust, context.environments.trust(row.environment_id));
  return read_keystore(der, password, row.address, *trust, context.env.now());
}

Result<Keystore> read_new_keystore(const Context& context, const NewAccount& data, std::string_view der) {
  KVC_ASSIGN(const std::string address, address_of(context, data));
  KVC_ASSIGN(const crypto::TrustList* trust, context.environments.trust(data.environment_id));
  return read_keystore(der, data.keystore_password, address, *trust, context.env.now());
}

Status set_account_keystore_password(const Context& context, std::string_view user_id, std::string_view account_id,
                                     const Secret& password) {
  if (password.empty()) {
    return invalid_field("keystore_password", "the keystore password is empty");
  }
  const Cancel never;
  KVC_ASSIGN(const auto held, hold_account(context, user_id, account_id, kLoginPurpose, never));
  return context.vault.put(held.access.key, kKeystorePassword, password);
}

}  // namespace kvc::account
