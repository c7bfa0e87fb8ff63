// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

#include <thread>

namespace probe {

namespace v1 = pvs::v1;

namespace {

struct Sink {
  Answer answer;
  std::thread::id thread = std::this_thread::get_id();
  pvs_status says = PVS_OK;
};

pvs_status PVS_CALL take(void* opaque, pvs_bytes payload) noexcept {
  auto& sink = *static_cast<Sink*>(opaque);
  sink.answer.right_thread = sink.answer.right_thread && sink.thread == std::this_thread::get_id();
  if (++sink.answer.count == 1 && payload.data != nullptr && payload.size <= PVS_MAX_MESSAGE) {
    sink.answer.bytes.assign(reinterpret_cast<const char*>(payload.data), payload.size);
  }
  return sink.says;
}

}  // namespace

pvs_call_header Wire::new_header(std::uint32_t method) {
  pvs_call_header made{};
  made.struct_size = sizeof made;
  made.method = method;
  made.call_id = ++last_call_;
  return made;
}

Answer Wire::raw(const pvs_call_header* header, pvs_bytes request, pvs_status reply_says, bool with_reply) {
  Sink sink;
  sink.says = reply_says;
  const pvs_status status = host->call(ctx, header, request, with_reply ? &take : nullptr, &sink);
  sink.answer.status = status;
  const std::string what = header == nullptr ? "no header" : "method " + std::to_string(header->method);
  results.expect("answers.status", status >= 0 && status <= PVS_END_OF_STREAM,
                 what + ": a status that does not exist: " + std::to_string(status));
  results.expect("answers.once", sink.answer.count <= 1, what + ": " + std::to_string(sink.answer.count) + " answers");
  results.expect("answers.thread", sink.answer.right_thread, what + ": answered on another thread");
  const bool answered = sink.answer.count == 1 || !with_reply;
  results.expect("answers.with_ok", status != PVS_OK || answered, what + ": PVS_OK without an answer");
  results.expect("answers.only_with_ok", status == PVS_OK || sink.answer.count == 0 || status == reply_says,
                 what + ": an answer, but status " + std::to_string(status));
  return sink.answer;
}

Answer Wire::call(std::uint32_t method, std::string_view request, std::uint64_t deadline_ms) {
  pvs_call_header head = new_header(method);
  head.deadline_ms = deadline_ms;
  return raw(&head, {reinterpret_cast<const std::uint8_t*>(request.data()), request.size()});
}

pvs_status Wire::read(v1::Method method, const Answer& answer, google::protobuf::MessageLite& reply) {
  if (answer.status == PVS_OK) {
    results.expect("answers.message", reply.ParseFromString(answer.bytes),
                   "the answer to method " + std::to_string(method) + " is not " + reply.GetTypeName());
  }
  return answer.status;
}

std::string told(pvs_status status, const v1::Error& error) {
  return "status " + std::to_string(status) + (error.code().empty() ? "" : ", error " + error.code());
}

}  // namespace probe
