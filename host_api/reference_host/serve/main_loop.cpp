// SPDX-License-Identifier: Apache-2.0
#include "serve/main_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace pvs::host::serve {

MainLoop::MainLoop() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) {
    throw std::runtime_error("no descriptor for the main loop");
  }
}

MainLoop::~MainLoop() {
  ::close(fd_);
}

void MainLoop::push(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      throw Stopping();
    }
    tasks_.push_back(std::move(task));
  }
  static_cast<void>(::eventfd_write(fd_, 1));  // full means: already readable
}

void MainLoop::post(std::function<void()> task) noexcept {
  try {
    push(std::move(task));
  } catch (...) {
    // The loop has ended: nobody is there to whom it would matter.
    return;
  }
}

void MainLoop::work() {
  eventfd_t count = 0;
  static_cast<void>(::eventfd_read(fd_, &count));
  std::deque<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const std::function<void()>& task : tasks) {
    task();
  }
}

void MainLoop::close() {
  std::deque<std::function<void()>> undone;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    undone.swap(tasks_);
  }
}

}  // namespace pvs::host::serve
