// SPDX-License-Identifier: Apache-2.0
// kvconnect.outbox: "Postausgang", as a list.
#include "commands/entries.h"
#include "commands/mail_pages.h"
#include "views/inbox_views.h"
#include "views/outbox_views.h"

namespace kvc::plugin::commands {
namespace {

using views::OutboxPart;

/// Rows that do not fit are passed over for so many pages of the core; each looks at OutboxPage::kScanLimit rows of an
/// account.
constexpr int kMostCalls = 10;

/// What the list in a view shows.
struct OutboxDraft final : Draft {
  OutboxDraft(OutboxPart shown, std::string place) : part(shown), cursor(std::move(place)) {}
  OutboxPart part;
  std::string cursor;
};

OutboxPart part_in(const Request& request) {
  const auto draft = std::dynamic_pointer_cast<const OutboxDraft>(request.view.draft);
  return draft == nullptr ? OutboxPart::messages : draft->part;
}

std::string cursor_in(const Request& request) {
  const auto draft = std::dynamic_pointer_cast<const OutboxDraft>(request.view.draft);
  return draft == nullptr ? std::string() : draft->cursor;
}

mailbox::OutboxFilter filter_of(OutboxPart part) {
  mailbox::OutboxFilter filter;
  filter.without_receipts = part != OutboxPart::everything;
  filter.overdue_only = part == OutboxPart::overdue;
  if (part == OutboxPart::drafts) {
    filter.state = mailbox::OutboxState::draft;
  }
  return filter;
}

/// One page of all accounts, going on over rows that do not fit until there is something to show.
Status read_page(Core& core, const Request& request, const std::string& cursor, views::OutboxList& list,
                 const Cancel& cancel) {
  list.next = cursor;
  for (int i = 0; i < kMostCalls && list.items.empty(); ++i) {
    if (cancel.requested()) {
      return {error::cancelled, "cancelled while reading the outbox"};
    }
    KVC_ASSIGN(mailbox::OutboxPage page,
               core.mailbox().list_outbox(request.who.user_id, filter_of(list.part), list.next, views::kPageSize));
    list.items = std::move(page.items);
    list.next = std::move(page.next);
    if (list.next.empty()) {
      break;
    }
  }
  return {};
}

Result<pvs::v1::ActionReply> show(Runtime& runtime, const Request& request, OutboxPart part, const std::string& cursor,
                                  JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const std::string& user = request.who.user_id;
  KVC_ASSIGN(const std::vector<account::AccountName> accounts, core->accounts().names(user));
  views::OutboxList list;
  list.part = part;
  list.accounts = account_labels(accounts);
  KVC_ASSIGN(list.overdue, core->mailbox().overdue_count(user, {}));
  KVC_TRY(read_page(*core, request, cursor, list, job.cancel()));
  list.total = cursor.empty() && list.next.empty() ? list.items.size() : 0;
  ViewState state;
  state.draft = std::make_shared<OutboxDraft>(part, cursor);
  return reply_view(runtime, request, views::outbox(request.texts, core->catalogue(), list), std::move(state),
                    request.view_id);
}

Answer show_job(Runtime& runtime, const Request& request, OutboxPart part, const std::string& cursor) {
  return answer_job(request.texts, "job.outbox", [&runtime, request, part, cursor](JobContext& job) {
    return show(runtime, request, part, cursor, job);
  });
}

}  // namespace

Answer outbox_invoke(Runtime& runtime, const Request& request) {
  return show_job(runtime, request, OutboxPart::messages, {});
}

Answer outbox_overdue(Runtime& runtime, const Request& request) {
  return show_job(runtime, request, OutboxPart::overdue, {});
}

Answer outbox_act(Runtime& runtime, const Request& request) {
  if (!request.row_id.empty()) {
    return outbox_message_action(runtime, request, request.row_id);
  }
  if (request.action_id == "page") {
    return show_job(runtime, request, part_in(request), request.values.text("page"));
  }
  if (request.action_id == "refresh") {
    return show_job(runtime, request, part_in(request), cursor_in(request));
  }
  if (const auto part = views::outbox_part(request.action_id)) {
    return show_job(runtime, request, *part, {});
  }
  return request.action_id == "compose" ? compose_invoke(runtime, without_view(request))
                                        : answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
