// SPDX-License-Identifier: Apache-2.0
#include "base/env.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <thread>
#include <vector>

namespace kvc {
namespace {

TEST(Env, RandomBytesDiffer) {
  std::set<std::vector<std::uint8_t>> seen;
  for (int i = 0; i < 100; ++i) {
    std::vector<std::uint8_t> bytes(32);
    Env::system().random(bytes);
    EXPECT_TRUE(seen.insert(bytes).second);
  }
  Env::system().random({});
  std::vector<std::uint8_t> large(1'000'000);
  Env::system().random(large);
  std::array<int, 256> counts{};
  for (const auto byte : large) {
    ++counts[byte];
  }
  for (const int count : counts) {
    EXPECT_NEAR(count, 3906, 500);  // eight standard deviations
  }
}

TEST(Env, JitterIsInRange) {
  std::set<double> seen;
  for (int i = 0; i < 1000; ++i) {
    const double value = Env::system().jitter();
    EXPECT_GE(value, 0.0);
    EXPECT_LT(value, 1.0);
    seen.insert(value);
  }
  EXPECT_GT(seen.size(), 900U);
}

TEST(Env, SleepEndsEarlyWhenCancelled) {
  Cancel cancel;
  EXPECT_FALSE(Env::system().sleep(Millis(5), cancel.flag()));
  std::thread canceller([&] {
    std::this_thread::sleep_for(Millis(50));
    cancel.request();
  });
  const auto begin = Env::system().monotonic();
  EXPECT_TRUE(Env::system().sleep(Millis(60'000), cancel.flag()));
  EXPECT_LT(Env::system().monotonic() - begin, std::chrono::seconds(30));
  canceller.join();
  EXPECT_TRUE(cancel.requested());
}

TEST(Env, UuidsAreOfVersion4) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const auto uuid = new_uuid(Env::system());
    ASSERT_EQ(uuid.size(), 36U);
    EXPECT_EQ(uuid[8], '-');
    EXPECT_EQ(uuid[13], '-');
    EXPECT_EQ(uuid[14], '4');
    EXPECT_EQ(uuid[18], '-');
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
    EXPECT_EQ(uuid[23], '-');
    EXPECT_EQ(uuid.find_first_not_of("0123456789abcdef-"), std::string::npos);
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

}  // namespace
}  // namespace kvc
