// SPDX-License-Identifier: Apache-2.0
#include "jobs/job_runner.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "views/build.h"

namespace kvc::plugin {
namespace {

using namespace std::chrono_literals;
using pvs::v1::ActionReply;

class Recorder final : public JobSink {
 public:
  void progress(std::uint64_t, int permille, const std::string&) override {
    const std::lock_guard lock(mutex_);
    progress_.push_back(permille);
  }
  void ended(std::uint64_t job_id, ActionReply outcome) override {
    const std::lock_guard lock(mutex_);
    ++ends_[job_id];
    outcomes_[job_id] = std::move(outcome);
    changed_.notify_all();
  }
  ActionReply wait(std::uint64_t job_id) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return ends_[job_id] > 0; }));
    return outcomes_[job_id];
  }
  int ends(std::uint64_t job_id) {
    const std::lock_guard lock(mutex_);
    return ends_[job_id];
  }
  std::size_t progress_count() {
    const std::lock_guard lock(mutex_);
    return progress_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, int> ends_;
  std::map<std::uint64_t, ActionReply> outcomes_;
  std::vector<int> progress_;
};

JobOwner owner(std::uint64_t call_id = 1, std::string session = "s1") {
  return {std::move(session), "anna", call_id,
          [](const Status& status) { return views::to_error(Texts(Language::de), status); }};
}

ActionReply done() {
  ActionReply reply;
  reply.mutable_done()->set_text("fertig");
  return reply;
}

/// Work that runs until it is cancelled.
Result<ActionReply> until_cancelled(JobContext& job) {
  while (!job.cancel().requested()) {
    std::this_thread::sleep_for(1ms);
  }
  return Status(error::cancelled, "as asked");
}

class JobRunnerTest : public testing::Test {
 protected:
  ~JobRunnerTest() override { EXPECT_TRUE(runner_.stop(20s)); }
  std::uint64_t run(Work work, JobOwner who = owner()) {
    const std::uint64_t id = runner_.prepare(std::move(who), std::move(work)).value();
    runner_.start(id);
    return id;
  }
  Recorder sink_;
  JobRunner runner_{sink_, Env::system(), 3};
};

TEST_F(JobRunnerTest, EndsWithTheOutcomeOfTheWork) {
  const auto id = run([](JobContext&) -> Result<ActionReply> { return done(); });
  EXPECT_EQ(sink_.wait(id).done().text(), "fertig");
  EXPECT_EQ(runner_.query(id).state(), pvs::v1::JobQueryReply::STATE_ENDED);
  EXPECT_EQ(runner_.query(id + 100).state(), pvs::v1::JobQueryReply::STATE_UNSPECIFIED);
}

TEST_F(JobRunnerTest, OfAQuietJobNothingIsTold) {
  JobOwner quiet = owner();
  quiet.quiet = true;
  std::promise<void> ran;
  const auto id = run(
      [&](JobContext& job) -> Result<ActionReply> {
        job.progress(500, "half");
        ran.set_value();
        return done();
      },
      std::move(quiet));
  ASSERT_EQ(ran.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_TRUE(runner_.stop(20s));
  EXPECT_EQ(sink_.ends(id), 0);
  EXPECT_EQ(sink_.progress_count(), 0U);
}

TEST_F(JobRunnerTest, AStatusBecomesAnError) {
  const auto id = run([](JobContext&) -> Result<ActionReply> { return Status(error::unreachable, "x"); });
  EXPECT_EQ(sink_.wait(id).error().code(), "network.unreachable");
}

TEST_F(JobRunnerTest, WhatIsThrownBecomesAnErrorAndIsNotQuoted) {
  const auto id = run([](JobContext&) -> Result<ActionReply> { throw std::runtime_error("patient Muster"); });
  const auto outcome = sink_.wait(id);
  EXPECT_EQ(outcome.error().code(), "internal.unexpected");
  EXPECT_THAT(outcome.SerializeAsString(), testing::Not(testing::HasSubstr("Muster")));
  EXPECT_EQ(sink_.wait(run([](JobContext&) -> Result<ActionReply> { throw std::bad_alloc(); })).error().code(),
            "internal.out_of_memory");
  EXPECT_EQ(sink_.wait(run([](JobContext&) -> Result<ActionReply> { throw 7; })).error().code(),  // NOLINT
            "internal.unexpected");
}

TEST_F(JobRunnerTest, CancelsByJobAndByCall) {
  const auto by_job = run(until_cancelled, owner(11));
  const auto by_call = run(until_cancelled, owner(12));
  EXPECT_TRUE(runner_.cancel_job(by_job));
  runner_.cancel_call(12);
  EXPECT_EQ(sink_.wait(by_job).error().code(), "cancelled.by_user");
  EXPECT_EQ(sink_.wait(by_call).error().code(), "cancelled.by_user");
  EXPECT_FALSE(runner_.cancel_job(by_job));
  runner_.cancel_call(4711);
}

TEST_F(JobRunnerTest, AJobCancelledBeforeItRanDoesNothing) {
  bool ran = false;
  const std::uint64_t id = runner_
                               .prepare(owner(),
                                        [&](JobContext&) -> Result<ActionReply> {
                                          ran = true;
                                          return done();
                                        })
                               .value();
  EXPECT_TRUE(runner_.cancel_job(id));
  runner_.start(id);
  EXPECT_EQ(sink_.wait(id).error().code(), "cancelled.by_user");
  EXPECT_FALSE(ran);
}

TEST_F(JobRunnerTest, WhatWasReachedInSpiteOfCancelIsTold) {
  std::promise<void> running;
  std::promise<void> cancelled;
  const auto id = run([&](JobContext&) -> Result<ActionReply> {
    running.set_value();
    cancelled.get_future().wait();
    return done();
  });
  running.get_future().wait();
  runner_.cancel_job(id);
  cancelled.set_value();
  EXPECT_TRUE(sink_.wait(id).has_done());
}

TEST_F(JobRunnerTest, ALockedSessionGetsNoOutcome) {
  std::promise<void> locked;
  const auto mine = run([&](JobContext&) -> Result<ActionReply> {
    locked.get_future().wait();
    return done();
  });
  const auto other = run([](JobContext&) -> Result<ActionReply> { return done(); }, owner(2, "s2"));
  runner_.revoke_session("s1");
  locked.set_value();
  EXPECT_EQ(sink_.wait(mine).error().code(), "host.session_locked");
  EXPECT_TRUE(sink_.wait(other).has_done());
}

TEST_F(JobRunnerTest, ReportsProgressAtMostTenTimesASecond) {
  const auto id = run([](JobContext& job) -> Result<ActionReply> {
    for (int i = 0; i < 1000; ++i) {
      job.progress(i, "weiter");
    }
    return done();
  });
  sink_.wait(id);
  EXPECT_GE(sink_.progress_count(), 1U);
  EXPECT_LE(sink_.progress_count(), 10U);
}

TEST_F(JobRunnerTest, AJobThatIsDiscardedNeverRunsAndNeverEnds) {
  const std::uint64_t id = runner_.prepare(owner(), [](JobContext&) -> Result<ActionReply> { return done(); }).value();
  runner_.discard(id);
  runner_.start(id);
  EXPECT_EQ(runner_.running(), 0U);
  EXPECT_EQ(sink_.ends(id), 0);
}

TEST_F(JobRunnerTest, UsesNoMoreThreadsThanAllowedAndNoneBeforeTheFirstJob) {
  EXPECT_EQ(runner_.threads(), 0U);
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 20; ++i) {
    ids.push_back(run([&](JobContext&) -> Result<ActionReply> {
      const int now = ++at_once;
      int seen = most.load();
      while (seen < now && !most.compare_exchange_weak(seen, now)) {
      }
      std::this_thread::sleep_for(2ms);
      --at_once;
      return done();
    }));
  }
  for (const auto id : ids) {
    sink_.wait(id);
    EXPECT_EQ(sink_.ends(id), 1);
  }
  EXPECT_LE(most.load(), 3);
  EXPECT_LE(runner_.threads(), 3U);
}

