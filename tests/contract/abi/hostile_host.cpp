// SPDX-License-Identifier: Apache-2.0
// A host as unpleasant as hosts can be, for any plugin: the full protobuf runtime with the same .proto files,
// everything exported (-rdynamic), an OpenSSL of its own in use, and calls no decent host would make. It uses plugin.h
// alone.
//
//   hostile_host LIBRARY MANIFEST
//
// Prints what went wrong; exit code 0 only if nothing did.
#include <dlfcn.h>
#include <google/protobuf/stubs/logging.h>
#include <locale.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pvs/plugin.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "pvs/v1/host.pb.h"
#include "pvs/v1/methods.pb.h"
#include "pvs/v1/plugin.pb.h"

/// A symbol the plugin has as well; it must keep its own.
extern "C" int pvs_detail_loaded() {
  return 4711;
}

namespace {

namespace fs = std::filesystem;
namespace v1 = pvs::v1;

int g_failures = 0;
#define CHECK(condition)                                                                   \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      ++g_failures;                                                                        \
      std::cerr << __FILE__ << ':' << __LINE__ << ": failed: " << #condition << std::endl; \
    }                                                                                      \
  } while (false)

// ---- what must not change ----

struct ProcessState {
  sigset_t mask{};
  std::string locale = ::setlocale(LC_ALL, nullptr);
  fs::path directory = fs::current_path();
  mode_t umask = 0;
  std::vector<int> handled;  ///< signals with a handler

  ProcessState() {
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    umask = ::umask(0);
    ::umask(umask);
    for (int number = 1; number < 32; ++number) {
      struct sigaction action {};
      if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler != SIG_DFL) {
        handled.push_back(number);
      }
    }
  }
  [[nodiscard]] bool same_mask(const ProcessState& other) const {
    for (int number = 1; number < 65; ++number) {
      if (sigismember(&mask, number) != sigismember(&other.mask, number)) {
        std::cerr << "signal " << number << " is blocked differently\n";
        return false;
      }
    }
    return true;
  }
};

void check_unchanged(const ProcessState& before) {
  const ProcessState now;
  CHECK(now.same_mask(before));
  CHECK(now.locale == before.locale);
  CHECK(now.directory == before.directory);
  CHECK(now.umask == before.umask);
  CHECK(now.handled == before.handled);
}

std::size_t count(const char* directory) {
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(directory)) {
    ++entries;
  }
  return entries;
}
std::size_t threads() {
  return count("/proc/self/task");
}
std::size_t descriptors() {
  return count("/proc/self/fd");
}

// ---- the host ----

enum class Mode : int { good, every_status, silent, garbage, twice };

struct Host {
  std::atomic<Mode> mode{Mode::good};
  std::atomic<pvs_status> status{PVS_INTERNAL};
  std::thread::id main = std::this_thread::get_id();
  fs::path directory;
  std::mutex mutex;
  std::deque<std::uint64_t> tokens;
  std::vector<std::string> log;
  std::atomic<int> bad_logs{0};
};
Host* g_host = nullptr;

pvs_host_ctx* context() {
  return reinterpret_cast<pvs_host_ctx*>(g_host);
}
pvs_bytes bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string answer_to(std::uint32_t method) {
  if (method == v1::METHOD_HOST_STORAGE_DIRECTORIES) {
    v1::DirectoriesReply reply;
    reply.mutable_directories()->set_data(g_host->directory / "data");
    reply.mutable_directories()->set_cache(g_host->directory / "cache");
    reply.mutable_directories()->set_user(g_host->directory / "user");
    return reply.SerializeAsString();
  }
  if (method == v1::METHOD_HOST_USER_CURRENT) {
    v1::UserCurrentReply reply;
    reply.mutable_current()->mutable_user()->set_user_id("probe");
    reply.mutable_current()->set_locale("de-DE");
    return reply.SerializeAsString();
  }
  // Every other reply has its error at number 1 or 2; an empty message is "it worked, nothing to say".
  return {};
}

