// SPDX-License-Identifier: Apache-2.0
#include "commands/account_steps.h"

#include <algorithm>

#include "commands/renewal_hints.h"
#include "views/account_views.h"

namespace kvc::plugin::commands {

namespace {

/// A task's form or question becomes its outcome; a list of accounts stays below it.
std::string task_view(const Request& request) {
  return request.view.kind.starts_with("account.") ? request.view_id : std::string();
}

}  // namespace

bool ends_the_job(const Status& failure) {
  return failure.is(error::cancelled) || failure.is(error::session_locked) || failure.is(error::not_found) ||
         failure.is(error::out_of_memory);
}

void audit(const Step& step, const char* event, const std::string& account_id, const Status& outcome,
           std::vector<std::pair<std::string, std::string>> details) {
  if (!outcome.ok()) {
    details.emplace_back("error", outcome.code().key);
  }
  step.runtime.host().audit(step.request.who.user_id, event, account_id, outcome.ok(), details);
}

views::UserNames users_of(Runtime& runtime) {
  // Names are a comfort: a host that does not tell them leaves the ids.
  auto users = runtime.host().users();
  return users.ok() ? std::move(users).value() : views::UserNames{};
}

std::vector<views::SenderFact> senders_of(const Step& step, const account::Overview& account,
                                          const views::UserNames& users) {
  std::vector<std::string> sites;
  const auto practice = step.runtime.host().practice_sites(step.request.who.session_id);
  if (practice.ok()) {
    for (const PracticeSite& site : practice.value()) {
      sites.push_back(site.bsnr);
    }
  }
  std::vector<views::SenderFact> senders;
  for (const std::string& user : account.user_ids) {
    const auto theirs = step.core.accounts().list(user);
    if (!theirs.ok()) {
      continue;
    }
    // Of other users' other accounts nothing is told but that there is one.
    const auto choice = account::choose_sender(theirs.value(), user, sites, step.runtime.env().now());
    views::SenderFact fact{views::user_name(users, user), false, std::nullopt};
    if (choice) {
      fact.this_account = theirs.value().at(choice->index).id == account.id;
      fact.reason = choice->reason;
    }
    senders.push_back(std::move(fact));
  }
  return senders;
}

Result<pvs::v1::ActionReply> show_overview(const Step& step, const account::Overview& account,
                                           views::OverviewExtras extras) {
  extras.users = users_of(step.runtime);
  extras.senders = senders_of(step, account, extras.users);
  extras.strength = step.strength;
  pvs::v1::View view =
      views::account_overview(step.request.texts, account, step.runtime.settings(), extras, step.runtime.env().now());
  return reply_view(step.runtime, step.request, std::move(view), {.account_id = account.id}, task_view(step.request));
}

Result<pvs::v1::ActionReply> show_failure(const Step& step, const std::string& account_id, const Status& failure) {
  if (ends_the_job(failure)) {
    return failure;
  }
  const auto account = step.core.accounts().overview(step.request.who.user_id, account_id);
  if (!account.ok()) {
    return failure;
  }
  return show_overview(step, account.value(), {.failure = failure});
}

Result<pvs::v1::ActionReply> ask_new_password(const Step& step, const account::Overview& account,
                                              views::PasswordOccasion occasion) {
  pvs::v1::View view = views::password_change(step.request.texts, account.username, occasion, {});
  const bool beside = step.request.view.kind == "account.overview";
  return reply_view(
      step.runtime, step.request, std::move(view),
      {.account_id = account.id, .draft = std::make_shared<PasswordDraft>(account.username, occasion, step.strength)},
      beside ? std::string() : task_view(step.request));
}

Result<pvs::v1::ActionReply> enroll(const Step& step, const account::Overview& account) {
  const bool renewal = account.state == account::State::ready;
  const char* const event = renewal ? "certificate.renewed" : "certificate.issued";
  Result<account::Overview> enrolled = step.core.accounts().enroll(
      step.request.who.user_id, account.id, progress_to(step.job, step.request.texts), step.job.cancel());
  if (!enrolled.ok()) {
    audit(step, event, account.id, enrolled.status());
    return show_failure(step, account.id, enrolled.status());
  }
  views::OverviewExtras extras;
  if (enrolled.value().state == account::State::ready) {
    audit(step, event, account.id, {});
    withdraw_renewal_hint(step.runtime, enrolled.value());
    extras.note = step.request.texts(renewal ? "account.overview.renewed" : "account.overview.issued");
  }
  return show_overview(step, enrolled.value(), std::move(extras));
}

Result<pvs::v1::ActionReply> go_on(const Step& step, const account::Overview& account, views::PasswordOccasion occasion,
                                   bool checked) {
  switch (account.state) {
    case account::State::password_change_needed:
      return ask_new_password(step, account, occasion);
    case account::State::enrolling:
    case account::State::failed:
      return enroll(step, account);
    case account::State::draft:
    case account::State::ready:
      break;
  }
  return show_overview(step, account, {.checked = checked});
}

Result<account::Overview> check(const Step& step, const std::string& account_id) {
  step.job.progress(-1, step.request.texts("progress.account.check"));
  return step.core.accounts().check(step.request.who.user_id, account_id, step.job.cancel());
}

Result<pvs::v1::ActionReply> check_and_go_on(const Step& step, const std::string& account_id) {
  const Result<account::Overview> checked = check(step, account_id);
  if (!checked.ok()) {
    return show_failure(step, account_id, checked.status());
  }
  return go_on(step, checked.value(), views::PasswordOccasion::initial, true);
}

}  // namespace kvc::plugin::commands
