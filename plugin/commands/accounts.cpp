// SPDX-License-Identifier: Apache-2.0
// kvconnect.accounts: "Benutzerkonten", and what can be done from the overview of an account.
#include <algorithm>
#include <array>

#include "commands/account_steps.h"
#include "commands/entries.h"
#include "views/account_views.h"

namespace kvc::plugin::commands {
namespace {

/// What the list in a view shows.
struct AccountsDraft final : Draft {
  AccountsDraft(std::string word, std::string place) : search(std::move(word)), cursor(std::move(place)) {}
  std::string search, cursor;
};

AccountsDraft draft_in(const Request& request) {
  const auto draft = std::dynamic_pointer_cast<const AccountsDraft>(request.view.draft);
  return draft == nullptr ? AccountsDraft({}, {}) : *draft;
}

Result<pvs::v1::ActionReply> show(Runtime& runtime, const Request& request, const AccountsDraft& wanted,
                                  const std::string& view_id) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const account::OverviewPage page,
             core->accounts().page(request.who.user_id, wanted.search, wanted.cursor, views::kAccountRows));
  ViewState state;
  state.draft = std::make_shared<AccountsDraft>(wanted);
  return reply_view(
      runtime, request,
      views::accounts(request.texts, page, wanted.search, runtime.env().now(), runtime.settings().renewal_hint_days),
      std::move(state), view_id);
}

Answer list_job(Runtime& runtime, const Request& request, const AccountsDraft& wanted, const std::string& view_id) {
  return answer_job(request.texts, "job.accounts", [&runtime, request, wanted, view_id](JobContext&) {
    return show(runtime, request, wanted, view_id);
  });
}

Answer check_open(Runtime& runtime, const Request& request, const std::string& account_id) {
  return account_job(
      runtime, request, account_id, "job.account_check",
      [](const Step& step, const account::Overview& account) { return check_and_go_on(step, account.id); });
}

Answer overview_open(Runtime& runtime, const Request& request, const std::string& account_id) {
  return account_job(runtime, request, account_id, "job.accounts",
                     [](const Step& step, const account::Overview& account) { return show_overview(step, account); });
}

struct AccountAction {
  std::string_view id;
  Answer (*open)(Runtime&, const Request&, const std::string& account_id);
};

constexpr std::array kActions{
    AccountAction{"check", &check_open},
    AccountAction{"continue", &check_open},
    AccountAction{"correct_password", &correct_password_open},
    AccountAction{"assign", &assign_open},
    AccountAction{"change_password", &password_change_open},
    AccountAction{"renew", &renew_open},
    AccountAction{"export", &export_keystore_act},
    AccountAction{"import", &import_into_open},
    AccountAction{"delete_certificate", &delete_certificate_open},
    AccountAction{"edit", &edit_open},
    AccountAction{"remove", &remove_open},
};

Answer account_action(Runtime& runtime, const Request& request, const std::string& account_id) {
  const auto* const found = std::find_if(kActions.begin(), kActions.end(),
                                         [&](const AccountAction& action) { return action.id == request.action_id; });
  return found == kActions.end() ? answer_unknown_action(request) : found->open(runtime, request, account_id);
}

}  // namespace

Answer accounts_invoke(Runtime& runtime, const Request& request) {
  return list_job(runtime, request, {{}, {}}, {});
}

Answer accounts_act(Runtime& runtime, const Request& request) {
  if (!request.row_id.empty()) {
    return request.action_id == "open" ? overview_open(runtime, request, request.row_id)
                                       : account_action(runtime, request, request.row_id);
  }
  if (request.action_id == "new") {
    return new_account_invoke(runtime, request);
  }
  if (request.action_id == "apply") {
    return apply_invoke(runtime, request);
  }
  if (request.action_id == "search") {
    return list_job(runtime, request, {request.values.trimmed("account_search"), {}}, request.view_id);
  }
  AccountsDraft wanted = draft_in(request);
  if (request.action_id == "page") {
    wanted.cursor = request.values.text("page");
    return list_job(runtime, request, wanted, request.view_id);
  }
  return request.action_id == "refresh" ? list_job(runtime, request, wanted, request.view_id)
                                        : answer_unknown_action(request);
}

Answer overview_act(Runtime& runtime, const Request& request) {
  return account_action(runtime, request, request.view.account_id);
}

}  // namespace kvc::plugin::commands
