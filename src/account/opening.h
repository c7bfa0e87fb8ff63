// SPDX-License-Identifier: Apache-2.0
// An account made ready for sending and fetching.
#pragma once

#include "account/context.h"

namespace kvc::account {

/// AccountService::open.
Result<Session> open_account(const Context& context, std::string_view user_id, std::string_view account_id);
/// AccountService::record_fetch.
Status record_account_fetch(const Context& context, std::string_view account_id, const Status& outcome);

}  // namespace kvc::account
