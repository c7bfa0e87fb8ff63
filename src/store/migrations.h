// SPDX-License-Identifier: Apache-2.0
// The steps that lead from an empty database to the schema of this version. Internal to store/ and its tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kvc::store {

/// One file of src/store/migrations.
struct Migration {
  int version;  ///< from 1, without gaps
  std::string_view name;
  std::string_view sql;  ///< statements that end with ';'
};

/// All of them, in order. The last one's version is the schema version of this library.
const std::vector<Migration>& all_migrations();

/// Cuts a migration into its statements, without comments. A ';' inside quotes does not end one.
std::vector<std::string> split_statements(std::string_view sql);

}  // namespace kvc::store
