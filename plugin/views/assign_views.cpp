// SPDX-License-Identifier: Apache-2.0
#include "views/assign_views.h"

namespace kvc::plugin::views {
namespace {

using pvs::v1::Action;
using pvs::v1::Field;

void add_choices(Field& field, const UserNames& choices, const std::vector<std::string>& chosen) {
  for (const auto& [id, label] : choices) {
    auto& choice = *field.add_choices();
    choice.set_id(id);
    choice.set_label(label.empty() ? id : label);
  }
  auto& ids = *field.mutable_value()->mutable_ids();
  for (const std::string& id : chosen) {
    ids.add_id(id);
  }
}

std::string lines(const Texts& t, const std::vector<SenderFact>& senders) {
  std::string text;
  for (const SenderFact& sender : senders) {
    text += (text.empty() ? "" : "\n") + sender_sentence(t, sender);
  }
  return text;
}

}  // namespace

pvs::v1::View assign(const Texts& t, const Assignment& assignment, const FieldErrors& errors, const Status& failure) {
  pvs::v1::View out = view(t, "account.assign");
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro(t("account.assign.intro", {{"name", assignment.account_name}}));
  add_choices(add_field(t, form, "users", Field::TYPE_MULTI_CHOICE, true), assignment.users, assignment.chosen);
  if (!assignment.sites.empty()) {
    add_choices(add_field(t, form, "practice_sites", Field::TYPE_MULTI_CHOICE, false), assignment.sites,
                assignment.chosen_sites);
  }
  add_field(t, form, "default_sender", Field::TYPE_CHECK, false).mutable_value()->set_check(assignment.default_sender);
  if (!assignment.senders.empty()) {
    add_field(t, form, "senders", Field::TYPE_READ_ONLY, false).mutable_value()->set_text(lines(t, assignment.senders));
  }
  if (!failure.ok()) {
    *form.mutable_error() = to_error(t, failure);
  }
  for (const auto& [name, sentence] : errors) {
    set_field_error(form, name, sentence);
  }
  add_action(*out.mutable_actions(), "save", t("action.save"), Action::ROLE_PRIMARY).set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View unassign_self(const Texts& t, const std::string& account_name,
                            const std::vector<std::string>& remaining_names) {
  pvs::v1::View out = view(t, "account.unassign_self");
  std::string names;
  for (const std::string& name : remaining_names) {
    names += (names.empty() ? "" : ", ") + name;
  }
  auto& confirmation = *out.mutable_confirmation();
  confirmation.set_question(t("account.unassign_self.question", {{"name", account_name}}));
  confirmation.set_consequence(t("account.unassign_self.consequence", {{"users", names}}));
  confirmation.set_severity(pvs::v1::SEVERITY_WARNING);
  add_action(*out.mutable_actions(), "confirm", t("action.unassign_self"), Action::ROLE_DANGER);
  add_close(t, out);
  return out;
}

pvs::v1::View unassigned(const Texts& t, const std::string& account_name) {
  pvs::v1::View out = view(t, "account.unassigned");
  out.mutable_notice()->set_severity(pvs::v1::SEVERITY_GOOD);
  out.mutable_notice()->set_text(t("account.unassigned.text", {{"name", account_name}}));
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
