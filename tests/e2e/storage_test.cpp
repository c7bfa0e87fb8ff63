// SPDX-License-Identifier: Apache-2.0
// The database is locked by another program, may not be written, or is broken: the user reads what is the case, nothing
// is lost, and all goes on when the cause is gone. A full disk is in crash_test.cpp, a wrong clock in
// storm/clock_test.cpp.
#include <gmock/gmock.h>
#include <sqlite3.h>
#include <unistd.h>

#include <fstream>

#include "e2e/harness.h"
#include "e2e/mail_lists.h"

namespace kvc::e2e {
namespace {

using testing::HasSubstr;

class StorageTest : public testing::Test {
 protected:
  void SetUp() override {
    const HostRun run = nord_.run("tour_account");
    ASSERT_EQ(run.code, 0) << run.last();
  }
  fs::path file() const { return nord_.data() / "plugin/kvconnect.db"; }
  HostRun open_accounts(const std::string& expect) {
    return nord_.run_steps(
        R"([{"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true, "timeout_ms": 120000, "expect": )" +
        expect + "}]");
  }
  void expect_all_there() {
    const HostRun run = open_accounts(R"({"table": {"total": 1, "rows": [{"cells": {"state": {"code": "ready"}}}]}})");
    EXPECT_EQ(run.code, 0) << run.last();
  }

  TempDir directory_;
  Server server_{directory_.path() / "server"};
  Practice nord_{"nord", directory_.path() / "nord", server_};
};

/// Holds the write lock of a database file, as a backup program or somebody with a database tool does.
class ForeignLock {
 public:
  explicit ForeignLock(const fs::path& file) {
    EXPECT_EQ(::sqlite3_open_v2(file.c_str(), &database_, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
    EXPECT_EQ(::sqlite3_exec(database_, "PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE", nullptr, nullptr, nullptr),
              SQLITE_OK);
  }
  ~ForeignLock() {
    ::sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
    ::sqlite3_close(database_);
  }
  ForeignLock(const ForeignLock&) = delete;
  ForeignLock& operator=(const ForeignLock&) = delete;

 private:
  sqlite3* database_ = nullptr;
};

TEST_F(StorageTest, ALockedDatabaseIsSaidAndTheLetterStaysInItsForm) {
  const char* const send = R"([
    {"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true, "timeout_ms": 120000},
    {"submit": "save_draft", "wait_job": true, "timeout_ms": 120000,
     "fill": {"recipient": "jemand@kv-safenet.de", "subject": "Bleibt erhalten", "text": "Wort"}}])";
  {
    const ForeignLock lock(file());
    const HostRun run = nord_.run_steps(send);
    EXPECT_THAT(run.out, HasSubstr("storage.busy")) << run.last();
    EXPECT_THAT(run.out, HasSubstr("Es ist nichts verloren"));
  }
  const HostRun again = nord_.run_steps(send);
  EXPECT_EQ(again.code, 0) << again.last();
  const auto outbox = list_mail(nord_, "outbox");
  ASSERT_EQ(outbox.size(), 1U) << "once, not twice";
  EXPECT_EQ(outbox[0].subject, "Bleibt erhalten");
  expect_all_there();
}

// As root everything may be written: then pvs-host runs as somebody who may not.
TEST_F(StorageTest, ADirectoryThatMayNotBeWrittenIsSaid) {
  if (::geteuid() != 0) {
    fs::permissions(nord_.data() / "plugin", fs::perms::owner_read | fs::perms::owner_exec);
    fs::permissions(file(), fs::perms::owner_read);
    const HostRun run = open_accounts(R"({"error": {"category": "storage"}})");
    EXPECT_EQ(run.code, 0) << run.last();
    fs::permissions(nord_.data() / "plugin", fs::perms::owner_all);
    fs::permissions(file(), fs::perms::owner_read | fs::perms::owner_write);
  } else {
    // A file system that is mounted read only holds for root, too.
    const HostRun run = nord_.run_steps_with(
        {"/usr/bin/unshare", "--mount", "/bin/sh", "-c",
         "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\" && exec \"$@\"",
         (nord_.data() / "plugin").string()},
        R"([{"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true, "timeout_ms": 120000}])");
    if (run.err.find("unshare:") != std::string::npos || run.err.find("mount:") != std::string::npos) {
      GTEST_SKIP() << "no mount namespace here: " << run.err;
    }
    EXPECT_THAT(run.out, HasSubstr("\"category\":\"storage\"")) << run.last();
    EXPECT_THAT(run.out, HasSubstr("bleibt erhalten")) << run.last();
  }
  expect_all_there();
}

TEST_F(StorageTest, ABrokenFileIsRefusedAndItsBackupRestored) {
  ASSERT_EQ(
      nord_.run_steps(R"([{"as": "arzt", "invoke": "kvconnect.fetch", "wait_job": true, "timeout_ms": 120000}])").code,
      0)
      << "the backup of the day";
  for (const char* more : {"-wal", "-shm"}) {
    fs::remove(file().string() + more);
  }
  {
    std::fstream broken(file(), std::ios::in | std::ios::out | std::ios::binary);
    broken.write(std::string(4096, 'X').data(), 4096);
  }
  const std::string before = read_file(file());
  const HostRun run = open_accounts(R"({"error": {"code": "storage.corrupt"}})");
  EXPECT_EQ(run.code, 0) << run.last();
  EXPECT_THAT(run.out, HasSubstr("kvconnect restore"));
  EXPECT_EQ(read_file(file()), before) << "nothing was changed";

  Process restore({KVC_TOOL, "restore", "--data", (nord_.data() / "plugin").string()}, {},
                  directory_.path() / "restore.out", directory_.path() / "restore.err");
  EXPECT_EQ(restore.wait(Millis(60000) * time_factor()).value_or(-1), 0) << read_file(directory_.path() / "restore.err");
  expect_all_there();
}

}  // namespace
}  // namespace kvc::e2e
