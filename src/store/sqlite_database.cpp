// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_database.h"

#include <Poco/Data/SQLite/SessionImpl.h>
#include <Poco/Data/Session.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <utility>

#include "base/guard.h"
#include "store/backup.h"
#include "store/sql.h"
#include "store/sqlite_errors.h"

namespace kvc::store {
namespace {

using Poco::Data::Session;
using Poco::Data::Keywords::bind;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;

constexpr std::size_t kIdleSessions = 8;
constexpr mode_t kFileMode = S_IRUSR | S_IWUSR;
constexpr mode_t kDirectoryMode = S_IRWXU;

void execute(Session& session, const std::string& sql) {
  session << sql, now;
}

template <class T>
T value_of(Session& session, const std::string& sql) {
  T value{};
  session << sql, into(value), now;
  return value;
}

// ---------------------------------------------------------------------------------------------------- the file

Status file_failed(const std::string& what, int code) {
  const auto& kind = code == ENOSPC || code == EDQUOT ? error::storage_full : error::storage_failed;
  return {kind, what + ": " + std::generic_category().message(code)};
}

/// A file that is there is never opened here: POSIX drops every lock a process has on a file as soon as the process
/// closes any descriptor of it, and this process may have the database open already (fcntl(2), "Record locks").
Status check_file(const std::string& file) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0) {
    return file_failed("the database file cannot be opened", errno);
  }
  if (S_ISLNK(info.st_mode)) {
    return file_failed("the database file cannot be opened", ELOOP);
  }
  if (!S_ISREG(info.st_mode)) {
    return {error::storage_failed, "the database is no ordinary file"};
  }
  return ::faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) == 0
             ? Status()
             : file_failed("the database file cannot be opened", errno);
}

/// The file is made before SQLite sees it, so that it never exists with other rights, whatever the umask is; SQLite
/// gives its -wal and -shm files the rights of the database.
Status prepare_file(const std::string& file) {
  const auto directory = std::filesystem::path(file).parent_path();
  if (::mkdir(directory.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    return file_failed("the directory of the database cannot be made", errno);
  }
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kFileMode);
  if (made < 0) {
    return errno == EEXIST ? check_file(file) : file_failed("the database file cannot be opened", errno);
  }
  ::close(made);
  return {};
}

/// A database that somebody copied in with wider rights.
void tighten_mode(const std::string& file, Log& log) {
  struct stat info {};
  if (::stat(file.c_str(), &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0 &&
      ::chmod(file.c_str(), kFileMode) == 0) {
    log.write(LogLevel::warning, "store", "the database could be read by others; its file mode is 0600 now");
  }
}

// ---------------------------------------------------------------------------------------------------- sessions

/// Made without Poco's SessionFactory: its connectors are registered for the whole process, which belongs to the host.
Session connect(const std::string& file) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Database::kBusyTimeout).count();
  const Poco::AutoPtr<Poco::Data::SessionImpl> session(
      new Poco::Data::SQLite::SessionImpl(file, static_cast<std::size_t>(seconds)));
  return Session(session);
}

/// What holds for one connection only. Temporary tables stay in memory: a temporary file would hold content.
void configure(Session& session) {
  execute(session, "PRAGMA busy_timeout=" + std::to_string(Database::kBusyTimeout.count()));
  execute(session, "PRAGMA synchronous=FULL");
  execute(session, "PRAGMA foreign_keys=ON");
  execute(session, "PRAGMA secure_delete=ON");
  execute(session, "PRAGMA temp_store=MEMORY");
  execute(session, "PRAGMA trusted_schema=OFF");
  execute(session, kLittleCache);
}

/// For the pieces of mails. They pass through once, so a cache for them would only be memory that grows with the mail.
/// NORMAL: no fsync for each piece. The commit that makes the mail complete runs with FULL and syncs the same log, in
/// which the pieces stand before it (https://www.sqlite.org/pragma.html#pragma_synchronous).
void configure_for_pieces(Session& session) {
  execute(session, "PRAGMA synchronous=NORMAL");
  execute(session, "PRAGMA cache_size=-64");
}

/// The switch to WAL needs the file alone for a moment and does not wait for it by itself.
Status switch_to_wal(Session& session, Env& env) {
  constexpr Millis kPause{50};
  const std::atomic<bool> never{false};
  Status status;
  for (auto waited = Millis{0}; waited < Database::kBusyTimeout; waited += kPause) {
    status = with_sqlite_errors([&] {
      const auto mode = value_of<std::string>(session, "PRAGMA journal_mode=WAL");
      return mode == "wal" ? Status() : Status(error::storage_failed, "the database cannot be switched to WAL");
    });
    if (!status.is(error::storage_busy)) {
      return status;
    }
    env.sleep(kPause, never);
  }
  return status;
}

