// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/database.h"

#include <Poco/Data/Session.h>

#include <atomic>
#include <functional>
#include <utility>

#include "base/guard.h"
#include "store/postgresql/connections.h"
#include "store/postgresql/dialect.h"
#include "store/postgresql/errors.h"
#include "store/postgresql/load_driver.h"
#include "store/sql.h"

namespace kvc::store::postgresql {
namespace {

// What the plugin decides by itself. The short times end a wait for a dead server; gssencmode off keeps Kerberos, and
// its search for tickets, out of the practice system's process.
constexpr const char* kFixed =
    " client_encoding=UTF8 application_name=kvconnect connect_timeout=5 keepalives=1 keepalives_idle=30 "
    "keepalives_interval=10 keepalives_count=3 tcp_user_timeout=30000 gssencmode=disable "
    "ssl_min_protocol_version=TLSv1.2 target_session_attrs=read-write";

using Poco::Data::Session;
using Poco::Data::Keywords::bind;
using Poco::Data::Keywords::now;

constexpr int kOldestServer = 120000;  // older ones get no corrections any more
constexpr int kMarksSince = 8;         // 0008_commits.sql; steps before it are repeated without harm
// First halves of the advisory locks' keys, so that other programs' locks are others. The second half is the schema's
// name for the writers' turn, the connection's name for a transaction that somebody may have to wait for.
constexpr const char* kTurn = "1263944001";
constexpr const char* kTransaction = "1263944002";

std::string lock(const char* space, const std::string& name) {
  return std::string("; SELECT pg_advisory_xact_lock(") + space + ", hashtext('" + name + "'))";
}

/// Says what holds for one transaction. A holder that falls silent (switched off in the middle) loses its transaction,
/// and with it the lock, after a minute.
std::string begin(const char* mode, const std::string& schema) {
  return std::string("BEGIN ") + mode + "; SET LOCAL search_path TO \"" + schema +
         "\"; SET LOCAL idle_in_transaction_session_timeout = '60s'; SET LOCAL lock_timeout = " +
         std::to_string(Database::kBusyTimeout.count());
}

std::string begin_read(const std::string& schema) {
  return begin("ISOLATION LEVEL REPEATABLE READ READ ONLY", schema);
}

/// READ COMMITTED: a snapshot made before a lock was granted would be an old one. synchronous_commit is raised if a
/// server has it off: a commit is durable.
std::string begin_own(const std::string& schema, const std::string& connection) {
  return begin("ISOLATION LEVEL READ COMMITTED READ WRITE", schema) +
         "; SELECT set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') = 'off' THEN 'on' "
         "ELSE current_setting('synchronous_commit') END, true)" +
         lock(kTransaction, connection);
}

std::string begin_write(const std::string& schema, const std::string& connection) {
  return begin_own(schema, connection) + lock(kTurn, schema);
}

/// Waits until the transaction of a lost connection has ended, then reads how many it had committed.
std::string begin_inquiry(const std::string& schema, const std::string& lost) {
  return begin("ISOLATION LEVEL READ COMMITTED READ ONLY", schema) + lock(kTransaction, lost) +
         "; SELECT number FROM store_commit WHERE connection = '" + lost + "'";
}

/// The database whose transaction this thread is in; with write_own inside write two connections would wait for each
/// other.
thread_local const Database* in_transaction_of = nullptr;

class PostgresqlDatabase final : public Database {
 public:
  PostgresqlDatabase(const Driver& driver, const settings::PostgresqlDsn& dsn, int version, Env& env)
      : connections_(driver, dsn.parameters + kFixed, env), schema_(dsn.schema), version_(version) {}

  Status write(const std::function<Status(Session&)>& work) override {
    return run(
        work, [this](const std::string& name) { return begin_write(schema_, name); }, marks_);
  }
  Status write_own(const std::function<Status(Session&)>& work) override {
    return run(
        work, [this](const std::string& name) { return begin_own(schema_, name); }, marks_);
  }
  Status read(const std::function<Status(Session&)>& work) override {
    return run(
        work, [this](const std::string&) { return begin_read(schema_); }, false);
  }
  [[nodiscard]] int schema_version() const override { return version_; }

