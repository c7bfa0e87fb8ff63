// SPDX-License-Identifier: Apache-2.0
// The results for people, for a build server (JUnit) and for programs (JSON).
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "driver.h"

namespace pvs::conformance {

struct Totals {
  std::size_t passed = 0, skipped = 0, warnings = 0, failed = 0, blocked = 0;
};
[[nodiscard]] Totals count(const std::vector<CheckResult>& results);

void print_result(std::ostream& out, const CheckResult& result);
[[nodiscard]] std::string junit(const std::string& plugin, const std::vector<CheckResult>& results);
[[nodiscard]] std::string json(const std::string& plugin, const std::vector<CheckResult>& results);

}  // namespace pvs::conformance
