// SPDX-License-Identifier: Apache-2.0
// How threads that serve the browser get something done on the thread that loaded the plugin.
#pragma once

#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace pvs::host::serve {

/// The main loop has ended or is about to: the request cannot be served any more.
struct Stopping : std::runtime_error {
  Stopping() : std::runtime_error("the host is stopping") {}
};

/// Tasks for the main thread, done in the order they came.
class MainLoop {
 public:
  MainLoop();
  ~MainLoop();
  MainLoop(const MainLoop&) = delete;
  MainLoop& operator=(const MainLoop&) = delete;

  /// Has `task` done on the main thread and waits for what it returns, or throws. Throws Stopping. [any but main]
  template <class Task>
  std::invoke_result_t<Task> run(Task task) {
    auto packaged = std::make_shared<std::packaged_task<std::invoke_result_t<Task>()>>(std::move(task));
    auto result = packaged->get_future();
    // The loop alone holds the task: thrown away undone, it must break its promise.
    push([packaged = std::move(packaged)] { (*packaged)(); });
    try {
      return result.get();
    } catch (const std::future_error&) {
      throw Stopping();  // thrown away undone by close()
    }
  }
  /// The same without waiting; thrown away when the loop has ended. [any]
  void post(std::function<void()> task) noexcept;

  /// Polls readable while there are tasks. [main]
  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// Does all there is. [main]
  void work();
  /// No more tasks; what waits is thrown away. [main]
  void close();

 private:
  void push(std::function<void()> task);
  std::mutex mutex_;
  std::deque<std::function<void()>> tasks_;
  bool closed_ = false;
  int fd_ = -1;
};

}  // namespace pvs::host::serve
