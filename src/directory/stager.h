// SPDX-License-Identifier: Apache-2.0
// Where a book goes while it arrives. Internal to directory/.
#pragma once

#include <unordered_set>

#include "directory/book_repository.h"
#include "directory/refresh.h"
#include "directory/word_index.h"

namespace kvc::directory {

/// Compares what arrives with the book that is there, some hundred entries at a time (other writers get their turn
/// between): what is new or changed goes to directory_incoming, of the rest only the ids are kept. Builds the index of
/// all.
class Stager final : public EntrySink {
 public:
  Stager(const Context& context, const BookRow& book, const std::string& refresh_id)
      : context_(context), book_(book), refresh_id_(refresh_id) {}

  Status begin() override;
  Status add(Entry&& entry) override;
  Status flush();

  [[nodiscard]] std::int64_t given() const { return given_; }  ///< all that came, the unusable ones too
  [[nodiscard]] std::int64_t total() const { return static_cast<std::int64_t>(index_.entries()); }
  [[nodiscard]] std::int64_t added() const { return static_cast<std::int64_t>(new_keys_.size()); }
  [[nodiscard]] std::int64_t changed() const { return static_cast<std::int64_t>(seen_.size() - unchanged_.size()); }
  [[nodiscard]] const std::unordered_set<std::int64_t>& unchanged() const { return unchanged_; }
  std::string finish_index() { return index_.finish(); }

 private:
  std::vector<PlacedEntry> place(const std::vector<Known>& known);

  const Context& context_;
  const BookRow& book_;
  const std::string& refresh_id_;
  std::vector<Entry> entries_;
  std::vector<std::string> keys_;               ///< of entries_
  std::unordered_set<std::int64_t> seen_;       ///< ids of the old book that came again
  std::unordered_set<std::int64_t> unchanged_;  ///< those of them with the same content
  std::unordered_set<std::string> new_keys_;    ///< addresses the old book does not have
  WordIndexBuilder index_;
  std::int64_t next_id_ = 0;
  std::int64_t given_ = 0;
};

}  // namespace kvc::directory
