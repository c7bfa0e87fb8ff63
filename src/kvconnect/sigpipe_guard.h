// SPDX-License-Identifier: Apache-2.0
// Writing to a socket the peer closed must not end the host.
#pragma once

#include <csignal>

namespace kvc::kvconnect {

/// Blocks SIGPIPE in this thread, swallows one that came meanwhile, and puts the old mask back. Other threads and the
/// process' signal handlers are not touched. Poco's sockets write without MSG_NOSIGNAL, so a guard stands around every
/// network call. Thread: [any]; construct and destroy on one thread.
class SigpipeGuard {
 public:
  SigpipeGuard() noexcept;
  ~SigpipeGuard();
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
#ifndef _WIN32
  sigset_t before_;
  bool was_pending_ = false;
  bool active_ = false;
#endif
};

}  // namespace kvc::kvconnect
