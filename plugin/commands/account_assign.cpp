// SPDX-License-Identifier: Apache-2.0
// "Zuordnen": users, practice sites, and who sends with an account.
#include <algorithm>

#include "commands/account_steps.h"
#include "commands/entries.h"
#include "views/assign_views.h"

namespace kvc::plugin::commands {
namespace {

using Ids = std::vector<std::string>;

/// What was ticked, kept while the user is asked whether they mean it.
struct AssignDraft final : Draft {
  Ids users, sites;
  bool sites_given = false, default_sender = false;
};

bool contains(const Ids& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// Those of `ids` that are not among `others`.
Ids without(const Ids& ids, const Ids& others) {
  Ids left;
  std::copy_if(ids.begin(), ids.end(), std::back_inserter(left), [&](const auto& id) { return !contains(others, id); });
  return left;
}

/// The list's entries, and at its end those in use that it does not know (any more), so that they can be taken away.
void add_unknown(views::UserNames& names, const Ids& used, const std::string& remark) {
  for (const std::string& id : used) {
    if (std::none_of(names.begin(), names.end(), [&](const auto& name) { return name.first == id; })) {
      names.emplace_back(id, id + " (" + remark + ")");
    }
  }
}

views::Assignment assignment_of(const Step& step, const account::Overview& account) {
  views::Assignment assignment;
  assignment.account_name = views::account_name(account);
  assignment.users = users_of(step.runtime);
  assignment.senders = senders_of(step, account, assignment.users);
  add_unknown(assignment.users, account.user_ids, step.request.texts("account.assign.unknown_user"));
  assignment.chosen = account.user_ids;
  const auto sites = step.runtime.host().practice_sites(step.request.who.session_id);
  if (sites.ok()) {
    for (const PracticeSite& site : sites.value()) {
      assignment.sites.emplace_back(site.bsnr, site.name.empty() ? site.bsnr : site.bsnr + " – " + site.name);
    }
  }
  add_unknown(assignment.sites, account.practice_sites, step.request.texts("account.assign.unknown_site"));
  assignment.chosen_sites = account.practice_sites;
  assignment.default_sender = contains(account.default_sender_for, step.request.who.user_id);
  return assignment;
}

std::shared_ptr<const AssignDraft> typed(const Request& request, const account::Overview& account) {
  auto draft = std::make_shared<AssignDraft>();
  // A host that sends no list at all has not taken anybody away.
  draft->users = request.values.has("users") ? request.values.ids("users") : account.user_ids;
  draft->sites_given = request.values.has("practice_sites");
  draft->sites = draft->sites_given ? request.values.ids("practice_sites") : account.practice_sites;
  draft->default_sender =
      request.values.check("default_sender", contains(account.default_sender_for, request.who.user_id));
  return draft;
}

Result<pvs::v1::ActionReply> form_again(const Step& step, const account::Overview& account, const AssignDraft& draft,
                                        const views::FieldErrors& errors, const Status& failure) {
  if (!failure.ok() && ends_the_job(failure)) {
    return failure;
  }
  views::Assignment assignment = assignment_of(step, account);
  assignment.chosen = draft.users;
  assignment.chosen_sites = draft.sites;
  assignment.default_sender = draft.default_sender;
  return reply_view(step.runtime, step.request, views::assign(step.request.texts, assignment, errors, failure),
                    {.account_id = account.id}, step.request.view.kind == "account.assign" ? step.request.view_id : "");
}

/// Everything but taking away: first those who come, so that the account is never without a user.
Status add(const Step& step, const account::Overview& account, const AssignDraft& draft) {
  auto& accounts = step.core.accounts();
  const std::string& user = step.request.who.user_id;
  for (const std::string& other : without(draft.users, account.user_ids)) {
    const Status assigned = accounts.assign(user, account.id, other);
    audit(step, "account.assigned", account.id, assigned, {{"user", other}});
    KVC_TRY(assigned);
  }
  Ids before = account.practice_sites;
  Ids after = draft.sites;
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  if (before != after) {
    const Status sites = accounts.set_practice_sites(user, account.id, draft.sites);
    audit(step, "account.practice_sites_set", account.id, sites);
    KVC_TRY(sites);
  }
  const bool was_default = contains(account.default_sender_for, user);
  if (draft.default_sender != was_default && contains(draft.users, user)) {
    const Status set = accounts.set_default_sender(user, account.id, draft.default_sender);
    audit(step, "account.default_sender_set", account.id, set, {{"default", draft.default_sender ? "yes" : "no"}});
    KVC_TRY(set);
  }
  return {};
}

/// Oneself last: afterwards the account is closed to whoever acts.
Status take_away(const Step& step, const account::Overview& account, const AssignDraft& draft) {
  const std::string& user = step.request.who.user_id;
  Ids going = without(account.user_ids, draft.users);
  std::stable_partition(going.begin(), going.end(), [&](const std::string& id) { return id != user; });
  for (const std::string& other : going) {
    const Status gone = step.core.accounts().unassign(user, account.id, other);
    audit(step, "account.unassigned", account.id, gone, {{"user", other}});
    KVC_TRY(gone);
  }
  return {};
}

Result<pvs::v1::ActionReply> apply_changes(const Step& step, const account::Overview& account,
                                           const AssignDraft& draft) {
  Status done = add(step, account, draft);
  if (done.ok()) {
    done = take_away(step, account, draft);
  }
  if (!done.ok()) {
    return form_again(step, account, draft, {}, done);
  }
  if (!contains(draft.users, step.request.who.user_id)) {
    return reply_view(step.runtime, step.request, views::unassigned(step.request.texts, views::account_name(account)),
                      {});
  }
  KVC_ASSIGN(account::Overview now, step.core.accounts().overview(step.request.who.user_id, account.id));
  return show_overview(step, now, {.note = step.request.texts("account.overview.assigned")});
}

Result<pvs::v1::ActionReply> save(const Step& step, const account::Overview& account) {
  const auto draft = typed(step.request, account);
  const Texts& t = step.request.texts;
  if (draft->users.empty()) {
    return form_again(step, account, *draft, {{"users", t("account.assign.last_user")}}, {});
  }
  if (contains(draft->users, step.request.who.user_id)) {
    return apply_changes(step, account, *draft);
  }
  const views::UserNames names = users_of(step.runtime);
  Ids remaining;
  for (const std::string& id : draft->users) {
    remaining.push_back(views::user_name(names, id));
  }
  return reply_view(step.runtime, step.request, views::unassign_self(t, views::account_name(account), remaining),
                    {.account_id = account.id, .draft = draft});
}

}  // namespace

Answer assign_open(Runtime& runtime, const Request& request, const std::string& account_id) {
  return account_job(runtime, request, account_id, "job.accounts",
                     [](const Step& step, const account::Overview& account) -> Result<pvs::v1::ActionReply> {
                       return reply_view(step.runtime, step.request,
                                         views::assign(step.request.texts, assignment_of(step, account), {}),
                                         {.account_id = account.id});
                     });
}

Answer assign_act(Runtime& runtime, const Request& request) {
  if (request.action_id != "save") {
    return answer_unknown_action(request);
  }
  return account_job(runtime, request, request.view.account_id, "job.assign", &save);
}

Answer unassign_self_act(Runtime& runtime, const Request& request) {
  const auto draft = std::dynamic_pointer_cast<const AssignDraft>(request.view.draft);
  if (request.action_id != "confirm" || draft == nullptr) {
    return answer_unknown_action(request);
  }
  return account_job(
      runtime, request, request.view.account_id, "job.assign",
      [draft](const Step& step, const account::Overview& account) { return apply_changes(step, account, *draft); });
}

}  // namespace kvc::plugin::commands
