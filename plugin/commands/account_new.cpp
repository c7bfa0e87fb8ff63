// SPDX-License-Identifier: Apache-2.0
// kvconnect.account.new: "Neues KV-Connect-Konto".
#include <algorithm>

#include "commands/account_steps.h"
#include "commands/entries.h"
#include "views/account_views.h"

namespace kvc::plugin::commands {
namespace {

/// Our own rule [D]: the keystore file leaves the practice, so its password must not be guessable at once.
constexpr std::size_t kMinKeystorePassword = 8;

views::AccountDraft draft_of(const Request& request) {
  return {request.values.text("username"), request.values.text("display_name"), request.values.text("description"),
          request.values.text("environment")};
}

void demand(const Request& request, const char* name, views::FieldErrors& errors) {
  if (request.values.secret(name).empty()) {
    errors.emplace_back(name, request.texts("form.missing"));
  }
}

/// What can be seen without asking anybody.
views::FieldErrors check_fields(const Runtime& runtime, const Request& request) {
  views::FieldErrors errors;
  demand(request, "username", errors);
  demand(request, "password", errors);
  demand(request, "keystore_password", errors);
  const Secret keystore = request.values.secret("keystore_password");
  if (!keystore.empty() && keystore.size() < kMinKeystorePassword) {
    errors.emplace_back("keystore_password", request.texts("form.keystore_too_short"));
  }
  if (!(keystore == request.values.secret("keystore_password_repeat"))) {
    errors.emplace_back("keystore_password_repeat", request.texts("form.not_the_same"));
  }
  const std::string environment = request.values.text("environment");
  if (!environment.empty() && runtime.settings().environment(environment) == nullptr) {
    errors.emplace_back("environment", request.texts("form.unknown_environment"));
  }
  return errors;
}

account::NewAccount new_account_of(const Runtime& runtime, const Request& request) {
  account::NewAccount data;
  data.environment_id = request.values.text("environment");
  if (data.environment_id.empty()) {
    data.environment_id = runtime.settings().environments.front().id;
  }
  data.username = request.values.text("username");
  data.display_name = request.values.trimmed("display_name");
  data.description = request.values.trimmed("description");
  data.password = request.values.secret("password");
  data.keystore_password = request.values.secret("keystore_password");
  return data;
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

Result<pvs::v1::ActionReply> resume(const Step& step, const account::NewAccount& data, const Status& refusal) {
  KVC_ASSIGN(account::Overview account, begun_earlier(step, data, refusal));
  if (account.state == account::State::draft) {
    KVC_TRY(step.core.accounts().replace_password(step.request.who.user_id, account.id, data.password));
  }
  return check_and_go_on(step, account.id, true);
}

Result<pvs::v1::ActionReply> create(Runtime& runtime, const Request& request, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const Step step{runtime, request, *core, job};
  const account::NewAccount data = new_account_of(runtime, request);
  const Result<std::string> created = core->accounts().create(request.who.user_id, data);
  if (created.status().is(error::already_exists)) {
    return resume(step, data, created.status());
  }
  KVC_TRY(created.status());
  runtime.host().audit(request.who.user_id, "account.created", created.value(), true);
  return check_and_go_on(step, created.value(), false);
}

views::FieldErrors check_new_password(const Request& request) {
  views::FieldErrors errors;
  const Secret password = request.values.secret("new_password");
  const auto broken = account::broken_password_rules(password);
  if (!broken.empty()) {
    errors.emplace_back("new_password", views::password_rules_sentence(request.texts, broken));
  }
  if (!(password == request.values.secret("new_password_repeat"))) {
    errors.emplace_back("new_password_repeat", request.texts("form.not_the_same"));
  }
  return errors;
}

Result<pvs::v1::ActionReply> change(Runtime& runtime, const Request& request, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const Step step{runtime, request, *core, job};
  const std::string& id = request.view.account_id;
  const std::string& user = request.who.user_id;
  job.progress(-1, request.texts("progress.password.change"));
  const Status changed =
      core->accounts().change_password(user, id, request.values.secret("new_password"), job.cancel());
  runtime.host().audit(user, "password.changed", id, changed.ok(),
                       changed.ok() ? std::vector<std::pair<std::string, std::string>>{}
                                    : std::vector<std::pair<std::string, std::string>>{{"error", changed.code().key}});
  KVC_TRY(changed);
  KVC_ASSIGN(account::Overview account, core->accounts().overview(user, id));
  return go_on(step, account, false, false);
}

}  // namespace

Answer new_account_invoke(Runtime& runtime, const Request& request) {
  return answer_view(runtime, request, views::new_account(request.texts, runtime.settings(), {}, {}), {});
}

Answer new_account_act(Runtime& runtime, const Request& request) {
  if (request.action_id != "check" || runtime.settings().environments.empty()) {
    return answer_unknown_action(request);
  }
  const views::FieldErrors errors = check_fields(runtime, request);
  if (!errors.empty()) {
    return answer_view(runtime, request,
                       views::new_account(request.texts, runtime.settings(), draft_of(request), errors), {},
                       request.view_id);
  }
  return answer_job(request.texts, "job.account_check",
                    [&runtime, request](JobContext& job) { return create(runtime, request, job); });
}

Answer password_change_act(Runtime& runtime, const Request& request) {
  if (request.action_id != "change") {
    return answer_unknown_action(request);
  }
  const views::FieldErrors errors = check_new_password(request);
  if (!errors.empty()) {
    account::Overview account;
    account.username = request.view.item_id;
    return answer_view(runtime, request, views::password_change(request.texts, account, false, errors), request.view,
                       request.view_id);
  }
  return answer_job(request.texts, "job.password_change",
                    [&runtime, request](JobContext& job) { return change(runtime, request, job); });
}

}  // namespace kvc::plugin::commands
