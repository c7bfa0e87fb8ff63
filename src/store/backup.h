// SPDX-License-Identifier: Apache-2.0
// Backups of a database file, beside it, and the way back. For SQLite only: a server's backups are its administrator's.
//
// A backup holds what the database holds, so nothing in it is a usable secret (design section 4): whoever copies it
// away gains no more than by copying the database. Mode 0600 and the database's owner, whoever makes it; from one
// consistent snapshot while others write.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/status.h"

namespace kvc::store {

/// How many are kept; with one a day, the days one can go back.
inline constexpr std::size_t kBackupsKept = 5;
inline constexpr std::chrono::hours kBackupInterval{24};

struct Backup {
  std::string file;
  TimePoint made;
};

/// The file a DSN means; nothing for another kind of database. Relative to `directory`, where "sqlite" is kvconnect.db.
std::optional<std::string> database_file(const std::string& dsn, const std::string& directory);

/// Newest first. Nothing is opened.
std::vector<Backup> backups_of(const std::string& database_file);

/// Makes a backup, checks it, and removes those beyond kBackupsKept. Errors: storage_full if the disk has not twice the
/// room it takes (nothing was written), storage_corrupt if the database cannot be read to its end (older backups stay),
/// or those of Database. Thread: [any]; takes about as long as copying the file.
Status back_up(const std::string& database_file, Env& env);

struct Restored {
  Backup from;
  std::string broken_file;  ///< where the old database was put, with its -wal beside it if it had one; empty: none
};

/// Why a restoration was refused: names of parameters of the error, whose values are the files they are about.
inline constexpr const char* kMissing = "missing";
inline constexpr const char* kNoFile = "no_file";  ///< a directory, a device
inline constexpr const char* kNotReadable = "not_readable";
inline constexpr const char* kDamaged = "damaged";  ///< or no database
inline constexpr const char* kForeign = "foreign";  ///< a database of another program
inline constexpr const char* kTheDatabase = "the_database";
inline constexpr const char* kNoBackup = "no_backup";          ///< of that database, which need not exist
inline constexpr const char* kNotPermitted = "not_permitted";  ///< that database may not be read by this user
inline constexpr const char* kOtherOwner = "other_owner";      ///< that database is another user's

/// Puts a backup in the place of the database: the newest beside it that is whole, or the one named, wherever it lies.
/// The old database is kept under another name, whatever state it is in. The restored one has its owner, or the
/// folder's if it is gone. A crash at any moment leaves the old one or the restored one in its place. Errors:
/// storage_busy if another program has the database open, file_unreadable if there is no usable backup, storage_failed
/// with kNotPermitted or kOtherOwner (nothing was changed), or those of back_up.
Result<Restored> restore(const std::string& database_file, const std::optional<std::string>& backup, Env& env);

}  // namespace kvc::store
