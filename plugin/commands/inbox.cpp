// SPDX-License-Identifier: Apache-2.0
// kvconnect.inbox: "Posteingang", and the form that narrows it.
#include <algorithm>

#include "commands/entries.h"
#include "commands/mail_pages.h"
#include "texts/format.h"
#include "views/inbox_views.h"

namespace kvc::plugin::commands {
namespace {

using mailbox::InboxItem;
using views::InboxQuery;

/// A search that finds nothing goes on by itself for so many pages of the core; each looks at
/// InboxPage::kScanLimit rows.
constexpr int kMostCalls = 10;

/// What the list in a view shows.
struct InboxDraft final : Draft {
  InboxDraft(InboxQuery wanted, std::string place) : query(std::move(wanted)), cursor(std::move(place)) {}
  InboxQuery query;
  std::string cursor;
};

InboxQuery query_in(const Request& request) {
  const auto draft = std::dynamic_pointer_cast<const InboxDraft>(request.view.draft);
  return draft == nullptr ? InboxQuery() : draft->query;
}

std::string cursor_in(const Request& request) {
  const auto draft = std::dynamic_pointer_cast<const InboxDraft>(request.view.draft);
  return draft == nullptr ? std::string() : draft->cursor;
}

/// One page, going on over rows that do not fit until there is something to show.
Status read_page(Core& core, const Request& request, const std::string& cursor, views::InboxList& list,
                 const Cancel& cancel) {
  list.next = cursor;
  for (int i = 0; i < kMostCalls && list.items.empty(); ++i) {
    if (cancel.requested()) {
      return {error::cancelled, "cancelled while searching the inbox"};
    }
    auto page = core.mailbox().list_inbox(request.who.user_id, list.query.filter, list.next, views::kPageSize);
    if (has_no_mail_yet(page.status())) {
      list.no_certificate = true;
      list.next.clear();
      return {};
    }
    KVC_TRY(page.status());
    list.items = std::move(page.value().items);
    list.next = std::move(page.value().next);
    if (list.next.empty()) {
      break;
    }
  }
  return {};
}

Result<pvs::v1::ActionReply> show(Runtime& runtime, const Request& request, const InboxQuery& query,
                                  const std::string& cursor, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const std::vector<account::AccountName> accounts, core->accounts().names(request.who.user_id));
  views::InboxList list;
  list.query = query;
  list.first_page = cursor.empty();
  list.accounts = account_labels(accounts);
  KVC_ASSIGN(list.counts, core->mailbox().counts(request.who.user_id, {}));
  KVC_TRY(read_page(*core, request, cursor, list, job.cancel()));
  ViewState state;
  state.draft = std::make_shared<InboxDraft>(query, cursor);
  return reply_view(runtime, request, views::inbox(request.texts, core->catalogue(), list), std::move(state),
                    request.view_id);
}

Result<pvs::v1::ActionReply> show_filter(Runtime& runtime, const Request& request, const InboxQuery& query,
                                         const views::FieldErrors& errors) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const std::vector<account::AccountName> accounts, core->accounts().names(request.who.user_id));
  KVC_ASSIGN(const auto counts, core->mailbox().counts(request.who.user_id, {}));
  ViewState state;
  state.draft = std::make_shared<InboxDraft>(query, std::string());
  return reply_view(
      runtime, request,
      views::inbox_filter(request.texts, core->catalogue(), query, counts, account_labels(accounts), errors),
      std::move(state), request.view_id);
}

// ---- what was typed ----

/// "service:<key>"; nothing for anything else.
std::optional<std::string> service_of(const std::string& id) {
  constexpr std::string_view kPrefix = "service:";
  return id.starts_with(kPrefix) ? std::optional(id.substr(kPrefix.size())) : std::nullopt;
}

std::optional<message::Verdict> verdict_of(const std::string& name) {
  for (int i = 0; i <= static_cast<int>(message::Verdict::valid); ++i) {
    if (message::name(static_cast<message::Verdict>(i)) == name) {
      return static_cast<message::Verdict>(i);
    }
  }
  return std::nullopt;
}

void read_date(const Request& request, const char* field, const std::string& text, std::optional<TimePoint>& time,
               views::FieldErrors& errors) {
  if (text.empty()) {
    return;
  }
  time = parse_date(text);
  if (!time) {
    errors.emplace_back(field, request.texts("form.no_date"));
  }
}

InboxQuery query_of(const Request& request, views::FieldErrors& errors) {
  const Values& values = request.values;
  InboxQuery query;
  query.from = values.trimmed("from_date");
  query.to = values.trimmed("to_date");
  mailbox::InboxFilter& filter = query.filter;
  filter.search = values.trimmed("search_text");
  filter.service_key = service_of(values.text("service"));
  filter.verdict = verdict_of(values.text("verdict"));
  filter.account_id = values.text("account") == "all" ? std::string() : values.text("account");
  filter.unread_only = values.check("unread_only", false);
  filter.unassigned_only = values.check("unassigned_only", false);
  read_date(request, "from_date", query.from, filter.from, errors);
  read_date(request, "to_date", query.to, filter.to, errors);
  if (filter.to) {
    filter.to = day_after(*filter.to);
  }
  if (filter.from && filter.to && *filter.from >= *filter.to) {
    errors.emplace_back("to_date", request.texts("form.to_before_from"));
  }
  return query;
}

