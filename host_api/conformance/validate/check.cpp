// SPDX-License-Identifier: Apache-2.0
#include "check.h"

#include <algorithm>

namespace pvs::conformance {

const Check* find_check(std::string_view name) {
  const auto& checks = all_checks();
  const auto it = std::find_if(checks.begin(), checks.end(), [&](const Check& check) { return check.name == name; });
  return it == checks.end() ? nullptr : &*it;
}

}  // namespace pvs::conformance
