// SPDX-License-Identifier: Apache-2.0
// From a draft or an owed receipt to a row of the outbox.
#pragma once

#include "mailbox/context.h"
#include "mailbox/outbox_details.h"
#include "mailbox/outbox_repository.h"
#include "mailbox/receipt_rules.h"

namespace kvc::mailbox {

/// Checks a draft's fields. Errors: invalid_field (parameter "field"), too_large.
Status check_draft(const Draft& draft, std::uint64_t max_bytes);

/// A row with a new id and Message-ID, details sealed. The files are stored apart (store_file).
Result<OutboxRow> row_for(const Draft& draft, const OpenAccount& account, Env& env);
Result<OutboxRow> row_for(const OwedReceipt& owed, std::string_view inbox_id, const OpenAccount& account, Env& env);

}  // namespace kvc::mailbox
