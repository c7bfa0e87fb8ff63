// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

#include <Poco/Data/Session.h>
#include <gtest/gtest.h>

#include "store/sql.h"
#include "store/sqlite_database.h"
#include "unit/crypto/openssl_tool.h"

namespace kvc::store {
namespace {

using Poco::Data::Session;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
using test_pki::ScratchDirectory;

Result<std::shared_ptr<Database>> open_at(const ScratchDirectory& scratch, const std::vector<Migration>& migrations) {
  return open_sqlite(scratch.file("m.db"), migrations, Env::system(), Log::none());
}

std::vector<Migration> first(std::size_t count) {
  const auto& all = all_migrations();
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)};
}

/// Names and definitions of everything in the schema.
std::string schema_of(Database& database) {
  std::vector<std::string> rows;
  EXPECT_TRUE(
      database
          .read([&](Session& session) -> Status {
            session << "SELECT type || ' ' || name || ' ' || COALESCE(sql, '') FROM sqlite_master ORDER BY name",
                into(rows), now;
            return {};
          })
          .ok());
  std::string text;
  for (const auto& row : rows) {
    text += row + "\n";
  }
  return text;
}

std::vector<std::string> column(Database& database, const std::string& sql) {
  std::vector<std::string> values;
  EXPECT_TRUE(database
                  .read([&](Session& session) -> Status {
                    session << sql, into(values), now;
                    return {};
                  })
                  .ok());
  return values;
}

Status execute(Database& database, const std::string& sql) {
  return database.write([&](Session& session) -> Status {
    session << sql, now;
    return {};
  });
}

TEST(Migrations, AreNumberedAndNamed) {
  int expected = 1;
  for (const auto& migration : all_migrations()) {
    EXPECT_EQ(migration.version, expected++);
    EXPECT_FALSE(migration.name.empty());
    EXPECT_FALSE(split_statements(migration.sql).empty());
  }
  EXPECT_GT(expected, 1);
}

TEST(Migrations, UseOnlyWhatPostgresqlKnowsToo) {
  for (const auto& migration : all_migrations()) {
    for (const auto& statement : split_statements(migration.sql)) {
      for (const char* word :
           {"AUTOINCREMENT", "WITHOUT ROWID", "INSERT OR", "PRAGMA", "DATETIME", "TRIGGER", " STRICT"}) {
        EXPECT_EQ(statement.find(word), std::string::npos) << migration.name << ": " << word;
      }
    }
  }
}

TEST(Migrations, FromEveryOlderVersionToTheSameSchema) {
  const ScratchDirectory fresh;
  const auto expected = schema_of(*open_at(fresh, all_migrations()).value());
  for (std::size_t version = 0; version <= all_migrations().size(); ++version) {
    SCOPED_TRACE("from version " + std::to_string(version));
    const ScratchDirectory scratch;
    if (version > 0) {
      const auto old = open_at(scratch, first(version));
      ASSERT_TRUE(old.ok()) << old.status().to_string();
      EXPECT_EQ((*old)->schema_version(), static_cast<int>(version));
      ASSERT_TRUE(
          execute(**old, "INSERT INTO vault_secret VALUES ('account', 'kv_password', 'key', x'0102', 42)").ok());
    }
    const auto database = open_at(scratch, all_migrations());
    ASSERT_TRUE(database.ok()) << database.status().to_string();
    EXPECT_EQ(schema_of(**database), expected);
    EXPECT_EQ(
        column(**database, "SELECT account_id FROM vault_secret WHERE sealed = x'0102' AND changed_at = 42").size(),
        version > 0 ? 1U : 0U);
    EXPECT_EQ(column(**database, "SELECT name FROM schema_version ORDER BY version").size(), all_migrations().size());
  }
}

// 0006_threads.sql: rows of the version before begin their own threads; what was tried may have left.
TEST(Migrations, ThreadsTakeOverOutboxAndInbox) {
  const ScratchDirectory scratch;
  {
    const auto old = open_at(scratch, first(5));
    ASSERT_TRUE(old.ok()) << old.status().to_string();
    const auto run = [&](const std::string& sql) {
      const Status done = execute(**old, sql);
      EXPECT_TRUE(done.ok()) << done.to_string();
    };
    run("INSERT INTO account (id, environment_id, username, username_key, display_name, description, address, state, "
        "created_at) VALUES ('a', 'e', 'u', 'u', 'n', '', '', 'ready', 1)");
    run("INSERT INTO mail_blob (id, account_id, complete, created_at) VALUES ('b', 'a', 1, 1)");
    run("INSERT INTO outbox (id, account_id, message_id, recipient, service_id, subject, in_reply_to, state, "
        "receipt_requested, details, created_at, next_try, tries) VALUES ('o1', 'a', 'm1', 'r', 's', 's', '', "
        "'queued', 1, "
        "x'01', 1, 1, 0), ('o2', 'a', 'm2', 'r', 's', 's', '', 'queued', 1, x'01', 1, 1, 3)");
    run("INSERT INTO inbox (id, account_id, message_id, sender, service_id, in_reply_to, subject, header_date, "
        "received_at, "
        "blob_id) VALUES ('i1', 'a', 'm3', 'x', 's', '', 's', '', 1, 'b')");
  }
  const auto database = open_at(scratch, all_migrations());
  ASSERT_TRUE(database.ok()) << database.status().to_string();
  using Values = std::vector<std::string>;
  EXPECT_EQ(column(**database, "SELECT thread_id FROM outbox ORDER BY id"), (Values{"o1", "o2"}));
  EXPECT_EQ(column(**database, "SELECT thread_id FROM inbox"), Values{"i1"});
  EXPECT_EQ(column(**database, "SELECT id FROM outbox WHERE may_have_left = 1"), Values{"o2"});
  EXPECT_EQ(
      column(**database, "SELECT id FROM outbox WHERE service_key = '' AND thread_key = '' AND delivery_key = ''"),
      (Values{"o1", "o2"}));
  EXPECT_EQ(column(**database, "SELECT id FROM inbox WHERE unassigned = 0 AND too_large_limit = 0"), Values{"i1"});
}

