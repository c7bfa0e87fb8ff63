// SPDX-License-Identifier: Apache-2.0
// The targets without libFuzzer.
//   fuzz_tool check DIR            seeds and mutations of all targets; leaves the input that broke one in DIR
//   fuzz_tool replay TARGET FILE   one input
//   fuzz_tool seeds DIR            writes the seeds to DIR/TARGET/NUMBER
//   fuzz_tool pki                  a new artificial_pki.pem
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/mutate.h"
#include "fuzz/target.h"
#include "fuzz/world.h"

namespace kvc::fuzz {
namespace {

namespace fs = std::filesystem;

bool write_file(const fs::path& file, std::string_view bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return out.flush().good();
}

int check(const fs::path& folder) {
  fs::create_directories(folder);
  for (const Target& target : targets()) {
    // Written before the target sees it: a sanitizer ends the process without a word about the input.
    const fs::path last = folder / target.name;
    const auto run = [&](const std::string& input) {
      require(write_file(last, input), "the input can be kept");
      target.run(input);
    };
    const auto seeds = target.seeds();
    for (const auto& seed : seeds) {
      run(seed);
    }
    std::mt19937 random;  // NOLINT(cert-msc51-cpp): always the same on purpose
    for (int i = 0; i < target.mutations; ++i) {
      run(mutation(seeds, random));
    }
    fs::remove(last);
    std::printf("%s: %zu seeds, %d mutations\n", target.name.data(), seeds.size(), target.mutations);
  }
  return 0;
}

int replay(std::string_view name, const char* file) {
  const Target* target = find_target(name);
  std::ifstream in(file, std::ios::binary);
  if (target == nullptr || !in) {
    std::fprintf(stderr, "fuzz_tool: no such target, or the file cannot be read\n");
    return 2;
  }
  target->run(std::string(std::istreambuf_iterator<char>(in), {}));
  return 0;
}

int write_seeds(const fs::path& folder) {
  for (const Target& target : targets()) {
    fs::create_directories(folder / target.name);
    int number = 0;
    for (const auto& seed : target.seeds()) {
      require(write_file(folder / target.name / std::to_string(number++), seed), "a seed can be written");
    }
  }
  return 0;
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "check") {
    return check(words[1]);
  }
  if (words.size() == 3 && words[0] == "replay") {
    return replay(words[1], words[2].c_str());
  }
  if (words.size() == 2 && words[0] == "seeds") {
    return write_seeds(words[1]);
  }
  if (words.size() == 1 && words[0] == "pki") {
    return std::fputs(new_world_pem().c_str(), stdout) < 0 ? 1 : 0;
  }
  std::fprintf(stderr, "usage: fuzz_tool check DIR | replay TARGET FILE | seeds DIR | pki\n");
  return 2;
}

}  // namespace
}  // namespace kvc::fuzz

int main(int argc, char** argv) {
  try {
    return kvc::fuzz::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fuzz_tool: %s\n", error.what());
    return 1;
  }
}