// ---------------------------------------------------------------------------------------------------- schema

/// 0 for an empty database. Error: storage_corrupt for a database that is not ours.
///
/// One statement counts both, as between two of them another process may make the first tables.
Result<int> version_of(Session& session) {
  int ours = 0;
  int objects = 0;
  session << "SELECT COALESCE(SUM(type = 'table' AND name = 'schema_version'), 0), COUNT(*) FROM sqlite_master",
      into(ours), into(objects), now;
  if (ours == 1) {
    return value_of<int>(session, "SELECT COALESCE(MAX(version), 0) FROM schema_version");
  }
  if (objects != 0) {
    return Status(error::storage_corrupt, "the file is a database of another program");
  }
  return 0;
}

Status check_integrity(Session& session) {
  const auto finding = value_of<std::string>(session, "PRAGMA quick_check(1)");
  return finding == "ok" ? Status() : Status(error::storage_corrupt, "the integrity check of the database failed");
}

Status too_new(int found, int known) {
  return Status(error::storage_too_new, "the database has schema version " + std::to_string(found) +
                                            ", this program knows versions up to " + std::to_string(known))
      .with("found", std::to_string(found))
      .with("known", std::to_string(known));
}

/// Leaves the transaction that is open, if one is: some errors of SQLite end it by themselves.
bool roll_back(Session& session) noexcept {
  try {
    execute(session, "ROLLBACK");
    return true;
  } catch (...) {
    return false;
  }
}

/// One step; does nothing if another process made it in the meantime.
Status apply(Session& session, const Migration& migration, Env& env) {
  const Status status = with_sqlite_errors([&]() -> Status {
    execute(session, "BEGIN IMMEDIATE");
    KVC_ASSIGN(const int version, version_of(session));
    if (version >= migration.version) {
      execute(session, "ROLLBACK");
      return {};
    }
    for (const auto& statement : split_statements(migration.sql)) {
      execute(session, statement);
    }
    session << "INSERT INTO schema_version (version, name, applied_at) VALUES (?, ?, ?)", bind(migration.version),
        bind(std::string(migration.name)), bind(millis(env.now())), now;
    execute(session, "COMMIT");
    return {};
  });
  if (!status.ok()) {
    roll_back(session);
  }
  return status;
}

Status migrate(Session& session, const std::vector<Migration>& migrations, Env& env, Log& log) {
  KVC_ASSIGN(const int version, version_of(session));
  for (const auto& migration : migrations) {
    if (migration.version > version) {
      KVC_TRY(apply(session, migration, env));
      log.write(LogLevel::info, "store", "database migrated: " + std::string(migration.name));
    }
  }
  return {};
}

// ---------------------------------------------------------------------------------------------------- the database

