// SPDX-License-Identifier: Apache-2.0
#include "serve/page.h"

#include <algorithm>
#include <map>

#include "serve/form_html.h"
#include "serve/format.h"
#include "serve/html.h"
#include "serve/shell.h"

namespace pvs::host::serve {
namespace {

void head(Html& html, const Words& words, std::string_view title) {
  const auto element = html.element("head");
  html.empty_element("meta", {{"charset", "utf-8"}});
  html.empty_element("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  html.empty_element("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  html.leaf("title", {}, std::string(title) + " – " + std::string(words(Word::page_title)));
  html.icon_link("/assets/icon.svg");
  html.stylesheet("/assets/shell.css");
  html.script("/assets/strength.js");
  html.script("/assets/shell.js");
}

// ---- logging in ----

/// `wrong`: what was asked for and is not right.
void note_box(Html& html, const Words& words, const LoginNote& note, Word wrong) {
  using Kind = LoginNote::Kind;
  if (note.kind == Kind::none) {
    return;
  }
  const bool bad = note.kind == Kind::wrong || note.kind == Kind::wait || note.kind == Kind::broken;
  const auto box = html.element(
      "div", {{"class", bad ? "box bad" : "box info"}, {"role", bad ? "alert" : "status"}, {"data-form-error", ""}});
  html.icon(bad ? Name("alert") : Name("info"));
  const auto body = html.element("div");
  switch (note.kind) {
    case Kind::wrong:
      return html.paragraphs(words(wrong));
    case Kind::wait:
      return html.paragraphs(std::string(words(Word::log_in_wait)) + std::to_string(note.seconds));
    case Kind::broken:
      return html.paragraphs(words(Word::log_in_key_broken));
    case Kind::stale:
      return html.paragraphs(words(Word::log_in_stale));
    case Kind::ended:
      html.leaf("p", {{"class", "strong"}}, words(Word::expired_title));
      return html.paragraphs(words(Word::expired));
    default:
      return html.paragraphs(words(Word::logged_out));
  }
}

void password_field(Html& html, const Words& words, bool focus) {
  const auto field = html.element("div", {{"class", "field"}});
  html.leaf("label", {{"for", "login-password"}}, words(Word::password));
  std::vector<Attribute> more;
  if (focus) {
    more.push_back(Attribute("autofocus"));
  }
  html.empty_element("input",
                     {{"id", "login-password"},
                      {"name", "password"},
                      {"type", "password"},
                      {"autocomplete", "current-password"},
                      {"aria-required", "true"}},
                     more);
}

void brand(Html& html, std::string_view name) {
  const auto line = html.element("p", {{"class", "brand"}});
  html.icon("brand");
  html.leaf("span", {}, name);
}

void user_field(Html& html, const Words& words, std::string_view user) {
  const auto field = html.element("div", {{"class", "field"}});
  html.leaf("label", {{"for", "login-user"}}, words(Word::user));
  std::vector<Attribute> more;
  if (user.empty()) {
    more.push_back(Attribute("autofocus"));
  }
  html.empty_element("input",
                     {{"id", "login-user"},
                      {"name", "user"},
                      {"type", "text"},
                      {"value", user},
                      {"autocomplete", "username"},
                      {"aria-required", "true"},
                      {"autocapitalize", "none"},
                      {"spellcheck", "false"}},
                     more);
}

// ---- header ----

void post_button(Html& html, const WebSession& session, Path path, Attributes attributes, Name symbol,
                 std::string_view label) {
  const auto form = html.form(path);
  csrf_field(html, session);
  const auto button = html.element("button", attributes);
  html.icon(symbol);
  html.leaf("span", {}, label);
}

void header(Html& html, const Shell& shell, const WebSession& session) {
  const Words& words = shell.words();
  const auto element = html.element("header", {{"class", "top"}});
  brand(html, shell.services().practice().practice.name());
  const auto who = html.element("div", {{"class", "who"}});
  {
    // Where the window is narrow the menu stands below.
    const auto link = html.jump("menu-search", {{"class", "button to-menu"}});
    html.text(words(Word::to_menu));
  }
  {
    const auto name = html.element("span", {{"class", "user"}, {"data-user", session.user->user.user_id()}});
    html.icon("user");
    html.leaf("bdi", {}, session.user->user.display_name());
  }
  post_button(html, session, "/lock", {{"type", "submit"}, {"class", "button quiet"}, {"data-lock", ""}}, "lock",
              words(Word::lock));
  post_button(html, session, "/logout", {{"type", "submit"}, {"class", "button quiet"}, {"data-logout", ""}}, "out",
              words(Word::log_out));
}

// ---- menu ----

void search_form(Html& html, const Words& words, std::string_view query) {
  const auto search = html.element("form", {{"role", "search"}, {"method", "get"}, {"class", "search"}});
  html.leaf("label", {{"for", "menu-search"}, {"class", "hidden"}}, words(Word::menu_search));
  html.icon("search");
  html.empty_element("input", {{"id", "menu-search"},
                               {"name", "menu-search"},
                               {"type", "search"},
                               {"value", query},
                               {"autocomplete", "off"},
                               {"placeholder", words(Word::menu_search_hint)},
                               {"title", words(Word::menu_search_title)},
                               {"aria-keyshortcuts", "Control+K"}});
  const auto button = html.element("button", {{"type", "submit"}, {"class", "hidden"}});
  html.text(words(Word::menu_search_button));
}

void menu_button(Html& html, const Shell& shell, const WebSession& session, const MenuEntry& entry) {
  const Words& words = shell.words();
  const v1::Command& command = entry.command;
  const std::string_view reason = shell.why_not(session, command);
  const bool current =
      session.command_id == command.command_id() && (!session.stack.empty() || session.front.kind != Front::Kind::view);
  const auto item = html.element("li");
  const auto form = html.form("/command");
  csrf_field(html, session);
  std::vector<Attribute> more;
  if (!reason.empty()) {
    more.push_back(Attribute("disabled"));
  }
  if (current) {
    more.push_back({"aria-current", "page"});
  }
  const auto button = html.element("button",
                                   {{"type", "submit"},
                                    {"name", "_command"},
                                    {"value", command.command_id()},
                                    {"data-command", command.command_id()},
                                    {"class", "entry"}},
                                   more);
  html.text(words.english() && !command.title_en().empty() ? command.title_en() : command.title_de());
  if (!reason.empty()) {
    html.leaf("span", {{"class", "small block entry-reason"}}, reason);
  }
}

/// Entries by menu, in the order of the manifest.
std::vector<std::pair<std::string, std::vector<const MenuEntry*>>> grouped(const std::vector<MenuEntry>& entries) {
  std::vector<std::pair<std::string, std::vector<const MenuEntry*>>> groups;
  for (const MenuEntry& entry : entries) {
    const std::string title = entry.path.empty() ? "" : entry.path.back();
    auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& item) { return item.first == title; });
    if (group == groups.end()) {
      group = groups.insert(groups.end(), {title, {}});
    }
    group->second.push_back(&entry);
  }
  return groups;
}

void menu(Html& html, const Shell& shell, const WebSession& session, std::string_view query) {
  const Words& words = shell.words();
  const auto nav = html.element("nav", {{"data-menu", ""}, {"class", "menu"}, {"aria-label", words(Word::menu)}});
  search_form(html, words, query);
  const std::vector<MenuEntry> found = search_menu(shell.menu(), query, session.user->user);
  const auto list = html.element("div", {{"id", "menu-entries"}});
  if (!query.empty()) {
    html.leaf("p", {{"class", "muted small"}, {"role", "status"}},
              found.empty() ? std::string(words(Word::menu_nothing))
                            : std::string(words(Word::menu_found)) + std::to_string(found.size()));
  }
  for (const auto& [title, entries] : grouped(found)) {
    html.leaf("h2", {{"class", "menu-title"}}, title);
    const auto group = html.element("ul");
    for (const MenuEntry* entry : entries) {
      menu_button(html, shell, session, *entry);
    }
  }
}

void dialogs(Html& html, const Shell& shell, const WebSession& session) {
  const Words& words = shell.words();
  const auto region = html.element("div", {{"id", "dialogs"}});
  for (const FileQuestion& question : shell.questions_of(session)) {
    const auto dialog = html.element(
        "dialog",
        {{"data-file-chooser", std::to_string(question.id)}, {"aria-labelledby", "file-chooser-title"}, {"open", ""}});
    const auto form = html.form("/files", {{"enctype", "multipart/form-data"}});
    csrf_field(html, session);
    hidden(html, "_question", std::to_string(question.id));
    const std::string title = question.title.empty() ? std::string(words(Word::choose_files_title)) : question.title;
    html.leaf("h2", {{"id", "file-chooser-title"}}, title);
    std::vector<Attribute> more;
    if (question.multiple) {
      more.push_back(Attribute("multiple"));
    }
    std::string accepted;
    for (const std::string& pattern : question.patterns) {
      const std::size_t dot = pattern.rfind('.');
      accepted += dot == std::string::npos ? "" : (accepted.empty() ? "" : ",") + pattern.substr(dot);
    }
    if (!accepted.empty()) {
      more.push_back({"accept", accepted});
    }
    more.push_back({"id", "file-chooser-input"});
    more.push_back({"type", "file"});
    more.push_back({"name", "files"});
    more.push_back({"aria-label", title});
    file_input(html, words, more, "file-chooser-input", question.multiple);
    const auto buttons = html.element("div", {{"class", "actions"}});
    html.leaf("button", {{"type", "submit"}, {"class", "button primary"}, {"data-file-take", ""}},
              words(Word::choose_files_button));
    html.leaf("button",
              {{"type", "submit"}, {"name", "_cancel"}, {"value", "1"}, {"class", "button"}, {"data-file-cancel", ""}},
              words(Word::cancel));
  }
}

}  // namespace

