// SPDX-License-Identifier: Apache-2.0
// kvconnect.so until its first use: light, and clear about what is missing. Each test in a process of its own, because
// a library that was loaded once stays.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pvs/plugin.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "unit/crypto/openssl_tool.h"

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kHello = 101;  // METHOD_LIFECYCLE_HELLO
const fs::path kFolder = KVC_PLUGIN_DIR;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

pvs_bytes lend(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool loaded(const std::string& library) {
  return read_file("/proc/self/maps").find("/" + library) != std::string::npos;
}

/// A host that keeps the log.
class Host {
 public:
  Host() {
    table_.struct_size = sizeof(table_);
    table_.call = [](pvs_host_ctx*, const pvs_call_header*, pvs_bytes, pvs_reply_fn, void*) -> pvs_status {
      return PVS_UNSUPPORTED_METHOD;
    };
    table_.log = [](pvs_host_ctx* self, std::int32_t, pvs_bytes, pvs_bytes text) {
      reinterpret_cast<Host*>(self)->log.append(reinterpret_cast<const char*>(text.data), text.size).append("\n");
    };
    table_.is_main = [](pvs_host_ctx*) -> std::int32_t { return 1; };
    table_.post_to_main = [](pvs_host_ctx*, std::uint64_t) -> pvs_status { return PVS_OK; };
    table_.is_cancelled = [](pvs_host_ctx*, std::uint64_t) -> std::int32_t { return 0; };
    table_.now_utc_ms = [](pvs_host_ctx*) -> std::int64_t { return 0; };
    table_.monotonic_ms = [](pvs_host_ctx*) -> std::uint64_t { return 0; };
    table_.stream_read = [](pvs_host_ctx*, std::uint64_t, std::uint8_t*, std::uint64_t, std::uint64_t*) -> pvs_status {
      return PVS_BAD_REQUEST;
    };
    table_.stream_write = [](pvs_host_ctx*, std::uint64_t, pvs_bytes) -> pvs_status { return PVS_BAD_REQUEST; };
    table_.stream_close = [](pvs_host_ctx*, std::uint64_t, std::int32_t) -> pvs_status { return PVS_BAD_REQUEST; };
  }
  ~Host() {
    if (instance_ != nullptr) {
      plugin->stop(instance_, 10000);
      plugin->destroy(instance_);
    }
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  void load(const fs::path& file) {
    void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << ::dlerror();
    const auto entry = reinterpret_cast<pvs_plugin_entry_fn>(::dlsym(library, "pvs_plugin_entry_v1"));
    ASSERT_NE(entry, nullptr);
    plugin = entry(PVS_ABI_MINOR);
    ASSERT_NE(plugin, nullptr);
  }

  pvs_status create(const std::string& manifest) {
    return plugin->create(&table_, reinterpret_cast<pvs_host_ctx*>(this), lend(manifest), &instance_);
  }

  pvs_status call(std::uint32_t method, const std::string& request = {}) {
    pvs_call_header header{};
    header.struct_size = sizeof(header);
    header.method = method;
    header.call_id = 1;
    answer.clear();
    return plugin->call(
        instance_, &header, lend(request),
        [](void* self, pvs_bytes bytes) -> pvs_status {
          static_cast<Host*>(self)->answer.assign(reinterpret_cast<const char*>(bytes.data), bytes.size);
          return PVS_OK;
        },
        this);
  }

  const pvs_plugin_v1* plugin = nullptr;
  std::string log;
  std::string answer;

 private:
  pvs_host_v1 table_{};
  pvs_instance* instance_ = nullptr;
};

std::string own_manifest() {
  return read_file(kFolder / "manifest.json");
}

// The program is linked with some of the plugin's libraries through its test helpers; these come with the plugin alone.
constexpr const char* kNetwork = "libPocoNetSSL.so";
constexpr const char* kDatabase = "libPocoDataSQLite.so";

TEST(LazyLoad, NetworkAndDatabaseComeWithTheFirstCall) {
  Host host;
  host.load(kFolder / "kvconnect.so");
  ASSERT_EQ(host.plugin->describe([](void*, pvs_bytes) -> pvs_status { return PVS_OK; }, nullptr), PVS_OK);
  ASSERT_EQ(host.create(own_manifest()), PVS_OK) << host.log;
  EXPECT_FALSE(loaded(kNetwork));
  EXPECT_FALSE(loaded(kDatabase));
  EXPECT_EQ(host.call(kHello), PVS_OK) << host.log;
  EXPECT_FALSE(host.answer.empty());
  EXPECT_TRUE(loaded(kNetwork));
  EXPECT_TRUE(loaded(kDatabase));
}

TEST(LazyLoad, AnInstanceThatWasNeverUsedStops) {
  Host host;
  host.load(kFolder / "kvconnect.so");
  ASSERT_EQ(host.create(own_manifest()), PVS_OK) << host.log;
}

TEST(LazyLoad, TheFirstCallLeavesTheSignalMask) {
  Host host;
  host.load(kFolder / "kvconnect.so");
  ASSERT_EQ(host.create(own_manifest()), PVS_OK) << host.log;
  sigset_t mask{};
  ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &mask), 0);
  ASSERT_EQ(::sigismember(&mask, SIGPIPE), 0);
  ASSERT_EQ(host.call(kHello), PVS_OK) << host.log;
  ASSERT_TRUE(loaded(kNetwork));
  ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &mask), 0);
  EXPECT_EQ(::sigismember(&mask, SIGPIPE), 0);
}

