// SPDX-License-Identifier: Apache-2.0
// What every Database promises, whichever it is: each test runs on SQLite and on PostgreSQL.
#include <Poco/Data/Session.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <vector>

#include "postgresql/cluster.h"
#include "store/database.h"
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

class StoreContract : public ::testing::TestWithParam<bool> {
 protected:
  Result<std::shared_ptr<Database>> open() const {
    return Database::open(dsn_, scratch_.path(), Env::system(), Log::none());
  }

 private:
  const ScratchDirectory scratch_;
  const std::string dsn_ = GetParam() ? test::Cluster::shared().new_dsn() : std::string("sqlite");
};

INSTANTIATE_TEST_SUITE_P(On, StoreContract, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "PostgreSQL" : "SQLite"; });

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

TEST_P(StoreContract, NewOneHasTheCurrentSchema) {
  const auto database = open();
  ASSERT_TRUE(database.ok()) << database.status().to_string();
  EXPECT_EQ((*database)->schema_version(), all_migrations().back().version);
  EXPECT_EQ(count(**database), 0);
}

TEST_P(StoreContract, DataSurvivesReopening) {
  ASSERT_TRUE(add(*open().value(), "a").ok());
  EXPECT_EQ(count(*open().value()), 1);
}

TEST_P(StoreContract, FailedWorkLeavesNothing) {
  const auto database = open().value();
  const auto half = [](Session& session) { session << "INSERT INTO vault_key VALUES ('a', 'u', 'k', x'00', 1)", now; };
  const Status refused = database->write([&](Session& session) -> Status {
    half(session);
    return {error::not_permitted, "no"};
  });
  EXPECT_TRUE(refused.is(error::not_permitted));
  const Status thrown = database->write([&](Session& session) -> Status {
    half(session);
    throw std::runtime_error("Patient Max Muster");
  });
  EXPECT_TRUE(thrown.is(error::internal));
  EXPECT_EQ(thrown.to_string().find("Muster"), std::string::npos) << "texts of exceptions may hold anything";
  const Status wrong_sql = database->write([&](Session& session) -> Status {
    half(session);
    session << "INSERT INTO no_such_table VALUES ('Max Muster')", now;
    return {};
  });
  EXPECT_TRUE(wrong_sql.is(error::storage_failed)) << wrong_sql.to_string();
  EXPECT_EQ(wrong_sql.to_string().find("Muster"), std::string::npos);
  EXPECT_EQ(count(*database), 0);
  EXPECT_TRUE(add(*database, "a").ok());  // the session is usable again
}

TEST_P(StoreContract, SecondEntryOfAKeyExistsAlready) {
  const auto database = open().value();
  ASSERT_TRUE(add(*database, "a").ok());
  const auto status = add(*database, "a");
  EXPECT_TRUE(status.is(error::already_exists)) << status.to_string();
  const auto missing = database->write([](Session& session) -> Status {
    session << "INSERT INTO vault_key VALUES ('b', 'u', NULL, x'00', 1)", now;
    return {};
  });
  EXPECT_TRUE(missing.is(error::storage_failed)) << missing.to_string();
}

TEST_P(StoreContract, ReadingRefusesChanges) {
  const auto database = open().value();
  const auto status = database->read([](Session& session) -> Status {
    session << "INSERT INTO vault_key VALUES ('a', 'u', 'k', x'00', 1)", now;
    return {};
  });
  EXPECT_TRUE(status.is(error::storage_failed)) << status.to_string();
  EXPECT_EQ(count(*database), 0);
  EXPECT_TRUE(add(*database, "a").ok());
}

