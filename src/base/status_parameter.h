// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace kvc {

/// The value of a status's parameter, `otherwise` if it has none of this name.
[[nodiscard]] inline std::string parameter(const Status& status, std::string_view name, const char* otherwise = "") {
  for (const auto& [key, value] : status.params()) {
    if (key == name) {
      return value;
    }
  }
  return otherwise;
}

}  // namespace kvc
