// SPDX-License-Identifier: Apache-2.0
#include "base/helper.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <set>
#include <thread>
#include <vector>

#include "unit/base/helpers_taken.h"

namespace kvc {
namespace {

TEST(Helper, ThereAreNeverMoreThanPromised) {
  {
    const HelpersTaken taken;
    EXPECT_EQ(helper_threads(), kMostHelpers);
    bool began = false;
    const HelperThread one_more([&] { began = true; });
    EXPECT_FALSE(one_more.running());
    EXPECT_FALSE(began);
    EXPECT_EQ(helper_threads(), kMostHelpers);
  }
  EXPECT_EQ(helper_threads(), 0U);
  HelperThread again([] {});
  EXPECT_TRUE(again.running());
  again.join();
  EXPECT_FALSE(again.running());
  EXPECT_EQ(helper_threads(), 0U);
}

TEST(Helper, WorkIsDoneByTheCallerWhereThereIsNoThread) {
  const HelpersTaken taken;
  std::thread::id by;
  {
    Helpers helpers;
    helpers.start([&] { by = std::this_thread::get_id(); });
    EXPECT_EQ(by, std::this_thread::get_id()) << "done when start() returns";
  }
  std::multiset<std::size_t> seen;
  for_each_index(100, 4, [&](std::size_t, std::size_t index) { seen.insert(index); });
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 100U);
}

TEST(Helper, EveryIndexOnceAndEveryWorkerUnderItsNumber) {
  std::vector<std::atomic<int>> met(1000);
  std::vector<std::atomic<bool>> busy(4);
  for_each_index(met.size(), busy.size(), [&](std::size_t worker, std::size_t index) {
    EXPECT_FALSE(busy.at(worker).exchange(true)) << "two threads are worker " << worker;
    ++met.at(index);
    busy.at(worker) = false;
  });
  for (const auto& times : met) {
    EXPECT_EQ(times, 1);
  }
  for_each_index(0, 4, [](std::size_t, std::size_t) { FAIL() << "there is nothing to do"; });
  EXPECT_EQ(helper_threads(), 0U);
}

TEST(Helper, TheHostsSignalsAreNotDeliveredToThem) {
  sigset_t before, mask;
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, nullptr, &before), 0);
  HelperThread([&] { pthread_sigmask(SIG_SETMASK, nullptr, &mask); }).join();
  for (const int signal : {SIGTERM, SIGINT, SIGCHLD, SIGUSR1, SIGALRM}) {
    EXPECT_EQ(sigismember(&mask, signal), 1) << signal;
  }
  sigset_t after;
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, nullptr, &after), 0);
  for (int signal = 1; signal < 32; ++signal) {
    EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal)) << signal;
  }
}

}  // namespace
}  // namespace kvc
