// SPDX-License-Identifier: Apache-2.0
// How dates, times and sizes are written for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/env.h"
#include "texts/catalogue.h"

namespace kvc::plugin {

/// "24.12.2026" (English "24/12/2026"), in German legal time. The plugin reckons the zone itself (Directive 2000/84/EC:
/// summer time from the last Sunday of March to the last Sunday of October, 01:00 UTC), because the time zone of the
/// host's process is not the plugin's to rely on. Thread: [any].
[[nodiscard]] std::string format_date(TimePoint time, Language language);
/// "24.12.2026, 14:05 Uhr" (English "24/12/2026, 14:05").
[[nodiscard]] std::string format_time(TimePoint time, Language language);
/// As format_time, an en dash for none.
[[nodiscard]] std::string format_time(const std::optional<TimePoint>& time, Language language);
/// An xs:dateTime of the server as format_time; text that is none comes back as it is.
[[nodiscard]] std::string format_xs_time(std::string_view text, Language language);
/// The time an xs:dateTime names; none for text that is no such time.
[[nodiscard]] std::optional<TimePoint> parse_xs_time(std::string_view text);
/// The beginning of the day "YYYY-MM-DD" in German legal time; none for text that is no day.
[[nodiscard]] std::optional<TimePoint> parse_date(std::string_view text);
/// The beginning of the day after the one `begin` is the beginning of.
[[nodiscard]] TimePoint day_after(TimePoint begin);
/// "512 Byte", "1,4 MB" (English "1.4 MB"); powers of 1000.
[[nodiscard]] std::string format_size(std::uint64_t bytes, Language language);
/// Whole days from `from` to `to`, negative if `to` is past.
[[nodiscard]] std::int64_t days_between(TimePoint from, TimePoint to);
[[nodiscard]] std::int64_t to_ms(TimePoint time);

}  // namespace kvc::plugin
