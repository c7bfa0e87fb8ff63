// SPDX-License-Identifier: Apache-2.0
// What one check is. Every check runs in a process of its own, so it may leave anything behind but its findings.
#pragma once

#include <filesystem>
#include <pvs/manifest.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "findings.h"

namespace pvs::conformance {

/// The plugin under test, as the command line names it. A value.
struct Subject {
  std::filesystem::path library;    ///< absolute
  std::filesystem::path full_host;  ///< the helper program with the full protobuf runtime
  std::filesystem::path scratch;    ///< empty directory of this check alone
  ManifestResult manifest;          ///< manifest.json beside the library
  std::string settings_json;        ///< for HELLO; empty: the plugin's defaults
  std::filesystem::path settings_directory;
  int job_patience_ms = 10000;  ///< how long a cancelled job may take to end
  int time_factor = 1;  ///< time classes are multiplied by it, for slow or busy machines
};

struct Check {
  std::string_view name;  ///< stable, "group.what"
  std::string_view rule;  ///< the sentence it proves, word for word from plugin.h or the .proto files
  void (*run)(const Subject&, Findings&);
  /// The check that has to pass before this one can mean anything; empty: none. It stands earlier in the list.
  std::string_view needs{};
  /// Measures time, so nothing else of the validator runs beside it.
  bool alone = false;
};

/// All checks, in the order in which they are run.
[[nodiscard]] const std::vector<Check>& all_checks();
/// The check of that name, or null.
[[nodiscard]] const Check* find_check(std::string_view name);

}  // namespace pvs::conformance
