// SPDX-License-Identifier: Apache-2.0
// Whom a message is encrypted for: asked of the server and judged, before the user confirms and again when it leaves.
#pragma once

#include <string_view>

#include "mailbox/context.h"
#include "mailbox/items.h"

namespace kvc::mailbox {

/// The certificate the server has for `address` now. Checked in this order: address (certificate_foreign), an allowed
/// User CA (certificate_untrusted), dates (certificate_expired), what a certificate to encrypt for must be like
/// (certificate_profile, account/certificate_check.h). Other errors: those of the transport's certificate_of().
Result<RecipientCheck> check_recipient(const OpenAccount& account, std::string_view address, TimePoint now,
                                       const Cancel& cancel);

}  // namespace kvc::mailbox
