// SPDX-License-Identifier: Apache-2.0
// A keyed fingerprint: equal texts can be found again in a database without the texts being there.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"

namespace kvc::crypto {

/// HMAC-SHA-256 (RFC 2104), 64 lower-case hex digits. Error: crypto_failed. Thread: [any].
Result<std::string> keyed_hash(const Secret& key, std::string_view text);

}  // namespace kvc::crypto
