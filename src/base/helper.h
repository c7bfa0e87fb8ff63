// SPDX-License-Identifier: Apache-2.0
// Work beside the calling thread, for as long as one call lasts. Internal to mailbox/.
#pragma once

#include <functional>
#include <thread>
#include <vector>

namespace kvc::mailbox {

/// Runs work on threads of its own until it ends; the destructor waits for it. The host's signals are not delivered to
/// these threads. Where the system gives no thread, the work is done at once by the caller.
class Helpers {
 public:
  Helpers() = default;
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;
  ~Helpers();

  /// `work` throws nothing.
  void start(std::function<void()> work);
  /// Until all of it has ended.
  void wait();

 private:
  std::vector<std::thread> threads_;
};

/// Calls `work(worker, index)` for every index below `count`, by at most `workers` threads, the caller's among them;
/// each worker has its number. Indices are begun in order. `work` throws nothing.
void for_each_index(std::size_t count, std::size_t workers, const std::function<void(std::size_t, std::size_t)>& work);

}  // namespace kvc::mailbox
