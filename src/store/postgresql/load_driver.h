// SPDX-License-Identifier: Apache-2.0
// Finds and loads kvconnect_postgresql.so at its first use. Internal to store/.
#pragma once

#include "base/status.h"
#include "store/postgresql/driver.h"

namespace kvc::store::postgresql {

/// The module stands beside the library or program this code is in, or where the product's libraries are installed. It
/// is never unloaded. Error: storage_failed if it is missing, of another version, or lacks a library.
Result<const Driver*> load_driver();

}  // namespace kvc::store::postgresql
