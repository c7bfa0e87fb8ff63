// SPDX-License-Identifier: Apache-2.0
#include "store/backup.h"

#include <Poco/Data/SQLite/SessionImpl.h>
#include <Poco/Data/Session.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <string_view>

#include "base/guard.h"
#include "store/sqlite_database.h"
#include "store/sqlite_errors.h"

namespace kvc::store {
namespace {

namespace fs = std::filesystem;
using Poco::Data::Session;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;

constexpr std::string_view kBackup = ".backup-";
constexpr std::string_view kBroken = ".broken-";
constexpr std::string_view kUnfinished = ".unfinished-";
constexpr std::string_view kStampForm = "00000000-000000";
constexpr mode_t kFileMode = S_IRUSR | S_IWUSR;

Status file_failed(const std::string& what, int code) {
  const auto& kind = code == ENOSPC || code == EDQUOT ? error::storage_full : error::storage_failed;
  return {kind, what + ": " + std::generic_category().message(code)};
}

// ---------------------------------------------------------------------------------------------------- names

std::string stamp(TimePoint time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%d-%H%M%S", &utc);
  return text.data();
}

std::optional<TimePoint> time_of_stamp(std::string_view text) {
  const bool formed = text.size() == kStampForm.size() &&
                      std::equal(text.begin(), text.end(), kStampForm.begin(),
                                 [](char c, char form) { return form == '-' ? c == '-' : c >= '0' && c <= '9'; });
  if (!formed) {
    return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t length) {
    return std::stoi(std::string(text.substr(at, length)));
  };
  std::tm utc{};
  utc.tm_year = number(0, 4) - 1900;
  utc.tm_mon = number(4, 2) - 1;
  utc.tm_mday = number(6, 2);
  utc.tm_hour = number(9, 2);
  utc.tm_min = number(11, 2);
  utc.tm_sec = number(13, 2);
  return std::chrono::system_clock::from_time_t(::timegm(&utc));
}

/// A name nobody has; two in one second get a later one.
std::string free_name(const std::string& file, std::string_view kind, Env& env) {
  TimePoint time = env.now();
  std::string name = file + std::string(kind) + stamp(time);
  while (::access(name.c_str(), F_OK) == 0) {
    time += std::chrono::seconds(1);
    name = file + std::string(kind) + stamp(time);
  }
  return name;
}

// ---------------------------------------------------------------------------------------------------- files

Status flush(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool done = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int code = errno;
  if (descriptor >= 0) {
    ::close(descriptor);
  }
  return done ? Status() : file_failed("a backup cannot be written to the disk", code);
}

Status move(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
    return file_failed("a file cannot be renamed", errno);
  }
  return {};
}

/// Whose a copy of the database `file` has to be: root restores for the user the practice system runs as. Without a
/// file, and where root left one in somebody's folder, it is the owner of the folder. Nothing if nobody can tell.
std::optional<struct stat> owner_of(const std::string& file) {
  struct stat folder {};
  struct stat old {};
  const bool known = ::stat(fs::path(file).parent_path().c_str(), &folder) == 0;
  if (::stat(file.c_str(), &old) == 0 && (old.st_uid != 0 || !known)) {
    return old;
  }
  return known ? std::optional(folder) : std::nullopt;
}

/// An empty file with the right mode from its first moment, and with that owner if this user may give files away. The
/// descriptor is the file just made: a name could be another file by now.
Status make_private(const std::string& file, const std::optional<struct stat>& owner) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kFileMode);
  if (descriptor < 0) {
    return file_failed("a backup cannot be made", errno);
  }
  // Without the right to give the group there is still the owner; whether that went well, restore() looks itself.
  [[maybe_unused]] const bool given = owner && (::fchown(descriptor, owner->st_uid, owner->st_gid) == 0 ||
                                                ::fchown(descriptor, owner->st_uid, static_cast<gid_t>(-1)) == 0);
  ::close(descriptor);
  return {};
}

/// Room for a copy of `file` in the folder of `beside`.
Status check_room(const std::string& file, const std::string& beside) {
  struct stat info {};
  struct statvfs disk {};
  if (::stat(file.c_str(), &info) != 0 || ::statvfs(fs::path(beside).parent_path().c_str(), &disk) != 0) {
    return {};  // some network file systems tell nothing
  }
  const auto room = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  return room >= 2 * static_cast<std::uint64_t>(info.st_size)
             ? Status()
             : Status(error::storage_full, "no room for a backup of the database");
}

// ---------------------------------------------------------------------------------------------------- contents

Session connect(const std::string& file) {
  Session session(Poco::AutoPtr<Poco::Data::SessionImpl>(new Poco::Data::SQLite::SessionImpl(file, 10)));
  session << kLittleCache, now;
  return session;
}

