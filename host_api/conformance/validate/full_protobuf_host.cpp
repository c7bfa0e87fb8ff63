// SPDX-License-Identifier: Apache-2.0
// The host that ends plugins with a protobuf runtime of their own: it carries the full runtime with the same .proto
// files, exports everything (-rdynamic), and uses an OpenSSL of its own. pvs-validate becomes this program for the
// check load.full_protobuf_host; it uses plugin.h alone.
//
//   pvs-full-protobuf-host LIBRARY MANIFEST
//
// Findings go to descriptor 3 as those of every check do.
#include <dlfcn.h>
#include <google/protobuf/stubs/logging.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pvs/plugin.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "findings.h"
#include "pvs/v1/host.pb.h"
#include "pvs/v1/methods.pb.h"
#include "pvs/v1/plugin.pb.h"

/// A symbol the plugin's layer has as well; it must keep its own.
extern "C" int pvs_detail_loaded() {
  return 4711;
}

namespace {

namespace v1 = pvs::v1;
using pvs::conformance::Findings;

const std::thread::id kMain = std::this_thread::get_id();

pvs_bytes bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// ---- the least a host can be: every service is refused ----

pvs_status PVS_CALL host_call(pvs_host_ctx*, const pvs_call_header*, pvs_bytes, pvs_reply_fn, void*) {
  return PVS_UNSUPPORTED_METHOD;
}
void PVS_CALL host_log(pvs_host_ctx*, std::int32_t, pvs_bytes, pvs_bytes) {}
std::int32_t PVS_CALL host_is_main(pvs_host_ctx*) {
  return std::this_thread::get_id() == kMain ? 1 : 0;
}
pvs_status PVS_CALL host_post(pvs_host_ctx*, std::uint64_t) {
  return PVS_INVALID_STATE;
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

pvs_status PVS_CALL take(void* sink, pvs_bytes payload) {
  static_cast<std::string*>(sink)->assign(reinterpret_cast<const char*>(payload.data), payload.size);
  return PVS_OK;
}

/// The host's own OpenSSL works, and nobody left an error in it.
void check_openssl(Findings& findings, OSSL_LIB_CTX* own) {
  if (ERR_peek_error() != 0) {
    findings.fail("the plugin left an error in the host's OpenSSL queue");
  }
  for (OSSL_LIB_CTX* library : {static_cast<OSSL_LIB_CTX*>(nullptr), own}) {
    EVP_MD* digest = EVP_MD_fetch(library, "SHA2-256", nullptr);
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (digest == nullptr || EVP_Digest("abc", 3, out, &size, digest, nullptr) != 1 || out[0] != 0xba || size != 32) {
      findings.fail("the host's own OpenSSL no longer works");
    }
    EVP_MD_free(digest);
  }
}

bool call(const pvs_plugin_v1* table, pvs_instance* instance, std::uint32_t method, const std::string& request,
          std::string& reply) {
  static std::uint64_t last = 0;
  pvs_call_header header{};
  header.struct_size = sizeof header;
  header.method = method;
  header.call_id = ++last;
  return table->call(instance, &header, bytes(request), &take, &reply) == PVS_OK;
}

void live(Findings& findings, const pvs_plugin_v1* table, const std::string& manifest) {
  std::string reply;
  v1::PluginDescription description;
  if (table->describe(&take, &reply) != PVS_OK || !description.ParseFromString(reply)) {
    return findings.fail("the plugin does not describe itself");
  }
  pvs_instance* instance = nullptr;
  findings.phase("in create");
  if (table->create(&kHost, nullptr, bytes(manifest), &instance) != PVS_OK || instance == nullptr) {
    return findings.fail("create() fails");
  }
  findings.phase("in call");
  v1::HelloRequest hello;
  hello.set_locale("de-DE");
  v1::HelloReply greeting;
  if (call(table, instance, v1::METHOD_LIFECYCLE_HELLO, hello.SerializeAsString(), reply) &&
      !greeting.ParseFromString(reply)) {
    findings.fail("the answer to HELLO is not its message");
  }
  v1::HealthReply health;
  if (!call(table, instance, v1::METHOD_LIFECYCLE_HEALTH, "", reply) || !health.ParseFromString(reply)) {
    findings.fail("HEALTH is not answered");
  }
  findings.phase("in stop");
  if (table->stop(instance, 10000) == PVS_OK) {
    table->destroy(instance);
  } else {
    findings.fail("the plugin does not stop");
  }
}

void run(Findings& findings, const char* library_path, const std::string& manifest) {
  OSSL_LIB_CTX* own = OSSL_LIB_CTX_new();
  check_openssl(findings, own);
  // The full runtime has registered the same files: a plugin with a full runtime of its own ends here.
  if (v1::PluginDescription::descriptor()->full_name() != "pvs.v1.PluginDescription") {
    findings.blocked("this host does not have the full protobuf runtime");
  }
  for (int round = 1; round <= 3; ++round) {
    findings.phase("loading the plugin into a host with the full protobuf runtime, round " + std::to_string(round));
    void* library = ::dlopen(library_path, RTLD_NOW | RTLD_LOCAL);
    const auto entry =
        library == nullptr ? nullptr : reinterpret_cast<pvs_plugin_entry_fn>(::dlsym(library, PVS_ENTRY_SYMBOL));
    const pvs_plugin_v1* table = entry == nullptr ? nullptr : entry(PVS_ABI_MINOR);
    if (table == nullptr || !PVS_HAS(pvs_plugin_v1, table, destroy)) {
      return findings.blocked("the library cannot be loaded, or has no entry or table");
    }
    live(findings, table, manifest);
    check_openssl(findings, own);
    findings.phase("in dlclose");
    ::dlclose(library);
  }
  if (pvs_detail_loaded() != 4711) {
    findings.fail("the plugin replaced a function of the host");
  }
  OSSL_LIB_CTX_free(own);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    return 3;
  }
  google::protobuf::SetLogHandler(nullptr);
  Findings findings(pvs::conformance::kFindingsFd);
  std::ifstream in(argv[2], std::ios::binary);
  const std::string manifest{std::istreambuf_iterator<char>(in), {}};
  run(findings, argv[1], manifest);
  findings.done();
  return 0;
}
