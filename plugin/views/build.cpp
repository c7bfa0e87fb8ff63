// SPDX-License-Identifier: Apache-2.0
#include "views/build.h"

#include <algorithm>

#include "base/env.h"
#include "texts/format.h"

namespace kvc::plugin::views {
namespace {

/// Values of parameters that are themselves keys: a field's or host service's name becomes its label.
Args readable(const Texts& t, const Status& status) {
  Args args;
  for (const auto& [name, value] : status.params()) {
    std::string key;
    if (name == "field") {
      key = "field." + value;
    } else if (name == "service") {
      key = "service." + value;
    }
    args.emplace_back(name, !key.empty() && t.has(key) ? t(key) : value);
  }
  return args;
}

/// Rounded up to whole minutes: seconds of a server's wish interest nobody.
std::string wait_sentence(const Texts& t, Millis delay) {
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(delay).count();
  return minutes <= 0 ? std::string() : " " + t.count("error.retry_after", static_cast<std::uint64_t>(minutes));
}

/// Names in a stranger's certificate may be endless.
std::string cut(std::string text) {
  constexpr std::size_t kMost = 300;
  if (text.size() > kMost) {
    std::size_t end = kMost;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
      --end;  // not inside a character (RFC 3629 section 3)
    }
    text = text.substr(0, end) + " …";
  }
  return text;
}

/// Which server, and which certificate it showed, where the core tells it.
std::string server_sentence(const Texts& t, const Status& status) {
  Args args;
  for (const auto& [name, value] : status.params()) {
    if (!value.empty()) {
      args.emplace_back(name, name == "not_after" ? format_xs_time(value, t.language()) : cut(value));
    }
  }
  const auto has = [&](std::string_view name) {
    return std::any_of(args.begin(), args.end(), [&](const auto& arg) { return arg.first == name; });
  };
  if (status.category() != Category::network || !has("host")) {
    return {};
  }
  std::string sentence = " " + t("error.server", args);
  if (has("certificate")) {
    sentence += " " + t(has("not_after") ? "error.server_certificate_until" : "error.server_certificate", args);
  }
  return sentence;
}

}  // namespace

pvs::v1::View view(const Texts& t, std::string_view kind) {
  pvs::v1::View view;
  view.set_kind(std::string(kind));
  view.set_title(t(std::string(kind) + ".title"));
  const std::string help = std::string(kind) + ".help";
  if (t.has(help)) {
    view.set_help(t(help));
  }
  return view;
}

pvs::v1::Action& add_action(google::protobuf::RepeatedPtrField<pvs::v1::Action>& actions, std::string_view id,
                            std::string label, pvs::v1::Action::Role role) {
  pvs::v1::Action& action = *actions.Add();
  action.set_action_id(std::string(id));
  action.set_label(std::move(label));
  action.set_role(role);
  return action;
}

void add_close(const Texts& t, pvs::v1::View& view) {
  add_action(*view.mutable_actions(), "close", t("action.close"), pvs::v1::Action::ROLE_CLOSE);
}

pvs::v1::Field& add_field(const Texts& t, pvs::v1::Form& form, std::string_view name, pvs::v1::Field::Type type,
                          bool required) {
  pvs::v1::Field& field = *form.add_fields();
  const std::string key = "field." + std::string(name);
  field.set_name(std::string(name));
  field.set_label(t(key));
  if (t.has(key + ".hint")) {
    field.set_hint(t(key + ".hint"));
  }
  field.set_type(type);
  field.set_required(required);
  return field;
}

void set_field_error(pvs::v1::Form& form, std::string_view name, std::string sentence) {
  auto& fields = *form.mutable_fields();
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.name() == name; });
  if (found != fields.end()) {
    found->set_error(std::move(sentence));
  }
}

pvs::v1::Detail::Fact& add_fact(pvs::v1::Detail::Group& group, std::string_view name, std::string label,
                                std::string value) {
  pvs::v1::Detail::Fact& fact = *group.add_facts();
  fact.set_name(std::string(name));
  fact.set_label(std::move(label));
  fact.set_value(std::move(value));
  return fact;
}

void add_column(const Texts& t, pvs::v1::Table& table, std::string_view prefix, std::string_view name,
                pvs::v1::Table::Column::Kind kind) {
  pvs::v1::Table::Column& column = *table.add_columns();
  column.set_name(std::string(name));
  column.set_label(t(std::string(prefix) + ".column." + std::string(name)));
  column.set_kind(kind);
}

pvs::v1::Table::Search& set_search(const Texts& t, pvs::v1::Table& table, std::string_view field, std::string text) {
  constexpr std::uint32_t kLongestSearch = 200;
  pvs::v1::Table::Search& search = *table.mutable_search();
  search.set_action_id("search");
  search.set_field(std::string(field));
  search.set_label(t("field." + std::string(field)));
  search.set_text(std::move(text));
  search.set_max_length(kLongestSearch);
  return search;
}

void add_notice_fact(pvs::v1::Notice& notice, std::string label, std::string value) {
  auto& fact = *notice.add_facts();
  fact.set_label(std::move(label));
  fact.set_value(std::move(value));
}

pvs::v1::Error to_error(const Texts& t, const Status& status) {
  pvs::v1::Error error;
  if (status.ok()) {
    return error;
  }
  const std::string code = status.code().key;
  error.set_category(static_cast<pvs::v1::Category>(status.category()));
  error.set_code(code);
  error.set_text_key("error." + code);
  error.set_detail(status.detail());
  error.set_retry_after_ms(status.retry_after().count());
  for (const auto& [name, value] : status.params()) {
    auto& param = *error.add_params();
    param.set_name(name);
    param.set_value(value);
    if (name == "field") {
      error.set_field(value);
    }
  }
  error.set_text(t("error." + code, readable(t, status)) + server_sentence(t, status) +
                 wait_sentence(t, status.retry_after()));
  return error;
}

std::string error_sentence(const Texts& t, std::string_view code_key) {
  return code_key.empty() ? std::string() : t("error." + std::string(code_key));
}

std::string progress_sentence(const Texts& t, std::string_view step_key) {
  const std::string key = "progress." + std::string(step_key);
  return t.has(key) ? t(key) : t("progress.working");
}

}  // namespace kvc::plugin::views
