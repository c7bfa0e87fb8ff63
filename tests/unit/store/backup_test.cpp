// SPDX-License-Identifier: Apache-2.0
#include "store/backup.h"

#include <Poco/Data/SQLite/SessionImpl.h>
#include <Poco/Data/Session.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "store/database.h"
#include "store/migrations.h"
#include "store/sql.h"
#include "store/sqlite_database.h"
#include "unit/crypto/openssl_tool.h"

namespace kvc::store {
namespace {

namespace fs = std::filesystem;
using Poco::Data::Session;
using Poco::Data::Keywords::bind;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
using test_pki::ScratchDirectory;

class Clock final : public Env {
 public:
  [[nodiscard]] TimePoint now() const override { return time; }
  [[nodiscard]] std::chrono::steady_clock::time_point monotonic() const override { return Env::system().monotonic(); }
  bool sleep(Millis pause, const std::atomic<bool>& cancelled) override {
    return Env::system().sleep(pause, cancelled);
  }
  void random(std::span<std::uint8_t> out) override { Env::system().random(out); }
  double jitter() override { return 0.5; }

  TimePoint time = TimePoint(std::chrono::hours(24 * 20000));
};

class Backups : public ::testing::Test {
 protected:
  Result<std::shared_ptr<Database>> open() { return Database::open("sqlite", scratch.path(), clock, Log::none()); }
  static Status add(Database& database, const std::string& account) {
    return database.write([&](Session& session) -> Status {
      session << "INSERT INTO vault_key (account_id, user_id, key_id, sealed, created_at) VALUES (?, 'u', 'k', ?, 1)",
          bind(account), bind(blob(std::string(200, 'x'))), now;
      return {};
    });
  }
  static int rows(Database& database) {
    int count = -1;
    EXPECT_TRUE(database
                    .read([&](Session& session) -> Status {
                      session << "SELECT COUNT(*) FROM vault_key", into(count), now;
                      return {};
                    })
                    .ok());
    return count;
  }
  // Three hundred rows, a backup, and one row more that no backup has.
  void fill() {
    const auto database = open().value();
    for (int i = 0; i < 300; ++i) {
      ASSERT_TRUE(add(*database, std::to_string(i)).ok());
    }
    ASSERT_TRUE(database->maintain().ok());
    ASSERT_TRUE(add(*database, "after the backup").ok());
  }

