// SPDX-License-Identifier: Apache-2.0
// Notices that a plugin keeps the main thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace pvs::detail {

/// A thread that looks on while the main thread is inside a plugin. It cannot end the call, only report it.
class Watchdog {
 public:
  using Report = std::function<void(const char* function, std::chrono::milliseconds since)>;
  /// `patience` 0: nothing is watched and there is no thread. `report` comes on the watchdog's thread, once a call.
  Watchdog(std::chrono::milliseconds patience, Report report);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// The main thread enters `function` (a literal); calls may be nested, the outermost one is watched. [main]
  void enter(const char* function, std::chrono::milliseconds more);
  void leave();

 private:
  void watch();
  const std::chrono::milliseconds patience_;
  const Report report_;
  std::mutex mutex_;
  std::condition_variable changed_;
  const char* function_ = nullptr;  ///< null: the main thread is the host's
  std::chrono::steady_clock::time_point begin_{};
  std::chrono::milliseconds allowed_{0};
  int depth_ = 0;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace pvs::detail