// 0009_read_counts.sql: marks of the version before learn account and service of their messages.
TEST(Migrations, ReadCountsTakeOverTheMarks) {
  const ScratchDirectory scratch;
  {
    const auto old = open_at(scratch, first(8));
    ASSERT_TRUE(old.ok()) << old.status().to_string();
    for (const std::string account : {"a", "b"}) {
      ASSERT_TRUE(execute(**old,
                          "INSERT INTO account (id, environment_id, username, username_key, display_name, "
                          "description, address, state, created_at) VALUES ('" +
                              account + "', 'e', '" + account + "', '" + account + "', 'n', '', '', 'ready', 1)")
                      .ok());
      ASSERT_TRUE(execute(**old, "INSERT INTO mail_blob (id, account_id, complete, created_at) VALUES ('blob " +
                                     account + "', '" + account + "', 1, 1)")
                      .ok());
      for (const std::string service : {"", "earztbrief"}) {
        const std::string id = account + "/" + service;
        ASSERT_TRUE(execute(**old,
                            "INSERT INTO inbox (id, account_id, message_id, sender, service_id, in_reply_to, "
                            "subject, header_date, received_at, blob_id, service_key) VALUES ('" +
                                id + "', '" + account + "', 'm" + service + "', 'x', 's', '', 's', '', 1, 'blob " +
                                account + "', '" + service + "')")
                        .ok());
        ASSERT_TRUE(
            execute(**old, "INSERT INTO inbox_read SELECT id, 'anna', 1 FROM inbox WHERE id = '" + id + "'").ok());
      }
    }
  }
  const auto database = open_at(scratch, all_migrations());
  ASSERT_TRUE(database.ok()) << database.status().to_string();
  const auto marks =
      column(**database, "SELECT inbox_id || ' ' || account_id || '/' || service_key FROM inbox_read ORDER BY 1");
  ASSERT_EQ(marks.size(), 4U);
  for (const std::string& mark : marks) {
    const auto space = mark.find(' ');
    EXPECT_EQ(mark.substr(0, space), mark.substr(space + 1));
  }
}

TEST(Migrations, NewerDatabaseIsRefusedUntouched) {
  const ScratchDirectory scratch;
  {
    auto newer = all_migrations();
    newer.push_back({newer.back().version + 1, "future", "CREATE TABLE future (id TEXT);"});
    ASSERT_TRUE(open_at(scratch, newer).ok());
  }
  const auto before = scratch.get("m.db");
  const auto status = open_at(scratch, all_migrations()).status();
  ASSERT_TRUE(status.is(error::storage_too_new)) << status.to_string();
  EXPECT_EQ(status.params().at(0).second, std::to_string(all_migrations().back().version + 1));
  EXPECT_EQ(status.params().at(1).second, std::to_string(all_migrations().back().version));
  EXPECT_EQ(scratch.get("m.db"), before);
}

TEST(Migrations, FailedStepLeavesTheStepBefore) {
  const ScratchDirectory scratch;
  auto broken = all_migrations();
  const int next = broken.back().version + 1;
  broken.push_back({next, "broken", "CREATE TABLE half_done (id TEXT); INSERT INTO no_such_table VALUES (1);"});
  EXPECT_TRUE(open_at(scratch, broken).status().is(error::storage_failed));
  const auto database = open_at(scratch, all_migrations());
  ASSERT_TRUE(database.ok()) << database.status().to_string();
  EXPECT_EQ(schema_of(**database).find("half_done"), std::string::npos);
  broken.back().sql = "CREATE TABLE half_done (id TEXT);";
  EXPECT_TRUE(open_at(scratch, broken).ok());
}

TEST(Migrations, RunOnce) {
  const ScratchDirectory scratch;
  auto counting = all_migrations();
  counting.push_back({counting.back().version + 1, "counting",
                      "CREATE TABLE runs (id TEXT); INSERT INTO runs VALUES ('one; not two');"});
  ASSERT_TRUE(open_at(scratch, counting).ok());
  EXPECT_EQ(column(*open_at(scratch, counting).value(), "SELECT id FROM runs"),
            std::vector<std::string>{"one; not two"});
}

TEST(SplitStatements, CommentsAndQuotes) {
  using Statements = std::vector<std::string>;
  EXPECT_EQ(split_statements(""), Statements{});
  EXPECT_EQ(split_statements(" ; ;\n-- only; a comment"), Statements{});
  EXPECT_EQ(split_statements("a;b"), (Statements{"a", "b"}));
  EXPECT_EQ(split_statements("a -- x; y\n b;"), (Statements{"a \n b"}));
  EXPECT_EQ(split_statements("INSERT 'it''s; -- fine';\"x;y\";"), (Statements{"INSERT 'it''s; -- fine'", "\"x;y\""}));
  EXPECT_EQ(split_statements("open 'quote; "), (Statements{"open 'quote; "}));
  EXPECT_EQ(split_statements("1 - 2; 3"), (Statements{"1 - 2", " 3"}));
}

}  // namespace
}  // namespace kvc::store
