// SPDX-License-Identifier: Apache-2.0
// Runs checks, each in a process of its own, and watches it.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "check.h"

namespace pvs::conformance {

enum class Verdict : std::uint8_t { passed, skipped, warning, failed, blocked };
[[nodiscard]] const char* verdict_name(Verdict verdict) noexcept;

struct CheckResult {
  const Check* check = nullptr;
  Verdict verdict = Verdict::failed;
  std::vector<std::string> texts;
  std::string output;  ///< end of what the process wrote to standard output and error, if it died
  double seconds = 0;
};

struct RunOptions {
  std::vector<std::string> child_arguments;  ///< what a child needs beside the check's name and scratch directory
  std::filesystem::path scratch;             ///< parent of the checks' directories
  std::chrono::milliseconds timeout{30000};
};

/// Runs one check in a child: this program again, with "--child NAME --scratch DIR". The child writes its findings to
/// descriptor kFindingsFd. A child that does not end in time is killed with everything it started.
[[nodiscard]] CheckResult run_check(const Check& check, const RunOptions& options);

/// Runs checks, up to `jobs` at a time, and hands the results to `done` in the order of `checks`. A check whose
/// predecessor (Check::needs) did not pass is not run but blocked.
[[nodiscard]] std::vector<CheckResult> run_checks(const std::vector<const Check*>& checks, const RunOptions& options,
                                                  int jobs, const std::function<void(const CheckResult&)>& done);

/// What a child's lines and its end mean together. `wait_status` as waitpid gives it; `timed_out` if it was killed.
[[nodiscard]] CheckResult judge_child(const Check& check, std::string_view lines, int wait_status, bool timed_out);

}  // namespace pvs::conformance
