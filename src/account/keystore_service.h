// SPDX-License-Identifier: Apache-2.0
// Keystore files of an account: "Zertifikate herunterladen" and "importieren" (protocol B 7).
#pragma once

#include "account/context.h"

namespace kvc::account {

/// AccountService::export_keystore.
Result<std::string> export_account_keystore(const Context& context, std::string_view user_id,
                                            std::string_view account_id);
/// AccountService::import_keystore.
Result<int> import_account_keystore(const Context& context, std::string_view user_id, std::string_view account_id,
                                    const Keystore& keystore);
/// AccountService::read_keystore for an account that is there, and for one that is to be made.
Result<Keystore> read_account_keystore(const Context& context, std::string_view user_id, std::string_view account_id,
                                       std::string_view der, const Secret& password);
Result<Keystore> read_new_keystore(const Context& context, const NewAccount& data, std::string_view der);
/// AccountService::set_keystore_password.
Status set_account_keystore_password(const Context& context, std::string_view user_id, std::string_view account_id,
                                     const Secret& password);

}  // namespace kvc::account
