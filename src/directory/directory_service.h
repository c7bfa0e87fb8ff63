// SPDX-License-Identifier: Apache-2.0
// The address book of a network: fetched, kept, searched without a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/log.h"
#include "base/status.h"
#include "directory/entry.h"
#include "directory/source.h"
#include "store/database.h"

namespace kvc::directory {

/// What a refresh did. `changed` entries have an address that was there before and other content.
struct Summary {
  bool not_modified = false;  ///< the server's book is the one we have
  std::string source;         ///< "rest" or "ldap"
  std::int64_t total = 0, added = 0, changed = 0, removed = 0, unchanged = 0;
  std::int64_t skipped = 0;  ///< without an address one could write to, or with one that is in the book twice
};

/// An entry as one user sees it.
struct Hit {
  Entry entry;
  bool favourite = false;
  std::optional<TimePoint> last_used;
};

struct BookStatus {
  std::int64_t entries = 0;
  std::string source;                     ///< of the book that is there
  std::optional<TimePoint> refreshed_at;  ///< last time the book was known to be the server's; none: never fetched
  std::optional<TimePoint> tried_at;      ///< last try, good or not
  std::string last_error;                 ///< key of an ErrorCode if the last try failed, else empty
};

/// Thread: [worker] for refresh() (network), and disk for all others: a search takes milliseconds, but a host's main
/// thread waits for no disk. Thread-safe. Errors of every function: storage_*; no exception leaves.
class DirectoryService {
 public:
  DirectoryService(std::shared_ptr<store::Database> database, SourceFactory sources, Env& env, Log& log);
  ~DirectoryService();
  DirectoryService(const DirectoryService&) = delete;
  DirectoryService& operator=(const DirectoryService&) = delete;

  /// Fetches the book and puts it in the place of the old one in a single transaction: whatever fails, and whenever the
  /// process dies, the old book stays whole. An empty book never replaces one with entries. Errors: those of the
  /// sources, bad_answer, cancelled, storage_busy when another process refreshes the same book. Progress keys:
  /// "directory.download", "directory.read", "directory.store".
  Result<Summary> refresh(std::string_view environment_id, const ProgressFn& progress, const Cancel& cancel);

  /// Entries with words that begin with every word of `text` (directory/words.h), wherever in the entry. The user's
  /// favourites come first, then who was written to last, then those with a hit in the name, each group in the order of
  /// names. Without a word in `text`: favourites, last used, then the beginning of the book. At most `limit`, and never
  /// more than kMaxHits. Nothing is found in a book that was never fetched.
  static constexpr std::size_t kMaxHits = 500;
  Result<std::vector<Hit>> search(std::string_view user_id, std::string_view environment_id, std::string_view text,
                                  std::size_t limit);
  /// The user's last used entries, the last one first.
  Result<std::vector<Hit>> recently_used(std::string_view user_id, std::string_view environment_id, std::size_t limit);
  /// The entry with this address, without regard to case. Error not_found.
  Result<Hit> find(std::string_view user_id, std::string_view environment_id, std::string_view address);

  /// Remembered by address, so that it outlives the entry. Error not_found when a favourite is made of what is not in
  /// the book.
  Status set_favourite(std::string_view user_id, std::string_view environment_id, std::string_view address,
                       bool favourite);
  /// Somebody wrote to this address. OK also for one that is not in the book: it may come into it.
  Status note_used(std::string_view user_id, std::string_view environment_id, std::string_view address);

  Result<BookStatus> status(std::string_view environment_id);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kvc::directory
