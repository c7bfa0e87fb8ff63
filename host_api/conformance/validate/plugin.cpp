// SPDX-License-Identifier: Apache-2.0
#include "plugin.h"

#include <cxxabi.h>
#include <dlfcn.h>

#include <chrono>
#include <cstdlib>
#include <typeinfo>

#include "observations.h"
#include "text.h"

namespace pvs::conformance {

namespace {

void note(Aspect aspect, std::string text) {
  Observations::get().note(aspect, std::move(text));
}

std::string current_exception_type() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) {
    return "that is not of C++";
  }
  int status = 0;
  char* name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
  std::string text = status == 0 && name != nullptr ? name : type->name();
  std::free(name);
  return "of type " + printable(text, 100);
}

/// The answers of calls, by number: what a plugin keeps of an old call points to nothing.
class ReplySinks {
 public:
  struct Sink {
    std::thread::id thread = std::this_thread::get_id();
    pvs_status says = PVS_OK;
    Answer answer;
    std::string what;
    bool open = true;
  };
  static ReplySinks& get() {
    static auto* const one = new ReplySinks;
    return *one;
  }
  std::uint64_t open(std::string what, pvs_status says) {
    const std::lock_guard lock(mutex_);
    Sink& sink = sinks_[++last_];
    sink.what = std::move(what);
    sink.says = says;
    if (sinks_.size() > 4096) {
      sinks_.erase(sinks_.begin());
    }
    return last_;
  }
  Answer close(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    Sink& sink = sinks_[number];
    sink.open = false;
    return std::move(sink.answer);
  }
  pvs_status take(std::uint64_t number, pvs_bytes payload) {
    const std::lock_guard lock(mutex_);
    const auto it = sinks_.find(number);
    if (it == sinks_.end() || !it->second.open) {
      note(Aspect::reply_late, "the plugin answered after the call had returned" +
                                   (it == sinks_.end() ? std::string() : ": " + it->second.what));
      return PVS_INVALID_STATE;
    }
    return accept(it->second, payload);
  }

 private:
  static pvs_status accept(Sink& sink, pvs_bytes payload) {
    if (sink.thread != std::this_thread::get_id()) {
      note(Aspect::reply_thread, "the plugin answered on another thread: " + sink.what);
      return PVS_WRONG_THREAD;
    }
    if (++sink.answer.count > 1) {
      note(Aspect::reply_once, "the plugin answered more than once: " + sink.what);
      return PVS_INVALID_STATE;
    }
    if (payload.size > PVS_MAX_MESSAGE) {
      note(Aspect::reply_size, "the answer has " + std::to_string(payload.size) + " bytes: " + sink.what);
      return PVS_TOO_LARGE;
    }
    if (payload.data == nullptr && payload.size != 0) {
      note(Aspect::reply_size, "the answer has a size but no bytes: " + sink.what);
      return PVS_BAD_REQUEST;
    }
    if (payload.size != 0) {
      sink.answer.bytes.assign(reinterpret_cast<const char*>(payload.data), payload.size);
    }
    return sink.says;
  }
  std::mutex mutex_;
  std::map<std::uint64_t, Sink> sinks_;
  std::uint64_t last_ = 0;
};

pvs_status PVS_CALL take_reply(void* sink, pvs_bytes payload) noexcept {
  return ReplySinks::get().take(static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(sink)), payload);
}
void* as_sink(std::uint64_t number) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number));
}

}  // namespace

bool contained(const char* slot, const std::function<void()>& body) noexcept {
  try {
    body();
    return true;
  } catch (...) {
    note(Aspect::thrown, std::string(slot) + " threw an exception " + current_exception_type());
    return false;
  }
}

const char* status_name(pvs_status status) noexcept {
  static constexpr const char* kNames[] = {
      "PVS_OK",        "PVS_UNSUPPORTED_METHOD", "PVS_BAD_REQUEST", "PVS_INVALID_STATE", "PVS_WRONG_THREAD",
      "PVS_CANCELLED", "PVS_DEADLINE",           "PVS_TOO_LARGE",   "PVS_NO_MEMORY",     "PVS_FAULTED",
      "PVS_DENIED",    "PVS_INTERNAL",           "PVS_VERSION",     "PVS_END_OF_STREAM"};
  return status >= 0 && status <= PVS_END_OF_STREAM ? kNames[status] : "a status that does not exist";
}

