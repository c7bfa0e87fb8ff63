// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace pvs::conformance {

/// The descriptor on which a child process tells its driver what it finds.
inline constexpr int kFindingsFd = 3;

/// Where a check says what it found. Each finding leaves the process at once, so that a crash takes none along. [any]
class Findings {
 public:
  /// `fd` is the pipe to the driver.
  explicit Findings(int fd) noexcept : fd_(fd) {}
  /// What is being done now: named by the driver when the process hangs or dies here.
  void phase(std::string_view text) noexcept { write("phase", text); }
  void fail(std::string_view text) noexcept { write("fail", text); }
  void warn(std::string_view text) noexcept { write("warn", text); }
  /// The plugin has nothing this check could look at.
  void skip(std::string_view text) noexcept { write("skip", text); }
  /// Something another check is about went wrong first; that one names it.
  void blocked(std::string_view text) noexcept { write("blocked", text); }
  void done() noexcept { write("done", ""); }

 private:
  void write(std::string_view kind, std::string_view text) noexcept;
  int fd_;
};

}  // namespace pvs::conformance