pvs_status PVS_CALL host_call(pvs_host_ctx*, const pvs_call_header* header, pvs_bytes, pvs_reply_fn reply, void* sink) {
  switch (g_host->mode.load()) {
    case Mode::every_status:
      return g_host->status.load();
    case Mode::silent:
      return PVS_OK;
    case Mode::garbage:
      return reply == nullptr ? PVS_OK : reply(sink, bytes("\xff\xff\xff\xff"));
    case Mode::twice:
      if (reply != nullptr) {
        reply(sink, bytes(answer_to(header->method)));
      }
      break;
    case Mode::good:
      break;
  }
  const std::string answer = answer_to(header->method);
  return reply == nullptr ? PVS_OK : reply(sink, bytes(answer));
}
void PVS_CALL host_log(pvs_host_ctx*, std::int32_t level, pvs_bytes component, pvs_bytes text) {
  const std::lock_guard lock(g_host->mutex);
  if (level < 0 || level > 5 || component.data == nullptr || component.size == 0) {
    ++g_host->bad_logs;
  }
  g_host->log.emplace_back(reinterpret_cast<const char*>(text.data), text.size);
}
std::int32_t PVS_CALL host_is_main(pvs_host_ctx*) {
  return std::this_thread::get_id() == g_host->main ? 1 : 0;
}
pvs_status PVS_CALL host_post(pvs_host_ctx*, std::uint64_t token) {
  const std::lock_guard lock(g_host->mutex);
  g_host->tokens.push_back(token);
  return PVS_OK;
}
std::int32_t PVS_CALL host_cancelled(pvs_host_ctx*, std::uint64_t) {
  return 0;
}
std::int64_t PVS_CALL host_now(pvs_host_ctx*) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}
std::uint64_t PVS_CALL host_monotonic(pvs_host_ctx*) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}
pvs_status PVS_CALL host_read(pvs_host_ctx*, std::uint64_t, std::uint8_t*, std::uint64_t, std::uint64_t* got) {
  *got = 0;
  return PVS_BAD_REQUEST;
}
pvs_status PVS_CALL host_write(pvs_host_ctx*, std::uint64_t, pvs_bytes) {
  return PVS_BAD_REQUEST;
}
pvs_status PVS_CALL host_close(pvs_host_ctx*, std::uint64_t, std::int32_t) {
  return PVS_BAD_REQUEST;
}

constexpr pvs_host_v1 kHost{sizeof(pvs_host_v1), PVS_ABI_MINOR, &host_call,      &host_log,
                            &host_is_main,       &host_post,    &host_cancelled, &host_now,
                            &host_monotonic,     &host_read,    &host_write,     &host_close};

/// A host of a later minor version: a longer table, with functions the plugin does not know.
struct NewerHost {
  pvs_host_v1 table;
  void* further[8];
};

// ---- calling ----

struct Sink {
  int answers = 0;
  std::string payload;
  pvs_status result = PVS_OK;
};
pvs_status PVS_CALL take(void* opaque, pvs_bytes payload) {
  auto& sink = *static_cast<Sink*>(opaque);
  ++sink.answers;
  sink.payload.assign(reinterpret_cast<const char*>(payload.data), payload.size);
  return sink.result;
}

struct Plugin {
  const pvs_plugin_v1* table = nullptr;
  pvs_instance* instance = nullptr;
  std::string manifest;

