// SPDX-License-Identifier: Apache-2.0
#include "account/lease.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "account/owner.h"
#include "unit/account/world.h"

namespace kvc::testing {
namespace {

using account::Lease;

// The name a process of its own had before it ended.
std::string name_of_dead_process() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string owner = account::new_owner(Env::system());
    const bool written = ::write(ends[1], owner.data(), owner.size()) == static_cast<ssize_t>(owner.size());
    ::_exit(written ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  std::array<char, 512> text{};
  const ssize_t length = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  ::close(ends[1]);
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

TEST(Owner, LivesWithItsProcess) {
  EXPECT_FALSE(account::owner_gone(account::new_owner(Env::system())));
  const std::string dead = name_of_dead_process();
  ASSERT_FALSE(dead.empty());
  EXPECT_TRUE(account::owner_gone(dead));
}

TEST(Owner, OfAnotherMachineIsNeverKnownToBeGone) {
  std::string other = name_of_dead_process();
  other[0] = other[0] == '0' ? '1' : '0';  // another boot
  EXPECT_FALSE(account::owner_gone(other));
  for (const char* broken : {"", "x", "///", "a/b/c/d", "a/b/c/d/e"}) {
    EXPECT_FALSE(account::owner_gone(broken)) << broken;
  }
}

TEST(Owner, ReusedPidIsAnotherProcess) {
  std::string owner = account::new_owner(Env::system());
  const std::size_t start = owner.find('/', owner.find('/') + 1) + 1;
  owner[start] = owner[start] == '1' ? '2' : '1';  // the same pid, started at another time
  EXPECT_TRUE(account::owner_gone(owner));
}

TEST(Owner, NamesItsWorkstation) {
  std::array<char, 256> name{};
  ASSERT_EQ(::gethostname(name.data(), name.size() - 1), 0);
  const std::string workstation = account::workstation_of(account::new_owner(Env::system()));
  EXPECT_FALSE(workstation.empty());
  EXPECT_EQ(workstation.substr(0, 1), std::string(name.data()).substr(0, 1));
  EXPECT_EQ(workstation.find_first_of("/. "), std::string::npos);
  for (const char* other : {"", "a/b/c/d", "a/b/c/d/e/f"}) {
    EXPECT_EQ(account::workstation_of(other), "") << other;
  }
}

// Leases in a database that an earlier version still writes to.
TEST(Owner, WithoutAWorkstationLivesWithItsProcessToo) {
  const std::string owner = account::new_owner(Env::system());
  const std::string before = owner.substr(0, owner.rfind('/'));
  EXPECT_FALSE(account::owner_gone(before));
  const std::string dead = name_of_dead_process();
  EXPECT_TRUE(account::owner_gone(dead.substr(0, dead.rfind('/'))));
}

class Leases : public ::testing::Test {
 protected:
  Result<Lease> acquire(std::string_view purpose = "fetch", Millis patience = Millis{0}) {
    return Lease::acquire(world.database, world.env, account, purpose, patience, world.cancel);
  }
  World world;
  std::string account = world.create("anna", "praxis");
};

TEST_F(Leases, OneHolderPerPurpose) {
  auto first = acquire();
  ASSERT_TRUE(first.ok()) << first.status().to_string();
  EXPECT_TRUE(acquire().status().is(error::storage_busy));
  EXPECT_TRUE(acquire("enrol").ok());
}

TEST_F(Leases, AreGivenBack) {
  { ASSERT_TRUE(acquire().ok()); }
  EXPECT_TRUE(acquire().ok());
}

TEST_F(Leases, WaitForTheOther) {
  auto first = std::make_unique<Result<Lease>>(acquire());
  int naps = 0;
  world.env.on_sleep = [&] {
    if (++naps == 3) {
      first.reset();
    }
  };
  EXPECT_TRUE(acquire("fetch", std::chrono::seconds(10)).ok());
  EXPECT_EQ(naps, 3);
}

TEST_F(Leases, WaitingCanBeCancelled) {
  const auto first = acquire();
  world.env.on_sleep = [&] { world.cancel.request(); };
  EXPECT_TRUE(acquire("fetch", std::chrono::hours(1)).status().is(error::cancelled));
}

TEST_F(Leases, RunOutAndAreLostForGood) {
  auto first = acquire();
  ASSERT_TRUE(first.ok());
  world.env.advance(Lease::kLeaseTime / 2);
  ASSERT_TRUE(first->renew().ok());
  world.env.advance(Lease::kLeaseTime / 2 + std::chrono::seconds(1));
  EXPECT_TRUE(acquire().status().is(error::storage_busy)) << "renewed";
  world.env.advance(Lease::kLeaseTime);
  auto second = acquire();
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(first->renew().is(error::storage_busy));
  { const Result<Lease> gone = std::move(first); }
  EXPECT_TRUE(second->renew().ok()) << "the first holder's end does not touch the second's lease";
}

TEST_F(Leases, AreSeenInTheOverviewWhileTheirHolderLives) {
  const auto work = [&] { return world.overview("anna", account).work; };
  EXPECT_TRUE(work().empty());
  {
    auto fetching = acquire();
    ASSERT_TRUE(fetching.ok());
    ASSERT_EQ(work().size(), 1U);
    EXPECT_EQ(work()[0].purpose, "fetch");
    EXPECT_EQ(work()[0].workstation, account::workstation_of(account::new_owner(Env::system())));
    world.env.advance(Lease::kLeaseTime + std::chrono::seconds(1));
    EXPECT_TRUE(work().empty()) << "its time is up";
  }
  EXPECT_TRUE(work().empty());
}

}  // namespace
}  // namespace kvc::testing
