// SPDX-License-Identifier: Apache-2.0
// kvconnect.outbox: "Postausgang", as a list.
#include "commands/entries.h"
#include "commands/mail_pages.h"
#include "mailbox/cursor.h"
#include "views/inbox_views.h"
#include "views/outbox_views.h"

namespace kvc::plugin::commands {
namespace {

using mailbox::OutboxItem;
using views::OutboxPart;

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

mailbox::OutboxFilter filter_of(OutboxPart part, const std::string& account_id) {
  mailbox::OutboxFilter filter;
  filter.account_id = account_id;
  filter.without_receipts = part != OutboxPart::everything;
  filter.overdue_only = part == OutboxPart::overdue;
  if (part == OutboxPart::drafts) {
    filter.state = mailbox::OutboxState::draft;
  }
  return filter;
}

/// What one account gives for the page. A cursor is a place in time, so that one serves all accounts.
Result<mailbox::Stretch<OutboxItem>> stretch_of(Core& core, const std::string& user,
                                                const mailbox::OutboxFilter& filter, const std::string& cursor) {
  KVC_ASSIGN(mailbox::OutboxPage page, core.mailbox().list_outbox(user, filter, cursor, views::kPageSize));
  mailbox::Stretch<OutboxItem> stretch;
  stretch.more = !page.next.empty();
  KVC_ASSIGN(stretch.end, mailbox::parse_cursor(page.next));
  for (OutboxItem& item : page.items) {
    const mailbox::Key key{std::chrono::duration_cast<Millis>(item.created.time_since_epoch()).count(), item.id};
    stretch.found.emplace_back(key, std::move(item));
  }
  return stretch;
}

Result<pvs::v1::ActionReply> show(Runtime& runtime, const Request& request, OutboxPart part,
                                  const std::string& cursor) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const std::string& user = request.who.user_id;
  KVC_ASSIGN(std::vector<account::Overview> accounts, core->accounts().list(user));
  views::OutboxList list;
  list.part = part;
  list.accounts = account_labels(accounts);
  std::vector<mailbox::Stretch<OutboxItem>> stretches;
  for (const account::Overview& account : accounts) {
    auto stretch = stretch_of(*core, user, filter_of(part, account.id), cursor);
    if (has_no_mail_yet(stretch.status())) {
      continue;
    }
    KVC_TRY(stretch.status());
    stretches.push_back(std::move(stretch).value());
    KVC_ASSIGN(const std::size_t overdue, core->mailbox().overdue_count(user, account.id));
    list.overdue += overdue;
  }
  list.items = mailbox::merge(std::move(stretches), views::kPageSize, list.next);
  list.total = cursor.empty() && list.next.empty() ? list.items.size() : 0;
  ViewState state;
  state.draft = std::make_shared<OutboxDraft>(part, cursor);
  return reply_view(runtime, request, views::outbox(request.texts, core->catalogue(), list), std::move(state),
                    request.view_id);
}

Answer show_job(Runtime& runtime, const Request& request, OutboxPart part, const std::string& cursor) {
  return answer_job(request.texts, "job.outbox",
                    [&runtime, request, part, cursor](JobContext&) { return show(runtime, request, part, cursor); });
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
