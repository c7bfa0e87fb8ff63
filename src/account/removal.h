// SPDX-License-Identifier: Apache-2.0
// "Konto entfernen" (protocol B 8).
#pragma once

#include "account/context.h"

namespace kvc::account {

/// AccountService::contents.
Result<Contents> contents_of_account(const Context& context, std::string_view user_id, std::string_view account_id);
/// AccountService::remove: in one transaction, so that no secret and no message outlives its account.
Status remove_account(const Context& context, std::string_view user_id, std::string_view account_id);

}  // namespace kvc::account
