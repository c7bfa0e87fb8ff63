// SPDX-License-Identifier: Apache-2.0
// What the host's callbacks and LoadedPlugin share about one plugin.
#pragma once

#include <pvs/plugin.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <pvs/host.hpp>
#include <set>
#include <string>
#include <thread>
#include <variant>

#include "log_limit.h"

namespace pvs::detail {

struct TokenEvent {
  std::uint64_t token;
};
struct ProgressEvent {
  std::uint64_t job_id;
  std::int32_t permille;
  std::string text;
};
struct EndEvent {
  std::uint64_t job_id;
  v1::ActionReply outcome;
};
using Event = std::variant<TokenEvent, ProgressEvent, EndEvent>;

/// What waits for the main thread. [any]
class MainQueue {
 public:
  MainQueue();
  ~MainQueue();
  MainQueue(const MainQueue&) = delete;
  MainQueue& operator=(const MainQueue&) = delete;
  /// False when the queue is full: a plugin that floods it does not take the host's memory.
  bool push(Event event);
  /// Everything there is, after waiting up to `wait` for the first.
  std::deque<Event> take(std::chrono::milliseconds wait);
  /// Puts back what could not be done, before everything else.
  void put_back(std::deque<Event> events);
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  void signal() noexcept;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Event> events_;
  int fd_ = -1;
};

/// Which jobs run. "Accepted" is seen on the main thread, progress and ends on any. [any]
class JobTracker {
 public:
  enum class End : std::uint8_t { first, duplicate };
  void accepted(std::uint64_t job_id, std::uint64_t call_id);
  /// So many ends are remembered, to know a second one. One that comes later still is no end of a running job.
  static constexpr std::size_t kRememberedEnds = 4096;
  /// For the arrival of an end, before it is queued.
  [[nodiscard]] End arrived(std::uint64_t job_id);
  /// On the main thread, when the end is handed out: the call the job came of; nothing if it was never accepted.
  [[nodiscard]] std::optional<std::uint64_t> finish(std::uint64_t job_id);
  /// Ends remembered. For tests.
  [[nodiscard]] std::size_t ends() const;
  [[nodiscard]] bool is_running(std::uint64_t job_id) const;
  /// At most 10 a second and job.
  [[nodiscard]] bool may_report(std::uint64_t job_id, std::chrono::steady_clock::time_point now);
  /// 0 for a job that does not run.
  [[nodiscard]] std::uint64_t call_of(std::uint64_t job_id) const;
  [[nodiscard]] std::vector<std::uint64_t> running() const;

 private:
  struct Running {
    std::uint64_t call_id = 0;
    std::chrono::steady_clock::time_point second{};
    int reports = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Running> running_;
  std::set<std::uint64_t> ended_;
  std::deque<std::uint64_t> ended_order_;  ///< of ended_, oldest first
};

struct Core {
  std::shared_ptr<HostServices> services;
  std::set<std::string, std::less<>> granted;
  std::thread::id main = std::this_thread::get_id();
  StreamTable streams;
  MainQueue queue;
  JobTracker jobs;
  std::atomic<bool> stopping{false};  ///< no more tokens
  std::atomic<bool> stopped{false};   ///< nothing at all
  std::mutex cancelled_mutex;
  std::set<std::uint64_t> cancelled;
  LogLimit log_limit;  ///< for the plugin's own lines

  [[nodiscard]] bool on_main() const { return std::this_thread::get_id() == main; }
  void log(std::int32_t level, std::string_view text) noexcept;
  void misbehaving(std::string_view text) noexcept { log(PVS_LOG_PLUGIN_MISBEHAVING, text); }
};

/// The table of functions a plugin gets.
[[nodiscard]] const pvs_host_v1& host_table() noexcept;
/// A context for the table. It is never freed, so that a plugin that calls after its end meets PVS_INVALID_STATE and
/// not freed memory.
[[nodiscard]] pvs_host_ctx* make_context(std::shared_ptr<Core> core);
void disconnect(pvs_host_ctx* context) noexcept;

/// The answer side of one call to a plugin: the sink pointer is a number looked up in a table, so that a late or
/// repeated answer is noticed and touches nothing. One thread.
class ReplyCatcher {
 public:
  explicit ReplyCatcher(std::shared_ptr<Core> core);
  ~ReplyCatcher();
  ReplyCatcher(const ReplyCatcher&) = delete;
  ReplyCatcher& operator=(const ReplyCatcher&) = delete;
  [[nodiscard]] void* sink() const noexcept;
  [[nodiscard]] static pvs_status PVS_CALL take(void* sink, pvs_bytes payload) noexcept;
  [[nodiscard]] bool answered() const noexcept { return answers_ > 0; }
  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

 private:
  pvs_status accept(pvs_bytes payload);
  std::shared_ptr<Core> core_;
  std::uint64_t number_;
  std::thread::id thread_ = std::this_thread::get_id();
  int answers_ = 0;
  std::string bytes_;
};

}  // namespace pvs::detail
