// SPDX-License-Identifier: Apache-2.0
#include "view_rules.h"

#include <set>
#include <string>

#include "observations.h"
#include "text.h"

namespace pvs::conformance {
namespace {

class Look {
 public:
  Look(const v1::View& view, std::string_view from) : view_(view), from_(from) {}

  void all() {
    if (view_.view_id().empty()) {
      rule("has no view_id");
    }
    if (view_.body_case() == v1::View::BODY_NOT_SET) {
      rule("has no body");
    }
    text("title", view_.title());
    text("help", view_.help());
    actions(view_.actions());
    form();
    table();
    detail();
    text("notice", view_.notice().text());
    for (const auto& fact : view_.notice().facts()) {
      text("notice", fact.label());
      text("notice", fact.value());
    }
    text("question", view_.confirmation().question());
    text("consequence", view_.confirmation().consequence());
    text("progress", view_.progress().text());
    text("document name", view_.document().name());
  }

 private:
  std::string where() const { return "the view \"" + printable(view_.kind(), 60) + "\" of " + std::string(from_); }
  void rule(const std::string& what) const { Observations::get().note(Aspect::view_rules, where() + " " + what); }
  void text(const char* name, const std::string& value) const {
    if (is_hostile(value)) {
      Observations::get().note(Aspect::view_text, where() +
                                                      " has control characters, or characters that turn the "
                                                      "direction of writing round, in its " +
                                                      name);
    }
  }

  template <class Actions>
  void actions(const Actions& list) const {
    std::set<std::string> ids;
    for (const v1::Action& action : list) {
      text("label", action.label());
      if (action.action_id().empty() || !ids.insert(action.action_id()).second) {
        rule("has an action without an id, or two with the same");
      }
      if (action.disabled() && action.disabled_reason().empty()) {
        rule("has the action " + printable(action.action_id(), 60) + " disabled without a reason");
      }
    }
  }

  void form() const {
    std::set<std::string> names;
    text("intro", view_.form().intro());
    for (const v1::Field& field : view_.form().fields()) {
      text("label", field.label());
      text("hint", field.hint());
      if (field.name().empty() || !names.insert(field.name()).second) {
        rule("has a field without a name, or two with the same");
      }
      if (field.type() == v1::Field::TYPE_UNSPECIFIED) {
        rule("has the field " + printable(field.name(), 60) + " without a type");
      }
      if (field.type() == v1::Field::TYPE_SECRET && field.has_value()) {
        rule("has a value in the secret field " + printable(field.name(), 60));
      }
      for (const v1::Choice& choice : field.choices()) {
        text("choice", choice.label());
        if (choice.disabled() && choice.disabled_reason().empty()) {
          rule("has the choice " + printable(choice.id(), 60) + " disabled without a reason");
        }
      }
    }
  }

  void table() const {
    text("intro", view_.table().intro());
    text("empty text", view_.table().empty_text());
    for (const v1::Table::Column& column : view_.table().columns()) {
      text("column", column.label());
    }
    for (const v1::Row& row : view_.table().rows()) {
      if (row.cells_size() != view_.table().columns_size()) {
        rule("has a row with " + std::to_string(row.cells_size()) + " cells in " +
             std::to_string(view_.table().columns_size()) + " columns");
      }
      for (const v1::Cell& cell : row.cells()) {
        text("cell", cell.text());
      }
      actions(row.actions());
    }
  }

  void detail() const {
    text("text", view_.detail().text());
    for (const v1::Detail::Group& group : view_.detail().groups()) {
      text("heading", group.heading());
      for (const v1::Detail::Fact& fact : group.facts()) {
        text("fact", fact.label());
        text("fact", fact.value());
      }
    }
    for (const v1::Detail::Part& part : view_.detail().parts()) {
      text("part", part.name());
      actions(part.actions());
    }
  }

  const v1::View& view_;
  std::string_view from_;
};

}  // namespace

void look_at(const v1::View& view, std::string_view from) {
  Look(view, from).all();
}

}  // namespace pvs::conformance
