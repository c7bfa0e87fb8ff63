// SPDX-License-Identifier: Apache-2.0
// The way of an account from typed data to a checked certificate, as steps of a job (protocol B), and what all actions
// on an account have in common.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands/command.h"
#include "views/account_overview.h"

namespace kvc::plugin::commands {

/// What a step needs.
struct Step {
  Runtime& runtime;
  const Request& request;
  Core& core;
  JobContext& job;
  std::optional<Strength> strength{};  ///< of the keystore password that was just chosen
};

/// What the form for a new password of the KV carries.
struct PasswordDraft final : Draft {
  PasswordDraft(std::string name, views::PasswordOccasion why, std::optional<Strength> keystore)
      : username(std::move(name)), occasion(why), strength(keystore) {}
  std::string username;
  views::PasswordOccasion occasion;
  std::optional<Strength> strength;
};

/// Asks the server where the account stands.  [worker]
Result<account::Overview> check(const Step& step, const std::string& account_id);
/// check(), and on from there: change of the initial password (a form), certificate (goes on at once), overview. A
/// failure is shown in the overview.  [worker]
Result<pvs::v1::ActionReply> check_and_go_on(const Step& step, const std::string& account_id);
/// Goes on from what is stored, without asking the server first.  [worker]
Result<pvs::v1::ActionReply> go_on(const Step& step, const account::Overview& account, views::PasswordOccasion occasion,
                                   bool checked);
/// Asks for a certificate, the first or a further one; a failure is shown in the overview.  [worker]
Result<pvs::v1::ActionReply> enroll(const Step& step, const account::Overview& account);

/// The overview as the outcome of a job; users and senders are filled in here.  [worker]
Result<pvs::v1::ActionReply> show_overview(const Step& step, const account::Overview& account,
                                           views::OverviewExtras extras = {});
/// The overview with what did not work on top, so that every way on stays open. A failure that is not the account's
/// (cancelled, locked session, no such account) ends the job instead.  [worker]
Result<pvs::v1::ActionReply> show_failure(const Step& step, const std::string& account_id, const Status& failure);
/// The form for a new password.  [worker]
Result<pvs::v1::ActionReply> ask_new_password(const Step& step, const account::Overview& account,
                                              views::PasswordOccasion occasion);

/// Whether each assigned user sends with the account, and why.  [worker]
std::vector<views::SenderFact> senders_of(const Step& step, const account::Overview& account,
                                          const views::UserNames& users);
/// Names by id; empty if the host does not tell them.  [any]
views::UserNames users_of(Runtime& runtime);

/// True for a failure that a form or overview cannot help with.
bool ends_the_job(const Status& failure);
/// Tells the audit log how something ended.
void audit(const Step& step, const char* event, const std::string& account_id, const Status& outcome,
           std::vector<std::pair<std::string, std::string>> details = {});

/// A job on one account of the acting user: `work(step, overview)`.
template <class AccountWork>
Answer account_job(Runtime& runtime, const Request& request, const std::string& account_id, std::string_view text_key,
                   AccountWork work) {
  return answer_job(request.texts, text_key,
                    [&runtime, request, account_id, work](JobContext& job) -> Result<pvs::v1::ActionReply> {
                      KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
                      KVC_ASSIGN(account::Overview account, core->accounts().overview(request.who.user_id, account_id));
                      return work(Step{runtime, request, *core, job}, account);
                    });
}

}  // namespace kvc::plugin::commands
