// SPDX-License-Identifier: Apache-2.0
#include "runtime/runtime.h"

#include <utility>

#include "base/guard.h"

namespace kvc::plugin {

Runtime::Runtime(pvs::HostClient& client, Env& env)
    : env_(env), host_(client), log_(client), custody_(host_), sessions_(env) {}

void Runtime::configure(settings::Settings settings, SettingsSource source, std::string locale) {
  settings_source_ = std::move(source);
  settings_ = std::move(settings);
  language_ = language_of(locale);
}

Texts Runtime::texts(const std::string& session_id) {
  if (const auto known = sessions_.language(session_id)) {
    return Texts(*known);
  }
  const auto user = host_.current_user(session_id);
  if (!user.ok() || user.value().locale().empty()) {
    return texts();
  }
  const Language language = language_of(user.value().locale());
  sessions_.set_language(session_id, language);
  return Texts(language);
}

Result<std::shared_ptr<Core>> Runtime::core() {
  {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return !opening_; });
    if (core_) {
      return core_;
    }
    opening_ = true;
  }
  // Without the lock: opening asks the host for the directory, and the host must not be called under a lock.
  Result<std::shared_ptr<Core>> opened = guarded([this]() -> Result<std::shared_ptr<Core>> {
    KVC_ASSIGN(Directories directories, host_.directories({}));
    return Core::open(settings_, directories.data, custody_, env_, log_);
  });
  {
    const std::lock_guard lock(mutex_);
    opening_ = false;
    if (opened.ok()) {
      core_ = opened.value();
    }
  }
  opened_.notify_all();
  return opened;
}

void Runtime::close() {
  const std::lock_guard lock(mutex_);
  core_.reset();
}

bool Runtime::begin_background_fetch(const std::string& user_id) {
  const std::lock_guard lock(mutex_);
  return fetching_.insert(user_id).second;
}

void Runtime::end_background_fetch(const std::string& user_id) {
  const std::lock_guard lock(mutex_);
  fetching_.erase(user_id);
}

bool Runtime::overdue_changed(const std::string& account_id, std::size_t count) {
  const std::lock_guard lock(mutex_);
  std::size_t& known = overdue_[account_id];
  return std::exchange(known, count) != count;
}

}  // namespace kvc::plugin