void hidden(Html& html, std::string_view name, std::string_view value) {
  html.empty_element("input", {{"type", "hidden"}, {"name", name}, {"value", value}});
}

void csrf_field(Html& html, const WebSession& session) {
  hidden(html, "_csrf", session.csrf);
}

std::string shell_page(const Shell& shell, const WebSession& session, std::string_view menu_query) {
  const Words& words = shell.words();
  Html html;
  html.doctype();
  {
    const auto document = html.element("html", {{"lang", words.language()}});
    head(html, words, session.stack.empty() ? std::string(words(Word::start)) : session.stack.back().view.title());
    const auto body = html.element("body", {{"class", "shell"},
                                            {"data-upload-limit", std::to_string(kMaxUpload)},
                                            {"data-events-seen", std::to_string(session.events->now())},
                                            {"data-text-too-large", words(Word::too_large)},
                                            {"data-text-connection", words(Word::connection_lost)},
                                            {"data-text-unsaved", words(Word::unsaved)},
                                            {"data-text-gone", words(Word::error_gone)},
                                            {"data-text-gone-typed", words(Word::gone_typed)},
                                            {"data-text-show", words(Word::secret_show)},
                                            {"data-text-hide", words(Word::secret_hide)},
                                            {"data-text-suggestions", words(Word::suggestions)},
                                            {"data-text-cancelling", words(Word::cancelling)}});
    {
      const auto link = html.jump("centre", {{"class", "button skip"}});
      html.text(words(Word::skip_to_content));
    }
    header(html, shell, session);
    menu(html, shell, session, menu_query);
    render_centre(html, shell, session);
    render_panel(html, shell, session);
    dialogs(html, shell, session);
    html.leaf("div", {{"id", "live"}, {"class", "hidden"}, {"role", "status"}, {"aria-live", "polite"}}, "");
  }
  return html.take();
}

