// SPDX-License-Identifier: Apache-2.0
// The address book in the database: tables of migration 0005. Internal to directory/ and its tests.
//
// Every function runs inside one Database::write or read; exceptions of Poco::Data pass through to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "directory/entry.h"
#include "directory/search_index.h"
#include "directory/words.h"

namespace kvc::directory {

struct BookRow {
  std::string environment_id, source, stamp, last_error;
  std::int64_t number = 0, words_version = 0, entries = 0, refreshed_at = 0, tried_at = 0;
};

/// A book's ids: its number, then 40 bits for the place.
IdRange ids_of(std::int64_t book_number);

/// What happened to the entries.
struct Difference {
  std::int64_t total = 0, added = 0, changed = 0, removed = 0, unchanged = 0;
};

/// What a user made of an entry, and the words to search it by.
struct MarkedEntry {
  Entry entry;
  bool favourite = false;
  std::int64_t last_used = 0;  ///< 0: never
  std::string words;
};

std::optional<BookRow> load_book(Poco::Data::Session& session, std::string_view environment_id);

/// Makes the row if there is none, and makes `refresh_id` the one refresh that may write; an older one's leavings go.
void begin_refresh(Poco::Data::Session& session, SearchIndex& index, std::string_view environment_id,
                   std::string_view refresh_id);
/// Error storage_busy: another refresh began since, and it goes on instead.
Status check_refresh(Poco::Data::Session& session, std::string_view environment_id, std::string_view refresh_id);

void clear_incoming(Poco::Data::Session& session, std::string_view environment_id);
/// Tidied entries. Of several with one address the first stays.
void add_incoming(Poco::Data::Session& session, std::string_view environment_id, const std::vector<Entry>& entries);
std::int64_t count_incoming(Poco::Data::Session& session, std::string_view environment_id);

/// Makes the incoming book the book: only what differs is written, unless that is so much that writing all anew is
/// cheaper. In the end the index agrees with the table; the incoming rows are still there.
Difference merge_incoming(Poco::Data::Session& session, SearchIndex& index, const BookRow& book);

/// Stores the outcome of a refresh.
void store_book(Poco::Data::Session& session, const BookRow& book);

/// Entries in the order of `ids`.
std::vector<Entry> load_entries(Poco::Data::Session& session, const std::vector<std::int64_t>& ids);
/// In the book's order.
std::vector<std::int64_t> first_ids(Poco::Data::Session& session, IdRange range, std::size_t limit);
std::optional<Entry> find_entry(Poco::Data::Session& session, std::string_view environment_id,
                                std::string_view address_key);

/// Favourites first, then the last used; entries that are in the book no more are not among them.
std::vector<MarkedEntry> marked_entries(Poco::Data::Session& session, std::string_view user_id,
                                        std::string_view environment_id, std::size_t limit);
std::optional<MarkedEntry> marked_entry(Poco::Data::Session& session, std::string_view user_id,
                                        std::string_view environment_id, std::string_view address_key);
void set_favourite(Poco::Data::Session& session, std::string_view user_id, std::string_view environment_id,
                   std::string_view address_key, bool favourite);
void set_last_used(Poco::Data::Session& session, std::string_view user_id, std::string_view environment_id,
                   std::string_view address_key, std::int64_t when);

}  // namespace kvc::directory
