// SPDX-License-Identifier: Apache-2.0
#include "process_state.h"

#include <locale.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

extern "C" char** environ;

namespace pvs::conformance {

namespace fs = std::filesystem;

std::size_t thread_count() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator("/proc/self/task")) {
    ++count;
  }
  return count;
}

std::vector<std::string> descriptors() {
  std::vector<std::string> targets;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const fs::path target = fs::read_symlink(entry.path(), error);
    if (!target.string().ends_with("/fd")) {  // the one that reads this folder
      targets.push_back(target.string());
    }
  }
  std::sort(targets.begin(), targets.end());
  return targets;
}

ProcessState::ProcessState() {
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  for (int number = 1; number < 65; ++number) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) == 0) {
      handlers[static_cast<std::size_t>(number)] = reinterpret_cast<void*>(action.sa_handler);
    }
  }
  const char* name = ::setlocale(LC_ALL, nullptr);
  locale = name == nullptr ? "" : name;
  std::error_code error;
  directory = fs::current_path(error).string();
  umask_bits = ::umask(0);
  ::umask(umask_bits);
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    environment.emplace_back(*variable);
  }
  std::sort(environment.begin(), environment.end());
}

}  // namespace pvs::conformance