int time_class(std::uint32_t method) {
  switch (method) {
    case v1::METHOD_LIFECYCLE_HEALTH:
    case v1::METHOD_VIEW_CLOSE:
    case v1::METHOD_HOOK_SESSION_UNLOCKED:
    case v1::METHOD_HOOK_SESSION_LOCKED:
    case v1::METHOD_HOOK_PATIENT_SELECTED:
    case v1::METHOD_JOB_QUERY:
    case v1::METHOD_JOB_CANCEL:
      return 20;
    default:
      return 100;
  }
}

std::vector<std::uint32_t> plugin_methods() {
  std::vector<std::uint32_t> methods;
  for (int number = 1; number < 1000; ++number) {
    if (v1::Method_IsValid(number)) {
      methods.push_back(static_cast<std::uint32_t>(number));
    }
  }
  return methods;
}

Opened open_library(const std::filesystem::path& path) {
  Opened opened;
  opened.library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened.library == nullptr) {
    const char* why = ::dlerror();
    opened.reason = "the library cannot be loaded: " + std::string(why == nullptr ? "unknown reason" : why);
    return opened;
  }
  opened.entry = reinterpret_cast<pvs_plugin_entry_fn>(::dlsym(opened.library, PVS_ENTRY_SYMBOL));
  if (opened.entry == nullptr) {
    opened.reason = "the library has no symbol " PVS_ENTRY_SYMBOL;
    return opened;
  }
  if (!contained("the entry", [&] { opened.table = opened.entry(PVS_ABI_MINOR); }) || opened.table == nullptr) {
    opened.reason = "the entry returns no table for a host of minor version " + std::to_string(PVS_ABI_MINOR);
    return opened;
  }
  const pvs_plugin_v1* table = opened.table;
  if (!PVS_HAS(pvs_plugin_v1, table, destroy) || table->describe == nullptr || table->create == nullptr ||
      table->call == nullptr || table->cancel == nullptr || table->on_main == nullptr || table->stop == nullptr) {
    opened.reason = "the table is shorter than that of minor version 0 (" + std::to_string(table->struct_size) +
                    " of " + std::to_string(sizeof(pvs_plugin_v1)) + " bytes), or a function is missing";
    opened.table = nullptr;
  }
  return opened;
}

std::unique_ptr<Plugin> Plugin::open(const Subject& subject, Findings& findings) {
  findings.phase("loading the library");
  FakeHost& host = FakeHost::make(subject);
  const Opened opened = open_library(subject.library);
  if (opened.table == nullptr) {
    findings.blocked(opened.reason);
    return nullptr;
  }
  return std::unique_ptr<Plugin>(new Plugin(subject, findings, host, opened.table));
}

pvs_status Plugin::checked(const char* slot, pvs_status status) const {
  if (status < 0 || status > PVS_END_OF_STREAM) {
    note(Aspect::status_set, std::string(slot) + " returned the status " + std::to_string(status));
    return PVS_INTERNAL;
  }
  return status;
}

Answer Plugin::describe(pvs_status reply_says, bool with_reply) {
  const std::uint64_t sink = ReplySinks::get().open("describe", reply_says);
  pvs_status status = PVS_INTERNAL;
  contained("describe", [&] { status = table->describe(with_reply ? &take_reply : nullptr, as_sink(sink)); });
  Answer answer = ReplySinks::get().close(sink);
  answer.status = checked("describe", status);
  return answer;
}

