// SPDX-License-Identifier: Apache-2.0
// kvconnect.compose.earztbrief: "eArztbrief senden", and the hook document_released.
#include <algorithm>
#include <array>

#include "base/status_parameter.h"
#include "commands/chosen_files.h"
#include "commands/compose.h"
#include "commands/entries.h"
#include "letter/cda.h"
#include "letter/parts.h"
#include "mime/safe_name.h"
#include "service/catalogue.h"
#include "texts/format.h"
#include "views/mailbox_views.h"
#include "views/message_words.h"

namespace kvc::plugin::commands {
namespace {

constexpr const char* kXmlName = "arztbrief.xml";
constexpr const char* kPdfName = "arztbrief.pdf";
constexpr std::string_view kService = "earztbrief";
constexpr std::size_t kHead = 1024, kWholePdf = 1024UL * 1024;

void read(const Request& request, Letter& letter) {
  letter.pdf_signed = request.values.text("pdf_kind") == "signed";
}

/// "1970-01-01" as people write it; what is no day stays as it is.
std::string day(const std::string& birth_date, Language language) {
  const auto time = parse_xs_time(birth_date + "T12:00:00Z");
  return time ? format_date(*time, language) : birth_date;
}

std::string patient_line(const Texts& t, const pvs::v1::Patient& patient) {
  std::string line = patient.given_name() + (patient.given_name().empty() ? "" : " ") + patient.family_name();
  if (!patient.birth_date().empty()) {
    line += ", " + t("letter.born", {{"date", day(patient.birth_date(), t.language())}});
  }
  return patient.kvnr().empty() ? line : line + ", " + t("letter.kvnr", {{"number", patient.kvnr()}});
}

letter::Gender gender_of(const std::string& text) {
  return text == "female"    ? letter::Gender::female
         : text == "male"    ? letter::Gender::male
         : text == "diverse" ? letter::Gender::diverse
                             : letter::Gender::unknown;
}

/// "Dr. med. Nora von Nord": titles end in a dot, or are small words between such; the last word is the family name,
/// with the small words ("von") before it.
letter::Person person_of(const std::string& name) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find(' ', at), name.size());
    if (end > at) {
      words.push_back(name.substr(at, end - at));
    }
    at = end + 1;
  }
  letter::Person person;
  const auto join = [](std::string& to, const std::string& word) { to += (to.empty() ? "" : " ") + word; };
  std::size_t first = 0;
  while (first + 1 < words.size() && words[first].ends_with('.')) {
    join(person.prefix, words[first++]);
  }
  std::size_t family = words.empty() ? 0 : words.size() - 1;
  while (family > first && words[family - 1].front() >= 'a' && words[family - 1].front() <= 'z') {
    --family;
  }
  for (std::size_t i = first; i < words.size(); ++i) {
    join(i < family ? person.given : person.family, words[i]);
  }
  return person;
}

letter::Organisation practice_of(const std::string& name, const std::vector<PracticeSite>& sites,
                                 const account::Overview& account) {
  letter::Organisation practice;
  practice.name = name;
  const auto& stands_for = account.practice_sites;
  const auto site = std::find_if(sites.begin(), sites.end(), [&](const PracticeSite& each) {
    return std::find(stands_for.begin(), stands_for.end(), each.bsnr) != stands_for.end();
  });
  const PracticeSite* used = site != sites.end() ? &*site : sites.size() == 1 ? &sites.front() : nullptr;
  if (used != nullptr) {
    practice.bsnr = used->bsnr;
    practice.name = used->name.empty() ? name : used->name;
  }
  return practice;
}

void fill_recipient(const directory::Entry& entry, letter::Letter& to) {
  to.recipient = {entry.title, entry.first_name, entry.last_name};
  to.recipient_organisation.name = entry.practice;
  to.recipient_organisation.phone = entry.phone;
  to.recipient_organisation.address = {entry.street, entry.postcode, entry.town};
}

