// SPDX-License-Identifier: Apache-2.0
/// @file host.hpp
/// The C++ layer for hosts, over plugin.h. Link with `pvs_host_sdk`.
///
/// It loads a plugin, compares it with its manifest, starts and stops it, carries calls in both directions, brings what
/// concerns the screen to the main thread, and contains what a plugin does wrong: an answer given twice, late, on
/// another thread or too large, a job that ends twice or never, calls after stop. What the host does: derive one class.
///
///     class MyServices final : public pvs::HostServices {
///       pvs_status user_current(const pvs::PluginCall&, const pvs::v1::UserCurrentRequest& request,
///                               pvs::v1::UserCurrentReply& reply) override { ... return PVS_OK; }
///       void job_ended(std::uint64_t job_id, const pvs::v1::ActionReply& outcome) override { show(outcome); }
///     };
///
///     auto loaded = pvs::LoadedPlugin::load("/usr/lib/praxis/plugins/kvconnect", std::make_shared<MyServices>(),
///     {"Praxis", "7.1"}); if (!loaded.plugin) { tell_the_user(loaded.reason); return; } pvs::v1::HelloRequest hello;
///     hello.set_locale("de-DE");
///     if (std::string reason = loaded.plugin->start(hello); !reason.empty()) { ... }
///     pvs::v1::InvokeRequest invoke;
///     invoke.set_command_id("kvconnect.inbox");
///     auto answer = loaded.plugin->act(pvs::v1::METHOD_COMMAND_INVOKE, invoke);   // on the main thread
///     // in the main loop, e.g. on an idle event; wake_fd() becomes readable when there is something to do:
///     loaded.plugin->pump();
#pragma once

#include <pvs/plugin.h>
#include <pvs/manifest.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pvs/v1/host.pb.h"
#include "pvs/v1/methods.pb.h"
#include "pvs/v1/plugin.pb.h"

namespace pvs {

class StreamTable;

/// About the call of a plugin that a service answers.
struct PluginCall {
  pvs_call_header header{};
  bool on_main = false;
  StreamTable* streams = nullptr;  ///< where a service puts the streams it opens; never null inside a service
};

/// Bytes going to or coming from a plugin. Used by one thread at a time. Returns statuses, may throw (contained).
class Stream {
 public:
  virtual ~Stream() = default;
  /// Sets `got` to at least 1, or returns PVS_END_OF_STREAM.
  virtual pvs_status read(std::uint8_t* buffer, std::size_t capacity, std::size_t& got);
  virtual pvs_status write(std::string_view bytes);
  /// Called exactly once. Without keep, nothing of what was written stays.
  virtual pvs_status close(bool keep);
};

/// The open streams of one plugin. [any]
class StreamTable {
 public:
  StreamTable();
  ~StreamTable();
  StreamTable(const StreamTable&) = delete;
  StreamTable& operator=(const StreamTable&) = delete;
  /// Takes a stream; the number goes into FileRef.stream_id and its like.
  [[nodiscard]] std::uint64_t add(std::unique_ptr<Stream> stream);
  pvs_status read(std::uint64_t id, std::uint8_t* buffer, std::size_t capacity, std::size_t& got);
  pvs_status write(std::uint64_t id, std::string_view bytes);
  pvs_status close(std::uint64_t id, bool keep);
  /// Throws away whatever is open; returns how many there were.
  std::size_t discard_all();
  [[nodiscard]] std::size_t open_count() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A stream over bytes in memory.
[[nodiscard]] std::unique_ptr<Stream> memory_stream(std::string bytes);
/// Reads a regular file. Null if it cannot be opened.
[[nodiscard]] std::unique_ptr<Stream> file_reader(const std::filesystem::path& path);
/// Writes `directory`/`name`: into a temporary file, mode 0600, synchronised and renamed on close(keep = true); an
/// existing file is not replaced, "name (2).ext" is taken instead. `name` is reduced to a safe base name. `size_limit`
/// in bytes, 0: none. `on_kept` hears the final path. Null if the temporary file cannot be made.
[[nodiscard]] std::unique_ptr<Stream> file_writer(const std::filesystem::path& directory, std::string_view name,
                                                  std::uint64_t size_limit,
                                                  std::function<void(const std::filesystem::path&)> on_kept);
/// A base name without a folder, control characters, leading dots, and at most 120 bytes (cut between characters).
[[nodiscard]] std::string safe_file_name(std::string_view suggested);

/// What the host offers. One function for each host method of methods.proto; the default answers
/// PVS_UNSUPPORTED_METHOD. Services are called on whatever thread the plugin calls on ([any], several at a time), only
/// if the manifest asks for the service, and never with a lock of this layer held. An outcome of the subject goes into
/// the reply's `error` with PVS_OK. May throw: becomes PVS_INTERNAL.
class HostServices {
 public:
  virtual ~HostServices() = default;

