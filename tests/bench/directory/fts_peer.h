// SPDX-License-Identifier: Apache-2.0
// What a search costs with SQLite's own full text index, which is what others would take.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "directory/entry.h"

struct sqlite3;
struct sqlite3_stmt;

namespace kvc::bench {

/// FTS5 with prefix indexes of one to six letters, in one file, everything in one column. Ends the program on
/// failure.
class FtsPeer {
 public:
  explicit FtsPeer(const std::string& file);
  ~FtsPeer();
  FtsPeer(const FtsPeer&) = delete;
  FtsPeer& operator=(const FtsPeer&) = delete;
  void add(const directory::Entry& entry);
  void ready();  ///< after the last add()
  /// Every word of `text` begins a word of the entry; at most 50 rows, as they come: it does not even sort them by
  /// name, which we do.
  std::size_t search(std::string_view text);

 private:
  sqlite3_stmt* prepare(const char* sql);
  void run(const char* sql);
  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* search_ = nullptr;
};

}  // namespace kvc::bench
