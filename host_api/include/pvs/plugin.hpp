// SPDX-License-Identifier: Apache-2.0
/// @file plugin.hpp
/// The thin C++ layer for plugins, over plugin.h. Link with `pvs_plugin_sdk` and build the library with
/// `pvs_add_plugin` (PvsPlugin.cmake), which sets the linker's flags that isolate it from the host.
///
/// What the layer does at every slot, so that a plugin cannot forget it: checks pointers, sizes, the instance, the
/// thread and the deadline; turns every exception into a status (a failed allocation into PVS_NO_MEMORY, without
/// allocating); counts contained faults and answers PVS_FAULTED after too many; keeps one instance at a time; puts the
/// signal mask back that a library's initialiser changed while the plugin was loaded. What the plugin does: derive one
/// class.
///
///     #include <pvs/plugin.hpp>
///     #include "pvs/v1/methods.pb.h"
///
///     namespace {
///     class Greeter final : public pvs::PluginInstance {
///      public:
///       explicit Greeter(pvs::HostClient& host) : host_(host) {}
///
///       pvs_status handle(const pvs_call_header& header, std::string_view request, pvs::Reply& reply) override {
///         switch (header.method) {
///           case pvs::v1::METHOD_LIFECYCLE_HELLO: {
///             pvs::v1::HelloReply hello;
///             describe(*hello.mutable_description());
///             return reply.send(hello);
///           }
///           case pvs::v1::METHOD_COMMAND_INVOKE: {
///             pvs::v1::InvokeRequest invoke;
///             if (!pvs::parse(request, invoke)) return PVS_BAD_REQUEST;
///             pvs::v1::UserCurrentRequest who;
///             who.set_session_id(invoke.context().session_id());
///             auto user = host_.call<pvs::v1::UserCurrentReply>(pvs::v1::METHOD_HOST_USER_CURRENT, who,
///             {header.call_id}); if (!user.ok()) return user.status; pvs::v1::ActionReply answer;
///             answer.mutable_done()->set_text("Guten Tag, " + user.reply.current().user().display_name());
///             return reply.send(answer);
///           }
///           default:
///             return PVS_UNSUPPORTED_METHOD;
///         }
///       }
///       pvs_status stop(std::chrono::milliseconds) override { return PVS_OK; }  // join threads here
///
///       static void describe(pvs::v1::PluginDescription& out) { out.set_id("org.example.greeter"); }
///       static pvs::Creation create(pvs::HostClient& host, std::string_view /*manifest*/) {
///         return {std::make_unique<Greeter>(host)};
///       }
///
///      private:
///       pvs::HostClient& host_;
///     };
///     constexpr pvs::PluginDefinition kGreeter{.describe = &Greeter::describe, .create = &Greeter::create};
///     }  // namespace
///     PVS_PLUGIN(kGreeter)
#pragma once

#include <pvs/plugin.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "pvs/v1/methods.pb.h"
#include "pvs/v1/plugin.pb.h"

