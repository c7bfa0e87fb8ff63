// SPDX-License-Identifier: Apache-2.0
#include "sessions/sessions.h"

#include <algorithm>
#include <utility>

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
  if (locked_.contains(who.session_id)) {
    strand(who.user_id, state.draft);  // the job that shows it was faster than its revocation
    return;
  }
  views_.insert_or_assign(view_id, Entry{who, std::move(state), next_age_++});
  forget_oldest(who.session_id);
}

void Sessions::forget_oldest(const std::string& session_id) {
  const auto mine = [&](const auto& entry) { return entry.second.who.session_id == session_id; };
  if (std::count_if(views_.begin(), views_.end(), mine) <= kMaxViewsPerSession) {
    return;
  }
  const auto holds_letter = [](const auto& entry) {
    return entry.second.state.draft != nullptr && entry.second.state.draft->outlives_lock();
  };
  auto oldest = views_.end();
  for (auto it = views_.begin(); it != views_.end(); ++it) {
    // A list is shown again by a click, a letter is written again by nobody.
    if (mine(*it) && (oldest == views_.end() || std::pair(holds_letter(*it), it->second.age) <
                                                    std::pair(holds_letter(*oldest), oldest->second.age))) {
      oldest = it;
    }
  }
  strand(oldest->second.who.user_id, oldest->second.state.draft);
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

void Sessions::close(std::string_view view_id, std::string_view session_id, std::string_view user_id) {
  const std::lock_guard lock(mutex_);
  const auto found = views_.find(view_id);
  if (found != views_.end() && found->second.who.session_id == session_id && found->second.who.user_id == user_id) {
    views_.erase(found);
  }
}

void Sessions::lock(std::string_view session_id) {
  const std::lock_guard lock(mutex_);
  std::vector<const Entry*> closed;
  for (const auto& [id, entry] : views_) {
    if (entry.who.session_id == session_id) {
      closed.push_back(&entry);
    }
  }
  std::sort(closed.begin(), closed.end(), [](const Entry* a, const Entry* b) { return a->age < b->age; });
  for (const Entry* entry : closed) {
    strand(entry->who.user_id, entry->state.draft);
  }
  std::erase_if(views_, [&](const auto& entry) { return entry.second.who.session_id == session_id; });
  if (locked_.insert(std::string(session_id)).second) {
    locked_order_.emplace_back(session_id);
  }
  if (locked_order_.size() > kMostLocked) {
    locked_.erase(locked_order_.front());
    locked_order_.pop_front();
  }
  const auto language = languages_.find(session_id);
  if (language != languages_.end()) {
    languages_.erase(language);
  }
}

void Sessions::strand(std::string_view user_id, const std::shared_ptr<const Draft>& draft) {
  if (draft == nullptr || !draft->outlives_lock()) {
    return;
  }
  auto& drafts = stranded_[std::string(user_id)];
  if (std::find(drafts.begin(), drafts.end(), draft) == drafts.end()) {
    drafts.push_back(draft);
  }
}

void Sessions::keep(std::string_view user_id, std::shared_ptr<const Draft> draft) {
  const std::lock_guard lock(mutex_);
  strand(user_id, draft);
}

void Sessions::unlock(std::string_view session_id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = locked_.find(session_id); found != locked_.end()) {
    locked_.erase(found);
    std::erase(locked_order_, session_id);
  }
}

std::vector<std::shared_ptr<const Draft>> Sessions::take_stranded(std::string_view user_id) {
  const std::lock_guard lock(mutex_);
  const auto found = stranded_.find(user_id);
  if (found == stranded_.end()) {
    return {};
  }
  auto drafts = std::move(found->second);
  stranded_.erase(found);
  return drafts;
}

std::size_t Sessions::locked() const {
  const std::lock_guard lock(mutex_);
  return locked_.size();
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
