// SPDX-License-Identifier: Apache-2.0
// The right side: the patient with the record, notifications, tasks, files.
#include <algorithm>
#include <filesystem>

#include "serve/form_html.h"
#include "serve/format.h"
#include "serve/html.h"
#include "serve/page.h"
#include "serve/shell.h"

namespace pvs::host::serve {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 12;

std::string name_of(const v1::Patient& patient) {
  return patient.family_name() + (patient.given_name().empty() ? "" : ", " + patient.given_name());
}

std::string_view gender_of(const Words& words, const std::string& gender) {
  if (gender == "female") return words(Word::gender_female);
  if (gender == "male") return words(Word::gender_male);
  if (gender == "diverse") return words(Word::gender_diverse);
  return words(Word::gender_unknown);
}

void fact(Html& html, std::string_view label, std::string_view value) {
  if (!value.empty()) {
    html.leaf("dt", {}, label);
    html.leaf("dd", {}, value);
  }
}

/// "Muster, Erika" has "ME".
std::string initials(const v1::Patient& patient) {
  const auto first = [](const std::string& text) {
    std::size_t end = text.empty() ? 0 : 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
      ++end;
    }
    return text.substr(0, end);
  };
  return first(patient.given_name()) + first(patient.family_name());
}

void chooser(Html& html, const Shell& shell, const WebSession& session) {
  const Words& words = shell.words();
  const auto form = html.form("/patient", {{"class", "inline"}, {"data-patient-form", ""}});
  csrf_field(html, session);
  html.leaf("label", {{"for", "patient"}, {"class", "hidden"}}, words(Word::patient_choose));
  {
    const auto select = html.element("select", {{"id", "patient"}, {"name", "patient"}});
    html.leaf("option", {{"value", ""}}, words(Word::patient_none));
    for (const v1::Patient& patient : shell.services().practice().patients) {
      std::vector<Attribute> more;
      if (patient.patient_id() == session.patient_id) {
        more.push_back(Attribute("selected"));
      }
      const auto option = html.element("option", {{"value", patient.patient_id()}}, more);
      html.text(name_of(patient));
    }
  }
  html.leaf("button", {{"type", "submit"}, {"class", "button small-button"}, {"data-patient-take", ""}},
            words(Word::patient_take));
}

void patient_card(Html& html, const Words& words, const v1::Patient& patient) {
  const auto card = html.element("div", {{"class", "patient"}, {"data-patient", patient.patient_id()}});
  html.leaf("span", {{"class", "avatar"}, {"aria-hidden", "true"}}, initials(patient));
  const auto facts = html.element("div");
  html.leaf("p", {{"class", "strong"}}, name_of(patient));
  const auto list = html.element("dl", {{"class", "facts compact"}});
  fact(html, words(Word::birth_date), format_date(words, patient.birth_date()));
  fact(html, words(Word::gender), gender_of(words, patient.gender()));
  fact(html, words(Word::kvnr), patient.kvnr());
}

void document_line(Html& html, const Shell& shell, const WebSession& session, const RecordDocument& document) {
  const Words& words = shell.words();
  const auto item = html.element("li", {{"class", "doc"}, {"data-document", document.document_id}});
  html.icon("file");
  {
    const auto what = html.element("div", {{"class", "grow"}});
    {
      const auto link = html.link("/document/", document.document_id,
                                  {{"data-download", document.document_id}, {"class", "doc-title"}});
      html.leaf("bdi", {}, document.title);
    }
    html.leaf("span", {{"class", "muted small block"}},
              document.delivered ? document.source : format_type(words, document.media_type));
  }
  if (document.delivered && document.patient_id.empty()) {
    if (!session.patient_id.empty()) {
      const auto form = html.form("/assign");
      csrf_field(html, session);
      hidden(html, "_document", document.document_id);
      html.leaf("button", {{"type", "submit"}, {"class", "button small-button"}, {"data-assign", document.document_id}},
                words(Word::delivered_assign));
    }
  } else if (shell.has_hook("document_released")) {
    const auto form = html.form("/release");
    csrf_field(html, session);
    hidden(html, "_document", document.document_id);
    const auto button =
        html.element("button", {{"type", "submit"},
                                {"class", "button small-button"},
                                {"data-release", document.document_id},
                                {"aria-label", std::string(words(Word::release_document)) + document.title}});
    html.text(words(Word::release));
  }
}

