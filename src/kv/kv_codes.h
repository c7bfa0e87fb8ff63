// SPDX-License-Identifier: Apache-2.0
// The Kassenärztliche Vereinigungen and their two-digit codes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace kvc::kv {

struct Kv {
  std::string code;  ///< two digits
  std::string name;  ///< German, for people: "Westfalen-Lippe"
};

/// The built-in list (kv_codes.csv), ordered by code. Lives for ever. Thread: [any].
const std::vector<Kv>& all();

/// The name of a code, empty if it is unknown. Thread: [any].
std::string_view name_of(std::string_view code);

/// Reads a list "code,kv" with a header line. Errors: malformed, with the parameter "line", for a line that is not two
/// digits, a comma and a name, or a code that comes twice; too_large.
Result<std::vector<Kv>> parse(std::string_view csv);

}  // namespace kvc::kv
