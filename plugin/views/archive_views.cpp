// SPDX-License-Identifier: Apache-2.0
#include "views/archive_views.h"

#include <algorithm>

#include "views/message_words.h"

namespace kvc::plugin::views {
namespace {

using archive::FileOutcome;
using pvs::v1::Action;
using pvs::v1::Field;
using Column = pvs::v1::Table::Column;

/// A reply is at most 4 MiB, and nobody reads more.
constexpr std::size_t kMostRows = 500;
constexpr std::size_t kLongestPath = 1000;

std::uint64_t counted(int number) {
  return static_cast<std::uint64_t>(std::max(0, number));
}

void append(std::string& text, const Texts& t, const char* key, std::uint64_t count) {
  if (count > 0) {
    text += " " + t.count(key, count);
  }
}

std::string sentences(const Texts& t, const archive::ImportSummary& summary) {
  std::string text = t.count("archive.summary.imported", counted(summary.imported));
  append(text, t, "archive.summary.unopened", counted(summary.unopened));
  append(text, t, "archive.summary.duplicates", counted(summary.duplicates));
  append(text, t, "archive.summary.not_valid", counted(summary.not_valid));
  append(text, t, "archive.summary.unknown_recipients", counted(summary.unknown_recipients));
  append(text, t, "archive.summary.failed", counted(summary.failed));
  if (summary.cancelled) {
    text += " " + t("archive.summary.cancelled");
  }
  const std::size_t listed = std::min(summary.reports.size(), kMostRows);
  append(text, t, "archive.summary.more", summary.reports.size() - listed + counted(summary.more_reports));
  return text;
}

}  // namespace

pvs::v1::View archive_import(const Texts& t, const std::string& folder, const FieldErrors& errors) {
  pvs::v1::View out = view(t, "archive.import");
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro(t("archive.import.intro"));
  Field& files = add_field(t, form, "archive_files", Field::TYPE_FILE, false);
  files.set_multiple(true);
  files.add_file_patterns("*.eml");
  add_field(t, form, "archive_folder", Field::TYPE_TEXT, false).mutable_value()->set_text(folder);
  for (const auto& [name, sentence] : errors) {
    set_field_error(form, name, sentence);
  }
  add_action(*out.mutable_actions(), "import", t("action.import"), Action::ROLE_PRIMARY).set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View archive_summary(const Texts& t, const archive::ImportSummary& summary) {
  pvs::v1::View out = view(t, "archive.summary");
  pvs::v1::Table& table = *out.mutable_table();
  table.set_intro(sentences(t, summary));
  table.set_empty_text(t("archive.summary.nothing_left_out"));
  add_column(t, table, "archive", "file", Column::KIND_TEXT);
  add_column(t, table, "archive", "outcome", Column::KIND_STATE);
  add_column(t, table, "archive", "advice", Column::KIND_TEXT);
  const std::size_t listed = std::min(summary.reports.size(), kMostRows);
  for (std::size_t i = 0; i < listed; ++i) {
    const archive::FileReport& report = summary.reports[i];
    const std::string key(archive::key(report.outcome));
    pvs::v1::Row& row = *table.add_rows();
    row.set_row_id(std::to_string(i));
    add_cell(row, shown(report.path, kLongestPath));
    auto& outcome = add_cell(row, t("archive.outcome." + key));
    outcome.set_code(key);
    outcome.set_severity(report.outcome == FileOutcome::imported_unopened ? pvs::v1::SEVERITY_WARNING
                                                                          : pvs::v1::SEVERITY_BAD);
    add_cell(row, t("archive.advice." + key));
  }
  table.set_total(listed);
  add_action(*out.mutable_actions(), "inbox", t("action.open_inbox"), Action::ROLE_PRIMARY);
  if (summary.unopened > 0) {
    add_action(*out.mutable_actions(), "reopen", t("action.reopen"));
  }
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