/// The database whose transaction this thread is in; waiting for oneself would only end at the busy timeout.
thread_local const Database* in_transaction_of = nullptr;

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::string file, int version, Env& env) : file_(std::move(file)), version_(version), env_(env) {}

  void adopt(Session session) { give_back(shared_, std::move(session)); }

  Status write(const std::function<Status(Session&)>& work) override {
    return run(shared_, work, "BEGIN IMMEDIATE", "COMMIT", nullptr);
  }

  Status write_own(const std::function<Status(Session&)>& work) override {
    return run(pieces_, work, "BEGIN IMMEDIATE", "COMMIT", nullptr);
  }

  Status read(const std::function<Status(Session&)>& work) override {
    return run(shared_, work, "BEGIN", "ROLLBACK", "PRAGMA query_only=");
  }

  Status read_own(const std::function<Status(Session&)>& work) override {
    return run(pieces_, work, "BEGIN", "ROLLBACK", "PRAGMA query_only=");
  }

  /// Every process looks whether one is due; of two that make one at the same time, both are good.
  Status maintain() override {
    const std::lock_guard lock(maintenance_);
    const auto backups = backups_of(file_);
    if (!backups.empty() && env_.now() - backups.front().made < kBackupInterval) {
      return {};
    }
    return back_up(file_, env_);
  }

  [[nodiscard]] int schema_version() const override { return version_; }

 private:
  /// Connections of one kind that nobody uses at the moment.
  struct Pool {
    void (*configure_more)(Session&) = nullptr;
    std::vector<Session> idle = {};
  };

  Status run(Pool& pool, const std::function<Status(Session&)>& work, const char* begin, const char* end,
             const char* read_only) {
    if (in_transaction_of == this) {
      return {error::invalid_state, "a transaction inside a transaction"};
    }
    in_transaction_of = this;
    const Status status = with_sqlite_errors([&]() -> Status {
      Session session = take(pool);
      if (read_only != nullptr) {
        execute(session, std::string(read_only) + "ON");
      }
      execute(session, begin);
      const Status outcome = finish(session, work, end);
      if (!outcome.ok() && !roll_back(session)) {
        // SQLite may have rolled back itself; a session in doubt is not used again.
        return outcome;
      }
      if (read_only != nullptr) {
        execute(session, std::string(read_only) + "OFF");
      }
      give_back(pool, std::move(session));
      return outcome;
    });
    in_transaction_of = nullptr;
    return status;
  }

  static Status finish(Session& session, const std::function<Status(Session&)>& work, const char* end) {
    return with_sqlite_errors([&]() -> Status {
      KVC_TRY(work(session));
      execute(session, end);
      return {};
    });
  }

  Session take(Pool& pool) {
    {
      const std::lock_guard lock(mutex_);
      if (!pool.idle.empty()) {
        Session session = std::move(pool.idle.back());
        pool.idle.pop_back();
        return session;
      }
    }
    Session session = connect(file_);
    configure(session);
    if (pool.configure_more != nullptr) {
      pool.configure_more(session);
    }
    return session;
  }

  void give_back(Pool& pool, Session session) {
    const std::lock_guard lock(mutex_);
    if (pool.idle.size() < kIdleSessions) {
      pool.idle.push_back(std::move(session));
    }
  }

  const std::string file_;
  const int version_;
  Env& env_;
  std::mutex mutex_, maintenance_;
  Pool shared_{nullptr}, pieces_{&configure_for_pieces};
};

/// Everything that only looks comes first: a file that is refused is left as it was.
Status inspect(Session& session, int known_version) {
  KVC_ASSIGN(const int version, version_of(session));
  if (version > known_version) {
    return too_new(version, known_version);
  }
  return check_integrity(session);
}

/// A step that fails is rolled back, so a disk without room for a backup does not keep a practice from working.
void back_up_before_migration(Session& session, const std::string& file, int known_version, Env& env, Log& log) {
  const auto found = version_of(session);
  if (!found.ok() || *found == 0 || *found >= known_version) {
    return;
  }
  const Status made = back_up(file, env);
  if (!made.ok()) {
    log.write(LogLevel::warning, "store", std::string("no backup before the migration: ") + made.code().key);
  }
}

/// An empty database in the place of one that had backups would hide that everything is gone.
Status check_not_gone(const std::string& file) {
  std::error_code failure;
  const auto size = std::filesystem::file_size(file, failure);
  if ((failure || size == 0) && !backups_of(file).empty()) {
    return {error::storage_corrupt, "the database file is gone or empty, but there are backups of it"};
  }
  return {};
}

Result<std::shared_ptr<Database>> open_prepared(const std::string& file, const std::vector<Migration>& migrations,
                                                Env& env, Log& log) {
  const int version = migrations.empty() ? 0 : migrations.back().version;
  const auto database = std::make_shared<SqliteDatabase>(file, version, env);
  const Status status = with_sqlite_errors([&]() -> Status {
    Session session = connect(file);
    execute(session, "PRAGMA busy_timeout=" + std::to_string(Database::kBusyTimeout.count()));
    execute(session, kLittleCache);
    KVC_TRY(inspect(session, version));
    tighten_mode(file, log);
    configure(session);
    KVC_TRY(switch_to_wal(session, env));
    back_up_before_migration(session, file, version, env, log);
    KVC_TRY(migrate(session, migrations, env, log));
    database->adopt(std::move(session));
    return {};
  });
  if (!status.ok()) {
    return status;
  }
  return std::shared_ptr<Database>(database);
}

}  // namespace

Result<std::shared_ptr<Database>> open_sqlite(const std::string& file, const std::vector<Migration>& migrations,
                                              Env& env, Log& log) {
  return guarded([&]() -> Result<std::shared_ptr<Database>> {
    const std::string absolute = std::filesystem::absolute(file).lexically_normal().string();
    KVC_TRY(check_not_gone(absolute));
    KVC_TRY(prepare_file(absolute));
    return open_prepared(absolute, migrations, env, log);
  });
}

}  // namespace kvc::store
