// SPDX-License-Identifier: Apache-2.0
// Which password is the right one: login and password change (protocol B 2).
#pragma once

#include "account/context.h"

namespace kvc::account {

/// Logs in. If a password change was interrupted, the pending password is tried first, then the old one, and
/// whichever works is kept; while neither answer is clear both stay. Errors: those of Client::login.
Result<kvconnect::AccountInfo> settle_login(const Context& context, const Access& access, const Cancel& cancel);

/// Changes the password on the server: pending in the vault before it is sent, the password once a login with it
/// worked. Errors leave an account that settle_login() can log in to again.
Result<kvconnect::AccountInfo> change_password(const Context& context, const Access& access, const Secret& new_password,
                                               const Cancel& cancel);

/// Takes over what the server said about the account: uid, address, state. Error: bad_answer if the server's address
/// is not <username>@<mail_domain>.
Status apply_login(const Context& context, AccountRow& row, const kvconnect::AccountInfo& info);

}  // namespace kvc::account