  pvs_status create(const pvs_host_v1* host) { return table->create(host, context(), bytes(manifest), &instance); }
  pvs_status call(std::uint32_t method, const std::string& request, Sink* sink = nullptr,
                  std::uint64_t deadline = 0) const {
    static std::uint64_t last = 0;
    pvs_call_header header{};
    header.struct_size = sizeof header;
    header.method = method;
    header.call_id = ++last;
    header.deadline_ms = deadline;
    return table->call(instance, &header, bytes(request), sink == nullptr ? nullptr : &take, sink);
  }
  void pump() const {
    for (int i = 0; i < 50; ++i) {
      std::deque<std::uint64_t> tokens;
      {
        const std::lock_guard lock(g_host->mutex);
        tokens.swap(g_host->tokens);
      }
      for (const std::uint64_t token : tokens) {
        table->on_main(instance, token);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
};

std::vector<std::uint32_t> plugin_methods() {
  std::vector<std::uint32_t> methods;
  const auto* descriptor = v1::Method_descriptor();  // the full runtime knows them all
  for (int i = 0; i < descriptor->value_count(); ++i) {
    const int number = descriptor->value(i)->number();
    if (number > 0 && number < 1000) {
      methods.push_back(static_cast<std::uint32_t>(number));
    }
  }
  return methods;
}

// ---- the tests ----

void test_describe(const Plugin& plugin) {
  Sink sink;
  CHECK(plugin.table->describe(&take, &sink) == PVS_OK);
  CHECK(sink.answers == 1);
  v1::PluginDescription description;
  CHECK(description.ParseFromString(sink.payload));
  CHECK(!description.id().empty() && plugin.manifest.find("\"" + description.id() + "\"") != std::string::npos);
  CHECK(description.abi_major() == PVS_ABI_MAJOR);
  CHECK(plugin.table->describe(nullptr, nullptr) == PVS_OK);
  Sink refusing;
  refusing.result = PVS_NO_MEMORY;
  CHECK(plugin.table->describe(&take, &refusing) == PVS_NO_MEMORY);
  std::thread([&] {
    Sink elsewhere;
    CHECK(plugin.table->describe(&take, &elsewhere) == PVS_OK && elsewhere.payload == sink.payload);
  }).join();
}

void test_create_refuses(Plugin& plugin) {
  pvs_instance* out = reinterpret_cast<pvs_instance*>(1);
  CHECK(plugin.table->create(&kHost, context(), bytes(plugin.manifest), nullptr) != PVS_OK);
  CHECK(plugin.table->create(nullptr, context(), bytes(plugin.manifest), &out) != PVS_OK && out == nullptr);
  out = reinterpret_cast<pvs_instance*>(1);
  CHECK(plugin.table->create(&kHost, context(), {nullptr, 7}, &out) != PVS_OK && out == nullptr);
  CHECK(plugin.table->create(&kHost, context(), {bytes(plugin.manifest).data, 1ULL << 40}, &out) != PVS_OK);
  // Tables of every shorter length, also cut in the middle of a pointer.
  for (std::uint32_t size = 0; size < sizeof(pvs_host_v1); ++size) {
    pvs_host_v1 host = kHost;
    host.struct_size = size;
    // What lies behind the end must not be used.
    if (size >= 8) {
      std::memset(reinterpret_cast<char*>(&host) + size, 0x5a, sizeof host - size);
    }
    CHECK(plugin.create(&host) != PVS_OK && plugin.instance == nullptr);
  }
  pvs_host_v1 hole = kHost;
  hole.post_to_main = nullptr;
  CHECK(plugin.create(&hole) != PVS_OK && plugin.instance == nullptr);
  // No instance: everything else is harmless.
  CHECK(plugin.call(101, "") != PVS_OK);
  plugin.table->cancel(nullptr, 1);
  plugin.table->on_main(nullptr, 1);
  CHECK(plugin.table->stop(nullptr, 10) != PVS_OK);
  plugin.table->destroy(nullptr);
}

void test_bad_calls(const Plugin& plugin) {
  Sink sink;
  pvs_call_header header{};
  header.struct_size = sizeof header;
  header.method = v1::METHOD_LIFECYCLE_HEALTH;
  header.call_id = 1;
  alignas(16) char garbage[4096];
  std::memset(garbage, 0x5a, sizeof garbage);
  auto* strange = reinterpret_cast<pvs_instance*>(garbage);
  CHECK(plugin.table->call(strange, &header, {nullptr, 0}, &take, &sink) != PVS_OK);
  CHECK(plugin.table->stop(strange, 1) != PVS_OK);
  plugin.table->cancel(strange, 1);
  plugin.table->on_main(strange, 1);
  plugin.table->destroy(strange);
  CHECK(plugin.table->call(plugin.instance, nullptr, {nullptr, 0}, &take, &sink) == PVS_BAD_REQUEST);
  for (std::uint32_t size = 0; size < sizeof header; ++size) {
    header.struct_size = size;
    CHECK(plugin.table->call(plugin.instance, &header, {nullptr, 0}, &take, &sink) == PVS_BAD_REQUEST);
  }
  header.struct_size = sizeof header;
  header.call_id = 0;
  CHECK(plugin.table->call(plugin.instance, &header, {nullptr, 0}, &take, &sink) == PVS_BAD_REQUEST);
  header.call_id = 2;
  CHECK(plugin.table->call(plugin.instance, &header, {nullptr, 5}, &take, &sink) == PVS_BAD_REQUEST);
  CHECK(plugin.table->call(plugin.instance, &header, {reinterpret_cast<std::uint8_t*>(garbage), 1ULL << 40}, &take,
                           &sink) == PVS_TOO_LARGE);
  CHECK(sink.answers == 0);
  struct {
    pvs_call_header header;
    char more[64];
  } longer{header, {}};
  longer.header.struct_size = sizeof longer;
  std::memset(longer.more, 0x5a, sizeof longer.more);
  CHECK(plugin.table->call(plugin.instance, &longer.header, {nullptr, 0}, &take, &sink) == PVS_OK && sink.answers == 1);
}

void test_methods(const Plugin& plugin) {
  for (const std::uint32_t method : {0U, 1U, 100U, 105U, 999U, 1101U, 2001U, 0x7fffffffU, 0xffffffffU}) {
    Sink sink;
    CHECK(plugin.call(method, "", &sink) == PVS_UNSUPPORTED_METHOD);
    CHECK(sink.answers == 0);
  }
  Sink refusing;
  refusing.result = PVS_TOO_LARGE;
  CHECK(plugin.call(v1::METHOD_LIFECYCLE_HEALTH, "", &refusing) == PVS_TOO_LARGE);
  CHECK(plugin.call(v1::METHOD_LIFECYCLE_HEALTH, "") == PVS_OK);  // a null sink
  CHECK(plugin.call(v1::METHOD_LIFECYCLE_HEALTH, "", nullptr, 1) == PVS_DEADLINE);
  CHECK(plugin.call(v1::METHOD_LIFECYCLE_HEALTH, "", nullptr, host_monotonic(nullptr) + 60000) == PVS_OK);
}

/// Random bytes, mutated requests, empty and truncated ones, before and after HELLO: an answer or a status, never a
/// crash, never two answers.
void test_garbage(const Plugin& plugin, unsigned seed) {
  std::mt19937 random(seed);
  v1::InvokeRequest invoke;
  invoke.set_command_id("nowhere.to.go");
  invoke.mutable_context()->set_session_id("s");
  const std::string good = invoke.SerializeAsString();
  for (const std::uint32_t method : plugin_methods()) {
    for (int i = 0; i < 40; ++i) {
      std::string request;
      if (i % 3 == 0) {
        request = good.substr(0, random() % (good.size() + 1));
      } else if (i % 3 == 1) {
        request = good;
        request[random() % request.size()] = static_cast<char>(random());
      } else {
        request.resize(random() % 200);
        for (char& c : request) {
          c = static_cast<char>(random());
        }
      }
      Sink sink;
      const pvs_status status = plugin.call(method, request, &sink);
      CHECK(status >= PVS_OK && status <= PVS_END_OF_STREAM);
      CHECK(status != PVS_INTERNAL && status != PVS_FAULTED);
      CHECK(sink.answers == (status == PVS_OK ? 1 : 0));
    }
  }
  plugin.pump();
}

void test_wrong_thread(const Plugin& plugin) {
  std::thread([&] {
    Sink sink;
    CHECK(plugin.call(v1::METHOD_LIFECYCLE_HEALTH, "", &sink) == PVS_WRONG_THREAD && sink.answers == 0);
    CHECK(plugin.table->stop(plugin.instance, 10) == PVS_WRONG_THREAD);
    plugin.table->destroy(plugin.instance);  // must do nothing
    plugin.table->on_main(plugin.instance, 1);
    plugin.table->cancel(plugin.instance, 4711);  // allowed
  }).join();
  CHECK(plugin.call(v1::METHOD_LIFECYCLE_HEALTH, "") == PVS_OK);
  plugin.table->on_main(plugin.instance, 0xdeadbeef);
}

/// The greeting with all that a host can do wrong in its answers; each time on a fresh instance.
void test_misbehaving_host(Plugin& plugin) {
  v1::HelloRequest hello;
  hello.set_locale("de-DE");
  std::vector<std::pair<Mode, pvs_status>> cases{{Mode::silent, 0}, {Mode::garbage, 0}, {Mode::twice, 0}};
  for (pvs_status status = PVS_UNSUPPORTED_METHOD; status <= PVS_END_OF_STREAM; ++status) {
    cases.emplace_back(Mode::every_status, status);
  }
  cases.emplace_back(Mode::every_status, 4711);
  cases.emplace_back(Mode::every_status, -1);
  for (const auto& [mode, status] : cases) {
    CHECK(plugin.create(&kHost) == PVS_OK);
    g_host->mode = mode;
    g_host->status = status;
    v1::InvokeRequest invoke;
    invoke.set_command_id("kvconnect.inbox");
    for (const auto& [method, request] : {std::pair{v1::METHOD_LIFECYCLE_HELLO, hello.SerializeAsString()},
                                          std::pair{v1::METHOD_LIFECYCLE_ACTIVATE, std::string()},
                                          std::pair{v1::METHOD_COMMAND_INVOKE, invoke.SerializeAsString()}}) {
      const pvs_status outcome = plugin.call(static_cast<std::uint32_t>(method), request);
      CHECK(outcome >= PVS_OK && outcome <= PVS_END_OF_STREAM && outcome != PVS_FAULTED);
    }
    plugin.pump();
    CHECK(plugin.table->stop(plugin.instance, 10000) == PVS_OK);
    plugin.table->destroy(plugin.instance);
    g_host->mode = Mode::good;
  }
}

void test_life(Plugin& plugin, const pvs_host_v1* host, unsigned seed) {
  const std::size_t threads_before = threads();
  const std::size_t descriptors_before = descriptors();
  CHECK(plugin.create(host) == PVS_OK);
  if (plugin.instance == nullptr) {
    return;
  }
  pvs_instance* second = reinterpret_cast<pvs_instance*>(1);
  CHECK(plugin.table->create(host, context(), bytes(plugin.manifest), &second) == PVS_INVALID_STATE &&
        second == nullptr);
  test_bad_calls(plugin);
  test_methods(plugin);
  test_wrong_thread(plugin);
  test_garbage(plugin, seed);
  // Some of the garbage was a valid greeting or farewell: a fresh instance for the proper one.
  CHECK(plugin.table->stop(plugin.instance, 10000) == PVS_OK);
  plugin.table->destroy(plugin.instance);
  CHECK(plugin.create(host) == PVS_OK);
  v1::HelloRequest hello;
  hello.set_locale("de-DE");
  hello.set_host_name("hostile");
  hello.set_abi_minor(host->abi_minor);
  for (const char* service : {"user_context", "patient_context", "key_custody", "storage", "files", "documents",
                              "notifications", "progress", "audit", "schedule"}) {
    hello.add_services(service);
  }
  Sink sink;
  CHECK(plugin.call(v1::METHOD_LIFECYCLE_HELLO, hello.SerializeAsString(), &sink) == PVS_OK);
  v1::HelloReply greeting;
  CHECK(greeting.ParseFromString(sink.payload));
  CHECK(plugin.call(v1::METHOD_LIFECYCLE_ACTIVATE, "") == PVS_OK);
  test_garbage(plugin, seed + 1);
  CHECK(plugin.call(v1::METHOD_LIFECYCLE_QUIESCE, "") == PVS_OK);
  CHECK(plugin.table->stop(plugin.instance, 10000) == PVS_OK);
  CHECK(threads() == threads_before);
  CHECK(plugin.call(v1::METHOD_COMMAND_INVOKE, "") == PVS_INVALID_STATE);
  CHECK(plugin.table->stop(plugin.instance, 10000) == PVS_OK);
  plugin.table->on_main(plugin.instance, 1);
  plugin.table->cancel(plugin.instance, 1);
  pvs_instance* old = plugin.instance;
  plugin.table->destroy(plugin.instance);
  CHECK(plugin.call(v1::METHOD_LIFECYCLE_HEALTH, "") != PVS_OK);
  plugin.table->destroy(old);
  if (descriptors() > descriptors_before) {
    std::cerr << descriptors_before << " descriptors before, " << descriptors() << " after:\n";
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
      std::error_code error;
      std::cerr << "  " << fs::read_symlink(entry.path(), error).string() << '\n';
    }
  }
  CHECK(descriptors() <= descriptors_before);
}

/// The host's own OpenSSL, with a context of its own, works as before.
void test_openssl(OSSL_LIB_CTX* own) {
  CHECK(ERR_peek_error() == 0);
  for (OSSL_LIB_CTX* library : {static_cast<OSSL_LIB_CTX*>(nullptr), own}) {
    EVP_MD* digest = EVP_MD_fetch(library, "SHA2-256", nullptr);
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    CHECK(digest != nullptr && EVP_Digest("abc", 3, out, &size, digest, nullptr) == 1 && out[0] == 0xba && size == 32);
    EVP_MD_free(digest);
  }
}

std::string read_file(const char* path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void* load(const char* path, Plugin& plugin) {
  void* library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::cerr << ::dlerror() << '\n';
    ++g_failures;
    return nullptr;
  }
  const auto entry = reinterpret_cast<pvs_plugin_entry_fn>(::dlsym(library, PVS_ENTRY_SYMBOL));
  CHECK(entry != nullptr);
  plugin.table = entry(PVS_ABI_MINOR);
  CHECK(plugin.table != nullptr && plugin.table == entry(PVS_ABI_MINOR + 1000));
  std::thread([&] { CHECK(entry(PVS_ABI_MINOR) == plugin.table); }).join();
  return library;
}

void run(const char* library_path, const char* manifest_path) {
  Host host;
  g_host = &host;
  std::string pattern = (fs::temp_directory_path() / "pvs-hostile-XXXXXX").string();
  host.directory = ::mkdtemp(pattern.data());
  for (const char* name : {"data", "cache", "user"}) {
    fs::create_directory(host.directory / name);
  }
  OSSL_LIB_CTX* own = OSSL_LIB_CTX_new();
  test_openssl(own);
  // The full runtime has registered the same files: a plugin with a full runtime of its own would end here.
  CHECK(v1::PluginDescription::descriptor()->full_name() == "pvs.v1.PluginDescription");
  const ProcessState before;
  Plugin plugin;
  plugin.manifest = read_file(manifest_path);
  for (unsigned round = 0; round < 3 && g_failures == 0; ++round) {
    void* library = load(library_path, plugin);
    if (library == nullptr) {
      break;
    }
    check_unchanged(before);
    test_describe(plugin);
    test_create_refuses(plugin);
    test_life(plugin, &kHost, 100 * round);
    check_unchanged(before);
    NewerHost newer{kHost, {}};
    newer.table.struct_size = sizeof newer;
    newer.table.abi_minor = PVS_ABI_MINOR + 7;
    std::memset(newer.further, 0x5a, sizeof newer.further);
    test_life(plugin, &newer.table, 100 * round + 50);
    if (round == 0) {
      test_misbehaving_host(plugin);
    }
    check_unchanged(before);
    test_openssl(own);
    CHECK(::dlclose(library) == 0);
  }
  CHECK(host.bad_logs == 0);
  CHECK(pvs_detail_loaded() == 4711);
  OSSL_LIB_CTX_free(own);
  fs::remove_all(host.directory);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "hostile_host LIBRARY MANIFEST\n";
    return 2;
  }
  // Garbage is the point here; the library's own complaints about it are not.
  google::protobuf::SetLogHandler(nullptr);
  run(argv[1], argv[2]);
  std::cerr << (g_failures == 0 ? "the plugin survived\n" : "the plugin did not behave\n");
  return g_failures == 0 ? 0 : 1;
}
