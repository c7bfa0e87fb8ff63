// SPDX-License-Identifier: Apache-2.0
// Several processes on one database, and processes that die.
#include <Poco/Data/Session.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "store/database.h"
#include "store/migrations.h"
#include "store/sql.h"
#include "store/sqlite_database.h"
#include "unit/crypto/openssl_tool.h"

namespace kvc::store {
namespace {

using Poco::Data::Session;
using Poco::Data::Keywords::bind;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
using test_pki::ScratchDirectory;

/// Runs `work` in a child process and gives its wait status; `work` returns the exit code.
int in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(work());
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

Result<std::shared_ptr<Database>> open_in(const ScratchDirectory& scratch) {
  return Database::open("sqlite", scratch.path(), Env::system(), Log::none());
}

void insert(Session& session, const std::string& account, const std::string& user) {
  session << "INSERT INTO vault_key (account_id, user_id, key_id, sealed, created_at) VALUES (?, ?, 'k', x'00', 1)",
      bind(account), bind(user), now;
}

int rows(Database& database) {
  int count = -1;
  EXPECT_TRUE(database
                  .read([&](Session& session) -> Status {
                    session << "SELECT COUNT(*) FROM vault_key", into(count), now;
                    return {};
                  })
                  .ok());
  return count;
}

TEST(Processes, KilledInATransactionLeavesWhatWasCommitted) {
  const ScratchDirectory scratch;
  const int status = in_child([&] {
    const auto database = open_in(scratch);
    if (!database.ok() || !(*database)->write([](Session& s) { return insert(s, "a", "committed"), Status(); }).ok()) {
      return 1;
    }
    static_cast<void>((*database)->write([](Session& session) -> Status {
      for (int i = 0; i < 5000; ++i) {  // enough to spill into the WAL before the commit
        insert(session, "a", "lost " + std::to_string(i));
      }
      ::kill(::getpid(), SIGKILL);
      return {};
    }));
    return 2;
  });
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  const auto database = open_in(scratch);
  ASSERT_TRUE(database.ok()) << database.status().to_string();
  EXPECT_EQ(rows(**database), 1);
  EXPECT_TRUE((*database)->write([](Session& s) { return insert(s, "b", "after"), Status(); }).ok());
}

TEST(Processes, KilledAfterACommitLosesNothing) {
  const ScratchDirectory scratch;
  const int status = in_child([&] {
    const auto database = open_in(scratch);
    for (int i = 0; database.ok() && i < 20; ++i) {
      static_cast<void>((*database)->write([&](Session& s) { return insert(s, "a", std::to_string(i)), Status(); }));
    }
    ::kill(::getpid(), SIGKILL);
    return 1;
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(rows(*open_in(scratch).value()), 20);
}

TEST(Processes, KilledInAMigrationStaysAtTheStepBefore) {
  const ScratchDirectory scratch;
  // A statement slow enough to be killed in: it counts to a number nobody waits for.
  auto slow = all_migrations();
  slow.push_back({slow.back().version + 1, "slow",
                  "CREATE TABLE half_done (id TEXT); INSERT INTO half_done WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL "
                  "SELECT x + 1 FROM n WHERE x < 1000000000) SELECT x FROM n;"});
  const pid_t child = ::fork();
  if (child == 0) {
    static_cast<void>(open_sqlite(scratch.file("kvconnect.db"), slow, Env::system(), Log::none()));
    ::_exit(1);
  }
  ::usleep(700'000);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the migration was over before it could be killed";
  const auto database = open_in(scratch);
  ASSERT_TRUE(database.ok()) << database.status().to_string();
  int tables = -1;
  ASSERT_TRUE((*database)
                  ->read([&](Session& session) -> Status {
                    session << "SELECT COUNT(*) FROM sqlite_master WHERE name = 'half_done'", into(tables), now;
                    return {};
                  })
                  .ok());
  EXPECT_EQ(tables, 0);
}

TEST(Processes, OpenAndWriteTheSameNewDatabaseTogether) {
  const ScratchDirectory scratch;
  constexpr int kProcesses = 4;
  constexpr int kEach = 25;
  std::vector<pid_t> children;
  for (int p = 0; p < kProcesses; ++p) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto database = open_in(scratch);
      int failures = database.ok() ? 0 : 100;
      for (int i = 0; database.ok() && i < kEach; ++i) {
        failures +=
            (*database)
                    ->write([&](Session& s) { return insert(s, std::to_string(p), std::to_string(i)), Status(); })
                    .ok()
                ? 0
                : 1;
      }
      ::_exit(failures);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(rows(*open_in(scratch).value()), kProcesses * kEach);
}

TEST(Processes, DirectoryThatMayNotBeWritten) {
  const ScratchDirectory scratch;
  const std::string directory = scratch.file("readonly");
  ASSERT_EQ(::mkdir(directory.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(directory.c_str(), 0555), 0);
  ASSERT_EQ(::chmod(scratch.path().c_str(), 0755), 0);
  const int status = in_child([&] {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) {  // root may write everywhere
      return 3;
    }
    const auto made = Database::open("sqlite", directory, Env::system(), Log::none()).status();
    return made.is(error::storage_failed) ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
}

TEST(Processes, FullDiskAtTheFileSystem) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(open_in(scratch).ok());
  const int status = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit fails like one on a full disk
    const auto database = open_in(scratch);
    const rlimit limit{200'000, 200'000};
    if (!database.ok() || ::setrlimit(RLIMIT_FSIZE, &limit) != 0) {
      return 3;
    }
    const Status large = (*database)->write([](Session& session) -> Status {
      session << "INSERT INTO vault_key VALUES ('b', 'u', 'k', zeroblob(5000000), 1)", now;
      return {};
    });
    return large.category() == Category::storage ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
  const auto database = open_in(scratch);
  ASSERT_TRUE(database.ok()) << database.status().to_string();
  EXPECT_EQ(rows(**database), 0);
}

TEST(Processes, WriterThatHoldsTheLockMakesOthersWait) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(open_in(scratch).ok());
  const pid_t child = ::fork();
  if (child == 0) {
    const auto database = open_in(scratch);
    const bool ok = database.ok() && (*database)
                                         ->write([](Session& s) -> Status {
                                           insert(s, "a", "slow");
                                           ::usleep(800'000);
                                           return {};
                                         })
                                         .ok();
    ::_exit(ok ? 0 : 1);
  }
  ::usleep(300'000);
  const auto database = open_in(scratch);
  ASSERT_TRUE(database.ok()) << database.status().to_string();
  EXPECT_TRUE((*database)->write([](Session& s) { return insert(s, "a", "waiting"), Status(); }).ok());
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(rows(**database), 2);
}

}  // namespace
}  // namespace kvc::store
