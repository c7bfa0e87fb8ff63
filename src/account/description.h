// SPDX-License-Identifier: Apache-2.0
// What a practice says about its accounts. The server is not asked.
#pragma once

#include "account/context.h"

namespace kvc::account {

/// AccountService::describe.
Status describe_account(const Context& context, std::string_view user_id, std::string_view account_id,
                        std::string_view display_name, std::string_view description);
/// AccountService::set_practice_sites.
Status set_account_sites(const Context& context, std::string_view user_id, std::string_view account_id,
                         const std::vector<std::string>& practice_sites);
/// AccountService::set_default_sender.
Status set_account_default_sender(const Context& context, std::string_view user_id, std::string_view account_id,
                                  bool is_default);

}  // namespace kvc::account
