// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

#include <algorithm>

namespace kvc::store {
namespace {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// First position at or after `at` that is no longer in the comment or the quotes that begin at `at`; `at` for anything
/// else.
std::size_t end_of_special(std::string_view sql, std::size_t at) {
  if (sql.substr(at, 2) == "--") {
    return std::min(sql.find('\n', at), sql.size());
  }
  if (sql[at] == '\'' || sql[at] == '"') {
    const std::size_t close = sql.find(sql[at], at + 1);
    return close == std::string_view::npos ? sql.size() : close + 1;
  }
  return at;
}

}  // namespace

std::vector<std::string> split_statements(std::string_view sql) {
  std::vector<std::string> statements;
  std::string current;
  for (std::size_t at = 0; at < sql.size();) {
    const std::size_t end = end_of_special(sql, at);
    if (end > at) {
      if (sql[at] != '-') {
        current += sql.substr(at, end - at);
      }
      at = end;
    } else if (sql[at] == ';') {
      statements.push_back(std::move(current));
      current.clear();
      ++at;
    } else {
      current += sql[at++];
    }
  }
  if (!is_blank(current)) {
    statements.push_back(std::move(current));
  }
  std::erase_if(statements, [](const std::string& statement) { return is_blank(statement); });
  return statements;
}

}  // namespace kvc::store