namespace pvs {

/// The bytes of a string, lent.
[[nodiscard]] inline pvs_bytes borrow(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
/// A view of lent bytes; empty for null.
[[nodiscard]] inline std::string_view view(pvs_bytes bytes) noexcept {
  return bytes.data == nullptr
             ? std::string_view{}
             : std::string_view{reinterpret_cast<const char*>(bytes.data), static_cast<std::size_t>(bytes.size)};
}
/// Parses a message; false for bytes that are not one (then answer PVS_BAD_REQUEST).
[[nodiscard]] bool parse(std::string_view bytes, google::protobuf::MessageLite& message);
/// "PVS_DEADLINE" and so on; "PVS_INTERNAL" for a number outside the closed set, as the header demands.
[[nodiscard]] const char* status_name(pvs_status status) noexcept;
/// A thread that uses sockets calls this first: Poco and OpenSSL write without MSG_NOSIGNAL, and without it a peer that
/// hangs up would end the host's process by SIGPIPE. Only for the plugin's own threads. [worker]
void block_sigpipe_in_this_thread() noexcept;

/// The host's answer to a call: `reply` is meaningful only if `status` is PVS_OK.
template <class ReplyMessage>
struct CallResult {
  pvs_status status = PVS_INTERNAL;
  ReplyMessage reply;
  [[nodiscard]] bool ok() const noexcept { return status == PVS_OK; }
};

/// What may stand in the header of a call to the host.
struct CallOptions {
  std::uint64_t parent_call_id = 0;      ///< the host's call this one happens in
  std::chrono::milliseconds timeout{0};  ///< becomes deadline_ms; 0: none
  bool user_present = false;
  std::uint8_t correlation_id[16] = {};
};

/// The host as the plugin sees it. Copies the host's table, so that a table of another minor version (shorter or
/// longer) is read only as far as both sides know it. Outlives the PluginInstance it is given to. Thread: [any], except
/// the streams.
class HostClient {
 public:
  /// `ctx` is the host's and is passed back unseen. A table that is null or shorter than minor 0 makes a client that is
  /// not `usable()`.
  HostClient(const pvs_host_v1* host, pvs_host_ctx* ctx) noexcept;
  HostClient(const HostClient&) = delete;
  HostClient& operator=(const HostClient&) = delete;

  /// True if every function of minor 0 is there.
  [[nodiscard]] bool usable() const noexcept { return usable_; }
  /// The host's PVS_ABI_MINOR.
  [[nodiscard]] std::uint32_t abi_minor() const noexcept { return host_.abi_minor; }

  /// Calls a host service. The answer is parsed while the host still owns its bytes, and the serialised request is
  /// wiped: no copy of a secret stays behind (wipe the fields of `request` and of the reply yourself). Errors: the
  /// host's status; PVS_TOO_LARGE for a request over the cap; PVS_BAD_REQUEST for an answer that is not a
  /// `ReplyMessage` (logged as HOST_MISBEHAVING); PVS_INTERNAL if the host said PVS_OK without answering.
  template <class ReplyMessage>
  [[nodiscard]] CallResult<ReplyMessage> call(v1::Method method, const google::protobuf::MessageLite& request,
                                              const CallOptions& options = {}) {
    CallResult<ReplyMessage> result;
    result.status = call_raw(method, request, result.reply, options);
    return result;
  }

  /// No patient data, no secrets. Never throws; text over 8 KiB is cut.
  void log(std::int32_t level, std::string_view component, std::string_view text) noexcept;
  [[nodiscard]] bool is_main() noexcept;
  /// Makes the host call PluginInstance::on_main(token) later.
  [[nodiscard]] pvs_status post_to_main(std::uint64_t token) noexcept;
  [[nodiscard]] bool is_cancelled(std::uint64_t call_id) noexcept;
  [[nodiscard]] std::chrono::system_clock::time_point now() noexcept;
  [[nodiscard]] std::uint64_t monotonic_ms() noexcept;

  /// Raw stream functions; HostInputStream and HostOutputStream are more convenient. [worker]
  [[nodiscard]] pvs_status stream_read(std::uint64_t id, std::uint8_t* buffer, std::size_t capacity,
                                       std::size_t& got) noexcept;
  [[nodiscard]] pvs_status stream_write(std::uint64_t id, std::string_view bytes) noexcept;
  [[nodiscard]] pvs_status stream_close(std::uint64_t id, bool keep) noexcept;

 private:
  pvs_status call_raw(v1::Method method, const google::protobuf::MessageLite& request,
                      google::protobuf::MessageLite& reply, const CallOptions& options);

  pvs_host_v1 host_{};
  pvs_host_ctx* ctx_;
  bool usable_ = false;
};

/// Reads a host stream as a std::istream. A transport error sets badbit; `status()` says which. Closes the stream when
/// it goes. [worker]
class HostInputStream : public std::istream {
 public:
  HostInputStream(HostClient& host, std::uint64_t stream_id);
  ~HostInputStream() override;
  HostInputStream(const HostInputStream&) = delete;
  HostInputStream& operator=(const HostInputStream&) = delete;
  /// PVS_OK while reading, PVS_END_OF_STREAM after the last byte, else what went wrong.
  [[nodiscard]] pvs_status status() const noexcept { return buffer_.status; }

 private:
  struct Buffer : std::streambuf {
    Buffer(HostClient& h, std::uint64_t stream) : host(h), id(stream), bytes(65536) {}
    int_type underflow() override;
    HostClient& host;
    std::uint64_t id;
    pvs_status status = PVS_OK;
    std::vector<char> bytes;
  };
  Buffer buffer_;
};

/// Writes a host stream as a std::ostream. Without `commit()` everything is thrown away when it goes. [worker]
class HostOutputStream : public std::ostream {
 public:
  HostOutputStream(HostClient& host, std::uint64_t stream_id);
  ~HostOutputStream() override;
  HostOutputStream(const HostOutputStream&) = delete;
  HostOutputStream& operator=(const HostOutputStream&) = delete;
  /// Writes what is buffered and makes the whole visible at once. Once only; not PVS_OK: nothing became visible.
  [[nodiscard]] pvs_status commit();
  [[nodiscard]] pvs_status status() const noexcept { return buffer_.status; }

 private:
  struct Buffer : std::streambuf {
    Buffer(HostClient& h, std::uint64_t stream) : host(h), id(stream), bytes(65536) {
      setp(bytes.data(), bytes.data() + bytes.size());
    }
    int_type overflow(int_type c) override;
    int sync() override;
    HostClient& host;
    std::uint64_t id;
    pvs_status status = PVS_OK;
    std::vector<char> bytes;
  };
  Buffer buffer_;
  bool closed_ = false;
};

/// Where an answer goes: once, within handle(). A host that does not want it (null) is fine.
class Reply {
 public:
  Reply(pvs_reply_fn fn, void* sink) noexcept : fn_(fn), sink_(sink) {}
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  /// Serialises and hands over; the bytes are wiped afterwards. Return its result from handle().
  /// PVS_TOO_LARGE over the cap; PVS_INTERNAL for a second answer, which is not sent.
  [[nodiscard]] pvs_status send(const google::protobuf::MessageLite& message);
  [[nodiscard]] pvs_status send_bytes(std::string_view bytes) noexcept;
  [[nodiscard]] bool sent() const noexcept { return sent_; }

 private:
  pvs_reply_fn fn_;
  void* sink_;
  bool sent_ = false;
};

/// One running plugin. May throw anything; nothing of it reaches the host.
class PluginInstance {
 public:
  virtual ~PluginInstance() = default;

  /// Answers one method within its time class. `header` and `request` are valid until it returns; header.method is any
  /// number at all: answer PVS_UNSUPPORTED_METHOD for those not known. PVS_OK without an answer sends an empty message.
  /// METHOD_LIFECYCLE_HEALTH does not come here, see health(). [main]
  virtual pvs_status handle(const pvs_call_header& header, std::string_view request, Reply& reply) = 0;

  /// The host gave up its call `call_id`. Sets flags, waits for nothing. [any], also while handle() runs
  virtual void cancel(std::uint64_t call_id) { static_cast<void>(call_id); }

  /// The answer to HostClient::post_to_main(token). [main]
  virtual void on_main(std::uint64_t token) { static_cast<void>(token); }

  /// Fills in running_jobs and threads; the layer adds its fault counter. Also called when faulted. [main]
  virtual void health(v1::HealthReply& reply) { static_cast<void>(reply); }

  /// Cancels jobs and joins every thread within `deadline`. PVS_OK: the host may destroy the instance. PVS_DEADLINE: a
  /// thread is stuck, the instance stays for ever. May be called again after PVS_DEADLINE. [main]
  virtual pvs_status stop(std::chrono::milliseconds deadline) = 0;
};

/// What create() made: an instance, or the reason why there is none (one line for the host's log, and for a person).
struct Creation {
  std::unique_ptr<PluginInstance> instance;
  pvs_status status = PVS_OK;  ///< PVS_VERSION or PVS_BAD_REQUEST when `instance` is null
  std::string reason{};
};

/// A plugin, as a constant of the library.
struct PluginDefinition {
  /// Fills in the description; no side effects. [any]
  void (*describe)(v1::PluginDescription& out);
  /// `host` stays valid until the instance is destroyed; `manifest` until it returns. [main]
  Creation (*create)(HostClient& host, std::string_view manifest);
  std::uint32_t min_host_minor = 0;  ///< hosts of an older minor version are refused
  std::uint32_t fault_limit = 8;     ///< contained faults within `fault_window` that make the instance PVS_FAULTED
  std::chrono::milliseconds fault_window{std::chrono::minutes(1)};
};

/// Body of the entry function; use PVS_PLUGIN. The definition must be a constant: it lives as long as the library.
[[nodiscard]] const pvs_plugin_v1* plugin_entry(const PluginDefinition& definition, std::uint32_t host_minor) noexcept;

}  // namespace pvs

/// Defines the library's one symbol for a constant pvs::PluginDefinition. Once per library, outside any namespace.
#define PVS_PLUGIN(definition)                                                                   \
  extern "C" PVS_EXPORT const pvs_plugin_v1* PVS_CALL pvs_plugin_entry_v1(uint32_t host_minor) { \
    return ::pvs::plugin_entry(definition, host_minor);                                          \
  }
