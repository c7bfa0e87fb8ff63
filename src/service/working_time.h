// SPDX-License-Identifier: Apache-2.0
// Deadlines that are counted in working days.
#pragma once

#include "base/env.h"

namespace kvc::service {

/// `hours` after `start`. With `working_days` only the hours of Monday to Friday count, by German time (protocol D:
/// eDoku Status after 72 hours of working days, Saturday is none); a deadline from Friday 15:00 over 72 hours ends on
/// Wednesday 15:00. Public holidays count as working days: they differ by region, and the deadline only leads to a hint
/// [D].
TimePoint deadline(TimePoint start, int hours, bool working_days);

}  // namespace kvc::service
