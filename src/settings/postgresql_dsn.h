// SPDX-License-Identifier: Apache-2.0
// What "storage.dsn" says about a PostgreSQL server.
#pragma once

#include <string>

#include "base/status.h"

namespace kvc::settings {

struct PostgresqlDsn {
  std::string parameters;  ///< for libpq's connection string; without a password, which libpq finds by itself
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
/// Error: invalid_settings with the parameters "field" = storage.dsn, "problem" (a name of kProblemKinds that begins
/// with dsn_) and, where the problem has one, "parameter". The detail names what is wrong in English, never a value.
/// Thread: [any].
Result<PostgresqlDsn> parse_postgresql_dsn(const std::string& dsn);

}  // namespace kvc::settings
