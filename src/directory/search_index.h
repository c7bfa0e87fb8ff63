// SPDX-License-Identifier: Apache-2.0
// The full-text index over the address book: the one thing in this folder that is another for every database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace Poco::Data {
class Session;
}

namespace kvc::directory {

/// Ids of the entries of one environment lie in a range of their own.
struct IdRange {
  std::int64_t first = 0, last = 0;  ///< both inclusive
};

/// An index over the columns name_words, practice_words, place_words and other_words of directory_entry. All functions
/// run inside the caller's transaction, so that index and table never disagree; exceptions of Poco::Data pass through
/// to Database::write. The only implementation is SQLite's (sqlite_search_index.h); one for PostgreSQL would use a
/// tsvector column.
class SearchIndex {
 public:
  virtual ~SearchIndex() = default;
  /// Makes the index if it is not there. Called before every other function that writes.
  virtual void prepare(Poco::Data::Session& session) = 0;
  /// Takes rows out before they are deleted: those with doomed = 1, or all of an environment.
  virtual void remove_doomed(Poco::Data::Session& session, IdRange range) = 0;
  virtual void remove_all(Poco::Data::Session& session, IdRange range) = 0;
  /// Takes in the rows of directory_incoming that got an id, after they became entries.
  virtual void add_incoming(Poco::Data::Session& session, const std::string& environment_id) = 0;
  /// Tidies up after many changes; in a transaction of its own.
  virtual void optimise(Poco::Data::Session& session) = 0;

  enum class Where { name, anywhere };
  /// Ids of entries where every one of `words` (directory/words.h, at least one) begins a word; with Where::name at
  /// least one of them a word of the name. In ascending order, at most `limit`.
  virtual std::vector<std::int64_t> find(Poco::Data::Session& session, IdRange range,
                                         const std::vector<std::string>& words, Where where, std::size_t limit) = 0;
};

}  // namespace kvc::directory
