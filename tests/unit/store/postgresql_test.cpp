// SPDX-License-Identifier: Apache-2.0
// What only a server has: TLS and logins, restarts, lost connections, many processes that come together.
#include <Poco/Data/Session.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

#include "postgresql/cluster.h"
#include "store/database.h"
#include "store/migrations.h"
#include "store/postgresql/database.h"
#include "store/sql.h"

namespace kvc::store {
namespace {

using Poco::Data::Session;
using Poco::Data::Keywords::bind;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
using test::Cluster;

Result<std::shared_ptr<Database>> open(const std::string& dsn) {
  return Database::open(dsn, "/nonexistent", Env::system(), Log::none());
}

void insert(Session& session, const std::string& account, const std::string& user) {
  session << "INSERT INTO vault_key (account_id, user_id, key_id, sealed, created_at) VALUES (?, ?, 'k', x'00', 1)",
      bind(account), bind(user), now;
}

Status add(Database& database, const std::string& account, const std::string& user) {
  return database.write([&](Session& s) { return insert(s, account, user), Status(); });
}

int number(Database& database, const std::string& sql) {
  int value = -1;
  const Status read = database.read([&](Session& session) -> Status {
    session << sql, into(value), now;
    return {};
  });
  EXPECT_TRUE(read.ok()) << read.to_string();
  return value;
}

int rows(Database& database) {
  return number(database, "SELECT COUNT(*) FROM vault_key");
}

pid_t child(const std::function<int()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::_exit(work());
  }
  return pid;
}

int ended(pid_t pid) {
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status;
}

// Ends the connection of a transaction from within: the server's answer to the next statement is its end.
void cut(Session& session) {
  session << "SELECT pg_terminate_backend(pg_backend_pid())", now;
}

TEST(Postgresql, TlsIsVerifiedAndPasswordsComeFromTheFile) {
  const Cluster& cluster = Cluster::shared();
  const std::string schema = "&schema=tls_" + std::to_string(::getpid());
  const std::string ca = "sslrootcert=" + cluster.file("ca.pem");
  const std::string password = "&passfile=" + cluster.file("passfile") + schema;
  const auto good = open(cluster.tls_dsn("localhost", ca + password));
  ASSERT_TRUE(good.ok()) << good.status().to_string();
  int encrypted = 0;
  ASSERT_TRUE((*good)
                  ->read([&](Session& session) -> Status {
                    session << "SELECT count(*) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl AND version >= "
                               "'TLSv1.2'",
                        into(encrypted), now;
                    return {};
                  })
                  .ok());
  EXPECT_EQ(encrypted, 1);

  const auto refused = [&](const std::string& host, const std::string& options) {
    const Status status = open(cluster.tls_dsn(host, options)).status();
    EXPECT_EQ(status.to_string().find("Testkennwort"), std::string::npos);
    EXPECT_EQ(status.to_string().find(cluster.file("")), std::string::npos);
    return status;
  };
  EXPECT_TRUE(
      refused("localhost", "sslrootcert=" + cluster.file("other_ca.pem") + password).is(error::storage_unreachable))
      << "signed by another CA";
  EXPECT_TRUE(refused("127.0.0.1", ca + password).is(error::storage_unreachable)) << "another name";
  EXPECT_TRUE(refused("localhost", "sslmode=disable" + password).is(error::invalid_settings)) << "TLS is asked for";
  const Status wrong = refused("localhost", ca + "&passfile=" + cluster.file("wrong_passfile") + schema);
  EXPECT_TRUE(wrong.is(error::invalid_settings)) << wrong.to_string();
  EXPECT_TRUE(refused("localhost", ca + "&passfile=/nonexistent" + schema).is(error::invalid_settings));
  EXPECT_TRUE(refused("localhost", "sslrootcert=/nonexistent" + password).is(error::invalid_settings));
}

TEST(Postgresql, DatabasesThatWillNotDo) {
  const Cluster& cluster = Cluster::shared();
  EXPECT_TRUE(open(cluster.dsn("nobody_made_this")).status().is(error::invalid_settings));
  const Status latin = open(cluster.dsn("latin")).status();
  EXPECT_TRUE(latin.is(error::invalid_settings)) << latin.to_string();
  EXPECT_NE(latin.to_string().find("UTF-8"), std::string::npos);
}

TEST(Postgresql, SchemaOfAnotherProgramIsLeftAlone) {
  const std::string dsn = Cluster::shared().new_dsn();
  const auto database = open(dsn).value();
  ASSERT_TRUE(database
                  ->write([](Session& session) -> Status {
                    session << "DROP TABLE schema_version", now;
                    return {};
                  })
                  .ok());
  EXPECT_TRUE(open(dsn).status().is(error::storage_corrupt));
}

TEST(Postgresql, NewerDatabaseIsRefusedUntouched) {
  const auto dsn = settings::parse_postgresql_dsn(Cluster::shared().new_dsn()).value();
  auto newer = all_migrations();
  newer.push_back({newer.back().version + 1, "future", "CREATE TABLE future (id TEXT);"});
  ASSERT_TRUE(postgresql::open_database(dsn, newer, Env::system(), Log::none()).ok());
  const Status status = postgresql::open_database(dsn, all_migrations(), Env::system(), Log::none()).status();
  EXPECT_TRUE(status.is(error::storage_too_new)) << status.to_string();
}

TEST(Postgresql, EveryOlderVersionLeadsToTheSameSchema) {
  const char* const columns =
      "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || "
      "COALESCE(column_default, '') || ' ' || COALESCE(collation_name, '') FROM information_schema.columns WHERE "
      "table_schema = current_schema() ORDER BY 1";
  const char* const indexes =
      "SELECT replace(indexdef, current_schema() || '.', '') FROM pg_indexes WHERE schemaname = current_schema() ORDER "
      "BY 1";
  const auto schema_of = [&](Database& database) {
    std::vector<std::string> all;
    for (const char* sql : {columns, indexes}) {
      std::vector<std::string> found;
      EXPECT_TRUE(database
                      .read([&](Session& session) -> Status {
                        session << std::string(sql), into(found), now;
                        return {};
                      })
                      .ok());
      all.insert(all.end(), found.begin(), found.end());
    }
    return all;
  };
  const auto expected = schema_of(*open(Cluster::shared().new_dsn()).value());
  EXPECT_GT(expected.size(), 100U);
  for (std::size_t version = 1; version < all_migrations().size(); ++version) {
    const auto dsn = settings::parse_postgresql_dsn(Cluster::shared().new_dsn()).value();
    const std::vector<Migration> older(all_migrations().begin(),
                                       all_migrations().begin() + static_cast<std::ptrdiff_t>(version));
    ASSERT_TRUE(postgresql::open_database(dsn, older, Env::system(), Log::none()).ok());
    const auto database = postgresql::open_database(dsn, all_migrations(), Env::system(), Log::none());
    ASSERT_TRUE(database.ok()) << database.status().to_string();
    EXPECT_EQ(schema_of(**database), expected) << "from version " << version;
  }
}

TEST(Postgresql, FailedStepLeavesTheStepBefore) {
  const auto dsn = settings::parse_postgresql_dsn(Cluster::shared().new_dsn()).value();
  auto broken = all_migrations();
  broken.push_back(
      {broken.back().version + 1, "broken", "CREATE TABLE half_done (id TEXT); INSERT INTO no_such_table VALUES (1);"});
  EXPECT_TRUE(postgresql::open_database(dsn, broken, Env::system(), Log::none()).status().is(error::storage_failed));
  const auto database = postgresql::open_database(dsn, all_migrations(), Env::system(), Log::none()).value();
  EXPECT_EQ(number(*database,
                   "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = "
                   "'half_done'"),
            0);
}

TEST(Postgresql, OneProcessMigratesWhileEightOpen) {
  const std::string dsn = Cluster::shared().new_dsn();
  constexpr int kEach = 20;
  std::vector<pid_t> children;
  for (int p = 0; p < 8; ++p) {
    children.push_back(child([&] {
      const auto database = open(dsn);
      int failures = database.ok() ? 0 : 100;
      for (int i = 0; database.ok() && i < kEach; ++i) {
        failures += add(**database, std::to_string(p), std::to_string(i)).ok() ? 0 : 1;
      }
      return failures;
    }));
  }
  for (const pid_t pid : children) {
    EXPECT_EQ(ended(pid), 0);
  }
  const auto database = open(dsn).value();
  EXPECT_EQ(rows(*database), 8 * kEach);
  EXPECT_EQ(number(*database, "SELECT count(*) FROM schema_version"), static_cast<int>(all_migrations().size()));
}

TEST(Postgresql, KilledProcessLeavesWhatItCommittedAndNoLock) {
  const std::string dsn = Cluster::shared().new_dsn();
  const int status = ended(child([&] {
    const auto database = open(dsn);
    if (!database.ok() || !add(**database, "a", "committed").ok()) {
      return 1;
    }
    static_cast<void>((*database)->write([](Session& session) -> Status {
      insert(session, "a", "lost");
      ::kill(::getpid(), SIGKILL);
      return {};
    }));
    return 2;
  }));
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  const auto database = open(dsn).value();
  EXPECT_TRUE(add(*database, "a", "after").ok()) << "the dead one still holds the lock";
  EXPECT_EQ(rows(*database), 2);
}

TEST(Postgresql, ConnectionLostInTheMiddleChangesNothing) {
  const auto database = open(Cluster::shared().new_dsn()).value();
  const Status lost = database->write([](Session& session) -> Status {
    insert(session, "a", "lost");
    cut(session);
    return {};
  });
  EXPECT_TRUE(lost.is(error::storage_unreachable)) << lost.to_string();
  EXPECT_GT(lost.retry_after().count(), 0);
  EXPECT_EQ(rows(*database), 0);
  EXPECT_TRUE(add(*database, "a", "again").ok());
  const Status careless = database->write([](Session& session) -> Status {
    insert(session, "a", "lost");
    try {
      cut(session);
    } catch (const Poco::Exception&) {
      // the caller goes on as if nothing had been
    }
    return {};
  });
  EXPECT_TRUE(careless.is(error::storage_unreachable)) << careless.to_string();
  EXPECT_EQ(rows(*database), 1);
}

TEST(Postgresql, IdleConnectionsThatWereCutAreReplaced) {
  const auto database = open(Cluster::shared().new_dsn()).value();
  const auto other = open(Cluster::shared().new_dsn()).value();
  for (int i = 0; i < 5; ++i) {
    int pid = 0;
    ASSERT_TRUE(database
                    ->write([&](Session& session) -> Status {
                      session << "SELECT pg_backend_pid()", into(pid), now;
                      return {};
                    })
                    .ok());
    EXPECT_EQ(number(*other, "SELECT count(*) FROM (SELECT pg_terminate_backend(" + std::to_string(pid) + ")) AS t"),
              1);
    const Status after = add(*database, "a", std::to_string(i));
    EXPECT_TRUE(after.ok()) << after.to_string();
  }
  EXPECT_EQ(rows(*database), 5);
}

// Writers that learn of every commit what became of it, while the server dies under them.
void write_while(const Cluster& cluster, const std::string& dsn, void (Cluster::*disturb)() const) {
  const auto database = open(dsn).value();
  std::atomic<bool> stop{false};
  std::atomic<int> done{0};
  std::atomic<int> said_ok{0};
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; !stop; ++i) {
        const Status written = add(*database, std::to_string(t), std::to_string(i));
        if (written.ok()) {
          ++said_ok;
        } else {
          // The same row once more: what was refused was not written.
          const Status again = add(*database, std::to_string(t), std::to_string(i));
          EXPECT_FALSE(again.is(error::already_exists)) << "refused, and written all the same: " << written.to_string();
          said_ok += again.ok() ? 1 : 0;
        }
        ++done;
      }
    });
  }
  for (int round = 0; round < 3; ++round) {
    const int before = done;
    while (done < before + 40) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    (cluster.*disturb)();
  }
  const int before = done;
  while (done < before + 40) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  stop = true;
  for (auto& writer : writers) {
    writer.join();
  }
  EXPECT_EQ(rows(*database), said_ok.load());
}

