// SPDX-License-Identifier: Apache-2.0
#include "views/apply_views.h"

#include <gmock/gmock.h>

namespace kvc::plugin::views {
namespace {

using testing::HasSubstr;

const Texts kGerman(Language::de);

TEST(ApplyView, ListsEveryKvWithTheWarningAboutTheNetwork) {
  const auto view = apply(kGerman, application::built_in_forms(), {});
  EXPECT_EQ(view.kind(), "apply");
  EXPECT_EQ(view.title(), "Konto beantragen");
  ASSERT_EQ(view.table().rows_size(), 17);
  EXPECT_THAT(view.table().intro(), HasSubstr("von 2019"));
  EXPECT_THAT(view.table().intro(), HasSubstr("20. Oktober 2025"));
  EXPECT_EQ(view.table().rows(0).cells(0).text(), "Baden-Württemberg");
  int forms = 0;
  for (const auto& row : view.table().rows()) {
    EXPECT_EQ(row.cells_size(), view.table().columns_size());
    EXPECT_EQ(row.actions(0).action_id(), "open");
    forms += std::stoi(row.cells(2).code());
  }
  EXPECT_EQ(forms, 18);
}

TEST(ApplyView, PutsTheOwnKvFirst) {
  const auto view = apply(kGerman, application::built_in_forms(), {"93", "93", "xx"});
  EXPECT_EQ(view.table().rows(0).row_id(), "93");
  EXPECT_TRUE(view.table().rows(0).emphasised());
  EXPECT_FALSE(view.table().rows(1).emphasised());
  EXPECT_EQ(view.table().rows_size(), 17);
}

TEST(ApplyForms, ShowsTheDocumentsOfOneKv) {
  const auto& forms = application::built_in_forms();
  const auto view = apply_forms(kGerman, "72", forms);
  EXPECT_EQ(view.kind(), "apply.forms");
  EXPECT_THAT(view.title(), HasSubstr("Berlin"));
  ASSERT_EQ(view.table().rows_size(), 2);
  EXPECT_EQ(view.table().total(), 2U);
  for (const auto& row : view.table().rows()) {
    EXPECT_EQ(forms.at(std::stoul(row.row_id())).kv_code, "72");
    EXPECT_EQ(row.actions(0).action_id(), "open_form");
  }
}

TEST(ApplyForms, AKvWithoutOneIsNoDeadEnd) {
  const auto view = apply_forms(kGerman, "01", application::built_in_forms());
  ASSERT_TRUE(view.has_notice());
  EXPECT_THAT(view.notice().text(), HasSubstr("Schleswig-Holstein"));
  EXPECT_THAT(view.notice().text(), HasSubstr("wenden Sie sich"));
}

TEST(ApplyBroken, NamesKeyAndLine) {
  const auto view = apply_broken(
      kGerman, Status(error::invalid_settings, "").with("line", "7").with("reason", "columns"), "/etc/forms.csv");
  EXPECT_THAT(view.notice().text(), HasSubstr("application_forms_file"));
  EXPECT_THAT(view.notice().text(), HasSubstr("Zeile 7"));
  EXPECT_THAT(view.notice().text(), HasSubstr("/etc/forms.csv"));
  for (const std::string_view reason : application::kFaultReasons) {
    EXPECT_TRUE(kGerman.has("settings.forms_" + std::string(reason))) << reason;
  }
}

TEST(ApplyAddress, ShowsTheWholeAddress) {
  const auto& form = application::built_in_forms().front();
  EXPECT_EQ(apply_address(kGerman, form).notice().facts(0).value(), form.url);
}

}  // namespace
}  // namespace kvc::plugin::views
