// SPDX-License-Identifier: Apache-2.0
// What PostgreSQL's failures mean to us. Internal to store/.
#pragma once

#include <functional>
#include <string_view>

#include "base/status.h"
#include "store/postgresql/driver.h"

namespace kvc::store::postgresql {

/// A failed command. The detail is a sentence of ours: the server's texts hold values of rows.
Status status_of(const Outcome& outcome);
/// A connection that was not made; `text` is libpq's.
Status connect_failed(std::string_view text);
/// The SQLSTATE in the text of an exception of the connector, empty if there is none.
std::string_view sqlstate_in(std::string_view text);

Status unreachable();

/// Runs `work` and turns what it throws into a Status.
Status with_errors(const std::function<Status()>& work);

}  // namespace kvc::store::postgresql