void record(Html& html, const Shell& shell, const WebSession& session, const std::vector<RecordDocument>& documents) {
  const Words& words = shell.words();
  const v1::Patient* patient = shell.services().practice().find_patient(session.patient_id);
  if (patient == nullptr) {
    return;
  }
  patient_card(html, words, *patient);
  html.leaf("h3", {}, words(Word::record));
  const auto mine = [&](const RecordDocument& document) { return document.patient_id == session.patient_id; };
  if (std::none_of(documents.begin(), documents.end(), mine)) {
    html.leaf("p", {{"class", "muted small"}}, words(Word::record_empty));
    return;
  }
  const auto list = html.element("ul", {{"class", "plain"}});
  for (const RecordDocument& document : documents) {
    if (mine(document)) {
      document_line(html, shell, session, document);
    }
  }
}

void delivered(Html& html, const Shell& shell, const WebSession& session,
               const std::vector<RecordDocument>& documents) {
  const Words& words = shell.words();
  const auto waits = [](const RecordDocument& document) { return document.delivered && document.patient_id.empty(); };
  if (std::none_of(documents.begin(), documents.end(), waits)) {
    return;
  }
  const auto section = html.element("section", {{"aria-labelledby", "delivered-title"}});
  html.leaf("h2", {{"id", "delivered-title"}}, words(Word::delivered));
  const auto list = html.element("ul", {{"class", "plain"}});
  for (const RecordDocument& document : documents) {
    if (!waits(document)) {
      continue;
    }
    document_line(html, shell, session, document);
    const v1::Patient* suggested = shell.services().practice().find_patient(document.suggested_id);
    html.leaf("li", {{"class", "muted small"}},
              suggested == nullptr ? std::string(words(Word::delivered_unknown))
                                   : std::string(words(Word::delivered_suggested)) + name_of(*suggested));
  }
}

// ---- notifications ----

struct Tone {
  const char* word;
  Word label;
};

Tone tone_of(v1::Severity severity) {
  switch (severity) {
    case v1::SEVERITY_GOOD:
      return {"good", Word::good};
    case v1::SEVERITY_WARNING:
      return {"warning", Word::warning};
    case v1::SEVERITY_BAD:
      return {"bad", Word::bad};
    default:
      return {"info", Word::info};
  }
}

void notification(Html& html, const Shell& shell, const WebSession& session, const Notification& note) {
  const Words& words = shell.words();
  const Tone tone = tone_of(note.severity);
  const auto item = html.element(
      "li",
      {{"class", std::string("note ") + tone.word}, {"data-notification", note.id}, {"data-severity", tone.word}});
  html.leaf("span", {{"class", "hidden"}}, std::string(words(tone.label)) + ": ");
  html.leaf("p", {{"class", "strong"}}, note.title);
  html.paragraphs(note.text);
  const auto actions = html.element("div", {{"class", "actions"}});
  const auto known = std::find_if(shell.menu().begin(), shell.menu().end(), [&](const MenuEntry& entry) {
    return entry.command.command_id() == note.command_id;
  });
  if (known != shell.menu().end() && may_use(known->command, session.user->user)) {
    const auto form = html.form("/command");
    csrf_field(html, session);
    html.leaf("button",
              {{"type", "submit"},
               {"name", "_command"},
               {"value", note.command_id},
               {"class", "button small-button"},
               {"data-notification-open", note.id}},
              words(Word::notification_open));
  }
  const auto form = html.form("/dismiss");
  csrf_field(html, session);
  hidden(html, "_notification", note.id);
  html.leaf("button", {{"type", "submit"}, {"class", "button quiet small-button"}, {"data-dismiss", note.id}},
            words(Word::dismiss));
}