  /// Names of the services offered, as in the manifest: "user_context", "key_custody" ...
  [[nodiscard]] virtual std::vector<std::string> offered() const = 0;

  virtual pvs_status user_current(const PluginCall&, const v1::UserCurrentRequest&, v1::UserCurrentReply&);
  virtual pvs_status user_list(const PluginCall&, const v1::UserListRequest&, v1::UserListReply&);
  virtual pvs_status patient_current(const PluginCall&, const v1::PatientCurrentRequest&, v1::PatientCurrentReply&);
  /// Any user of the practice, logged in or not.
  virtual pvs_status key_seal(const PluginCall&, const v1::KeySealRequest&, v1::KeySealReply&);
  /// Only a user whose session is unlocked.
  virtual pvs_status key_unseal(const PluginCall&, const v1::KeyUnsealRequest&, v1::KeyUnsealReply&);
  virtual pvs_status key_public(const PluginCall&, const v1::KeyPublicRequest&, v1::KeyPublicReply&);
  virtual pvs_status storage_directories(const PluginCall&, const v1::DirectoriesRequest&, v1::DirectoriesReply&);
  /// May block until a person has chosen: never comes on the main thread.
  virtual pvs_status file_choose(const PluginCall&, const v1::FileChooseRequest&, v1::FileChooseReply&);
  virtual pvs_status file_create(const PluginCall&, const v1::FileCreateRequest&, v1::FileCreateReply&);
  virtual pvs_status document_deliver(const PluginCall&, const v1::DocumentDeliverRequest&, v1::DocumentDeliverReply&);
  virtual pvs_status document_fetch(const PluginCall&, const v1::DocumentFetchRequest&, v1::DocumentFetchReply&);
  virtual pvs_status notify(const PluginCall&, const v1::NotifyRequest&, v1::NotifyReply&);
  virtual pvs_status open_url(const PluginCall&, const v1::OpenUrlRequest&, v1::OpenUrlReply&);
  virtual pvs_status audit(const PluginCall&, const v1::AuditRequest&, v1::AuditReply&);
  virtual pvs_status schedule_set(const PluginCall&, const v1::ScheduleSetRequest&, v1::ScheduleSetReply&);

