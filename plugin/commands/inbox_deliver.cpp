// SPDX-License-Identifier: Apache-2.0
// "In Patientenakte übernehmen": a proposal first, then documents for the practice system, which asks whose they are
// (protocol D, "eArztbrief receiving rules": never silently).
#include <algorithm>

#include "commands/entries.h"
#include "commands/mail_pages.h"
#include "letter/match.h"
#include "letter/received.h"
#include "mime/safe_name.h"
#include "views/message_views.h"
#include "views/message_words.h"

namespace kvc::plugin::commands {
namespace {

using mailbox::OpenedItem;

letter::KnownPatient known(const pvs::v1::Patient& patient) {
  return {patient.patient_id(), patient.kvnr(), patient.given_name(), patient.family_name(), patient.birth_date()};
}

std::string gender_name(letter::Gender gender) {
  switch (gender) {
    case letter::Gender::female:
      return "female";
    case letter::Gender::male:
      return "male";
    case letter::Gender::diverse:
      return "diverse";
    case letter::Gender::unknown:
      break;
  }
  return "unknown";
}

/// As the letter says, on one line each: it comes from outside.
pvs::v1::Patient hint_of(const letter::PatientHint& hint) {
  pvs::v1::Patient patient;
  patient.set_given_name(views::shown(hint.given));
  patient.set_family_name(views::shown(hint.family));
  patient.set_birth_date(views::shown(hint.birth_date));
  patient.set_kvnr(views::shown(hint.kvnr));
  patient.set_gender(gender_name(hint.gender));
  return patient;
}

bool says_something(const letter::PatientHint& hint) {
  return !hint.kvnr.empty() || !hint.family.empty() || !hint.birth_date.empty();
}

/// The header's words, and how they compare with the patient selected at the moment: the only one a practice system
/// tells of.
views::Handover handover_of(Runtime& runtime, const Request& request, const OpenedItem& opened) {
  views::Handover handover;
  const letter::LetterContent content = letter::letter_of(opened.message);
  if (!content.header || !says_something(content.header->patient)) {
    return handover;
  }
  handover.hint = content.header->patient;
  const auto selected = runtime.host().current_patient(request.who.session_id);
  if (selected.ok() && selected.value()) {
    const pvs::v1::Patient& patient = *selected.value();
    handover.selected = patient.family_name() + ", " + patient.given_name();
    const std::vector<letter::KnownPatient> patients{known(patient)};
    handover.proposal = letter::propose(*handover.hint, patients);
  }
  return handover;
}

Result<OpenedItem> open_deliverable(Core& core, const Request& request) {
  KVC_ASSIGN(OpenedItem opened, core.mailbox().open(request.who.user_id, request.view.item_id));
  if (views::deliverable(opened).empty()) {
    return Status(error::invalid_state, "the message has no file a good signature covers");
  }
  return opened;
}

Status deliver_part(Runtime& runtime, const Request& request, const OpenedItem& opened,
                    const std::optional<letter::PatientHint>& hint, const std::string& title, std::size_t place) {
  const message::Part& part = opened.message.parts[place];
  pvs::v1::DocumentDeliverRequest document;
  document.set_session_id(request.who.session_id);
  document.set_title(title + " – " + mime::safe_name(part.name, request.texts("part.unnamed")));
  document.set_media_type(views::harmless_type(part));
  document.set_size(part.size);
  document.set_source(views::shown(opened.item.from));
  if (hint) {
    *document.mutable_patient_hint() = hint_of(*hint);
  }
  KVC_ASSIGN(const DeliveredDocument delivered, runtime.host().deliver_document(document));
  pvs::HostOutputStream out(runtime.host().client(), delivered.stream_id);
  KVC_TRY(opened.message.read_part(place, out));
  if (!out.flush() || out.commit() != PVS_OK) {
    return {error::file_unwritable, std::string("the host's stream answered ") + pvs::status_name(out.status())};
  }
  runtime.host().audit(request.who.user_id, "document.delivered", opened.item.message_id, true,
                       {{"document", delivered.document_id}});
  return {};
}

std::vector<std::size_t> chosen_parts(const Request& request, const OpenedItem& opened) {
  std::vector<std::size_t> chosen;
  const std::vector<std::string> ids = request.values.ids("parts");
  for (const std::size_t place : views::deliverable(opened)) {
    if (std::find(ids.begin(), ids.end(), std::to_string(place)) != ids.end()) {
      chosen.push_back(place);
    }
  }
  return chosen;
}

Result<pvs::v1::ActionReply> deliver(Runtime& runtime, const Request& request, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const OpenedItem opened, open_deliverable(*core, request));
  views::Handover handover = handover_of(runtime, request, opened);
  const std::vector<std::size_t> chosen = chosen_parts(request, opened);
  const std::string title = views::shown(request.values.trimmed("document_title"));
  if (chosen.empty()) {
    handover.errors.emplace_back("parts", request.texts("form.missing"));
  }
  if (title.empty()) {
    handover.errors.emplace_back("document_title", request.texts("form.missing"));
  }
  if (!handover.errors.empty()) {
    return reply_view(runtime, request, views::deliver(request.texts, core->catalogue(), opened, handover),
                      request.view, request.view_id);
  }
  for (const std::size_t place : chosen) {
    if (job.cancel().requested()) {
      return Status(error::cancelled, "cancelled between two documents");
    }
    KVC_TRY(deliver_part(runtime, request, opened, handover.hint, title, place));
  }
  return reply_view(runtime, request, views::delivered(request.texts, chosen.size()), {}, request.view_id);
}

}  // namespace

Result<pvs::v1::ActionReply> deliver_open(Runtime& runtime, const Request& request, JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const OpenedItem opened, open_deliverable(*core, request));
  const views::Handover handover = handover_of(runtime, request, opened);
  return reply_view(runtime, request, views::deliver(request.texts, core->catalogue(), opened, handover),
                    {.account_id = opened.item.account_id, .item_id = opened.item.id});
}

Answer deliver_act(Runtime& runtime, const Request& request) {
  return request.action_id == "deliver"
             ? answer_job(request.texts, "job.deliver",
                          [&runtime, request](JobContext& job) { return deliver(runtime, request, job); })
             : answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
