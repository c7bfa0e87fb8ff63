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
  if (action.role() == v1::Action::ROLE_CLOSE) {
    more.push_back({"data-closes", ""});
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
  if (small && action.disabled() && !action.disabled_reason().empty()) {
    d.html.leaf("span", {{"class", "small block"}}, action.disabled_reason());
  }
}

/// Why buttons are grey; several with one reason share its sentence.
void disabled_reasons(Drawing& d, const google::protobuf::RepeatedPtrField<v1::Action>& actions) {
  struct Reason {
    std::string ids, labels;
    std::string_view sentence;
  };
  std::vector<Reason> reasons;
  for (const v1::Action& action : actions) {
    if (!action.disabled() || action.disabled_reason().empty()) {
      continue;
    }
    auto known = std::find_if(reasons.begin(), reasons.end(),
                              [&](const Reason& reason) { return reason.sentence == action.disabled_reason(); });
    if (known == reasons.end()) {
      known = reasons.insert(reasons.end(), {{}, {}, action.disabled_reason()});
    }
    known->ids += (known->ids.empty() ? "" : " ") + action.action_id();
    known->labels += (known->labels.empty() ? "" : ", ") + action.label();
  }
  for (const Reason& reason : reasons) {
    d.html.leaf("p", {{"class", "muted small why-not"}, {"data-why-not", reason.ids}},
                reason.labels + ": " + std::string(reason.sentence));
  }
}

/// Buttons that are needed less often, behind one. `draw` puts them in.
template <class Draw>
void folded_actions(Drawing& d, bool small, std::string_view spoken, const Draw& draw) {
  const auto details = d.html.element("details", {{"class", "more"}, {"data-more", ""}});
  if (small) {
    const auto summary =
        d.html.element("summary", {{"class", "button quiet small-button icon-button"}, {"aria-label", spoken}});
    d.html.icon("more");
  } else {
    const auto summary = d.html.element("summary", {{"class", "button"}});
    d.html.text(spoken);
    d.html.icon("down");
  }
  const auto list = d.html.element("div", {{"class", "more-list"}});
  draw();
}

/// Buttons of the whole view: the primary one first, what cannot be undone and closing at the end. What goes beyond
/// `most` is folded away. A view with `closed_above` has the button that closes it beside its title.
void view_actions(Drawing& d, const v1::View& view, bool safe_first, std::size_t most = SIZE_MAX,
                  bool closed_above = false) {
  std::vector<const v1::Action*> ordered;
  for (const v1::Action& action : view.actions()) {
    if (!closed_above || action.role() != v1::Action::ROLE_CLOSE) {
      ordered.push_back(&action);
    }
  }
  if (ordered.empty()) {
    return;
  }
  const auto bar = d.html.element("div", {{"class", "actions view-actions"}});
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
  // One alone is not worth a fold.
  const std::size_t shown = ordered.size() > most && ordered.size() - most > 1 ? most : ordered.size();
  for (std::size_t i = 0; i < shown; ++i) {
    action_button(d, *ordered[i], false, "", ordered[i] == safe);
  }
  if (shown < ordered.size()) {
    folded_actions(d, false, d.words(Word::more_actions), [&] {
      for (std::size_t i = shown; i < ordered.size(); ++i) {
        action_button(d, *ordered[i], false, "");
      }
    });
  }
}

void act_fields(Drawing& d, const v1::View& view) {
  csrf_field(d.html, d.session);
  hidden(d.html, "_view", view.view_id());
}

/// The buttons of a view that has no fields.
void action_form(Drawing& d, const v1::View& view, bool safe_first = false, std::size_t most = SIZE_MAX,
                 bool closed_above = false) {
  if (view.actions().empty()) {
    return;
  }
  const auto form = d.html.form("/act", {{"class", "action-form"}});
  act_fields(d, view);
  view_actions(d, view, safe_first, most, closed_above);
  disabled_reasons(d, view.actions());
}

// ---- table ----

/// How a table is drawn: which columns hold anything, and where each stands when a row becomes an entry of a list
/// because there is no room for columns (shell.css).
struct Columns {
  struct Place {
    int at = 0;
    const char* slot = "slot-meta";
  };
  std::vector<Place> places{};
  bool with_time = false;
  [[nodiscard]] const char* table_class() const {
    return places.size() <= 5 ? "columns-few" : places.size() <= 7 ? "columns-some" : "columns-many";
  }
};

std::string cell_text(const Words& words, const v1::Table::Column& column, const v1::Cell& cell) {
  if (!cell.text().empty()) {
    return cell.text();
  }
  if (column.kind() == v1::Table::Column::KIND_TIME && cell.time_ms() != 0) {
    return format_time_ms(words, cell.time_ms());
  }
  if (column.kind() == v1::Table::Column::KIND_SIZE) {
    return format_size(words, static_cast<std::uint64_t>(std::max<std::int64_t>(cell.number(), 0)));
  }
  return {};
}

bool says_nothing(std::string_view text) {
  return text.empty() || text == "–" || text == "-";
}

