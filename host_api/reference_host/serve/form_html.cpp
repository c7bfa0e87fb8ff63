// SPDX-License-Identifier: Apache-2.0
#include "serve/form_html.h"

#include <algorithm>

#include "serve/format.h"
#include "serve/page.h"
#include "serve/request.h"

namespace pvs::host::serve {
namespace {

/// Names of the elements around one input, and the attributes that tie them together.
struct Parts {
  std::string input, hint, error, described;
};

Parts parts_of(const v1::Field& field) {
  Parts parts{"field-" + field.name(), "hint-" + field.name(), "error-" + field.name(), ""};
  parts.described = field.hint().empty() && field.type() != v1::Field::TYPE_FILE ? "" : parts.hint;
  if (!field.error().empty()) {
    parts.described += (parts.described.empty() ? "" : " ") + parts.error;
  }
  return parts;
}

std::vector<Attribute> common(const v1::Field& field, const Parts& parts) {
  std::vector<Attribute> attributes{{"id", parts.input}, {"name", field.name()}};
  if (!parts.described.empty()) {
    attributes.push_back({"aria-describedby", parts.described});
  }
  if (field.required()) {
    attributes.push_back({"aria-required", "true"});
  }
  if (!field.error().empty()) {
    attributes.push_back({"aria-invalid", "true"});
  }
  return attributes;
}

bool chosen(const v1::Field& field, const std::string& id) {
  const auto& ids = field.value().ids().id();
  return field.value().text() == id || std::find(ids.begin(), ids.end(), id) != ids.end();
}

std::string choice_label(const v1::Choice& choice) {
  return choice.disabled() && !choice.disabled_reason().empty() ? choice.label() + " (" + choice.disabled_reason() + ")"
                                                                : choice.label();
}

void label(Html& html, const Words& words, const v1::Field& field, const Parts& parts) {
  const auto element = html.element("label", {{"for", parts.input}});
  html.text(field.label());
  if (field.required()) {
    html.leaf("span", {{"class", "required"}, {"title", words(Word::required)}, {"aria-hidden", "true"}}, " *");
  }
}

void choice(Html& html, const Words& words, const v1::Field& field, const Parts& parts) {
  const auto select = html.element("select", {}, common(field, parts));
  const bool none = std::none_of(field.choices().begin(), field.choices().end(),
                                 [&](const v1::Choice& item) { return chosen(field, item.id()); });
  if (none) {
    html.leaf("option", {{"value", ""}}, words(Word::choose));
  }
  for (const v1::Choice& item : field.choices()) {
    std::vector<Attribute> more;
    if (chosen(field, item.id())) {
      more.push_back(Attribute("selected"));
    }
    if (item.disabled()) {
      more.push_back(Attribute("disabled"));
    }
    const auto option = html.element("option", {{"value", item.id()}}, more);
    html.text(choice_label(item));
  }
}

void choices(Html& html, const v1::Field& field, const Parts& parts) {
  int number = 0;
  const auto list = html.element("div", {{"class", "choices"}});
  for (const v1::Choice& item : field.choices()) {
    const std::string id = parts.input + "-" + std::to_string(++number);
    std::vector<Attribute> more;
    if (chosen(field, item.id())) {
      more.push_back(Attribute("checked"));
    }
    if (item.disabled()) {
      more.push_back(Attribute("disabled"));
    }
    const auto line = html.element("div", {{"class", "check"}});
    html.empty_element("input", {{"type", "checkbox"}, {"id", id}, {"name", field.name()}, {"value", item.id()}}, more);
    const auto text = html.element("label", {{"for", id}});
    html.text(choice_label(item));
    if (!item.hint().empty()) {
      html.leaf("span", {{"class", "muted small block"}}, item.hint());
    }
  }
}

void password_rules(Html& html, const Words& words, const v1::Field& field, const Parts& parts) {
  const v1::PasswordRules& rules = field.password_rules();
  const auto box = html.element("div", {{"class", "rules"}, {"data-rules-for", parts.input}});
  html.leaf("p", {{"class", "small strong"}}, words(Word::rules));
  {
    const auto list = html.element("ul");
    const auto rule = [&](std::uint32_t number, std::string_view kind, Word word) {
      if (number > 0) {
        std::string sentence(words(word));
        sentence.replace(sentence.find("{}"), 2, std::to_string(number));
        html.leaf("li", {{"data-rule", kind}, {"data-least", std::to_string(number)}}, sentence);
      }
    };
    rule(rules.min_length(), "length", Word::rule_length);
    rule(rules.max_length(), "max", Word::rule_max);
    rule(rules.min_capitals(), "capitals", Word::rule_capitals);
    rule(rules.min_small_letters(), "small", Word::rule_small);
    rule(rules.min_digits(), "digits", Word::rule_digits);
  }
  if (rules.show_strength()) {
    const auto line = html.element("div", {{"class", "strength"}});
    html.leaf("span", {}, std::string(words(Word::strength)) + ":");
    {
      const auto meter = html.element("meter", {{"min", "0"},
                                                {"max", "4"},
                                                {"low", "2"},
                                                {"high", "3"},
                                                {"optimum", "4"},
                                                {"value", "0"},
                                                {"aria-label", words(Word::strength)},
                                                {"data-strength", ""}});
    }
    html.leaf("output", {{"data-strength-word", words(Word::strength_words)}},
              words(Word::strength_words).substr(0, words(Word::strength_words).find('|')));
  }
}

void secret(Html& html, const Words& words, const v1::Field& field, const Parts& parts) {
  std::vector<Attribute> attributes = common(field, parts);
  attributes.push_back({"type", "password"});
  attributes.push_back({"autocomplete", field.has_password_rules() ? "new-password" : "off"});
  {
    const auto line = html.element("div", {{"class", "secret"}});
    html.empty_element("input", {}, attributes);
    // The script shows it: without one it would do nothing.
    const auto button =
        html.element("button", {{"type", "button"},
                                {"class", "button quiet small-button"},
                                {"hidden", ""},
                                {"data-reveal", parts.input},
                                {"aria-pressed", "false"},
                                {"aria-label", std::string(words(Word::secret_show)) + ": " + field.label()}});
    html.text(words(Word::secret_show));
  }
  if (field.has_password_rules()) {
    password_rules(html, words, field, parts);
  }
}

/// "*.p12" for the browser's dialog: ".p12".
std::string accepted(const v1::Field& field) {
  std::string list;
  for (const std::string& pattern : field.file_patterns()) {
    const std::size_t dot = pattern.rfind('.');
    if (dot == std::string::npos) {
      return {};
    }
    list += (list.empty() ? "" : ",") + pattern.substr(dot);
  }
  return list;
}

void file(Html& html, const Words& words, const v1::Field& field, const Parts& parts) {
  std::vector<Attribute> attributes = common(field, parts);
  attributes.push_back({"type", "file"});
  const std::string types = accepted(field);
  if (!types.empty()) {
    attributes.push_back({"accept", types});
  }
  if (field.multiple()) {
    attributes.push_back(Attribute("multiple"));
  }
  file_input(html, words, attributes, parts.input, field.multiple());
  for (const v1::FileRef& known : field.value().files().file()) {
    html.leaf("p", {{"class", "small"}}, known.name() + " (" + format_size(words, known.size()) + ")");
  }
}

void multiline(Html& html, const v1::Field& field, const Parts& parts) {
  std::vector<Attribute> attributes = common(field, parts);
  attributes.push_back({"rows", "9"});
  const std::string length = std::to_string(field.max_length());
  if (field.max_length() > 0) {
    attributes.push_back({"maxlength", length});
  }
  // A browser drops one line break at the beginning.
  html.leaf_with("textarea", attributes, "\n" + field.value().text());
}

void line(Html& html, const v1::Field& field, const Parts& parts, std::string_view type) {
  std::vector<Attribute> attributes = common(field, parts);
  attributes.push_back({"type", type});
  attributes.push_back({"value", field.value().text()});
  attributes.push_back({"autocomplete", "off"});
  const std::string length = std::to_string(field.max_length());
  if (field.max_length() > 0) {
    attributes.push_back({"maxlength", length});
  }
  html.empty_element("input", {}, attributes);
}

/// The field the plugin suggests values for. A plain field where there is no script.
void recipient(Html& html, const v1::Field& field, const Parts& parts) {
  std::vector<Attribute> attributes = common(field, parts);
  attributes.push_back({"type", "text"});
  attributes.push_back({"value", field.value().text()});
  attributes.push_back({"autocomplete", "off"});
  attributes.push_back({"spellcheck", "false"});
  attributes.push_back({"data-suggest", field.name()});
  const std::string length = std::to_string(field.max_length());
  if (field.max_length() > 0) {
    attributes.push_back({"maxlength", length});
  }
  const auto box = html.element("div", {{"class", "combo"}});
  html.empty_element("input", {}, attributes);
}

void widget(Html& html, const Words& words, const v1::Field& field, const Parts& parts) {
  switch (field.type()) {
    case v1::Field::TYPE_SECRET:
      return secret(html, words, field, parts);
    case v1::Field::TYPE_CHOICE:
      return choice(html, words, field, parts);
    case v1::Field::TYPE_FILE:
      return file(html, words, field, parts);
    case v1::Field::TYPE_DATE:
      return line(html, field, parts, "date");
    case v1::Field::TYPE_RECIPIENT:
      return recipient(html, field, parts);
    case v1::Field::TYPE_MULTILINE:
      return multiline(html, field, parts);
    case v1::Field::TYPE_READ_ONLY:
      html.leaf("output", {{"id", parts.input}, {"class", "read-only text"}, {"data-read-only", field.name()}},
                field.value().text());
      return;
    default:
      return line(html, field, parts, "text");
  }
}

void below(Html& html, const Words& words, const v1::Field& field, const Parts& parts) {
  if (!field.hint().empty() || field.type() == v1::Field::TYPE_FILE) {
    std::string hint = field.hint();
    if (field.type() == v1::Field::TYPE_FILE) {
      hint += (hint.empty() ? "" : " ") + std::string(words(Word::file_limit)) + format_size(words, kMaxUpload) + ".";
    }
    html.leaf("p", {{"id", parts.hint}, {"class", "hint"}}, hint);
  }
  if (!field.error().empty()) {
    html.leaf("p", {{"id", parts.error}, {"class", "field-error"}, {"data-field-error", field.name()}}, field.error());
  }
}

void check(Html& html, const Words& words, const v1::Field& field, const Parts& parts) {
  const auto box = html.element("div", {{"class", "field"}});
  {
    const auto check_line = html.element("div", {{"class", "check"}});
    std::vector<Attribute> attributes = common(field, parts);
    attributes.push_back({"type", "checkbox"});
    attributes.push_back({"value", "true"});
    if (field.value().check()) {
      attributes.push_back(Attribute("checked"));
    }
    html.empty_element("input", {}, attributes);
    label(html, words, field, parts);
  }
  below(html, words, field, parts);
}

void render_field(Html& html, const Words& words, const v1::Field& field) {
  const Parts parts = parts_of(field);
  if (field.type() == v1::Field::TYPE_CHECK) {
    return check(html, words, field, parts);
  }
  if (field.type() == v1::Field::TYPE_MULTI_CHOICE) {
    std::vector<Attribute> more;
    if (!parts.described.empty()) {
      more.push_back({"aria-describedby", parts.described});
    }
    const auto set = html.element("fieldset", {{"class", "field"}, {"data-field", field.name()}}, more);
    {
      const auto legend = html.element("legend");
      html.text(field.label());
      if (field.required()) {
        html.leaf("span", {{"class", "required"}, {"aria-hidden", "true"}}, " *");
      }
    }
    choices(html, field, parts);
    return below(html, words, field, parts);
  }
  const auto box = html.element("div", {{"class", "field"}, {"data-field", field.name()}});
  if (field.type() == v1::Field::TYPE_READ_ONLY) {
    html.leaf("span", {{"class", "label"}}, field.label());
  } else {
    label(html, words, field, parts);
  }
  widget(html, words, field, parts);
  below(html, words, field, parts);
  if (field.type() == v1::Field::TYPE_CHOICE) {
    for (const v1::Choice& item : field.choices()) {
      if (!item.hint().empty()) {
        html.leaf("p", {{"class", "hint"}}, item.label() + ": " + item.hint());
      }
    }
  }
}

void fields(Html& html, const Words& words, const v1::Form& form) {
  for (int i = 0; i < form.fields_size();) {
    const std::string& group = form.fields(i).group();
    if (group.empty()) {
      render_field(html, words, form.fields(i++));
      continue;
    }
    const auto set = html.element("fieldset", {{"class", "field-group"}});
    html.leaf("legend", {}, group);
    for (; i < form.fields_size() && form.fields(i).group() == group; ++i) {
      render_field(html, words, form.fields(i));
    }
  }
}

}  // namespace

void file_input(Html& html, const Words& words, std::vector<Attribute> attributes, std::string_view id, bool several) {
  const auto box = html.element("div", {{"class", "file-pick"}});
  attributes.push_back({"class", "file-input"});
  attributes.push_back({"data-file-input", ""});
  html.empty_element("input", {}, attributes);
  {
    // The field has its own label; this is a button for pointers alone.
    const auto button = html.element("label", {{"for", id}, {"class", "button file-button"}, {"aria-hidden", "true"}});
    html.icon("file");
    html.text(words(several ? Word::files_choose : Word::file_choose));
  }
  html.leaf("span",
            {{"class", "file-names muted"}, {"data-file-names", words(Word::file_none)}, {"aria-live", "polite"}},
            words(Word::file_none));
}

void render_suggestions(Html& html, const v1::ActionReply& reply) {
  const v1::ActionReply::Suggestions& found = reply.suggestions();
  const auto box = html.element("div", {{"id", "suggestions"}, {"data-text", found.text()}});
  if (found.suggestions().empty()) {
    html.leaf("p", {{"class", "muted small suggest-empty"}}, found.empty_text());
    return;
  }
  const auto list = html.element("ul", {{"id", "suggestion-list"}, {"role", "listbox"}, {"class", "suggest-list"}});
  int number = 0;
  for (const v1::Suggestion& suggestion : found.suggestions()) {
    const auto item = html.element("li", {{"id", "suggestion-" + std::to_string(++number)},
                                          {"role", "option"},
                                          {"aria-selected", "false"},
                                          {"class", suggestion.emphasised() ? "suggest emphasised" : "suggest"},
                                          {"data-value", suggestion.value()}});
    html.leaf("bdi", {{"class", "block"}}, suggestion.label().empty() ? suggestion.value() : suggestion.label());
    html.leaf("bdi", {{"class", "muted small block"}},
              suggestion.hint().empty() ? suggestion.value() : suggestion.hint());
  }
}

void render_error_detail(Html& html, const Words& words, const v1::Error& error) {
  if (error.code().empty() && error.detail().empty()) {
    return;
  }
  const auto details = html.element("details", {{"class", "expert"}});
  html.leaf("summary", {}, words(Word::error_detail));
  const auto list = html.element("dl", {{"class", "facts compact"}});
  html.leaf("dt", {}, words(Word::error_code));
  {
    const auto code = html.element("dd");
    html.leaf("code", {{"data-code-of-error", ""}}, error.code());
  }
  if (!error.detail().empty()) {
    html.leaf("dt", {}, words(Word::error_detail));
    html.leaf("dd", {{"lang", "en"}}, error.detail());
  }
}

void render_form(Html& html, const Words& words, const WebSession& session, const v1::View& view,
                 const std::function<void()>& buttons) {
  const v1::Form& form = view.form();
  if (!form.intro().empty()) {
    html.leaf("p", {{"class", "intro text"}}, form.intro());
  }
  const auto element = html.form("/act", {{"enctype", "multipart/form-data"},
                                          {"class", "card form"},
                                          {"novalidate", ""},
                                          {"data-form", ""},
                                          {"aria-labelledby", "view-title"}});
  csrf_field(html, session);
  hidden(html, "_view", view.view_id());
  for (const v1::Action& action : view.actions()) {
    if (action.role() == v1::Action::ROLE_PRIMARY && !action.disabled()) {
      // What Enter does, wherever the button stands.
      html.empty_element("input", {{"type", "submit"},
                                   {"name", "_action"},
                                   {"value", action.action_id()},
                                   {"class", "enter"},
                                   {"tabindex", "-1"},
                                   {"aria-hidden", "true"}});
      break;
    }
  }
  if (form.has_error()) {
    const auto box = html.element(
        "div", {{"class", "box bad"}, {"role", "alert"}, {"data-form-error", form.error().code()}, {"tabindex", "-1"}});
    html.icon("alert");
    const auto body = html.element("div");
    html.paragraphs(form.error().text());
    render_error_detail(html, words, form.error());
  }
  fields(html, words, form);
  if (std::any_of(form.fields().begin(), form.fields().end(), [](const v1::Field& f) { return f.required(); })) {
    html.leaf("p", {{"class", "muted small"}}, words(Word::required_note));
  }
  buttons();
}

}  // namespace pvs::host::serve