/// The CDA header, from what the host knows of patient and practice. Errors of the host; invalid_field with the field
/// that is missing there.
Result<std::string> cda_of(Writing& writing, Letter& letter, const std::string& pdf_name) {
  HostServices& host = writing.runtime.host();
  const std::string& session = writing.request.who.session_id;
  KVC_ASSIGN(const HostServices::Staff staff, host.staff(session));
  KVC_ASSIGN(const std::vector<PracticeSite> sites, host.practice_sites(session));
  const pvs::v1::Patient& patient = letter.patient->patient;
  letter::Letter header;
  header.document_id = new_uuid(writing.runtime.env());
  header.created = writing.runtime.env().now();
  header.patient.name = {"", patient.given_name(), patient.family_name()};
  header.patient.birth_date = patient.birth_date();
  header.patient.gender = gender_of(patient.gender());
  header.patient.kvnr = patient.kvnr();
  if (!patient.kvnr().empty() && !letter::is_kvnr(patient.kvnr())) {
    // A wrong number in a letter would point to somebody else; name and birth date still say who it is.
    header.patient.kvnr.clear();
    letter.notes.push_back(writing.texts()("letter.kvnr_left_out"));
  }
  header.author = person_of(staff.user);
  header.practice = practice_of(staff.practice, sites, *writing.account(letter.form.account_id));
  header.pdf_name = pdf_name;
  if (letter.recipient) {
    fill_recipient(*letter.recipient, header);
  }
  return letter::write_cda(header);
}

/// What the host's data lack for a letter, as a sentence at the patient.
Status patient_trouble(Writing& writing, Letter& letter, const Status& status) {
  const std::string key = "letter.missing." + parameter(status, "field");
  if (!status.is(error::invalid_field) || !writing.texts().has(key)) {
    return status;
  }
  add_error(letter, "patient", writing.texts()(key));
  return {};
}

/// Where in letter.files the letter itself is; its count if there is none.
std::size_t document_of(const Letter& letter) {
  return static_cast<std::size_t>(std::find_if(letter.files.begin(), letter.files.end(),
                                               [](const InHand& in_hand) { return in_hand.field == "document"; }) -
                                  letter.files.begin());
}

/// Whether it is a PDF; one of up to kWholePdf bytes also whether it is whole.
Status check_pdf(const mailbox::DraftFile& file) {
  const std::uint64_t size = file.content.size();
  Secret head = Secret::of_size(static_cast<std::size_t>(size <= kWholePdf ? size : kHead));
  const auto in = file.content.open();
  if (!in->read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()))) {
    return {error::file_unreadable, "a chosen file cannot be read again"};
  }
  return letter::check_pdf(head.reveal(), size, file.name);
}

/// The letter must be a PDF, the annexes any file that is not empty.
bool check_files(Writing& writing, Letter& letter) {
  const Texts& t = writing.texts();
  const std::size_t document = document_of(letter);
  if (document == letter.files.size()) {
    add_error(letter, "document", t("letter.no_document"));
  }
  std::size_t annexes = 0;
  for (std::size_t i = 0; i < letter.files.size(); ++i) {
    const mailbox::DraftFile& file = letter.files[i].file;
    if (i == document) {
      const Status pdf = check_pdf(file);
      if (!pdf.ok()) {
        add_error(letter, "document", t("letter.no_pdf", {{"file", views::shown(file.name)}}));
      }
    } else if (file.content.empty()) {
      add_error(letter, "attachments", t("form.empty_file", {{"file", views::shown(file.name)}}));
    } else if (++annexes > letter::kMaxAnnexes) {
      add_error(letter, "attachments", t("letter.too_many"));
      break;
    }
  }
  return letter.form.errors.empty();
}