TEST_P(StoreContract, ReadingSeesOneSnapshot) {
  const auto database = open().value();
  const auto status = database->read([&](Session& session) -> Status {
    int before = -1;
    int after = -1;
    session << "SELECT COUNT(*) FROM vault_key", into(before), now;
    std::thread([&] { EXPECT_TRUE(add(*database, "a").ok()); }).join();
    session << "SELECT COUNT(*) FROM vault_key", into(after), now;
    EXPECT_EQ(before, after);
    return {};
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(count(*database), 1);
}

TEST_P(StoreContract, TransactionInATransactionIsRefused) {
  const auto database = open().value();
  const auto status = database->write([&](Session&) -> Status { return add(*database, "a"); });
  EXPECT_TRUE(status.is(error::invalid_state)) << status.to_string();
  EXPECT_TRUE(add(*database, "a").ok());
}

TEST_P(StoreContract, LeavesNoThreadBehind) {
  const auto threads = [] {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
  };
  const auto before = threads();
  {
    const auto database = open().value();
    ASSERT_TRUE(add(*database, "a").ok());
    EXPECT_EQ(threads(), before) << "a database needs no threads of its own";
  }
  EXPECT_EQ(threads(), before);
}

TEST_P(StoreContract, ThreadsWriteSideBySide) {
  const auto database = open().value();
  constexpr int kThreads = 8;
  constexpr int kEach = 25;
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        failures += add(*database, std::to_string(t), std::to_string(i)).ok() ? 0 : 1;
        int rows = 0;
        failures += database->read([&](Session& session) -> Status {
                              session << "SELECT COUNT(*) FROM vault_key", into(rows), now;
                              return {};
                            })
                            .ok()
                        ? 0
                        : 1;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(failures.load(), 0);
  EXPECT_EQ(count(*database), kThreads * kEach);
}

TEST_P(StoreContract, ValuesComeBackAsTheyWent) {
  const auto database = open().value();
  std::string every_byte;
  for (int c = 0; c < 256; ++c) {
    every_byte += static_cast<char>(c);
  }
  const std::string text = "Grüße: 'quoted' \"double\" \\ ? $1 \n\t 🩺";
  const std::string large(3'000'000, '\x00');
  for (const std::string& bytes_in : {every_byte, std::string("\\x00"), large}) {
    const Status written = database->write([&](Session& session) -> Status {
      session << "DELETE FROM vault_key", now;
      session << "INSERT INTO vault_key (account_id, user_id, key_id, sealed, created_at) "
                 "VALUES (?, ?, 'a?b', ?, ?)",
          bind(text), bind(std::string()), bind(blob(bytes_in)), bind(std::int64_t{1} << 53), now;
      return {};
    });
    ASSERT_TRUE(written.ok()) << written.to_string();
    std::string account = "old", user = "old", key;
    Poco::Data::BLOB sealed;
    std::int64_t created = 0;
    ASSERT_TRUE(database
                    ->read([&](Session& session) -> Status {
                      session << "SELECT account_id, user_id, key_id, sealed, created_at FROM vault_key", into(account),
                          into(user), into(key), into(sealed), into(created), now;
                      return {};
                    })
                    .ok());
    EXPECT_EQ(account, text);
    EXPECT_EQ(user, "");
    EXPECT_EQ(key, "a?b") << "a question mark in quotes is no parameter";
    EXPECT_TRUE(bytes(sealed) == bytes_in);
    EXPECT_EQ(created, std::int64_t{1} << 53);
  }
}

// Keys of pages are compared: the order must be the same wherever the database is.
TEST_P(StoreContract, TextIsOrderedByBytes) {
  const auto database = open().value();
  for (const char* account : {"b", "B", "a", "ä", "Z", "a-b", "aB"}) {
    ASSERT_TRUE(add(*database, account).ok());
  }
  std::vector<std::string> order;
  ASSERT_TRUE(database
                  ->read([&](Session& session) -> Status {
                    session << "SELECT account_id FROM vault_key ORDER BY account_id", into(order), now;
                    return {};
                  })
                  .ok());
  EXPECT_EQ(order, (std::vector<std::string>{"B", "Z", "a", "a-b", "aB", "b", "ä"}));
}

// What was read is still so when it is written: no two writers see the same number.
TEST_P(StoreContract, ReadingAndWritingInOneTransactionIsNeverOvertaken) {
  const auto database = open().value();
  constexpr int kThreads = 6;
  constexpr int kEach = 20;
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        const Status written = database->write([&](Session& session) -> Status {
          int rows = 0;
          session << "SELECT COUNT(*) FROM vault_key", into(rows), now;
          session << "INSERT INTO vault_key (account_id, user_id, key_id, sealed, created_at) "
                     "VALUES (?, 'u', 'k', x'00', 1)",
              bind(std::to_string(rows)), now;
          return {};
        });
        failures += written.ok() ? 0 : 1;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(failures.load(), 0);
  EXPECT_EQ(count(*database), kThreads * kEach);
}

TEST_P(StoreContract, OverlookedFailureIsNoSuccess) {
  const auto database = open().value();
  const Status status = database->write([&](Session& session) -> Status {
    session << "INSERT INTO vault_key VALUES ('a', 'u', 'k', x'00', 1)", now;
    try {
      session << "INSERT INTO vault_key VALUES ('a', 'u', 'k', x'00', 1)", now;
    } catch (const Poco::Exception&) {
      // as a careless caller would
    }
    return {};
  });
  // SQLite goes on after a refused statement, PostgreSQL gives the transaction up: either is fine, a lie is not.
  EXPECT_EQ(count(*database), status.ok() ? 1 : 0) << status.to_string();
}

TEST_P(StoreContract, OwnRowsAreWrittenLikeAnyOther) {
  const auto database = open().value();
  ASSERT_TRUE(database
                  ->write_own([](Session& session) -> Status {
                    session << "INSERT INTO vault_key VALUES ('a', 'u', 'k', x'00', 1)", now;
                    return {};
                  })
                  .ok());
  EXPECT_TRUE(database
                  ->write_own([](Session& session) -> Status {
                    session << "INSERT INTO vault_key VALUES ('a', 'u', 'k', x'00', 1)", now;
                    return {};
                  })
                  .is(error::already_exists));
  EXPECT_EQ(count(*database), 1);
}

}  // namespace
}  // namespace kvc::store
