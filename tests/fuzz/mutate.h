// SPDX-License-Identifier: Apache-2.0
// The poor man's fuzzer: the same changes in every run, with any compiler.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace kvc::fuzz {

/// One of `seeds` with one to four changes: a bit, a byte, a piece cut out, doubled, taken from another seed, the end
/// cut off. Depends on the generator's state alone.
std::string mutation(const std::vector<std::string>& seeds, std::mt19937& random);

}  // namespace kvc::fuzz
