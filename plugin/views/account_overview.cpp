// SPDX-License-Identifier: Apache-2.0
#include "views/account_overview.h"

#include <algorithm>

#include "application/forms.h"
#include "texts/format.h"

namespace kvc::plugin::views {
namespace {

using account::Overview;
using account::ServerCertificate;
using account::State;
using pvs::v1::Action;
using Group = pvs::v1::Detail::Group;

Group& add_group(const Texts& t, pvs::v1::Detail& detail, std::string_view key) {
  Group& group = *detail.add_groups();
  group.set_heading(t(key));
  return group;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : ", ") + part;
  }
  return text;
}

// ---- what just happened ----

/// What an error means for an account. Some general sentences speak of fields to fill in or of a message to send; an
/// overview has neither, but actions.
std::string account_sentence(const Texts& t, const Overview& account, const Status& failure) {
  if (failure.is(error::wrong_credentials)) {
    return t(account.state == State::draft ? "account.overview.draft_refused" : "account.overview.password_refused");
  }
  if (failure.is(error::no_certificate)) {
    const bool renewal = account.state == State::ready;
    return t("account.overview.no_certificate", {{"action", t(renewal ? "action.renew" : "action.continue_setup")}});
  }
  return to_error(t, failure).text();
}

std::string last_error_sentence(const Texts& t, const Overview& account) {
  for (const ErrorCode* const code : {&error::wrong_credentials, &error::no_certificate}) {
    if (account.last_error == code->key) {
      return account_sentence(t, account, Status(*code, {}));
    }
  }
  return error_sentence(t, account.last_error);
}

void add_news(const Texts& t, pvs::v1::Detail& detail, const Overview& account, const OverviewExtras& extras) {
  if (!extras.checked && extras.failure.ok() && extras.note.empty() && !extras.strength) {
    return;
  }
  Group& group = add_group(t, detail, "account.overview.checked");
  group.set_severity(pvs::v1::SEVERITY_GOOD);
  if (!extras.note.empty()) {
    add_fact(group, "note", t("fact.note"), extras.note).set_severity(pvs::v1::SEVERITY_GOOD);
  }
  if (extras.checked) {
    auto& fact = add_fact(group, "connection", t("fact.connection"), t("account.overview.connection_good"));
    fact.set_severity(pvs::v1::SEVERITY_GOOD);
    fact.set_code("good");
  }
  if (!extras.failure.ok()) {
    auto& fact = add_fact(group, "failure", t("fact.failure"), account_sentence(t, account, extras.failure));
    fact.set_severity(pvs::v1::SEVERITY_BAD);
    fact.set_code(extras.failure.code().key);
    group.set_severity(pvs::v1::SEVERITY_BAD);
  }
  if (extras.strength) {
    const std::string code(strength_code(*extras.strength));
    auto& fact = add_fact(group, "keystore_strength", t("fact.keystore_strength"), t("strength." + code));
    fact.set_code(code);
    fact.set_severity(*extras.strength == Strength::fair ? pvs::v1::SEVERITY_INFO : pvs::v1::SEVERITY_GOOD);
  }
}

// ---- account ----

std::string password_age(const Texts& t, const std::string& since, TimePoint now) {
  if (since.empty()) {
    return t("fact.not_yet_known");
  }
  const auto changed = parse_xs_time(since);
  const std::string when = format_xs_time(since, t.language());
  if (!changed || *changed > now) {
    return when;
  }
  const auto days = static_cast<std::uint64_t>(days_between(*changed, now));
  return days == 0 ? t("fact.password_age_today", {{"date", when}})
                   : t.count("fact.password_age", days, {{"date", when}});
}

void add_identity(const Texts& t, Group& group, const Overview& account, const settings::Settings& settings) {
  const std::string unknown = t("fact.not_yet_known");
  add_fact(group, "display_name", t("fact.display_name"), account_name(account));
  add_fact(group, "username", t("fact.username"), account.username);
  add_fact(group, "address", t("fact.address"), account.address.empty() ? unknown : account.address);
  if (!account.description.empty()) {
    add_fact(group, "description", t("fact.description"), account.description);
  }
  const std::string kv = application::kv_name(account.kv_code);
  add_fact(group, "kv", t("fact.kv"),
           account.kv_code.empty() ? unknown : account.kv_code + (kv.empty() ? "" : " (" + kv + ")"))
      .set_code(account.kv_code);
  const auto* const environment = settings.environment(account.environment_id);
  add_fact(group, "environment", t("fact.environment"),
           environment == nullptr ? t("fact.environment_gone", {{"id", account.environment_id}}) : environment->name)
      .set_code(account.environment_id);
  add_fact(group, "uid", t("fact.uid"), account.uid.empty() ? unknown : account.uid).set_expert(true);
}

