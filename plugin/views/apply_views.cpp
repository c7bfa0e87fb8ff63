// SPDX-License-Identifier: Apache-2.0
#include "views/apply_views.h"

#include <algorithm>

namespace kvc::plugin::views {
namespace {

using application::Form;
using application::Region;
using pvs::v1::Action;
using Column = pvs::v1::Table::Column;

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

void add_region(const Texts& t, pvs::v1::Table& table, const Region& region, const std::vector<Form>& forms, bool own) {
  const auto count = static_cast<std::uint64_t>(
      std::count_if(forms.begin(), forms.end(), [&](const Form& form) { return form.kv_code == region.code; }));
  pvs::v1::Row& row = *table.add_rows();
  row.set_row_id(region.code);
  row.set_emphasised(own);
  row.add_cells()->set_text(region.name);
  row.add_cells()->set_text(region.code);
  auto& cell = *row.add_cells();
  cell.set_text(count == 0 ? t("apply.no_form") : t.count("apply.forms_count", count));
  cell.set_code(std::to_string(count));
  cell.set_severity(count == 0 ? pvs::v1::SEVERITY_WARNING : pvs::v1::SEVERITY_INFO);
  add_action(*row.mutable_actions(), "open", t("action.show_forms"), Action::ROLE_PRIMARY).set_keep_view(true);
}

pvs::v1::View notice_view(const Texts& t, std::string_view kind, std::string text) {
  pvs::v1::View out = view(t, kind);
  out.mutable_notice()->set_severity(pvs::v1::SEVERITY_WARNING);
  out.mutable_notice()->set_text(std::move(text));
  add_close(t, out);
  return out;
}

}  // namespace

pvs::v1::View apply(const Texts& t, const std::vector<Form>& forms, const std::vector<std::string>& own_codes) {
  pvs::v1::View out = view(t, "apply");
  pvs::v1::Table& table = *out.mutable_table();
  table.set_intro(t("apply.intro"));
  add_column(t, table, "apply", "kv", Column::KIND_TEXT);
  add_column(t, table, "apply", "kv_code", Column::KIND_TEXT);
  add_column(t, table, "apply", "forms", Column::KIND_STATE);
  std::vector<Region> regions = application::regions();
  std::stable_partition(regions.begin(), regions.end(), [&](const Region& r) { return contains(own_codes, r.code); });
  for (const Region& region : regions) {
    add_region(t, table, region, forms, contains(own_codes, region.code));
  }
  table.set_total(regions.size());
  add_action(*out.mutable_actions(), "new", t("action.new_account")).set_keep_view(true);
  add_close(t, out);
  return out;
}

pvs::v1::View apply_forms(const Texts& t, const std::string& kv_code, const std::vector<Form>& forms) {
  const std::string kv = application::kv_name(kv_code);
  pvs::v1::View out = view(t, "apply.forms");
  out.set_title(t("apply.forms.title", {{"kv", kv}}));
  const bool none = std::none_of(forms.begin(), forms.end(), [&](const Form& form) { return form.kv_code == kv_code; });
  if (none) {
    out.mutable_notice()->set_severity(pvs::v1::SEVERITY_WARNING);
    out.mutable_notice()->set_text(t("apply.forms.none", {{"kv", kv}}));
    add_close(t, out);
    return out;
  }
  pvs::v1::Table& table = *out.mutable_table();
  table.set_intro(t("apply.forms.intro"));
  add_column(t, table, "apply", "form", Column::KIND_TEXT);
  add_column(t, table, "apply", "file", Column::KIND_TEXT);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < forms.size(); ++i) {
    if (forms[i].kv_code != kv_code) {
      continue;
    }
    pvs::v1::Row& row = *table.add_rows();
    row.set_row_id(std::to_string(i));
    row.add_cells()->set_text(forms[i].kv);
    row.add_cells()->set_text(forms[i].file);
    add_action(*row.mutable_actions(), "open_form", t("action.open_form"), Action::ROLE_PRIMARY).set_keep_view(true);
    ++total;
  }
  table.set_total(total);
  add_close(t, out);
  return out;
}

pvs::v1::View apply_address(const Texts& t, const Form& form) {
  pvs::v1::View out = notice_view(t, "apply.address", t("apply.address.text"));
  add_notice_fact(*out.mutable_notice(), form.file, form.url);
  return out;
}

pvs::v1::View apply_broken(const Texts& t, const Status& failure, const std::string& file) {
  Args args{{"file", file}};
  std::string problem = "settings.file_unreadable";
  for (const auto& [name, value] : failure.params()) {
    if (name == "line") {
      args.emplace_back(name, value);
    } else if (name == "reason") {
      problem = "settings.forms_" + value;
    }
  }
  return notice_view(t, "apply.broken_list",
                     t("apply.broken_list.text", {{"reason", "application_forms_file: " + t(problem, args)}}));
}

}  // namespace kvc::plugin::views
