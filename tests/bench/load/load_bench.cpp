// SPDX-License-Identifier: Apache-2.0
// How long the plugin takes to be there, in fresh processes, beside the same plugin with every library linked into it;
// and what one call across the interface costs.
#include <dlfcn.h>
#include <pvs/plugin.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>

#include "bench/support.h"
#include "pvs/v1/methods.pb.h"
#include "pvs/v1/plugin.pb.h"
#include "unit/crypto/openssl_tool.h"
#include "unit/crypto/test_pki.h"

namespace kvc::bench {
namespace {

namespace v1 = pvs::v1;

constexpr int kProcessesEachTime = 5;
constexpr std::size_t kMessage = 200;
const std::string kFolder = KVC_PLUGIN_DIR;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "load_bench: %s\n", why.c_str());
  std::exit(1);
}

/// The least that works (README.md), for files in `folder`.
std::string hello_bytes(const std::string& folder) {
  v1::HelloRequest hello;
  hello.set_host_name("load_bench");
  hello.set_abi_minor(PVS_ABI_MINOR);
  for (const char* service : {"user_context", "key_custody", "storage", "files", "progress"}) {
    hello.add_services(service);
  }
  hello.set_locale("de-DE");
  hello.set_settings_json(
      R"({"environments": [{"id": "own", "name": "Eigener Server", "base_url": "https://localhost:8443/kvconnect/rest/",
          "mail_domain": "kv-safenet.de", "tls_roots": ["root.pem"], "message_roots": ["root.pem"],
          "user_cas": ["user_ca.pem"]}]})");
  hello.set_settings_directory(folder);
  return hello.SerializeAsString();
}

struct Loaded {
  double millis = 0;
  double kib = 0;
};

/// What load_probe says last.
Loaded load(const std::string& plugin, const std::string& hello_file) {
  const auto result = test_pki::run({KVC_LOAD_PROBE, plugin, kFolder + "/manifest.json", hello_file}, "/");
  if (result.exit_code != 0) {
    give_up("load_probe: " + result.output);
  }
  Loaded loaded;
  std::istringstream lines(result.output);
  while (lines >> loaded.millis >> loaded.kib) {
  }
  return loaded;
}

void add_load(const std::string& name, const std::string& plugin, const std::string& hello_file) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [plugin, hello_file](benchmark::State& state) {
                                 double kib = 0;
                                 for (auto _ : state) {
                                   const Loaded loaded = load(plugin, hello_file);
                                   state.SetIterationTime(loaded.millis / 1e3);
                                   kib += loaded.kib;
                                 }
                                 state.counters["kib"] = kib / static_cast<double>(state.iterations());
                               })
      ->UseManualTime()
      ->Iterations(kProcessesEachTime)
      ->Unit(benchmark::kMicrosecond);
}

// ---- one call ----

