// SPDX-License-Identifier: Apache-2.0
// An account as the user sees it, put together from its rows.
#pragma once

#include "account/context.h"

namespace kvc::account {

Result<Overview> overview_of(const Context& context, const AccountRow& row);
/// Of the row as it is in the database now.
Result<Overview> overview_of(const Context& context, std::string_view account_id);
/// Accounts the user is assigned to, by display name. A fixed number of statements, however many there are.
Result<std::vector<Overview>> overviews_for(const Context& context, std::string_view user_id);
/// As AccountService::names() and page().
Result<std::vector<AccountName>> names_for(const Context& context, std::string_view user_id);
Result<OverviewPage> overview_page(const Context& context, std::string_view user_id, std::string_view search,
                                   std::string_view cursor, std::size_t limit);

/// The current generation's, or nullptr.
const crypto::Certificate* current_certificate(const Overview& account);

}  // namespace kvc::account
