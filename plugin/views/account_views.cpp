// SPDX-License-Identifier: Apache-2.0
#include "views/account_views.h"

#include <algorithm>

#include "passwords/rules.h"
#include "texts/format.h"
#include "views/message_words.h"

namespace kvc::plugin::views {
namespace {

using account::Overview;
using account::State;
using pvs::v1::Action;
using pvs::v1::Field;
using Column = pvs::v1::Table::Column;

constexpr std::uint32_t kMaxName = 200;

void add_environments(pvs::v1::Field& field, const settings::Settings& settings, const std::string& chosen) {
  for (const auto& environment : settings.environments) {
    auto& choice = *field.add_choices();
    choice.set_id(environment.id);
    choice.set_label(environment.name.empty() ? environment.id : environment.name);
  }
  const bool known = settings.environment(chosen) != nullptr;
  field.mutable_value()->mutable_ids()->add_id(known ? chosen : settings.environments.front().id);
}

void set_errors(const Texts& t, pvs::v1::Form& form, const FieldErrors& errors, const Status& failure) {
  if (!failure.ok()) {
    *form.mutable_error() = to_error(t, failure);
    const auto [name, sentence] = field_of_failure(t, failure);
    set_field_error(form, name, sentence);
  }
  for (const auto& [name, sentence] : errors) {
    set_field_error(form, name, sentence);
  }
}

Field& add_secret(const Texts& t, pvs::v1::Form& form, std::string_view name, bool required = true) {
  Field& field = add_field(t, form, name, Field::TYPE_SECRET, required);
  field.set_max_length(kMaxPassword);
  return field;
}

void add_keystore_password(const Texts& t, pvs::v1::Form& form, bool required) {
  auto& rules = *add_secret(t, form, "keystore_password", required).mutable_password_rules();
  rules.set_min_length(kMinKeystorePassword);
  rules.set_max_length(kMaxPassword);
  rules.set_show_strength(true);
  add_secret(t, form, "keystore_password_repeat", required);
}

/// The server's rules (protocol A), as account::broken_password_rules() checks them.
void set_server_rules(Field& field) {
  auto& rules = *field.mutable_password_rules();
  rules.set_min_length(8);
  rules.set_max_length(kMaxPassword);
  rules.set_min_capitals(2);
  rules.set_min_small_letters(2);
  rules.set_min_digits(1);
  rules.set_show_strength(true);
}

void add_text(const Texts& t, pvs::v1::Form& form, std::string_view name, const std::string& value, bool required) {
  Field& field = add_field(t, form, name, Field::TYPE_TEXT, required);
  field.set_max_length(kMaxName);
  field.mutable_value()->set_text(value);
}

void add_way_on(const Texts& t, google::protobuf::RepeatedPtrField<Action>& actions, State state) {
  if (state == State::ready) {
    add_action(actions, "check", t("action.test_connection"));
  } else {
    add_action(actions, "continue", t("action.continue_setup"));
  }
}

/// The field a failure names, and what it takes.
std::pair<std::string, std::string> invalid_field(const Texts& t, const Status& failure) {
  for (const auto& [name, value] : failure.params()) {
    const std::string key = "form.invalid." + value;
    if (name == "field" && t.has(key)) {
      return {value, t(key)};
    }
  }
  return {};
}

void add_state_cell(pvs::v1::Row& row, std::string text, std::string code, pvs::v1::Severity severity) {
  auto& cell = *row.add_cells();
  cell.set_text(std::move(text));
  cell.set_code(std::move(code));
  cell.set_severity(severity);
}

}  // namespace

pvs::v1::Severity state_severity(State state) {
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

std::string account_name(const Overview& account) {
  return account.display_name.empty() ? account.username : account.display_name;
}

const crypto::Certificate* current_certificate(const Overview& account) {
  const auto found = std::find_if(account.generations.begin(), account.generations.end(),
                                  [](const auto& generation) { return generation.current && generation.certificate; });
  return found == account.generations.end() ? nullptr : &*found->certificate;
}

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

std::string work_sentence(const Texts& t, const account::Work& work) {
  const std::string key = "work." + work.purpose;
  return (work.workstation.empty() ? t("work.unknown_workstation") : shown(work.workstation, 63)) + ": " +
         t(t.has(key) ? key : "work.other");
}

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

std::string weak_password_sentence(const Texts& t, Strength strength) {
  return t("form.password_weak", {{"strength", t("strength." + std::string(strength_code(strength)))}});
}

std::pair<std::string, std::string> field_of_failure(const Texts& t, const Status& failure) {
  if (failure.is(error::invalid_field)) {
    return invalid_field(t, failure);
  }
  if (failure.is(error::wrong_credentials)) {
    return {"password", t("form.refused_by_server")};
  }
  if (failure.is(error::account_locked)) {
    return {"username", t("form.locked_by_server")};
  }
  if (failure.is(error::password_rules) || failure.is(error::password_empty)) {
    return {"new_password", t("form.refused_by_server")};
  }
  if (failure.is(error::tls_not_trusted) || failure.is(error::tls_wrong_host) || failure.is(error::tls_expired) ||
      failure.is(error::tls_failed)) {
    return {"environment", t("form.server_not_trusted")};
  }
  if (failure.category() == Category::network) {
    return {"environment", t("form.server_not_reached")};
  }
  if (failure.category() == Category::protocol) {
    return {"environment", t("form.server_trouble")};
  }
  return {};
}

pvs::v1::View new_account(const Texts& t, const settings::Settings& settings, const AccountDraft& draft,
                          const FieldErrors& errors, const Status& failure) {
  pvs::v1::View out = view(t, "account.new");
  if (settings.environments.empty()) {
    out.mutable_notice()->set_severity(pvs::v1::SEVERITY_WARNING);
    out.mutable_notice()->set_text(t("account.new.no_environment"));
    add_close(t, out);
    return out;
  }
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro(t("account.new.intro"));
  add_text(t, form, "username", draft.username, true);
  add_secret(t, form, "password");
  add_keystore_password(t, form, true);
  add_text(t, form, "display_name", draft.display_name, false);
  add_text(t, form, "description", draft.description, false);
  add_environments(add_field(t, form, "environment", Field::TYPE_CHOICE, true), settings, draft.environment_id);
  set_errors(t, form, errors, failure);
  add_action(*out.mutable_actions(), "check", t("action.check_account"), Action::ROLE_PRIMARY).set_needs_fields(true);
  add_action(*out.mutable_actions(), "import", t("action.import_existing")).set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View password_change(const Texts& t, const std::string& username, PasswordOccasion occasion,
                              const FieldErrors& errors, const Status& failure) {
  pvs::v1::View out = view(t, "account.password_change");
  pvs::v1::Form& form = *out.mutable_form();
  if (occasion == PasswordOccasion::wish) {
    out.set_title(t("account.password_change.title_wish"));
    out.set_help(t("account.password_change.help_wish"));
    form.set_intro(t("account.password_change.intro_wish", {{"name", username}}));
  } else {
    form.set_intro((occasion == PasswordOccasion::resumed ? t("account.password_change.resumed") + "\n\n" : "") +
                   t("account.password_change.intro", {{"name", username}}));
  }
  Field& field = add_secret(t, form, "new_password");
  field.set_hint(t("password_rules.all"));
  set_server_rules(field);
  add_secret(t, form, "new_password_repeat");
  set_errors(t, form, errors, failure);
  add_action(*out.mutable_actions(), "change", t("action.change_password"), Action::ROLE_PRIMARY)
      .set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View correct_password(const Texts& t, const std::string& username, const FieldErrors& errors,
                               const Status& failure) {
  pvs::v1::View out = view(t, "account.correct_password");
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro(t("account.correct_password.intro", {{"name", username}}));
  add_secret(t, form, "password");
  set_errors(t, form, errors, failure);
  add_action(*out.mutable_actions(), "correct", t("action.check_account"), Action::ROLE_PRIMARY).set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View edit_account(const Texts& t, const AccountDraft& draft, const FieldErrors& errors,
                           const Status& failure) {
  pvs::v1::View out = view(t, "account.edit");
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro(t("account.edit.intro", {{"name", draft.username}}));
  add_text(t, form, "display_name", draft.display_name, false);
  add_text(t, form, "description", draft.description, false);
  add_keystore_password(t, form, false);
  form.mutable_fields(2)->set_hint(t("account.edit.keystore_hint"));
  set_errors(t, form, errors, failure);
  add_action(*out.mutable_actions(), "save", t("action.save"), Action::ROLE_PRIMARY).set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View accounts(const Texts& t, const account::OverviewPage& page, const std::string& search, TimePoint now,
                       int renewal_hint_days) {
  pvs::v1::View out = view(t, "accounts");
  pvs::v1::Table& table = *out.mutable_table();
  table.set_intro(t("accounts.intro"));
  table.set_empty_text(search.empty() ? t("accounts.empty")
                                      : t("accounts.nothing_found", {{"text", shown(search, kMaxName)}}));
  add_column(t, table, "accounts", "name", Column::KIND_TEXT);
  add_column(t, table, "accounts", "address", Column::KIND_TEXT);
  add_column(t, table, "accounts", "state", Column::KIND_STATE);
  add_column(t, table, "accounts", "certificate", Column::KIND_STATE);
  add_column(t, table, "accounts", "work", Column::KIND_TEXT);
  for (const Overview& account : page.items) {
    pvs::v1::Row& row = *table.add_rows();
    row.set_row_id(account.id);
    row.add_cells()->set_text(account_name(account));
    row.add_cells()->set_text(account.address.empty() ? account.username : account.address);
    const std::string state(state_code(account.state));
    add_state_cell(row, t("state.account." + state), state, state_severity(account.state));
    const Validity valid = validity(t, account, now, renewal_hint_days);
    add_state_cell(row, valid.text, valid.code, valid.severity);
    std::string work;
    for (const account::Work& each : account.work) {
      work += (work.empty() ? "" : "; ") + work_sentence(t, each);
    }
    row.add_cells()->set_text(work);
    add_action(*row.mutable_actions(), "open", t("action.open_account"), Action::ROLE_PRIMARY);
    add_way_on(t, *row.mutable_actions(), account.state);
  }
  table.set_total(page.total);
  table.set_next_page(page.next);
  if (page.items.size() < page.assigned) {
    set_search(t, table, "account_search", search).set_as_you_type(true);
  }
  add_action(*out.mutable_actions(), "new", t("action.new_account"), Action::ROLE_PRIMARY).set_keep_view(true);
  add_action(*out.mutable_actions(), "apply", t("action.apply")).set_keep_view(true);
  add_action(*out.mutable_actions(), "refresh", t("action.refresh"));
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
