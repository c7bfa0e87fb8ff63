// SPDX-License-Identifier: Apache-2.0
#include "bench/support.h"

#include <sched.h>
#include <cstdlib>

#include <memory>
#include <mutex>
#include <sstream>

namespace kvc::bench {

std::string size_name(std::size_t bytes) {
  const std::size_t mega = bytes >> 20U;
  return mega > 0 ? std::to_string(mega) + "M" : std::to_string(bytes >> 10U) + "K";
}

std::vector<std::size_t> sizes_from(const char* variable, std::vector<std::size_t> usual) {
  const char* const text = std::getenv(variable);
  if (text == nullptr || *text == '\0') {
    return usual;
  }
  std::vector<std::size_t> sizes;
  std::istringstream list(text);
  for (std::string item; std::getline(list, item, ',');) {
    const unsigned shift = item.back() == 'M' ? 20U : 10U;
    sizes.push_back(std::strtoul(item.c_str(), nullptr, 10) << shift);
  }
  return sizes;
}

namespace {

/// This thread, and those it starts, on one processor: a message that is worked on by two threads would take two.
class Pinned {
 public:
  explicit Pinned(int number) {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &before_) && number-- == 0) {
        CPU_SET(cpu, &one);
      }
    }
    // More threads than processors: then nothing is pinned.
    ::sched_setaffinity(0, sizeof one, &one);
  }
  ~Pinned() { ::sched_setaffinity(0, sizeof before_, &before_); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

 private:
  cpu_set_t before_{};
};

}  // namespace

void add(const std::string& name, std::size_t bytes, std::function<void()> prepare, std::function<void()> once,
         int threads) {
  const auto prepared = std::make_shared<std::once_flag>();
  auto* const bench = benchmark::RegisterBenchmark(
      name.c_str(),
      [prepared, prepare = std::move(prepare), once = std::move(once), bytes, threads](benchmark::State& state) {
        std::call_once(*prepared, prepare);
        const auto pinned = threads > 0 ? std::make_unique<Pinned>(state.thread_index()) : nullptr;
        for (auto _ : state) {
          once();
        }
        state.SetItemsProcessed(state.iterations());
        if (bytes > 0) {
          state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
        }
      });
  bench->UseRealTime()->Unit(benchmark::kMicrosecond);
  if (threads > 1) {
    bench->Threads(threads);
  }
}

int run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace kvc::bench
