// SPDX-License-Identifier: Apache-2.0
// What a login says about where an account stands (README.md, "States of an account").
#pragma once

#include "account/context.h"

namespace kvc::account {

/// What last_error says when nothing went wrong lately: why an account is `failed`, whatever was noted since, until
/// enroll() starts anew; else nothing.
std::string lasting_error(State state, const std::vector<GenerationRow>& generations);

/// Takes over what the server said about the account: uid, address, state. Error: bad_answer if the server's address
/// is not <username>@<mail_domain>.
Status apply_login(const Context& context, AccountRow& row, const kvconnect::AccountInfo& info);

}  // namespace kvc::account
