// SPDX-License-Identifier: Apache-2.0
// Sets of ids inside a statement, so that one statement reads what belongs to all of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kvc::store {

/// What stands in the brackets of `account_id IN (...)`, and the values of its '?', in their order.
struct Selection {
  std::string sql;
  std::vector<std::string> args;

  static Selection of(std::string_view id) { return {"?", {std::string(id)}}; }
  /// Of a page of a list, not of everything: each id is an argument of the statement.
  static Selection of(std::vector<std::string> ids) {
    std::string sql = ids.empty() ? "NULL" : "?";
    for (std::size_t i = 1; i < ids.size(); ++i) {
      sql += ", ?";
    }
    return {std::move(sql), std::move(ids)};
  }
};

}  // namespace kvc::store
