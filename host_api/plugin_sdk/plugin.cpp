// SPDX-License-Identifier: Apache-2.0
// The slots of the plugin table: every one goes through one of the two guards below and knows nothing but rules.
#include <cxxabi.h>
#include <string.h>
#include <pvs/plugin.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <deque>
#include <mutex>
#include <new>
#include <thread>
#include <typeinfo>

#include "signal_mask.h"

namespace {

constexpr std::uint64_t kMagic = 0x5056535f494e5354;  // "PVS_INST"
constexpr std::chrono::milliseconds kForgottenStop{5000};
constexpr std::size_t kSmallReply = 512;

enum class Stage : std::uint8_t { running, stuck, stopped };

}  // namespace

/// What the opaque handle points to.
struct pvs_instance {
  pvs_instance(const pvs::PluginDefinition& def, const pvs_host_v1* host, pvs_host_ctx* ctx)
      : definition(def), client(host, ctx), fault_times(def.fault_limit == 0 ? 1 : def.fault_limit) {}

  std::uint64_t magic = kMagic;
  const pvs::PluginDefinition& definition;
  pvs::HostClient client;
  std::thread::id main = std::this_thread::get_id();
  std::unique_ptr<pvs::PluginInstance> plugin;
  std::atomic<Stage> stage{Stage::running};

  // Counting must work when memory has run out: a ring of fixed size, made with the instance.
  std::mutex faults_mutex;
  std::vector<std::chrono::steady_clock::time_point> fault_times;
  std::atomic<std::uint32_t> faults{0};
  std::atomic<bool> faulted{false};
};

namespace pvs {
namespace {

std::atomic<const PluginDefinition*> g_definition{nullptr};
std::mutex g_create_mutex;
/// The only instance. A handle is compared with it before anything behind the handle is read.
std::atomic<pvs_instance*> g_instance{nullptr};

void count_fault(pvs_instance& instance, const char* slot, const char* type) noexcept {
  const auto now = std::chrono::steady_clock::now();
  bool faulted_now = false;
  {
    const std::lock_guard lock(instance.faults_mutex);
    auto& ring = instance.fault_times;
    const std::uint32_t count = instance.faults.load();
    const std::size_t slot_index = count % ring.size();
    const bool window_full = count + 1 >= ring.size();
    const auto oldest = ring[(count + 1) % ring.size()];
    ring[slot_index] = now;
    instance.faults.store(count + 1);
    const bool within = ring.size() == 1 || now - oldest <= instance.definition.fault_window;
    faulted_now = window_full && within && !instance.faulted.exchange(true);
    // exchange() above runs only when the window is full of recent faults.
  }
  // The type alone: what() of a foreign library may quote what it was parsing.
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(), "contained an exception of type %s in %s", type, slot);
  instance.client.log(PVS_LOG_ERROR, "sdk", text.data());
  if (faulted_now) {
    instance.client.log(PVS_LOG_ERROR, "sdk",
                        "too many contained exceptions; the plugin answers PVS_FAULTED from now on");
  }
}

const char* current_exception_type() noexcept {
  const std::type_info* type = abi::__cxa_current_exception_type();
  return type == nullptr ? "unknown" : type->name();
}

/// Runs `body`, which may throw anything. `instance` may be null (describe, entry).
template <class Body>
pvs_status guard(pvs_instance* instance, const char* slot, Body&& body) noexcept {
  try {
    const pvs_status status = body();
    return status < 0 || status > PVS_END_OF_STREAM ? PVS_INTERNAL : status;
  } catch (const std::bad_alloc&) {
    return PVS_NO_MEMORY;
  } catch (...) {
    if (instance != nullptr) {
      count_fault(*instance, slot, current_exception_type());
    }
    return PVS_INTERNAL;
  }
}

pvs_status check_handle(const pvs_instance* handle) noexcept {
  if (handle == nullptr) {
    return PVS_BAD_REQUEST;
  }
  return handle == g_instance.load(std::memory_order_acquire) && handle->magic == kMagic ? PVS_OK : PVS_INVALID_STATE;
}

pvs_status check_main(pvs_instance& instance, const char* slot) noexcept {
  if (std::this_thread::get_id() == instance.main) {
    return PVS_OK;
  }
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), "%s was called on another thread than create()", slot);
  instance.client.log(PVS_LOG_HOST_MISBEHAVING, "sdk", text.data());
  return PVS_WRONG_THREAD;
}

