// SPDX-License-Identifier: Apache-2.0
#include "mailbox/content_cipher.h"

#include "crypto/aead.h"
#include "crypto/keyed_hash.h"

namespace kvc::mailbox {

ContentCipher::ContentCipher(Env& env, Secret key, std::string account_id, std::vector<Secret> older)
    : env_(&env), key_(std::move(key)), account_id_(std::move(account_id)), older_(std::move(older)) {}

Result<std::string> ContentCipher::seal(const Secret& plaintext, std::string_view place) const {
  return crypto::aead_seal(*env_, key_, plaintext, account_id_ + '/' + std::string(place));
}

Result<Secret> ContentCipher::open(std::string_view sealed, std::string_view place) const {
  const std::string binding = account_id_ + '/' + std::string(place);
  auto opened = crypto::aead_open(key_, sealed, binding);
  for (std::size_t i = 0; i < older_.size() && !opened.ok(); ++i) {
    opened = crypto::aead_open(older_[i], sealed, binding);
  }
  if (!opened.ok()) {
    return Status(error::storage_corrupt, "an encrypted column of the mailbox does not open");
  }
  return opened;
}

Result<std::string> ContentCipher::blind(std::string_view value, std::string_view purpose) const {
  KVC_ASSIGN(const std::string derived, crypto::keyed_hash(key_, "kvc mailbox " + std::string(purpose)));
  return crypto::keyed_hash(Secret(derived), account_id_ + '/' + std::string(value));
}

}  // namespace kvc::mailbox
