// SPDX-License-Identifier: Apache-2.0
#include "commands/account_steps.h"

#include "views/account_views.h"

namespace kvc::plugin::commands {
namespace {

Result<pvs::v1::ActionReply> enroll(const Step& step, const account::Overview& account) {
  auto& accounts = step.core.accounts();
  const std::string& user = step.request.who.user_id;
  Result<account::Overview> enrolled =
      accounts.enroll(user, account.id, progress_to(step.job, step.request.texts), step.job.cancel());
  if (!enrolled.ok()) {
    step.runtime.host().audit(user, "certificate.issued", account.id, false, {{"error", enrolled.status().code().key}});
    return enrolled.status();
  }
  if (enrolled.value().state == account::State::ready) {
    step.runtime.host().audit(user, "certificate.issued", account.id, true);
  }
  return show_overview(step, enrolled.value(), false);
}

}  // namespace

Result<pvs::v1::ActionReply> show_overview(const Step& step, const account::Overview& account, bool checked) {
  // Names are a comfort: a host that does not tell them leaves the ids.
  const auto users = step.runtime.host().users();
  pvs::v1::View view =
      views::account_overview(step.request.texts, account, step.runtime.settings(),
                              users.ok() ? users.value() : views::UserNames{}, step.runtime.env().now(), checked);
  return reply_view(step.runtime, step.request, std::move(view), {.account_id = account.id});
}

Result<pvs::v1::ActionReply> go_on(const Step& step, const account::Overview& account, bool resumed, bool checked) {
  switch (account.state) {
    case account::State::password_change_needed: {
      pvs::v1::View view = views::password_change(step.request.texts, account, resumed, {});
      // The form may have to be shown again on the main thread, which must not ask the database for the name.
      return reply_view(step.runtime, step.request, std::move(view),
                        {.account_id = account.id, .item_id = account.username});
    }
    case account::State::enrolling:
    case account::State::failed:
      return enroll(step, account);
    case account::State::draft:
    case account::State::ready:
      break;
  }
  return show_overview(step, account, checked);
}

Result<pvs::v1::ActionReply> check_and_go_on(const Step& step, const std::string& account_id, bool resumed) {
  step.job.progress(-1, step.request.texts("progress.account.check"));
  KVC_ASSIGN(account::Overview account,
             step.core.accounts().check(step.request.who.user_id, account_id, step.job.cancel()));
  return go_on(step, account, resumed, true);
}

}  // namespace kvc::plugin::commands