TEST_F(JobRunnerTest, RefusesWhatIsBeyondTheLimitAndTakesMoreWhenSomeEnded) {
  std::vector<std::uint64_t> ids;
  for (std::size_t i = 0; i < JobRunner::kMostJobs; ++i) {
    ids.push_back(run(until_cancelled));
  }
  EXPECT_TRUE(runner_.prepare(owner(), until_cancelled).status().is(error::too_many_jobs));
  EXPECT_LE(runner_.threads(), 3U);
  ASSERT_TRUE(runner_.cancel_job(ids.front()));
  sink_.wait(ids.front());
  EXPECT_TRUE(runner_.prepare(owner(), until_cancelled).ok());
  for (const auto id : ids) {
    runner_.cancel_job(id);
  }
  for (const auto id : ids) {
    sink_.wait(id);
    EXPECT_EQ(sink_.ends(id), 1);
  }
}

TEST_F(JobRunnerTest, StopEndsRunningAndWaitingJobsExactlyOnce) {
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 10; ++i) {
    ids.push_back(run(until_cancelled));
  }
  EXPECT_TRUE(runner_.stop(20s));
  for (const auto id : ids) {
    EXPECT_EQ(sink_.ends(id), 1);
    EXPECT_EQ(sink_.wait(id).error().code(), "cancelled.by_user");
  }
  EXPECT_TRUE(runner_.prepare(owner(), until_cancelled).status().is(error::invalid_state));
  EXPECT_EQ(runner_.threads(), 0U);
  EXPECT_TRUE(runner_.stop(1s));
}

TEST_F(JobRunnerTest, StopSaysWhenAThreadIsStuckAndCanBeAskedAgain) {
  std::promise<void> running;
  std::promise<void> release;
  const auto id = run([&](JobContext&) -> Result<ActionReply> {
    running.set_value();
    release.get_future().wait();
    return done();
  });
  running.get_future().wait();
  EXPECT_FALSE(runner_.stop(50ms));
  release.set_value();
  EXPECT_TRUE(runner_.stop(20s));
  EXPECT_EQ(sink_.ends(id), 1);
}

TEST_F(JobRunnerTest, CancelAndEndRaceWithoutASecondEnd) {
  for (int i = 0; i < 200; ++i) {
    const auto id =
        run([](JobContext&) -> Result<ActionReply> { return done(); }, owner(static_cast<std::uint64_t>(1000 + i)));
    runner_.cancel_call(static_cast<std::uint64_t>(1000 + i));
    const auto outcome = sink_.wait(id);
    EXPECT_TRUE(outcome.has_done() || outcome.error().code() == "cancelled.by_user");
    EXPECT_EQ(sink_.ends(id), 1);
  }
}

TEST_F(JobRunnerTest, TheWorkIsGoneWhenTheEndIsTold) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = held;
  const auto id = run([held](JobContext&) -> Result<ActionReply> { return done(); });
  held.reset();
  sink_.wait(id);
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace kvc::plugin
