// SPDX-License-Identifier: Apache-2.0
// Logging in and passwords, as the user asks for them (protocol B 2).
#pragma once

#include "account/access.h"

namespace kvc::account {

/// AccountService::check.
Result<Overview> check_account(const Context& context, std::string_view user_id, std::string_view account_id,
                               const Cancel& cancel);
/// AccountService::replace_password.
Status replace_account_password(const Context& context, std::string_view user_id, std::string_view account_id,
                                const Secret& password);
/// AccountService::change_password.
Status change_account_password(const Context& context, std::string_view user_id, std::string_view account_id,
                               const Secret& new_password, const Cancel& cancel);

/// Logs in under the login lease and takes over what the server said; the lease is still held in the answer. A failure
/// is noted in the account's row.
Result<Held> hold_logged_in(const Context& context, std::string_view user_id, std::string_view account_id,
                            const Cancel& cancel);

}  // namespace kvc::account
