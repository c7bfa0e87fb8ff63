// SPDX-License-Identifier: Apache-2.0
// Faults on purpose, in a library loaded as a host loads a plugin: what sanitized.sh has to see before it believes a
// quiet run.
#include <climits>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace {

int race() {
  int shared = 0;
  std::thread other([&shared] { ++shared; });
  ++shared;
  other.join();
  return shared;
}

/// Two locks in either order: no thread waits, but two could for ever.
int inversion() {
  std::mutex a;
  std::mutex b;
  const auto both = [](std::mutex& first, std::mutex& second) {
    const std::lock_guard one(first);
    const std::lock_guard two(second);
  };
  both(a, b);
  std::thread([&] { both(b, a); }).join();
  return 0;
}

int use_after_free() {
  // Volatile, so that the compiler neither sees nor removes the fault.
  int* volatile block = new int(1);
  delete block;
  return *block;
}

int overflow() {
  volatile int most = INT_MAX;
  most = most + 1;
  return most;
}

int leak() {
  void* volatile lost = new char[1000];
  std::memset(lost, 1, 1000);
  lost = nullptr;
  return lost == nullptr ? 0 : 1;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int kvc_sanitizer_probe(const char* fault);

extern "C" int kvc_sanitizer_probe(const char* fault) {
  static const std::map<std::string, int (*)()> faults{
      {"race", &race}, {"inversion", &inversion}, {"use", &use_after_free}, {"overflow", &overflow}, {"leak", &leak}};
  const auto found = faults.find(fault);
  return found == faults.end() ? 2 : found->second();
}
