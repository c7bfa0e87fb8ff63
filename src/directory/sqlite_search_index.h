// SPDX-License-Identifier: Apache-2.0
// SQLite's FTS5 as the index of the address book. Everything only SQLite knows stands in the .cpp file.
#pragma once

#include "directory/search_index.h"

namespace kvc::directory {

/// An external-content table over directory_entry: the words are stored once, in the entry. No statement is built from
/// what a user typed: the words come as a bound value, each in quotes, and hold letters and digits only.
class SqliteSearchIndex final : public SearchIndex {
 public:
  void prepare(Poco::Data::Session& session) override;
  void remove_doomed(Poco::Data::Session& session, IdRange range) override;
  void remove_all(Poco::Data::Session& session, IdRange range) override;
  void add_incoming(Poco::Data::Session& session, const std::string& environment_id) override;
  void optimise(Poco::Data::Session& session) override;
  std::vector<std::int64_t> find(Poco::Data::Session& session, IdRange range, const std::vector<std::string>& words,
                                 Where where, std::size_t limit) override;
};

}  // namespace kvc::directory
