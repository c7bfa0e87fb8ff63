// SPDX-License-Identifier: Apache-2.0
#include "mailbox/helper.h"

#include <pthread.h>
#include <atomic>
#include <csignal>
#include <system_error>

namespace kvc::mailbox {
namespace {

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

Helpers::~Helpers() {
  wait();
}

void Helpers::start(std::function<void()> work) {
  try {
    const SignalsBlocked blocked;
    threads_.emplace_back(work);
  } catch (const std::system_error&) {
    work();
  }
}

void Helpers::wait() {
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
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

}  // namespace kvc::mailbox
