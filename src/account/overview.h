// SPDX-License-Identifier: Apache-2.0
// An account as the user sees it, put together from its rows.
#pragma once

#include "account/context.h"

namespace kvc::account {

Result<Overview> overview_of(const Context& context, const AccountRow& row);
/// Of the row as it is in the database now.
Result<Overview> overview_of(const Context& context, std::string_view account_id);
/// Accounts the user is assigned to, by display name.
Result<std::vector<Overview>> overviews_for(const Context& context, std::string_view user_id);

/// The current generation's, or nullptr.
const crypto::Certificate* current_certificate(const Overview& account);

}  // namespace kvc::account
