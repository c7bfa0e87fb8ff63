// SPDX-License-Identifier: Apache-2.0
#include "sessions/sessions.h"

#include <algorithm>

namespace kvc::plugin {
namespace {
constexpr std::ptrdiff_t kMaxViewsPerSession = 100;
}

std::string Sessions::open(const Who& who, ViewState state) {
  std::string id = new_uuid(env_);
  replace(id, who, std::move(state));
  return id;
}

void Sessions::replace(const std::string& view_id, const Who& who, ViewState state) {
  const std::lock_guard lock(mutex_);
  views_.insert_or_assign(view_id, Entry{who, std::move(state), next_age_++});
  forget_oldest(who.session_id);
}

void Sessions::forget_oldest(const std::string& session_id) {
  const auto mine = [&](const auto& entry) { return entry.second.who.session_id == session_id; };
  if (std::count_if(views_.begin(), views_.end(), mine) <= kMaxViewsPerSession) {
    return;
  }
  auto oldest = views_.end();
  for (auto it = views_.begin(); it != views_.end(); ++it) {
    if (mine(*it) && (oldest == views_.end() || it->second.age < oldest->second.age)) {
      oldest = it;
    }
  }
  views_.erase(oldest);
}

std::optional<ViewState> Sessions::find(std::string_view view_id, const Who& who) const {
  const std::lock_guard lock(mutex_);
  const auto found = views_.find(view_id);
  if (found == views_.end() || found->second.who != who) {
    return std::nullopt;
  }
  return found->second.state;
}

void Sessions::close(std::string_view view_id, const Who& who) {
  const std::lock_guard lock(mutex_);
  const auto found = views_.find(view_id);
  if (found != views_.end() && found->second.who == who) {
    views_.erase(found);
  }
}

void Sessions::lock(std::string_view session_id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(views_, [&](const auto& entry) { return entry.second.who.session_id == session_id; });
  const auto language = languages_.find(session_id);
  if (language != languages_.end()) {
    languages_.erase(language);
  }
}

std::size_t Sessions::size() const {
  const std::lock_guard lock(mutex_);
  return views_.size();
}

void Sessions::set_language(std::string_view session_id, Language language) {
  const std::lock_guard lock(mutex_);
  languages_.insert_or_assign(std::string(session_id), language);
}

std::optional<Language> Sessions::language(std::string_view session_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = languages_.find(session_id);
  return found == languages_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace kvc::plugin
