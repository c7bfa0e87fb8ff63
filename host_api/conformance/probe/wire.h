// SPDX-License-Identifier: Apache-2.0
// The host as the probe calls it: over the raw table, so that it can be wrong on purpose and see every answer.
#pragma once

#include <pvs/plugin.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "pvs/v1/host.pb.h"
#include "pvs/v1/methods.pb.h"
#include "results.h"

namespace probe {

/// What came back from one call.
struct Answer {
  pvs_status status = PVS_INTERNAL;
  int count = 0;
  bool right_thread = true;
  std::string bytes;
};

/// The host of the one instance. [any]
class Wire {
 public:
  Wire(const pvs_host_v1* its_host, pvs_host_ctx* its_ctx, Results& its_results)
      : host(its_host), ctx(its_ctx), results(its_results) {}

  const pvs_host_v1* host;
  pvs_host_ctx* ctx;
  Results& results;

  [[nodiscard]] Answer raw(const pvs_call_header* header, pvs_bytes request, pvs_status reply_says = PVS_OK,
                           bool with_reply = true);
  [[nodiscard]] Answer call(std::uint32_t method, std::string_view request, std::uint64_t deadline_ms = 0);
  [[nodiscard]] pvs_call_header new_header(std::uint32_t method);

  /// Calls and parses. Every call made through here is also looked at for the rules of answers: once, on this thread, a
  /// message of the method.
  template <class Reply>
  pvs_status ask(pvs::v1::Method method, const google::protobuf::MessageLite& request, Reply& reply) {
    const Answer answer = call(static_cast<std::uint32_t>(method), request.SerializeAsString());
    return read(method, answer, reply);
  }

 private:
  pvs_status read(pvs::v1::Method method, const Answer& answer, google::protobuf::MessageLite& reply);
  std::atomic<std::uint64_t> last_call_{0};
};

/// The name of a service's failure for a row.
[[nodiscard]] std::string told(pvs_status status, const pvs::v1::Error& error);

// The checks, by where they may run.
void check_on_main(Wire& wire);                                    // checks_main.cpp; inside a call of the host
void check_services(Wire& wire, const pvs::v1::Context& context);  // checks_services.cpp; on a worker
void check_keys(Wire& wire, const pvs::v1::Context& context);
void check_streams(Wire& wire, const pvs::v1::Context& context);  // checks_streams.cpp; on a worker
void check_bad_calls(Wire& wire);                                 // checks_time.cpp; on any thread
void check_clocks(Wire& wire);
void check_parallel(Wire& wire, const pvs::v1::Context& context);

}  // namespace probe
