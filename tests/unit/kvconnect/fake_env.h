// SPDX-License-Identifier: Apache-2.0
// A clock that stands, and waiting that takes no time but is remembered.
#pragma once

#include <algorithm>
#include <mutex>
#include <vector>

#include "base/env.h"

namespace kvc::test {

class FakeEnv : public Env {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] std::chrono::steady_clock::time_point monotonic() const override {
    return std::chrono::steady_clock::now();
  }
  bool sleep(Millis duration, const std::atomic<bool>& cancelled) override {
    const std::lock_guard lock(mutex_);
    sleeps_.push_back(duration);
    return cancelled.load() || cancel_in_sleep;
  }
  void random(std::span<std::uint8_t> out) override { std::fill(out.begin(), out.end(), std::uint8_t{4}); }
  double jitter() override { return 0; }

  [[nodiscard]] std::vector<Millis> sleeps() const {
    const std::lock_guard lock(mutex_);
    return sleeps_;
  }
  void set_now(TimePoint now) { now_ = now; }
  bool cancel_in_sleep = false;

 private:
  TimePoint now_ = std::chrono::system_clock::now();
  mutable std::mutex mutex_;
  std::vector<Millis> sleeps_;
};

}  // namespace kvc::test
