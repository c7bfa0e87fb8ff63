// SPDX-License-Identifier: Apache-2.0
// Small conversions between our values and what Poco::Data binds, for everybody who writes SQL.
//
// Binding: `use(value)` keeps a reference, so the value must outlive `now`; `bind(value)` copies. Columns that may be
// NULL are read into Poco::Nullable<T>. Text with secrets never goes into the SQL text itself.
#pragma once

#include <Poco/Data/LOB.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/env.h"

namespace kvc::store {

/// Bytes for a BLOB column, and back. Poco binds empty bytes as NULL: a column that may be empty is nullable.
Poco::Data::BLOB blob(std::string_view bytes);
std::string bytes(const Poco::Data::BLOB& blob);

/// Text that every database takes: PostgreSQL refuses NUL and what is no UTF-8. Each such byte becomes U+FFFD.
std::string storable(std::string_view text);

/// Times are BIGINT columns: milliseconds since 1970-01-01 UTC.
std::int64_t millis(TimePoint time);
TimePoint time_of(std::int64_t millis);

}  // namespace kvc::store