/// Copies the header as far as both sides know it.
pvs_status read_header(pvs_instance& instance, const pvs_call_header* given, pvs_call_header& header) noexcept {
  constexpr std::size_t kMinorZero = sizeof(pvs_call_header);
  if (given == nullptr || given->struct_size < kMinorZero) {
    return PVS_BAD_REQUEST;
  }
  std::memcpy(&header, given, std::min<std::size_t>(given->struct_size, sizeof header));
  header.struct_size = sizeof header;
  if (header.call_id == 0) {
    return PVS_BAD_REQUEST;
  }
  if (header.deadline_ms != 0 && instance.client.monotonic_ms() > header.deadline_ms) {
    return PVS_DEADLINE;
  }
  return PVS_OK;
}

pvs_status answer_health(pvs_instance& instance, Reply& reply) {
  v1::HealthReply health;
  instance.plugin->health(health);
  health.set_contained_faults(instance.faults.load());
  health.set_faulted(instance.faulted.load());
  return reply.send(health);
}

pvs_status dispatch(pvs_instance& instance, const pvs_call_header& header, pvs_bytes request, Reply& reply) {
  const pvs_status status = header.method == v1::METHOD_LIFECYCLE_HEALTH
                                ? answer_health(instance, reply)
                                : instance.plugin->handle(header, view(request), reply);
  return status == PVS_OK && !reply.sent() ? reply.send_bytes({}) : status;
}

// ---- the slots ----

pvs_status PVS_CALL slot_describe(pvs_reply_fn fn, void* sink) noexcept {
  return guard(nullptr, "describe", [&]() -> pvs_status {
    v1::PluginDescription description;
    g_definition.load()->describe(description);
    Reply reply(fn, sink);
    return reply.send(description);
  });
}

pvs_status create_instance(const pvs_host_v1* host, pvs_host_ctx* ctx, pvs_bytes manifest, pvs_instance** out) {
  const PluginDefinition& definition = *g_definition.load();
  auto instance = std::make_unique<pvs_instance>(definition, host, ctx);
  if (!instance->client.usable() || instance->client.abi_minor() < definition.min_host_minor) {
    instance->client.log(PVS_LOG_ERROR, "sdk", "the host is too old for this plugin: its function table is too short");
    return PVS_VERSION;
  }
  Creation creation;
  const pvs_status status = guard(instance.get(), "create", [&] {
    creation = definition.create(instance->client, view(manifest));
    return creation.status;
  });
  if (creation.instance == nullptr || status != PVS_OK) {
    instance->client.log(PVS_LOG_ERROR, "sdk",
                         creation.reason.empty() ? "the plugin refused to start" : creation.reason);
    return status == PVS_OK ? PVS_INTERNAL : status;
  }
  instance->plugin = std::move(creation.instance);
  *out = instance.release();
  g_instance.store(*out, std::memory_order_release);
  return PVS_OK;
}

pvs_status PVS_CALL slot_create(const pvs_host_v1* host, pvs_host_ctx* ctx, pvs_bytes manifest,
                                pvs_instance** out) noexcept {
  if (out == nullptr) {
    return PVS_BAD_REQUEST;
  }
  *out = nullptr;
  if (host == nullptr || (manifest.data == nullptr && manifest.size != 0)) {
    return PVS_BAD_REQUEST;
  }
  if (manifest.size > PVS_MAX_MESSAGE) {
    return PVS_TOO_LARGE;
  }
  return guard(nullptr, "create", [&]() -> pvs_status {
    const std::unique_lock lock(g_create_mutex, std::try_to_lock);
    if (!lock.owns_lock() || g_instance.load() != nullptr) {
      return PVS_INVALID_STATE;
    }
    return create_instance(host, ctx, manifest, out);
  });
}

pvs_status PVS_CALL slot_call(pvs_instance* handle, const pvs_call_header* given, pvs_bytes request, pvs_reply_fn fn,
                              void* sink) noexcept {
  pvs_status status = check_handle(handle);
  if (status != PVS_OK) {
    return status;
  }
  pvs_instance& instance = *handle;
  pvs_call_header header{};
  status = check_main(instance, "call");
  if (status == PVS_OK) {
    status = read_header(instance, given, header);
  }
  if (status != PVS_OK) {
    return status;
  }
  if (request.data == nullptr && request.size != 0) {
    return PVS_BAD_REQUEST;
  }
  if (request.size > PVS_MAX_MESSAGE) {
    return PVS_TOO_LARGE;
  }
  if (instance.stage.load() != Stage::running) {
    return PVS_INVALID_STATE;
  }
  if (instance.faulted.load() && header.method != v1::METHOD_LIFECYCLE_HEALTH) {
    return PVS_FAULTED;
  }
  Reply reply(fn, sink);
  return guard(&instance, "call", [&] { return dispatch(instance, header, request, reply); });
}

