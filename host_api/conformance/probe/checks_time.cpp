// SPDX-License-Identifier: Apache-2.0
// Calls that no decent plugin makes, clocks and deadlines, and many calls at a time.
#include <atomic>
#include <thread>
#include <vector>

#include "wire.h"

namespace probe {

namespace v1 = pvs::v1;

void check_bad_calls(Wire& wire) {
  Results& results = wire.results;
  results.expect("calls.null_header", wire.raw(nullptr, {nullptr, 0}).status == PVS_BAD_REQUEST,
                 "a header that is null is not PVS_BAD_REQUEST");
  pvs_call_header header = wire.new_header(v1::METHOD_HOST_USER_LIST);
  for (std::uint32_t size = 0; size < sizeof header; size += 4) {
    header.struct_size = size;
    results.expect("calls.short_header", wire.raw(&header, {nullptr, 0}).status == PVS_BAD_REQUEST,
                   "a header of " + std::to_string(size) + " bytes is taken");
  }
  struct {
    pvs_call_header header;
    char later[64];
  } longer{wire.new_header(v1::METHOD_HOST_USER_LIST), {}};
  longer.header.struct_size = sizeof longer;
  results.expect("calls.longer_header", wire.raw(&longer.header, {nullptr, 0}).status == PVS_OK,
                 "a header of a later minor version is refused");
  header = wire.new_header(v1::METHOD_HOST_USER_LIST);
  results.expect("calls.null_bytes", wire.raw(&header, {nullptr, 5}).status == PVS_BAD_REQUEST,
                 "a size without bytes is taken");
  static const std::uint8_t byte = 0;
  results.expect("calls.too_large",
                 wire.raw(&header, {&byte, std::uint64_t{PVS_MAX_MESSAGE} + 1}).status == PVS_TOO_LARGE &&
                     wire.raw(&header, {&byte, std::uint64_t{1} << 40}).status == PVS_TOO_LARGE,
                 "a request over PVS_MAX_MESSAGE is not PVS_TOO_LARGE");
  for (const std::uint32_t method : {0U, 1U, 201U, 1100U, 1199U, 1999U, 3001U, 0xffffffffU}) {
    results.expect("calls.unknown_method", wire.call(method, "").status == PVS_UNSUPPORTED_METHOD,
                   "method " + std::to_string(method) + " is not PVS_UNSUPPORTED_METHOD");
  }
  results.expect("calls.garbage", wire.call(v1::METHOD_HOST_USER_CURRENT, "\xff\xff\xff").status == PVS_BAD_REQUEST,
                 "bytes that are no message are not PVS_BAD_REQUEST");
  const std::string later("\x80\x7d\x2a\x8a\x7d\x03neu", 9);
  results.expect("calls.unknown_fields", wire.call(v1::METHOD_HOST_USER_LIST, later).status == PVS_OK,
                 "unknown fields are refused");
  // The manifest does not ask for "schedule".
  results.expect("calls.not_granted", wire.call(v1::METHOD_HOST_SCHEDULE_SET, "").status == PVS_DENIED,
                 "a service the manifest does not ask for is not PVS_DENIED");
  header = wire.new_header(v1::METHOD_HOST_USER_LIST);
  results.expect("answers.status_goes_back", wire.raw(&header, {nullptr, 0}, PVS_NO_MEMORY).status == PVS_NO_MEMORY,
                 "what the reply function returned does not come back");
  header = wire.new_header(v1::METHOD_HOST_USER_LIST);
  results.expect("calls.no_reply", wire.raw(&header, {nullptr, 0}, PVS_OK, false).status == PVS_OK,
                 "a caller who does not want the answer is refused");
}

void check_clocks(Wire& wire) {
  Results& results = wire.results;
  std::uint64_t last = wire.host->monotonic_ms(wire.ctx);
  bool forward = true;
  for (int i = 0; i < 10000; ++i) {
    const std::uint64_t now = wire.host->monotonic_ms(wire.ctx);
    forward = forward && now >= last;
    last = now;
  }
  results.expect("clocks.forward", forward, "monotonic_ms() goes back");
  const std::int64_t year_2020 = 1577836800000;
  const std::int64_t now = wire.host->now_utc_ms(wire.ctx);
  results.expect("clocks.utc", now > year_2020 && now < year_2020 + 31536000000LL * 200,
                 "now_utc_ms() is not of our time");
  results.expect("deadline.past", wire.call(v1::METHOD_HOST_USER_LIST, "", 1).status == PVS_DEADLINE,
                 "a deadline that has passed is not PVS_DEADLINE");
  results.expect("deadline.none", wire.call(v1::METHOD_HOST_USER_LIST, "", 0).status == PVS_OK, "0 is not none");
  results.expect("deadline.later", wire.call(v1::METHOD_HOST_USER_LIST, "", last + 600000).status == PVS_OK,
                 "a deadline in ten minutes is refused");
  results.expect("cancel.unknown", wire.host->is_cancelled(wire.ctx, 987654321) == 0,
                 "a call that never was is said to be cancelled");
  const std::string component = "probe";
  const std::string hostile = "Zeile eins\nZeile zwei\x1b[2J \xff\xfe";
  const auto bytes = [](const std::string& text) {
    return pvs_bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  };
  // No answer to look at: the host is still there afterwards.
  wire.host->log(wire.ctx, PVS_LOG_INFO, bytes(component), bytes(hostile));
  wire.host->log(wire.ctx, 4711, bytes(component), bytes(std::string(2000000, 'l')));
  wire.host->log(wire.ctx, PVS_LOG_INFO, {nullptr, 0}, {nullptr, 0});
  results.expect("log.survives", wire.call(v1::METHOD_HOST_USER_LIST, "").status == PVS_OK,
                 "no answer after hostile logs");
}

void check_parallel(Wire& wire, const v1::Context& context) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      v1::UserCurrentRequest request;
      request.set_session_id(context.session_id());
      for (int n = 0; n < 300; ++n) {
        v1::UserCurrentReply reply;
        if (wire.ask(v1::METHOD_HOST_USER_CURRENT, request, reply) != PVS_OK ||
            reply.current().user().user_id() != context.user_id()) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  wire.results.expect("calls.parallel", wrong == 0, std::to_string(wrong.load()) + " wrong answers to two threads");
}

}  // namespace probe
