// SPDX-License-Identifier: Apache-2.0
// kvconnect.accounts: "Benutzerkonten".
#include "commands/account_steps.h"
#include "commands/entries.h"
#include "views/account_views.h"

namespace kvc::plugin::commands {
namespace {

Answer list_job(Runtime& runtime, const Request& request, const std::string& view_id) {
  return answer_job(
      request.texts, "job.accounts", [&runtime, request, view_id](JobContext&) -> Result<pvs::v1::ActionReply> {
        KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
        KVC_ASSIGN(std::vector<account::Overview> mine, core->accounts().list(request.who.user_id));
        return reply_view(
            runtime, request,
            views::accounts(request.texts, mine, runtime.env().now(), runtime.settings().renewal_hint_days), {},
            view_id);
      });
}

Answer check_job(Runtime& runtime, const Request& request, const std::string& account_id) {
  return answer_job(request.texts, "job.account_check",
                    [&runtime, request, account_id](JobContext& job) -> Result<pvs::v1::ActionReply> {
                      KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
                      return check_and_go_on({runtime, request, *core, job}, account_id, false);
                    });
}

Answer open_job(Runtime& runtime, const Request& request, const std::string& account_id) {
  return answer_job(request.texts, "job.accounts",
                    [&runtime, request, account_id](JobContext& job) -> Result<pvs::v1::ActionReply> {
                      KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
                      KVC_ASSIGN(account::Overview account, core->accounts().overview(request.who.user_id, account_id));
                      return show_overview({runtime, request, *core, job}, account, false);
                    });
}

Answer account_action(Runtime& runtime, const Request& request, const std::string& account_id) {
  if (request.action_id == "check" || request.action_id == "continue") {
    return check_job(runtime, request, account_id);
  }
  return answer_unknown_action(request);
}

}  // namespace

Answer accounts_invoke(Runtime& runtime, const Request& request) {
  return list_job(runtime, request, {});
}

Answer accounts_act(Runtime& runtime, const Request& request) {
  if (!request.row_id.empty()) {
    return request.action_id == "open" ? open_job(runtime, request, request.row_id)
                                       : account_action(runtime, request, request.row_id);
  }
  if (request.action_id == "new") {
    return new_account_invoke(runtime, request);
  }
  return request.action_id == "refresh" ? list_job(runtime, request, request.view_id) : answer_unknown_action(request);
}

Answer overview_act(Runtime& runtime, const Request& request) {
  return account_action(runtime, request, request.view.account_id);
}

}  // namespace kvc::plugin::commands
