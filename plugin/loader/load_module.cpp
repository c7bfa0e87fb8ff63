// SPDX-License-Identifier: Apache-2.0
#include "loader/load_module.h"

#include <dlfcn.h>
#include <signal.h>

#include <climits>
#include <cstdlib>
#include <memory>

#include "resource/manifest.h"

namespace kvc::plugin {
namespace {

struct Free {
  void operator()(char* memory) const noexcept { std::free(memory); }
};

/// Never a name alone: that would be searched for in the places of the host and of the environment. Empty on failure.
std::string beside_this_library() {
  Dl_info self{};
  if (::dladdr(reinterpret_cast<const void*>(&load_module), &self) == 0 || self.dli_fname == nullptr) {
    return {};
  }
  const std::unique_ptr<char, Free> file(::realpath(self.dli_fname, nullptr));
  if (!file) {
    return {};
  }
  const std::string path(file.get());
  return path.substr(0, path.rfind('/') + 1) + kModuleFile;
}

/// Poco blocks SIGPIPE in a static initialiser: the thread that loads it would keep that.
class KeepSignalMask {
 public:
  KeepSignalMask() noexcept { ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_); }
  ~KeepSignalMask() { ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr); }
  KeepSignalMask(const KeepSignalMask&) = delete;
  KeepSignalMask& operator=(const KeepSignalMask&) = delete;

 private:
  sigset_t mask_{};
};

std::string last_failure() {
  const char* const text = ::dlerror();
  return text == nullptr ? "no reason given" : text;
}

}  // namespace

LoadedModule load_module() {
  const std::string file = beside_this_library();
  if (file.empty()) {
    return {nullptr, std::string(kModuleFile) + ": the folder of kvconnect.so cannot be found"};
  }
  const KeepSignalMask mask;
  void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) {
    return {nullptr, "the library cannot be loaded: " + last_failure()};
  }
  void* const symbol = ::dlsym(library, kModuleSymbol);
  const Module* const module = symbol == nullptr ? nullptr : reinterpret_cast<ModuleEntry>(symbol)();
  if (module == nullptr || module->manifest != resource::manifest()) {
    return {nullptr, std::string(kModuleFile) + " is of another version than kvconnect.so"};
  }
  return {module};
}

}  // namespace kvc::plugin