std::string lock_page(const Shell& shell, const WebSession& session, const LoginNote& note) {
  const Words& words = shell.words();
  Html html;
  html.doctype();
  {
    const auto document = html.element("html", {{"lang", words.language()}});
    head(html, words, words(Word::locked_title));
    const auto body = html.element("body", {{"class", "door"}, {"data-locked", ""}});
    const auto main = html.element("main", {{"class", "card door-card"}});
    brand(html, shell.services().practice().practice.name());
    {
      const auto title = html.element("h1");
      html.icon("lock");
      html.text(words(Word::locked_title));
    }
    note_box(html, words, note, Word::unlock_wrong);
    html.leaf("p", {{"class", "muted"}},
              session.locked_idle ? std::string(words(Word::locked_idle)) + " " + std::string(words(Word::locked_intro))
                                  : std::string(words(Word::locked_intro)));
    {
      const auto form = html.form("/unlock", {{"data-unlock", ""}});
      csrf_field(html, session);
      hidden(html, "user", session.user->user.user_id());
      const auto who = html.element("p", {{"class", "user"}});
      html.icon("user");
      html.leaf("bdi", {}, session.user->user.display_name());
      password_field(html, words, true);
      html.leaf("button", {{"type", "submit"}, {"class", "button primary wide"}}, words(Word::unlock));
    }
    const auto other = html.form("/logout");
    csrf_field(html, session);
    html.leaf("button", {{"type", "submit"}, {"class", "button quiet wide"}, {"data-logout", ""}},
              words(Word::other_user));
  }
  return html.take();
}

