// SPDX-License-Identifier: Apache-2.0
// kvconnect.account.new: "Neues KV-Connect-Konto".
#include <algorithm>

#include "commands/account_data.h"
#include "commands/account_steps.h"
#include "commands/entries.h"
#include "views/account_views.h"

namespace kvc::plugin::commands {
namespace {

/// The form again, with everything that was typed but the secrets, and why.
Result<pvs::v1::ActionReply> form_again(const Step& step, const std::string& account_id, const Status& failure) {
  if (ends_the_job(failure)) {
    return failure;
  }
  pvs::v1::View view =
      views::new_account(step.request.texts, step.runtime.settings(), draft_of(step.request), {}, failure);
  return reply_view(step.runtime, step.request, std::move(view), {.account_id = account_id}, step.request.view_id);
}

/// A draft the server never accepted goes when the user corrects the username or server it was for.
void drop_renamed_draft(const Step& step, const account::NewAccount& data) {
  const std::string& id = step.request.view.account_id;
  if (id.empty()) {
    return;
  }
  const auto draft = step.core.accounts().overview(step.request.who.user_id, id);
  const bool other = draft.ok() && draft.value().state == account::State::draft &&
                     (draft.value().username != data.username || draft.value().environment_id != data.environment_id);
  if (other) {
    audit(step, "account.removed", id, step.core.accounts().remove(step.request.who.user_id, id));
  }
}

/// The account of this name that the user began earlier, in this environment.
Result<account::Overview> begun_earlier(const Step& step, const account::NewAccount& data, const Status& refusal) {
  KVC_ASSIGN(std::vector<account::Overview> mine, step.core.accounts().list(step.request.who.user_id));
  const auto found = std::find_if(mine.begin(), mine.end(), [&](const account::Overview& account) {
    return account.environment_id == data.environment_id && account.username == data.username;
  });
  if (found == mine.end()) {
    return refusal;
  }
  return *found;
}

/// Stores the data: as a new account, or in the draft that is there already. `occasion` tells which.
Result<std::string> store(const Step& step, const account::NewAccount& data, views::PasswordOccasion& occasion) {
  const std::string& user = step.request.who.user_id;
  const Result<std::string> created = step.core.accounts().create(user, data);
  if (!created.status().is(error::already_exists)) {
    if (created.ok()) {
      audit(step, "account.created", created.value(), {});
    }
    return created;
  }
  KVC_ASSIGN(account::Overview account, begun_earlier(step, data, created.status()));
  if (account.state == account::State::draft) {
    KVC_TRY(step.core.accounts().update_draft(user, account.id, data));
  } else {
    occasion = views::PasswordOccasion::resumed;
  }
  return account.id;
}

Result<pvs::v1::ActionReply> create(Runtime& runtime, const Request& request, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  Step step{runtime, request, *core, job};
  const account::NewAccount data = new_account_of(runtime, request);
  drop_renamed_draft(step, data);
  auto occasion = views::PasswordOccasion::initial;
  const Result<std::string> id = store(step, data, occasion);
  if (!id.ok()) {
    return form_again(step, {}, id.status());
  }
  if (occasion == views::PasswordOccasion::initial) {
    step.strength = strength_of(data.keystore_password);
  }
  const Result<account::Overview> checked = check(step, id.value());
  if (!checked.ok()) {
    return form_again(step, id.value(), checked.status());
  }
  return go_on(step, checked.value(), occasion, true);
}

}  // namespace

Answer new_account_invoke(Runtime& runtime, const Request& request) {
  return answer_view(runtime, request, views::new_account(request.texts, runtime.settings(), {}, {}), {});
}

Answer new_account_act(Runtime& runtime, const Request& request) {
  const bool import = request.action_id == "import";
  if ((request.action_id != "check" && !import) || runtime.settings().environments.empty()) {
    return answer_unknown_action(request);
  }
  const views::FieldErrors errors = import ? check_import(runtime, request) : check_new_account(runtime, request);
  if (!errors.empty()) {
    return answer_view(runtime, request,
                       views::new_account(request.texts, runtime.settings(), draft_of(request), errors),
                       {.account_id = request.view.account_id}, request.view_id);
  }
  if (import) {
    return import_begin(runtime, request);
  }
  return answer_job(request.texts, "job.account_check",
                    [&runtime, request](JobContext& job) { return create(runtime, request, job); });
}

}  // namespace kvc::plugin::commands
