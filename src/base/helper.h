// SPDX-License-Identifier: Apache-2.0
// Work beside the calling thread, for as long as one call lasts. The process belongs to a host, which is told how many
// threads there are at most; so helpers are few, and all work can be done without one.
#pragma once

#include <functional>
#include <thread>
#include <vector>

namespace kvc {

/// [D] So many helpers in the whole process at once: enough for one fetch on four processors.
inline constexpr unsigned kMostHelpers = 8;
/// How many there are. Thread: [any].
unsigned helper_threads() noexcept;

/// A thread of ours, to which the host's signals are not delivered. The destructor waits for its end.
class HelperThread {
 public:
  HelperThread() noexcept = default;
  /// Begins `work`, which throws nothing. Where there are enough helpers, or the system gives no thread or no memory,
  /// it is not begun: see running().
  explicit HelperThread(const std::function<void()>& work) noexcept;
  HelperThread(HelperThread&& other) noexcept = default;
  HelperThread& operator=(HelperThread&&) = delete;
  ~HelperThread() { join(); }

  /// Until join().
  [[nodiscard]] bool running() const noexcept { return thread_.joinable(); }
  void join() noexcept;

 private:
  std::thread thread_;
};

/// Several of them, for work that the caller does himself where there is no thread for it. The destructor waits for its
/// end.
class Helpers {
 public:
  /// `work` throws nothing.
  void start(const std::function<void()>& work) noexcept;
  /// Until all of it has ended.
  void wait() noexcept { threads_.clear(); }

 private:
  std::vector<HelperThread> threads_;
};

/// Calls `work(worker, index)` for every index below `count`, by at most `workers` threads, the caller's among them;
/// each worker has its number. Indices are begun in order. `work` throws nothing.
void for_each_index(std::size_t count, std::size_t workers, const std::function<void(std::size_t, std::size_t)>& work);

}  // namespace kvc
