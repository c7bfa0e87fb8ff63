// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/probe.h"

#include <Poco/Exception.h>

#include "base/guard.h"
#include "kvconnect/address.h"
#include "kvconnect/answers.h"
#include "kvconnect/connection.h"
#include "kvconnect/http.h"
#include "kvconnect/protocol_constants.h"
#include "kvconnect/retry.h"
#include "kvconnect/sigpipe_guard.h"

namespace kvc::kvconnect {
namespace {

Status refused(int status) {
  const std::string detail = "server/version answers with status " + std::to_string(status);
  if (status == kStatusNotFound) {
    return {error::not_found, detail};
  }
  return {status == kStatusUnavailable || status == kStatusTooMany ? error::server_busy : error::server_error, detail};
}

Result<Probe> look(const ServerConfig& config, const Cancel& cancel) {
  const auto start = std::chrono::steady_clock::now();
  KVC_ASSIGN(const ServerAddress server, parse_base_url(config.base_url));
  KVC_ASSIGN(const Poco::Net::Context::Ptr context, make_tls_context(config, server.host));
  KVC_ASSIGN(const auto connection,
             Connection::open(server, context, {}, {config.connect_timeout, config.receive_timeout}, cancel));
  Probe probe;
  probe.address = connection->peer_address();
  probe.tls = connection->facts();
  RequestHead request;
  request.method = "GET";
  request.target = server.path + std::string(kPathVersion);
  request.host_field = server.host_field();
  KVC_ASSIGN(const Secret bytes, write_request_head(request, nullptr, nullptr));
  KVC_TRY(connection->write(bytes.reveal()));
  ResponseReader reader(*connection);
  KVC_ASSIGN(const ResponseHead head, reader.read_head());
  if (head.status < 200 || head.status > 299) {
    return refused(head.status);
  }
  std::string body;
  KVC_TRY(reader.read_body(head, kMaxSmallAnswer, [&](std::string_view piece) -> Status {
    body.append(piece);
    return {};
  }));
  KVC_ASSIGN(probe.version, parse_version(body));
  probe.date = parse_http_date(head.field("Date"));
  probe.duration = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start);
  return probe;
}

}  // namespace

Result<Probe> probe(const ServerConfig& config, const Cancel& cancel) {
  const SigpipeGuard guard;
  return guarded([&] { return look(config, cancel); });
}

}  // namespace kvc::kvconnect