  /// A job moved on. From pump(). [main]
  virtual void job_progress(std::uint64_t job_id, std::int32_t permille, std::string_view text);
  /// A job ended: comes exactly once for every accepted job, as a cancelled error if the plugin forgot it. `outcome` is
  /// never Accepted. From pump() or stop(). [main]
  virtual void job_ended(std::uint64_t job_id, const v1::ActionReply& outcome);
  /// One line of the diagnostic log, also this layer's own. [any]
  virtual void log(std::int32_t level, std::string_view component, std::string_view text);
  /// The plugin has kept the main thread inside `function` for `since`, more than patience(). Comes once for each such
  /// call, on a thread of this layer. Nobody can take the thread back: what a host can do is tell the person what is
  /// kept, and end the process. The default does nothing. [any]
  virtual void plugin_hangs(std::string_view function, std::chrono::milliseconds since);
  /// How long a function of the plugin may keep the main thread before plugin_hangs(), stop() beyond its deadline. Asked
  /// once, before loading. 0: it is not watched, which is also the default. [main]
  [[nodiscard]] virtual std::chrono::milliseconds patience() const;
  /// Wakes the stuck or waiting services (file_choose) because the plugin is being stopped. [main]
  virtual void stopping();
};

/// Who the host is.
struct HostIdentity {
  std::string name;
  std::string version;
};

/// Header fields of a call to the plugin.
struct PluginCallOptions {
  std::chrono::milliseconds timeout{0};  ///< becomes deadline_ms; 0: none
  bool user_present = true;
  std::uint8_t correlation_id[16] = {};
};

/// How a call went. `status` is of the transport.
struct PluginCallResult {
  pvs_status status = PVS_INTERNAL;
  std::uint64_t call_id = 0;
  [[nodiscard]] bool ok() const noexcept { return status == PVS_OK; }
};
struct ActionResult : PluginCallResult {
  v1::ActionReply reply;  ///< meaningful only if ok()
};

class LoadedPlugin;
/// A plugin, or the reason in one or more readable lines.
struct LoadResult {
  std::unique_ptr<LoadedPlugin> plugin;
  std::string reason;
};

/// One loaded plugin. The thread that loads it is its main thread; every function is [main] unless it says otherwise.
/// Destruction stops the plugin (10 s) and unloads it; a plugin that does not stop stays in memory for ever.
class LoadedPlugin {
 public:
  /// Reads the manifest, checks that the host offers what it requires, loads the library it names from `directory`,
  /// compares describe() with the manifest and creates the instance. Nothing stays behind on failure. The thread's
  /// signal mask is as before.
  [[nodiscard]] static LoadResult load(const std::filesystem::path& directory, std::shared_ptr<HostServices> services,
                                       const HostIdentity& identity);
  ~LoadedPlugin();
  LoadedPlugin(const LoadedPlugin&) = delete;
  LoadedPlugin& operator=(const LoadedPlugin&) = delete;

  [[nodiscard]] const Manifest& manifest() const noexcept;

  /// HELLO and ACTIVATE. Host name, version, minor and services are filled in here. Empty: it runs; else why not, one
  /// error a line with its key path. May be called again with better settings.
  [[nodiscard]] std::string start(v1::HelloRequest hello);

  /// Calls a method and parses its answer. PVS_WRONG_THREAD off the main thread, PVS_INVALID_STATE after stop().
  /// Secrets in the serialised request are wiped.
  PluginCallResult call(v1::Method method, const google::protobuf::MessageLite& request,
                        google::protobuf::MessageLite& reply, const PluginCallOptions& options = {});
  /// The same for methods that answer an ActionReply; keeps track of the job that may come of it.
  ActionResult act(v1::Method method, const google::protobuf::MessageLite& request,
                   const PluginCallOptions& options = {});
  /// Calls with bytes as they are, for tests of a plugin.
  PluginCallResult call_bytes(std::uint32_t method, std::string_view request, std::string& reply,
                              const PluginCallOptions& options = {});

  /// [any]
  void cancel(std::uint64_t call_id);
  /// Cancels the call a job came of. False for a job that does not run.
  bool cancel_job(std::uint64_t job_id);
  /// Jobs accepted and not yet ended.
  [[nodiscard]] std::vector<std::uint64_t> running_jobs() const;

  /// Does what the plugin posted to the main thread, and hands out progress and ends of jobs; waits up to `wait` for
  /// something to do. Returns the number of things done.
  std::size_t pump(std::chrono::milliseconds wait = std::chrono::milliseconds{0});
  /// A descriptor that polls readable while pump() has something to do, for the host's own event loop.
  [[nodiscard]] int wake_fd() const noexcept;

  /// QUIESCE and stop. Idempotent. PVS_DEADLINE: something in the plugin is stuck.
  pvs_status stop(std::chrono::milliseconds deadline);

  [[nodiscard]] StreamTable& streams() noexcept;

 private:
  struct Impl;
  explicit LoadedPlugin(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pvs
