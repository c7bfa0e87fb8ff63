// SPDX-License-Identifier: Apache-2.0
// What stands behind MailboxService. Internal to mailbox/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailbox/context.h"
#include "mailbox/inbox_repository.h"
#include "mailbox/outbox_repository.h"

namespace kvc::mailbox {

/// Documented at MailboxService where the names are the same; exceptions are caught there.
struct MailboxService::Impl {
  Context context;

  Result<OpenAccount> open_account(std::string_view user_id, std::string_view account_id);
  /// The account, after a look whether it is the user's; all of the user's if `account_id` is empty. Error: not_found.
  Result<store::Selection> accounts_of(std::string_view user_id, std::string_view account_id);
  Result<OutboxRow> outbox_row(std::string_view user_id, std::string_view outbox_id);
  Result<InboxRow> inbox_row(std::string_view user_id, std::string_view inbox_id);

  // drafts.cpp
  Result<std::string> queue(std::string_view user_id, const Draft& draft, std::string_view replaces);
  Result<std::string> save_draft(std::string_view user_id, const Draft& draft, std::string_view outbox_id);
  /// Durable in the place of the draft `old_id`, or as a new row if that is empty.
  Result<std::string> replace_draft(std::string_view user_id, const Draft& draft, std::string_view old_id,
                                    OutboxState state, const OpenAccount& account);
  Result<Draft> load_draft(std::string_view user_id, std::string_view outbox_id);
  Result<std::string> queue_draft(std::string_view user_id, std::string_view outbox_id);
  Result<Draft> answer_draft(std::string_view user_id, std::string_view inbox_id, std::string_view prefix);
  Result<Draft> forward_draft(std::string_view user_id, std::string_view inbox_id, std::string_view prefix);

  // outbox_list.cpp
  Result<OutboxItem> outbox_item(const OutboxRow& row, const OpenAccount& account);
  Result<OutboxPage> list_outbox(std::string_view user_id, const OutboxFilter& filter, std::string_view cursor,
                                 std::size_t limit);
  Status clear_overdue(std::string_view user_id, std::string_view outbox_id, service::MessageKind reply,
                       std::string_view note);
  Result<std::vector<EarlierDelivery>> earlier_deliveries(std::string_view user_id, std::string_view account_id,
                                                          std::string_view bsnr, std::string_view quarter,
                                                          std::string_view type);
  Result<Thread> thread(std::string_view user_id, std::string_view account_id, std::string_view thread_id);

  // inbox_list.cpp
  InboxItem inbox_item(const InboxRow& row, const OpenAccount& account);
  Result<InboxPage> list_inbox(std::string_view user_id, const InboxFilter& filter, std::string_view cursor,
                               std::size_t limit);

  // mailbox_service.cpp
  Result<FetchSummary> fetch(std::string_view user_id, std::string_view account_id, const ProgressFn& progress,
                             const Cancel& cancel);
  Result<FetchSummary> receive(const OpenAccount& account, const ProgressFn& progress, const Cancel& cancel);
  Result<OpenedItem> open(std::string_view user_id, std::string_view inbox_id);
  Result<int> reopen(std::string_view user_id, std::string_view account_id, const ProgressFn& progress,
                     const Cancel& cancel);
};

}  // namespace kvc::mailbox
