// SPDX-License-Identifier: Apache-2.0
// Faults on purpose, in a library loaded as a host loads a plugin: what sanitized.sh has to see before it believes a
// quiet run.
#include <climits>
#include <cstring>
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
  const std::string name(fault);
  return name == "race" ? race() : name == "use" ? use_after_free() : name == "overflow" ? overflow() : leak();
}