Columns columns_of(const Words& words, const v1::Table& table) {
  using Column = v1::Table::Column;
  Columns columns;
  int texts = 0;
  bool state = false;
  for (int at = 0; at < table.columns_size(); ++at) {
    const Column& column = table.columns(at);
    const bool filled = std::any_of(table.rows().begin(), table.rows().end(), [&](const v1::Row& row) {
      return at < row.cells_size() && !says_nothing(cell_text(words, column, row.cells(at)));
    });
    if (!filled) {
      continue;
    }
    Columns::Place place{at};
    if (column.kind() == Column::KIND_TIME && !columns.with_time) {
      columns.with_time = true;
      place.slot = "slot-time";
    } else if (column.kind() == Column::KIND_STATE && !state) {
      state = true;
      place.slot = "slot-state";
    } else if (column.kind() == Column::KIND_TEXT && texts < 2) {
      place.slot = ++texts == 1 ? "slot-title" : "slot-sub";
    }
    columns.places.push_back(place);
  }
  return columns;
}

void cell(Drawing& d, const v1::Table::Column& column, const char* slot, const v1::Cell& cell) {
  const std::string text = cell_text(d.words, column, cell);
  std::vector<Attribute> more;
  if (!cell.code().empty()) {
    more.push_back({"data-code", cell.code()});
  }
  if (cell.severity() != v1::SEVERITY_UNSPECIFIED) {
    more.push_back({"data-severity", tone(cell.severity())});
  }
  const char* const kind = column.kind() == v1::Table::Column::KIND_SIZE   ? " number"
                           : column.kind() == v1::Table::Column::KIND_TIME ? " time"
                                                                           : " words";
  const auto element = d.html.element("td",
                                      {{"role", "cell"},
                                       {"data-column", column.name()},
                                       {"data-label", column.label()},
                                       {"class", slot + std::string(kind) + (says_nothing(text) ? " nothing" : "")}},
                                      more);
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

/// The first action is the one a click on the row presses too; the others are folded behind it.
void row_actions(Drawing& d, const v1::View& view, const v1::Row& row) {
  const auto actions = d.html.element("td", {{"role", "cell"}, {"class", "row-actions"}});
  if (row.actions().empty()) {
    return;
  }
  const auto form = d.html.form("/act");
  act_fields(d, view);
  hidden(d.html, "_row", row.row_id());
  const auto bar = d.html.element("div", {{"class", "actions"}});
  const std::string name = row_name(row);
  action_button(d, row.actions(0), true, name);
  if (row.actions_size() > 1) {
    folded_actions(d, true, std::string(d.words(Word::more_actions)) + ": " + name, [&] {
      for (int i = 1; i < row.actions_size(); ++i) {
        action_button(d, row.actions(i), true, name);
      }
    });
  }
}

void row(Drawing& d, const v1::View& view, const Columns& columns, const v1::Row& row, bool with_actions) {
  const auto element = d.html.element(
      "tr", {{"role", "row"}, {"data-row-id", row.row_id()}, {"class", row.emphasised() ? "row emphasised" : "row"}});
  for (const Columns::Place& place : columns.places) {
    if (place.at < row.cells_size()) {
      cell(d, view.table().columns(place.at), place.slot, row.cells(place.at));
    }
  }
  if (with_actions) {
    row_actions(d, view, row);
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

void table_head(Drawing& d, const v1::Table& table, const Columns& columns, bool with_actions) {
  const auto thead = d.html.element("thead", {{"role", "rowgroup"}});
  const auto line = d.html.element("tr", {{"role", "row"}});
  for (const Columns::Place& place : columns.places) {
    const v1::Table::Column& column = table.columns(place.at);
    d.html.leaf("th", {{"scope", "col"}, {"role", "columnheader"}, {"data-column-head", column.name()}},
                column.label());
  }
  if (with_actions) {
    const auto th = d.html.element("th", {{"scope", "col"}, {"role", "columnheader"}, {"class", "row-actions"}});
    d.html.leaf("span", {{"class", "hidden"}}, d.words(Word::row_actions));
  }
}

void table_body(Drawing& d, const Shown& shown) {
  const v1::View& view = shown.view;
  const v1::Table& table = view.table();
  const bool with_actions = std::any_of(table.rows().begin(), table.rows().end(),
                                        [](const v1::Row& item) { return !item.actions().empty(); });
  const Columns columns = columns_of(d.words, table);
  const auto wrap = d.html.element(
      "div", {{"class", std::string("table-wrap ") + columns.table_class() + (columns.with_time ? " with-time" : "")}});
  const auto element = d.html.element("table", {{"role", "table"}, {"aria-labelledby", "view-title"}});
  table_head(d, table, columns, with_actions);
  const auto tbody = d.html.element("tbody", {{"role", "rowgroup"}});
  for (const v1::Row& item : table.rows()) {
    row(d, view, columns, item, with_actions);
  }
}

/// A field that looks for rows; the answer is the same view with others.
void table_search(Drawing& d, const v1::View& view) {
  const v1::Table::Search& search = view.table().search();
  std::vector<Attribute> more;
  if (search.as_you_type()) {
    more.push_back({"data-as-you-type", ""});
  }
  const auto form = d.html.form("/search", {{"class", "table-search"}, {"role", "search"}, {"data-table-search", ""}});
  act_fields(d, view);
  d.html.leaf("label", {{"for", "table-search"}, {"class", "hidden"}}, search.label());
  d.html.icon("search");
  const std::string most = std::to_string(search.max_length() > 0 ? search.max_length() : 200);
  d.html.empty_element("input",
                       {{"id", "table-search"},
                        {"name", "_text"},
                        {"type", "search"},
                        {"value", search.text()},
                        {"maxlength", most},
                        {"placeholder", search.label()},
                        {"autocomplete", "off"}},
                       more);
  const auto button = d.html.element("button", {{"type", "submit"}, {"class", "button"}});
  d.html.text(d.words(Word::menu_search_button));
}

void table_view(Drawing& d, const Shown& shown) {
  constexpr std::size_t kMostTableActions = 7;
  const v1::Table& table = shown.view.table();
  if (!table.intro().empty()) {
    d.html.leaf("p", {{"class", "intro text"}}, table.intro());
  }
  action_form(d, shown.view, false, kMostTableActions, true);
  if (table.has_search()) {
    table_search(d, shown.view);
  }
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
  if (fact.severity() != v1::SEVERITY_UNSPECIFIED) {
    more.push_back({"data-severity", tone(fact.severity())});
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
    for (const std::string& more : {format_type(d.words, part.media_type()), format_size(d.words, part.size())}) {
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

/// What comes first is first also for who hears the page: whether a message is genuine, and whose it is, is known
/// before it is read. Of what is to be read or was judged, the first two groups stand above, the others beside or
/// below.
void detail_view(Drawing& d, const v1::View& view) {
  constexpr int kAbove = 2;
  constexpr std::size_t kMostActions = 4;
  const auto& all = view.detail().groups();
  const bool reading = !view.detail().text().empty() || !view.detail().parts().empty();
  const bool judged = !all.empty() && all.Get(0).severity() != v1::SEVERITY_UNSPECIFIED;
  const int above = reading || judged ? std::min(kAbove, all.size()) : 0;
  if (above > 0) {
    const auto groups = d.html.element("div", {{"class", "groups above"}});
    for (int i = 0; i < above; ++i) {
      group(d, all.Get(i));
    }
  }
  action_form(d, view, false, kMostActions, true);
  const bool beside = reading && above < all.size();
  const auto body = d.html.element("div", {{"class", beside ? "detail split" : "detail"}});
  if (reading) {
    detail_text(d, view);
  }
  if (above < all.size()) {
    const auto groups = d.html.element("div", {{"class", "groups"}});
    for (int i = above; i < all.size(); ++i) {
      group(d, all.Get(i));
    }
  }
}

// ---- the small kinds ----

void notice_view(Drawing& d, const v1::View& view) {
  const v1::Notice& notice = view.notice();
  {
    const auto box = d.html.element("div", {{"class", std::string("box ") + tone(notice.severity())},
                                            {"data-message", ""},
                                            {"data-severity", tone(notice.severity())}});
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
                format_type(d.words, document.media_type()) + " · " + format_size(d.words, document.size()));
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
    const auto box = d.html.element("div", {{"class", "box info flash"},
                                            {"role", "status"},
                                            {"data-flash", ""},
                                            {"data-message", ""},
                                            {"data-severity", "info"}});
    d.html.icon("info");
    const auto body = d.html.element("div");
    d.html.paragraphs(d.session.flash);
  }
  if (!d.session.flash_file.empty()) {
    const auto box =
        d.html.element("div", {{"class", "box good flash"}, {"role", "status"}, {"data-saved", d.session.flash_file}});
    d.html.icon("file");
    const auto line = d.html.element("p");
    d.html.leaf("span", {}, std::string(d.words(Word::file_saved)) + " ");
    const auto link = d.html.link("/download/", d.session.flash_file, {{"data-download-saved", d.session.flash_file}});
    d.html.leaf("bdi", {}, d.session.flash_file);
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
    const auto box = d.html.element("div", {{"class", "box bad"},
                                            {"role", "alert"},
                                            {"data-error-code", error.code()},
                                            {"data-message", ""},
                                            {"data-severity", "bad"},
                                            {"data-code", error.code()}});
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
    const auto box = d.html.element(
        "div", {{"class", "box good"}, {"role", "status"}, {"data-message", ""}, {"data-severity", "good"}});
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
  std::vector<Attribute> more;
  if (view && session.stack.back().written) {
    more.push_back(Attribute("data-unsaved"));
  }
  const auto main = html.element(
      "main",
      {{"id", "centre"},
       {"tabindex", "-1"},
       {"data-view-kind", front_kind(session)},
       {"data-view-id", view ? std::string_view(session.stack.back().view.view_id()) : std::string_view()},
       {"data-view-name", view ? std::string_view(session.stack.back().view.kind()) : std::string_view()},
       {"data-version", std::to_string(session.version)},
       {"data-job-id", session.front.kind == Front::Kind::running ? std::to_string(session.front.job_id) : ""}},
      more);
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
