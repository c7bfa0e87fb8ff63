// SPDX-License-Identifier: Apache-2.0
#include "views/addressbook_views.h"

#include <algorithm>

#include "texts/format.h"

namespace kvc::plugin::views {
namespace {

using directory::CertificateAge;
using directory::Entry;
using pvs::v1::Action;
using pvs::v1::Cell;
using Column = pvs::v1::Table::Column;

Cell& add_text(pvs::v1::Row& row, std::string text) {
  Cell& cell = *row.add_cells();
  cell.set_text(std::move(text));
  return cell;
}

std::string place_of(const Entry& entry) {
  std::string place = entry.postcode;
  place.append(place.empty() || entry.town.empty() ? "" : " ").append(entry.town);
  if (!entry.street.empty()) {
    place.append(place.empty() ? "" : ", ").append(entry.street);
  }
  return place;
}

pvs::v1::Severity severity_of(CertificateAge::State state) {
  switch (state) {
    case CertificateAge::State::valid:
      return pvs::v1::SEVERITY_GOOD;
    case CertificateAge::State::expires_soon:
      return pvs::v1::SEVERITY_WARNING;
    case CertificateAge::State::expired:
      return pvs::v1::SEVERITY_BAD;
    case CertificateAge::State::unknown:
      break;
  }
  return pvs::v1::SEVERITY_INFO;
}

/// Stable, for scripts.
const char* code_of(CertificateAge::State state) {
  switch (state) {
    case CertificateAge::State::valid:
      return "valid";
    case CertificateAge::State::expires_soon:
      return "expires_soon";
    case CertificateAge::State::expired:
      return "expired";
    case CertificateAge::State::unknown:
      break;
  }
  return "unknown";
}

void add_row(const Texts& t, pvs::v1::Table& table, const directory::Hit& hit, const AddressbookPage& page) {
  const Entry& entry = hit.entry;
  pvs::v1::Row& row = *table.add_rows();
  row.set_row_id(entry.address);
  row.set_emphasised(hit.favourite);
  add_text(row, hit.favourite ? "★" : "").set_code(hit.favourite ? "favourite" : "");
  add_text(row, entry.name.empty() ? entry.address : entry.name);
  add_text(row, entry.practice);
  add_text(row, place_of(entry));
  add_text(row, entry.address);
  const CertificateAge age = directory::certificate_age(entry, page.now, page.renewal_hint_days);
  Cell& certificate = add_text(row, certificate_age_sentence(t, age));
  certificate.set_severity(severity_of(age.state));
  certificate.set_code(code_of(age.state));
  add_action(*row.mutable_actions(), "write", t("action.write"), Action::ROLE_PRIMARY).set_keep_view(true);
  Action& letter = add_action(*row.mutable_actions(), "write_earztbrief", t("action.write_earztbrief"));
  letter.set_keep_view(true);
  if (!page.patient) {
    letter.set_disabled(true);
    letter.set_disabled_reason(t("addressbook.no_patient"));
  }
  if (hit.favourite) {
    add_action(*row.mutable_actions(), "unfavourite", t("action.unfavourite"));
  } else {
    add_action(*row.mutable_actions(), "favourite", t("action.favourite"));
  }
}

}  // namespace

std::string addressbook_status(const Texts& t, const directory::BookStatus& status) {
  if (!status.refreshed_at) {
    return t("addressbook.never_fetched");
  }
  std::string sentence = t("addressbook.status", {{"count", std::to_string(status.entries)},
                                                  {"time", format_time(*status.refreshed_at, t.language())}});
  if (!status.last_error.empty()) {
    sentence += " " + t("addressbook.last_failed") + " " + error_sentence(t, status.last_error);
  }
  return sentence;
}

std::string certificate_age_sentence(const Texts& t, const CertificateAge& age) {
  const auto days = static_cast<std::uint64_t>(std::max(age.days, 0));
  switch (age.state) {
    case CertificateAge::State::valid:
      return t.count("addressbook.certificate.valid", days);
    case CertificateAge::State::expires_soon:
      return t.count("addressbook.certificate.expires_soon", days);
    case CertificateAge::State::expired:
      return t.count("addressbook.certificate.expired", days);
    case CertificateAge::State::unknown:
      break;
  }
  return t("addressbook.certificate.unknown");
}

std::string addressbook_refreshed(const Texts& t, const directory::Summary& summary) {
  const std::string total = std::to_string(summary.total);
  if (summary.not_modified || summary.added + summary.changed + summary.removed == 0) {
    return t("addressbook.up_to_date", {{"count", total}});
  }
  return t("addressbook.refreshed", {{"count", total},
                                     {"added", std::to_string(summary.added)},
                                     {"changed", std::to_string(summary.changed)},
                                     {"removed", std::to_string(summary.removed)}});
}

pvs::v1::View addressbook(const Texts& t, const std::vector<EnvironmentChoice>& environments,
                          const AddressbookPage& page) {
  pvs::v1::View out = view(t, "addressbook");
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro(addressbook_status(t, page.status));
  auto& search = add_field(t, form, "search", pvs::v1::Field::TYPE_TEXT, false);
  search.mutable_value()->set_text(page.typed);
  if (environments.size() > 1) {
    auto& choice = add_field(t, form, "environment", pvs::v1::Field::TYPE_CHOICE, true);
    for (const auto& [id, name] : environments) {
      auto& one = *choice.add_choices();
      one.set_id(id);
      one.set_label(name);
    }
    choice.mutable_value()->set_text(page.environment_id);
  }
  auto& find = add_action(*out.mutable_actions(), "search", t("action.search"), Action::ROLE_PRIMARY);
  find.set_needs_fields(true);
  find.set_keep_view(true);
  add_action(*out.mutable_actions(), "fetch_book", t("action.fetch_book")).set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View addressbook_results(const Texts& t, const AddressbookPage& page) {
  pvs::v1::View out = view(t, "addressbook.results");
  pvs::v1::Table& table = *out.mutable_table();
  table.set_intro(page.hits.size() >= kAddressbookRows ? t("addressbook.more") : addressbook_status(t, page.status));
  table.set_empty_text(page.status.refreshed_at ? t("addressbook.empty", {{"text", page.typed}})
                                                : t("addressbook.never_fetched"));
  add_column(t, table, "addressbook", "favourite", Column::KIND_TEXT);
  add_column(t, table, "addressbook", "name", Column::KIND_TEXT);
  add_column(t, table, "addressbook", "practice", Column::KIND_TEXT);
  add_column(t, table, "addressbook", "place", Column::KIND_TEXT);
  add_column(t, table, "addressbook", "address", Column::KIND_TEXT);
  add_column(t, table, "addressbook", "certificate", Column::KIND_STATE);
  for (const directory::Hit& hit : page.hits) {
    add_row(t, table, hit, page);
  }
  table.set_total(page.hits.size());
  set_search(t, table, "search", page.typed).set_as_you_type(true);
  add_action(*out.mutable_actions(), "search_again", t("action.search_again"), Action::ROLE_PRIMARY);
  add_action(*out.mutable_actions(), "fetch_book", t("action.fetch_book"));
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