pvs_host_v1 host() {
  pvs_host_v1 host{};
  host.struct_size = sizeof(host);
  host.abi_minor = PVS_ABI_MINOR;
  host.call = [](pvs_host_ctx*, const pvs_call_header*, pvs_bytes, pvs_reply_fn, void*) -> pvs_status {
    return PVS_UNSUPPORTED_METHOD;
  };
  host.log = [](pvs_host_ctx*, std::int32_t, pvs_bytes, pvs_bytes) {};
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

/// The plugin in this process, greeted and active.
class ActivePlugin {
 public:
  explicit ActivePlugin(const std::string& hello) : host_(host()) {
    void* const library = ::dlopen((kFolder + "/kvconnect.so").c_str(), RTLD_NOW | RTLD_LOCAL);
    const auto entry =
        library == nullptr ? nullptr : reinterpret_cast<pvs_plugin_entry_fn>(::dlsym(library, "pvs_plugin_entry_v1"));
    table_ = entry == nullptr ? nullptr : entry(PVS_ABI_MINOR);
    const std::string manifest = manifest_text();
    if (table_ == nullptr || table_->create(&host_, nullptr, pvs::borrow(manifest), &instance_) != PVS_OK) {
      give_up("no instance");
    }
    if (call(v1::METHOD_LIFECYCLE_HELLO, hello) != PVS_OK || call(v1::METHOD_LIFECYCLE_ACTIVATE, "") != PVS_OK) {
      give_up("the plugin does not become active");
    }
  }
  ~ActivePlugin() {
    table_->stop(instance_, 10000);
    table_->destroy(instance_);
  }
  ActivePlugin(const ActivePlugin&) = delete;
  ActivePlugin& operator=(const ActivePlugin&) = delete;

  pvs_status call(std::uint32_t method, std::string_view request) {
    pvs_call_header header{};
    header.struct_size = sizeof(header);
    header.method = method;
    header.call_id = ++calls_;
    return table_->call(instance_, &header, pvs::borrow(request), take, &answered_);
  }

 private:
  static pvs_status take(void* sink, pvs_bytes bytes) {
    *static_cast<std::uint64_t*>(sink) += bytes.size;
    return PVS_OK;
  }
  static std::string manifest_text() {
    FILE* const file = std::fopen((kFolder + "/manifest.json").c_str(), "rb");
    std::string text(1UL << 20U, '\0');
    text.resize(file == nullptr ? 0 : std::fread(text.data(), 1, text.size(), file));
    if (file != nullptr) {
      std::fclose(file);
    }
    return text;
  }

  pvs_host_v1 host_;
  const pvs_plugin_v1* table_ = nullptr;
  pvs_instance* instance_ = nullptr;
  std::uint64_t calls_ = 0;
  std::uint64_t answered_ = 0;
};

/// Closing a view that is not there: a message with every text of a context, a look-up under a lock, an answer.
std::string close_request() {
  v1::ViewCloseRequest request;
  request.set_view_id("11111111-2222-4333-8444-555555555555");
  auto& context = *request.mutable_context();
  context.set_session_id("66666666-7777-4888-9999-aaaaaaaaaaaa");
  context.set_user_id("dr_probe");
  context.set_patient_id("patient-0123456789");
  context.set_document_id("dokument-");
  while (request.ByteSizeLong() < kMessage) {
    context.mutable_document_id()->push_back('0');
  }
  return request.SerializeAsString();
}

void add_calls(ActivePlugin& plugin) {
  benchmark::RegisterBenchmark("abi/round_trip", [&plugin](benchmark::State& state) {
    const std::string request = close_request();
    for (auto _ : state) {
      if (plugin.call(v1::METHOD_VIEW_CLOSE, request) != PVS_OK) {
        state.SkipWithError("a call failed");
      }
    }
    state.counters["bytes"] = static_cast<double>(request.size());
  });
  benchmark::RegisterBenchmark("abi/unknown_method", [&plugin](benchmark::State& state) {
    constexpr std::uint32_t kNone = 999'999;
    for (auto _ : state) {
      benchmark::DoNotOptimize(plugin.call(kNone, ""));
    }
  });
  // What the two ends cost anybody who parses into a new message and serialises into a new text.
  benchmark::RegisterBenchmark("abi/parse_and_answer_naively", [](benchmark::State& state) {
    const std::string bytes = close_request();
    for (auto _ : state) {
      v1::ViewCloseRequest request;
      benchmark::DoNotOptimize(request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
      v1::ActionReply reply;
      reply.mutable_done()->set_close_view(true);
      benchmark::DoNotOptimize(reply.SerializeAsString());
    }
  });
}

}  // namespace
}  // namespace kvc::bench

int main(int argc, char** argv) {
  using namespace kvc::bench;
  const kvc::test_pki::ScratchDirectory scratch;
  const auto root = kvc::test_pki::make_root();
  scratch.put("root.pem", root.certificate.pem());
  scratch.put("user_ca.pem", kvc::test_pki::make_user_ca(root).certificate.pem());
  const std::string hello = hello_bytes(scratch.path());
  const std::string hello_file = scratch.put("hello", hello);
  add_load("load/ours", kFolder + "/kvconnect.so", "-");
  add_load("load/everything_linked", KVC_EAGER_PLUGIN, "-");
  add_load("load_and_activate/ours", kFolder + "/kvconnect.so", hello_file);
  add_load("load_and_activate/everything_linked", KVC_EAGER_PLUGIN, hello_file);
  ActivePlugin plugin(hello);
  add_calls(plugin);
  return run(argc, argv);
}
