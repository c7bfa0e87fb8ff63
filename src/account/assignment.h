// SPDX-License-Identifier: Apache-2.0
// Who may open an account (protocol B 4), and new keys after somebody may not any more (vault/README.md).
#pragma once

#include "account/context.h"

namespace kvc::account {

/// AccountService::assign.
Status assign_account(const Context& context, std::string_view user_id, std::string_view account_id,
                      std::string_view other_user_id);
/// AccountService::unassign.
Status unassign_account(const Context& context, std::string_view user_id, std::string_view account_id,
                        std::string_view other_user_id);

/// Makes new keys if a user was unassigned and that is still to be done, and nobody works with the account now. Waits
/// for nobody and says nothing: what cannot be done now is done the next time.
void rotate_if_due(const Context& context, std::string_view user_id, std::string_view account_id);

}  // namespace kvc::account
