// SPDX-License-Identifier: Apache-2.0
// The differences between the SQL this project writes and PostgreSQL's: all of them, in one place. Internal to store/.
#pragma once

#include <string>
#include <string_view>

namespace kvc::store::postgresql {

/// A statement as repositories write it: '?' becomes $1, $2 ..., and x'00ff' a bytea. Text in quotes stays as it is.
std::string statement(std::string_view sql);

/// A statement of a migration: as above, BLOB becomes BYTEA, and TEXT is ordered by bytes as SQLite does, whatever the
/// database's own order is (keys of pages are compared, and must mean the same on every server).
std::string definition(std::string_view sql);

}  // namespace kvc::store::postgresql