  [[nodiscard]] const std::string& schema() const { return schema_; }

  /// From now on every commit leaves its mark: the table is there. Marks of connections that ended long ago go.
  Status begin_to_mark(Env& env) {
    marks_ = true;
    constexpr std::chrono::hours kKept{7 * 24};
    return write([&](Session& session) -> Status {
      session << "DELETE FROM store_commit WHERE changed_at < ?", bind(millis(env.now() - kKept)), now;
      return {};
    });
  }

 private:
  Status run(const std::function<Status(Session&)>& work, const Connections::Begin& first, bool mark) {
    if (in_transaction_of == this) {
      return {error::invalid_state, "a transaction inside a transaction"};
    }
    in_transaction_of = this;
    const Status status = with_errors([&] { return transaction(work, first, mark); });
    in_transaction_of = nullptr;
    return status;
  }

  Status transaction(const std::function<Status(Session&)>& work, const Connections::Begin& first, bool mark) {
    std::string ignored;
    KVC_ASSIGN(Connection connection, connections_.take(first, ignored));
    const Status outcome = with_errors([&] { return work(connection.session); });
    if (!connections_.alive(connection.session)) {
      return unreachable();  // nothing was committed
    }
    if (!outcome.ok()) {
      roll_back(std::move(connection));
      return outcome;
    }
    return commit(std::move(connection), mark);
  }

  /// What a failed statement left prepared goes too; a connection in doubt is not used again.
  void roll_back(Connection connection) {
    if (connections_.exec(connection.session, "ROLLBACK").ok &&
        connections_.exec(connection.session, "DEALLOCATE ALL").ok) {
      connections_.give_back(std::move(connection));
    }
  }

  Status commit(Connection connection, bool mark) {
    ++connection.commits;
    const Outcome end = connections_.exec(connection.session, (mark ? mark_of(connection) : std::string()) + "COMMIT");
    if (end.connection_lost) {
      return mark ? after_lost_commit(connection) : unreachable();
    }
    if (end.ok && end.value == "COMMIT") {
      connections_.give_back(std::move(connection));
      return {};
    }
    // A statement had failed, and the work went on as if it had not.
    roll_back(std::move(connection));
    return end.ok ? Status(error::storage_failed, "a failed statement was overlooked") : status_of(end);
  }

  std::string mark_of(const Connection& connection) {
    const std::string number = std::to_string(connection.commits);
    const std::string at = std::to_string(millis(connections_.env().now()));
    return "INSERT INTO store_commit (connection, number, changed_at) VALUES ('" + connection.name + "', " + number +
           ", " + at + ") ON CONFLICT (connection) DO UPDATE SET number = " + number + ", changed_at = " + at + "; ";
  }

  /// COMMIT was sent and no answer came.
  Status after_lost_commit(const Connection& lost) {
    std::string number;
    KVC_ASSIGN(Connection connection,
               connections_.take([&](const std::string&) { return begin_inquiry(schema_, lost.name); }, number));
    roll_back(std::move(connection));
    return number == std::to_string(lost.commits) ? Status() : unreachable();
  }

