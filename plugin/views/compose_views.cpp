// SPDX-License-Identifier: Apache-2.0
#include "views/compose_views.h"

#include <algorithm>

#include "mime/safe_name.h"
#include "texts/format.h"
#include "views/mailbox_views.h"
#include "views/message_words.h"

namespace kvc::plugin::views {
namespace {

using pvs::v1::Action;
using pvs::v1::Field;
using Group = pvs::v1::Detail::Group;

constexpr std::uint32_t kLongestSubject = 200;

void add_option(Field& field, const Option& option) {
  auto& choice = *field.add_choices();
  choice.set_id(option.id);
  choice.set_label(option.label);
  choice.set_disabled(!option.why_not.empty());
  choice.set_disabled_reason(option.why_not);
}

/// A choice with one possibility set: the given one if it can be chosen, else the first that can.
Field& add_choice(const Texts& t, pvs::v1::Form& form, std::string_view name, const std::vector<Option>& options,
                  const std::string& chosen) {
  Field& field = add_field(t, form, name, Field::TYPE_CHOICE, true);
  const Option* set = nullptr;
  for (const Option& option : options) {
    add_option(field, option);
    if (option.why_not.empty() && (set == nullptr || option.id == chosen)) {
      set = &option;
    }
  }
  if (set != nullptr) {
    field.mutable_value()->mutable_ids()->add_id(set->id);
  }
  return field;
}

void add_read_only(const Texts& t, pvs::v1::Form& form, std::string_view name, const std::string& text) {
  add_field(t, form, name, Field::TYPE_READ_ONLY, false).mutable_value()->set_text(text);
}

void add_check(const Texts& t, pvs::v1::Form& form, std::string_view name, bool value) {
  add_field(t, form, name, Field::TYPE_CHECK, false).mutable_value()->set_check(value);
}

pvs::v1::View begin(const Texts& t, std::string_view kind, const ComposeForm& form) {
  pvs::v1::View out = view(t, kind);
  if (!form.title_key.empty()) {
    out.set_title(t(form.title_key));
  }
  out.mutable_form()->set_intro(t(std::string(kind) + ".intro"));
  std::vector<Option> senders;
  for (const SenderChoice& sender : form.senders) {
    senders.push_back({sender.id, sender.label});
  }
  Field& from = add_choice(t, *out.mutable_form(), "account", senders, form.account_id);
  if (!form.sender_hint.empty()) {
    from.set_hint(form.sender_hint);
  }
  return out;
}

/// The recipient, and what of the address book fits when several entries do.
void add_recipient(const Texts& t, pvs::v1::Form& form, const ComposeForm& from) {
  add_field(t, form, "recipient", Field::TYPE_RECIPIENT, true).mutable_value()->set_text(from.to);
  if (from.hits.empty()) {
    return;
  }
  Field& choice = add_field(t, form, "recipient_choice", Field::TYPE_CHOICE, false);
  for (const directory::Hit& hit : from.hits) {
    add_option(choice, {hit.entry.address, entry_line(hit.entry)});
  }
}

/// Files: those that are there already, each to be kept or left out, and more.
void add_files(const Texts& t, pvs::v1::Form& form, std::string_view name, const ComposeForm& from) {
  if (!from.kept.empty()) {
    Field& kept = add_field(t, form, "kept_files", Field::TYPE_MULTI_CHOICE, false);
    for (const KeptFile& file : from.kept) {
      add_option(kept, {file.id, shown(file.name) + " (" + format_size(file.size, t.language()) + ")"});
      kept.mutable_value()->mutable_ids()->add_id(file.id);
    }
  }
  add_field(t, form, name, Field::TYPE_FILE, false).set_multiple(true);
}

/// Errors, and the button that leads to the confirmation.
void finish(const Texts& t, pvs::v1::View& out, const ComposeForm& form) {
  for (const auto& [name, sentence] : form.errors) {
    set_field_error(*out.mutable_form(), name, sentence);
  }
  if (!form.failure.ok()) {
    *out.mutable_form()->mutable_error() = to_error(t, form.failure);
  }
  add_action(*out.mutable_actions(), "check", t("action.check_message"), Action::ROLE_PRIMARY).set_needs_fields(true);
}

/// Somebody wrote something, which a notice would hide. Files alone can be chosen again.
bool is_written(const ComposeForm& form) {
  return !form.to.empty() || !form.subject.empty() || !form.text.empty();
}

pvs::v1::View no_account(const Texts& t) {
  return notice(t, "compose.no_account", pvs::v1::SEVERITY_WARNING);
}

// ---- the confirmation ----

Group& add_group(pvs::v1::Detail& detail, std::string heading) {
  Group& group = *detail.add_groups();
  group.set_heading(std::move(heading));
  return group;
}

void add_known(Group& group, const Texts& t, const char* name, const std::string& value, bool expert = false) {
  if (!value.empty()) {
    add_fact(group, name, t("fact." + std::string(name)), value).set_expert(expert);
  }
}

void add_certificate(const Texts& t, Group& group, const mailbox::RecipientCheck& recipient) {
  const crypto::Certificate& certificate = recipient.certificate;
  auto& state = add_fact(group, "certificate", t("fact.certificate"), t("compose.confirm.certificate_good"));
  state.set_code("good");
  state.set_severity(pvs::v1::SEVERITY_GOOD);
  add_known(group, t, "owner", certificate.common_name());
  add_known(group, t, "issuer", recipient.issuer_name.empty() ? certificate.issuer() : recipient.issuer_name);
  add_fact(group, "not_after", t("fact.not_after"), format_date(certificate.not_after(), t.language()));
  add_known(group, t, "subject", certificate.subject(), true);
  add_known(group, t, "serial", certificate.serial_hex(), true);
  add_known(group, t, "fingerprint", certificate.fingerprint_sha256(), true);
  for (const std::string& deviation : recipient.deviations) {
    add_fact(group, "deviation", t("fact.deviation"), deviation).set_expert(true);
  }
}

void add_recipient_group(const Texts& t, pvs::v1::Detail& detail, const ConfirmFacts& facts) {
  Group& group = add_group(detail, t("compose.confirm.recipient"));
  add_fact(group, "to", t("fact.to"), facts.mail->to);
  add_known(group, t, "name", facts.recipient_name);
  if (facts.recipient) {
    group.set_severity(pvs::v1::SEVERITY_GOOD);
    add_certificate(t, group, *facts.recipient);
    return;
  }
  const pvs::v1::Severity severity = may_pass(facts.failure) ? pvs::v1::SEVERITY_WARNING : pvs::v1::SEVERITY_BAD;
  group.set_severity(severity);
  const std::string code = facts.failure.code().key;
  const std::string own = "compose.confirm.failure." + code;
  auto& state = add_fact(group, "certificate", t("fact.certificate"), t(t.has(own) ? own : "error." + code));
  state.set_code(code);
  state.set_severity(severity);
}

void add_message_group(const Texts& t, pvs::v1::Detail& detail, const ConfirmFacts& facts) {
  const mailbox::Draft& mail = *facts.mail;
  Group& group = add_group(detail, t("compose.confirm.message"));
  for (const std::string& warning : facts.warnings) {
    add_fact(group, "warning", t("fact.warning"), warning).set_severity(pvs::v1::SEVERITY_WARNING);
    group.set_severity(pvs::v1::SEVERITY_WARNING);
  }
  add_fact(group, "sender", t("fact.sender"), facts.sender);
  add_fact(group, "service", t("fact.service"), facts.service).set_code(mail.service_id.text());
  add_known(group, t, "subject_line", mail.user_subject);
  add_fact(group, "receipt", t("fact.receipt"),
           t(mail.request_receipt ? "compose.confirm.receipt_asked" : "compose.confirm.receipt_not_asked"))
      .set_code(mail.request_receipt ? "asked" : "not_asked");
  std::uint64_t total = mail.text.size();
  for (const mailbox::DraftFile& file : mail.files) {
    total += file.content.size();
  }
  add_fact(group, "size", t("fact.size"), format_size(total, t.language()));
  for (const std::string& note : facts.notes) {
    add_fact(group, "remark", t("fact.remark"), note);
  }
}

void add_visible_group(const Texts& t, pvs::v1::Detail& detail, const ConfirmFacts& facts) {
  Group& group = add_group(detail, t("compose.confirm.visible"));
  add_fact(group, "clear_subject", t("fact.clear_subject"), facts.clear_subject);
  add_fact(group, "service_id", t("fact.service_id"), facts.mail->service_id.text());
  add_fact(group, "rest", t("fact.visible_rest"), t("compose.confirm.visible_rest"));
}

}  // namespace

std::string entry_line(const directory::Entry& entry) {
  std::string line = entry.name;
  for (const std::string* more : {&entry.practice, &entry.town, &entry.address}) {
    if (!more->empty()) {
      line += (line.empty() ? "" : ", ") + *more;
    }
  }
  return line;
}

pvs::v1::View compose_enachricht(const Texts& t, const ComposeForm& form) {
  if (form.senders.empty() && !is_written(form)) {
    return no_account(t);
  }
  pvs::v1::View out = begin(t, "compose.enachricht", form);
  pvs::v1::Form& fields = *out.mutable_form();
  add_recipient(t, fields, form);
  Field& subject = add_field(t, fields, "subject", Field::TYPE_TEXT, true);
  subject.set_max_length(kLongestSubject);
  subject.mutable_value()->set_text(form.subject);
  add_field(t, fields, "text", Field::TYPE_MULTILINE, false).mutable_value()->set_text(form.text);
  add_files(t, fields, "attachments", form);
  add_check(t, fields, "request_receipt", form.request_receipt);
  finish(t, out, form);
  add_action(*out.mutable_actions(), "save_draft", t("action.save_draft")).set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View compose_earztbrief(const Texts& t, const LetterForm& form) {
  if (form.common.senders.empty()) {
    return no_account(t);
  }
  pvs::v1::View out = begin(t, "compose.earztbrief", form.common);
  pvs::v1::Form& fields = *out.mutable_form();
  add_read_only(t, fields, "patient", form.patient);
  if (!form.patient_note.empty()) {
    fields.mutable_fields(fields.fields_size() - 1)->set_hint(form.patient_note);
  }
  add_recipient(t, fields, form.common);
  Field& document = add_field(t, fields, "document", Field::TYPE_FILE, false);
  document.add_file_patterns("*.pdf");
  add_choice(t, fields, "pdf_kind",
             {{"unsigned", t("choice.pdf_kind.unsigned")}, {"signed", t("choice.pdf_kind.signed")}},
             form.pdf_signed ? "signed" : "unsigned");
  add_files(t, fields, "attachments", form.common);
  add_check(t, fields, "request_receipt", form.common.request_receipt);
  finish(t, out, form.common);
  add_close(t, out);
  return out;
}

namespace {

/// Practice site, purpose, quarter and all that both kinds of delivery to a KV have.
void add_delivery_fields(const Texts& t, pvs::v1::Form& fields, const KvForm& form, const char* pattern) {
  add_choice(t, fields, "purpose", form.purposes, form.purpose);
  if (!form.earlier.empty()) {
    add_choice(t, fields, "earlier", form.earlier, form.chosen_earlier);
  }
  add_choice(t, fields, "quarter", form.quarters, form.quarter);
  add_choice(t, fields, "completeness",
             {{"complete", t("choice.completeness.complete")}, {"part", t("choice.completeness.part")}},
             form.complete ? "complete" : "part");
  add_files(t, fields, "files", form.common);
  fields.mutable_fields(fields.fields_size() - 1)->add_file_patterns(pattern);
}

void add_receiver(const Texts& t, pvs::v1::Form& fields, const KvForm& form) {
  if (form.sites.size() > 1) {
    add_choice(t, fields, "practice_site", form.sites, form.site);
  }
  add_read_only(t, fields, "kv", form.kv);
}

}  // namespace

pvs::v1::View compose_1click(const Texts& t, const KvForm& form) {
  if (form.common.senders.empty()) {
    return no_account(t);
  }
  pvs::v1::View out = begin(t, "compose.1click", form.common);
  pvs::v1::Form& fields = *out.mutable_form();
  add_receiver(t, fields, form);
  add_choice(t, fields, "content", form.contents, form.content);
  add_delivery_fields(t, fields, form, "*.con.xkm");
  Field& files = *fields.mutable_fields(fields.fields_size() - 1);
  files.add_file_patterns("*.sig.pdf");
  files.add_file_patterns("*.xml");
  add_check(t, fields, "hzv", form.hzv);
  finish(t, out, form.common);
  add_close(t, out);
  return out;
}

pvs::v1::View compose_edoku(const Texts& t, const KvForm& form) {
  if (form.common.senders.empty()) {
    return no_account(t);
  }
  pvs::v1::View out = begin(t, "compose.edoku", form.common);
  pvs::v1::Form& fields = *out.mutable_form();
  add_receiver(t, fields, form);
  add_choice(t, fields, "documentation", form.kinds, form.kind);
  add_delivery_fields(t, fields, form, "*.zip.xkm");
  add_check(t, fields, "request_receipt", form.common.request_receipt);
  finish(t, out, form.common);
  add_close(t, out);
  return out;
}

bool may_pass(const Status& failure) {
  return failure.category() == Category::network || failure.is(error::server_error) || failure.is(error::server_busy) ||
         failure.is(error::bad_answer) || failure.is(error::no_certificate);
}

pvs::v1::View compose_confirm(const Texts& t, const ConfirmFacts& facts) {
  pvs::v1::View out = view(t, "compose.confirm");
  pvs::v1::Detail& detail = *out.mutable_detail();
  add_recipient_group(t, detail, facts);
  add_message_group(t, detail, facts);
  add_visible_group(t, detail, facts);
  for (std::size_t i = 0; i < facts.mail->files.size(); ++i) {
    const mailbox::DraftFile& file = facts.mail->files[i];
    auto& part = *detail.add_parts();
    part.set_part_id(std::to_string(i));
    part.set_name(mime::safe_name(file.name, t("part.unnamed")));
    part.set_media_type(file.type);
    part.set_description(file.description);
    part.set_size(file.content.size());
  }
  detail.set_text(facts.mail->text);
  const bool waits = !facts.recipient && may_pass(facts.failure);
  Action& send = add_action(*out.mutable_actions(), "send", t(waits ? "action.queue_message" : "action.send"),
                            Action::ROLE_PRIMARY);
  if (!facts.recipient && !waits) {
    send.set_disabled(true);
    send.set_disabled_reason(t("compose.confirm.why_not"));
  }
  if (facts.can_go_back) {
    add_action(*out.mutable_actions(), "back", t("action.back"));
  }
  add_action(*out.mutable_actions(), "save_draft", t("action.save_draft"));
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
