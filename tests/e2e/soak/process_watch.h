// SPDX-License-Identifier: Apache-2.0
// What a process holds, over time: memory, what its heaps hold of it, handles, threads.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace kvc::e2e::soak {

struct Sample {
  double seconds = 0;  ///< since the watch began
  long rss_kib = 0, pss_kib = 0, handles = 0, threads = 0;
  long in_use_kib = 0;  ///< bytes the program has of malloc
  long heaps_kib = 0;   ///< what malloc has of the system for them
};

/// Reads /proc of one process, and the file heap_watch.c writes in it; one thread.
class ProcessWatch {
 public:
  ProcessWatch(std::string name, pid_t pid, std::filesystem::path heap_file)
      : name_(std::move(name)), pid_(pid), heap_file_(std::move(heap_file)) {}
  /// Nothing once the process is gone.
  void take(double seconds);
  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Slope of a figure over the second half, an hour: the median of the slopes between any two samples (Theil, Sen), which
  /// a login's scrypt (32 MiB for a moment) does not bend.
  [[nodiscard]] double growth_per_hour(long Sample::*figure) const;
  /// One line for people: first, highest and last of each figure, and the slopes.
  [[nodiscard]] std::string summary() const;
  void write_csv(const std::filesystem::path& file) const;

 private:
  std::string name_;
  pid_t pid_;
  std::filesystem::path heap_file_;
  std::vector<Sample> samples_;
};

}  // namespace kvc::e2e::soak