// ---- answers ----

Answer show_job(Runtime& runtime, const Request& request, const InboxQuery& query, const std::string& cursor) {
  return answer_job(request.texts, "job.inbox", [&runtime, request, query, cursor](JobContext& job) {
    return show(runtime, request, query, cursor, job);
  });
}

Answer filter_job(Runtime& runtime, const Request& request, const InboxQuery& query, const views::FieldErrors& errors) {
  return answer_job(request.texts, "job.inbox", [&runtime, request, query, errors](JobContext&) {
    return show_filter(runtime, request, query, errors);
  });
}

Answer set_read(Runtime& runtime, const Request& request, bool read) {
  return answer_job(request.texts, "job.inbox",
                    [&runtime, request, read](JobContext& job) -> Result<pvs::v1::ActionReply> {
                      KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
                      KVC_TRY(core->mailbox().set_read(request.who.user_id, request.row_id, read));
                      return show(runtime, request, query_in(request), cursor_in(request), job);
                    });
}

Answer row_action(Runtime& runtime, const Request& request) {
  if (request.action_id == "open") {
    return inbox_message_open(runtime, request, request.row_id);
  }
  if (request.action_id == "read" || request.action_id == "unread") {
    return set_read(runtime, request, request.action_id == "read");
  }
  return answer_unknown_action(request);
}

Answer narrowed(Runtime& runtime, const Request& request) {
  InboxQuery query = query_in(request);
  if (request.action_id == "unread_only") {
    query.filter.unread_only = true;
    return show_job(runtime, request, query, {});
  }
  if (const auto service = service_of(request.action_id)) {
    query.filter.service_key = service;
    return show_job(runtime, request, query, {});
  }
  return answer_unknown_action(request);
}

Result<pvs::v1::ActionReply> reopen(Runtime& runtime, const Request& request, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const std::vector<account::AccountName> accounts, core->accounts().names(request.who.user_id));
  std::uint64_t opened = 0;
  for (const account::AccountName& account : accounts) {
    const auto now =
        core->mailbox().reopen(request.who.user_id, account.id, progress_to(job, request.texts), job.cancel());
    if (!has_no_mail_yet(now.status())) {
      KVC_TRY(now.status());
      opened += static_cast<std::uint64_t>(std::max(0, now.value()));
    }
  }
  return reply_view(runtime, request, views::reopened(request.texts, opened), {}, request.view_id);
}

}  // namespace

Answer inbox_invoke(Runtime& runtime, const Request& request) {
  return show_job(runtime, request, {}, {});
}

Answer inbox_act(Runtime& runtime, const Request& request) {
  if (!request.row_id.empty()) {
    return row_action(runtime, request);
  }
  if (request.action_id == "page") {
    return show_job(runtime, request, query_in(request), request.values.text("page"));
  }
  if (request.action_id == "search") {
    InboxQuery query = query_in(request);
    query.filter.search = request.values.trimmed("search_text");
    return show_job(runtime, request, query, {});
  }
  if (request.action_id == "refresh") {
    return show_job(runtime, request, query_in(request), cursor_in(request));
  }
  if (request.action_id == "all") {
    return show_job(runtime, request, {}, {});
  }
  if (request.action_id == "filter") {
    return filter_job(runtime, request, query_in(request), {});
  }
  if (request.action_id == "reopen") {
    return reopen_messages(runtime, request);
  }
  if (request.action_id == "import") {
    return archive_invoke(runtime, without_view(request));
  }
  return request.action_id == "fetch" ? fetch_invoke(runtime, without_view(request)) : narrowed(runtime, request);
}

Answer inbox_filter_act(Runtime& runtime, const Request& request) {
  if (request.action_id == "all") {
    return show_job(runtime, request, {}, {});
  }
  if (request.action_id == "back") {
    return show_job(runtime, request, query_in(request), {});
  }
  if (request.action_id != "apply") {
    return answer_unknown_action(request);
  }
  views::FieldErrors errors;
  const InboxQuery query = query_of(request, errors);
  return errors.empty() ? show_job(runtime, request, query, {}) : filter_job(runtime, request, query, errors);
}

Answer reopen_messages(Runtime& runtime, const Request& request) {
  return answer_job(request.texts, "job.reopen",
                    [&runtime, request](JobContext& job) { return reopen(runtime, request, job); });
}

Answer inbox_reopened_act(Runtime& runtime, const Request& request) {
  return request.action_id == "inbox" ? inbox_invoke(runtime, request) : answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
