// SPDX-License-Identifier: Apache-2.0
// The centre: the plugin's views, and the states before and between them.
#include <algorithm>

#include "serve/form_html.h"
#include "serve/format.h"
#include "serve/html.h"
#include "serve/page.h"
#include "serve/shell.h"

namespace pvs::host::serve {
namespace {

const char* tone(v1::Severity severity) {
  switch (severity) {
    case v1::SEVERITY_GOOD:
      return "good";
    case v1::SEVERITY_INFO:
      return "info";
    case v1::SEVERITY_WARNING:
      return "warning";
    case v1::SEVERITY_BAD:
      return "bad";
    default:
      return "neutral";
  }
}

void tone_icon(Html& html, v1::Severity severity) {
  switch (severity) {
    case v1::SEVERITY_GOOD:
      return html.icon("good");
    case v1::SEVERITY_WARNING:
    case v1::SEVERITY_BAD:
      return html.icon("alert");
    default:
      return html.icon("info");
  }
}

/// A value with its tone: a short one as a badge, a sentence in colour.
void toned(Html& html, v1::Severity severity, std::string_view text) {
  constexpr std::size_t kBadge = 40;
  if (severity == v1::SEVERITY_UNSPECIFIED) {
    const auto plain = html.element("bdi", {{"class", "text"}});
    return html.breakable(text);
  }
  const auto badge =
      html.element("span", {{"class", std::string(text.size() <= kBadge ? "badge " : "tone ") + tone(severity)}});
  html.leaf("bdi", {}, text);
}

/// What the renderers below share.
struct Drawing {
  Html& html;
  const Shell& shell;
  const WebSession& session;
  const Words& words;
};

// ---- actions ----

const char* action_class(const v1::Action& action, bool small) {
  switch (action.role()) {
    case v1::Action::ROLE_PRIMARY:
      return small ? "button small-button" : "button primary";
    case v1::Action::ROLE_DANGER:
      return small ? "button danger small-button" : "button danger";
    case v1::Action::ROLE_CLOSE:
      return small ? "button quiet small-button" : "button quiet";
    default:
      return small ? "button quiet small-button" : "button";
  }
}

/// A button that sends the form it stands in. A greyed one says why.
void action_button(Drawing& d, const v1::Action& action, bool small, std::string_view about, bool focus = false) {
  std::vector<Attribute> more;
  if (action.disabled()) {
    more.push_back(Attribute("disabled"));
    more.push_back({"title", action.disabled_reason()});
  }
  const std::string spoken = action.label() + ": " + std::string(about);
  if (!about.empty()) {
    more.push_back({"aria-label", spoken});
  }
  if (focus) {
    more.push_back(Attribute("autofocus"));
  }
  const auto button = d.html.element("button",
                                     {{"type", "submit"},
                                      {"name", "_action"},
                                      {"value", action.action_id()},
                                      {"data-action", action.action_id()},
                                      {"class", action_class(action, small)}},
                                     more);
  d.html.text(action.label());
}

void disabled_reasons(Drawing& d, const google::protobuf::RepeatedPtrField<v1::Action>& actions) {
  for (const v1::Action& action : actions) {
    if (action.disabled() && !action.disabled_reason().empty()) {
      d.html.leaf("p", {{"class", "muted small why-not"}, {"data-why-not", action.action_id()}},
                  action.label() + ": " + action.disabled_reason());
    }
  }
}

/// Buttons of the whole view: the primary one first, what cannot be undone and closing at the end.
void view_actions(Drawing& d, const v1::View& view, bool safe_first) {
  if (view.actions().empty()) {
    return;
  }
  const auto bar = d.html.element("div", {{"class", "actions view-actions"}});
  std::vector<const v1::Action*> ordered;
  for (const v1::Action& action : view.actions()) {
    ordered.push_back(&action);
  }
  const auto rank = [](const v1::Action* action) {
    switch (action->role()) {
      case v1::Action::ROLE_PRIMARY:
        return 0;
      case v1::Action::ROLE_DANGER:
        return 2;
      case v1::Action::ROLE_CLOSE:
        return 3;
      default:
        return 1;
    }
  };
  std::stable_sort(ordered.begin(), ordered.end(),
                   [&](const v1::Action* a, const v1::Action* b) { return rank(a) < rank(b); });
  // The safe button: closing, or whatever can be undone.
  const v1::Action* safe = nullptr;
  if (safe_first) {
    for (const v1::Action* action : ordered) {
      const bool better = safe == nullptr || action->role() == v1::Action::ROLE_CLOSE;
      safe = better && action->role() != v1::Action::ROLE_DANGER ? action : safe;
    }
  }
  for (const v1::Action* action : ordered) {
    action_button(d, *action, false, "", action == safe);
  }
}

void act_fields(Drawing& d, const v1::View& view) {
  csrf_field(d.html, d.session);
  hidden(d.html, "_view", view.view_id());
}

/// The buttons of a view that has no fields.
void action_form(Drawing& d, const v1::View& view, bool safe_first = false) {
  if (view.actions().empty()) {
    return;
  }
  const auto form = d.html.form("/act", {{"class", "action-form"}});
  act_fields(d, view);
  view_actions(d, view, safe_first);
  disabled_reasons(d, view.actions());
}

// ---- table ----

void cell(Drawing& d, const v1::Table::Column& column, const v1::Cell& cell) {
  std::vector<Attribute> more;
  if (!cell.code().empty()) {
    more.push_back({"data-code", cell.code()});
  }
  const bool number = column.kind() == v1::Table::Column::KIND_SIZE;
  const bool time = column.kind() == v1::Table::Column::KIND_TIME;
  const auto element = d.html.element("td",
                                      {{"data-column", column.name()},
                                       {"class", number ? "number"
                                                 : time ? "time"
                                                        : "words"}},
                                      more);
  std::string text = cell.text();
  if (text.empty() && time && cell.time_ms() != 0) {
    text = format_time_ms(d.words, cell.time_ms());
  } else if (text.empty() && number) {
    text = format_size(d.words, static_cast<std::uint64_t>(std::max<std::int64_t>(cell.number(), 0)));
  }
  toned(d.html, cell.severity(), text);
}

/// A text that names the row for those who hear it: the first two texts of its cells.
std::string row_name(const v1::Row& row) {
  std::string name;
  for (int i = 0; i < row.cells_size() && i < 3; ++i) {
    if (!row.cells(i).text().empty()) {
      name += (name.empty() ? "" : ", ") + row.cells(i).text();
    }
  }
  return name;
}

void row(Drawing& d, const v1::View& view, const v1::Row& row, bool with_actions) {
  const auto element =
      d.html.element("tr", {{"data-row-id", row.row_id()}, {"class", row.emphasised() ? "row emphasised" : "row"}});
  for (int i = 0; i < row.cells_size() && i < view.table().columns_size(); ++i) {
    cell(d, view.table().columns(i), row.cells(i));
  }
  if (!with_actions) {
    return;
  }
  const auto actions = d.html.element("td", {{"class", "row-actions"}});
  if (row.actions().empty()) {
    return;
  }
  const auto form = d.html.form("/act");
  act_fields(d, view);
  hidden(d.html, "_row", row.row_id());
  const auto bar = d.html.element("div", {{"class", "actions"}});
  const std::string name = row_name(row);
  for (const v1::Action& action : row.actions()) {
    action_button(d, action, true, name);
  }
}

void page_buttons(Drawing& d, const Shown& shown) {
  const bool next = !shown.view.table().next_page().empty();
  const bool previous = shown.pages.size() > 1;
  if (!next && !previous) {
    return;
  }
  const auto form = d.html.form("/page", {{"class", "paging"}});
  act_fields(d, shown.view);
  const auto button = [&](bool enabled, std::string_view direction, std::string_view label) {
    std::vector<Attribute> more;
    if (!enabled) {
      more.push_back(Attribute("disabled"));
    }
    const auto element = d.html.element("button",
                                        {{"type", "submit"},
                                         {"name", "_page"},
                                         {"value", direction},
                                         {"data-page", direction},
                                         {"class", "button small-button"}},
                                        more);
    d.html.text(label);
  };
  button(previous, "previous", d.words(Word::page_previous));
  d.html.leaf("span", {{"class", "muted small"}},
              std::string(d.words(Word::page_number)) + std::to_string(shown.pages.size()));
  button(next, "next", d.words(Word::page_next));
}

void table_body(Drawing& d, const Shown& shown) {
  const v1::View& view = shown.view;
  const v1::Table& table = view.table();
  const bool with_actions = std::any_of(table.rows().begin(), table.rows().end(),
                                        [](const v1::Row& item) { return !item.actions().empty(); });
  const auto wrap =
      d.html.element("div", {{"class", "table-wrap"},
                             {"role", "region"},
                             {"tabindex", "0"},
                             {"aria-label", view.title() + ": " + std::string(d.words(Word::table_region))}});
  const auto element = d.html.element("table");
  {
    const auto thead = d.html.element("thead");
    const auto line = d.html.element("tr");
    for (const v1::Table::Column& column : table.columns()) {
      d.html.leaf("th", {{"scope", "col"}, {"data-column-head", column.name()}}, column.label());
    }
    if (with_actions) {
      const auto th = d.html.element("th", {{"scope", "col"}, {"class", "row-actions"}});
      d.html.leaf("span", {{"class", "hidden"}}, d.words(Word::row_actions));
    }
  }
  const auto tbody = d.html.element("tbody");
  for (const v1::Row& item : table.rows()) {
    row(d, view, item, with_actions);
  }
}

void table_view(Drawing& d, const Shown& shown) {
  const v1::Table& table = shown.view.table();
  if (!table.intro().empty()) {
    d.html.leaf("p", {{"class", "intro text"}}, table.intro());
  }
  action_form(d, shown.view);
  if (table.rows().empty()) {
    const auto empty = d.html.element("div", {{"class", "empty"}, {"data-empty", ""}});
    d.html.icon("empty");
    d.html.paragraphs(table.empty_text().empty() ? d.words(Word::nothing_here) : std::string_view(table.empty_text()));
  } else {
    table_body(d, shown);
    const auto foot = d.html.element("div", {{"class", "table-foot"}});
    std::string count =
        std::string(d.words(Word::rows)) + format_number(d.words, static_cast<std::uint64_t>(table.rows_size()));
    if (table.total() > static_cast<std::uint64_t>(table.rows_size())) {
      count += std::string(d.words(Word::rows_of)) + format_number(d.words, table.total());
    }
    d.html.leaf("p", {{"class", "muted small"}, {"data-count", ""}}, count);
    page_buttons(d, shown);
    return;
  }
  page_buttons(d, shown);
}

// ---- detail ----

void fact(Drawing& d, const v1::Detail::Fact& fact) {
  d.html.leaf("dt", {}, fact.label());
  std::vector<Attribute> more;
  if (!fact.code().empty()) {
    more.push_back({"data-code", fact.code()});
  }
  const auto value = d.html.element("dd", {{"data-fact", fact.name()}}, more);
  toned(d.html, fact.severity(), fact.value());
}

void facts(Drawing& d, const v1::Detail::Group& group, bool expert) {
  const auto list = d.html.element("dl", {{"class", "facts"}});
  for (const v1::Detail::Fact& item : group.facts()) {
    if (item.expert() == expert) {
      fact(d, item);
    }
  }
}

void group(Drawing& d, const v1::Detail::Group& group) {
  const auto card = d.html.element("section", {{"class", std::string("card group ") + tone(group.severity())}});
  if (!group.heading().empty()) {
    d.html.leaf("h2", {}, group.heading());
  }
  const auto expert = [](const v1::Detail::Fact& item) { return item.expert(); };
  if (!std::all_of(group.facts().begin(), group.facts().end(), expert)) {
    facts(d, group, false);
  }
  if (std::any_of(group.facts().begin(), group.facts().end(), expert)) {
    const auto details = d.html.element("details", {{"class", "expert"}});
    d.html.leaf("summary", {}, d.words(Word::expert_facts));
    facts(d, group, true);
  }
}

void part(Drawing& d, const v1::View& view, const v1::Detail::Part& part) {
  const auto item =
      d.html.element("li", {{"class", "part"}, {"data-part", part.name()}, {"data-part-id", part.part_id()}});
  d.html.icon("file");
  {
    const auto what = d.html.element("div", {{"class", "grow"}});
    const std::string name = part.name().empty() ? std::string(d.words(Word::unnamed)) : part.name();
    d.html.leaf("bdi", {{"class", "strong"}}, name);
    std::string line = part.description();
    for (const std::string& more : {part.media_type(), format_size(d.words, part.size())}) {
      line += more.empty() ? "" : (line.empty() ? "" : " · ") + more;
    }
    d.html.leaf("span", {{"class", "muted small block"}}, line);
    if (!part.sha256().empty()) {
      const auto details = d.html.element("details", {{"class", "expert"}});
      d.html.leaf("summary", {}, "SHA-256");
      d.html.leaf("code", {}, part.sha256());
    }
  }
  if (part.actions().empty()) {
    return;
  }
  const auto form = d.html.form("/act");
  act_fields(d, view);
  hidden(d.html, "_part", part.part_id());
  const auto bar = d.html.element("div", {{"class", "actions"}});
  for (const v1::Action& action : part.actions()) {
    action_button(d, action, true, part.name());
  }
}

void detail_text(Drawing& d, const v1::View& view) {
  const v1::Detail& detail = view.detail();
  const auto column = d.html.element("div", {{"class", "reading"}});
  if (!detail.text().empty()) {
    const auto card = d.html.element("section", {{"class", "card"}});
    d.html.leaf("h2", {}, d.words(Word::message_text));
    d.html.leaf("div", {{"class", "message text"}, {"data-text", ""}}, detail.text());
  }
  if (!detail.parts().empty()) {
    const auto card = d.html.element("section", {{"class", "card"}});
    d.html.leaf("h2", {}, d.words(Word::attachments));
    const auto list = d.html.element("ul", {{"class", "plain"}});
    for (const v1::Detail::Part& item : detail.parts()) {
      part(d, view, item);
    }
  }
}

/// The facts come first, also for who hears the page: whether a message is genuine is known before it is read.
void detail_view(Drawing& d, const v1::View& view) {
  action_form(d, view);
  const bool reading = !view.detail().text().empty() || !view.detail().parts().empty();
  const auto body = d.html.element("div", {{"class", reading ? "detail split" : "detail"}});
  {
    const auto groups = d.html.element("div", {{"class", "groups"}});
    for (const v1::Detail::Group& item : view.detail().groups()) {
      group(d, item);
    }
  }
  if (reading) {
    detail_text(d, view);
  }
}

// ---- the small kinds ----

void notice_view(Drawing& d, const v1::View& view) {
  const v1::Notice& notice = view.notice();
  {
    const auto box = d.html.element(
        "div", {{"class", std::string("box ") + tone(notice.severity())}, {"data-severity", tone(notice.severity())}});
    tone_icon(d.html, notice.severity());
    const auto body = d.html.element("div");
    d.html.paragraphs(notice.text());
  }
  if (!notice.facts().empty()) {
    const auto card = d.html.element("section", {{"class", "card"}});
    const auto list = d.html.element("dl", {{"class", "facts"}});
    for (const v1::Notice::LabelledValue& item : notice.facts()) {
      d.html.leaf("dt", {}, item.label());
      const auto value = d.html.element("dd");
      d.html.leaf("bdi", {{"class", "text"}}, item.value());
    }
  }
  action_form(d, view);
}

void confirmation_view(Drawing& d, const v1::View& view) {
  const v1::Confirmation& confirmation = view.confirmation();
  const auto card =
      d.html.element("section", {{"class", std::string("card confirmation ") + tone(confirmation.severity())},
                                 {"role", "alertdialog"},
                                 {"aria-labelledby", "question"},
                                 {"aria-describedby", "consequence"}});
  tone_icon(d.html, confirmation.severity());
  const auto body = d.html.element("div");
  d.html.leaf("h2", {{"id", "question"}}, confirmation.question());
  {
    const auto consequence = d.html.element("div", {{"id", "consequence"}});
    d.html.paragraphs(confirmation.consequence());
  }
  action_form(d, view, true);
}

void progress_card(Drawing& d, std::uint64_t id, std::string_view text, std::int32_t permille, bool cancellable,
                   bool cancelling, std::string_view title) {
  const auto card = d.html.element("section", {{"class", "card waiting"}});
  const std::string number = std::to_string(id);
  d.html.leaf("p", {{"class", "strong"}, {"data-progress-text", number}, {"role", "status"}},
              cancelling ? d.words(Word::cancelling) : text);
  std::vector<Attribute> more;
  const std::string value = std::to_string(std::clamp(permille, 0, 1000));
  if (permille >= 0) {
    more.push_back({"value", value});
  }
  {
    const auto bar =
        d.html.element("progress", {{"max", "1000"}, {"data-progress-bar", number}, {"aria-label", title}}, more);
  }
  d.html.leaf("p", {{"class", "muted small"}}, d.words(Word::working_note));
  const auto actions = d.html.element("div", {{"class", "actions"}});
  if (cancellable && !cancelling) {
    const auto form = d.html.form("/cancel");
    csrf_field(d.html, d.session);
    hidden(d.html, "_job", number);
    d.html.leaf("button", {{"type", "submit"}, {"class", "button"}, {"data-cancel-progress", number}},
                d.words(Word::cancel));
  }
  // Without the script nothing comes by itself.
  const auto refresh = d.html.link("/", "", {{"class", "button quiet no-script"}});
  d.html.text(d.words(Word::refresh_page));
}

void progress_view(Drawing& d, const v1::View& view) {
  const v1::ProgressView& progress = view.progress();
  const Job* job = d.shell.job(progress.job_id());
  progress_card(d, progress.job_id(), job == nullptr ? progress.text() : job->text,
                job == nullptr ? progress.permille() : job->permille, progress.cancellable() && job != nullptr,
                job != nullptr && job->cancelling, view.title());
  action_form(d, view);
}

void document_view(Drawing& d, const v1::View& view) {
  const v1::DocumentView& document = view.document();
  const auto card = d.html.element("section", {{"class", "card doc-card"}});
  d.html.icon("file");
  {
    const auto what = d.html.element("div", {{"class", "grow"}});
    d.html.leaf("bdi", {{"class", "strong"}}, document.name());
    d.html.leaf("span", {{"class", "muted small block"}},
                document.media_type() + " · " + format_size(d.words, document.size()));
  }
  {
    const auto link = d.html.link("/view-document/", view.view_id(),
                                  {{"class", "button primary"}, {"data-download", document.name()}});
    d.html.text(d.words(Word::download));
  }
  action_form(d, view);
}

// ---- frame of a view ----

std::string_view kind_of(const v1::View& view) {
  switch (view.body_case()) {
    case v1::View::kForm:
      return "form";
    case v1::View::kTable:
      return "table";
    case v1::View::kDetail:
      return "detail";
    case v1::View::kConfirmation:
      return "confirmation";
    case v1::View::kProgress:
      return "progress";
    case v1::View::kDocument:
      return "document";
    default:
      return "notice";
  }
}

void view_body(Drawing& d, const Shown& shown) {
  const v1::View& view = shown.view;
  switch (view.body_case()) {
    case v1::View::kForm:
      return render_form(d.html, d.words, d.session, view, [&] {
        view_actions(d, view, false);
        disabled_reasons(d, view.actions());
      });
    case v1::View::kTable:
      return table_view(d, shown);
    case v1::View::kDetail:
      return detail_view(d, view);
    case v1::View::kNotice:
      return notice_view(d, view);
    case v1::View::kConfirmation:
      return confirmation_view(d, view);
    case v1::View::kProgress:
      return progress_view(d, view);
    case v1::View::kDocument:
      return document_view(d, view);
    default:
      return action_form(d, view);
  }
}

void breadcrumbs(Drawing& d) {
  if (d.session.stack.empty()) {
    return;
  }
  const auto nav = d.html.element(
      "nav", {{"data-breadcrumbs", ""}, {"class", "breadcrumbs"}, {"aria-label", d.words(Word::breadcrumbs)}});
  const auto list = d.html.element("ol");
  const auto crumb = [&](std::string_view view_id, std::string_view title) {
    const auto item = d.html.element("li");
    const auto form = d.html.form("/front");
    csrf_field(d.html, d.session);
    d.html.leaf("button", {{"type", "submit"}, {"name", "_view"}, {"value", view_id}, {"class", "crumb"}}, title);
  };
  crumb("", d.words(Word::start));
  for (std::size_t i = 0; i + 1 < d.session.stack.size(); ++i) {
    crumb(d.session.stack[i].view.view_id(), d.session.stack[i].view.title());
  }
  d.html.leaf("li", {{"aria-current", "page"}}, d.session.stack.back().view.title());
}

void close_button(Drawing& d, const v1::View& view) {
  const auto form = d.html.form("/close");
  act_fields(d, view);
  const auto button = d.html.element("button", {{"type", "submit"},
                                                {"class", "button quiet icon-button"},
                                                {"data-close", ""},
                                                {"aria-label", d.words(Word::close)},
                                                {"title", d.words(Word::close)}});
  d.html.icon("close");
}

void view_head(Drawing& d, std::string_view title, const v1::View* view) {
  const auto head = d.html.element("div", {{"class", "view-head"}});
  d.html.leaf("h1", {{"id", "view-title"}, {"tabindex", "-1"}}, title);
  if (view != nullptr) {
    close_button(d, *view);
  }
}

void help(Drawing& d, const v1::View& view) {
  if (view.help().empty()) {
    return;
  }
  const auto details = d.html.element("details", {{"class", "help"}, {"data-help", ""}});
  d.html.leaf("summary", {}, d.words(Word::help));
  d.html.paragraphs(view.help());
}

void flash(Drawing& d) {
  if (!d.session.flash.empty()) {
    const auto box = d.html.element("div", {{"class", "box info flash"}, {"role", "status"}, {"data-flash", ""}});
    d.html.icon("info");
    const auto body = d.html.element("div");
    d.html.paragraphs(d.session.flash);
  }
  if (!d.session.flash_address.empty()) {
    const auto box = d.html.element("div", {{"class", "box info flash"}, {"role", "status"}, {"data-open-url", ""}});
    d.html.icon("info");
    const auto line = d.html.element("p");
    d.html.leaf("span", {}, std::string(d.words(Word::open_address)) + " ");
    d.html.outside_link(d.session.flash_address);
  }
}

// ---- states without a view ----

void back_button(Drawing& d, std::string_view label, bool primary, bool again) {
  const auto form = d.html.form("/back");
  csrf_field(d.html, d.session);
  if (again) {
    hidden(d.html, "_again", "1");
  }
  d.html.leaf("button",
              {{"type", "submit"},
               {"class", primary ? "button primary" : "button"},
               {again ? AttributeName("data-again") : AttributeName("data-back"), ""}},
              label);
}

void error_state(Drawing& d) {
  const v1::Error& error = d.session.front.error;
  view_head(d, d.words(Word::error_title), nullptr);
  {
    const auto box =
        d.html.element("div", {{"class", "box bad"}, {"role", "alert"}, {"data-error-code", error.code()}});
    d.html.icon("alert");
    const auto body = d.html.element("div");
    d.html.paragraphs(error.text().empty() ? d.words(Word::error_transport) : std::string_view(error.text()));
    if (error.retry_after_ms() > 0) {
      d.html.leaf("p", {}, std::string(d.words(Word::error_retry)) + std::to_string(error.retry_after_ms() / 1000 + 1));
    }
    render_error_detail(d.html, d.words, error);
  }
  const auto actions = d.html.element("div", {{"class", "actions"}});
  back_button(d, d.session.stack.empty() ? d.words(Word::to_start) : d.words(Word::error_back), true, false);
  if (!d.session.command_id.empty()) {
    back_button(d, d.words(Word::error_again), false, true);
  }
}

void running_state(Drawing& d) {
  const Job* job = d.shell.job(d.session.front.job_id);
  view_head(d, job == nullptr ? std::string_view(d.words(Word::working)) : std::string_view(job->title), nullptr);
  if (job != nullptr) {
    progress_card(d, d.session.front.job_id, job->text, job->permille, job->cancellable, job->cancelling, job->title);
  }
}

void done_state(Drawing& d) {
  view_head(d, d.words(Word::done_title), nullptr);
  {
    const auto box = d.html.element("div", {{"class", "box good"}, {"role", "status"}});
    d.html.icon("good");
    const auto body = d.html.element("div");
    d.html.paragraphs(d.session.front.text.empty() ? d.words(Word::done_text) : std::string_view(d.session.front.text));
  }
  back_button(d, d.words(Word::to_start), true, false);
}

void start_state(Drawing& d) {
  constexpr std::size_t kTiles = 6;
  view_head(d, std::string(d.words(Word::start_title)) + ", " + d.session.user->user.display_name(), nullptr);
  d.html.leaf("p", {{"class", "intro"}}, d.words(Word::start_intro));
  const auto tiles = d.html.element("div", {{"class", "tiles"}});
  std::size_t count = 0;
  // The plugin's own menus first: they hold the daily work, the host's hold the set-up.
  for (const bool own : {true, false}) {
    for (const MenuEntry& entry : d.shell.menu()) {
      const bool in_host_menu = entry.command.menu() == "einrichtung";
      if (in_host_menu == own || count >= kTiles || !may_use(entry.command, d.session.user->user) ||
          !d.shell.why_not(d.session, entry.command).empty()) {
        continue;
      }
      ++count;
      const auto form = d.html.form("/command");
      csrf_field(d.html, d.session);
      const auto button = d.html.element("button", {{"type", "submit"},
                                                    {"name", "_command"},
                                                    {"class", "tile"},
                                                    {"value", entry.command.command_id()},
                                                    {"data-start-command", entry.command.command_id()}});
      const bool english = d.words.english() && !entry.command.title_en().empty();
      d.html.leaf("span", {{"class", "strong block"}}, english ? entry.command.title_en() : entry.command.title_de());
      d.html.leaf("span", {{"class", "muted small"}}, entry.path.empty() ? "" : entry.path.back());
    }
  }
}

std::string_view front_kind(const WebSession& session) {
  switch (session.front.kind) {
    case Front::Kind::running:
      return "progress";
    case Front::Kind::done:
      return "done";
    case Front::Kind::error:
      return "error";
    default:
      return session.stack.empty() ? std::string_view("start") : kind_of(session.stack.back().view);
  }
}

}  // namespace

void render_centre(Html& html, const Shell& shell, const WebSession& session) {
  Drawing d{html, shell, session, shell.words()};
  const bool view = session.front.kind == Front::Kind::view && !session.stack.empty();
  const auto main = html.element(
      "main",
      {{"id", "centre"},
       {"tabindex", "-1"},
       {"data-view-kind", front_kind(session)},
       {"data-view-id", view ? std::string_view(session.stack.back().view.view_id()) : std::string_view()},
       {"data-view-name", view ? std::string_view(session.stack.back().view.kind()) : std::string_view()},
       {"data-version", std::to_string(session.version)},
       {"data-job-id", session.front.kind == Front::Kind::running ? std::to_string(session.front.job_id) : ""}});
  breadcrumbs(d);
  flash(d);
  switch (session.front.kind) {
    case Front::Kind::running:
      return running_state(d);
    case Front::Kind::done:
      return done_state(d);
    case Front::Kind::error:
      return error_state(d);
    case Front::Kind::view:
      break;
  }
  if (!view) {
    return start_state(d);
  }
  view_head(d, session.stack.back().view.title(), &session.stack.back().view);
  help(d, session.stack.back().view);
  view_body(d, session.stack.back());
}

}  // namespace pvs::host::serve
