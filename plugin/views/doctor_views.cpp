// SPDX-License-Identifier: Apache-2.0
#include "views/doctor_views.h"

#include <algorithm>

#include "views/addressbook_views.h"

namespace kvc::plugin::views {
namespace {

using doctor::Health;
using doctor::Stage;

pvs::v1::Severity severity_of(Health health) {
  switch (health) {
    case Health::good:
      return pvs::v1::SEVERITY_GOOD;
    case Health::skipped:
      return pvs::v1::SEVERITY_INFO;
    case Health::warning:
      return pvs::v1::SEVERITY_WARNING;
    case Health::bad:
      return pvs::v1::SEVERITY_BAD;
  }
  return pvs::v1::SEVERITY_UNSPECIFIED;
}

std::string heading(const Texts& t, const Stage& stage, const settings::Settings& settings) {
  const std::string name = t("doctor.stage." + stage.name);
  const settings::Environment* const environment = settings.environment(stage.environment);
  return environment == nullptr ? name : name + " – " + environment->name;
}

void add_stage(const Texts& t, pvs::v1::Detail& detail, const Stage& stage, const settings::Settings& settings) {
  pvs::v1::Detail::Group& group = *detail.add_groups();
  group.set_heading(heading(t, stage, settings));
  group.set_severity(severity_of(stage.health));
  auto& result = add_fact(group, stage.name, t("fact.verdict"), stage.text);
  result.set_code(stage.outcome);
  result.set_severity(severity_of(stage.health));
  for (const std::string& finding : stage.findings) {
    add_fact(group, "finding", t("fact.findings"), finding);
  }
  if (!stage.advice.empty()) {
    add_fact(group, "advice", t("doctor.advice"), stage.advice);
  }
  for (const auto& [name, value] : stage.facts) {
    const std::string key = "doctor.fact." + name;
    add_fact(group, name, t.has(key) ? t(key) : name, value).set_expert(true);
  }
  if (!stage.detail.empty()) {
    add_fact(group, "detail", t("fact.reason"), stage.detail).set_expert(true);
  }
}

void add_book(const Texts& t, pvs::v1::Detail& detail, const BookFacts& book, const settings::Settings& settings) {
  pvs::v1::Detail::Group& group = *detail.add_groups();
  const bool failed = !book.status.last_error.empty();
  const pvs::v1::Severity severity = failed                     ? pvs::v1::SEVERITY_WARNING
                                     : book.status.refreshed_at ? pvs::v1::SEVERITY_GOOD
                                                                : pvs::v1::SEVERITY_INFO;
  group.set_heading(t("addressbook.title") + " – " + book.environment_name);
  group.set_severity(severity);
  auto& fact = add_fact(group, "addressbook", t("fact.verdict"), addressbook_status(t, book.status));
  fact.set_code(failed ? book.status.last_error : book.status.refreshed_at ? "fetched" : "never_fetched");
  fact.set_severity(severity);
  const auto hours = static_cast<std::uint64_t>(std::max(settings.address_book_hours, 0));
  add_fact(group, "addressbook_refresh", t("fact.addressbook_refresh"),
           hours == 0 ? t("doctor.addressbook.by_hand") : t.count("doctor.addressbook.by_itself", hours))
      .set_code(hours == 0 ? "by_hand" : "by_itself");
}

}  // namespace

pvs::v1::View doctor(const Texts& t, const doctor::Report& report, const settings::Settings& settings,
                     const std::vector<BookFacts>& books) {
  pvs::v1::View out = view(t, "doctor");
  pvs::v1::Detail& detail = *out.mutable_detail();
  pvs::v1::Detail::Group& summary = *detail.add_groups();
  const std::string health(doctor::name(report.health));
  summary.set_heading(t("doctor.summary"));
  summary.set_severity(severity_of(report.health));
  auto& fact = add_fact(summary, "health", t("fact.verdict"), t("doctor.health." + health));
  fact.set_code(health);
  fact.set_severity(severity_of(report.health));
  for (const Stage& stage : report.stages) {
    // The host read the manifest before it loaded the plugin; nobody in a practice can name the file here.
    if (stage.name != "manifest" || stage.health != Health::skipped) {
      add_stage(t, detail, stage, settings);
    }
  }
  for (const BookFacts& book : books) {
    add_book(t, detail, book, settings);
  }
  add_action(*out.mutable_actions(), "run_again", t("action.run_again"), pvs::v1::Action::ROLE_PRIMARY);
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
