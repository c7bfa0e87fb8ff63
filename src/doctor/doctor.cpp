// SPDX-License-Identifier: Apache-2.0
#include "doctor/doctor.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <algorithm>
#include <exception>
#include <sstream>

#include "doctor/stages.h"
#include "doctor/texts.h"

namespace kvc::doctor {
namespace {

Finding skipped(const char* outcome) {
  Finding finding;
  finding.health = Health::skipped;
  finding.outcome = outcome;
  return finding;
}

/// Runs the stages in their order and words what they find.
class Examination {
 public:
  Examination(const Subject& subject, Env& env, Log& log, const Cancel& cancel, const StageFn& on_stage)
      : subject_(subject), env_(env), log_(log), cancel_(cancel), on_stage_(on_stage) {}

  Report run();

 private:
  /// Returns whether the next stages may build on this one.
  template <class Work>
  bool stage(const char* name, const std::string& environment, const Work& work);
  void environment(const settings::Settings& settings, const settings::Environment& environment);
  Finding login(const settings::Settings& settings, const settings::Environment& environment);

  const Subject& subject_;
  Env& env_;
  Log& log_;
  const Cancel& cancel_;
  const StageFn& on_stage_;
  Report report_;
};

template <class Work>
bool Examination::stage(const char* name, const std::string& environment, const Work& work) {
  Finding finding = skipped("skipped.cancelled");
  if (!cancel_.requested()) {
    try {
      finding = work();
    } catch (const std::exception&) {
      finding = Finding();
      finding.health = Health::bad;
      finding.outcome = std::string(name) + ".failed";
      finding.detail = "unexpected exception";
    }
  }
  Stage stage;
  stage.name = name;
  stage.environment = environment;
  stage.health = finding.health;
  stage.outcome = finding.outcome;
  stage.detail = std::move(finding.detail);
  stage.findings = std::move(finding.findings);
  stage.facts = std::move(finding.facts);
  if (const Wording* wording = find_wording(stage.outcome); wording != nullptr) {
    stage.text = subject_.english ? wording->english : wording->german;
    stage.advice = subject_.english ? wording->english_advice : wording->german_advice;
  } else {
    stage.text = stage.outcome;
  }
  const bool usable = stage.health == Health::good || stage.health == Health::warning;
  report_.stages.push_back(std::move(stage));
  if (on_stage_) {
    on_stage_(report_.stages.back());
  }
  return usable;
}

Finding Examination::login(const settings::Settings& settings, const settings::Environment& environment) {
  if (!subject_.credentials) {
    return skipped("skipped.no_login");
  }
  // Credentials go to the one server they belong to, never to another just to see.
  const bool only_one = subject_.login_environment.empty() && settings.environments.size() == 1;
  if (!only_one && subject_.login_environment != environment.id) {
    return skipped("skipped.other_environment");
  }
  return examine_login(environment, *subject_.credentials, env_, log_, cancel_);
}

void Examination::environment(const settings::Settings& settings, const settings::Environment& environment) {
  const std::string& id = environment.id;
  stage("certificates", id, [&] { return examine_certificates(environment, env_.now()); });
  std::optional<std::chrono::seconds> skew;
  const bool reached = stage("server", id, [&] { return examine_server(environment, env_, cancel_, skew); });
  stage("clock", id, [&] { return reached ? examine_clock(skew) : skipped("skipped.earlier"); });
  stage("login", id, [&] { return reached ? login(settings, environment) : skipped("skipped.earlier"); });
}

Report Examination::run() {
  stage("manifest", "", [&] {
    return subject_.manifest_file.empty() ? skipped("skipped.no_manifest") : examine_manifest(subject_.manifest_file);
  });
  const settings::Loaded loaded = settings::load(subject_.settings_json, subject_.settings_directory);
  const bool usable = stage("settings", "", [&] { return examine_settings(loaded, subject_.english); });
  stage("storage", "", [&] {
    if (subject_.data_directory.empty()) {
      return skipped("skipped.no_directory");
    }
    return usable ? examine_storage(loaded.settings, subject_.data_directory, subject_.english, env_, log_)
                  : skipped("skipped.earlier");
  });
  if (usable) {
    for (const settings::Environment& one : loaded.settings.environments) {
      environment(loaded.settings, one);
    }
  }
  if (!usable || loaded.settings.environments.empty()) {
    const char* why = usable ? "skipped.no_environment" : "skipped.earlier";
    for (const char* name : {"certificates", "server", "clock", "login"}) {
      stage(name, "", [&] { return skipped(why); });
    }
  }
  for (const Stage& one : report_.stages) {
    if (one.health != Health::skipped) {
      report_.health = std::max(report_.health, one.health);
    }
  }
  return std::move(report_);
}

}  // namespace

std::string_view name(Health health) {
  switch (health) {
    case Health::good:
      return "good";
    case Health::skipped:
      return "skipped";
    case Health::warning:
      return "warning";
    case Health::bad:
      break;
  }
  return "bad";
}

Report examine(const Subject& subject, Env& env, Log& log, const Cancel& cancel, const StageFn& on_stage) {
  return Examination(subject, env, log, cancel, on_stage).run();
}

std::string to_json(const Report& report) {
  using Poco::JSON::Array;
  using Poco::JSON::Object;
  Array stages;
  for (const Stage& stage : report.stages) {
    Object one(Poco::JSON_PRESERVE_KEY_ORDER);
    const auto put = [&](const char* key, const std::string& value) {
      if (!value.empty()) {
        one.set(key, value);
      }
    };
    put("name", stage.name);
    put("environment", stage.environment);
    put("status", std::string(name(stage.health)));
    put("outcome", stage.outcome);
    put("text", stage.text);
    put("advice", stage.advice);
    put("detail", stage.detail);
    if (!stage.findings.empty()) {
      Array findings;
      for (const std::string& finding : stage.findings) {
        findings.add(finding);
      }
      one.set("findings", findings);
    }
    if (!stage.facts.empty()) {
      Object facts(Poco::JSON_PRESERVE_KEY_ORDER);
      for (const auto& [key, value] : stage.facts) {
        facts.set(key, value);
      }
      one.set("facts", facts);
    }
    stages.add(one);
  }
  Object root(Poco::JSON_PRESERVE_KEY_ORDER);
  root.set("status", std::string(name(report.health)));
  root.set("stages", stages);
  std::ostringstream out;
  root.stringify(out);
  return out.str();
}

}  // namespace kvc::doctor
