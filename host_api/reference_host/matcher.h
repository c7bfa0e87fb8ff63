// SPDX-License-Identifier: Apache-2.0
// The "expect" of a script: does an outcome contain what is expected?
#pragma once

#include <string>

#include "json.h"

namespace pvs::host {

/// Empty if `actual` contains `expected`, else one sentence that names the first difference by its path.
///
/// Objects: every expected key is there and matches; further keys do not matter. Lists: every expected element has an
/// element of its own that matches, in any order. Text, numbers, true and false: equal. A text "/.../" is a regular
/// expression (PCRE) that must be found somewhere in the text.
/// An object with one key that begins with $ is an operator: {"$contains": "text"}, {"$regex": "..."}, {"$not": ...},
/// {"$absent": true}, {"$any": [a, b]}, {"$count": n}, {"$at_least": n}, {"$at_most": n} (number, or size of a list).
/// Throws InputError for an operator that does not exist or a regular expression that is none.
[[nodiscard]] std::string mismatch(const Var& expected, const Var& actual, const std::string& path = "");

}  // namespace pvs::host
