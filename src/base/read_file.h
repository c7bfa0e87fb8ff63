// SPDX-License-Identifier: Apache-2.0
// Small files, whole.
#pragma once

#include <cstddef>
#include <istream>
#include <string>

namespace kvc {

/// What is left of `in`, but no more than `most` + 1 bytes, so that a longer text shows. In memory is what was read,
/// not what could have been: a buffer of the largest size allowed, once freed, makes glibc keep as much in every heap
/// of the process (mallopt(3), M_MMAP_THRESHOLD). Whether reading failed is in `in.bad()`. Throws std::bad_alloc.
std::string read_at_most(std::istream& in, std::size_t most);

}  // namespace kvc
