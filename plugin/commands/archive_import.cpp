// SPDX-License-Identifier: Apache-2.0
// kvconnect.archive.import: "Archiv importieren", single mails or a folder.
#include <algorithm>

#include "commands/entries.h"
#include "commands/mail_pages.h"
#include "commands/memory_file.h"
#include "commands/small_file.h"
#include "mime/safe_name.h"
#include "views/archive_views.h"

namespace kvc::plugin::commands {
namespace {

using archive::FileOutcome;
using archive::FileReport;
using archive::ImportSummary;

/// Progress with the number of files so far: how many there are nobody knows beforehand.
ProgressFn counting(JobContext& job, const Texts& texts) {
  auto count = std::make_shared<std::uint64_t>(0);
  return [&job, texts, count](int, std::string_view) { job.progress(-1, texts.count("archive.progress", ++*count)); };
}

void add(ImportSummary& sum, ImportSummary more, const std::string& name) {
  sum.files += more.files;
  sum.imported += more.imported;
  sum.unopened += more.unopened;
  sum.duplicates += more.duplicates;
  sum.unknown_recipients += more.unknown_recipients;
  sum.failed += more.failed;
  sum.not_valid += more.not_valid;
  sum.cancelled = sum.cancelled || more.cancelled;
  sum.more_reports += more.more_reports;
  for (FileReport& report : more.reports) {
    report.path = name;
    sum.reports.push_back(std::move(report));
  }
}

void add_failure(ImportSummary& sum, const std::string& name, const Status& failure) {
  ++sum.files;
  ++sum.failed;
  sum.reports.push_back(
      {name, failure.is(error::too_large) ? FileOutcome::too_large : FileOutcome::unreadable, failure.detail()});
}

bool concerns_one_file(const Status& failure) {
  return failure.is(error::too_large) || failure.is(error::file_unreadable);
}

/// The chosen files one by one, each in memory only as long as it is read. Streams nobody reads any more are closed.
Result<ImportSummary> import_files(Runtime& runtime, const Request& request, Core& core, JobContext& job) {
  pvs::HostClient& host = runtime.host().client();
  std::vector<ChosenFile> files = request.values.files("archive_files");
  const ProgressFn progress = counting(job, request.texts);
  ImportSummary sum;
  while (!files.empty()) {
    if (job.cancel().requested()) {
      sum.cancelled = true;
      break;
    }
    const ChosenFile chosen = files.front();
    files.erase(files.begin());
    const std::string name = mime::safe_name(chosen.name, request.texts("part.unnamed"));
    // Base64 of a mail as large as it may be, and its headers.
    const std::uint64_t limit = runtime.settings().max_message_bytes * 2;
    auto file = MemoryFile::read(host, chosen.stream_id, limit, job.cancel());
    auto imported = file.ok() ? core.archive().import(request.who.user_id, file.value().path(), progress, job.cancel())
                              : Result<ImportSummary>(file.status());
    if (imported.ok()) {
      add(sum, std::move(imported).value(), name);
    } else if (concerns_one_file(imported.status())) {
      add_failure(sum, name, imported.status());
    } else if (imported.status().is(error::cancelled)) {
      sum.cancelled = true;
    } else {
      close_files(host, files);
      return imported.status();
    }
  }
  close_files(host, files);
  return sum;
}

Result<ImportSummary> import(Runtime& runtime, const Request& request, const std::string& folder, JobContext& job) {
  const auto core = runtime.core();
  if (!core.ok()) {
    close_files(runtime.host().client(), request.values.files("archive_files"));
    return core.status();
  }
  if (!request.values.files("archive_files").empty()) {
    return import_files(runtime, request, *core.value(), job);
  }
  return core.value()->archive().import(request.who.user_id, folder, counting(job, request.texts), job.cancel());
}

/// One of both, and a folder by its whole path: the working directory of the practice system means nothing to a person.
views::FieldErrors check_fields(const Request& request, const std::string& folder) {
  views::FieldErrors errors;
  const bool files = !request.values.files("archive_files").empty();
  if (!files && folder.empty()) {
    errors.emplace_back("archive_files", request.texts("archive.import.nothing_chosen"));
  } else if (files && !folder.empty()) {
    errors.emplace_back("archive_folder", request.texts("archive.import.both"));
  } else if (!files && (folder.front() != '/' || folder.find('\0') != std::string::npos)) {
    errors.emplace_back("archive_folder", request.texts("archive.import.no_whole_path"));
  }
  return errors;
}

Result<pvs::v1::ActionReply> run(Runtime& runtime, const Request& request, JobContext& job) {
  const std::string folder = request.values.trimmed("archive_folder");
  views::FieldErrors errors = check_fields(request, folder);
  if (!errors.empty()) {
    close_files(runtime.host().client(), request.values.files("archive_files"));
    return reply_view(runtime, request, views::archive_import(request.texts, folder, errors), {}, request.view_id);
  }
  const auto summary = import(runtime, request, folder, job);
  if (summary.status().is(error::file_unreadable)) {
    errors.emplace_back("archive_folder", request.texts("archive.import.unreadable"));
    return reply_view(runtime, request, views::archive_import(request.texts, folder, errors), {}, request.view_id);
  }
  KVC_TRY(summary.status());
  // Numbers alone: names of files and folders may name people.
  runtime.host().audit(request.who.user_id, "archive.imported", {}, summary->failed == 0,
                       {{"files", std::to_string(summary->files)}, {"imported", std::to_string(summary->imported)}});
  return reply_view(runtime, request, views::archive_summary(request.texts, summary.value()), {}, request.view_id);
}

}  // namespace

Answer archive_invoke(Runtime& runtime, const Request& request) {
  return answer_view(runtime, request, views::archive_import(request.texts, {}, {}), {});
}

Answer archive_act(Runtime& runtime, const Request& request) {
  return request.action_id == "import"
             ? answer_job(request.texts, "job.archive_import",
                          [&runtime, request](JobContext& job) { return run(runtime, request, job); })
             : answer_unknown_action(request);
}

Answer archive_summary_act(Runtime& runtime, const Request& request) {
  if (request.action_id == "reopen") {
    return reopen_messages(runtime, request);
  }
  return request.action_id == "inbox" ? inbox_invoke(runtime, without_view(request)) : answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
