// SPDX-License-Identifier: Apache-2.0
// kvconnect.addressbook: "Adressbuch".
#include <algorithm>

#include "commands/entries.h"
#include "commands/mail_pages.h"
#include "views/addressbook_views.h"

namespace kvc::plugin::commands {
namespace {

/// Where a view of the address book stands. ViewState: account_id is the environment, item_id what was looked for.
struct Place {
  std::string environment_id, search;
  std::size_t offset = 0;
};

Place place_of(const Request& request) {
  return {request.view.account_id, request.view.item_id, request.view.offset};
}

/// The network of the user's accounts, or else the first one that is configured.
Result<std::string> own_environment(Runtime& runtime, const Request& request, Core& core) {
  KVC_ASSIGN(const std::vector<account::Overview> accounts, core.accounts().list(request.who.user_id));
  const auto& environments = runtime.settings().environments;
  for (const account::Overview& account : accounts) {
    if (runtime.settings().environment(account.environment_id) != nullptr) {
      return account.environment_id;
    }
  }
  return environments.empty() ? Result<std::string>(std::string()) : Result<std::string>(environments.front().id);
}

Result<views::BookPage> page_at(Runtime& runtime, const Request& request, Core& core, const Place& place) {
  views::BookPage page;
  page.search = place.search;
  page.offset = place.offset;
  page.soon_days = runtime.settings().renewal_hint_days;
  page.patient = !request.patient_id.empty();
  if (runtime.settings().environments.size() > 1) {
    const settings::Environment* environment = runtime.settings().environment(place.environment_id);
    page.environment = environment == nullptr ? place.environment_id : environment->name;
  }
  KVC_ASSIGN(page.status, core.directory().status(place.environment_id));
  const std::size_t wanted = place.offset + views::kPageSize;
  KVC_ASSIGN(page.hits, core.directory().search(request.who.user_id, place.environment_id, place.search, wanted + 1));
  page.more = page.hits.size() > wanted;
  page.hits.resize(std::min(page.hits.size(), wanted));
  page.hits.erase(page.hits.begin(),
                  page.hits.begin() + static_cast<std::ptrdiff_t>(std::min(place.offset, page.hits.size())));
  return page;
}

Result<pvs::v1::ActionReply> show(Runtime& runtime, const Request& request, Place place, const std::string& view_id) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  if (place.environment_id.empty()) {
    KVC_ASSIGN(place.environment_id, own_environment(runtime, request, *core));
  }
  if (place.environment_id.empty()) {
    return reply_view(runtime, request,
                      views::notice(request.texts, "addressbook.no_environment", pvs::v1::SEVERITY_WARNING), {},
                      view_id);
  }
  KVC_ASSIGN(const views::BookPage page, page_at(runtime, request, *core, place));
  return reply_view(runtime, request, views::addressbook(request.texts, page, runtime.env().now()),
                    {.account_id = place.environment_id, .item_id = place.search, .offset = place.offset}, view_id);
}

Answer show_job(Runtime& runtime, const Request& request, const Place& place) {
  return answer_job(request.texts, "job.addressbook",
                    [&runtime, request, place](JobContext&) { return show(runtime, request, place, request.view_id); });
}

Answer search_form(Runtime& runtime, const Request& request) {
  const Place place = place_of(request);
  std::vector<views::Option> environments;
  for (const settings::Environment& environment : runtime.settings().environments) {
    environments.push_back({environment.id, environment.name});
  }
  return answer_view(runtime, request,
                     views::addressbook_search(request.texts, place.search, environments, place.environment_id),
                     {.account_id = place.environment_id, .item_id = place.search}, request.view_id);
}

Answer refresh(Runtime& runtime, const Request& request) {
  return answer_job(
      request.texts, "job.refresh_book", [&runtime, request](JobContext& job) -> Result<pvs::v1::ActionReply> {
        KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
        const auto summary =
            core->directory().refresh(request.view.account_id, progress_to(job, request.texts), job.cancel());
        if (!summary.ok()) {
          return summary.status();
        }
        Place place = place_of(request);
        place.offset = 0;
        return show(runtime, request, place, request.view_id);
      });
}

/// The mark, and the same page again.
Answer mark(Runtime& runtime, const Request& request, bool favourite) {
  return answer_job(
      request.texts, "job.addressbook", [&runtime, request, favourite](JobContext&) -> Result<pvs::v1::ActionReply> {
        KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
        KVC_TRY(
            core->directory().set_favourite(request.who.user_id, request.view.account_id, request.row_id, favourite));
        return show(runtime, request, place_of(request), request.view_id);
      });
}

/// A form whose recipient is the entry of the row.
Request addressed(const Request& request) {
  Request addressed = request;
  addressed.view_id.clear();
  addressed.document_id.clear();
  Values::Message values;
  pvs::v1::NamedValue& recipient = *values.Add();
  recipient.set_name("recipient");
  recipient.mutable_value()->set_text(request.row_id);
  addressed.values = Values::take(values);
  return addressed;
}

Answer row_action(Runtime& runtime, const Request& request) {
  if (request.action_id == "write_enachricht") {
    return compose_invoke(runtime, addressed(request));
  }
  if (request.action_id == "write_earztbrief") {
    return earztbrief_invoke(runtime, addressed(request));
  }
  if (request.action_id == "favourite" || request.action_id == "unfavourite") {
    return mark(runtime, request, request.action_id == "favourite");
  }
  return answer_unknown_action(request);
}

}  // namespace

Answer addressbook_invoke(Runtime& runtime, const Request& request) {
  return show_job(runtime, request, {"", request.values.trimmed("search"), 0});
}

Answer addressbook_act(Runtime& runtime, const Request& request) {
  if (!request.row_id.empty()) {
    return row_action(runtime, request);
  }
  Place place = place_of(request);
  if (request.action_id == "search" && !request.values.has("search")) {
    return search_form(runtime, request);
  }
  if (request.action_id == "search") {
    place.search = request.values.trimmed("search");
    place.offset = 0;
    if (runtime.settings().environment(request.values.text("environment")) != nullptr) {
      place.environment_id = request.values.text("environment");
    }
    return show_job(runtime, request, place);
  }
  if (request.action_id == "page") {
    place.offset = std::min(offset_of(request.values.text("page")), directory::DirectoryService::kMaxHits);
    return show_job(runtime, request, place);
  }
  return request.action_id == "refresh" ? refresh(runtime, request) : answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