/// Every page, not only what an opening looks at. Error: file_unreadable for a database of another program.
Status check_whole(const std::string& file) {
  return with_sqlite_errors([&]() -> Status {
    Session session = connect(file);
    int ours = 0;
    std::string finding;
    session << "SELECT COUNT(*) FROM sqlite_master WHERE name = 'schema_version'", into(ours), now;
    session << "PRAGMA integrity_check(1)", into(finding), now;
    if (finding != "ok") {
      return Status(error::storage_corrupt, "the backup is damaged");
    }
    return ours == 1 ? Status() : Status(error::file_unreadable, "the file is a database of another program");
  });
}

/// One consistent snapshot of `from` as `to`, with nothing that was deleted.
Status copy_database(const std::string& from, const std::string& to, const std::optional<struct stat>& owner) {
  KVC_TRY(make_private(to, owner));
  Status copied = with_sqlite_errors([&]() -> Status {
    Session session = connect(from);
    std::string quoted;
    for (const char c : to) {
      quoted += c == '\'' ? std::string("''") : std::string(1, c);
    }
    session << "VACUUM INTO '" + quoted + "'", now;
    return {};
  });
  if (copied.ok()) {
    copied = check_whole(to);
  }
  if (copied.ok()) {
    copied = flush(to, O_RDONLY);
  }
  if (!copied.ok()) {
    ::unlink(to.c_str());
  }
  return copied;
}

void prune(const std::string& file) {
  const auto all = backups_of(file);
  for (std::size_t i = kBackupsKept; i < all.size(); ++i) {
    ::unlink(all[i].file.c_str());
  }
}

/// What a crash left while a backup was being made. Nobody else makes one that long.
void remove_unfinished(const std::string& file, Env& env) {
  std::error_code failure;
  const std::string begin = fs::path(file).filename().string() + std::string(kUnfinished);
  for (const auto& entry : fs::directory_iterator(fs::path(file).parent_path(), failure)) {
    const std::string name = entry.path().filename().string();
    const auto made =
        name.starts_with(begin) ? time_of_stamp(std::string_view(name).substr(begin.size())) : std::nullopt;
    if (made && *made + kBackupInterval < env.now()) {
      ::unlink(entry.path().c_str());
    }
  }
}

/// Whoever has an SQLite database open in WAL mode holds a lock in its last range of bytes. A file this user may not
/// even look at is somebody else's, so it is left alone; any other failure is what one restores for.
Status check_not_in_use(const std::string& file) {
  constexpr off_t kLocks = 0x40000000;
  constexpr off_t kLength = 512;
  int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) {
    descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (descriptor < 0) {
    return errno == EACCES || errno == EPERM
               ? Status(error::storage_failed, "the database file may not be read").with(kNotPermitted, file)
               : Status();
  }
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = kLocks;
  lock.l_len = kLength;
  const bool held = ::fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(descriptor);
  return held ? Status(error::storage_busy, "another program has the database open") : Status();
}

// ---------------------------------------------------------------------------------------------------- choosing

/// The time in the name of a backup; of a file that somebody named otherwise, its own.
TimePoint time_of_backup(const std::string& backup, const struct stat& info) {
  const std::size_t at = backup.rfind(kBackup);
  const auto made =
      at == std::string::npos ? std::nullopt : time_of_stamp(std::string_view(backup).substr(at + kBackup.size()));
  return made.value_or(std::chrono::system_clock::from_time_t(info.st_mtime));
}

/// Null if the file is a whole backup, else the reason why it cannot be used. SQLite would make a file that is missing.
const char* fault_of(const std::string& backup, const std::string& file, struct stat& info) {
  if (::stat(backup.c_str(), &info) != 0) {
    return errno == ENOENT || errno == ENOTDIR ? kMissing : kNotReadable;
  }
  std::error_code failure;
  if (fs::equivalent(backup, file, failure)) {
    return kTheDatabase;
  }
  if (!S_ISREG(info.st_mode)) {
    return kNoFile;
  }
  const int descriptor = ::open(backup.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return kNotReadable;
  }
  ::close(descriptor);
  if (info.st_size == 0) {
    return kDamaged;
  }
  const Status whole = check_whole(backup);
  if (whole.ok()) {
    return nullptr;
  }
  if (whole.is(error::file_unreadable)) {
    return kForeign;
  }
  return whole.is(error::storage_corrupt) ? kDamaged : kNotReadable;
}

