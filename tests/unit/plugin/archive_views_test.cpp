// SPDX-License-Identifier: Apache-2.0
#include "views/archive_views.h"

#include <gmock/gmock.h>

#include "unit/plugin/view_helpers.h"

namespace kvc::plugin::views {
namespace {

using archive::FileOutcome;
using test::cell;
using test::field;
using test::ids;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const Texts kGerman(Language::de);

TEST(ArchiveImport, AsksForFilesOrAFolder) {
  const auto view = archive_import(kGerman, "/archiv", {{"archive_folder", "nicht lesbar"}});
  EXPECT_TRUE(field(view, "archive_files").multiple());
  EXPECT_EQ(field(view, "archive_folder").value().text(), "/archiv");
  EXPECT_EQ(field(view, "archive_folder").error(), "nicht lesbar");
}

TEST(ArchiveSummary, NamesEveryFileThatIsNotThereWithReasonAndAdvice) {
  archive::ImportSummary summary;
  summary.files = 9;
  summary.imported = 3;
  summary.unopened = 1;
  summary.duplicates = 2;
  summary.not_valid = 1;
  summary.unknown_recipients = 1;
  summary.failed = 2;
  for (int i = 0; i <= static_cast<int>(FileOutcome::failed); ++i) {
    summary.reports.push_back({"/archiv/a\n\xe2\x80\xae.eml", static_cast<FileOutcome>(i), "detail"});
  }
  const auto view = archive_summary(kGerman, summary);
  EXPECT_THAT(view.table().intro(), HasSubstr("3 Nachrichten wurden importiert"));
  EXPECT_THAT(view.table().intro(), HasSubstr("2 Nachrichten waren schon vorhanden"));
  EXPECT_THAT(view.table().intro(), HasSubstr("2 Dateien konnten nicht importiert werden"));
  EXPECT_THAT(ids(view.actions()), Contains("reopen"));
  ASSERT_EQ(view.table().rows_size(), static_cast<int>(FileOutcome::failed) + 1);
  for (int i = 0; i < view.table().rows_size(); ++i) {
    const std::string key(archive::key(static_cast<FileOutcome>(i)));
    EXPECT_EQ(cell(view, "outcome", i).code(), key);
    EXPECT_NE(cell(view, "outcome", i).text(), "archive.outcome." + key);
    EXPECT_NE(cell(view, "advice", i).text(), "archive.advice." + key);
    EXPECT_THAT(cell(view, "file", i).text(), Not(HasSubstr("\n")));
    EXPECT_THAT(cell(view, "file", i).text(), Not(HasSubstr("\xe2\x80\xae")));
  }
}

TEST(ArchiveSummary, SaysInWordsThatNothingWasImported) {
  EXPECT_THAT(archive_summary(kGerman, {}).table().intro(), HasSubstr("Keine Nachricht wurde importiert"));
}

TEST(ArchiveSummary, ALongListIsCutAndCounted) {
  archive::ImportSummary summary;
  summary.cancelled = true;
  summary.more_reports = 10;
  summary.reports.assign(archive::kMaxReports, {std::string(4000, 'x'), FileOutcome::not_a_mail, ""});
  const auto view = archive_summary(kGerman, summary);
  EXPECT_LT(view.ByteSizeLong(), 1U << 20U);
  EXPECT_THAT(view.table().intro(), HasSubstr("510 weitere Dateien"));
  EXPECT_THAT(view.table().intro(), HasSubstr("abgebrochen"));
  EXPECT_THAT(ids(view.actions()), Not(Contains("reopen")));
}

}  // namespace
}  // namespace kvc::plugin::views
