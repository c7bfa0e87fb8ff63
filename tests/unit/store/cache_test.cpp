// SPDX-License-Identifier: Apache-2.0
// What connections keep of a database they have read does not grow with it.
#include <Poco/Data/Session.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <barrier>
#include <string>
#include <thread>
#include <vector>

#include "store/database.h"
#include "store/sql.h"
#include "unit/crypto/openssl_tool.h"

namespace kvc::store {
namespace {

using Poco::Data::Session;
using Poco::Data::Keywords::bind;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;

constexpr int kRows = 6000;  // of 2 KiB: 12 MiB, more than the caches of all connections hold
constexpr int kReaders = 6;
/// For each connection its pages, their administration, the schema and the statement at hand.
constexpr sqlite3_int64 kMostOfConnection = 768LL * 1024;

Status fill(Database& database) {
  return database.write([](Session& session) -> Status {
    for (int i = 0; i < kRows; ++i) {
      session << "INSERT INTO vault_key (account_id, user_id, key_id, sealed, created_at) VALUES (?, 'u', 'k', ?, 1)",
          bind(std::to_string(i)), bind(blob(std::string(2048, 'x'))), now;
    }
    return {};
  });
}

Status read_all(Database& database, std::barrier<>& together) {
  return database.read([&](Session& session) -> Status {
    together.arrive_and_wait();  // each needs a connection of its own
    int bytes = 0;
    session << "SELECT SUM(LENGTH(sealed)) FROM vault_key", into(bytes), now;
    together.arrive_and_wait();
    return bytes == kRows * 2048 ? Status() : Status(error::internal, "not all rows were read");
  });
}

TEST(StoreCache, ConnectionsThatReadEverythingKeepLittle) {
  const test_pki::ScratchDirectory scratch;
  const auto database = Database::open("sqlite", scratch.path(), Env::system(), Log::none());
  ASSERT_TRUE(database.ok()) << database.status().to_string();
  ASSERT_TRUE(fill(**database).ok());
  const sqlite3_int64 before = sqlite3_memory_used();
  std::barrier together(kReaders);
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] { EXPECT_TRUE(read_all(**database, together).ok()); });
  }
  for (std::thread& reader : readers) {
    reader.join();
  }
  EXPECT_GT(sqlite3_memory_used(), before) << "the figure tells nothing";
  EXPECT_LE(sqlite3_memory_used(), kReaders * kMostOfConnection);
}

}  // namespace
}  // namespace kvc::store
