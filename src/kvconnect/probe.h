// SPDX-License-Identifier: Apache-2.0
// One careful look at a server: what a diagnosis shows.
#pragma once

#include <optional>
#include <string>

#include "base/env.h"
#include "kvconnect/client.h"
#include "kvconnect/tls_policy.h"

namespace kvc::kvconnect {

struct Probe {
  std::string address;            ///< IP address and port that answered
  TlsFacts tls;                   ///< protocol, cipher and certificate of a full handshake
  std::string version;            ///< of `server/version`
  std::optional<TimePoint> date;  ///< Date field of the answer, to the second
  Millis duration{0};             ///< name resolution to the end of the answer
};

/// Resolves, connects, shakes hands and asks for the version, once and without any login. Errors: those of
/// Connection::open(), and bad_answer, server_error, server_busy, not_found for what is no KV-Connect server.
/// Thread: [any], blocking, cancellable as the Client is.
Result<Probe> probe(const ServerConfig& config, const Cancel& cancel);

}  // namespace kvc::kvconnect
