// SPDX-License-Identifier: Apache-2.0
// The words of a book and the entries they stand in: what makes the search fast. Internal to directory/ and its tests.
//
// Own code, because the full-text index of SQLite (FTS5) was tried first and measured with 200,000 entries: 7 to 40 ms
// for a prefix, 250 ms for two frequent ones, 8 s of a writer's time for a new book, and nothing PostgreSQL has. This
// one takes about 20 MB of memory while it is used.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"

namespace kvc::directory {

/// Immutable, so that any number of threads may search it.
class WordIndex {
 public:
  /// What serialize() made. Error storage_corrupt for anything else: every number is checked, none is trusted.
  static Result<std::shared_ptr<const WordIndex>> load(std::string_view bytes);

  /// Ids of the entries in which every one of `words` begins a word (at least one word), those with a hit in the name
  /// first, each group in the order of the book. At most `limit`. No words: the beginning of the book.
  [[nodiscard]] std::vector<std::int64_t> find(const std::vector<std::string>& words, std::size_t limit) const;
  [[nodiscard]] std::size_t entries() const { return ids_.size(); }

 private:
  friend class WordIndexBuilder;

  using Bits = std::vector<std::uint64_t>;
  void collect(std::string_view prefix, Bits& anywhere, Bits& in_name) const;
  [[nodiscard]] std::string_view word(std::size_t number) const;
  [[nodiscard]] bool plausible() const;

  std::vector<std::int64_t> ids_;          ///< of the entries, in the order of the book
  std::string text_;                       ///< all words, sorted, one behind the other
  std::vector<std::uint32_t> word_ends_;   ///< in text_
  std::vector<std::uint32_t> place_ends_;  ///< in places_, for each word
  std::vector<std::uint32_t> places_;      ///< ascending for each word: 2 * place in ids_, plus 1 for the name
};

/// Collects a book, entry by entry in any order.
class WordIndexBuilder {
 public:
  /// Word lists as directory/words.h makes them. `order` sorts the book, then `id`.
  void add(std::int64_t id, std::string order, std::string_view name_words, std::string_view other_words);
  void clear();
  [[nodiscard]] std::size_t entries() const { return ids_.size(); }
  /// The index as bytes; the builder is empty afterwards.
  std::string finish();

 private:
  void add_words(std::string_view words, std::uint32_t mark);

  std::vector<std::int64_t> ids_;
  std::vector<std::string> orders_;
  std::unordered_map<std::string, std::vector<std::uint32_t>>
      words_;  ///< places as in WordIndex, but in order of arrival
};

}  // namespace kvc::directory