/// Types and descriptions of protocol D, row eArztbrief.
void describe_files(Letter& letter) {
  int annex = 0;
  for (InHand& in_hand : letter.files) {
    if (in_hand.field == "document") {
      in_hand.file.name = mime::safe_name(in_hand.file.name, kPdfName);  // the CDA refers to it
      in_hand.file.type = "application/pdf";
      in_hand.file.description = letter.pdf_signed ? letter::kPdfSigned : letter::kPdfUnsigned;
    } else {
      in_hand.file.description = letter::annex_description(++annex);
    }
  }
  // The letter comes first, whenever it was chosen.
  std::stable_partition(letter.files.begin(), letter.files.end(),
                        [](const InHand& in_hand) { return in_hand.field == "document"; });
}

/// A signature of a PDF names the bytes it covers (ISO 32000-1, 12.8.1), and that entry is never compressed.
bool looks_signed(const mailbox::DraftFile& pdf) {
  constexpr std::string_view kEntry = "/ByteRange";
  const auto in = pdf.content.open();
  Secret window = Secret::of_size(64UL * 1024);
  char* const begin = reinterpret_cast<char*>(window.data());
  std::size_t kept = 0;
  while (in->read(begin + kept, static_cast<std::streamsize>(window.size() - kept)), in->gcount() > 0) {
    const std::string_view seen(begin, kept + static_cast<std::size_t>(in->gcount()));
    if (seen.find(kEntry) != std::string_view::npos) {
      return true;
    }
    kept = std::min(seen.size(), kEntry.size() - 1);  // it may begin in one piece and end in the next
    std::copy(seen.end() - static_cast<std::ptrdiff_t>(kept), seen.end(), begin);
  }
  return false;
}

/// The letter stays with the patient it was begun for. Who has opened another record meanwhile may take it for a letter
/// of that one; that it is none is said before it is sent. A host that does not answer has nobody else selected.
void compare_with_selected(Writing& writing, Letter& letter) {
  const auto selected = writing.runtime.host().current_patient(writing.request.who.session_id);
  const pvs::v1::Patient& patient = letter.patient->patient;
  if (!selected.ok() || !selected.value() || selected.value()->patient_id() == patient.patient_id()) {
    return;
  }
  const Texts& t = writing.texts();
  letter.warnings.push_back(t(
      "letter.another_selected",
      {{"name", views::shown(patient_line(t, patient))}, {"found", views::shown(patient_line(t, *selected.value()))}}));
}

Status complete(Writing& writing, Letter& letter) {
  KVC_ASSIGN(const std::string to, resolve_recipient(writing, letter));
  if (!letter.patient) {
    add_error(letter, "patient", writing.texts()("letter.no_patient"));
  }
  if (!check_files(writing, letter)) {
    return {};
  }
  describe_files(letter);
  const mailbox::DraftFile& pdf = letter.files.front().file;
  auto xml = cda_of(writing, letter, pdf.name);
  if (!xml.ok()) {
    return patient_trouble(writing, letter, xml.status());
  }
  if (letter.pdf_signed != looks_signed(pdf)) {
    letter.notes.push_back(writing.texts()(letter.pdf_signed ? "letter.no_signature_seen" : "letter.signature_seen"));
  }
  const service::MessageRule& rule =
      *writing.core.mailbox().catalogue().service(kService)->message(service::MessageKind::delivery);
  mailbox::Draft mail;
  mail.account_id = letter.form.account_id;
  mail.to = to;
  mail.service_id = rule.id;
  mail.subject = rule.subject;
  // Neutral inside, too: other systems show the text before anybody has said whose letter it is.
  mail.user_subject = rule.subject;
  mail.text = writing.texts()("letter.covering_text");
  mail.request_receipt = letter.form.request_receipt;
  mail.in_reply_to = letter.in_reply_to;
  mail.files.push_back({kXmlName, "application/xml", letter::kXml, Secret(*xml)});
  kvc::wipe(*xml);
  letter.notes.insert(letter.notes.begin(),
                      writing.texts()("letter.of", {{"name", patient_line(writing.texts(), letter.patient->patient)}}));
  compare_with_selected(writing, letter);
  letter.complete_with(std::move(mail));
  return {};
}

