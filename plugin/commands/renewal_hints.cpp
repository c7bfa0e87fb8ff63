// SPDX-License-Identifier: Apache-2.0
#include "commands/renewal_hints.h"

#include <algorithm>

#include "texts/format.h"
#include "views/account_views.h"

namespace kvc::plugin::commands {
namespace {

/// More hints at once are one notification: nobody reads a thousand.
constexpr std::size_t kMostNotifications = 5;

std::string notification_id(const std::string& account_id) {
  return "kvconnect.renewal." + account_id;
}

}  // namespace

pvs::v1::NotifyRequest renewal_notification(const Texts& t, const std::string& user_id,
                                            const account::RenewalHint& hint) {
  const crypto::Certificate* const certificate = views::current_certificate(hint.account);
  const std::string date = certificate == nullptr ? "" : format_date(certificate->not_after(), t.language());
  const Args args{{"account", views::account_name(hint.account)}, {"date", date}};
  const bool expired = hint.days_left < 0;
  pvs::v1::NotifyRequest request;
  request.set_notification_id(notification_id(hint.account.id));
  request.add_user_ids(user_id);
  request.set_severity(expired ? pvs::v1::SEVERITY_BAD : pvs::v1::SEVERITY_WARNING);
  request.set_title(t(expired ? "notify.expired.title" : "notify.renewal.title"));
  request.set_text(expired ? t("notify.expired.text", args)
                           : t.count("notify.renewal.text", static_cast<std::uint64_t>(hint.days_left), args));
  request.set_command_id("kvconnect.accounts");
  return request;
}

pvs::v1::NotifyRequest renewal_notification(const Texts& t, const std::string& user_id,
                                            const std::vector<account::RenewalHint>& hints) {
  const bool expired = std::any_of(hints.begin(), hints.end(), [](const auto& hint) { return hint.days_left < 0; });
  pvs::v1::NotifyRequest request;
  request.set_notification_id(notification_id("several"));
  request.add_user_ids(user_id);
  request.set_severity(expired ? pvs::v1::SEVERITY_BAD : pvs::v1::SEVERITY_WARNING);
  request.set_title(t("notify.renewal_several.title"));
  request.set_text(t("notify.renewal_several.text", {{"count", std::to_string(hints.size())}}));
  request.set_command_id("kvconnect.accounts");
  return request;
}

void tell_renewal_hints(Runtime& runtime, Core& core, const Who& who) {
  const auto hints = core.accounts().claim_renewal_hints(who.user_id);
  if (!hints.ok()) {
    runtime.log().write(LogLevel::warning, "plugin", "renewal hints: " + hints.status().to_string());
    return;
  }
  const Texts texts = runtime.texts(who.session_id);
  const bool each = hints->size() <= kMostNotifications;
  if (!each) {
    runtime.host().notify(renewal_notification(texts, who.user_id, hints.value()));
  }
  for (const account::RenewalHint& hint : hints.value()) {
    if (each) {
      runtime.host().notify(renewal_notification(texts, who.user_id, hint));
    }
    runtime.host().audit(who.user_id, "renewal.hinted", hint.account.id, true,
                         {{"days_left", std::to_string(hint.days_left)}});
  }
}

Work renewal_hint_work(Runtime& runtime, const Who& who) {
  return [&runtime, who](JobContext&) -> Result<pvs::v1::ActionReply> {
    KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
    tell_renewal_hints(runtime, *core, who);
    pvs::v1::ActionReply reply;
    reply.mutable_done();
    return reply;
  };
}

void withdraw_renewal_hint(Runtime& runtime, const account::Overview& account) {
  pvs::v1::NotifyRequest request;
  request.set_notification_id(notification_id(account.id));
  for (const std::string& user : account.user_ids) {
    request.add_user_ids(user);
  }
  request.set_withdraw(true);
  runtime.host().notify(request);
}

}  // namespace kvc::plugin::commands
