// SPDX-License-Identifier: Apache-2.0
#include "reference_host/view_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reference_host/matcher.h"

namespace pvs::host {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ViewJson, ASecretIsNeverPrinted) {
  v1::View view;
  v1::Field& field = *view.mutable_form()->add_fields();
  field.set_name("password");
  field.set_type(v1::Field::TYPE_SECRET);
  field.mutable_value()->set_text("streng geheim");
  v1::Field& odd = *view.mutable_form()->add_fields();
  odd.set_name("odd");
  odd.set_type(v1::Field::TYPE_TEXT);
  odd.mutable_value()->set_secret("auch geheim");
  EXPECT_THAT(to_line(view_to_json(view)), Not(HasSubstr("geheim")));
}

TEST(ViewJson, CellsAreNamedByColumn) {
  v1::View view;
  view.mutable_table()->add_columns()->set_name("subject");
  v1::Row& row = *view.mutable_table()->add_rows();
  row.set_row_id("r1");
  row.add_cells()->set_text("Zeile 1\nZeile 2 \"x\" ä");
  row.add_cells()->set_text("one too many");
  const std::string line = to_line(view_to_json(view));
  EXPECT_THAT(line, HasSubstr(R"("subject":{"text":"Zeile 1\nZeile 2 \"x\" ä"})"));
  EXPECT_THAT(line, Not(HasSubstr("too many")));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(to_line(parse_document(line, "line")).size(), line.size());
}

TEST(ViewJson, ATableSaysHowItIsSearched) {
  v1::View view;
  view.mutable_table()->mutable_search()->set_action_id("search");
  view.mutable_table()->mutable_search()->set_field("search_text");
  view.mutable_table()->mutable_search()->set_text("müller");
  const std::string line = to_line(view_to_json(view));
  EXPECT_THAT(line, HasSubstr(R"("search":{)"));
  EXPECT_THAT(line, HasSubstr(R"("action_id":"search")"));
  EXPECT_THAT(line, HasSubstr(R"("text":"müller")"));
  EXPECT_THAT(line, testing::Not(HasSubstr("as_you_type")));
}

TEST(ViewJson, UnknownEnumValuesAreEmpty) {
  v1::View view;
  view.mutable_notice()->set_severity(static_cast<v1::Severity>(4711));
  view.mutable_notice()->set_text("x");
  v1::Field& field = *view.mutable_form()->add_fields();
  field.set_type(static_cast<v1::Field::Type>(-3));
  EXPECT_THAT(to_line(view_to_json(view)), HasSubstr("\"type\":\"\""));
}

TEST(ViewJson, EveryOutcomeHasItsShape) {
  v1::ActionReply reply;
  EXPECT_EQ(to_line(outcome_to_json(reply)), R"({"done":{}})");
  reply.mutable_accepted()->set_job_id(7);
  EXPECT_EQ(to_line(outcome_to_json(reply)), R"({"accepted":{"job_id":7}})");
  reply.mutable_error()->set_code("auth.wrong_credentials");
  reply.mutable_error()->set_category(v1::CATEGORY_AUTH);
  EXPECT_EQ(to_line(outcome_to_json(reply)), R"({"error":{"category":"auth","code":"auth.wrong_credentials"}})");
  auto& found = *reply.mutable_suggestions();
  found.set_field("recipient");
  found.set_text("mus");
  found.add_suggestions()->set_value("muster@kv-safenet.de");
  found.set_more(true);
  const std::string suggested = to_line(outcome_to_json(reply));
  EXPECT_THAT(suggested, HasSubstr(R"("suggestions":{)"));
  EXPECT_THAT(suggested, HasSubstr(R"("text":"mus")"));
  EXPECT_THAT(suggested, HasSubstr(R"("suggestions":[{"value":"muster@kv-safenet.de"}])"));
  EXPECT_THAT(suggested, HasSubstr(R"("more":true)"));
  reply.mutable_view()->set_kind("inbox");
  EXPECT_THAT(to_line(outcome_to_json(reply)), HasSubstr(R"("kind":"inbox")"));
}

}  // namespace
}  // namespace pvs::host
