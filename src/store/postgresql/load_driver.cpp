// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/load_driver.h"

#include <dlfcn.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <vector>

namespace kvc::store::postgresql {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModule = "kvconnect_postgresql.so";

/// Never a name alone: that would be searched for in the places of the host and of the environment.
std::vector<fs::path> places() {
  std::vector<fs::path> found;
  Dl_info self{};
  std::error_code failure;
  if (::dladdr(reinterpret_cast<const void*>(&load_driver), &self) != 0 && self.dli_fname != nullptr) {
    // A program's name is what it was called by, so the kernel is asked for the file.
    const bool program = ::access("/proc/self/exe", F_OK) == 0 && !fs::path(self.dli_fname).is_absolute();
    const fs::path file = fs::canonical(program ? "/proc/self/exe" : self.dli_fname, failure);
    if (!failure) {
      found.push_back(file.parent_path() / kModule);
      found.push_back(file.parent_path() / KVC_PLUGIN_FROM_PROGRAM / kModule);
    }
  }
#ifdef KVC_BUILT_POSTGRESQL_MODULE
  found.emplace_back(KVC_BUILT_POSTGRESQL_MODULE);  // developer builds: programs lie elsewhere in the build tree
#endif
  return found;
}

Status failed(const char* what) {
  return {error::storage_failed, std::string("storage.dsn: kvconnect_postgresql.so ") + what};
}

Result<const Driver*> load() {
  std::error_code failure;
  for (const fs::path& file : places()) {
    if (!fs::is_regular_file(file, failure)) {
      continue;
    }
    void* module = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (module == nullptr) {
      return failed("cannot be loaded; is libpocodatapostgresql80 installed?");
    }
    void* symbol = ::dlsym(module, kDriverSymbol);
    const Driver* driver = symbol == nullptr ? nullptr : reinterpret_cast<DriverEntry>(symbol)();
    if (driver == nullptr || driver->version != kDriverVersion) {
      return failed("is of another version than the plugin");
    }
    return driver;
  }
  return failed("is missing beside the plugin");
}

}  // namespace

Result<const Driver*> load_driver() {
  static std::mutex mutex;
  static const Driver* loaded = nullptr;
  const std::lock_guard lock(mutex);
  if (loaded == nullptr) {
    KVC_ASSIGN(loaded, load());  // a failure may be mended while the program runs
  }
  return loaded;
}

}  // namespace kvc::store::postgresql
