// SPDX-License-Identifier: Apache-2.0
// What the host's layer has against plugins that hang and that write without end.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "host_sdk/log_limit.h"
#include "host_sdk/watchdog.h"

namespace pvs::detail {
namespace {

using std::chrono::milliseconds;

TEST(LogLimitTest, KeepsABurstAndWhatFlowsBack) {
  LogLimit limit;
  const auto begin = std::chrono::steady_clock::now() + std::chrono::hours(1);
  for (std::int64_t i = 0; i < LogLimit::kBurst; ++i) {
    ASSERT_EQ(limit.next(begin), LogLimit::Verdict::keep) << i;
  }
  EXPECT_EQ(limit.next(begin), LogLimit::Verdict::first_dropped);
  EXPECT_EQ(limit.next(begin), LogLimit::Verdict::drop);
  EXPECT_EQ(limit.dropped(), 2U);
  for (std::int64_t i = 0; i < LogLimit::kPerSecond; ++i) {
    ASSERT_EQ(limit.next(begin + std::chrono::seconds(1)), LogLimit::Verdict::keep) << i;
  }
  EXPECT_EQ(limit.next(begin + std::chrono::seconds(1)), LogLimit::Verdict::first_dropped)
      << "a new flood is told anew";
}

TEST(WatchdogTest, ReportsACallThatStaysOnce) {
  std::atomic<int> reports{0};
  std::string function;
  {
    Watchdog watchdog(milliseconds(1), [&](const char* name, milliseconds) {
      function = name;
      ++reports;
    });
    watchdog.enter("call", milliseconds(0));
    while (reports.load() == 0) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    watchdog.leave();
  }
  EXPECT_EQ(reports.load(), 1);
  EXPECT_EQ(function, "call");
}

TEST(WatchdogTest, IsQuietAboutCallsThatReturn) {
  std::atomic<int> reports{0};
  {
    Watchdog watchdog(std::chrono::hours(1), [&](const char*, milliseconds) { ++reports; });
    for (int i = 0; i < 1000; ++i) {
      watchdog.enter("call", milliseconds(0));
      watchdog.enter("call", milliseconds(0));  // the host came back in
      watchdog.leave();
      watchdog.leave();
    }
  }
  EXPECT_EQ(reports.load(), 0);
}

TEST(WatchdogTest, WithoutPatienceNothingIsWatched) {
  std::atomic<int> reports{0};
  {
    Watchdog watchdog(milliseconds(0), [&](const char*, milliseconds) { ++reports; });
    watchdog.enter("call", milliseconds(0));
    std::this_thread::sleep_for(milliseconds(5));
    watchdog.leave();
  }
  EXPECT_EQ(reports.load(), 0);
}

}  // namespace
}  // namespace pvs::detail
