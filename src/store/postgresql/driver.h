// SPDX-License-Identifier: Apache-2.0
// What the core and kvconnect_postgresql.so, the module with the PostgreSQL client, say to each other. Internal to
// store/.
//
// The module stands apart because its libraries (libpq, and with it Kerberos, LDAP, SASL and GnuTLS: 20 more of them)
// would otherwise be loaded into every practice system's process, also where the database is a file. Both sides are
// built from one tree and installed side by side, so C++ types of Poco cross this border.
#pragma once

#include <array>
#include <string>

namespace Poco::Data {
class SessionImpl;
}

namespace kvc::store::postgresql {

/// How a command of exec() or a connect() ended.
struct Outcome {
  bool ok = false;
  /// The connection is gone; what was sent last may or may not have been done.
  bool connection_lost = false;
  std::array<char, 6> sqlstate{};  ///< five characters, empty if the server said nothing
  std::string value;               ///< first column of the first row of the last statement
};

/// The functions throw nothing but bad_alloc.
struct Driver {
  int version;
  /// Connects with a libpq connection string. Null on failure, then `why` says more: its value is libpq's text, which
  /// may name hosts and users, and is for nobody to see. The caller owns the object.
  Poco::Data::SessionImpl* (*connect)(const std::string& parameters, Outcome& why);
  /// Runs statements without parameters, separated by ';', in one trip to the server.
  Outcome (*exec)(Poco::Data::SessionImpl& session, const char* sql);
  /// False once the connection is known to be gone; asks nobody.
  bool (*alive)(Poco::Data::SessionImpl& session);
};

inline constexpr int kDriverVersion = 1;
inline constexpr const char* kDriverSymbol = "kvc_postgresql_driver";
using DriverEntry = const Driver* (*)();

}  // namespace kvc::store::postgresql
