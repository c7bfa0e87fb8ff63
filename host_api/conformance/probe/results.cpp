// SPDX-License-Identifier: Apache-2.0
#include "results.h"

#include <algorithm>

namespace probe {

namespace v1 = pvs::v1;

void Results::add(const std::string& name, Outcome outcome, const std::string& detail) {
  const std::lock_guard lock(mutex_);
  const auto it = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) { return row.name == name; });
  if (it == rows_.end()) {
    rows_.push_back({name, outcome, detail});
  } else if (it->outcome != Outcome::fail) {
    *it = {name, outcome, detail};
  }
}

void Results::into(v1::View& view) const {
  const std::lock_guard lock(mutex_);
  static constexpr const char* kTexts[] = {"bestanden", "nicht bestanden", "nicht geprüft"};
  static constexpr const char* kCodes[] = {"pass", "fail", "skip"};
  static constexpr v1::Severity kSeverities[] = {v1::SEVERITY_GOOD, v1::SEVERITY_BAD, v1::SEVERITY_INFO};
  const auto failed =
      std::count_if(rows_.begin(), rows_.end(), [](const Row& r) { return r.outcome == Outcome::fail; });
  view.set_view_id("probe-result");
  view.set_kind(failed == 0 && !rows_.empty() ? "probe.result.passed" : "probe.result.failed");
  view.set_title(std::to_string(rows_.size()) + " Prüfungen, " + std::to_string(failed) + " nicht bestanden");
  v1::Table& table = *view.mutable_table();
  table.set_empty_text("Noch nichts geprüft: zuerst „Praxissystem prüfen“ aufrufen.");
  for (const auto& [name, label, kind] : {std::tuple{"check", "Prüfung", v1::Table::Column::KIND_TEXT},
                                          std::tuple{"result", "Ergebnis", v1::Table::Column::KIND_STATE},
                                          std::tuple{"detail", "Was auffiel", v1::Table::Column::KIND_TEXT}}) {
    v1::Table::Column& column = *table.add_columns();
    column.set_name(name);
    column.set_label(label);
    column.set_kind(kind);
  }
  table.set_total(rows_.size());
  for (const Row& row : rows_) {
    const auto index = static_cast<std::size_t>(row.outcome);
    v1::Row& out = *table.add_rows();
    out.set_row_id(row.name);
    out.add_cells()->set_text(row.name);
    v1::Cell& result = *out.add_cells();
    result.set_text(kTexts[index]);
    result.set_code(kCodes[index]);
    result.set_severity(kSeverities[index]);
    out.add_cells()->set_text(row.detail);
  }
  v1::Action& close = *view.add_actions();
  close.set_action_id("close");
  close.set_label("Schließen");
  close.set_role(v1::Action::ROLE_CLOSE);
}

}  // namespace probe
