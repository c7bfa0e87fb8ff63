// SPDX-License-Identifier: Apache-2.0
#include "watchdog.h"

#include <pthread.h>
#include <signal.h>

namespace pvs::detail {

Watchdog::Watchdog(std::chrono::milliseconds patience, Report report)
    : patience_(patience), report_(std::move(report)) {
  if (patience_.count() <= 0) {
    return;
  }
  // The host's signals are for the host's threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  thread_ = std::thread([this] { watch(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Watchdog::enter(const char* function, std::chrono::milliseconds more) {
  const std::lock_guard lock(mutex_);
  if (++depth_ == 1) {
    function_ = function;
    begin_ = std::chrono::steady_clock::now();
    allowed_ = patience_ + more;
    changed_.notify_all();
  }
}

void Watchdog::leave() {
  const std::lock_guard lock(mutex_);
  if (--depth_ == 0) {
    // Nobody has to be woken: whoever waits finds out when its time is up.
    function_ = nullptr;
  }
}

void Watchdog::watch() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (function_ == nullptr) {
      changed_.wait(lock);
      continue;
    }
    const auto end = begin_ + allowed_;
    changed_.wait_until(lock, end);
    const auto now = std::chrono::steady_clock::now();
    if (over_ || function_ == nullptr || now < begin_ + allowed_) {
      continue;
    }
    const char* function = function_;
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - begin_);
    function_ = nullptr;  // once a call
    lock.unlock();
    report_(function, since);
    lock.lock();
  }
}

}  // namespace pvs::detail
