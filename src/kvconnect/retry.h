// SPDX-License-Identifier: Apache-2.0
// When to try again.
#pragma once

#include <optional>
#include <string_view>

#include "base/env.h"

namespace kvc::kvconnect {

/// Retry-After (RFC 9110 section 10.2.3): delay-seconds or an HTTP date, seen from `now`. Capped at kRetryAfterCap, a
/// date in the past is zero; nothing for anything else.
std::optional<Millis> parse_retry_after(std::string_view value, TimePoint now);

/// An HTTP date (RFC 9110 section 5.6.7), in any of its three forms.
std::optional<TimePoint> parse_http_date(std::string_view value);

/// Waiting time before attempt number `attempt` + 1 (1 is the first): base * 2^(attempt-1), at most `cap`, of which a
/// random half to whole is taken, so that clients that failed together do not come back together. `jitter` is in [0,
/// 1).
Millis backoff(int attempt, Millis base, Millis cap, double jitter);

}  // namespace kvc::kvconnect
