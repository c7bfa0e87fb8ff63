// SPDX-License-Identifier: Apache-2.0
// Dates that others wrote, as points in time.
#pragma once

#include <chrono>

#include "base/env.h"

namespace kvc {

/// The nearest TimePoint. Formats know the years 0 to 9999, TimePoint counts nanoseconds and ends in 2262: a plain
/// conversion of a hostile date overflows, which C++ leaves undefined.
inline TimePoint saturated(std::chrono::sys_seconds time) {
  using std::chrono::seconds;
  if (time >= std::chrono::floor<seconds>(TimePoint::max())) {
    return TimePoint::max();
  }
  if (time <= std::chrono::ceil<seconds>(TimePoint::min())) {
    return TimePoint::min();
  }
  return TimePoint(time);
}

}  // namespace kvc