void PVS_CALL slot_cancel(pvs_instance* handle, std::uint64_t call_id) noexcept {
  if (check_handle(handle) == PVS_OK && handle->stage.load() == Stage::running) {
    guard(handle, "cancel", [&]() -> pvs_status {
      handle->plugin->cancel(call_id);
      return PVS_OK;
    });
  }
}

void PVS_CALL slot_on_main(pvs_instance* handle, std::uint64_t token) noexcept {
  if (check_handle(handle) != PVS_OK || check_main(*handle, "on_main") != PVS_OK ||
      handle->stage.load() != Stage::running || handle->faulted.load()) {
    return;
  }
  guard(handle, "on_main", [&]() -> pvs_status {
    handle->plugin->on_main(token);
    return PVS_OK;
  });
}

pvs_status stop_instance(pvs_instance& instance, std::chrono::milliseconds deadline) noexcept {
  if (instance.stage.load() == Stage::stopped) {
    return PVS_OK;
  }
  const pvs_status status = guard(&instance, "stop", [&] { return instance.plugin->stop(deadline); });
  // After an exception nobody knows whether the threads are gone: the same as a stuck thread.
  instance.stage.store(status == PVS_OK ? Stage::stopped : Stage::stuck);
  return status;
}

pvs_status PVS_CALL slot_stop(pvs_instance* handle, std::uint64_t deadline_ms) noexcept {
  pvs_status status = check_handle(handle);
  if (status == PVS_OK) {
    status = check_main(*handle, "stop");
  }
  if (status != PVS_OK) {
    return status;
  }
  constexpr std::uint64_t kHour = 3600000;
  return stop_instance(*handle, std::chrono::milliseconds(std::min(deadline_ms, kHour)));
}

void PVS_CALL slot_destroy(pvs_instance* handle) noexcept {
  if (handle == nullptr || check_handle(handle) != PVS_OK || check_main(*handle, "destroy") != PVS_OK) {
    return;
  }
  if (handle->stage.load() == Stage::running) {
    handle->client.log(PVS_LOG_HOST_MISBEHAVING, "sdk", "destroy() without stop()");
    static_cast<void>(stop_instance(*handle, kForgottenStop));
  }
  if (handle->stage.load() != Stage::stopped) {
    // A thread may still use it: leaking is the only safe thing, and the library takes no second instance.
    handle->client.log(PVS_LOG_ERROR, "sdk", "an instance with a stuck thread is left in memory");
    return;
  }
  guard(handle, "destroy", [&]() -> pvs_status {
    handle->plugin.reset();
    return PVS_OK;
  });
  g_instance.store(nullptr, std::memory_order_release);
  handle->magic = 0;
  delete handle;
}

constexpr pvs_plugin_v1 kTable{sizeof(pvs_plugin_v1), PVS_ABI_MINOR, &slot_describe, &slot_create, &slot_call,
                               &slot_cancel,          &slot_on_main, &slot_stop,     &slot_destroy};

}  // namespace

pvs_status Reply::send(const google::protobuf::MessageLite& message) {
  const std::size_t size = message.ByteSizeLong();
  if (size > PVS_MAX_MESSAGE) {
    return PVS_TOO_LARGE;
  }
  // Most answers are small; those need no memory of their own.
  std::array<std::uint8_t, kSmallReply> small;  // NOLINT(cppcoreguidelines-pro-type-member-init): written below
  std::unique_ptr<std::uint8_t[]> large;        // NOLINT(modernize-avoid-c-arrays): not initialised, unlike a vector
  if (size > small.size()) {
    large.reset(new std::uint8_t[size]);
  }
  std::uint8_t* const bytes = large ? large.get() : small.data();
  message.SerializeWithCachedSizesToArray(bytes);
  const pvs_status status = send_bytes({reinterpret_cast<const char*>(bytes), size});
  ::explicit_bzero(bytes, size);
  return status;
}

pvs_status Reply::send_bytes(std::string_view bytes) noexcept {
  if (sent_) {
    return PVS_INTERNAL;
  }
  if (bytes.size() > PVS_MAX_MESSAGE) {
    return PVS_TOO_LARGE;
  }
  sent_ = true;
  return fn_ == nullptr ? PVS_OK : fn_(sink_, borrow(bytes));
}

const pvs_plugin_v1* plugin_entry(const PluginDefinition& definition, std::uint32_t host_minor) noexcept {
  detail::restore_signal_mask();
  g_definition.store(&definition);
  return host_minor < definition.min_host_minor ? nullptr : &kTable;
}

}  // namespace pvs
