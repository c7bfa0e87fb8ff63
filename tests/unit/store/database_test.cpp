// SPDX-License-Identifier: Apache-2.0
#include "store/database.h"

#include <Poco/Data/Session.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "store/migrations.h"
#include "store/sql.h"
#include "unit/crypto/openssl_tool.h"

namespace kvc::store {
namespace {

using Poco::Data::Session;
using Poco::Data::Keywords::bind;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
using test_pki::ScratchDirectory;

Result<std::shared_ptr<Database>> open_in(const std::string& directory, const std::string& dsn = "sqlite") {
  return Database::open(dsn, directory, Env::system(), Log::none());
}

Status add(Database& database, const std::string& account, const std::string& user = "u") {
  return database.write([&](Session& session) -> Status {
    session << "INSERT INTO vault_key (account_id, user_id, key_id, sealed, created_at) VALUES (?, ?, 'k', ?, 1)",
        bind(account), bind(user), bind(blob("sealed")), now;
    return {};
  });
}

int count(Database& database) {
  int rows = -1;
  EXPECT_TRUE(database
                  .read([&](Session& session) -> Status {
                    session << "SELECT COUNT(*) FROM vault_key", into(rows), now;
                    return {};
                  })
                  .ok());
  return rows;
}

unsigned mode_of(const std::string& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 ? static_cast<unsigned>(info.st_mode) & 0777U : 0U;
}

TEST(Database, NewOneHasTheCurrentSchema) {
  const ScratchDirectory scratch;
  const auto database = open_in(scratch.path());
  ASSERT_TRUE(database.ok()) << database.status().to_string();
  EXPECT_EQ((*database)->schema_version(), all_migrations().back().version);
  EXPECT_TRUE(std::filesystem::exists(scratch.file("kvconnect.db")));
  EXPECT_EQ(count(**database), 0);
}

TEST(Database, NobodyElseMayReadIt) {
  const ScratchDirectory scratch;
  const std::string directory = scratch.file("new");
  const mode_t before = ::umask(0);  // the widest one: the mode must not come from it
  {
    const auto database = open_in(directory);
    ASSERT_TRUE(database.ok()) << database.status().to_string();
    ASSERT_TRUE(add(**database, "a").ok());
    for (const char* end : {"", "-wal", "-shm"}) {
      EXPECT_EQ(mode_of(directory + "/kvconnect.db" + end), 0600U) << end;
    }
    EXPECT_EQ(mode_of(directory), 0700U);
  }
  ASSERT_EQ(::chmod((directory + "/kvconnect.db").c_str(), 0644), 0);
  ASSERT_TRUE(open_in(directory).ok());
  EXPECT_EQ(mode_of(directory + "/kvconnect.db"), 0600U);
  EXPECT_EQ(::umask(before), 0U) << "the umask of the process was touched";
}

TEST(Database, Dsn) {
  const ScratchDirectory scratch;
  EXPECT_TRUE(open_in(scratch.path(), "sqlite:other.db").ok());
  EXPECT_TRUE(std::filesystem::exists(scratch.file("other.db")));
  EXPECT_TRUE(open_in("/nonexistent", "sqlite:" + scratch.file("absolute.db")).ok());
  EXPECT_TRUE(std::filesystem::exists(scratch.file("absolute.db")));
  for (const char* dsn : {"", "sqlite:", "sqlit", "sqlitex", "postgresql:", "postgresql://user:Geheim-1@host/db"}) {
    const auto status = open_in(scratch.path(), dsn).status();
    EXPECT_TRUE(status.is(error::invalid_settings)) << dsn;
    EXPECT_EQ(status.to_string().find("Geheim-1"), std::string::npos);
  }
}

TEST(Database, SettingsOfEveryConnection) {
  const ScratchDirectory scratch;
  const auto database = open_in(scratch.path()).value();
  const auto check = [](Session& session) -> Status {
    const std::pair<const char*, const char*> expected[] = {{"journal_mode", "wal"}, {"synchronous", "2"},
                                                            {"foreign_keys", "1"},   {"secure_delete", "1"},
                                                            {"temp_store", "2"},     {"busy_timeout", "10000"}};
    for (const auto& [name, value] : expected) {
      std::string found;
      session << std::string("PRAGMA ") + name, into(found), now;
      EXPECT_EQ(found, value) << name;
    }
    return {};
  };
  EXPECT_TRUE(database
                  ->write([&](Session& session) -> Status {
                    std::thread([&] { EXPECT_TRUE(database->read(check).ok()); }).join();  // a second session
                    return check(session);
                  })
                  .ok());
}

TEST(Database, DeletedSecretsAreOverwritten) {
  const ScratchDirectory scratch;
  {
    const auto database = open_in(scratch.path()).value();
    ASSERT_TRUE(add(*database, "konto-mit-eindeutigem-namen").ok());
    ASSERT_TRUE(database
                    ->write([](Session& session) -> Status {
                      session << "DELETE FROM vault_key", now;
                      return {};
                    })
                    .ok());
  }
  EXPECT_EQ(scratch.get("kvconnect.db").find("konto-mit-eindeutigem-namen"), std::string::npos);
}

TEST(Database, FullDiskIsSaidAndHarmless) {
  const ScratchDirectory scratch;
  const auto database = open_in(scratch.path()).value();
  ASSERT_TRUE(add(*database, "a").ok());
  const auto status = database->write([](Session& session) -> Status {
    int pages = 0;
    session << "PRAGMA page_count", into(pages), now;
    session << "PRAGMA max_page_count=" + std::to_string(pages + 5), now;
    session << "INSERT INTO vault_key VALUES ('b', 'u', 'k', zeroblob(1000000), 1)", now;
    return {};
  });
  EXPECT_TRUE(status.is(error::storage_full)) << status.to_string();
  EXPECT_EQ(count(*database), 1);
  EXPECT_EQ(count(*open_in(scratch.path()).value()), 1);
}

TEST(Database, CorruptFileIsRefusedAndLeftAlone) {
  const ScratchDirectory scratch;
  {
    const auto database = open_in(scratch.path()).value();
    for (int i = 0; i < 300; ++i) {
      ASSERT_TRUE(add(*database, "account " + std::to_string(i)).ok());
    }
  }
  const std::string good = scratch.get("kvconnect.db");
  std::string bad_page = good;
  bad_page.replace(good.size() - 8000, 4000, std::string(4000, '\x5a'));
  const std::string contents[] = {
      "this is no database, but somebody's letter. It is longer than the header of a database: " +
          std::string(2000, 'x'),
      good.substr(0, good.size() / 2 / 4096 * 4096), bad_page,
      std::string(5000, '\0').replace(0, 16, good.substr(0, 16))};
  for (const auto& content : contents) {
    scratch.put("kvconnect.db", content);
    const auto status = open_in(scratch.path()).status();
    EXPECT_TRUE(status.is(error::storage_corrupt)) << status.to_string();
    EXPECT_EQ(scratch.get("kvconnect.db"), content);
  }
}

TEST(Database, DatabaseOfAnotherProgramIsLeftAlone) {
  const ScratchDirectory scratch;
  {
    const auto database = open_in(scratch.path()).value();
    ASSERT_TRUE(database
                    ->write([](Session& session) -> Status {
                      session << "CREATE TABLE letters (id TEXT)", now;
                      session << "DROP TABLE schema_version", now;
                      return {};
                    })
                    .ok());
  }
  const std::string content = scratch.get("kvconnect.db");
  EXPECT_TRUE(open_in(scratch.path()).status().is(error::storage_corrupt));
  EXPECT_EQ(scratch.get("kvconnect.db"), content);
}

TEST(Database, UnusableDirectories) {
  const ScratchDirectory scratch;
  const auto file = scratch.put("file", "x");
  EXPECT_TRUE(open_in(file).status().is(error::storage_failed));
  EXPECT_TRUE(open_in(scratch.file("a/b/c")).status().is(error::storage_failed));
  std::filesystem::create_directory(scratch.file("kvconnect.db"));
  EXPECT_TRUE(open_in(scratch.path()).status().is(error::storage_failed));
  std::filesystem::create_symlink(scratch.file("target.db"), scratch.file("link.db"));
  EXPECT_TRUE(open_in(scratch.path(), "sqlite:link.db").status().is(error::storage_failed));
  EXPECT_FALSE(std::filesystem::exists(scratch.file("target.db")));
}

TEST(Sql, Conversions) {
  const std::string binary("\0\xff\x80 text", 8);
  EXPECT_EQ(bytes(blob(binary)), binary);
  EXPECT_EQ(bytes(blob("")), "");
  EXPECT_EQ(millis(TimePoint(Millis(1234))), 1234);
  EXPECT_EQ(millis(TimePoint(Millis(-1)) + std::chrono::microseconds(1)), -1);
  EXPECT_EQ(time_of(1700000000123), TimePoint(Millis(1700000000123)));
}

TEST(Sql, TextEveryDatabaseTakes) {
  const std::string good = "a\u00e4\u20ac\U0001FA7A\n";
  EXPECT_EQ(storable(good), good);
  EXPECT_EQ(storable(""), "");
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(storable(std::string_view("a\0b", 3)), "a" + mark + "b");
  for (const std::string& bad : {std::string("\xff"), std::string("\x80"), std::string("\xc3"), std::string("\xc0\x80"),
                                 std::string("\xe0\x80\x80"), std::string("\xed\xa0\x80"),
                                 std::string("\xf4\x90\x80\x80"), std::string("\xf0\x9f\xa9")}) {
    std::string expected = "x";
    for (std::size_t i = 0; i < bad.size(); ++i) {
      expected += mark;
    }
    EXPECT_EQ(storable("x" + bad + "y"), expected + "y");
  }
}

}  // namespace
}  // namespace kvc::store
