// SPDX-License-Identifier: Apache-2.0
// From typed data to an account in the state `draft` ("Neues KV-Connect-Konto"), with or without a keystore file.
#pragma once

#include "account/context.h"

namespace kvc::account {

/// What a description and a display name may be. Error: invalid_field.
Status check_description(std::string_view display_name, std::string_view description);
/// `<username>@<mail_domain>` of the data's environment. Error: invalid_field.
Result<std::string> address_of(const Context& context, const NewAccount& data);

/// AccountService::create, and create_from_keystore if there is a `keystore`.
Result<std::string> create_account(const Context& context, std::string_view user_id, const NewAccount& data,
                                   const Keystore* keystore);
/// AccountService::update_draft.
Status update_draft_account(const Context& context, std::string_view user_id, std::string_view account_id,
                            const NewAccount& data);

}  // namespace kvc::account
