// SPDX-License-Identifier: Apache-2.0
// What a shared library says of itself, read from its file without loading it: nothing of it runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pvs::conformance {

struct ElfFacts {
  std::string reason;  ///< why nothing could be read; empty: the rest is meaningful
  std::vector<std::string> needed;
  std::vector<std::string> exported;  ///< defined, and visible to others
  std::vector<std::string> unique;    ///< GNU_UNIQUE: shared with the host, never unloaded
  std::vector<std::string> imported;
  std::string run_path;
  bool no_delete = false;
  bool now = false;
  bool relro = false;
};

/// Reads a 64-bit little-endian ELF file. Every offset is checked against the bytes there are. [any]
[[nodiscard]] ElfFacts read_elf(std::string_view file);

}  // namespace pvs::conformance
