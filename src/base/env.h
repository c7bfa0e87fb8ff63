// SPDX-License-Identifier: Apache-2.0
// What the core takes from the world, injected so that tests can move the clock and break the disk.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace kvc {

using TimePoint = std::chrono::system_clock::time_point;
using Millis = std::chrono::milliseconds;

/// Wall clock, monotonic clock, waiting and randomness. Thread: [any], implementations are thread-safe.
class Env {
 public:
  virtual ~Env() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
  [[nodiscard]] virtual std::chrono::steady_clock::time_point monotonic() const = 0;
  /// Returns early, with true, when `cancelled` turns true.
  virtual bool sleep(Millis duration, const std::atomic<bool>& cancelled) = 0;
  /// Cryptographically secure random bytes.
  virtual void random(std::span<std::uint8_t> out) = 0;
  /// Uniform in [0, 1), for jitter only.
  virtual double jitter() = 0;

  /// The system's clock and the kernel's generator. Lives for ever.
  static Env& system();
};

/// Random UUID, version 4 (RFC 4122 section 4.4), lower case.
std::string new_uuid(Env& env);

/// Cooperative cancellation, shared by a job and whoever may stop it. Thread: [any].
class Cancel {
 public:
  void request() noexcept { flag_.store(true, std::memory_order_release); }
  [[nodiscard]] bool requested() const noexcept { return flag_.load(std::memory_order_acquire); }
  [[nodiscard]] const std::atomic<bool>& flag() const noexcept { return flag_; }

 private:
  std::atomic<bool> flag_{false};
};

/// Progress of a long operation: permille 0..1000 or -1 for unknown, and a stable step key such as "csr.handed_to_ca".
/// The key becomes a sentence in the catalogue ("progress.<key>"). Called on the worker that does the work.
using ProgressFn = std::function<void(int permille, std::string_view step_key)>;

}  // namespace kvc
