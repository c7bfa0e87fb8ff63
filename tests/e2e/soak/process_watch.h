// SPDX-License-Identifier: Apache-2.0
// What a process holds, over time: memory, handles, threads.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace kvc::e2e::soak {

struct Sample {
  double seconds = 0;  ///< since the watch began
  long rss_kib = 0, pss_kib = 0, handles = 0, threads = 0;
};

/// Reads /proc of one process; one thread.
class ProcessWatch {
 public:
  ProcessWatch(std::string name, pid_t pid) : name_(std::move(name)), pid_(pid) {}
  /// Nothing once the process is gone.
  void take(double seconds);
  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Slope of the resident memory over the second half, by least squares, in KiB an hour.
  [[nodiscard]] double growth_kib_per_hour() const;
  /// One line for people: first, highest and last of each figure, and the slope.
  [[nodiscard]] std::string summary() const;
  void write_csv(const std::filesystem::path& file) const;

 private:
  std::string name_;
  pid_t pid_;
  std::vector<Sample> samples_;
};

}  // namespace kvc::e2e::soak
