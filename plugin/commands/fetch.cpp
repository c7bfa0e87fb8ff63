// SPDX-License-Identifier: Apache-2.0
// kvconnect.fetch: "Nachrichten abholen", by hand and by schedule.
#include <algorithm>
#include <set>

#include "commands/entries.h"
#include "commands/mail_pages.h"
#include "commands/renewal_hints.h"
#include "views/fetch_views.h"
#include "views/mailbox_views.h"
#include "views/message_words.h"

namespace kvc::plugin::commands {
namespace {

using account::Overview;
using views::FetchOutcome;

/// Rows asked for at once.
constexpr std::size_t kRows = 500;

void tell_assigned_users(Runtime& runtime, const Overview& account, int messages) {
  if (messages <= 0) {
    return;
  }
  const Texts texts = runtime.texts();
  pvs::v1::NotifyRequest notification;
  notification.set_notification_id("kvconnect.inbox." + account.id);
  for (const std::string& user : account.user_ids) {
    notification.add_user_ids(user);
  }
  notification.set_severity(pvs::v1::SEVERITY_INFO);
  notification.set_title(texts("notify.new_mail.title"));
  notification.set_text(
      texts.count("notify.new_mail.text", static_cast<std::uint64_t>(messages), {{"account", account_label(account)}}));
  notification.set_command_id("kvconnect.inbox");
  runtime.host().notify(notification);
}

/// Does something with every message stored since `begin`.
template <class Each>
void each_stored_since(Core& core, const Request& request, const Overview& account, TimePoint begin, Each&& each) {
  mailbox::InboxFilter filter;
  filter.account_id = account.id;
  filter.from = begin;
  std::string cursor;
  do {
    auto page = core.mailbox().list_inbox(request.who.user_id, filter, cursor, kRows);
    if (!page.ok()) {
      return;
    }
    for (const mailbox::InboxItem& item : page->items) {
      each(item);
    }
    cursor = page->next;
  } while (!cursor.empty());
}

/// One audit event for each new message, and how many there are of each service.
void tell_new(Runtime& runtime, Core& core, const Request& request, const Overview& account, TimePoint begin,
              FetchOutcome& outcome) {
  const mailbox::FetchSummary& summary = outcome.summary;
  if (summary.fetched + summary.receipts + summary.too_large <= 0) {
    return;
  }
  each_stored_since(core, request, account, begin, [&](const mailbox::InboxItem& item) {
    runtime.host().audit(request.who.user_id, item.is_receipt ? "receipt.received" : "message.received",
                         item.message_id, true,
                         {{"verdict", item.too_large ? "too_large" : std::string(message::name(item.verdict))}});
    if (item.is_receipt) {
      return;
    }
    const std::string service = views::service_title(request.texts, core.catalogue(), item.service_key);
    const auto found = std::find_if(outcome.services.begin(), outcome.services.end(),
                                    [&](const auto& entry) { return entry.first == service; });
    if (found == outcome.services.end()) {
      outcome.services.emplace_back(service, 1);
    } else {
      ++found->second;
    }
  });
}

/// Says once that replies are missing, again when their number changed, and takes it back when none is missing any
/// more. No patient data: the text may appear where patients see it.
void tell_overdue(Runtime& runtime, Core& core, const Request& request, const Overview& account,
                  FetchOutcome& outcome) {
  const auto overdue = core.mailbox().overdue_count(request.who.user_id, account.id);
  if (!overdue.ok()) {
    return;
  }
  outcome.overdue = overdue.value();
  if (!runtime.overdue_changed(account.id, outcome.overdue)) {
    return;
  }
  const Texts texts = runtime.texts();
  pvs::v1::NotifyRequest notification;
  notification.set_notification_id("kvconnect.overdue." + account.id);
  notification.set_withdraw(outcome.overdue == 0);
  for (const std::string& user : account.user_ids) {
    notification.add_user_ids(user);
  }
  notification.set_severity(pvs::v1::SEVERITY_WARNING);
  notification.set_title(texts("notify.overdue.title"));
  notification.set_text(texts.count("notify.overdue.text", outcome.overdue, {{"account", account_label(account)}}));
  notification.set_command_id("kvconnect.outbox");
  runtime.host().notify(notification);
}

/// Ids of the messages of an account that wait to be sent. A fetch sends them too, and that belongs into the audit log.
std::set<std::string> waiting_messages(Core& core, const Request& request, const Overview& account) {
  std::set<std::string> ids;
  mailbox::OutboxFilter filter;
  filter.account_id = account.id;
  filter.state = mailbox::OutboxState::queued;
  std::string cursor;
  do {
    const auto page = core.mailbox().list_outbox(request.who.user_id, filter, cursor, kRows);
    if (!page.ok()) {
      return ids;
    }
    for (const mailbox::OutboxItem& item : page->items) {
      ids.insert(item.id);
    }
    cursor = page->next;
  } while (!cursor.empty());
  return ids;
}

void audit_sent(Runtime& runtime, Core& core, const Request& request, const std::set<std::string>& waited) {
  for (const std::string& id : waited) {
    const auto item = core.mailbox().outbox_item(request.who.user_id, id);
    if (item.ok() && item->accepted) {
      runtime.host().audit(request.who.user_id, "message.accepted", item->message_id, true);
    }
  }
}

FetchOutcome fetch_account(Runtime& runtime, Core& core, const Request& request, const Overview& account,
                           JobContext& job) {
  FetchOutcome outcome;
  outcome.account_name = account_label(account);
  // The database keeps milliseconds: what is stored in this very one must not fall before the beginning.
  const TimePoint begin = std::chrono::floor<Millis>(runtime.env().now());
  const std::set<std::string> waited = waiting_messages(core, request, account);
  auto fetched = core.mailbox().fetch(request.who.user_id, account.id, progress_to(job, request.texts), job.cancel());
  audit_sent(runtime, core, request, waited);
  tell_overdue(runtime, core, request, account, outcome);
  if (!fetched.ok()) {
    outcome.status = fetched.status();
    return outcome;
  }
  outcome.summary = fetched.value();
  tell_new(runtime, core, request, account, begin, outcome);
  tell_assigned_users(runtime, account, outcome.summary.fetched);
  return outcome;
}

/// Fetches for every account that is ready; an account that fails does not keep the others from their mail.
Result<std::vector<FetchOutcome>> fetch_all(Runtime& runtime, const Request& request, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(std::vector<Overview> accounts, core->accounts().list(request.who.user_id));
  std::vector<FetchOutcome> outcomes;
  for (const Overview& account : accounts) {
    if (account.state != account::State::ready) {
      continue;
    }
    outcomes.push_back(fetch_account(runtime, *core, request, account, job));
    if (job.cancel().requested()) {
      return Status(error::cancelled, "cancelled between two accounts");
    }
  }
  return outcomes;
}

/// The first failure if there was nothing but failure.
Status only_failure(const std::vector<FetchOutcome>& outcomes) {
  const bool all = !outcomes.empty() && std::all_of(outcomes.begin(), outcomes.end(),
                                                    [](const FetchOutcome& outcome) { return !outcome.status.ok(); });
  return all ? outcomes.front().status : Status();
}

Result<pvs::v1::ActionReply> fetch(Runtime& runtime, const Request& request, JobContext& job) {
  KVC_ASSIGN(std::vector<FetchOutcome> outcomes, fetch_all(runtime, request, job));
  if (outcomes.empty()) {
    return reply_view(runtime, request, views::notice(request.texts, "fetch.no_account", pvs::v1::SEVERITY_INFO), {});
  }
  KVC_TRY(only_failure(outcomes));
  return reply_view(runtime, request, views::fetch_summary(request.texts, outcomes), {});
}

/// Gives the right to fetch back however the job ends.
class BackgroundFetch {
 public:
  BackgroundFetch(Runtime& runtime, std::string user) : runtime_(runtime), user_(std::move(user)) {}
  BackgroundFetch(const BackgroundFetch&) = delete;
  BackgroundFetch& operator=(const BackgroundFetch&) = delete;
  ~BackgroundFetch() { runtime_.end_background_fetch(user_); }

