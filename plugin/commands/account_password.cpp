// SPDX-License-Identifier: Apache-2.0
// The KV's password of an account: changing it at the server, correcting the one kept here.
#include "commands/account_steps.h"
#include "commands/entries.h"
#include "views/account_views.h"

namespace kvc::plugin::commands {
namespace {

using views::PasswordOccasion;

views::FieldErrors check_new_password(const Request& request) {
  views::FieldErrors errors;
  const Secret password = request.values.secret("new_password");
  const auto broken = account::broken_password_rules(password);
  if (!broken.empty()) {
    errors.emplace_back("new_password", views::password_rules_sentence(request.texts, broken));
  } else if (strength_of(password) == Strength::weak) {
    errors.emplace_back("new_password", views::weak_password_sentence(request.texts, Strength::weak));
  }
  if (!(password == request.values.secret("new_password_repeat"))) {
    errors.emplace_back("new_password_repeat", request.texts("form.not_the_same"));
  }
  return errors;
}

Result<pvs::v1::ActionReply> change(Runtime& runtime, const Request& request,
                                    const std::shared_ptr<const PasswordDraft>& draft, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const Step step{runtime, request, *core, job, draft->strength};
  const std::string& id = request.view.account_id;
  job.progress(-1, request.texts("progress.password.change"));
  const Status changed =
      core->accounts().change_password(request.who.user_id, id, request.values.secret("new_password"), job.cancel());
  audit(step, "password.changed", id, changed);
  if (!changed.ok() && ends_the_job(changed)) {
    return changed;
  }
  if (changed.is(error::wrong_credentials)) {
    // It is the password kept here that the server refused; this form does not ask for that one, the overview does.
    return show_failure(step, id, changed);
  }
  if (!changed.ok()) {
    return reply_view(runtime, request,
                      views::password_change(request.texts, draft->username, draft->occasion, {}, changed),
                      request.view, request.view_id);
  }
  KVC_ASSIGN(account::Overview account, core->accounts().overview(request.who.user_id, id));
  if (draft->occasion == PasswordOccasion::wish) {
    return show_overview(step, account, {.note = request.texts("account.overview.password_changed")});
  }
  return go_on(step, account, draft->occasion, false);
}

Result<pvs::v1::ActionReply> correct(const Step& step, const account::Overview& account) {
  const std::string& user = step.request.who.user_id;
  const Status replaced =
      step.core.accounts().replace_password(user, account.id, step.request.values.secret("password"));
  audit(step, "password.corrected", account.id, replaced);
  KVC_TRY(replaced);
  const Result<account::Overview> checked = check(step, account.id);
  if (checked.ok()) {
    return go_on(step, checked.value(), PasswordOccasion::initial, true);
  }
  if (ends_the_job(checked.status())) {
    return checked.status();
  }
  return reply_view(step.runtime, step.request,
                    views::correct_password(step.request.texts, account.username, {}, checked.status()),
                    step.request.view, step.request.view_id);
}

}  // namespace

Answer password_change_open(Runtime& runtime, const Request& request, const std::string& account_id) {
  return account_job(runtime, request, account_id, "job.accounts",
                     [](const Step& step, const account::Overview& account) {
                       return ask_new_password(step, account, PasswordOccasion::wish);
                     });
}

Answer password_change_act(Runtime& runtime, const Request& request) {
  const auto draft = std::dynamic_pointer_cast<const PasswordDraft>(request.view.draft);
  if (request.action_id != "change" || draft == nullptr) {
    return answer_unknown_action(request);
  }
  const views::FieldErrors errors = check_new_password(request);
  if (!errors.empty()) {
    return answer_view(runtime, request,
                       views::password_change(request.texts, draft->username, draft->occasion, errors), request.view,
                       request.view_id);
  }
  return answer_job(request.texts, "job.password_change",
                    [&runtime, request, draft](JobContext& job) { return change(runtime, request, draft, job); });
}

Answer correct_password_open(Runtime& runtime, const Request& request, const std::string& account_id) {
  return account_job(runtime, request, account_id, "job.accounts",
                     [](const Step& step, const account::Overview& account) -> Result<pvs::v1::ActionReply> {
                       return reply_view(step.runtime, step.request,
                                         views::correct_password(step.request.texts, account.username, {}),
                                         {.account_id = account.id, .item_id = account.username});
                     });
}

Answer correct_password_act(Runtime& runtime, const Request& request) {
  if (request.action_id != "correct") {
    return answer_unknown_action(request);
  }
  if (request.values.secret("password").empty()) {
    return answer_view(
        runtime, request,
        views::correct_password(request.texts, request.view.item_id, {{"password", request.texts("form.missing")}}),
        request.view, request.view_id);
  }
  return account_job(runtime, request, request.view.account_id, "job.account_check", &correct);
}

}  // namespace kvc::plugin::commands
