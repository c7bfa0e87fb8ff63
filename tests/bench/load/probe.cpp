// SPDX-License-Identifier: Apache-2.0
// A host that does nothing but load one plugin, in a fresh process, and says what that took. Links the C++ runtime
// alone, as a practice system in C++ does, and no protobuf: the requests come as files.
//
//   load_probe PLUGIN MANIFEST HELLO_BYTES
//
// Prints milliseconds since before dlopen, and KiB of resident memory added, first when create() returned, then when
// ACTIVATE was answered. "-" in place of HELLO_BYTES ends after create().
#include <dlfcn.h>
#include <pvs/plugin.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint32_t kHello = 101;     // METHOD_LIFECYCLE_HELLO
constexpr std::uint32_t kActivate = 102;  // METHOD_LIFECYCLE_ACTIVATE

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "load_probe: %s\n", what);
  std::exit(1);
}

std::string read_file(const char* path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    give_up(path);
  }
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

pvs_bytes lend(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

long resident_kib() {
  std::ifstream in("/proc/self/statm");
  long size = 0;
  long resident = 0;
  in >> size >> resident;
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

/// Offers nothing: that is a host, too.
pvs_host_v1 bare_host() {
  pvs_host_v1 host{};
  host.struct_size = sizeof(host);
  host.abi_minor = PVS_ABI_MINOR;
  host.call = [](pvs_host_ctx*, const pvs_call_header*, pvs_bytes, pvs_reply_fn, void*) -> pvs_status {
    return PVS_UNSUPPORTED_METHOD;
  };
  host.log = [](pvs_host_ctx*, std::int32_t level, pvs_bytes, pvs_bytes text) {
    if (level >= PVS_LOG_ERROR) {
      std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size), reinterpret_cast<const char*>(text.data));
    }
  };
  host.is_main = [](pvs_host_ctx*) -> std::int32_t { return 1; };
  host.post_to_main = [](pvs_host_ctx*, std::uint64_t) -> pvs_status { return PVS_OK; };
  host.is_cancelled = [](pvs_host_ctx*, std::uint64_t) -> std::int32_t { return 0; };
  host.now_utc_ms = [](pvs_host_ctx*) -> std::int64_t { return 0; };
  host.monotonic_ms = [](pvs_host_ctx*) -> std::uint64_t { return 0; };
  host.stream_read = [](pvs_host_ctx*, std::uint64_t, std::uint8_t*, std::uint64_t, std::uint64_t*) -> pvs_status {
    return PVS_BAD_REQUEST;
  };
  host.stream_write = [](pvs_host_ctx*, std::uint64_t, pvs_bytes) -> pvs_status { return PVS_BAD_REQUEST; };
  host.stream_close = [](pvs_host_ctx*, std::uint64_t, std::int32_t) -> pvs_status { return PVS_BAD_REQUEST; };
  return host;
}

pvs_status forget(void*, pvs_bytes) {
  return PVS_OK;
}

void call(const pvs_plugin_v1& plugin, pvs_instance* instance, std::uint32_t method, const std::string& request) {
  pvs_call_header header{};
  header.struct_size = sizeof(header);
  header.method = method;
  header.call_id = method;
  if (plugin.call(instance, &header, lend(request), forget, nullptr) != PVS_OK) {
    give_up("a call failed");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    give_up("usage: load_probe PLUGIN MANIFEST HELLO_BYTES");
  }
  const std::string manifest = read_file(argv[2]);
  const bool greet = std::strcmp(argv[3], "-") != 0;
  const std::string hello = greet ? read_file(argv[3]) : std::string();
  const pvs_host_v1 host = bare_host();
  const long before = resident_kib();
  const auto start = Clock::now();
  const auto report = [&] {
    const double millis = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    std::printf("%.4f %ld\n", millis, resident_kib() - before);
  };
  void* const library = ::dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    give_up(::dlerror());
  }
  const auto entry = reinterpret_cast<pvs_plugin_entry_fn>(::dlsym(library, "pvs_plugin_entry_v1"));
  const pvs_plugin_v1* const plugin = entry == nullptr ? nullptr : entry(PVS_ABI_MINOR);
  pvs_instance* instance = nullptr;
  if (plugin == nullptr || plugin->describe(forget, nullptr) != PVS_OK ||
      plugin->create(&host, nullptr, lend(manifest), &instance) != PVS_OK) {
    give_up("no instance");
  }
  report();
  if (greet) {
    call(*plugin, instance, kHello, hello);
    call(*plugin, instance, kActivate, std::string());
    report();
  }
  std::fflush(stdout);
  ::_exit(0);  // how long the end takes is not the question
}
