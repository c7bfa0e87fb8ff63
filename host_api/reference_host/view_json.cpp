// SPDX-License-Identifier: Apache-2.0
#include "view_json.h"

#include <array>

namespace pvs::host {
namespace {

template <std::size_t kSize>
std::string word(const std::array<const char*, kSize>& words, int value) {
  return value >= 0 && static_cast<std::size_t>(value) < kSize ? words[static_cast<std::size_t>(value)] : words[0];
}

constexpr std::array kSeverities{"", "good", "info", "warning", "bad"};
constexpr std::array kRoles{"", "primary", "secondary", "danger", "close"};
constexpr std::array kTypes{"",     "text",  "secret",    "choice",    "multi_choice", "file",
                            "date", "check", "read_only", "multiline", "recipient"};
constexpr std::array kKinds{"", "text", "time", "size", "state"};
constexpr std::array kCategories{"",       "usage",   "auth", "network",  "protocol", "crypto",
                                 "policy", "storage", "host", "internal", "cancelled"};

void set_text(JsonObject& object, const char* key, const std::string& text) {
  if (!text.empty()) {
    object.set(key, text);
  }
}
void set_flag(JsonObject& object, const char* key, bool flag) {
  if (flag) {
    object.set(key, true);
  }
}

template <class List, class Convert>
JsonArray::Ptr list(const List& items, Convert convert) {
  JsonArray::Ptr array = new JsonArray;
  for (const auto& item : items) {
    array->add(convert(item));
  }
  return array;
}

template <class List>
JsonArray::Ptr texts(const List& items) {
  return list(items, [](const std::string& text) { return text; });
}

JsonObject::Ptr action(const v1::Action& action) {
  JsonObject::Ptr object = new_object();
  object->set("action_id", action.action_id());
  set_text(*object, "label", action.label());
  set_text(*object, "role", word(kRoles, action.role()));
  set_flag(*object, "disabled", action.disabled());
  set_text(*object, "disabled_reason", action.disabled_reason());
  return object;
}

JsonArray::Ptr file_refs(const v1::Value::FileRefs& files) {
  return list(files.file(), [](const v1::FileRef& file) {
    JsonObject::Ptr object = new_object();
    object->set("name", file.name());
    object->set("size", file.size());
    set_text(*object, "media_type", file.media_type());
    return object;
  });
}

Var value(const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::kText:
      return value.text();
    case v1::Value::kCheck:
      return value.check();
    case v1::Value::kIds:
      return texts(value.ids().id());
    case v1::Value::kFiles:
      return file_refs(value.files());
    default:
      return {};  // a secret, or nothing
  }
}

JsonObject::Ptr choice(const v1::Choice& choice) {
  JsonObject::Ptr object = new_object();
  object->set("id", choice.id());
  set_text(*object, "label", choice.label());
  set_text(*object, "hint", choice.hint());
  set_flag(*object, "disabled", choice.disabled());
  set_text(*object, "disabled_reason", choice.disabled_reason());
  return object;
}

JsonObject::Ptr password_rules(const v1::PasswordRules& rules) {
  JsonObject::Ptr object = new_object();
  object->set("min_length", rules.min_length());
  object->set("max_length", rules.max_length());
  object->set("min_capitals", rules.min_capitals());
  object->set("min_small_letters", rules.min_small_letters());
  object->set("min_digits", rules.min_digits());
  set_flag(*object, "show_strength", rules.show_strength());
  return object;
}

JsonObject::Ptr field(const v1::Field& field) {
  JsonObject::Ptr object = new_object();
  object->set("name", field.name());
  set_text(*object, "label", field.label());
  object->set("type", word(kTypes, field.type()));
  set_flag(*object, "required", field.required());
  set_text(*object, "hint", field.hint());
  set_text(*object, "group", field.group());
  if (field.choices_size() != 0) {
    object->set("choices", list(field.choices(), choice));
  }
  const Var content = field.type() == v1::Field::TYPE_SECRET ? Var() : value(field.value());
  if (!content.isEmpty()) {
    object->set("value", content);
  }
  set_text(*object, "error", field.error());
  if (field.max_length() != 0) {
    object->set("max_length", field.max_length());
  }
  set_flag(*object, "multiple", field.multiple());
  if (field.file_patterns_size() != 0) {
    object->set("file_patterns", texts(field.file_patterns()));
  }
  if (field.has_password_rules()) {
    object->set("password_rules", password_rules(field.password_rules()));
  }
  return object;
}

JsonObject::Ptr form(const v1::Form& form) {
  JsonObject::Ptr object = new_object();
  set_text(*object, "intro", form.intro());
  object->set("fields", list(form.fields(), field));
  if (form.has_error()) {
    object->set("error", error_to_json(form.error()));
  }
  return object;
}

JsonObject::Ptr cell(const v1::Cell& cell) {
  JsonObject::Ptr object = new_object();
  object->set("text", cell.text());
  if (cell.time_ms() != 0) {
    object->set("time_ms", cell.time_ms());
  }
  if (cell.number() != 0) {
    object->set("number", cell.number());
  }
  set_text(*object, "severity", word(kSeverities, cell.severity()));
  set_text(*object, "code", cell.code());
  return object;
}

JsonObject::Ptr table(const v1::Table& table) {
  JsonObject::Ptr object = new_object();
  set_text(*object, "intro", table.intro());
  object->set("columns", list(table.columns(), [](const v1::Table::Column& column) {
                JsonObject::Ptr to = new_object();
                to->set("name", column.name());
                set_text(*to, "label", column.label());
                set_text(*to, "kind", word(kKinds, column.kind()));
                return to;
              }));
  object->set("rows", list(table.rows(), [&](const v1::Row& row) {
                JsonObject::Ptr to = new_object();
                to->set("row_id", row.row_id());
                JsonObject::Ptr cells = new_object();
                for (int i = 0; i < row.cells_size() && i < table.columns_size(); ++i) {
                  cells->set(table.columns(i).name(), cell(row.cells(i)));
                }
                to->set("cells", cells);
                to->set("actions", list(row.actions(), action));
                set_flag(*to, "emphasised", row.emphasised());
                return to;
              }));
  object->set("total", table.total());
  set_text(*object, "next_page", table.next_page());
  set_text(*object, "empty_text", table.empty_text());
  if (table.has_search()) {
    JsonObject::Ptr search = new_object();
    search->set("action_id", table.search().action_id());
    search->set("field", table.search().field());
    set_text(*search, "label", table.search().label());
    set_text(*search, "text", table.search().text());
    set_flag(*search, "as_you_type", table.search().as_you_type());
    object->set("search", search);
  }
  return object;
}

JsonObject::Ptr fact(const v1::Detail::Fact& fact) {
  JsonObject::Ptr object = new_object();
  set_text(*object, "name", fact.name());
  set_text(*object, "label", fact.label());
  object->set("value", fact.value());
  set_text(*object, "severity", word(kSeverities, fact.severity()));
  set_text(*object, "code", fact.code());
  set_flag(*object, "expert", fact.expert());
  return object;
}

JsonObject::Ptr part(const v1::Detail::Part& part) {
  JsonObject::Ptr object = new_object();
  object->set("part_id", part.part_id());
  set_text(*object, "name", part.name());
  set_text(*object, "media_type", part.media_type());
  set_text(*object, "description", part.description());
  object->set("size", part.size());
  set_text(*object, "sha256", part.sha256());
  object->set("actions", list(part.actions(), action));
  return object;
}

JsonObject::Ptr detail(const v1::Detail& detail) {
  JsonObject::Ptr object = new_object();
  object->set("groups", list(detail.groups(), [](const v1::Detail::Group& group) {
                JsonObject::Ptr to = new_object();
                set_text(*to, "heading", group.heading());
                set_text(*to, "severity", word(kSeverities, group.severity()));
                to->set("facts", list(group.facts(), fact));
                return to;
              }));
  object->set("parts", list(detail.parts(), part));
  set_text(*object, "text", detail.text());
  return object;
}

JsonObject::Ptr notice(const v1::Notice& notice) {
  JsonObject::Ptr object = new_object();
  set_text(*object, "severity", word(kSeverities, notice.severity()));
  object->set("text", notice.text());
  object->set("facts", list(notice.facts(), [](const v1::Notice::LabelledValue& item) {
                JsonObject::Ptr to = new_object();
                to->set("label", item.label());
                to->set("value", item.value());
                return to;
              }));
  return object;
}

JsonObject::Ptr confirmation(const v1::Confirmation& confirmation) {
  JsonObject::Ptr object = new_object();
  object->set("question", confirmation.question());
  set_text(*object, "consequence", confirmation.consequence());
  set_text(*object, "severity", word(kSeverities, confirmation.severity()));
  return object;
}

JsonObject::Ptr progress(const v1::ProgressView& progress) {
  JsonObject::Ptr object = new_object();
  object->set("job_id", progress.job_id());
  set_text(*object, "text", progress.text());
  object->set("permille", progress.permille());
  set_flag(*object, "cancellable", progress.cancellable());
  return object;
}

JsonObject::Ptr document(const v1::DocumentView& document) {
  JsonObject::Ptr object = new_object();
  object->set("name", document.name());
  set_text(*object, "media_type", document.media_type());
  object->set("size", document.size());
  return object;
}

JsonObject::Ptr suggestions(const v1::ActionReply::Suggestions& found) {
  JsonObject::Ptr object = new_object();
  object->set("field", found.field());
  object->set("text", found.text());
  object->set("suggestions", list(found.suggestions(), [](const v1::Suggestion& suggestion) {
                JsonObject::Ptr to = new_object();
                to->set("value", suggestion.value());
                set_text(*to, "label", suggestion.label());
                set_text(*to, "hint", suggestion.hint());
                set_flag(*to, "emphasised", suggestion.emphasised());
                return to;
              }));
  set_text(*object, "empty_text", found.empty_text());
  set_flag(*object, "more", found.more());
  return object;
}

void set_body(JsonObject& object, const v1::View& view) {
  switch (view.body_case()) {
    case v1::View::kForm:
      object.set("form", form(view.form()));
      break;
    case v1::View::kTable:
      object.set("table", table(view.table()));
      break;
    case v1::View::kDetail:
      object.set("detail", detail(view.detail()));
      break;
    case v1::View::kNotice:
      object.set("notice", notice(view.notice()));
      break;
    case v1::View::kConfirmation:
      object.set("confirmation", confirmation(view.confirmation()));
      break;
    case v1::View::kProgress:
      object.set("progress", progress(view.progress()));
      break;
    case v1::View::kDocument:
      object.set("document", document(view.document()));
      break;
    case v1::View::BODY_NOT_SET:
      break;
  }
}

}  // namespace

