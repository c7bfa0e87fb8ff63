// SPDX-License-Identifier: Apache-2.0
// kvconnect.doctor: "Einrichtung prüfen".
#include "doctor/doctor.h"

#include "commands/entries.h"
#include "views/doctor_views.h"

namespace kvc::plugin::commands {
namespace {

/// The login of the first account the user can open. None is no failure: the stage is skipped and says so.
void add_login(Runtime& runtime, const Request& request, doctor::Subject& subject) {
  const Result<std::shared_ptr<Core>> core = runtime.core();
  if (!core.ok()) {
    return;
  }
  const auto accounts = core.value()->accounts().names(request.who.user_id);
  if (!accounts.ok()) {
    return;
  }
  for (const account::AccountName& account : accounts.value()) {
    const auto session = core.value()->accounts().open(request.who.user_id, account.id);
    if (session.ok()) {
      subject.credentials = session.value().credentials;
      subject.login_environment = account.environment_id;
      return;
    }
  }
}

/// What is known of the books; nothing while the database does not open, which is a finding of its own.
std::vector<views::BookFacts> books_of(Runtime& runtime) {
  std::vector<views::BookFacts> books;
  const Result<std::shared_ptr<Core>> core = runtime.core();
  for (const settings::Environment& environment : runtime.settings().environments) {
    const auto status =
        core.ok() ? core.value()->directory().status(environment.id) : Result<directory::BookStatus>(core.status());
    if (status.ok()) {
      books.push_back({environment.name, status.value()});
    }
  }
  return books;
}

Result<pvs::v1::ActionReply> examine(Runtime& runtime, const Request& request, JobContext& job) {
  doctor::Subject subject;
  subject.settings_json = runtime.settings_source().json;
  subject.settings_directory = runtime.settings_source().directory;
  subject.english = request.texts.language() == Language::en;
  const Result<Directories> directories = runtime.host().directories(request.who.user_id);
  if (directories.ok()) {
    subject.data_directory = directories.value().data;
  }
  add_login(runtime, request, subject);
  const doctor::Report report = doctor::examine(
      subject, runtime.env(), runtime.log(), job.cancel(),
      [&](const doctor::Stage& stage) { job.progress(-1, request.texts("doctor.stage." + stage.name)); });
  if (job.cancel().requested()) {
    return Status(error::cancelled, "cancelled between two stages");
  }
  return reply_view(runtime, request, views::doctor(request.texts, report, runtime.settings(), books_of(runtime)), {},
                    request.view_id);
}

}  // namespace

Answer doctor_invoke(Runtime& runtime, const Request& request) {
  return answer_job(request.texts, "job.doctor",
                    [&runtime, request](JobContext& job) { return examine(runtime, request, job); });
}

Answer doctor_act(Runtime& runtime, const Request& request) {
  return request.action_id == "run_again" ? doctor_invoke(runtime, request) : answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
