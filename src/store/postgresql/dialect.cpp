// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/dialect.h"

#include <algorithm>
#include <cctype>

namespace kvc::store::postgresql {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

/// First position behind the quotes that begin at `at`; the end if they are not closed.
std::size_t end_of_quotes(std::string_view sql, std::size_t at) {
  const std::size_t close = sql.find(sql[at], at + 1);
  return close == std::string_view::npos ? sql.size() : close + 1;
}

std::size_t end_of_word(std::string_view sql, std::size_t at) {
  while (at < sql.size() && is_word(sql[at])) {
    ++at;
  }
  return at;
}

std::string_view column_type(std::string_view word) {
  if (word == "BLOB") {
    return "BYTEA";
  }
  return word == "TEXT" ? "TEXT COLLATE \"C\"" : word;
}

std::string translate(std::string_view sql, bool types) {
  std::string text;
  text.reserve(sql.size() + 32);
  int places = 0;
  for (std::size_t at = 0; at < sql.size();) {
    if (sql[at] == '\'' || sql[at] == '"') {
      const std::size_t end = end_of_quotes(sql, at);
      text += sql.substr(at, end - at);
      at = end;
    } else if (sql[at] == '?') {
      text += '$' + std::to_string(++places);
      ++at;
    } else if (is_word(sql[at])) {
      const std::size_t end = end_of_word(sql, at);
      const std::string_view word = sql.substr(at, end - at);
      at = end;
      if ((word == "x" || word == "X") && at < sql.size() && sql[at] == '\'') {
        const std::size_t close = end_of_quotes(sql, at);
        text += "'\\x" + std::string(sql.substr(at + 1, close - at - 1)) + "::bytea";
        at = close;
      } else {
        text += types ? column_type(word) : word;
      }
    } else {
      text += sql[at++];
    }
  }
  return text;
}

}  // namespace

std::string statement(std::string_view sql) {
  return translate(sql, false);
}

std::string definition(std::string_view sql) {
  return translate(sql, true);
}

}  // namespace kvc::store::postgresql
