// SPDX-License-Identifier: Apache-2.0
// From a draft or an owed receipt to a row of the outbox, and back.
#pragma once

#include "mailbox/context.h"
#include "mailbox/outbox_details.h"
#include "mailbox/outbox_repository.h"
#include "mailbox/receipt_rules.h"

namespace kvc::mailbox {

/// What any stored draft must keep to: characters and size. Errors: invalid_field (parameter "field"), too_large.
Status check_storable(const Draft& draft, std::uint64_t max_bytes);
/// What a message that is to leave must keep to besides: recipient, service, parts. Errors: invalid_field, wrong_parts.
Status check_sendable(const Draft& draft, const service::Catalogue& catalogue);
/// All that does not fit the service's parts; empty for unknown services.
std::vector<DraftProblem> parts_problems(const Draft& draft, const service::Catalogue& catalogue);

/// A row with a new id and Message-ID, details sealed, state queued or draft. The files are stored apart
/// (insert_draft).
Result<OutboxRow> row_for(const Draft& draft, OutboxState state, const OpenAccount& account, const Context& context);
Result<OutboxRow> row_for(const OwedReceipt& owed, std::string_view inbox_id, const OpenAccount& account,
                          const Context& context);

/// Inside the caller's transaction: the row, its files, and the replies that are awaited once it is queued.
Status insert_draft(Poco::Data::Session& session, OutboxRow row, const Draft& draft, const OpenAccount& account,
                    const Context& context);

/// A saved draft, whole. Error: storage_corrupt.
Result<Draft> load_draft(const OutboxRow& row, const OpenAccount& account, const Context& context);

}  // namespace kvc::mailbox
