// SPDX-License-Identifier: Apache-2.0
// How much of a plugin's log a host keeps.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <utility>

namespace pvs::detail {

/// A bucket of lines: kBurst at once, and kPerSecond that flow back. [any]
class LogLimit {
 public:
  static constexpr std::int64_t kBurst = 2000;
  static constexpr std::int64_t kPerSecond = 100;

  enum class Verdict : std::uint8_t { keep, first_dropped, drop };
  [[nodiscard]] Verdict next(std::chrono::steady_clock::time_point now) {
    const std::lock_guard lock(mutex_);
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - last_).count();
    if (const std::int64_t more = passed * kPerSecond / 1000; more > 0) {
      left_ = std::min(kBurst, left_ + more);
      last_ = now;
    }
    if (left_ > 0) {
      --left_;
      dropping_ = false;
      return Verdict::keep;
    }
    ++dropped_;
    return std::exchange(dropping_, true) ? Verdict::drop : Verdict::first_dropped;
  }
  [[nodiscard]] std::uint64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }

 private:
  mutable std::mutex mutex_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  std::int64_t left_ = kBurst;
  std::uint64_t dropped_ = 0;
  bool dropping_ = false;
};

}  // namespace pvs::detail
