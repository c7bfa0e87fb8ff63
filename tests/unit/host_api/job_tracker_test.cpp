// SPDX-License-Identifier: Apache-2.0
// A host that runs for months remembers no job for ever.
#include <gtest/gtest.h>

#include "host_sdk/core.h"

namespace pvs::detail {
namespace {

TEST(JobTracker, ASecondEndIsKnown) {
  JobTracker jobs;
  jobs.accepted(7, 70);
  EXPECT_TRUE(jobs.is_running(7));
  EXPECT_EQ(jobs.arrived(7), JobTracker::End::first);
  EXPECT_EQ(jobs.arrived(7), JobTracker::End::duplicate);
  EXPECT_EQ(jobs.finish(7), 70U);
  EXPECT_FALSE(jobs.finish(7));
  EXPECT_EQ(jobs.arrived(7), JobTracker::End::duplicate);
}

TEST(JobTracker, AnEndNobodyAcceptedIsNone) {
  JobTracker jobs;
  EXPECT_EQ(jobs.arrived(9), JobTracker::End::first);
  EXPECT_FALSE(jobs.finish(9));
}

TEST(JobTracker, EndsAreNotKeptForEver) {
  JobTracker jobs;
  for (std::uint64_t id = 1; id <= 3 * JobTracker::kRememberedEnds; ++id) {
    jobs.accepted(id, id);
    EXPECT_EQ(jobs.arrived(id), JobTracker::End::first);
    EXPECT_EQ(jobs.finish(id), id);
  }
  EXPECT_EQ(jobs.ends(), JobTracker::kRememberedEnds);
  EXPECT_TRUE(jobs.running().empty());
  EXPECT_EQ(jobs.arrived(3 * JobTracker::kRememberedEnds), JobTracker::End::duplicate);
  // One that was forgotten is no end of a running job either.
  EXPECT_EQ(jobs.arrived(1), JobTracker::End::first);
  EXPECT_FALSE(jobs.finish(1));
}

}  // namespace
}  // namespace pvs::detail