void add_account_facts(const Texts& t, Group& group, const Overview& account, const settings::Settings& settings,
                       TimePoint now) {
  add_identity(t, group, account, settings);
  const std::string state(state_code(account.state));
  auto& fact = add_fact(group, "state", t("fact.state"), t("state.account." + state));
  fact.set_code(state);
  fact.set_severity(state_severity(account.state));
  add_fact(group, "password_last_change", t("fact.password_last_change"),
           password_age(t, account.password_last_change, now));
  add_fact(group, "password_rules", t("fact.password_rules"), t("password_rules.all")).set_expert(true);
  if (account.csr_status != 0) {
    auto& csr = add_fact(group, "csr_status", t("fact.csr_status"),
                         progress_sentence(t, "csr." + std::to_string(account.csr_status)));
    csr.set_code(std::to_string(account.csr_status));
    csr.set_expert(account.state == State::ready && !account.renewal_under_way);
  }
}

// ---- certificate ----

std::string generation_sentence(const Texts& t, const account::Generation& generation) {
  if (!generation.certificate) {
    return generation.end_reason.empty() ? t("generation.requested")
                                         : t("generation.ended") + " " + error_sentence(t, generation.end_reason);
  }
  const crypto::Certificate& certificate = *generation.certificate;
  std::string text = generation.current ? t("generation.current") : t("generation.older");
  text += ", " + t("generation.validity", {{"from", format_date(certificate.not_before(), t.language())},
                                           {"until", format_date(certificate.not_after(), t.language())},
                                           {"serial", certificate.serial_hex()}});
  return generation.imported ? text + ", " + t("generation.imported") : text;
}

void add_server_state(const Texts& t, Group& group, const Overview& account) {
  const auto add = [&](const char* name, const char* text, const char* code, pvs::v1::Severity severity) {
    auto& fact = add_fact(group, name, t(std::string("fact.") + name), t(text));
    fact.set_code(code);
    fact.set_severity(severity);
  };
  switch (account.server_certificate) {
    case ServerCertificate::same:
      add("server_certificate", "server_certificate.same", "same", pvs::v1::SEVERITY_GOOD);
      break;
    case ServerCertificate::other:
      add("server_certificate", "server_certificate.other", "other", pvs::v1::SEVERITY_BAD);
      break;
    case ServerCertificate::none:
      add("server_certificate", "server_certificate.none", "none", pvs::v1::SEVERITY_WARNING);
      break;
    case ServerCertificate::unknown:
      break;
  }
  if (account.renewal_under_way) {
    add("renewal", "renewal.under_way", "under_way", pvs::v1::SEVERITY_WARNING);
  }
  if (account.old_certificate_removed) {
    add("old_certificate", "renewal.old_certificate_removed", "removed", pvs::v1::SEVERITY_BAD);
  }
}

void add_certificate_facts(const Texts& t, Group& group, const Overview& account, TimePoint now, int hint_days) {
  const Validity valid = validity(t, account, now, hint_days);
  auto& fact = add_fact(group, "certificate", t("fact.certificate"), valid.text);
  fact.set_code(valid.code);
  fact.set_severity(valid.severity);
  group.set_severity(account.old_certificate_removed ? pvs::v1::SEVERITY_BAD : valid.severity);
  if (valid.code == "renew" || valid.code == "expired") {
    add_fact(group, "renewal_advice", t("fact.renewal_advice"), t("renewal.advice_" + valid.code))
        .set_severity(valid.severity);
  }
  add_server_state(t, group, account);
  if (const crypto::Certificate* const certificate = current_certificate(account)) {
    add_fact(group, "days_left", t("fact.days_left"),
             std::to_string(std::max<std::int64_t>(0, days_between(now, certificate->not_after()))));
    add_fact(group, "valid_from", t("fact.valid_from"), format_date(certificate->not_before(), t.language()));
    add_fact(group, "subject", t("fact.subject"), certificate->subject()).set_expert(true);
    add_fact(group, "issuer", t("fact.issuer"), certificate->issuer()).set_expert(true);
    add_fact(group, "serial", t("fact.serial"), certificate->serial_hex()).set_expert(true);
    add_fact(group, "fingerprint", t("fact.fingerprint"), certificate->fingerprint_sha256()).set_expert(true);
  }
  for (const auto& generation : account.generations) {
    const std::string number = std::to_string(generation.number);
    add_fact(group, "generation_" + number, t("fact.generation", {{"number", number}}),
             generation_sentence(t, generation))
        .set_expert(true);
  }
}

// ---- use ----

void add_use_facts(const Texts& t, Group& group, const Overview& account, const OverviewExtras& extras) {
  std::vector<std::string> names;
  for (const std::string& id : account.user_ids) {
    names.push_back(user_name(extras.users, id));
  }
  add_fact(group, "users", t("fact.users"), joined(names));
  add_fact(group, "practice_sites", t("fact.practice_sites"),
           account.practice_sites.empty() ? t("fact.no_practice_site") : joined(account.practice_sites));
  for (const SenderFact& sender : extras.senders) {
    add_fact(group, "sender", t("fact.sender"), sender_sentence(t, sender))
        .set_code(sender.reason ? std::string(reason_code(*sender.reason)) : "none");
  }
  for (const account::Work& work : account.work) {
    add_fact(group, "work", t("fact.work"), work_sentence(t, work)).set_code(work.purpose);
  }
  add_fact(group, "last_fetch", t("fact.last_fetch"),
           account.last_fetch ? format_time(*account.last_fetch, t.language()) : t("fact.never"));
  if (!account.last_error.empty()) {
    auto& fact = add_fact(group, "last_error", t("fact.last_error"), last_error_sentence(t, account));
    fact.set_code(account.last_error);
    fact.set_severity(pvs::v1::SEVERITY_WARNING);
  }
}

