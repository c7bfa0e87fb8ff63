// SPDX-License-Identifier: Apache-2.0
// The peak of a practice's memory, step by step, with a small attachment and with a large one. The figures are the
// kernel's (VmHWM), of a process that holds the practice and nothing else.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>

#include "base/env.h"
#include "kvconnect_server/server.h"
#include "unit/crypto/openssl_tool.h"

namespace kvc::testing {
namespace {

constexpr std::uint64_t kMega = 1024UL * 1024;

class Memory : public ::testing::Test {
 protected:
  void SetUp() override {
    kvserver::Options options;
    options.data_dir = std::filesystem::path(scratch_.path()) / "server";
    for (const char* name : {"klein", "gross"}) {
      accounts_ +=
          (accounts_.empty() ? "" : ", ") + account(name, "nord", "NORD") + ", " + account(name, "sued", "SUED");
    }
    options.accounts_json = R"({"accounts": [)" + accounts_ + "]}";
    options.robots = false;
    options.csr_step = std::chrono::milliseconds(20);
    options.ca_bits = 2048;
    options.ca_dir = KVC_TEST_CA_DIR;
    options.max_mail_bytes = 0;
    server_ = std::make_unique<kvserver::Server>(options);
    server_->start();
  }
  static std::string account(const std::string& name, const std::string& side, const std::string& upper) {
    return R"({"username": ")" + name + "." + side + R"(", "password": "Initial-)" + upper +
           R"(-1", "cn": "TEST ONLY )" + name + " " + side + R"("})";
  }
  /// KiB the process grew by in each step.
  std::map<std::string, long> growth(const std::string& name, std::uint64_t size) {
    server_->set_faults(R"({"rules": [{"match": {"method": "POST", "path": "mails"},
      "action": {"type": "status", "status": 503, "retry_after": 1800}}]})");
    const std::string directory = scratch_.path() + "/" + name;
    std::filesystem::create_directories(directory);
    const auto files = server_->ca_files();
    const auto ran = test_pki::run({KVC_MEMORY_PRACTICE, server_->base_url(), files.root.string(),
                                    files.user_ca.string(), directory, name, std::to_string(size)},
                                   directory);
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    std::map<std::string, long> steps;
    std::istringstream lines(ran.output);
    std::string step;
    for (long kib = 0; lines >> step >> kib;) {
      steps[step] = kib;
    }
    return steps;
  }

  test_pki::ScratchDirectory scratch_;
  std::string accounts_;
  std::unique_ptr<kvserver::Server> server_;
};

// A copy of the mail, or of a part, or of what lies in a layer would be 32 MiB at least.
TEST_F(Memory, DoesNotGrowWithTheAttachment) {
  const char* const asked = std::getenv("KVC_MEMORY_TEST_MIB");
  const std::uint64_t large = asked == nullptr ? 32 : std::strtoull(asked, nullptr, 10);
  const auto small_steps = growth("klein", kMega);
  const auto large_steps = growth("gross", large * kMega);
  constexpr long kMostKib = 8L * 1024;
  for (const char* step : {"queue", "hand_over", "fetch", "read", "export"}) {
    ASSERT_TRUE(small_steps.contains(step) && large_steps.contains(step)) << step;
    const long more = large_steps.at(step) - small_steps.at(step);
    std::printf("%-10s 1 MiB: %6ld KiB   %llu MiB: %6ld KiB   more: %6ld KiB\n", step, small_steps.at(step),
                static_cast<unsigned long long>(large), large_steps.at(step), more);
    EXPECT_LT(more, kMostKib) << step;
  }
  std::printf("%-10s 1 MiB: %6ld KiB   %llu MiB: %6ld KiB\n", "seal", small_steps.at("seal"),
              static_cast<unsigned long long>(large), large_steps.at("seal"));
}

}  // namespace
}  // namespace kvc::testing
