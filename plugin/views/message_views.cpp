// SPDX-License-Identifier: Apache-2.0
#include "views/message_views.h"

#include <algorithm>
#include <array>

#include "archive/mail_head.h"
#include "mime/charset.h"
#include "mime/safe_name.h"
#include "texts/format.h"
#include "views/inbox_views.h"
#include "views/message_words.h"

namespace kvc::plugin::views {
namespace {

using message::Verdict;
using pvs::v1::Action;
using pvs::v1::Field;
using Group = pvs::v1::Detail::Group;
using mailbox::InboxItem;
using mailbox::OpenedItem;

constexpr std::size_t kLongestTitle = 120;
constexpr std::uint64_t kLongestReadable = 256ULL * 1024;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

// ---- verdict and layers ----

std::string opened_by(const Texts& t, const mailbox::OpenedBy& by) {
  if (by.generation == 0) {
    return shown(by.label);
  }
  return t(by.current ? "opened_by.current" : "opened_by.older", {{"number", std::to_string(by.generation)}});
}

void add_verdict_group(const Texts& t, pvs::v1::Detail& detail, const OpenedItem& opened) {
  const message::OpenedMessage& message = opened.message;
  const std::string code(message::name(message.verdict));
  Group& group = add_group(detail, t("inbox.message.verdict"));
  group.set_severity(severity_of(message.verdict));
  auto& fact = add_fact(group, "verdict", t("fact.verdict"), t("verdict." + code));
  fact.set_code(code);
  fact.set_severity(severity_of(message.verdict));
  add_fact(group, "verdict_meaning", t("fact.verdict_meaning"), t("verdict_meaning." + code));
  add_known(group, t, "opened_by", opened_by(t, opened.opened_by));
  add_fact(group, "layers", t("fact.layers"), std::to_string(message.layers.size())).set_expert(true);
}

void add_signer(const Texts& t, Group& group, const message::Signer& signer) {
  add_known(group, t, "signer", signer.email);
  add_known(group, t, "subject", signer.subject, true);
  add_known(group, t, "issuer", signer.issuer, true);
  add_known(group, t, "serial", signer.serial, true);
  add_fact(group, "valid_from", t("fact.valid_from"), format_date(signer.not_before, t.language())).set_expert(true);
  add_fact(group, "not_after", t("fact.not_after"), format_date(signer.not_after, t.language())).set_expert(true);
  add_known(group, t, "fingerprint", signer.fingerprint_sha256, true);
}

/// A warning of the reader is a code and what it is about: "header_differs: To". Those the catalogue does not know are
/// shown as they are.
std::string warning_sentence(const Texts& t, const std::string& warning) {
  const std::size_t colon = std::min(warning.find(':'), warning.size());
  const std::string key = "message.warning." + warning.substr(0, colon);
  const std::size_t begin = warning.find_first_not_of(": ", colon);
  const std::string about = begin == std::string::npos ? std::string() : warning.substr(begin);
  return t.has(key) ? t(key, {{"value", shown(about)}}) : shown(warning);
}

std::vector<std::string> warning_sentences(const Texts& t, const std::vector<std::string>& warnings) {
  std::vector<std::string> sentences;
  for (const std::string& warning : warnings) {
    sentences.push_back(warning_sentence(t, warning));
  }
  return sentences;
}

void add_layer_technology(const Texts& t, Group& group, const message::Layer& layer) {
  if (layer.signing_time) {
    add_fact(group, "signing_time", t("fact.signing_time"), format_time(*layer.signing_time, t.language()))
        .set_expert(true);
  }
  add_fact(group, "reference_time", t("fact.reference_time"), format_time(layer.reference_time, t.language()))
      .set_expert(true);
  add_known(group, t, "content_cipher", layer.content_cipher, true);
  add_known(group, t, "digest", layer.digest, true);
  add_known(group, t, "key_label", layer.key_label, false);
  add_known(group, t, "reason", layer.reason, true);
  add_known(group, t, "warnings", joined(warning_sentences(t, layer.warnings)), true);
  if (layer.verdict == Verdict::decrypt_failed) {
    for (const auto& recipient : layer.recipients) {
      add_fact(group, "would_open", t("fact.would_open"), shown(recipient.issuer + ", " + recipient.serial_hex))
          .set_expert(true);
    }
  }
}

/// As people here write a time; what cannot be read as one stays as the mail says it.
std::string mail_date(const Texts& t, const std::string& field) {
  const auto time = archive::parse_mail_date(field);
  return time ? format_time(*time, t.language()) : field;
}

void add_layer(const Texts& t, pvs::v1::Detail& detail, const message::Layer& layer, std::size_t number,
               std::size_t count) {
  Group& group = add_group(detail, count == 1 ? t("inbox.message.layer_only")
                                              : t("inbox.message.layer", {{"number", std::to_string(number)}}));
  group.set_severity(severity_of(layer.verdict));
  auto& verdict = add_fact(group, "layer_verdict", t("fact.verdict"), verdict_word(t, layer.verdict));
  verdict.set_code(std::string(message::name(layer.verdict)));
  verdict.set_severity(severity_of(layer.verdict));
  add_known(group, t, "from", layer.from);
  add_known(group, t, "to", layer.to);
  add_known(group, t, "date", mail_date(t, layer.date));
  if (layer.signer) {
    add_signer(t, group, *layer.signer);
  }
  std::vector<std::string> findings;
  for (const Verdict finding : layer.findings) {
    findings.push_back(verdict_word(t, finding));
  }
  add_known(group, t, "findings", joined(findings));
  add_known(group, t, "service_id", layer.service_id, true);
  add_known(group, t, "message_id", layer.message_id, true);
  add_known(group, t, "in_reply_to", layer.in_reply_to, true);
  add_layer_technology(t, group, layer);
}

// ---- the message ----

/// The subject the sender typed stands inside the signature; the one of the clear header says nothing.
std::string signed_subject(const OpenedItem& opened) {
  const auto& layers = opened.message.layers;
  return opened.item.subject.empty() && !layers.empty() ? layers.back().subject : opened.item.subject;
}

void add_unassigned_group(const Texts& t, pvs::v1::Detail& detail, const mailbox::UnassignedAnswer& answer) {
  Group& group = add_group(detail, t("inbox.message.unassigned"));
  group.set_severity(pvs::v1::SEVERITY_BAD);
  auto& fact = add_fact(group, "unassigned", t("fact.unassigned"), t("inbox.unassigned.text"));
  fact.set_severity(pvs::v1::SEVERITY_BAD);
  fact.set_code("unassigned");
  add_known(group, t, "from", answer.from);
  add_known(group, t, "date", mail_date(t, answer.date));
  add_known(group, t, "message_id", answer.message_id);
  add_fact(group, "guid", t("fact.guid"), answer.guid.empty() ? t("fact.not_known") : shown(answer.guid));
}

void add_message_group(const Texts& t, const service::Catalogue& catalogue, pvs::v1::Detail& detail,
                       const OpenedItem& opened, bool may_show) {
  Group& group = add_group(detail, t("inbox.message.message"));
  add_fact(group, "from", t("fact.from"), shown(opened.item.from));
  add_fact(group, "received", t("fact.received"), format_time(opened.item.received, t.language()));
  add_fact(group, "service", t("fact.service"), service_name(t, catalogue, opened.item.service_id))
      .set_code(shown(opened.item.service_id));
  const auto kind = opened.item.is_receipt ? service::MessageKind::receipt : kind_of(catalogue, opened.item.service_id);
  if (kind && kind != service::MessageKind::delivery) {
    add_fact(group, "kind", t("fact.kind"), t("inbox.kind." + std::string(service::name(*kind))))
        .set_code(std::string(service::name(*kind)));
  }
  if (may_show) {
    add_fact(group, "subject_line", t("fact.subject_line"),
             subject_words(t, catalogue, opened.item.service_id, signed_subject(opened), kWhole));
    return;
  }
  auto& fact = add_fact(group, "not_shown", t("fact.content"), t("inbox.message.not_shown"));
  fact.set_severity(pvs::v1::SEVERITY_WARNING);
  fact.set_code("not_shown");
}

void add_parts(const Texts& t, const service::Catalogue& catalogue, pvs::v1::Detail& detail, const OpenedItem& opened,
               bool may_show) {
  for (std::size_t i = 0; i < opened.message.parts.size(); ++i) {
    const message::Part& part = opened.message.parts[i];
    auto& out = *detail.add_parts();
    out.set_part_id(std::to_string(i));
    out.set_name(part.name.empty() && !part.attachment ? t("part.message_text")
                                                       : mime::safe_name(part.name, t("part.unnamed")));
    out.set_media_type(shown(part.type, 100));
    const std::string role = i < opened.roles.size() ? opened.roles[i] : std::string();
    const std::string title = part_title(t, catalogue, opened.item.service_id, role, part.description);
    out.set_description(is_html(part) ? (title.empty() ? "" : title + " – ") + t("part.html") : title);
    out.set_size(part.size);
    out.set_sha256(part.sha256);
    if (may_show && is_readable_text(part)) {
      add_action(*out.mutable_actions(), "open", t("action.open_part")).set_keep_view(true);
    }
    add_action(*out.mutable_actions(), "save", may_show ? t("action.save") : t("action.save_unverified"),
               may_show && !is_html(part) ? Action::ROLE_PRIMARY : Action::ROLE_DANGER)
        .set_keep_view(true);
  }
}

Action& add_or_grey(const Texts& t, pvs::v1::View& out, const char* id, const std::string& why_not) {
  Action& action = add_action(*out.mutable_actions(), id, t("action." + std::string(id)));
  action.set_keep_view(true);
  if (!why_not.empty()) {
    action.set_disabled(true);
    action.set_disabled_reason(why_not);
  }
  return action;
}

std::string why_no_answer(const Texts& t, const service::Catalogue& catalogue, const InboxItem& item, bool may_show) {
  if (!may_show) {
    return t("why_not.unverified");
  }
  const service::Service* service = catalogue.service(item.service_key);
  return item.is_receipt || service == nullptr || service->answered_by.empty() ? t("why_not.answer") : std::string();
}

void add_actions(const Texts& t, const service::Catalogue& catalogue, pvs::v1::View& out, const OpenedItem& opened,
                 bool may_show) {
  const std::string unverified = may_show ? std::string() : t("why_not.unverified");
  const bool receipt = opened.item.is_receipt;
  add_or_grey(t, out, "answer", why_no_answer(t, catalogue, opened.item, may_show));
  add_or_grey(t, out, "forward", receipt ? t("why_not.forward") : unverified);
  add_or_grey(t, out, "deliver",
              !unverified.empty()           ? unverified
              : deliverable(opened).empty() ? t("why_not.deliver")
                                            : std::string());
  add_or_grey(t, out, "thread", opened.item.thread_id.empty() ? t("why_not.thread") : std::string());
  add_or_grey(t, out, "save_original", {});
  add_or_grey(t, out, "save_protocol", {});
  add_or_grey(t, out, "save_protocol_text", {});
  if (opened.message.parts.empty() &&
      (opened.message.verdict == Verdict::digest_mismatch || opened.message.verdict == Verdict::not_signed)) {
    add_or_grey(t, out, "save_unverified", {}).set_role(Action::ROLE_DANGER);
  }
  if (opened.archived) {
    add_or_grey(t, out, "set_reference", {});
  }
  add_action(*out.mutable_actions(), "unread", t("action.mark_unread"));
  add_close(t, out);
}

// ---- handing over ----

std::string hint_name(const letter::PatientHint& hint) {
  return shown(hint.family + (hint.family.empty() || hint.given.empty() ? "" : ", ") + hint.given);
}

void add_read_only(const Texts& t, pvs::v1::Form& form, const char* name, const std::string& value) {
  if (!value.empty()) {
    add_field(t, form, name, Field::TYPE_READ_ONLY, false).mutable_value()->set_text(value);
  }
}

/// Which patient, and how sure that is: by number, by name and birth date, not at all.
std::string proposal_sentence(const Texts& t, const Handover& handover) {
  if (!handover.hint) {
    return t("inbox.deliver.no_header");
  }
  if (handover.selected.empty()) {
    return t("inbox.deliver.none_selected");
  }
  const Args args{{"name", shown(handover.selected)}};
  if (handover.proposal.patient_id.empty()) {
    return t("inbox.deliver.no_match", args);
  }
  std::string text = handover.proposal.by == letter::MatchedBy::kvnr ? t("inbox.deliver.by_kvnr", args)
                                                                     : t("inbox.deliver.by_name", args);
  for (const std::string& contradiction : handover.proposal.contradictions) {
    text += " " + t("inbox.deliver.contradiction." + contradiction);
  }
  return text;
}

}  // namespace

bool is_html(const message::Part& part) {
  const std::string type = lower(part.type);
  const std::string name = lower(part.name);
  constexpr std::array<std::string_view, 5> kEndings{".html", ".htm", ".xhtml", ".svg", ".mht"};
  return type == "text/html" || type == "application/xhtml+xml" || type == "image/svg+xml" ||
         std::any_of(kEndings.begin(), kEndings.end(), [&](std::string_view e) { return name.ends_with(e); });
}

bool is_readable_text(const message::Part& part) {
  const std::string type = lower(part.type);
  return part.size <= kLongestReadable && !is_html(part) &&
         (type == "text/plain" || type == "text/csv" || type == "text/xml" || type == "application/xml" ||
          type == "application/json" || type == "application/fhir+json");
}

std::string harmless_type(const message::Part& part) {
  return is_html(part) || part.type.empty() ? "application/octet-stream" : shown(part.type, 100);
}

std::vector<std::size_t> deliverable(const OpenedItem& opened) {
  std::vector<std::size_t> places;
  if (!may_be_shown(opened.message.verdict) || opened.item.is_receipt) {
    return places;
  }
  for (std::size_t i = 0; i < opened.message.parts.size(); ++i) {
    if (opened.message.parts[i].attachment && !is_html(opened.message.parts[i])) {
      places.push_back(i);
    }
  }
  return places;
}

pvs::v1::View inbox_message(const Texts& t, const service::Catalogue& catalogue, const OpenedItem& opened) {
  pvs::v1::View out = view(t, "inbox.message");
  pvs::v1::Detail& detail = *out.mutable_detail();
  const bool may_show = may_be_shown(opened.message.verdict);
  if (const std::string subject = subject_words(t, catalogue, opened.item.service_id, signed_subject(opened));
      may_show && !subject.empty()) {
    out.set_title(shown(subject, kLongestTitle));
  }
  add_verdict_group(t, detail, opened);
  if (opened.item.unassigned) {
    add_unassigned_group(t, detail, *opened.item.unassigned);
  }
  add_message_group(t, catalogue, detail, opened, may_show);
  for (std::size_t i = 0; i < opened.message.layers.size(); ++i) {
    add_layer(t, detail, opened.message.layers[i], i + 1, opened.message.layers.size());
  }
  if (may_show) {
    detail.set_text(readable(t, opened.message.text()));
  }
  add_parts(t, catalogue, detail, opened, may_show);
  add_actions(t, catalogue, out, opened, may_show);
  return out;
}

std::string readable(const Texts& t, const std::string& text) {
  if (text.size() <= kLongestReadable) {
    return mime::to_utf8(text, "utf-8");
  }
  std::size_t end = kLongestReadable;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;  // not inside a character
  }
  return mime::to_utf8(text.substr(0, end), "utf-8") + "\n\n" + t("inbox.message.text_cut");
}