  const ScratchDirectory scratch;
  const std::string file = scratch.file("kvconnect.db");
  Clock clock;
};

TEST_F(Backups, OneADayAndTheNewestAreKept) {
  const auto database = open().value();
  ASSERT_TRUE(add(*database, "a").ok());
  EXPECT_TRUE(backups_of(file).empty()) << "opening alone makes none";
  ASSERT_TRUE(database->maintain().ok());
  ASSERT_TRUE(database->maintain().ok());
  EXPECT_EQ(backups_of(file).size(), 1U);
  clock.time += std::chrono::hours(23);
  ASSERT_TRUE(database->maintain().ok());
  EXPECT_EQ(backups_of(file).size(), 1U);
  for (std::size_t day = 0; day < kBackupsKept + 3; ++day) {
    clock.time += std::chrono::hours(25);
    ASSERT_TRUE(database->maintain().ok());
  }
  const auto kept = backups_of(file);
  ASSERT_EQ(kept.size(), kBackupsKept);
  EXPECT_EQ(kept.front().made, clock.time);
  for (const Backup& backup : kept) {
    struct stat info {};
    ASSERT_EQ(::stat(backup.file.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << backup.file;
  }
}

TEST_F(Backups, HoldWhatWasCommittedWhileOthersWrite) {
  fill();
  const auto database = open().value();
  const Status status = database->write([&](Session& session) -> Status {
    session << "DELETE FROM vault_key", now;
    return back_up(file, clock);  // in the middle of somebody's transaction
  });
  ASSERT_TRUE(status.ok()) << status.to_string();
  const auto copy = Database::open("sqlite:" + backups_of(file).front().file, "", clock, Log::none());
  ASSERT_TRUE(copy.ok()) << copy.status().to_string();
  EXPECT_EQ(rows(**copy), 301);
}

TEST_F(Backups, MadeBeforeAMigration) {
  const auto& all = all_migrations();
  {
    const auto old = open_sqlite(file, {all.begin(), all.end() - 1}, clock, Log::none()).value();
    ASSERT_TRUE(add(*old, "a").ok());
  }
  ASSERT_TRUE(open().ok());
  ASSERT_EQ(backups_of(file).size(), 1U);
  const auto copy = open_sqlite(backups_of(file).front().file, {all.begin(), all.end() - 1}, clock, Log::none());
  ASSERT_TRUE(copy.ok()) << "the backup has the version before: " << copy.status().to_string();
  EXPECT_EQ(rows(**copy), 1);
}

TEST_F(Backups, DamagedDatabaseNeverReplacesAGoodBackup) {
  fill();
  const auto good = backups_of(file);
  const auto database = open().value();
  {
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(4096);
    const std::string rubbish(static_cast<std::size_t>(fs::file_size(file)) - 4096, '\x5a');
    out.write(rubbish.data(), static_cast<std::streamsize>(rubbish.size()));
  }
  for (std::size_t day = 0; day < kBackupsKept + 1; ++day) {
    clock.time += std::chrono::hours(25);
    EXPECT_FALSE(database->maintain().ok());
  }
  ASSERT_EQ(backups_of(file).size(), 1U);
  EXPECT_EQ(backups_of(file).front().file, good.front().file);
  EXPECT_EQ(std::distance(fs::directory_iterator(scratch.path()), fs::directory_iterator()), 4)
      << "nothing half made is left: database, -wal, -shm, backup";
}

TEST_F(Backups, BrokenDatabasesAreRefusedThenRestored) {
  fill();
  const std::string good = scratch.get("kvconnect.db");
  std::string bad_pages = good;
  bad_pages.replace(good.size() / 2, good.size() / 2, std::string(good.size() / 2, '\x5a'));
  std::string bad_header = good;
  bad_header.replace(0, 100, std::string(100, '\0'));
  const std::pair<const char*, std::string> contents[] = {
      {"cut in the middle of a page", good.substr(0, good.size() / 2 + 100)},
      {"cut at a page", good.substr(0, good.size() / 2 / 4096 * 4096)},
      {"overwritten pages", bad_pages},
      {"overwritten header", bad_header},
      {"somebody's letter", "Sehr geehrte Damen und Herren, " + std::string(3000, 'x')},
      {"empty", ""},
  };
  for (const auto& [name, content] : contents) {
    SCOPED_TRACE(name);
    fs::remove(file + "-wal");
    fs::remove(file + "-shm");
    scratch.put("kvconnect.db", content);
    const Status refused = open().status();
    EXPECT_TRUE(refused.is(error::storage_corrupt)) << refused.to_string();
    EXPECT_EQ(scratch.get("kvconnect.db"), content) << "a refused file is left alone";

    const auto restored = restore(file, std::nullopt, clock);
    ASSERT_TRUE(restored.ok()) << restored.status().to_string();
    EXPECT_EQ(scratch.get(fs::path(restored->broken_file).filename().string()), content) << "kept aside";
    const auto database = open();
    ASSERT_TRUE(database.ok()) << database.status().to_string();
    EXPECT_EQ(rows(**database), 300) << "what the backup has";
    struct stat info {};
    ASSERT_EQ(::stat(file.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
  }
}

TEST_F(Backups, DeletedDatabaseIsNotReplacedByAnEmptyOne) {
  fill();
  fs::remove(file);
  const Status refused = open().status();
  EXPECT_TRUE(refused.is(error::storage_corrupt)) << refused.to_string();
  EXPECT_FALSE(fs::exists(file));
  ASSERT_TRUE(restore(file, std::nullopt, clock).ok());
  EXPECT_EQ(rows(*open().value()), 300);
}

TEST_F(Backups, OldWalDoesNotReachTheRestoredDatabase) {
  fill();
  // A process that dies leaves its -wal behind.
  const pid_t child = ::fork();
  if (child == 0) {
    const auto database = open();
    static_cast<void>(add(**database, "in the wal"));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(fs::exists(file + "-wal"));
  const std::string wal = scratch.get("kvconnect.db-wal");
  ASSERT_FALSE(wal.empty());
  const auto restored = restore(file, std::nullopt, clock);
  ASSERT_TRUE(restored.ok()) << restored.status().to_string();
  EXPECT_EQ(scratch.get(fs::path(restored->broken_file).filename().string() + "-wal"), wal);
  EXPECT_EQ(rows(*open().value()), 300);
  // Together the two files are still a whole database: nothing was lost.
  const auto aside = Database::open("sqlite:" + restored->broken_file, "", clock, Log::none());
  ASSERT_TRUE(aside.ok()) << aside.status().to_string();
  EXPECT_EQ(rows(**aside), 302);
}

TEST_F(Backups, BrokenBackupsArePassedOver) {
  fill();
  clock.time += std::chrono::hours(25);
  ASSERT_TRUE(back_up(file, clock).ok());
  const auto both = backups_of(file);
  ASSERT_EQ(both.size(), 2U);
  fs::resize_file(both[0].file, fs::file_size(both[0].file) / 2);
  EXPECT_TRUE(restore(file, both[0].file, clock).status().is(error::file_unreadable)) << "the one that was asked for";
  const auto restored = restore(file, std::nullopt, clock);
  ASSERT_TRUE(restored.ok()) << restored.status().to_string();
  EXPECT_EQ(restored->from.file, both[1].file);
  fs::resize_file(both[1].file, 10);
  const std::string before = scratch.get("kvconnect.db");
  EXPECT_TRUE(restore(file, std::nullopt, clock).status().is(error::file_unreadable));
  EXPECT_EQ(scratch.get("kvconnect.db"), before);
  EXPECT_TRUE(restore(scratch.file("other.db"), std::nullopt, clock).status().is(error::file_unreadable));
}

TEST_F(Backups, FromAnywhereIfTheyAreWholeAndOurs) {
  fill();
  const std::string backup = backups_of(file).front().file;
  const ScratchDirectory stick;
  const auto refused = [&](const std::string& path, const char* reason) {
    SCOPED_TRACE(path);
    const std::string before = scratch.get("kvconnect.db");
    const Status status = restore(file, path, clock).status();
    EXPECT_TRUE(status.is(error::file_unreadable)) << status.to_string();
    const std::vector<std::pair<std::string, std::string>> expected = {{reason, path}};
    EXPECT_EQ(status.ok() ? expected : status.params(), expected);
    EXPECT_EQ(scratch.get("kvconnect.db"), before);
  };
  refused(stick.file("nowhere"), kMissing);
  EXPECT_FALSE(fs::exists(stick.file("nowhere")));
  refused(stick.path(), kNoFile);
  refused(stick.put("empty", ""), kDamaged);
  refused(stick.put("letter", "Sehr geehrte Damen und Herren, " + std::string(3000, 'x')), kDamaged);
  refused(stick.put("half", scratch.get(fs::path(backup).filename().string()).substr(0, 8192)), kDamaged);
  refused(file, kTheDatabase);
  {
    Session other(Poco::AutoPtr<Poco::Data::SessionImpl>(
        new Poco::Data::SQLite::SessionImpl(stick.file("other program.db"), 10)));
    other << "CREATE TABLE patients (name TEXT)", now;
  }
  refused(stick.file("other program.db"), kForeign);

  const std::string name = fs::path(backup).filename().string();
  fs::rename(backup, stick.file(name));
  const Status none = restore(file, std::nullopt, clock).status();
  ASSERT_TRUE(none.is(error::file_unreadable));
  EXPECT_EQ(none.params().front(), (std::pair<std::string, std::string>(kNoBackup, file)));
  fs::remove(file);
  const auto restored = restore(file, stick.file(name), clock);
  ASSERT_TRUE(restored.ok()) << restored.status().to_string();
  EXPECT_EQ(restored->from.file, stick.file(name));
  EXPECT_EQ(restored->from.made, clock.time);
  EXPECT_EQ(restored->broken_file.empty(), !fs::exists(file + "-wal")) << "there was no file to keep";
  EXPECT_EQ(rows(*open().value()), 300);
}

// The one in charge of the computer restores as root, the practice works as somebody else.
TEST_F(Backups, RestoredFilesBelongToTheirOwner) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root may give files away";
  }
  constexpr uid_t kPractice = 65534;
  constexpr gid_t kGroup = 65533;
  constexpr uid_t kOther = 65532;
  const auto expect_owner = [&](const std::string& path, uid_t owner) {
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0) << path;
    EXPECT_EQ(info.st_uid, owner) << path;
    EXPECT_EQ(info.st_gid, kGroup) << path;
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << path;
  };
  fill();
  ASSERT_EQ(::chown(scratch.path().c_str(), kPractice, kGroup), 0);
  ASSERT_EQ(::chown(file.c_str(), kOther, kGroup), 0);
  auto restored = restore(file, std::nullopt, clock);
  ASSERT_TRUE(restored.ok()) << restored.status().to_string();
  expect_owner(file, kOther);
  expect_owner(restored->broken_file, kOther);
  clock.time += std::chrono::hours(25);
  ASSERT_TRUE(back_up(file, clock).ok());
  expect_owner(backups_of(file).front().file, kOther);

  fs::remove(file);
  ASSERT_TRUE(restore(file, std::nullopt, clock).ok());
  expect_owner(file, kPractice);
  ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
  ASSERT_TRUE(restore(file, std::nullopt, clock).ok());
  expect_owner(file, kPractice);

  // Somebody who may write in the folder, but may not give files away.
  ASSERT_EQ(::chmod(scratch.path().c_str(), 0777), 0);
  const auto set_modes = [&](mode_t mode) {
    for (const Backup& backup : backups_of(file)) {
      ASSERT_EQ(::chmod(backup.file.c_str(), mode), 0);
    }
  };
  set_modes(0644);
  const std::string before = scratch.get("kvconnect.db");
  const auto restore_as = [&](uid_t user) {
    EXPECT_EQ(::seteuid(user), 0);
    Status status = restore(file, std::nullopt, clock).status();
    EXPECT_EQ(::seteuid(0), 0);
    return status;
  };
  const Status unseen = restore_as(kOther);
  ASSERT_TRUE(unseen.is(error::storage_failed)) << unseen.to_string();
  EXPECT_EQ(unseen.params().front().first, kNotPermitted);
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  const Status foreign = restore_as(kOther);
  ASSERT_TRUE(foreign.is(error::storage_failed)) << foreign.to_string();
  EXPECT_EQ(foreign.params().front().first, kOtherOwner);
  EXPECT_EQ(scratch.get("kvconnect.db"), before);
  for (const auto& entry : fs::directory_iterator(scratch.path())) {
    EXPECT_EQ(entry.path().string().find("unfinished"), std::string::npos) << entry.path();
  }
  set_modes(0600);
  const Status unreadable = restore_as(kPractice);
  ASSERT_TRUE(unreadable.is(error::file_unreadable)) << unreadable.to_string();
  ASSERT_EQ(unreadable.params().size(), backups_of(file).size()) << "each is named";
  EXPECT_EQ(unreadable.params().front().first, kNotReadable);
  set_modes(0644);
  const Status own = restore_as(kPractice);
  EXPECT_TRUE(own.ok()) << own.to_string() << ": not root, but the owner is the right one";
}

// Once as a practice system has it open, and once after its examination had it open beside that: closing any descriptor
// of the file there would take the locks of the whole process along.
TEST_F(Backups, DatabaseInUseIsNotRestored) {
  fill();
  for (const bool examined : {false, true}) {
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto database = open();
      static_cast<void>(add(**database, "in use"));
      if (examined) {
        static_cast<void>(open());
      }
      if (::write(ready[1], "x", 1) != 1) {
        ::_exit(2);
      }
      ::pause();
      ::_exit(1);
    }
    char c = 0;
    ASSERT_EQ(::read(ready[0], &c, 1), 1);
    const Status busy = restore(file, std::nullopt, clock).status();
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    EXPECT_TRUE(busy.is(error::storage_busy)) << examined << busy.to_string();
  }
  EXPECT_EQ(rows(*open().value()), 302);
}

TEST_F(Backups, OtherFilesAreNone) {
  fill();
  for (const char* name :
       {"kvconnect.db.backup-", "kvconnect.db.backup-20990101", "kvconnect.db.backup-20990101-00000x",
        "kvconnect.db.backup-20990101-000000.tmp", "xkvconnect.db.backup-20990101-000000"}) {
    scratch.put(name, "x");
  }
  fs::create_symlink("/etc/passwd", scratch.file("kvconnect.db.backup-20990101-000000"));
  fs::create_directory(scratch.file("kvconnect.db.backup-20990101-000001"));
  EXPECT_EQ(backups_of(file).size(), 1U);
  EXPECT_TRUE(backups_of("/nonexistent/kvconnect.db").empty());
}

TEST_F(Backups, FilesOfADsn) {
  EXPECT_EQ(database_file("sqlite", "/d"), "/d/kvconnect.db");
  EXPECT_EQ(database_file("sqlite:x.db", "/d"), "/d/x.db");
  EXPECT_EQ(database_file("sqlite:/e/x.db", "/d"), "/e/x.db");
  for (const char* dsn : {"", "sqlite:", "postgresql://h/d", "sqlitex"}) {
    EXPECT_FALSE(database_file(dsn, "/d").has_value()) << dsn;
  }
}

}  // namespace
}  // namespace kvc::store