Result<pvs::v1::View> form(Writing& writing, const Letter& letter) {
  views::LetterForm form;
  form.common = letter.form;
  form.pdf_signed = letter.pdf_signed;
  if (letter.patient) {
    form.patient = patient_line(writing.texts(), letter.patient->patient);
    form.patient_note = letter.patient->note_key.empty() ? "" : writing.texts()(letter.patient->note_key);
  }
  return views::compose_earztbrief(writing.texts(), form);
}

/// The document the host has selected or released, as the letter's PDF. It tells whose it is.
Status fetch_document(Writing& writing, Letter& letter) {
  const Request& request = writing.request;
  KVC_ASSIGN(auto document, writing.runtime.host().fetch_document(request.who.session_id, request.document_id));
  const auto& content = document.content();
  const std::string name = document.title().empty() ? content.name() : document.title();
  const bool pdf_name = name.size() > 4 && name.substr(name.size() - 4) == ".pdf";
  const bool pdf_type = document.media_type() == "application/pdf";
  ChosenFile file{content.stream_id(), mime::safe_name(pdf_type && !pdf_name ? name + ".pdf" : name, kPdfName),
                  document.media_type(), content.size()};
  const std::string shown = file.name;
  KVC_TRY(read_files(writing, "document", {std::move(file)}, letter));
  if (document.has_patient()) {
    const bool other = letter.patient && letter.patient->patient.patient_id() != document.patient().patient_id();
    letter.patient = LetterPatient{std::move(*document.mutable_patient()), other ? "letter.other_patient" : ""};
  }
  const mailbox::DraftFile& read = letter.files.back().file;
  if (!check_pdf(read).ok()) {
    add_error(letter, "document", writing.texts()("letter.no_pdf", {{"file", shown}}));
    letter.files.pop_back();
    return {};
  }
  letter.pdf_signed = looks_signed(read);
  return {};
}

Result<pvs::v1::ActionReply> open_form(Writing& writing, const std::string& recipient, bool with_document) {
  Letter letter;
  letter.kind = kLetterKind.view_kind;
  letter.form.to = recipient;
  KVC_ASSIGN(auto patient, writing.runtime.host().current_patient(writing.request.who.session_id));
  if (patient) {
    letter.patient = LetterPatient{std::move(*patient), ""};
  }
  if (with_document && !writing.request.document_id.empty()) {
    KVC_TRY(fetch_document(writing, letter));
  }
  if (!letter.patient) {
    return reply_view(writing.runtime, writing.request,
                      views::notice(writing.texts(), "compose.no_patient", pvs::v1::SEVERITY_WARNING), {});
  }
  return show_form(writing, std::move(letter));
}

Answer open_letter(Runtime& runtime, const Request& request, const std::string& recipient, bool with_document) {
  return answer_job(request.texts, "job.letter",
                    [&runtime, request, recipient, with_document](JobContext& job) -> Result<pvs::v1::ActionReply> {
                      std::vector<account::Overview> accounts;
                      KVC_ASSIGN(std::shared_ptr<Core> core, begin_writing(runtime, request, accounts));
                      Writing writing{runtime, request, *core, job, std::move(accounts)};
                      return open_form(writing, recipient, with_document);
                    });
}

}  // namespace

const ComposeKind kLetterKind{"compose.earztbrief", &read, &complete, &form};

Answer earztbrief_invoke(Runtime& runtime, const Request& request) {
  return open_letter(runtime, request, {}, true);
}

Answer earztbrief_to(Runtime& runtime, const Request& request, const std::string& recipient) {
  return open_letter(runtime, request, recipient, false);
}

}  // namespace kvc::plugin::commands