pvs::v1::View part_text(const Texts& t, const std::string& name, const std::string& text) {
  pvs::v1::View out = view(t, "inbox.part");
  add_fact(add_group(*out.mutable_detail(), t("inbox.part.file")), "file", t("fact.file"), name);
  out.mutable_detail()->set_text(readable(t, text));
  add_close(t, out);
  return out;
}

pvs::v1::View deliver(const Texts& t, const service::Catalogue& catalogue, const OpenedItem& opened,
                      const Handover& handover) {
  pvs::v1::View out = view(t, "inbox.deliver");
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro(proposal_sentence(t, handover) + " " + t("inbox.deliver.intro"));
  if (handover.hint) {
    add_read_only(t, form, "patient_name", hint_name(*handover.hint));
    const auto birth = parse_date(handover.hint->birth_date);
    add_read_only(t, form, "birth_date", birth ? format_date(*birth, t.language()) : shown(handover.hint->birth_date));
    add_read_only(t, form, "kvnr", shown(handover.hint->kvnr));
  }
  add_read_only(t, form, "sender", shown(opened.item.from));
  Field& title = add_field(t, form, "document_title", Field::TYPE_TEXT, true);
  title.set_max_length(200);
  title.mutable_value()->set_text(opened.item.subject.empty() ? service_name(t, catalogue, opened.item.service_id)
                                                              : shown(opened.item.subject, 150));
  Field& parts = add_field(t, form, "parts", Field::TYPE_MULTI_CHOICE, true);
  for (const std::size_t place : deliverable(opened)) {
    const message::Part& part = opened.message.parts[place];
    auto& choice = *parts.add_choices();
    choice.set_id(std::to_string(place));
    choice.set_label(mime::safe_name(part.name, t("part.unnamed")) + " (" + format_size(part.size, t.language()) + ")");
    choice.set_hint(part_title(t, catalogue, opened.item.service_id,
                               place < opened.roles.size() ? opened.roles[place] : std::string(), part.description));
    parts.mutable_value()->mutable_ids()->add_id(choice.id());
  }
  for (const auto& [name, sentence] : handover.errors) {
    set_field_error(form, name, sentence);
  }
  add_action(*out.mutable_actions(), "deliver", t("action.deliver"), Action::ROLE_PRIMARY).set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View delivered(const Texts& t, std::size_t documents) {
  pvs::v1::View out = view(t, "inbox.delivered");
  out.mutable_notice()->set_severity(pvs::v1::SEVERITY_GOOD);
  out.mutable_notice()->set_text(t.count("inbox.delivered.text", documents));
  add_close(t, out);
  return out;
}

pvs::v1::View reference_form(const Texts& t, bool by_date, const std::string& date, const FieldErrors& errors) {
  pvs::v1::View out = view(t, "inbox.reference");
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro(t("inbox.reference.intro"));
  Field& reference = add_field(t, form, "reference", Field::TYPE_CHOICE, true);
  for (const char* id : {"signing_time", "date"}) {
    auto& choice = *reference.add_choices();
    choice.set_id(id);
    choice.set_label(t("inbox.reference." + std::string(id)));
  }
  reference.mutable_value()->mutable_ids()->add_id(by_date ? "date" : "signing_time");
  add_field(t, form, "reference_date", Field::TYPE_DATE, false).mutable_value()->set_text(date);
  for (const auto& [name, sentence] : errors) {
    set_field_error(form, name, sentence);
  }
  add_action(*out.mutable_actions(), "set", t("action.set_reference"), Action::ROLE_PRIMARY).set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View too_large(const Texts& t) {
  pvs::v1::View out = view(t, "inbox.too_large");
  out.mutable_notice()->set_severity(pvs::v1::SEVERITY_WARNING);
  out.mutable_notice()->set_text(t("inbox.too_large.text"));
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
