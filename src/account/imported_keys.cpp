// SPDX-License-Identifier: Apache-2.0
#include "account/imported_keys.h"

#include <algorithm>

namespace kvc::account {
namespace {

Status check_identity(const crypto::Identity& identity, std::string_view address) {
  if (!identity.certificate.carries_key_of(identity.key)) {
    return {error::not_our_key, "a certificate of the keystore carries another public key than its private key"};
  }
  if (!crypto::same_address(identity.certificate.email(), address)) {
    return {error::certificate_foreign, "a certificate of the keystore names another mail address"};
  }
  return {};
}

bool is_known(const std::vector<GenerationRow>& known, const std::string& pem) {
  return std::any_of(known.begin(), known.end(), [&](const GenerationRow& row) { return row.certificate == pem; });
}

}  // namespace

Result<std::vector<ImportedKey>> number_keys(Env& env, const AccountRow& account, const Keystore& keystore,
                                             const std::vector<GenerationRow>& known, bool may_be_current) {
  if (keystore.identities.empty()) {
    return Status(error::bad_request, "the keystore has no usable pair of key and certificate");
  }
  std::vector<ImportedKey> keys;
  int number = known.empty() ? 0 : known.front().number;
  for (auto identity = keystore.identities.rbegin(); identity != keystore.identities.rend(); ++identity) {
    KVC_TRY(check_identity(*identity, account.address));
    GenerationRow row;
    row.certificate = identity->certificate.pem();
    if (is_known(known, row.certificate)) {
      continue;
    }
    row.id = new_uuid(env);
    row.account_id = account.id;
    row.number = ++number;
    row.state = GenerationState::done;
    row.imported = true;
    row.current = may_be_current && keystore.current_is_valid && std::next(identity) == keystore.identities.rend();
    keys.push_back({std::move(row), identity->key});
  }
  return keys;
}

Status add_secrets(const std::vector<ImportedKey>& keys, vault::Change& change) {
  for (const ImportedKey& key : keys) {
    KVC_ASSIGN(auto der, key.key.to_der());
    change.put.emplace_back(private_key_name(key.row.id), std::move(der));
  }
  return {};
}

void insert_keys(Poco::Data::Session& session, const std::vector<ImportedKey>& keys, TimePoint now) {
  for (const ImportedKey& key : keys) {
    repository::insert_generation(session, key.row, now);
  }
}

}  // namespace kvc::account