TEST(PostgresqlRestart, NeitherLosesNorDoubles) {
  const Cluster cluster;
  write_while(cluster, cluster.new_dsn(), &Cluster::restart);
  write_while(cluster, cluster.new_dsn(), &Cluster::kill);
}

TEST(PostgresqlRestart, ServerThatIsNotThereIsSaid) {
  class Impatient final : public Env {
   public:
    [[nodiscard]] TimePoint now() const override { return Env::system().now(); }
    [[nodiscard]] std::chrono::steady_clock::time_point monotonic() const override { return Env::system().monotonic(); }
    bool sleep(Millis, const std::atomic<bool>&) override { return false; }
    void random(std::span<std::uint8_t> out) override { Env::system().random(out); }
    double jitter() override { return 0.5; }
  } env;
  std::string dsn;
  std::shared_ptr<Database> database;
  {
    const Cluster cluster;
    dsn = cluster.new_dsn();
    database = Database::open(dsn, "", env, Log::none()).value();
    ASSERT_TRUE(add(*database, "a", "b").ok());
  }
  const Status gone = add(*database, "a", "c");
  EXPECT_TRUE(gone.is(error::storage_unreachable)) << gone.to_string();
  const Status still_gone = Database::open(dsn, "", env, Log::none()).status();
  EXPECT_TRUE(still_gone.is(error::storage_unreachable)) << still_gone.to_string();
}

}  // namespace
}  // namespace kvc::store
