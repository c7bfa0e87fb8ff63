// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

namespace kvc::test {

const std::string& source_dir() {
  static const std::string path = KVC_SOURCE_DIR;
  return path;
}

const std::string& shared_data_dir() {
  static const std::string path = source_dir() + "/../shared/data";
  return path;
}

}  // namespace kvc::test