TEST(LazyLoad, AForeignManifestIsRefusedWithTheReason) {
  Host host;
  host.load(kFolder / "kvconnect.so");
  std::string manifest = own_manifest();
  const auto at = manifest.find("kvconnect.inbox");
  ASSERT_NE(at, std::string::npos);
  manifest.replace(at, 15, "kvconnect.other");
  EXPECT_EQ(host.create(manifest), PVS_BAD_REQUEST);
  EXPECT_NE(host.log.find("kvconnect.other"), std::string::npos) << host.log;
}

TEST(LazyLoad, AManifestWithOtherSpacesIsTheSame) {
  Host host;
  host.load(kFolder / "kvconnect.so");
  EXPECT_EQ(host.create(own_manifest() + "\n\n"), PVS_OK) << host.log;
  EXPECT_EQ(host.call(kHello), PVS_OK) << host.log;
}

TEST(LazyLoad, WithoutItsCoreItSaysSoAndStaysHarmless) {
  const kvc::test_pki::ScratchDirectory scratch;
  const fs::path alone = fs::path(scratch.path()) / "kvconnect.so";
  fs::copy_file(kFolder / "kvconnect.so", alone);
  Host host;
  host.load(alone);
  ASSERT_EQ(host.create(own_manifest()), PVS_OK);
  EXPECT_EQ(host.call(kHello), PVS_INTERNAL);
  EXPECT_NE(host.log.find("kvconnect_core.so"), std::string::npos) << host.log;
  EXPECT_EQ(host.call(kHello), PVS_INTERNAL);
  // Put there afterwards, it is found.
  fs::copy_file(kFolder / "kvconnect_core.so", alone.parent_path() / "kvconnect_core.so");
  EXPECT_EQ(host.call(kHello), PVS_OK) << host.log;
}

TEST(LazyLoad, ABrokenCoreIsRefused) {
  const kvc::test_pki::ScratchDirectory scratch;
  const fs::path copy = fs::path(scratch.path()) / "kvconnect.so";
  fs::copy_file(kFolder / "kvconnect.so", copy);
  Host host;
  host.load(copy);
  ASSERT_EQ(host.create(own_manifest()), PVS_OK);
  scratch.put("kvconnect_core.so", "no library at all");
  EXPECT_EQ(host.call(kHello), PVS_INTERNAL);
  EXPECT_NE(host.log.find("kvconnect_core.so"), std::string::npos) << host.log;
  // A library, but a stranger.
  fs::copy_file(kFolder / "kvconnect_postgresql.so", copy.parent_path() / "kvconnect_core.so",
                fs::copy_options::overwrite_existing);
  EXPECT_EQ(host.call(kHello), PVS_INTERNAL);
  EXPECT_NE(host.log.find("another version"), std::string::npos) << host.log;
}

}  // namespace
