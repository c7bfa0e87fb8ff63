// SPDX-License-Identifier: Apache-2.0
// How hard a chosen password is to guess, roughly: to warn people, not to prove anything.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/secret.h"

namespace kvc::plugin {

enum class Strength : std::uint8_t { weak, fair, good, strong };

/// Stable, for scripts, and the end of the text key "strength.<code>".
[[nodiscard]] std::string_view strength_code(Strength strength);

/// Estimates the guesses an attacker with word lists needs, as bits: known words, years, runs ("1234", "aaaa") and
/// repetitions count little, every other character as much as the kinds of characters in use allow. Below 40 bits weak
/// (a keystore file in wrong hands is opened within days), below 60 fair, below 80 good [D]. Linear in the length for
/// passwords of the length a form takes. Thread: [any].
[[nodiscard]] Strength strength_of(const Secret& password);

}  // namespace kvc::plugin
