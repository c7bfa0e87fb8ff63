// SPDX-License-Identifier: Apache-2.0
#include "serve/events.h"

#include <algorithm>

namespace pvs::host::serve {
namespace {
constexpr std::size_t kKept = 256;
constexpr int kMaxListeners = 8;
}  // namespace

void EventChannel::send(const std::string& event, const std::string& data) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back("event: " + event + "\ndata: " + data + "\n\n");
    ++last_;
    if (events_.size() > kKept) {
      events_.pop_front();
    }
  }
  arrived_.notify_all();
}

void EventChannel::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  arrived_.notify_all();
}

bool EventChannel::enter() {
  const std::lock_guard lock(mutex_);
  if (closed_ || listeners_ >= kMaxListeners) {
    return false;
  }
  ++listeners_;
  return true;
}

void EventChannel::leave() {
  const std::lock_guard lock(mutex_);
  --listeners_;
}

std::uint64_t EventChannel::now() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

std::optional<std::string> EventChannel::next(std::uint64_t& seen, std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, wait, [&] { return closed_ || last_ != seen; });
  if (closed_) {
    return std::nullopt;
  }
  std::string text;
  const std::uint64_t missing = last_ - seen;  // beyond the end this is very many
  if (missing > events_.size()) {
    text = "event: page\ndata: {}\n\n";
  } else {
    for (auto it = events_.end() - static_cast<std::ptrdiff_t>(missing); it != events_.end(); ++it) {
      text += *it;
    }
  }
  seen = last_;
  return text;
}

void JobClock::begin(std::uint64_t job_id) {
  const std::lock_guard lock(mutex_);
  running_.insert(job_id);
}

void JobClock::end(std::uint64_t job_id) {
  {
    const std::lock_guard lock(mutex_);
    running_.erase(job_id);
  }
  ended_.notify_all();
}

bool JobClock::wait(std::uint64_t job_id, std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, most, [&] { return !running_.contains(job_id); });
}

}  // namespace pvs::host::serve
