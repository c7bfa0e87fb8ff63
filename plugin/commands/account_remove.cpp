// SPDX-License-Identifier: Apache-2.0
// "Konto entfernen": what goes is counted, and an export offered, before anything happens.
#include "commands/account_steps.h"
#include "commands/entries.h"
#include "commands/renewal_hints.h"
#include "views/account_confirmations.h"

namespace kvc::plugin::commands {
namespace {

Result<pvs::v1::ActionReply> ask(const Step& step, const account::Overview& account) {
  KVC_ASSIGN(const account::Contents contents, step.core.accounts().contents(step.request.who.user_id, account.id));
  return reply_view(step.runtime, step.request, views::remove_account(step.request.texts, account, contents),
                    {.account_id = account.id});
}

Result<pvs::v1::ActionReply> remove(const Step& step, const account::Overview& account) {
  const std::string& user = step.request.who.user_id;
  KVC_ASSIGN(const account::Contents contents, step.core.accounts().contents(user, account.id));
  const Status removed = step.core.accounts().remove(user, account.id);
  audit(step, "account.removed", account.id, removed,
        {{"username", account.username},
         {"inbox", std::to_string(contents.inbox)},
         {"outbox", std::to_string(contents.outbox)}});
  KVC_TRY(removed);
  withdraw_renewal_hint(step.runtime, account);
  return reply_view(step.runtime, step.request,
                    views::account_removed(step.request.texts, views::account_name(account)), {});
}

}  // namespace

Answer remove_open(Runtime& runtime, const Request& request, const std::string& account_id) {
  return account_job(runtime, request, account_id, "job.accounts", &ask);
}

Answer remove_act(Runtime& runtime, const Request& request) {
  if (request.action_id == "export") {
    return export_keystore_act(runtime, request, request.view.account_id);
  }
  return request.action_id == "remove"
             ? account_job(runtime, request, request.view.account_id, "job.remove_account", &remove)
             : answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