// ---- actions ----

bool has_certificate(const Overview& account) {
  return std::any_of(account.generations.begin(), account.generations.end(),
                     [](const auto& generation) { return generation.certificate.has_value(); });
}

/// The server refused the password kept here, or has never accepted it.
bool password_in_doubt(const Overview& account) {
  return account.state == State::draft || account.last_error == error::wrong_credentials.key;
}

void add_actions(const Texts& t, pvs::v1::View& out, const Overview& account, const settings::Settings& settings) {
  const auto add = [&](const char* id, const char* text, Action::Role role = Action::ROLE_SECONDARY) {
    Action& action = add_action(*out.mutable_actions(), id, t(text), role);
    const std::string reason = why_not(t, id, account, settings);
    action.set_disabled(!reason.empty());
    action.set_disabled_reason(reason);
  };
  if (account.state == State::ready) {
    add("check", "action.test_connection", Action::ROLE_PRIMARY);
  } else {
    add("continue", "action.continue_setup", Action::ROLE_PRIMARY);
  }
  if (password_in_doubt(account)) {
    add("correct_password", "action.correct_password");
  }
  add("assign", "action.assign");
  add("change_password", "action.change_password");
  add("renew", "action.renew");
  add("export", "action.export");
  add("import", "action.import_certificates");
  add("delete_certificate", "action.delete_certificate", Action::ROLE_DANGER);
  add("edit", "action.edit_account");
  add("remove", "action.remove_account", Action::ROLE_DANGER);
  add_close(t, out);
}

}  // namespace

std::string user_name(const UserNames& users, const std::string& id) {
  const auto found = std::find_if(users.begin(), users.end(), [&](const auto& user) { return user.first == id; });
  return found == users.end() || found->second.empty() ? id : found->second;
}

std::string_view reason_code(account::SenderReason reason) {
  switch (reason) {
    case account::SenderReason::only_one:
      return "only_one";
    case account::SenderReason::chosen_by_user:
      return "chosen_by_user";
    case account::SenderReason::practice_site:
      return "practice_site";
    case account::SenderReason::undecided:
      return "undecided";
  }
  return "undecided";
}

std::string sender_sentence(const Texts& t, const SenderFact& sender) {
  if (!sender.reason) {
    return t("sender.none", {{"user", sender.user_name}});
  }
  const std::string reason = t("sender_reason." + std::string(reason_code(*sender.reason)));
  return t(sender.this_account ? "sender.this" : "sender.other", {{"user", sender.user_name}, {"reason", reason}});
}

std::string why_not(const Texts& t, std::string_view action_id, const Overview& account,
                    const settings::Settings& settings) {
  const bool local = action_id == "assign" || action_id == "export" || action_id == "edit" || action_id == "remove";
  if (action_id == "export") {
    return has_certificate(account) ? "" : t("why_not.no_certificate");
  }
  if (local) {
    return "";
  }
  if (settings.environment(account.environment_id) == nullptr) {
    return t("why_not.environment_gone");
  }
  const bool before_login = account.state == State::draft || account.state == State::password_change_needed;
  if ((action_id == "change_password" || action_id == "renew" || action_id == "delete_certificate") && before_login) {
    return t("why_not.set_up_first");
  }
  if (action_id == "delete_certificate" && account.server_certificate == ServerCertificate::none) {
    return t("why_not.none_on_server");
  }
  if (action_id == "delete_certificate" && account.renewal_under_way) {
    return t("why_not.renewal_under_way");
  }
  if (action_id == "import" && account.address.empty()) {
    return t("why_not.set_up_first");
  }
  return "";
}

pvs::v1::View account_overview(const Texts& t, const Overview& account, const settings::Settings& settings,
                               const OverviewExtras& extras, TimePoint now) {
  pvs::v1::View out = view(t, "account.overview");
  out.set_title(t("account.overview.title", {{"name", account_name(account)}}));
  pvs::v1::Detail& detail = *out.mutable_detail();
  add_news(t, detail, account, extras);
  add_account_facts(t, add_group(t, detail, "account.overview.account"), account, settings, now);
  add_certificate_facts(t, add_group(t, detail, "account.overview.certificate"), account, now,
                        settings.renewal_hint_days);
  add_use_facts(t, add_group(t, detail, "account.overview.use"), account, extras);
  add_actions(t, out, account, settings);
  return out;
}

}  // namespace kvc::plugin::views
