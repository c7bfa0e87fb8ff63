// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/sigpipe_guard.h"

#ifndef _WIN32
#include <pthread.h>
#include <time.h>
#endif

namespace kvc::kvconnect {

#ifdef _WIN32

SigpipeGuard::SigpipeGuard() noexcept = default;
SigpipeGuard::~SigpipeGuard() = default;

#else

namespace {

sigset_t only_sigpipe() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

bool sigpipe_pending() noexcept {
  sigset_t pending;
  return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

}  // namespace

SigpipeGuard::SigpipeGuard() noexcept {
  const sigset_t set = only_sigpipe();
  was_pending_ = sigpipe_pending();
  active_ = pthread_sigmask(SIG_BLOCK, &set, &before_) == 0;
}

SigpipeGuard::~SigpipeGuard() {
  if (!active_) {
    return;
  }
  // A SIGPIPE of our own writes is pending for this thread alone; one that was pending before is somebody else's.
  if (!was_pending_ && sigpipe_pending()) {
    const sigset_t set = only_sigpipe();
    const timespec no_wait{0, 0};
    sigtimedwait(&set, nullptr, &no_wait);
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

#endif

}  // namespace kvc::kvconnect