void notifications(Html& html, const Shell& shell, const WebSession& session) {
  const Words& words = shell.words();
  const auto section = html.element("section", {{"aria-labelledby", "notes-title"}});
  const std::vector<const Notification*> notes = shell.notifications_of(session);
  {
    const auto title = html.element("h2", {{"id", "notes-title"}});
    html.text(words(Word::notifications));
    if (!notes.empty()) {
      html.leaf("span", {{"class", "count"}}, std::to_string(notes.size()));
    }
  }
  if (notes.empty()) {
    html.leaf("p", {{"class", "muted small"}}, words(Word::notifications_empty));
    return;
  }
  const auto list = html.element("ul", {{"class", "plain"}});
  for (const Notification* note : notes) {
    notification(html, shell, session, *note);
  }
}

// ---- tasks ----

Word state_word(const Job& job) {
  if (!job.ended) return Word::task_running;
  if (!job.outcome || !job.outcome->has_error()) return Word::task_ended;
  return job.outcome->error().category() == v1::CATEGORY_CANCELLED ? Word::task_cancelled : Word::task_failed;
}

void small_post(Html& html, const WebSession& session, Path path, const std::string& job, AttributeName mark,
                std::string_view label, std::string_view spoken) {
  const auto form = html.form(path);
  csrf_field(html, session);
  hidden(html, "_job", job);
  const auto button = html.element(
      "button", {{"type", "submit"}, {"class", "button small-button"}, {mark, job}, {"aria-label", spoken}});
  html.text(label);
}

void task(Html& html, const Words& words, const WebSession& session, std::uint64_t id, const Job& job) {
  const std::string number = std::to_string(id);
  const auto item = html.element("li", {{"class", "task"}, {"data-job", number}});
  {
    const auto line = html.element("div", {{"class", "task-line"}});
    html.leaf("span", {{"class", "strong grow"}}, job.title);
    const bool failed = state_word(job) == Word::task_failed;
    html.leaf("span",
              {{"class", failed ? "badge bad" : "badge neutral"}, {"data-job-state", job.ended ? "ended" : "running"}},
              words(state_word(job)));
  }
  if (!job.ended) {
    html.leaf("p", {{"class", "muted small"}, {"data-job-text", number}},
              job.cancelling ? words(Word::cancelling) : std::string_view(job.text));
    std::vector<Attribute> more;
    const std::string permille = std::to_string(std::clamp(job.permille, 0, 1000));
    if (job.permille >= 0) {
      more.push_back({"value", permille});
    }
    const auto bar =
        html.element("progress", {{"max", "1000"}, {"data-job-bar", number}, {"aria-label", job.title}}, more);
  }
  const auto actions = html.element("div", {{"class", "actions"}});
  if (!job.ended && job.cancellable && !job.cancelling) {
    small_post(html, session, "/cancel", number, "data-cancel-job", words(Word::cancel),
               std::string(words(Word::cancel_task)) + job.title);
  }
  if (job.ended && job.outcome) {
    small_post(html, session, "/result", number, "data-job-result", words(Word::task_result),
               std::string(words(Word::task_result)) + ": " + job.title);
  }
  if (job.ended) {
    small_post(html, session, "/dismiss-job", number, "data-dismiss-job", words(Word::dismiss),
               std::string(words(Word::dismiss)) + ": " + job.title);
  }
}

void tasks(Html& html, const Shell& shell, const WebSession& session) {
  const Words& words = shell.words();
  const auto section = html.element("section", {{"aria-labelledby", "tasks-title"}});
  html.leaf("h2", {{"id", "tasks-title"}}, words(Word::tasks));
  const auto jobs = shell.jobs_of(session);
  if (jobs.empty()) {
    html.leaf("p", {{"class", "muted small"}}, words(Word::tasks_empty));
    return;
  }
  const auto list = html.element("ul", {{"class", "plain"}});
  for (const auto& [id, job] : jobs) {
    task(html, words, session, id, *job);
  }
}

