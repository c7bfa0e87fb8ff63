// SPDX-License-Identifier: Apache-2.0
#include "base/helper.h"

#include <pthread.h>

#include <atomic>
#include <csignal>
#include <exception>

namespace kvc {
namespace {

std::atomic<unsigned> helpers_now{0};

/// A new thread inherits the mask of the one that makes it.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    changed_ = pthread_sigmask(SIG_SETMASK, &all, &before_) == 0;
  }
  ~SignalsBlocked() {
    if (changed_) {
      pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
  bool changed_ = false;
};

}  // namespace

unsigned helper_threads() noexcept {
  return helpers_now.load();
}

HelperThread::HelperThread(const std::function<void()>& work) noexcept {
  if (helpers_now.fetch_add(1) < kMostHelpers) {
    try {
      const SignalsBlocked blocked;
      thread_ = std::thread(work);
      return;
    } catch (const std::exception&) {
      // No thread, or no memory for one: the caller sees that it does not run.
    }
  }
  --helpers_now;
}

void HelperThread::join() noexcept {
  if (thread_.joinable()) {
    thread_.join();
    --helpers_now;
  }
}

void Helpers::start(const std::function<void()>& work) noexcept {
  try {
    threads_.reserve(threads_.size() + 1);
    if (HelperThread thread(work); thread.running()) {
      threads_.push_back(std::move(thread));
      return;
    }
  } catch (const std::exception&) {
    // No memory for one more: done here.
  }
  work();
}

void for_each_index(std::size_t count, std::size_t workers, const std::function<void(std::size_t, std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&](std::size_t worker) {
    for (std::size_t index = next++; index < count; index = next++) {
      work(worker, index);
    }
  };
  Helpers helpers;
  for (std::size_t worker = 1; worker < workers && worker < count; ++worker) {
    helpers.start([&run, worker] { run(worker); });
  }
  run(0);
}

}  // namespace kvc