std::string login_page(const Words& words, const Practice& practice, std::string_view csrf, std::string_view user,
                       const LoginNote& note) {
  Html html;
  html.doctype();
  {
    const auto document = html.element("html", {{"lang", words.language()}});
    head(html, words, words(Word::log_in_title));
    const auto body = html.element("body", {{"class", "door"}});
    const auto main = html.element("main", {{"class", "card door-card"}});
    brand(html, practice.practice.name());
    html.leaf("h1", {}, words(Word::log_in_title));
    note_box(html, words, note, Word::log_in_wrong);
    html.leaf("p", {{"class", "muted"}}, words(Word::log_in_intro));
    {
      const auto form = html.form("/login", {{"data-login", ""}});
      hidden(html, "_csrf", csrf);
      user_field(html, words, user);
      password_field(html, words, !user.empty());
      html.leaf("button", {{"type", "submit"}, {"class", "button primary wide"}}, words(Word::log_in));
    }
    html.leaf("p", {{"class", "muted small"}}, words(Word::made_up));
  }
  return html.take();
}

Response message_page(const Words& words, int status) {
  struct Texts {
    Word title, text;
  };
  static const std::map<int, Texts> kTexts{{400, {Word::bad_request_title, Word::bad_request}},
                                           {403, {Word::csrf_title, Word::csrf}},
                                           {404, {Word::not_found_title, Word::not_found}},
                                           {413, {Word::too_large_title, Word::too_large}},
                                           {503, {Word::busy_title, Word::busy}}};
  const Texts& texts = kTexts.at(status);
  Html html;
  html.doctype();
  {
    const auto document = html.element("html", {{"lang", words.language()}});
    head(html, words, words(texts.title));
    const auto body = html.element("body", {{"class", "door"}});
    const auto main = html.element("main", {{"class", "card door-card"},
                                            {"data-view-kind", "error"},
                                            {"data-view-id", ""},
                                            {"data-status", std::to_string(status)}});
    html.leaf("h1", {}, words(texts.title));
    html.paragraphs(words(texts.text));
    const auto link = html.link("/", "", {{"class", "button primary wide"}});
    html.text(words(Word::to_start));
  }
  Response response;
  response.status = status;
  response.body = html.take();
  return response;
}

}  // namespace pvs::host::serve
