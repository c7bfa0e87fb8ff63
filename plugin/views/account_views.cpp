// SPDX-License-Identifier: Apache-2.0
#include "views/account_views.h"

#include <algorithm>

#include "texts/format.h"

namespace kvc::plugin::views {
namespace {

using account::Overview;
using account::State;
using pvs::v1::Action;
using pvs::v1::Field;
using Column = pvs::v1::Table::Column;
using Group = pvs::v1::Detail::Group;

constexpr std::uint32_t kMaxPassword = 200;
constexpr std::uint32_t kMaxName = 200;

pvs::v1::Severity severity_of(State state) {
  switch (state) {
    case State::ready:
      return pvs::v1::SEVERITY_GOOD;
    case State::failed:
      return pvs::v1::SEVERITY_BAD;
    case State::draft:
    case State::password_change_needed:
    case State::enrolling:
      return pvs::v1::SEVERITY_WARNING;
  }
  return pvs::v1::SEVERITY_UNSPECIFIED;
}

const crypto::Certificate* current_certificate(const Overview& account) {
  const auto found = std::find_if(account.generations.begin(), account.generations.end(),
                                  [](const auto& generation) { return generation.current && generation.certificate; });
  return found == account.generations.end() ? nullptr : &*found->certificate;
}

/// How long a certificate still holds, as a sentence with its weight.
struct Validity {
  std::string text, code;
  pvs::v1::Severity severity;
};

Validity validity(const Texts& t, const Overview& account, TimePoint now, int hint_days) {
  const crypto::Certificate* const certificate = current_certificate(account);
  if (certificate == nullptr) {
    return {t("certificate.none"), "none", pvs::v1::SEVERITY_INFO};
  }
  const std::string until = format_date(certificate->not_after(), t.language());
  if (certificate->not_after() <= now) {
    return {t("certificate.expired", {{"date", until}}), "expired", pvs::v1::SEVERITY_BAD};
  }
  const auto days = static_cast<std::uint64_t>(std::max<std::int64_t>(0, days_between(now, certificate->not_after())));
  const std::string text = t.count("certificate.valid_until", days, {{"date", until}});
  const bool soon = days <= static_cast<std::uint64_t>(std::max(0, hint_days));
  return {text, soon ? "renew" : "valid", soon ? pvs::v1::SEVERITY_WARNING : pvs::v1::SEVERITY_GOOD};
}

void add_environments(pvs::v1::Field& field, const settings::Settings& settings, const std::string& chosen) {
  for (const auto& environment : settings.environments) {
    auto& choice = *field.add_choices();
    choice.set_id(environment.id);
    choice.set_label(environment.name.empty() ? environment.id : environment.name);
  }
  const bool known = settings.environment(chosen) != nullptr;
  field.mutable_value()->mutable_ids()->add_id(known ? chosen : settings.environments.front().id);
}

void set_errors(pvs::v1::Form& form, const FieldErrors& errors) {
  for (const auto& [name, sentence] : errors) {
    set_field_error(form, name, sentence);
  }
}

Field& add_secret(const Texts& t, pvs::v1::Form& form, std::string_view name) {
  Field& field = add_field(t, form, name, Field::TYPE_SECRET, true);
  field.set_max_length(kMaxPassword);
  return field;
}

std::string name_of(const Overview& account) {
  return account.display_name.empty() ? account.username : account.display_name;
}

void add_way_on(const Texts& t, google::protobuf::RepeatedPtrField<Action>& actions, State state) {
  if (state == State::ready) {
    add_action(actions, "check", t("action.test_connection"));
  } else {
    add_action(actions, "continue", t("action.continue_setup"));
  }
}

Group& add_group(const Texts& t, pvs::v1::Detail& detail, std::string_view key) {
  Group& group = *detail.add_groups();
  group.set_heading(t(key));
  return group;
}

void add_account_facts(const Texts& t, Group& group, const Overview& account, const settings::Settings& settings) {
  add_fact(group, "display_name", t("fact.display_name"), name_of(account));
  add_fact(group, "username", t("fact.username"), account.username);
  add_fact(group, "address", t("fact.address"), account.address.empty() ? t("fact.not_yet_known") : account.address);
  if (!account.description.empty()) {
    add_fact(group, "description", t("fact.description"), account.description);
  }
  const auto* const environment = settings.environment(account.environment_id);
  add_fact(group, "environment", t("fact.environment"),
           environment == nullptr ? t("fact.environment_gone", {{"id", account.environment_id}}) : environment->name)
      .set_code(account.environment_id);
  auto& state = add_fact(group, "state", t("fact.state"), t("state.account." + std::string(state_code(account.state))));
  state.set_code(std::string(state_code(account.state)));
  state.set_severity(severity_of(account.state));
  add_fact(group, "password_last_change", t("fact.password_last_change"),
           account.password_last_change.empty() ? t("fact.not_yet_known")
                                                : format_xs_time(account.password_last_change, t.language()));
  add_fact(group, "uid", t("fact.uid"), account.uid.empty() ? t("fact.not_yet_known") : account.uid).set_expert(true);
  if (account.csr_status != 0) {
    auto& csr = add_fact(group, "csr_status", t("fact.csr_status"),
                         progress_sentence(t, "csr." + std::to_string(account.csr_status)));
    csr.set_code(std::to_string(account.csr_status));
    csr.set_expert(account.state == State::ready);
  }
}

void add_certificate_facts(const Texts& t, Group& group, const Overview& account, TimePoint now, int hint_days) {
  const Validity valid = validity(t, account, now, hint_days);
  auto& fact = add_fact(group, "certificate", t("fact.certificate"), valid.text);
  fact.set_code(valid.code);
  fact.set_severity(valid.severity);
  group.set_severity(valid.severity);
  if (const crypto::Certificate* const certificate = current_certificate(account)) {
    add_fact(group, "valid_from", t("fact.valid_from"), format_date(certificate->not_before(), t.language()));
    add_fact(group, "subject", t("fact.subject"), certificate->subject()).set_expert(true);
    add_fact(group, "issuer", t("fact.issuer"), certificate->issuer()).set_expert(true);
    add_fact(group, "serial", t("fact.serial"), certificate->serial_hex()).set_expert(true);
    add_fact(group, "fingerprint", t("fact.fingerprint"), certificate->fingerprint_sha256()).set_expert(true);
  }
  for (const auto& generation : account.generations) {
    const std::string state = generation.current       ? t("generation.current")
                              : generation.certificate ? t("generation.older")
                                                       : t("generation.requested");
    add_fact(group, "generation_" + std::to_string(generation.number),
             t("fact.generation", {{"number", std::to_string(generation.number)}}), state)
        .set_expert(true);
  }
}

void add_use_facts(const Texts& t, Group& group, const Overview& account, const UserNames& users) {
  std::string names;
  for (const auto& id : account.user_ids) {
    const auto found = std::find_if(users.begin(), users.end(), [&](const auto& user) { return user.first == id; });
    names += (names.empty() ? "" : ", ") + (found == users.end() ? id : found->second);
  }
  add_fact(group, "users", t("fact.users"), names);
  add_fact(group, "last_fetch", t("fact.last_fetch"),
           account.last_fetch ? format_time(*account.last_fetch, t.language()) : t("fact.never"));
  if (!account.last_error.empty()) {
    auto& fact = add_fact(group, "last_error", t("fact.last_error"), error_sentence(t, account.last_error));
    fact.set_code(account.last_error);
    fact.set_severity(pvs::v1::SEVERITY_WARNING);
  }
}

}  // namespace

std::string_view state_code(State state) {
  switch (state) {
    case State::draft:
      return "draft";
    case State::password_change_needed:
      return "password_change_needed";
    case State::enrolling:
      return "enrolling";
    case State::ready:
      return "ready";
    case State::failed:
      return "failed";
  }
  return "failed";
}

std::string password_rules_sentence(const Texts& t, const std::vector<std::string>& broken) {
  std::string sentence = t("password_rules.missing");
  for (std::size_t i = 0; i < broken.size(); ++i) {
    sentence += (i == 0 ? " " : ", ") + t("password_rules." + broken[i]);
  }
  return sentence + ".";
}

pvs::v1::View new_account(const Texts& t, const settings::Settings& settings, const AccountDraft& draft,
                          const FieldErrors& errors) {
  pvs::v1::View out = view(t, "account.new");
  if (settings.environments.empty()) {
    out.mutable_notice()->set_severity(pvs::v1::SEVERITY_WARNING);
    out.mutable_notice()->set_text(t("account.new.no_environment"));
    add_close(t, out);
    return out;
  }
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro(t("account.new.intro"));
  Field& username = add_field(t, form, "username", Field::TYPE_TEXT, true);
  username.set_max_length(kMaxName);
  username.mutable_value()->set_text(draft.username);
  add_secret(t, form, "password");
  add_secret(t, form, "keystore_password");
  add_secret(t, form, "keystore_password_repeat");
  for (const auto& [name, value] : {std::pair<const char*, const std::string&>{"display_name", draft.display_name},
                                    {"description", draft.description}}) {
    Field& field = add_field(t, form, name, Field::TYPE_TEXT, false);
    field.set_max_length(kMaxName);
    field.mutable_value()->set_text(value);
  }
  add_environments(add_field(t, form, "environment", Field::TYPE_CHOICE, true), settings, draft.environment_id);
  set_errors(form, errors);
  add_action(*out.mutable_actions(), "check", t("action.check_account"), Action::ROLE_PRIMARY).set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View password_change(const Texts& t, const Overview& account, bool resumed, const FieldErrors& errors) {
  pvs::v1::View out = view(t, "account.password_change");
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro((resumed ? t("account.password_change.resumed") + "\n\n" : std::string()) +
                 t("account.password_change.intro", {{"name", account.username}}));
  Field& field = add_secret(t, form, "new_password");
  field.set_hint(t("password_rules.all"));
  add_secret(t, form, "new_password_repeat");
  set_errors(form, errors);
  add_action(*out.mutable_actions(), "change", t("action.change_password"), Action::ROLE_PRIMARY)
      .set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View accounts(const Texts& t, const std::vector<Overview>& accounts, TimePoint now, int renewal_hint_days) {
  pvs::v1::View out = view(t, "accounts");
  pvs::v1::Table& table = *out.mutable_table();
  table.set_intro(t("accounts.intro"));
  table.set_empty_text(t("accounts.empty"));
  add_column(t, table, "accounts", "name", Column::KIND_TEXT);
  add_column(t, table, "accounts", "address", Column::KIND_TEXT);
  add_column(t, table, "accounts", "state", Column::KIND_STATE);
  add_column(t, table, "accounts", "certificate", Column::KIND_STATE);
  for (const Overview& account : accounts) {
    pvs::v1::Row& row = *table.add_rows();
    row.set_row_id(account.id);
    row.add_cells()->set_text(name_of(account));
    row.add_cells()->set_text(account.address.empty() ? account.username : account.address);
    auto& state = *row.add_cells();
    state.set_text(t("state.account." + std::string(state_code(account.state))));
    state.set_code(std::string(state_code(account.state)));
    state.set_severity(severity_of(account.state));
    const Validity valid = validity(t, account, now, renewal_hint_days);
    auto& certificate = *row.add_cells();
    certificate.set_text(valid.text);
    certificate.set_code(valid.code);
    certificate.set_severity(valid.severity);
    add_action(*row.mutable_actions(), "open", t("action.open_account"), Action::ROLE_PRIMARY);
    add_way_on(t, *row.mutable_actions(), account.state);
  }
  table.set_total(accounts.size());
  add_action(*out.mutable_actions(), "new", t("action.new_account"), Action::ROLE_PRIMARY).set_keep_view(true);
  add_action(*out.mutable_actions(), "refresh", t("action.refresh"));
  add_close(t, out);
  return out;
}

pvs::v1::View account_overview(const Texts& t, const Overview& account, const settings::Settings& settings,
                               const UserNames& users, TimePoint now, bool checked) {
  pvs::v1::View out = view(t, "account.overview");
  out.set_title(t("account.overview.title", {{"name", name_of(account)}}));
  pvs::v1::Detail& detail = *out.mutable_detail();
  if (checked) {
    Group& group = add_group(t, detail, "account.overview.checked");
    group.set_severity(pvs::v1::SEVERITY_GOOD);
    auto& fact = add_fact(group, "connection", t("fact.connection"), t("account.overview.connection_good"));
    fact.set_severity(pvs::v1::SEVERITY_GOOD);
    fact.set_code("good");
  }
  add_account_facts(t, add_group(t, detail, "account.overview.account"), account, settings);
  add_certificate_facts(t, add_group(t, detail, "account.overview.certificate"), account, now,
                        settings.renewal_hint_days);
  add_use_facts(t, add_group(t, detail, "account.overview.use"), account, users);
  add_way_on(t, *out.mutable_actions(), account.state);
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