JsonObject::Ptr view_to_json(const v1::View& view) {
  JsonObject::Ptr object = new_object();
  object->set("kind", view.kind());
  object->set("title", view.title());
  object->set("view_id", view.view_id());
  set_text(*object, "help", view.help());
  set_body(*object, view);
  object->set("actions", list(view.actions(), action));
  return object;
}

JsonObject::Ptr error_to_json(const v1::Error& error) {
  JsonObject::Ptr object = new_object();
  set_text(*object, "category", word(kCategories, error.category()));
  object->set("code", error.code());
  set_text(*object, "text", error.text());
  set_text(*object, "field", error.field());
  set_text(*object, "detail", error.detail());
  if (error.params_size() != 0) {
    JsonObject::Ptr params = new_object();
    for (const v1::Param& param : error.params()) {
      params->set(param.name(), param.value());
    }
    object->set("params", params);
  }
  if (error.retry_after_ms() != 0) {
    object->set("retry_after_ms", error.retry_after_ms());
  }
  return object;
}

JsonObject::Ptr outcome_to_json(const v1::ActionReply& reply) {
  if (reply.has_view()) {
    return view_to_json(reply.view());
  }
  JsonObject::Ptr outcome = new_object();
  JsonObject::Ptr inner = new_object();
  if (reply.has_accepted()) {
    inner->set("job_id", reply.accepted().job_id());
    set_text(*inner, "text", reply.accepted().text());
    set_flag(*inner, "cancellable", reply.accepted().cancellable());
    outcome->set("accepted", inner);
  } else if (reply.has_error()) {
    outcome->set("error", error_to_json(reply.error()));
  } else if (reply.has_suggestions()) {
    outcome->set("suggestions", suggestions(reply.suggestions()));
  } else {
    set_text(*inner, "text", reply.done().text());
    set_flag(*inner, "close_view", reply.done().close_view());
    outcome->set("done", inner);
  }
  return outcome;
}

}  // namespace pvs::host
