// SPDX-License-Identifier: Apache-2.0
// What libFuzzer calls; KVC_FUZZ_TARGET is the function of the target.
#include <cstddef>
#include <cstdint>

#include "fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kvc::fuzz::KVC_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
