// SPDX-License-Identifier: Apache-2.0
// Generations that come from a keystore file.
#pragma once

#include "account/context.h"

namespace kvc::account {

/// A generation that is not in the database yet.
struct ImportedKey {
  GenerationRow row;
  crypto::PrivateKey key;
};

/// Makes rows of the file's identities, those of `known` left out, numbered on from `known` (newest first, as the
/// repository gives them): the oldest gets the lowest number. With `may_be_current` the newest becomes the current one
/// if it is valid. Errors: bad_request for an empty keystore, not_our_key for a pair that is none, certificate_foreign.
Result<std::vector<ImportedKey>> number_keys(Env& env, const AccountRow& account, const Keystore& keystore,
                                             const std::vector<GenerationRow>& known, bool may_be_current);

/// Adds the private keys to `change`, under the names of their generations.
Status add_secrets(const std::vector<ImportedKey>& keys, vault::Change& change);
/// Writes the rows; an earlier current one has to be cleared before.
void insert_keys(Poco::Data::Session& session, const std::vector<ImportedKey>& keys, TimePoint now);

}  // namespace kvc::account
