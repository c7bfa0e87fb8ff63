// SPDX-License-Identifier: Apache-2.0
// kvconnect.addressbook: "Adressbuch", by hand and by schedule.
#include <algorithm>

#include "commands/entries.h"
#include "views/addressbook_views.h"

namespace kvc::plugin::commands {
namespace {

/// Which network the user looks at: the chosen one, the one of the view, or the first; empty if none is configured.
std::string environment_of(Runtime& runtime, const Request& request) {
  const auto& environments = runtime.settings().environments;
  for (const std::string& id : {request.values.text("environment"), request.view.account_id}) {
    if (runtime.settings().environment(id) != nullptr) {
      return id;
    }
  }
  return environments.empty() ? std::string() : environments.front().id;
}

/// What the user looks for: as typed now, or as the view shows it.
std::string typed_of(const Request& request) {
  return request.values.has("search") ? request.values.trimmed("search") : request.view.item_id;
}

ViewState state_of(const views::AddressbookPage& page) {
  return {.account_id = page.environment_id, .item_id = page.typed};
}

Result<views::AddressbookPage> page_of_book(Runtime& runtime, const Request& request) {
  views::AddressbookPage page;
  page.environment_id = environment_of(runtime, request);
  page.typed = typed_of(request);
  page.now = runtime.env().now();
  page.patient = !request.patient_id.empty();
  page.renewal_hint_days = runtime.settings().renewal_hint_days;
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(page.status, core->directory().status(page.environment_id));
  return page;
}

Result<pvs::v1::ActionReply> show_form(Runtime& runtime, const Request& request, const std::string& view_id) {
  KVC_ASSIGN(views::AddressbookPage page, page_of_book(runtime, request));
  std::vector<views::EnvironmentChoice> choices;
  for (const auto& environment : runtime.settings().environments) {
    choices.emplace_back(environment.id, environment.name);
  }
  return reply_view(runtime, request, views::addressbook(request.texts, choices, page), state_of(page), view_id);
}

Result<pvs::v1::ActionReply> show_results(Runtime& runtime, const Request& request, const std::string& view_id) {
  KVC_ASSIGN(views::AddressbookPage page, page_of_book(runtime, request));
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(page.hits,
             core->directory().search(request.who.user_id, page.environment_id, page.typed, views::kAddressbookRows));
  return reply_view(runtime, request, views::addressbook_results(request.texts, page), state_of(page), view_id);
}

/// The view stays what it is; its status line is new the next time it is shown.
Result<pvs::v1::ActionReply> refresh(Runtime& runtime, const Request& request, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(
      const directory::Summary summary,
      core->directory().refresh(environment_of(runtime, request), progress_to(job, request.texts), job.cancel()));
  pvs::v1::ActionReply reply;
  reply.mutable_done()->set_text(views::addressbook_refreshed(request.texts, summary));
  return reply;
}

Result<pvs::v1::ActionReply> mark(Runtime& runtime, const Request& request, bool favourite) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_TRY(core->directory().set_favourite(request.who.user_id, environment_of(runtime, request), request.row_id,
                                          favourite));
  return show_results(runtime, request, request.view_id);
}

Answer refresh_job(Runtime& runtime, const Request& request) {
  return answer_job(request.texts, "job.addressbook_fetch",
                    [&runtime, request](JobContext& job) { return refresh(runtime, request, job); });
}

/// After a failed refresh the next one waits a little: practices shall not all ask every hour while the server is down.
constexpr std::chrono::hours kAfterFailure{4};

/// True if the book is to be refreshed now: it is that old, and the server did not just fail to give a newer one.
bool is_old(const directory::BookStatus& book, TimePoint now, std::chrono::hours age) {
  const bool old = !book.refreshed_at || now - *book.refreshed_at >= age;
  const bool failed_just_now = !book.last_error.empty() && book.tried_at && now - *book.tried_at < kAfterFailure;
  return old && !failed_just_now;
}

/// Of the networks somebody here uses; the server of no other is contacted.
Result<std::vector<std::string>> old_books(Runtime& runtime, Core& core, const Request& request) {
  std::vector<account::AccountName> accounts;
  if (!request.who.user_id.empty()) {
    KVC_ASSIGN(accounts, core.accounts().names(request.who.user_id));
  }
  std::vector<std::string> old;
  for (const auto& environment : runtime.settings().environments) {
    KVC_ASSIGN(const directory::BookStatus book, core.directory().status(environment.id));
    const bool used = book.refreshed_at || std::any_of(accounts.begin(), accounts.end(), [&](const auto& account) {
                        return account.environment_id == environment.id;
                      });
    if (used && is_old(book, runtime.env().now(), std::chrono::hours(runtime.settings().address_book_hours))) {
      old.push_back(environment.id);
    }
  }
  return old;
}

/// Why a refresh fails stands in the address book until one succeeds; nobody is disturbed for it.
Result<pvs::v1::ActionReply> refresh_old(Runtime& runtime, const Request& request, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const std::vector<std::string> old, old_books(runtime, *core, request));
  for (const std::string& environment : old) {
    const auto refreshed = core->directory().refresh(environment, progress_to(job, request.texts), job.cancel());
    if (refreshed.status().is(error::cancelled)) {
      return refreshed.status();
    }
    if (!refreshed.ok()) {
      runtime.log().write(LogLevel::warning, "plugin",
                          "the scheduled refresh of an address book failed: " + refreshed.status().to_string());
    }
  }
  pvs::v1::ActionReply reply;
  reply.mutable_done();
  return reply;
}

Answer row_act(Runtime& runtime, const Request& request) {
  if (request.action_id == "write") {
    return compose_to(runtime, request, request.row_id);
  }
  if (request.action_id == "write_earztbrief") {
    return earztbrief_to(runtime, request, request.row_id);
  }
  if (request.action_id == "favourite" || request.action_id == "unfavourite") {
    const bool favourite = request.action_id == "favourite";
    return answer_job(request.texts, "job.addressbook",
                      [&runtime, request, favourite](JobContext&) { return mark(runtime, request, favourite); });
  }
  return answer_unknown_action(request);
}

}  // namespace

Answer addressbook_invoke(Runtime& runtime, const Request& request) {
  return answer_job(request.texts, "job.addressbook",
                    [&runtime, request](JobContext&) { return show_form(runtime, request, {}); });
}

Answer addressbook_scheduled(Runtime& runtime, const Request& request) {
  if (runtime.settings().address_book_hours == 0) {
    return answer_done({}, false);
  }
  return answer_job(request.texts, "job.addressbook_fetch",
                    [&runtime, request](JobContext& job) { return refresh_old(runtime, request, job); });
}

Answer addressbook_act(Runtime& runtime, const Request& request) {
  if (request.action_id == "search") {
    return answer_job(request.texts, "job.addressbook",
                      [&runtime, request](JobContext&) { return show_results(runtime, request, {}); });
  }
  return request.action_id == "fetch_book" ? refresh_job(runtime, request) : answer_unknown_action(request);
}

Answer addressbook_results_act(Runtime& runtime, const Request& request) {
  if (!request.row_id.empty()) {
    return row_act(runtime, request);
  }
  if (request.action_id == "search") {
    return answer_job(request.texts, "job.addressbook",
                      [&runtime, request](JobContext&) { return show_results(runtime, request, request.view_id); });
  }
  if (request.action_id == "search_again") {
    return answer_job(request.texts, "job.addressbook",
                      [&runtime, request](JobContext&) { return show_form(runtime, request, request.view_id); });
  }
  return request.action_id == "fetch_book" ? refresh_job(runtime, request) : answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
