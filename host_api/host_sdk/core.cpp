// SPDX-License-Identifier: Apache-2.0
#include "core.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>

namespace pvs::detail {
namespace {

constexpr std::size_t kMaxQueue = 65536;
constexpr int kReportsPerSecond = 10;

}  // namespace

MainQueue::MainQueue() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
MainQueue::~MainQueue() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

void MainQueue::signal() noexcept {
  const std::uint64_t one = 1;
  // A full counter is readable anyhow.
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
}

bool MainQueue::push(Event event) {
  {
    const std::lock_guard lock(mutex_);
    // The ends of jobs always find room: each belongs to a job the host accepted.
    if (events_.size() >= kMaxQueue && !std::holds_alternative<EndEvent>(event)) {
      return false;
    }
    events_.push_back(std::move(event));
  }
  signal();
  arrived_.notify_one();
  return true;
}

std::deque<Event> MainQueue::take(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, wait, [&] { return !events_.empty(); });
  std::uint64_t counter = 0;
  [[maybe_unused]] const ssize_t count = ::read(fd_, &counter, sizeof counter);
  std::deque<Event> events;
  events.swap(events_);
  return events;
}

void MainQueue::put_back(std::deque<Event> events) {
  if (events.empty()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    while (!events.empty()) {
      events_.push_front(std::move(events.back()));
      events.pop_back();
    }
  }
  signal();
}

void JobTracker::accepted(std::uint64_t job_id, std::uint64_t call_id) {
  const std::lock_guard lock(mutex_);
  running_.try_emplace(job_id).first->second.call_id = call_id;
}

JobTracker::End JobTracker::arrived(std::uint64_t job_id) {
  const std::lock_guard lock(mutex_);
  if (!ended_.insert(job_id).second) {
    return End::duplicate;
  }
  ended_order_.push_back(job_id);
  if (ended_order_.size() > kRememberedEnds) {
    ended_.erase(ended_order_.front());
    ended_order_.pop_front();
  }
  return End::first;
}

std::optional<std::uint64_t> JobTracker::finish(std::uint64_t job_id) {
  const std::lock_guard lock(mutex_);
  const auto it = running_.find(job_id);
  if (it == running_.end()) {
    return std::nullopt;
  }
  const std::uint64_t call_id = it->second.call_id;
  running_.erase(it);
  return call_id;
}

std::size_t JobTracker::ends() const {
  const std::lock_guard lock(mutex_);
  return ended_.size();
}

bool JobTracker::is_running(std::uint64_t job_id) const {
  const std::lock_guard lock(mutex_);
  return running_.contains(job_id);
}

bool JobTracker::may_report(std::uint64_t job_id, std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (ended_.contains(job_id)) {
    return false;
  }
  const auto it = running_.find(job_id);
  if (it == running_.end()) {
    return true;  // Accepted is still on its way through the main thread
  }
  Running& job = it->second;
  if (now - job.second >= std::chrono::seconds(1)) {
    job.second = now;
    job.reports = 0;
  }
  return ++job.reports <= kReportsPerSecond;
}

std::uint64_t JobTracker::call_of(std::uint64_t job_id) const {
  const std::lock_guard lock(mutex_);
  const auto it = running_.find(job_id);
  return it == running_.end() ? 0 : it->second.call_id;
}

std::vector<std::uint64_t> JobTracker::running() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> ids;
  for (const auto& [id, job] : running_) {
    ids.push_back(id);
  }
  return ids;
}

void Core::log(std::int32_t level, std::string_view text) noexcept {
  try {
    services->log(level, "host-sdk", text);
  } catch (...) {
    // A log that fails is no reason to fail.
  }
}

// ---- answers ----

namespace {

struct Catchers {
  std::mutex mutex;
  std::map<std::uint64_t, ReplyCatcher*> open;
  /// Who the last calls belonged to, to put a name to a late answer.
  std::array<std::pair<std::uint64_t, std::weak_ptr<Core>>, 256> closed;
  std::uint64_t last = 0;
};
Catchers& catchers() {
  static auto* const all = new Catchers;  // never destroyed: plugins' threads may outlive main()
  return *all;
}

}  // namespace

ReplyCatcher::ReplyCatcher(std::shared_ptr<Core> core) : core_(std::move(core)) {
  Catchers& all = catchers();
  const std::lock_guard lock(all.mutex);
  number_ = ++all.last;
  all.open.emplace(number_, this);
}

ReplyCatcher::~ReplyCatcher() {
  Catchers& all = catchers();
  {
    const std::lock_guard lock(all.mutex);
    all.open.erase(number_);
    all.closed[number_ % all.closed.size()] = {number_, core_};
  }
  ::explicit_bzero(bytes_.data(), bytes_.size());
}

void* ReplyCatcher::sink() const noexcept {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number_));
}

pvs_status PVS_CALL ReplyCatcher::take(void* sink, pvs_bytes payload) noexcept {
  try {
    const auto number = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(sink));
    Catchers& all = catchers();
    ReplyCatcher* catcher = nullptr;
    std::shared_ptr<Core> owner;
    bool foreign_thread = false;
    {
      const std::lock_guard lock(all.mutex);
      const auto it = all.open.find(number);
      if (it == all.open.end()) {
        const auto& [closed_number, core] = all.closed[number % all.closed.size()];
        owner = closed_number == number ? core.lock() : nullptr;
      } else if (it->second->thread_ != std::this_thread::get_id()) {
        owner = it->second->core_;
        foreign_thread = true;
      } else {
        catcher = it->second;  // of this thread, which is inside the call: it cannot go away
      }
    }
    if (catcher != nullptr) {
      return catcher->accept(payload);
    }
    if (owner != nullptr) {
      owner->misbehaving(foreign_thread ? "the plugin answered on another thread; the answer is ignored"
                                        : "the plugin answered after its call had ended; the answer is ignored");
    }
    return foreign_thread ? PVS_WRONG_THREAD : PVS_INVALID_STATE;
  } catch (...) {
    return PVS_NO_MEMORY;
  }
}

pvs_status ReplyCatcher::accept(pvs_bytes payload) {
  if (++answers_ > 1) {
    core_->misbehaving("the plugin answered a call twice; the second answer is ignored");
    return PVS_INVALID_STATE;
  }
  if (payload.size > PVS_MAX_MESSAGE) {
    answers_ = 0;
    core_->misbehaving("the plugin's answer is larger than PVS_MAX_MESSAGE; it is ignored");
    return PVS_TOO_LARGE;
  }
  if (payload.data == nullptr && payload.size != 0) {
    answers_ = 0;
    core_->misbehaving("the plugin's answer has a size but no bytes; it is ignored");
    return PVS_BAD_REQUEST;
  }
  if (payload.size != 0) {
    bytes_.assign(reinterpret_cast<const char*>(payload.data), static_cast<std::size_t>(payload.size));
  }
  return PVS_OK;
}

}  // namespace pvs::detail
