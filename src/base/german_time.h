// SPDX-License-Identifier: Apache-2.0
// Times as the KVs' files write them: xs:dateTime, and German local time where a zone is missing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/env.h"

namespace kvc {

/// Reads "2026-01-05T09:30:00+01:00", also with "Z", with fractions of a second (dropped), and without a zone: then it
/// is German local time [D]; the hour that comes twice in October is taken as summer time. Nothing if it is none.
std::optional<TimePoint> parse_xs_date_time(std::string_view text);

/// "2026-01-05T09:30:00+01:00": German local time with its zone, whatever the process's zone is.
std::string german_date_time(TimePoint time);

/// For people: "05.01.2026 09:30:00". German local time.
std::string german_time_text(TimePoint time);

/// True for summer time (last Sunday of March to last Sunday of October, 01:00 UTC; directive 2000/84/EC).
bool german_summer_time(TimePoint time);

}  // namespace kvc
