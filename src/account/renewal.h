// SPDX-License-Identifier: Apache-2.0
// Certificates by the server's CA: the first one, the next one, none any more, and whom to remind (protocol B 3, 5, 6,
// 8).
#pragma once

#include "account/context.h"

namespace kvc::account {

/// AccountService::enroll.
Result<Overview> enroll_account(const Context& context, std::string_view user_id, std::string_view account_id,
                                const ProgressFn& progress, const Cancel& cancel);
/// AccountService::delete_certificate.
Status delete_account_certificate(const Context& context, std::string_view user_id, std::string_view account_id,
                                  const Cancel& cancel);
/// AccountService::claim_renewal_hints.
Result<std::vector<RenewalHint>> claim_account_hints(const Context& context, std::string_view user_id);

}  // namespace kvc::account