pvs_status Plugin::create() {
  host.forget();
  const std::string& text = subject.manifest.manifest.text;
  findings.phase("in create");
  return create_with(&FakeHost::table(), host.context(),
                     {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, &instance);
}

pvs_status Plugin::create_with(const pvs_host_v1* host_table, pvs_host_ctx* context, pvs_bytes manifest,
                               pvs_instance** out) {
  pvs_status status = PVS_INTERNAL;
  contained("create", [&] { status = table->create(host_table, context, manifest, out); });
  return checked("create", status);
}

Answer Plugin::call(std::uint32_t method, std::string_view request, const CallOptions& options) {
  pvs_call_header header{};
  header.struct_size = sizeof header;
  header.method = method;
  header.call_id = ++last_call_;
  header.deadline_ms = options.deadline_ms;
  header.flags = options.user_present ? PVS_CALL_USER_PRESENT : 0;
  return call_raw(&header, {reinterpret_cast<const std::uint8_t*>(request.data()), request.size()}, options);
}

Answer Plugin::call_raw(const pvs_call_header* header, pvs_bytes request, const CallOptions& options) {
  const std::string what = header == nullptr ? "call without a header" : "method " + std::to_string(header->method);
  findings.phase("in call, " + what);
  host.user_present.store(options.user_present);
  const std::uint64_t sink = ReplySinks::get().open(what, options.reply_says);
  pvs_status status = PVS_INTERNAL;
  const std::uint64_t begin = FakeHost::monotonic_now();
  const bool returned = contained("call", [&] {
    status = table->call(instance, header, request, options.with_reply ? &take_reply : nullptr, as_sink(sink));
  });
  const std::uint64_t took = FakeHost::monotonic_now() - begin;
  Answer answer = ReplySinks::get().close(sink);
  answer.status = checked("call", status);
  if (returned && answer.status == PVS_OK && answer.count == 0 && options.with_reply) {
    note(Aspect::reply_missing, "PVS_OK without an answer to " + what);
  }
  if (options.timed && header != nullptr &&
      took > static_cast<std::uint64_t>(time_class(header->method) * subject.time_factor)) {
    note(Aspect::time_class, what + " kept the main thread for " + std::to_string(took) + " ms, its class is " +
                                 std::to_string(time_class(header->method)) + " ms");
  }
  findings.phase("after " + what);
  return answer;
}

bool Plugin::ask(v1::Method method, const google::protobuf::MessageLite& request, google::protobuf::MessageLite& reply,
                 const CallOptions& options) {
  const Answer answer = call(static_cast<std::uint32_t>(method), request.SerializeAsString(), options);
  if (answer.status == PVS_INTERNAL || answer.status == PVS_FAULTED) {
    note(Aspect::faults, "method " + std::to_string(method) + " returned " + status_name(answer.status));
  }
  if (answer.status != PVS_OK || answer.count == 0) {
    return false;
  }
  if (!reply.ParseFromString(answer.bytes)) {
    note(Aspect::reply_message, "the answer to method " + std::to_string(method) + " is not " + reply.GetTypeName());
    return false;
  }
  return true;
}

bool Plugin::act(v1::Method method, const google::protobuf::MessageLite& request, v1::ActionReply& reply,
                 const CallOptions& options) {
  if (!ask(method, request, reply, options)) {
    return false;
  }
  if (reply.has_accepted()) {
    host.accepted(reply.accepted().job_id());
    call_of_job_[reply.accepted().job_id()] = last_call_;
  } else if (reply.result_case() == v1::ActionReply::RESULT_NOT_SET) {
    note(Aspect::reply_message,
         "the answer to method " + std::to_string(method) + " is empty: neither view, job, done nor error");
  }
  return true;
}

std::uint64_t Plugin::call_of(std::uint64_t job_id) const {
  const auto it = call_of_job_.find(job_id);
  return it == call_of_job_.end() ? 0 : it->second;
}

void Plugin::cancel(std::uint64_t call_id) {
  host.cancel(call_id);
  contained("cancel", [&] { table->cancel(instance, call_id); });
}

void Plugin::on_main(std::uint64_t token) {
  findings.phase("in on_main");
  contained("on_main", [&] { table->on_main(instance, token); });
  findings.phase("after on_main");
}

pvs_status Plugin::stop(std::uint64_t deadline_ms) {
  findings.phase("in stop");
  host.stage.store(FakeHost::Stage::stopping);
  pvs_status status = PVS_INTERNAL;
  contained("stop", [&] { status = table->stop(instance, deadline_ms); });
  if (status == PVS_OK) {
    host.stage.store(FakeHost::Stage::stopped);
  }
  findings.phase("after stop");
  return checked("stop", status);
}

void Plugin::destroy() {
  findings.phase("in destroy");
  contained("destroy", [&] { table->destroy(instance); });
  instance = nullptr;
  host.stage.store(FakeHost::Stage::stopped);
  findings.phase("after destroy");
}

bool Plugin::pump(int limit, const std::function<bool()>& done) {
  const std::uint64_t end = FakeHost::monotonic_now() + static_cast<std::uint64_t>(limit);
  while (true) {
    for (const std::uint64_t token : host.take_tokens()) {
      on_main(token);
    }
    if (done()) {
      return true;
    }
    if (FakeHost::monotonic_now() >= end) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace pvs::conformance
