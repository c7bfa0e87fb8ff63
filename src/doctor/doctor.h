// SPDX-License-Identifier: Apache-2.0
// Looks at everything a KV-Connect connection needs, stage by stage, and says what to do about what is wrong.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/env.h"
#include "base/log.h"
#include "transport/transport.h"

namespace kvc::doctor {

enum class Health { good = 0, skipped = 1, warning = 2, bad = 3 };

/// "good", "skipped", "warning" or "bad".
std::string_view name(Health health);

struct Stage {
  std::string name;         ///< "manifest", "settings", "certificates", "storage", "server", "clock" or "login"
  std::string environment;  ///< id of the network it is about; empty: of the whole installation
  Health health = Health::good;
  std::string outcome;                ///< stable key of what was found: "server.wrong_host" (texts.h lists them)
  std::string text;                   ///< the same as a sentence
  std::string advice;                 ///< what to do; empty if nothing
  std::string detail;                 ///< one technical sentence in English; empty if nothing
  std::vector<std::string> findings;  ///< further sentences, such as every problem of the settings
  std::vector<std::pair<std::string, std::string>> facts;  ///< measured values by name; no secret, no patient data
};

struct Report {
  Health health = Health::good;  ///< the worst of the stages; good or skipped stages alone make good
  std::vector<Stage> stages;     ///< in the order they ran
};

/// What is to be examined. Files are named only where the stage itself is to read them.
struct Subject {
  std::string manifest_file;  ///< empty: skipped (a running plugin was loaded by its manifest)
  std::string settings_json;
  std::string settings_directory;                     ///< where relative paths of the settings start
  std::string data_directory;                         ///< empty: storage is skipped
  std::optional<transport::Credentials> credentials;  ///< absent: login is skipped
  std::string login_environment;  ///< where `credentials` belong; may be empty if there is only one environment
  bool english = false;           ///< language of text, advice and findings; else German
};

/// Called as soon as a stage is done, on the calling thread.
using StageFn = std::function<void(const Stage&)>;

/// Runs all stages; a stage whose ground is missing is skipped and says why. Contacts only the servers of the settings,
/// and sends the credentials only over a connection that may be trusted. An existing database is opened, which brings
/// one of an older version up to date as the plugin itself would; none is created, neither where there is no file nor
/// in an empty one. Thread: a worker; takes as long as the network does; after a cancellation the rest is skipped.
/// Never throws.
Report examine(const Subject& subject, Env& env, Log& log, const Cancel& cancel, const StageFn& on_stage = {});

/// {"status": ..., "stages": [{"name", "environment", "status", "outcome", "text", "advice", "detail", "findings",
/// "facts"}]}; empty members are left out.
std::string to_json(const Report& report);

}  // namespace kvc::doctor
