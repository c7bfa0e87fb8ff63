// SPDX-License-Identifier: Apache-2.0
// What the browsers of one login hear without asking (server-sent events).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace pvs::host::serve {

/// Any number of browser windows listen to one channel. Keeps the last 256 events; who is further behind is told to
/// load the page. [any]
class EventChannel {
 public:
  /// `data` is one line.
  void send(const std::string& event, const std::string& data);
  /// Ends every listener, and refuses new ones.
  void close();
  /// At most eight windows of one login listen, so that nobody uses up the server's threads. False: no more.
  [[nodiscard]] bool enter();
  void leave();
  [[nodiscard]] std::uint64_t now() const;
  /// Waits for events after number `seen`, and moves it on. Empty after `wait` without one; nothing when closed. A
  /// number from before a restart of the server, or from too long ago, gets the event that says: load the page.
  [[nodiscard]] std::optional<std::string> next(std::uint64_t& seen, std::chrono::milliseconds wait);

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::string> events_;  ///< the last one has number last_
  std::uint64_t last_ = 0;
  int listeners_ = 0;
  bool closed_ = false;
};

/// Lets a request wait for a moment, so that a short job needs no page in between. [any]
class JobClock {
 public:
  void begin(std::uint64_t job_id);
  void end(std::uint64_t job_id);
  /// True when it has ended, at once for a job that does not run.
  bool wait(std::uint64_t job_id, std::chrono::milliseconds most);

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  std::set<std::uint64_t> running_;
};

}  // namespace pvs::host::serve