  Connections connections_;
  const std::string schema_;
  const int version_;
  std::atomic<bool> marks_{false};
};

// ---------------------------------------------------------------------------------------------------- schema

template <class T>
T value_of(Session& session, const std::string& sql) {
  T value{};
  session << sql, Poco::Data::Keywords::into(value), now;
  return value;
}

Status check_server(Session& session) {
  if (value_of<int>(session, "SELECT current_setting('server_version_num')::int") < kOldestServer) {
    return Status(error::invalid_settings, "storage.dsn: the database server is older than PostgreSQL 12")
        .with("field", "storage.dsn");
  }
  if (value_of<std::string>(session, "SELECT current_setting('server_encoding')") != "UTF8") {
    return Status(error::invalid_settings, "storage.dsn: the database is not in UTF-8; make it with ENCODING 'UTF8'")
        .with("field", "storage.dsn");
  }
  return {};
}

/// 0 for an empty schema or none. Error: storage_corrupt for one that is not ours.
Result<int> version_of(Session& session, const std::string& schema) {
  const std::string tables = "SELECT count(*) FROM pg_tables WHERE schemaname = '" + schema + "'";
  if (value_of<int>(session, tables + " AND tablename = 'schema_version'") == 1) {
    return value_of<int>(session, "SELECT COALESCE(MAX(version), 0) FROM schema_version");
  }
  if (value_of<int>(session, tables) != 0) {
    return Status(error::storage_corrupt, "the database belongs to another program; name a schema of its own");
  }
  return 0;
}

Status too_new(int found, int known) {
  return Status(error::storage_too_new, "the database has schema version " + std::to_string(found) +
                                            ", this program knows versions up to " + std::to_string(known))
      .with("found", std::to_string(found))
      .with("known", std::to_string(known));
}

/// One step; does nothing if another process made it in the meantime.
Status apply(Session& session, const std::string& schema, const Migration& migration, Env& env, bool& applied) {
  KVC_ASSIGN(const int version, version_of(session, schema));
  applied = version < migration.version;
  if (!applied) {
    return {};
  }
  for (const auto& each : split_statements(migration.sql)) {
    session << definition(each), now;
  }
  session << "INSERT INTO schema_version (version, name, applied_at) VALUES (?, ?, ?)", bind(migration.version),
      bind(std::string(migration.name)), bind(millis(env.now())), now;
  return {};
}

/// Not with every start: the right to make schemas is not what a workstation's user should need.
Status make_schema(PostgresqlDatabase& database) {
  return database.write([&](Session& session) -> Status {
    const std::string& schema = database.schema();
    if (value_of<int>(session, "SELECT count(*) FROM pg_namespace WHERE nspname = '" + schema + "'") == 0) {
      session << "CREATE SCHEMA \"" + schema + "\"", now;
    }
    return {};
  });
}

Status inspect(PostgresqlDatabase& database, int& version) {
  return database.read([&](Session& session) -> Status {
    KVC_TRY(check_server(session));
    KVC_ASSIGN(version, version_of(session, database.schema()));
    return {};
  });
}

Status migrate(PostgresqlDatabase& database, const std::vector<Migration>& migrations, Env& env, Log& log) {
  int version = 0;
  KVC_TRY(inspect(database, version));
  if (version > database.schema_version()) {
    return too_new(version, database.schema_version());
  }
  if (version == 0) {
    KVC_TRY(make_schema(database));
  }
  for (const Migration& migration : migrations) {
    if (migration.version <= version) {
      continue;
    }
    bool applied = false;
    KVC_TRY(
        database.write([&](Session& session) { return apply(session, database.schema(), migration, env, applied); }));
    if (applied) {
      log.write(LogLevel::info, "store", "database migrated: " + std::string(migration.name));
    }
  }
  return database.schema_version() >= kMarksSince ? database.begin_to_mark(env) : Status();
}

}  // namespace

Result<std::shared_ptr<Database>> open_database(const settings::PostgresqlDsn& dsn,
                                                const std::vector<Migration>& migrations, Env& env, Log& log) {
  return guarded([&]() -> Result<std::shared_ptr<Database>> {
    KVC_ASSIGN(const Driver* driver, load_driver());
    const int version = migrations.empty() ? 0 : migrations.back().version;
    const auto database = std::make_shared<PostgresqlDatabase>(*driver, dsn, version, env);
    KVC_TRY(migrate(*database, migrations, env, log));
    return std::shared_ptr<Database>(database);
  });
}

}  // namespace kvc::store::postgresql
