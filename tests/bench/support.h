// SPDX-License-Identifier: Apache-2.0
// What every bench program does the same way. Library kvc_bench_support.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace kvc::bench {

/// "2K" or "10M".
std::string size_name(std::size_t bytes);

/// Sizes from the environment variable `variable` ("2K,10M"), else `usual`.
std::vector<std::size_t> sizes_from(const char* variable, std::vector<std::size_t> usual);

/// Registers `once` as a benchmark timed by the clock on the wall, because peers work in other processes and threads.
/// `prepare` runs before the clock, once. With `bytes` the rate is reported.
/// With `threads` so many do it at the same time, each with what it starts on a processor of its own.
void add(const std::string& name, std::size_t bytes, std::function<void()> prepare, std::function<void()> once,
         int threads = 0);

/// Runs what was registered; arguments are Google Benchmark's.
int run(int argc, char** argv);

}  // namespace kvc::bench
