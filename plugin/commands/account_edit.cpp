// SPDX-License-Identifier: Apache-2.0
// "Angaben ändern": name, description and keystore password of an account.
#include "commands/account_data.h"
#include "commands/account_steps.h"
#include "commands/entries.h"
#include "views/account_views.h"

namespace kvc::plugin::commands {
namespace {

views::AccountDraft typed(const Request& request) {
  views::AccountDraft draft = draft_of(request);
  draft.username = request.view.item_id;
  return draft;
}

Status store(const Step& step, const account::Overview& account) {
  const std::string& user = step.request.who.user_id;
  const auto& values = step.request.values;
  KVC_TRY(
      step.core.accounts().describe(user, account.id, values.trimmed("display_name"), values.trimmed("description")));
  const Secret keystore = values.secret("keystore_password");
  return keystore.empty() ? Status() : step.core.accounts().set_keystore_password(user, account.id, keystore);
}

Result<pvs::v1::ActionReply> save(Step step, const account::Overview& account) {
  const Secret keystore = step.request.values.secret("keystore_password");
  const Status stored = store(step, account);
  audit(step, "account.edited", account.id, stored, {{"keystore_password", keystore.empty() ? "kept" : "changed"}});
  if (!stored.ok() && ends_the_job(stored)) {
    return stored;
  }
  if (!stored.ok()) {
    return reply_view(step.runtime, step.request,
                      views::edit_account(step.request.texts, typed(step.request), {}, stored), step.request.view,
                      step.request.view_id);
  }
  if (!keystore.empty()) {
    step.strength = strength_of(keystore);
  }
  KVC_ASSIGN(account::Overview now, step.core.accounts().overview(step.request.who.user_id, account.id));
  return show_overview(step, now, {.note = step.request.texts("account.overview.saved")});
}

}  // namespace

Answer edit_open(Runtime& runtime, const Request& request, const std::string& account_id) {
  return account_job(runtime, request, account_id, "job.accounts",
                     [](const Step& step, const account::Overview& account) -> Result<pvs::v1::ActionReply> {
                       const views::AccountDraft draft{account.username, account.display_name, account.description,
                                                       account.environment_id};
                       return reply_view(step.runtime, step.request, views::edit_account(step.request.texts, draft, {}),
                                         {.account_id = account.id, .item_id = account.username});
                     });
}

Answer edit_act(Runtime& runtime, const Request& request) {
  if (request.action_id != "save") {
    return answer_unknown_action(request);
  }
  views::FieldErrors errors;
  check_keystore_password(request, errors);
  if (!errors.empty()) {
    return answer_view(runtime, request, views::edit_account(request.texts, typed(request), errors), request.view,
                       request.view_id);
  }
  return account_job(runtime, request, request.view.account_id, "job.save_account", &save);
}

}  // namespace kvc::plugin::commands