Result<Backup> usable_backup(const std::string& file, const std::optional<std::string>& wanted) {
  std::vector<Backup> all = backups_of(file);
  if (wanted) {
    all = {{fs::absolute(*wanted).lexically_normal().string(), {}}};
  }
  if (all.empty()) {
    return Status(error::file_unreadable, "there is no backup of this database").with(kNoBackup, file);
  }
  Status none(error::file_unreadable, wanted ? "this backup cannot be used" : "no backup of this database is whole");
  for (Backup& backup : all) {
    struct stat info {};
    const char* const fault = fault_of(backup.file, file, info);
    if (fault == nullptr) {
      backup.made = time_of_backup(backup.file, info);
      return backup;
    }
    none = Status(none).with(fault, backup.file);
  }
  return none;
}

/// A database its user cannot open would be no restored one.
Status check_owner(const std::string& copy, const std::string& file, const std::optional<struct stat>& owner) {
  struct stat info {};
  if (!owner || (::stat(copy.c_str(), &info) == 0 && info.st_uid == owner->st_uid)) {
    return {};
  }
  return Status(error::storage_failed, "the backup cannot be given to the owner of the database")
      .with(kOtherOwner, file);
}

/// Until the last step the old database is in its place. Its -wal goes first: applied to another file it would destroy
/// that.
Status exchange(const std::string& file, const std::string& restored, const std::string& broken) {
  if (::link(file.c_str(), broken.c_str()) != 0 && errno != ENOENT) {
    return file_failed("the damaged database cannot be kept aside", errno);
  }
  KVC_TRY(move(file + "-wal", broken + "-wal"));
  KVC_TRY(move(file + "-shm", broken + "-shm"));
  if (::rename(restored.c_str(), file.c_str()) != 0) {
    return file_failed("the backup cannot be put into place", errno);
  }
  return flush(fs::path(file).parent_path().string(), O_RDONLY | O_DIRECTORY);
}

}  // namespace

std::optional<std::string> database_file(const std::string& dsn, const std::string& directory) {
  constexpr std::string_view kScheme = "sqlite:";
  if (dsn == "sqlite") {
    return (fs::path(directory) / "kvconnect.db").string();
  }
  if (!dsn.starts_with(kScheme) || dsn.size() == kScheme.size()) {
    return std::nullopt;
  }
  return (fs::path(directory) / dsn.substr(kScheme.size())).string();  // an absolute FILE replaces the directory
}

std::vector<Backup> backups_of(const std::string& database_file) {
  const fs::path file = fs::absolute(database_file).lexically_normal();
  const std::string begin = file.filename().string() + std::string(kBackup);
  std::vector<Backup> found;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(file.parent_path(), failure)) {
    const std::string name = entry.path().filename().string();
    const auto made =
        name.starts_with(begin) ? time_of_stamp(std::string_view(name).substr(begin.size())) : std::nullopt;
    if (made && entry.is_regular_file(failure) && !entry.is_symlink(failure)) {
      found.push_back({entry.path().string(), *made});
    }
  }
  std::sort(found.begin(), found.end(), [](const Backup& a, const Backup& b) { return a.file > b.file; });
  return found;
}

Status back_up(const std::string& database_file, Env& env) {
  return guarded([&]() -> Status {
    const std::string file = fs::absolute(database_file).lexically_normal().string();
    KVC_TRY(check_room(file, file));
    remove_unfinished(file, env);
    const std::string unfinished = free_name(file, kUnfinished, env);
    KVC_TRY(copy_database(file, unfinished, owner_of(file)));
    KVC_TRY(move(unfinished, free_name(file, kBackup, env)));
    prune(file);
    return flush(fs::path(file).parent_path().string(), O_RDONLY | O_DIRECTORY);
  });
}

Result<Restored> restore(const std::string& database_file, const std::optional<std::string>& backup, Env& env) {
  return guarded([&]() -> Result<Restored> {
    const std::string file = fs::absolute(database_file).lexically_normal().string();
    KVC_TRY(check_not_in_use(file));
    Restored restored;
    KVC_ASSIGN(restored.from, usable_backup(file, backup));
    KVC_TRY(check_room(restored.from.file, file));
    const auto owner = owner_of(file);
    const std::string copy = free_name(file, kUnfinished, env);
    KVC_TRY(copy_database(restored.from.file, copy, owner));
    restored.broken_file = free_name(file, kBroken, env);
    Status exchanged = check_owner(copy, file, owner);
    if (exchanged.ok()) {
      exchanged = exchange(file, copy, restored.broken_file);
    }
    if (!exchanged.ok()) {
      ::unlink(copy.c_str());
      return exchanged;
    }
    if (::access(restored.broken_file.c_str(), F_OK) != 0 &&
        ::access((restored.broken_file + "-wal").c_str(), F_OK) != 0) {
      restored.broken_file.clear();
    }
    return restored;
  });
}

}  // namespace kvc::store
