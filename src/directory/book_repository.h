// SPDX-License-Identifier: Apache-2.0
// The address book in the database: tables of migration 0005. Internal to directory/ and its tests.
//
// Every function runs inside one Database::write or read; exceptions of Poco::Data pass through to it. All SQL is what
// SQLite and PostgreSQL both know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/status.h"
#include "directory/entry.h"

namespace Poco::Data {
class Session;
}

namespace kvc::directory {

struct BookRow {
  std::string environment_id, source, stamp, index_id, last_error;
  std::int64_t number = 0, words_version = 0, entries = 0, refreshed_at = 0, tried_at = 0;
};

/// What a user made of an entry.
struct MarkedEntry {
  Entry entry;
  bool favourite = false;
  std::int64_t last_used = 0;  ///< 0: never
};

/// A tidied entry and where it goes.
struct PlacedEntry {
  Entry entry;
  std::string key, fingerprint;
  std::int64_t id = 0;
};

/// Tells whether anything of an entry changed.
std::string fingerprint(const Entry& entry);

std::optional<BookRow> load_book(Poco::Data::Session& session, std::string_view environment_id);

/// Makes the row if there is none, and makes `refresh_id` the one refresh that may write; an older one's leavings go.
void begin_refresh(Poco::Data::Session& session, std::string_view environment_id, std::string_view refresh_id);
/// Error storage_busy: another refresh began since, and it goes on instead.
Status check_refresh(Poco::Data::Session& session, std::string_view environment_id, std::string_view refresh_id);
/// The lowest id that no entry of the book has had.
std::int64_t next_id(Poco::Data::Session& session, const BookRow& book);

struct Known {
  std::int64_t id = 0;  ///< 0: not in the book
  std::string fingerprint;
};
/// For each of `keys`.
std::vector<Known> known_entries(Poco::Data::Session& session, const std::string& environment_id,
                                 const std::vector<std::string>& keys);

void clear_incoming(Poco::Data::Session& session, std::string_view environment_id);
void add_incoming(Poco::Data::Session& session, const std::string& environment_id,
                  const std::vector<PlacedEntry>& entries);
/// Takes the incoming entries into the book, in the place of those with the same id; the others stay if they are in
/// `keep`, and go if they are not.
void merge_incoming(Poco::Data::Session& session, const BookRow& book, const std::unordered_set<std::int64_t>& keep);

void store_index(Poco::Data::Session& session, const std::string& environment_id, std::string_view bytes);
std::string load_index(Poco::Data::Session& session, std::string_view environment_id);
/// Stores the outcome of a refresh.
void store_book(Poco::Data::Session& session, const BookRow& book);

/// Entries in the order of `ids`.
std::vector<Entry> load_entries(Poco::Data::Session& session, const std::vector<std::int64_t>& ids);
std::optional<Entry> find_entry(Poco::Data::Session& session, std::string_view environment_id,
                                std::string_view address_key);

/// Favourites first, then the last used; entries that are in the book no more are not among them.
std::vector<MarkedEntry> marked_entries(Poco::Data::Session& session, std::string_view user_id,
                                        std::string_view environment_id, std::size_t limit);
std::optional<MarkedEntry> marked_entry(Poco::Data::Session& session, std::string_view user_id,
                                        std::string_view environment_id, std::string_view address_key);
/// In the order of use.
std::vector<MarkedEntry> used_entries(Poco::Data::Session& session, std::string_view user_id,
                                      std::string_view environment_id, std::size_t limit);
void set_favourite(Poco::Data::Session& session, std::string_view user_id, std::string_view environment_id,
                   std::string_view address_key, bool favourite);
void set_last_used(Poco::Data::Session& session, std::string_view user_id, std::string_view environment_id,
                   std::string_view address_key, std::int64_t when);

}  // namespace kvc::directory
