// SPDX-License-Identifier: Apache-2.0
// SQL statements with typed arguments and columns, for the repositories.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "store/selection.h"

namespace Poco::Data {
class Session;
}

namespace kvc::account {

/// One statement: text with '?', then arg() for each of them, then run() or into() for each column and next().
/// Lives inside one Database::write or read. Poco's exceptions pass through to it.
///
///     Sql sql(session, "SELECT id, number FROM generation WHERE account_id = ?");
///     sql.arg(account_id).into(id).into(number);
///     while (sql.next()) { ... }
class Sql {
 public:
  Sql(Poco::Data::Session& session, std::string_view text);
  ~Sql();
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;

  Sql& arg(std::string_view text);
  Sql& arg(std::int64_t number);
  Sql& blob(std::string_view bytes);
  /// All of a set, where its text stands in the statement.
  Sql& args(const store::Selection& selection);

  /// Executes a change; gives the number of rows changed.
  std::size_t run();

  /// The targets must live until the last next().
  Sql& into(std::string& text);
  Sql& into(std::int64_t& number);
  Sql& into_blob(std::string& bytes);
  /// Reads the next row into the targets; false when there is none.
  bool next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kvc::account
