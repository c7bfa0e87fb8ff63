// SPDX-License-Identifier: Apache-2.0
#include "views/addressbook_views.h"

#include "texts/format.h"

namespace kvc::plugin::views {
namespace {

using pvs::v1::Action;
using pvs::v1::Cell;
using pvs::v1::Field;
using Column = pvs::v1::Table::Column;
using State = directory::CertificateAge::State;

Cell& add_text(pvs::v1::Row& row, std::string text) {
  Cell& cell = *row.add_cells();
  cell.set_text(std::move(text));
  return cell;
}

void add_certificate(const Texts& t, pvs::v1::Row& row, const directory::Entry& entry, TimePoint now, int soon) {
  const directory::CertificateAge age = directory::certificate_age(entry, now, soon);
  const std::string date = entry.certificate_valid_to ? format_date(*entry.certificate_valid_to, t.language()) : "";
  switch (age.state) {
    case State::unknown: {
      Cell& cell = add_text(row, t("addressbook.certificate.unknown"));
      cell.set_code("unknown");
      cell.set_severity(pvs::v1::SEVERITY_INFO);
      return;
    }
    case State::valid: {
      Cell& cell = add_text(row, t("addressbook.certificate.valid", {{"date", date}}));
      cell.set_code("valid");
      cell.set_severity(pvs::v1::SEVERITY_GOOD);
      return;
    }
    case State::expires_soon: {
      Cell& cell = add_text(row, t("addressbook.certificate.expires_soon", {{"date", date}}));
      cell.set_code("expires_soon");
      cell.set_severity(pvs::v1::SEVERITY_WARNING);
      return;
    }
    case State::expired: {
      Cell& cell = add_text(row, t("addressbook.certificate.expired", {{"date", date}}));
      cell.set_code("expired");
      cell.set_severity(pvs::v1::SEVERITY_BAD);
      return;
    }
  }
}

void add_row(const Texts& t, pvs::v1::Table& table, const directory::Hit& hit, const BookPage& page, TimePoint now) {
  const directory::Entry& entry = hit.entry;
  pvs::v1::Row& row = *table.add_rows();
  row.set_row_id(entry.address);
  row.set_emphasised(hit.favourite);
  add_text(row, hit.favourite ? "★ " + entry.name : entry.name).set_code(hit.favourite ? "favourite" : "");
  add_text(row, entry.practice);
  add_text(row, entry.postcode + (entry.postcode.empty() || entry.town.empty() ? "" : " ") + entry.town);
  add_text(row, entry.address);
  add_certificate(t, row, entry, now, page.soon_days);
  Cell& used = add_text(row, format_time(hit.last_used, t.language()));
  used.set_time_ms(hit.last_used ? to_ms(*hit.last_used) : 0);
  add_action(*row.mutable_actions(), "write_enachricht", t("action.write_enachricht"), Action::ROLE_PRIMARY)
      .set_keep_view(true);
  Action& letter = add_action(*row.mutable_actions(), "write_earztbrief", t("action.write_earztbrief"));
  letter.set_keep_view(true);
  if (!page.patient) {
    letter.set_disabled(true);
    letter.set_disabled_reason(t("addressbook.no_patient"));
  }
  add_action(*row.mutable_actions(), hit.favourite ? "unfavourite" : "favourite",
             t(hit.favourite ? "action.unfavourite" : "action.favourite"));
}

/// How many entries, how old, and what went wrong at the last try.
std::string status_line(const Texts& t, const BookPage& page) {
  const directory::BookStatus& status = page.status;
  std::string line = page.environment.empty() ? std::string() : page.environment + ": ";
  if (!status.refreshed_at) {
    line += t("addressbook.never");
  } else {
    line += t.count("addressbook.entries", static_cast<std::uint64_t>(status.entries),
                    {{"time", format_time(status.refreshed_at, t.language())}});
  }
  if (!status.last_error.empty()) {
    line += " " + t("addressbook.last_try", {{"time", format_time(status.tried_at, t.language())}}) + " " +
            error_sentence(t, status.last_error);
  }
  if (!page.search.empty()) {
    line += " " + t("addressbook.searched", {{"value", page.search}});
  }
  return line;
}

}  // namespace

pvs::v1::View addressbook(const Texts& t, const BookPage& page, TimePoint now) {
  pvs::v1::View out = view(t, "addressbook");
  pvs::v1::Table& table = *out.mutable_table();
  table.set_intro(status_line(t, page));
  table.set_empty_text(t(page.status.refreshed_at ? "addressbook.nothing_found" : "addressbook.empty"));
  add_column(t, table, "addressbook", "name", Column::KIND_TEXT);
  add_column(t, table, "addressbook", "practice", Column::KIND_TEXT);
  add_column(t, table, "addressbook", "town", Column::KIND_TEXT);
  add_column(t, table, "addressbook", "address", Column::KIND_TEXT);
  add_column(t, table, "addressbook", "certificate", Column::KIND_STATE);
  add_column(t, table, "addressbook", "last_used", Column::KIND_TIME);
  for (const directory::Hit& hit : page.hits) {
    add_row(t, table, hit, page, now);
  }
  table.set_total(page.offset + page.hits.size() + (page.more ? 1U : 0U));
  if (page.more) {
    table.set_next_page(std::to_string(page.offset + page.hits.size()));
  }
  add_action(*out.mutable_actions(), "search", t("action.search"), Action::ROLE_PRIMARY);
  add_action(*out.mutable_actions(), "refresh", t("action.refresh_book"));
  add_close(t, out);
  return out;
}

pvs::v1::View addressbook_search(const Texts& t, const std::string& search, const std::vector<Option>& environments,
                                 const std::string& environment_id) {
  pvs::v1::View out = view(t, "addressbook.search");
  pvs::v1::Form& form = *out.mutable_form();
  Field& field = add_field(t, form, "search", Field::TYPE_TEXT, false);
  field.set_max_length(200);
  field.mutable_value()->set_text(search);
  if (environments.size() > 1) {
    Field& choice = add_field(t, form, "environment", Field::TYPE_CHOICE, true);
    for (const Option& option : environments) {
      auto& out_choice = *choice.add_choices();
      out_choice.set_id(option.id);
      out_choice.set_label(option.label);
    }
    choice.mutable_value()->mutable_ids()->add_id(environment_id);
  }
  add_action(*out.mutable_actions(), "search", t("action.search"), Action::ROLE_PRIMARY).set_needs_fields(true);
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