// ---- files ----

std::vector<fs::directory_entry> saved_files(const fs::path& folder) {
  std::vector<fs::directory_entry> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_regular_file(error) && !entry.is_symlink(error) &&
        !entry.path().filename().string().starts_with(".")) {
      files.push_back(entry);
    }
  }
  std::sort(files.begin(), files.end(), [](const fs::directory_entry& a, const fs::directory_entry& b) {
    std::error_code ignored;
    return a.last_write_time(ignored) > b.last_write_time(ignored);
  });
  files.resize(std::min(files.size(), kMostFiles));
  return files;
}

void files(Html& html, const Shell& shell, const WebSession& session) {
  const Words& words = shell.words();
  const auto section = html.element("section", {{"aria-labelledby", "files-title"}});
  html.leaf("h2", {{"id", "files-title"}}, words(Word::files));
  const auto saved = saved_files(shell.services().user_directory(session.user->user.user_id()));
  if (saved.empty()) {
    html.leaf("p", {{"class", "muted small"}}, words(Word::files_empty));
    return;
  }
  const auto list = html.element("ul", {{"class", "plain"}});
  for (const fs::directory_entry& entry : saved) {
    const std::string name = entry.path().filename().string();
    const auto item = html.element("li", {{"class", "doc"}});
    html.icon("file");
    const auto what = html.element("div", {{"class", "grow"}});
    {
      const auto link = html.link("/download/", name, {{"data-download", name}, {"class", "doc-title"}});
      html.leaf("bdi", {}, name);
    }
    std::error_code error;
    html.leaf("span", {{"class", "muted small block"}}, format_size(words, entry.file_size(error)));
  }
}

void billing(Html& html, const Shell& shell, const WebSession& session) {
  if (!shell.has_hook("billing_ready")) {
    return;
  }
  const Words& words = shell.words();
  const auto section = html.element("details", {{"class", "billing"}, {"data-billing", ""}});
  html.leaf("summary", {}, words(Word::billing));
  html.leaf("p", {{"class", "muted small"}}, words(Word::billing_intro));
  const auto form = html.form("/billing", {{"enctype", "multipart/form-data"}});
  csrf_field(html, session);
  html.leaf("label", {{"for", "billing-quarter"}}, words(Word::quarter));
  html.empty_element("input", {{"id", "billing-quarter"},
                               {"name", "quarter"},
                               {"type", "text"},
                               {"maxlength", "6"},
                               {"placeholder", "2026Q3"},
                               {"autocomplete", "off"}});
  html.leaf("label", {{"for", "billing-files"}}, words(Word::billing_files));
  file_input(html, words, {{"id", "billing-files"}, {"name", "billing_files"}, {"type", "file"}, Attribute("multiple")},
             "billing-files", true);
  html.leaf("button", {{"type", "submit"}, {"class", "button small-button"}, {"data-billing-hand-over", ""}},
            words(Word::billing_hand_over));
}

}  // namespace

void render_panel(Html& html, const Shell& shell, const WebSession& session) {
  const Words& words = shell.words();
  const auto aside =
      html.element("aside", {{"data-panel", "context"}, {"class", "panel"}, {"aria-label", words(Word::context)}});
  const std::vector<RecordDocument> documents = shell.services().documents();
  {
    const auto section = html.element("section", {{"aria-labelledby", "patient-title"}});
    html.leaf("h2", {{"id", "patient-title"}}, words(Word::patient));
    chooser(html, shell, session);
    record(html, shell, session, documents);
  }
  notifications(html, shell, session);
  tasks(html, shell, session);
  delivered(html, shell, session, documents);
  files(html, shell, session);
  billing(html, shell, session);
}

}  // namespace pvs::host::serve
