// SPDX-License-Identifier: Apache-2.0
// What belongs to the process and not to a plugin.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace pvs::conformance {

[[nodiscard]] std::size_t thread_count();
/// What the open descriptors point at, sorted.
[[nodiscard]] std::vector<std::string> descriptors();

/// A picture of the process and of the calling thread.
struct ProcessState {
  ProcessState();
  sigset_t mask{};
  std::array<void*, 65> handlers{};
  std::string locale;
  std::string directory;
  mode_t umask_bits = 0;
  std::vector<std::string> environment;
};

}  // namespace pvs::conformance
