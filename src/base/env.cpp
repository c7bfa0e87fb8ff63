// SPDX-License-Identifier: Apache-2.0
#include "base/env.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <thread>

namespace kvc {
namespace {

class SystemEnv final : public Env {
 public:
  [[nodiscard]] TimePoint now() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] std::chrono::steady_clock::time_point monotonic() const override {
    return std::chrono::steady_clock::now();
  }

  bool sleep(Millis duration, const std::atomic<bool>& cancelled) override {
    constexpr Millis kSlice{20};
    const auto end = monotonic() + duration;
    while (!cancelled.load(std::memory_order_acquire)) {
      const auto left = end - monotonic();
      if (left <= left.zero()) {
        return false;
      }
      std::this_thread::sleep_for(left < kSlice ? left : std::chrono::steady_clock::duration(kSlice));
    }
    return true;
  }

  void random(std::span<std::uint8_t> out) override {
    // Straight from the kernel: OpenSSL's default generator can be replaced by the configuration of the process.
    while (!out.empty()) {
      const ssize_t got = ::getrandom(out.data(), out.size(), 0);
      if (got < 0 && errno != EINTR) {
        // Going on without randomness would make guessable keys.
        throw std::runtime_error("the random number generator failed");
      }
      out = out.subspan(got < 0 ? 0 : static_cast<std::size_t>(got));
    }
  }

  double jitter() override {
    std::array<std::uint8_t, 4> bytes{};
    random(bytes);
    const std::uint32_t value = (std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) |
                                (std::uint32_t{bytes[2]} << 8U) | std::uint32_t{bytes[3]};
    return static_cast<double>(value) / 4294967296.0;
  }
};

}  // namespace

Env& Env::system() {
  // Never destroyed: worker threads may still ask for the time while statics go.
  static Env* const env = new SystemEnv;
  return *env;
}

std::string new_uuid(Env& env) {
  std::array<std::uint8_t, 16> b{};
  env.random(b);
  b[6] = static_cast<std::uint8_t>((b[6] & 0x0fU) | 0x40U);
  b[8] = static_cast<std::uint8_t>((b[8] & 0x3fU) | 0x80U);
  std::array<char, 37> text{};
  std::snprintf(text.data(), text.size(), "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
  return text.data();
}

}  // namespace kvc
