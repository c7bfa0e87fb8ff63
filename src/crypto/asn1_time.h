// SPDX-License-Identifier: Apache-2.0
// Times inside certificates and messages. Internal to crypto/ and message/.
#pragma once

#include <chrono>
#include <optional>

struct asn1_string_st;

namespace kvc::crypto {

/// A UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5); nullopt for null or a time that does not parse. May lie
/// outside what a TimePoint holds: base/time.h.
std::optional<std::chrono::sys_seconds> seconds_of(const asn1_string_st* time);

}  // namespace kvc::crypto
