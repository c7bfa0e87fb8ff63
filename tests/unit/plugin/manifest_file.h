// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include "paths.h"

namespace kvc::plugin::test {

/// The text of manifest.json, as a host reads it.
inline std::string manifest_file() {
  std::ifstream in(kvc::test::source_dir() + "/manifest.json", std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace kvc::plugin::test
