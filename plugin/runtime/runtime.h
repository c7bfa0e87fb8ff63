// SPDX-License-Identifier: Apache-2.0
// What every command may use.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "base/env.h"
#include "runtime/core.h"
#include "runtime/host_services.h"
#include "sessions/sessions.h"
#include "settings/settings.h"

namespace kvc::plugin {

/// The settings as the host gave them, for those who must look at the text itself.
struct SettingsSource {
  std::string json, directory;
};

/// The composition root of one plugin instance. Thread: [any] unless said otherwise.
class Runtime {
 public:
  Runtime(pvs::HostClient& client, Env& env);

  /// Before ACTIVATE only.  [main]
  void configure(settings::Settings settings, SettingsSource source, std::string locale);

  [[nodiscard]] const settings::Settings& settings() const noexcept { return settings_; }
  [[nodiscard]] const SettingsSource& settings_source() const noexcept { return settings_source_; }
  [[nodiscard]] HostServices& host() noexcept { return host_; }
  [[nodiscard]] Sessions& sessions() noexcept { return sessions_; }
  [[nodiscard]] Env& env() noexcept { return env_; }
  [[nodiscard]] Log& log() noexcept { return log_; }

  /// The texts in the session's language, asking the host for it the first time.
  [[nodiscard]] Texts texts(const std::string& session_id);
  /// The texts in the language of the host, for what concerns no session.
  [[nodiscard]] Texts texts() const { return Texts(language_); }

  /// The core, opened by the first job that needs it; after a failure the next job tries again.  [worker]
  Result<std::shared_ptr<Core>> core();
  /// Closes the database. After all jobs have ended.  [main]
  void close();

  /// Takes the right to fetch for a user in the background; false if that is under way already.
  bool begin_background_fetch(const std::string& user_id);
  void end_background_fetch(const std::string& user_id);
  /// Remembers how many replies of an account are missing; true if it was another number, none at the beginning.
  bool overdue_changed(const std::string& account_id, std::size_t count);

 private:
  Env& env_;
  HostServices host_;
  HostLog log_;
  HostKeyCustody custody_;
  Sessions sessions_;
  settings::Settings settings_;
  SettingsSource settings_source_;
  Language language_ = Language::de;

  std::mutex mutex_;
  std::condition_variable opened_;
  bool opening_ = false;
  std::shared_ptr<Core> core_;
  std::set<std::string> fetching_;
  std::map<std::string, std::size_t> overdue_;
};

}  // namespace kvc::plugin