 private:
  Runtime& runtime_;
  std::string user_;
};

}  // namespace

Answer fetch_invoke(Runtime& runtime, const Request& request) {
  return answer_job(request.texts, "job.fetch",
                    [&runtime, request](JobContext& job) { return fetch(runtime, request, job); });
}

Answer fetch_scheduled(Runtime& runtime, const Request& request) {
  if (request.who.user_id.empty() || !runtime.begin_background_fetch(request.who.user_id)) {
    return answer_done({}, false);
  }
  // Shared, because work must be copyable; the last copy ends the claim, also when the job never ran.
  auto claim = std::make_shared<BackgroundFetch>(runtime, request.who.user_id);
  return answer_job(request.texts, "job.fetch",
                    [&runtime, request, claim](JobContext& job) -> Result<pvs::v1::ActionReply> {
                      KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
                      tell_renewal_hints(runtime, *core, request.who);
                      KVC_ASSIGN(std::vector<FetchOutcome> outcomes, fetch_all(runtime, request, job));
                      KVC_TRY(only_failure(outcomes));
                      pvs::v1::ActionReply reply;
                      reply.mutable_done();
                      return reply;
                    });
}

Answer fetch_summary_act(Runtime& runtime, const Request& request) {
  if (request.action_id == "overdue") {
    return outbox_overdue(runtime, without_view(request));
  }
  return request.action_id == "inbox" ? inbox_invoke(runtime, without_view(request)) : answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
