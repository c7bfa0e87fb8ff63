// SPDX-License-Identifier: Apache-2.0
// malloc belongs to the host. glibc raises the size up to which it keeps freed memory (M_MMAP_THRESHOLD, 128 KiB at
// first) whenever a larger buffer is freed, for the whole process and for good; with every thread's heap keeping that
// much, a process grows for hours though nothing is lost.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include "base/env.h"
#include "base/log.h"
#include "kvconnect/client.h"
#include "message/open.h"
#include "paths.h"
#include "settings/settings.h"

namespace kvc {
namespace {

std::string folder() {
  return kvc::test::source_dir() + "/tests/vectors/messages/";
}

std::string bytes_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// True while a buffer a little above 128 KiB gets pages of its own. What is free already is used up first.
bool threshold_is_untouched() {
  std::vector<std::unique_ptr<void, decltype(&std::free)>> probes;
  const std::size_t before = ::mallinfo2().hblks;
  for (int i = 0; i < 100; ++i) {
    probes.emplace_back(std::malloc(132UL * 1024), &std::free);
    if (::mallinfo2().hblks > before) {
      // Freed, it would raise the threshold itself.
      static_cast<void>(probes.back().release());
      return true;
    }
  }
  return false;
}

class Heap : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "malloc belongs to a sanitizer";
#endif
    ASSERT_TRUE(threshold_is_untouched());
  }
};

TEST_F(Heap, SettingsAndTrustLeaveItAlone) {
  const settings::Loaded loaded = settings::load(
      R"({"environments": [{"id": "own", "name": "Probe", "base_url": "https://localhost:9/kvconnect/rest/",
          "mail_domain": "kv-safenet.de", "tls_roots": ["TEST_ONLY_root.pem"], "message_roots": ["TEST_ONLY_root.pem"],
          "user_cas": ["TEST_ONLY_user_ca.pem"]}]})",
      folder());
  ASSERT_TRUE(loaded.problems.empty());
  EXPECT_TRUE(threshold_is_untouched()) << "settings";
  ASSERT_TRUE(crypto::TrustList::load({folder() + "TEST_ONLY_root.pem"}, {folder() + "TEST_ONLY_user_ca.pem"}).ok());
  EXPECT_TRUE(threshold_is_untouched()) << "trust list";
  kvconnect::ServerConfig server;
  server.base_url = "https://localhost:9/kvconnect/rest/";
  server.tls_roots = {folder() + "TEST_ONLY_root.pem"};
  ASSERT_TRUE(kvconnect::Client::create(server, Env::system(), Log::none()).ok());
  EXPECT_TRUE(threshold_is_untouched()) << "client";
}

TEST_F(Heap, OpeningMailLeavesItAlone) {
  const std::string pem = bytes_of(folder() + "TEST_ONLY_bernd.pem");
  const auto key = crypto::PrivateKey::from_pem(Secret(pem), Secret());
  const auto certificate = crypto::Certificate::from_pem(pem);
  const auto trust = crypto::TrustList::load({folder() + "TEST_ONLY_root.pem"}, {folder() + "TEST_ONLY_user_ca.pem"});
  ASSERT_TRUE(key.ok() && certificate.ok() && trust.ok());
  message::OpenOptions options;
  options.keys = {{*key, *certificate, "bernd"}};
  options.trust = *trust;
  options.now = Env::system().now();
  for (const char* name : {"valid.eml", "valid_nested.eml", "valid_1click.eml", "not_signed.eml"}) {
    std::ifstream mail(folder() + name, std::ios::binary);
    const auto opened = message::open(mail, options);
    EXPECT_TRUE(opened.ok()) << name;
    EXPECT_TRUE(threshold_is_untouched()) << name;
  }
}

TEST_F(Heap, TheProbeNoticesABufferThatDoesNot) {
  void* volatile large = std::malloc(1024UL * 1024);
  std::free(large);
  EXPECT_FALSE(threshold_is_untouched());
}

}  // namespace
}  // namespace kvc
