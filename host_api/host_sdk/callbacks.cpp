// SPDX-License-Identifier: Apache-2.0
// The host's table of functions: each finds its plugin, checks, and asks the host's services.
#include <string.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core.h"

/// What the plugin holds. Stays in memory for ever; `core` goes with the plugin.
struct pvs_host_ctx {
  std::mutex mutex;
  std::shared_ptr<pvs::detail::Core> core;
};

namespace pvs {

// The defaults of HostServices: a host offers what it overrides.
#define PVS_DEFAULT(function, Name)                                                                  \
  pvs_status HostServices::function(const PluginCall&, const v1::Name##Request&, v1::Name##Reply&) { \
    return PVS_UNSUPPORTED_METHOD;                                                                   \
  }
PVS_DEFAULT(user_current, UserCurrent)
PVS_DEFAULT(user_list, UserList)
PVS_DEFAULT(patient_current, PatientCurrent)
PVS_DEFAULT(key_seal, KeySeal)
PVS_DEFAULT(key_unseal, KeyUnseal)
PVS_DEFAULT(key_public, KeyPublic)
PVS_DEFAULT(storage_directories, Directories)
PVS_DEFAULT(file_choose, FileChoose)
PVS_DEFAULT(file_create, FileCreate)
PVS_DEFAULT(document_deliver, DocumentDeliver)
PVS_DEFAULT(document_fetch, DocumentFetch)
PVS_DEFAULT(notify, Notify)
PVS_DEFAULT(open_url, OpenUrl)
PVS_DEFAULT(audit, Audit)
PVS_DEFAULT(schedule_set, ScheduleSet)
#undef PVS_DEFAULT
void HostServices::job_progress(std::uint64_t, std::int32_t, std::string_view) {}
void HostServices::job_ended(std::uint64_t, const v1::ActionReply&) {}
void HostServices::log(std::int32_t, std::string_view, std::string_view) {}
void HostServices::stopping() {}
void HostServices::plugin_hangs(std::string_view, std::chrono::milliseconds) {}
std::chrono::milliseconds HostServices::patience() const {
  return std::chrono::milliseconds{0};
}

namespace detail {
namespace {

constexpr std::uint64_t kMaxLogText = 8192;

std::shared_ptr<Core> core_of(pvs_host_ctx* context) {
  if (context == nullptr) {
    return nullptr;
  }
  const std::lock_guard lock(context->mutex);
  return context->core != nullptr && !context->core->stopped.load() ? context->core : nullptr;
}

/// The service a method number belongs to; empty for none.
std::string_view service_of(std::uint32_t method) {
  static constexpr std::array<std::string_view, 10> kServices{
      "user_context", "patient_context", "key_custody", "storage", "files",
      "documents",    "notifications",   "progress",    "audit",   "schedule"};
  const std::uint32_t index = method / 100;
  return index >= 11 && index <= 20 ? kServices[index - 11] : std::string_view{};
}

pvs_status send(const google::protobuf::MessageLite& message, pvs_reply_fn reply, void* sink) {
  if (message.ByteSizeLong() > PVS_MAX_MESSAGE) {
    return PVS_TOO_LARGE;
  }
  std::string bytes = message.SerializeAsString();
  const pvs_status status =
      reply == nullptr ? PVS_OK : reply(sink, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  ::explicit_bzero(bytes.data(), bytes.size());
  return status;
}

void wipe(v1::KeySealRequest& request) {
  std::string& bytes = *request.mutable_plaintext()->mutable_value();
  ::explicit_bzero(bytes.data(), bytes.size());
}
void wipe(v1::KeyUnsealReply& reply) {
  if (reply.has_plaintext()) {
    std::string& bytes = *reply.mutable_plaintext()->mutable_value();
    ::explicit_bzero(bytes.data(), bytes.size());
  }
}
template <class Message>
void wipe(Message&) {}

template <class Request, class Reply>
pvs_status serve(Core& core, const PluginCall& call, pvs_bytes bytes, pvs_reply_fn reply, void* sink,
                 pvs_status (HostServices::*function)(const PluginCall&, const Request&, Reply&)) {
  Request request;
  if (!request.ParseFromArray(bytes.data, static_cast<int>(bytes.size))) {
    core.misbehaving("a request of the plugin is not the message of its method");
    return PVS_BAD_REQUEST;
  }
  Reply answer;
  pvs_status status = ((*core.services).*function)(call, request, answer);
  if (status == PVS_OK) {
    status = send(answer, reply, sink);
  }
  wipe(request);
  wipe(answer);
  return status;
}

pvs_status job_progress(Core& core, pvs_bytes bytes, pvs_reply_fn reply, void* sink) {
  v1::JobProgressRequest request;
  if (!request.ParseFromArray(bytes.data, static_cast<int>(bytes.size))) {
    return PVS_BAD_REQUEST;
  }
  // Too many reports are dropped, not refused: the next one says more anyhow.
  if (!core.stopping.load() && core.jobs.may_report(request.job_id(), std::chrono::steady_clock::now())) {
    core.queue.push(ProgressEvent{request.job_id(), request.permille(), request.text()});
  }
  return send(v1::JobProgressReply(), reply, sink);
}

pvs_status job_ended(Core& core, pvs_bytes bytes, pvs_reply_fn reply, void* sink) {
  v1::JobEndedRequest request;
  if (!request.ParseFromArray(bytes.data, static_cast<int>(bytes.size))) {
    return PVS_BAD_REQUEST;
  }
  if (core.jobs.arrived(request.job_id()) == JobTracker::End::duplicate) {
    core.misbehaving("job " + std::to_string(request.job_id()) + " ended twice; the second end is ignored");
    return PVS_INVALID_STATE;
  }
  core.queue.push(EndEvent{request.job_id(), std::move(*request.mutable_outcome())});
  return send(v1::JobEndedReply(), reply, sink);
}

pvs_status dispatch(Core& core, const PluginCall& call, pvs_bytes bytes, pvs_reply_fn reply, void* sink) {
  switch (call.header.method) {
#define PVS_SERVE(METHOD, function) \
  case v1::METHOD_HOST_##METHOD:    \
    return serve(core, call, bytes, reply, sink, &HostServices::function);
    PVS_SERVE(USER_CURRENT, user_current)
    PVS_SERVE(USER_LIST, user_list)
    PVS_SERVE(PATIENT_CURRENT, patient_current)
    PVS_SERVE(KEY_SEAL, key_seal)
    PVS_SERVE(KEY_UNSEAL, key_unseal)
    PVS_SERVE(KEY_PUBLIC, key_public)
    PVS_SERVE(STORAGE_DIRECTORIES, storage_directories)
    PVS_SERVE(FILE_CHOOSE, file_choose)
    PVS_SERVE(FILE_CREATE, file_create)
    PVS_SERVE(DOCUMENT_DELIVER, document_deliver)
    PVS_SERVE(DOCUMENT_FETCH, document_fetch)
    PVS_SERVE(NOTIFY, notify)
    PVS_SERVE(OPEN_URL, open_url)
    PVS_SERVE(AUDIT, audit)
    PVS_SERVE(SCHEDULE_SET, schedule_set)
#undef PVS_SERVE
    case v1::METHOD_HOST_JOB_PROGRESS:
      return job_progress(core, bytes, reply, sink);
    case v1::METHOD_HOST_JOB_ENDED:
      return job_ended(core, bytes, reply, sink);
    default:
      return PVS_UNSUPPORTED_METHOD;
  }
}

bool worker_only(std::uint32_t method) {
  return method == v1::METHOD_HOST_FILE_CHOOSE || method == v1::METHOD_HOST_DOCUMENT_DELIVER ||
         method == v1::METHOD_HOST_DOCUMENT_FETCH;
}

pvs_status check_call(Core& core, const pvs_call_header* given, pvs_bytes request, PluginCall& call) {
  if (given == nullptr || given->struct_size < sizeof(pvs_call_header) ||
      (request.data == nullptr && request.size != 0)) {
    return PVS_BAD_REQUEST;
  }
  if (request.size > PVS_MAX_MESSAGE) {
    return PVS_TOO_LARGE;
  }
  std::memcpy(&call.header, given, sizeof call.header);
  call.on_main = core.on_main();
  call.streams = &core.streams;
  const std::string_view service = service_of(call.header.method);
  if (service.empty()) {
    return PVS_UNSUPPORTED_METHOD;
  }
  if (service != "progress" && !core.granted.contains(service)) {
    core.misbehaving("the plugin calls the service " + std::string(service) + ", which its manifest does not ask for");
    return PVS_DENIED;
  }
  if (call.on_main && worker_only(call.header.method)) {
    core.misbehaving("the plugin calls a method that may wait on the main thread");
    return PVS_WRONG_THREAD;
  }
  return PVS_OK;
}

/// Finds the plugin and contains what the host's own code throws.
template <class Body>
pvs_status guarded(pvs_host_ctx* context, Body&& body) noexcept {
  try {
    const std::shared_ptr<Core> core = core_of(context);
    return core == nullptr ? PVS_INVALID_STATE : body(*core);
  } catch (const std::bad_alloc&) {
    return PVS_NO_MEMORY;
  } catch (...) {
    return PVS_INTERNAL;
  }
}

std::uint64_t monotonic_now() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

pvs_status PVS_CALL host_call(pvs_host_ctx* context, const pvs_call_header* header, pvs_bytes request,
                              pvs_reply_fn reply, void* sink) noexcept {
  return guarded(context, [&](Core& core) -> pvs_status {
    PluginCall call;
    const pvs_status status = check_call(core, header, request, call);
    if (status != PVS_OK) {
      return status;
    }
    if (call.header.deadline_ms != 0 && monotonic_now() > call.header.deadline_ms) {
      return PVS_DEADLINE;
    }
    return dispatch(core, call, request, reply, sink);
  });
}

void PVS_CALL host_log(pvs_host_ctx* context, std::int32_t level, pvs_bytes component, pvs_bytes text) noexcept {
  static_cast<void>(guarded(context, [&](Core& core) -> pvs_status {
    const auto as_view = [](pvs_bytes bytes, std::uint64_t limit) {
      return bytes.data == nullptr ? std::string_view{}
                                   : std::string_view(reinterpret_cast<const char*>(bytes.data),
                                                      static_cast<std::size_t>(std::min(bytes.size, limit)));
    };
    switch (core.log_limit.next(std::chrono::steady_clock::now())) {
      case LogLimit::Verdict::keep:
        core.services->log(level, as_view(component, 64), as_view(text, kMaxLogText));
        break;
      case LogLimit::Verdict::first_dropped:
        core.misbehaving("the plugin floods the log; its lines are dropped until it is quieter");
        break;
      case LogLimit::Verdict::drop:
        break;
    }
    return PVS_OK;
  }));
}

std::int32_t PVS_CALL host_is_main(pvs_host_ctx* context) noexcept {
  const std::shared_ptr<Core> core = core_of(context);
  return core != nullptr && core->on_main() ? 1 : 0;
}

pvs_status PVS_CALL host_post_to_main(pvs_host_ctx* context, std::uint64_t token) noexcept {
  return guarded(context, [&](Core& core) -> pvs_status {
    if (core.stopping.load()) {
      return PVS_INVALID_STATE;
    }
    return core.queue.push(TokenEvent{token}) ? PVS_OK : PVS_NO_MEMORY;
  });
}

std::int32_t PVS_CALL host_is_cancelled(pvs_host_ctx* context, std::uint64_t call_id) noexcept {
  const std::shared_ptr<Core> core = core_of(context);
  if (core == nullptr) {
    return 1;
  }
  const std::lock_guard lock(core->cancelled_mutex);
  return core->cancelled.contains(call_id) ? 1 : 0;
}

std::int64_t PVS_CALL host_now_utc_ms(pvs_host_ctx*) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::uint64_t PVS_CALL host_monotonic_ms(pvs_host_ctx*) noexcept {
  return monotonic_now();
}

/// Streams may wait for a disk: not on the main thread.
template <class Body>
pvs_status on_worker(pvs_host_ctx* context, Body&& body) noexcept {
  return guarded(context, [&](Core& core) -> pvs_status {
    if (core.on_main()) {
      core.misbehaving("the plugin uses a stream on the main thread");
      return PVS_WRONG_THREAD;
    }
    return body(core);
  });
}

pvs_status PVS_CALL host_stream_read(pvs_host_ctx* context, std::uint64_t id, std::uint8_t* buffer,
                                     std::uint64_t capacity, std::uint64_t* got) noexcept {
  if (got == nullptr || buffer == nullptr) {
    return PVS_BAD_REQUEST;
  }
  *got = 0;
  return on_worker(context, [&](Core& core) -> pvs_status {
    std::size_t count = 0;
    const pvs_status status = core.streams.read(id, buffer, static_cast<std::size_t>(capacity), count);
    *got = count;
    return status;
  });
}

pvs_status PVS_CALL host_stream_write(pvs_host_ctx* context, std::uint64_t id, pvs_bytes bytes) noexcept {
  if (bytes.data == nullptr && bytes.size != 0) {
    return PVS_BAD_REQUEST;
  }
  return on_worker(context, [&](Core& core) -> pvs_status {
    return core.streams.write(id, {reinterpret_cast<const char*>(bytes.data), static_cast<std::size_t>(bytes.size)});
  });
}

pvs_status PVS_CALL host_stream_close(pvs_host_ctx* context, std::uint64_t id, std::int32_t keep) noexcept {
  return on_worker(context, [&](Core& core) -> pvs_status { return core.streams.close(id, keep != 0); });
}

}  // namespace

const pvs_host_v1& host_table() noexcept {
  static constexpr pvs_host_v1 kTable{sizeof(pvs_host_v1), PVS_ABI_MINOR,      &host_call,         &host_log,
                                      &host_is_main,       &host_post_to_main, &host_is_cancelled, &host_now_utc_ms,
                                      &host_monotonic_ms,  &host_stream_read,  &host_stream_write, &host_stream_close};
  return kTable;
}

pvs_host_ctx* make_context(std::shared_ptr<Core> core) {
  // Never freed, see the header; kept reachable, so that leak checkers know it is meant.
  static auto* const mutex = new std::mutex;
  static auto* const contexts = new std::deque<pvs_host_ctx>;
  const std::lock_guard lock(*mutex);
  pvs_host_ctx& context = contexts->emplace_back();
  context.core = std::move(core);
  return &context;
}

void disconnect(pvs_host_ctx* context) noexcept {
  const std::lock_guard lock(context->mutex);
  context->core.reset();
}

}  // namespace detail
}  // namespace pvs
