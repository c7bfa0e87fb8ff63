// SPDX-License-Identifier: Apache-2.0
// What "storage.dsn" says about a PostgreSQL server. Internal to store/.
#pragma once

#include <string>

#include "base/status.h"

namespace kvc::store::postgresql {

struct Dsn {
  std::string parameters;  ///< libpq's connection string; without a password, which libpq finds by itself
  std::string schema;
};

/// `postgresql://[USER@]HOST[:PORT][,HOST[:PORT] ...]/DATABASE[?NAME=VALUE[&NAME=VALUE ...]]`, values percent-encoded.
///
/// Names: sslrootcert (PEM file with the CA of the server, needed for every server but one on this machine), sslmode
/// (verify-full, or disable for this machine), sslcert and sslkey (the workstation's certificate, where the server asks
/// for one), passfile (libpq's password file), host (the directory of a socket, in place of HOST), schema (default
/// public). Files are absolute paths. The password is in passfile or in the environment's PGPASSWORD: a DSN is shown
/// and copied.
///
/// Error: invalid_settings with the parameter "field" = storage.dsn; the detail names what is wrong, never a value.
Result<Dsn> parse_dsn(const std::string& dsn);

}  // namespace kvc::store::postgresql
