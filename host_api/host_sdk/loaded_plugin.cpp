// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include <algorithm>
#include <iterator>

#include "core.h"
#include "watchdog.h"

namespace pvs {

namespace fs = std::filesystem;
using detail::Core;
using detail::ReplyCatcher;

namespace {

constexpr std::chrono::milliseconds kStopAtEnd{10000};

/// Loading runs foreign initialisers; what they do to the thread's signal mask is undone.
class KeptSignalMask {
 public:
  KeptSignalMask() { pthread_sigmask(SIG_SETMASK, nullptr, &mask_); }
  ~KeptSignalMask() { pthread_sigmask(SIG_SETMASK, &mask_, nullptr); }
  KeptSignalMask(const KeptSignalMask&) = delete;
  KeptSignalMask& operator=(const KeptSignalMask&) = delete;

 private:
  sigset_t mask_{};
};

/// Milliseconds a method may take on the main thread (methods.proto).
std::int64_t time_class(std::uint32_t method) {
  switch (method) {
    case v1::METHOD_LIFECYCLE_HEALTH:
    case v1::METHOD_VIEW_CLOSE:
    case v1::METHOD_FORM_SUGGEST:
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

std::string status_text(pvs_status status) {
  static constexpr const char* kTexts[] = {"ok",
                                           "it does not know the method",
                                           "it did not understand the request",
                                           "it is not in the right state",
                                           "wrong thread",
                                           "cancelled",
                                           "the deadline passed",
                                           "too large",
                                           "out of memory",
                                           "it failed inside too often",
                                           "denied",
                                           "an error inside it",
                                           "the versions do not fit",
                                           "end of stream"};
  return status >= 0 && status <= PVS_END_OF_STREAM ? kTexts[status] : kTexts[PVS_INTERNAL];
}

std::string missing_services(const v1::PluginDescription& plugin, const std::vector<std::string>& offered) {
  std::string missing;
  for (const std::string& name : plugin.required_host_services()) {
    if (std::find(offered.begin(), offered.end(), name) == offered.end()) {
      missing += (missing.empty() ? "" : ", ") + name;
    }
  }
  return missing;
}

}  // namespace

struct LoadedPlugin::Impl {
  Manifest manifest;
  HostIdentity identity;
  std::shared_ptr<Core> core;
  std::unique_ptr<detail::Watchdog> watchdog;
  std::size_t threads_before = 0;
  void* library = nullptr;
  const pvs_plugin_v1* table = nullptr;
  pvs_host_ctx* context = nullptr;
  pvs_instance* instance = nullptr;
  std::uint64_t last_call = 0;
  bool started = false;
  bool stuck = false;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  /// Runs a function of the plugin on the main thread: watched, and without an exception getting through. False if one
  /// would have.
  template <class Body>
  bool inside(const char* function, Body&& body, std::chrono::milliseconds more = std::chrono::milliseconds{0});
  std::string open(const fs::path& directory);
  std::string describe_agrees();
  std::string create();
  pvs_status raw_call(std::uint32_t method, std::string_view request, const PluginCallOptions& options,
                      ReplyCatcher& catcher, std::uint64_t& call_id);
  void hand_out(detail::Event& event);
  void end_forgotten_jobs();
  void look_for_threads();
  pvs_status stop(std::chrono::milliseconds deadline);
};

namespace {

std::size_t thread_count() {
  std::error_code error;
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator("/proc/self/task", error), fs::directory_iterator{}));
}

/// An exception that crosses the border is the plugin's fault, and its text may quote anything.
void note_exception(Core& core, const char* function) noexcept {
  core.misbehaving(std::string("the plugin threw an exception out of ") + function +
                   "; it is contained, but the plugin may be broken inside");
}

}  // namespace

template <class Body>
bool LoadedPlugin::Impl::inside(const char* function, Body&& body, std::chrono::milliseconds more) {
  watchdog->enter(function, more);
  bool fine = true;
  try {
    body();
  } catch (...) {
    fine = false;
    note_exception(*core, function);
  }
  watchdog->leave();
  return fine;
}

LoadedPlugin::Impl::~Impl() {
  if (instance != nullptr && !stuck) {
    inside("destroy", [&] { table->destroy(instance); });
  }
  core->stopped.store(true);
  if (context != nullptr) {
    detail::disconnect(context);
  }
  core->streams.discard_all();
  if (library != nullptr && !stuck) {
    ::dlclose(library);
  }
}

/// Loads and checks the entry; empty or the reason.
std::string LoadedPlugin::Impl::open(const fs::path& directory) {
  const fs::path path = fs::absolute(directory) / manifest.library;
  if (manifest.description.abi_min_minor() > PVS_ABI_MINOR) {
    return "the plugin needs minor version " + std::to_string(manifest.description.abi_min_minor()) +
           " of the host interface, this host has " + std::to_string(PVS_ABI_MINOR) + ": update the practice system";
  }
  const KeptSignalMask mask;
  // Kept in memory even if the library forgot to ask for it: a thread it did not join would run in nothing.
  inside("the library's initialisers",
         [&] { library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE); });
  if (library == nullptr) {
    const char* why = ::dlerror();
    return "the library cannot be loaded: " + std::string(why == nullptr ? "unknown reason" : why);
  }
  const auto entry = reinterpret_cast<pvs_plugin_entry_fn>(::dlsym(library, PVS_ENTRY_SYMBOL));
  if (entry == nullptr) {
    return "the library is no plugin of interface version 1: it has no symbol " PVS_ENTRY_SYMBOL;
  }
  if (!inside(PVS_ENTRY_SYMBOL, [&] { table = entry(PVS_ABI_MINOR); })) {
    return "the plugin threw an exception out of " PVS_ENTRY_SYMBOL;
  }
  if (table == nullptr) {
    return "the plugin refuses a host of minor version " + std::to_string(PVS_ABI_MINOR);
  }
  if (!PVS_HAS(pvs_plugin_v1, table, destroy) || table->describe == nullptr || table->create == nullptr ||
      table->call == nullptr || table->cancel == nullptr || table->on_main == nullptr || table->stop == nullptr) {
    return "the plugin's table of functions is incomplete";
  }
  return {};
}

std::string LoadedPlugin::Impl::describe_agrees() {
  ReplyCatcher catcher(core);
  pvs_status status = PVS_INTERNAL;
  inside("describe", [&] { status = table->describe(&ReplyCatcher::take, catcher.sink()); });
  v1::PluginDescription description;
  if (status != PVS_OK || !catcher.answered() || !description.ParseFromString(catcher.bytes())) {
    return "the plugin does not describe itself: " + status_text(status);
  }
  std::string reason;
  for (const std::string& difference : compare_descriptions(manifest.description, description)) {
    reason += (reason.empty() ? "the plugin is not what its manifest says: " : "; ") + difference;
  }
  return reason;
}

std::string LoadedPlugin::Impl::create() {
  context = detail::make_context(core);
  pvs_status status = PVS_INTERNAL;
  inside("create", [&] {
    status =
        table->create(&detail::host_table(), context,
                      {reinterpret_cast<const std::uint8_t*>(manifest.text.data()), manifest.text.size()}, &instance);
  });
  if (status != PVS_OK || instance == nullptr) {
    instance = nullptr;
    return "the plugin does not start: " + status_text(status) + " (see its lines in the log)";
  }
  return {};
}

LoadResult LoadedPlugin::load(const fs::path& directory, std::shared_ptr<HostServices> services,
                              const HostIdentity& identity) {
  ManifestResult manifest = read_manifest(directory);
  if (!manifest.ok()) {
    return {nullptr, "manifest.json is refused:\n" + manifest.report()};
  }
  const std::vector<std::string> offered = services->offered();
  if (const std::string missing = missing_services(manifest.manifest.description, offered); !missing.empty()) {
    return {nullptr, "the plugin needs services that this host does not offer: " + missing};
  }
  auto impl = std::make_unique<Impl>();
  impl->core = std::make_shared<Core>();
  impl->core->services = std::move(services);
  impl->manifest = std::move(manifest.manifest);
  impl->identity = identity;
  for (const auto* list :
       {&impl->manifest.description.required_host_services(), &impl->manifest.description.optional_host_services()}) {
    impl->core->granted.insert(list->begin(), list->end());
  }
  for (const ManifestIssue& issue : manifest.issues) {
    impl->core->log(PVS_LOG_WARNING, "manifest.json: " + issue.to_string());
  }
  impl->watchdog = std::make_unique<detail::Watchdog>(
      impl->core->services->patience(), [core = impl->core](const char* function, std::chrono::milliseconds since) {
        core->misbehaving(std::string("the plugin has not returned from ") + function + " for " +
                          std::to_string(since.count()) + " ms");
        core->services->plugin_hangs(function, since);
      });
  impl->threads_before = thread_count();
  std::string reason = impl->open(directory);
  if (reason.empty()) reason = impl->describe_agrees();
  if (reason.empty()) reason = impl->create();
  if (!reason.empty()) {
    return {nullptr, reason};
  }
  return {std::unique_ptr<LoadedPlugin>(new LoadedPlugin(std::move(impl))), {}};
}

LoadedPlugin::LoadedPlugin(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

LoadedPlugin::~LoadedPlugin() {
  static_cast<void>(stop(kStopAtEnd));
}

const Manifest& LoadedPlugin::manifest() const noexcept {
  return impl_->manifest;
}
StreamTable& LoadedPlugin::streams() noexcept {
  return impl_->core->streams;
}
int LoadedPlugin::wake_fd() const noexcept {
  return impl_->core->queue.fd();
}
std::vector<std::uint64_t> LoadedPlugin::running_jobs() const {
  return impl_->core->jobs.running();
}

std::string LoadedPlugin::start(v1::HelloRequest hello) {
  hello.set_host_name(impl_->identity.name);
  hello.set_host_version(impl_->identity.version);
  hello.set_abi_minor(PVS_ABI_MINOR);
  hello.clear_services();
  for (const std::string& name : impl_->core->services->offered()) {
    if (impl_->core->granted.contains(name)) {
      hello.add_services(name);
    }
  }
  v1::HelloReply greeting;
  PluginCallResult result = call(v1::METHOD_LIFECYCLE_HELLO, hello, greeting);
  if (!result.ok()) {
    return "the plugin does not answer the greeting: " + status_text(result.status);
  }
  std::string reason;
  for (const v1::Error& error : greeting.errors().error()) {
    const std::string& text = error.text().empty() ? error.detail() : error.text();
    reason += (error.field().empty() ? "" : error.field() + ": ") + text + " [" + error.code() + "]\n";
  }
  if (greeting.has_errors()) {
    return reason.empty() ? "the plugin refuses without a reason" : reason;
  }
  v1::ActivateReply active;
  result = call(v1::METHOD_LIFECYCLE_ACTIVATE, v1::ActivateRequest(), active);
  if (!result.ok()) {
    return "the plugin cannot be activated: " + status_text(result.status);
  }
  if (active.has_error()) {
    return active.error().text() + " [" + active.error().code() + "]";
  }
  impl_->started = true;
  return {};
}

pvs_status LoadedPlugin::Impl::raw_call(std::uint32_t method, std::string_view request,
                                        const PluginCallOptions& options, ReplyCatcher& catcher,
                                        std::uint64_t& call_id) {
  if (!core->on_main()) {
    return PVS_WRONG_THREAD;
  }
  if (core->stopped.load() || instance == nullptr) {
    return PVS_INVALID_STATE;
  }
  if (request.size() > PVS_MAX_MESSAGE) {
    return PVS_TOO_LARGE;
  }
  pvs_call_header header{};
  header.struct_size = sizeof header;
  header.method = method;
  header.call_id = call_id = ++last_call;
  if (options.timeout.count() > 0) {
    header.deadline_ms =
        detail::host_table().monotonic_ms(context) + static_cast<std::uint64_t>(options.timeout.count());
  }
  header.flags = options.user_present ? PVS_CALL_USER_PRESENT : 0;
  std::copy(std::begin(options.correlation_id), std::end(options.correlation_id), std::begin(header.correlation_id));
  const auto begin = std::chrono::steady_clock::now();
  pvs_status status = PVS_INTERNAL;
  inside("call", [&] {
    status = table->call(instance, &header, {reinterpret_cast<const std::uint8_t*>(request.data()), request.size()},
                         &ReplyCatcher::take, catcher.sink());
  });
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  if (took > time_class(method)) {
    core->misbehaving("method " + std::to_string(method) + " kept the main thread for " + std::to_string(took) +
                      " ms, allowed are " + std::to_string(time_class(method)));
  }
  if (status < 0 || status > PVS_END_OF_STREAM) {
    core->misbehaving("the plugin returned a status that does not exist");
    return PVS_INTERNAL;
  }
  if (status == PVS_OK && !catcher.answered()) {
    core->misbehaving("the plugin reported success without an answer to method " + std::to_string(method));
    return PVS_INTERNAL;
  }
  return status;
}

PluginCallResult LoadedPlugin::call(v1::Method method, const google::protobuf::MessageLite& request,
                                    google::protobuf::MessageLite& reply, const PluginCallOptions& options) {
  PluginCallResult result;
  if (request.ByteSizeLong() > PVS_MAX_MESSAGE) {
    result.status = PVS_TOO_LARGE;
    return result;
  }
  std::string bytes = request.SerializeAsString();
  ReplyCatcher catcher(impl_->core);
  result.status = impl_->raw_call(static_cast<std::uint32_t>(method), bytes, options, catcher, result.call_id);
  ::explicit_bzero(bytes.data(), bytes.size());
  if (result.ok() && !reply.ParseFromString(catcher.bytes())) {
    impl_->core->misbehaving("an answer of the plugin is not the message of its method");
    result.status = PVS_INTERNAL;
  }
  return result;
}

ActionResult LoadedPlugin::act(v1::Method method, const google::protobuf::MessageLite& request,
                               const PluginCallOptions& options) {
  ActionResult result;
  static_cast<PluginCallResult&>(result) = call(method, request, result.reply, options);
  if (result.ok() && result.reply.has_accepted()) {
    impl_->core->jobs.accepted(result.reply.accepted().job_id(), result.call_id);
  }
  return result;
}

PluginCallResult LoadedPlugin::call_bytes(std::uint32_t method, std::string_view request, std::string& reply,
                                          const PluginCallOptions& options) {
  PluginCallResult result;
  ReplyCatcher catcher(impl_->core);
  result.status = impl_->raw_call(method, request, options, catcher, result.call_id);
  reply = catcher.bytes();
  return result;
}

void LoadedPlugin::cancel(std::uint64_t call_id) {
  {
    const std::lock_guard lock(impl_->core->cancelled_mutex);
    impl_->core->cancelled.insert(call_id);
  }
  if (!impl_->core->stopped.load()) {
    // On any thread, so the watchdog, which looks at the main thread, has no part in it.
    try {
      impl_->table->cancel(impl_->instance, call_id);
    } catch (...) {
      note_exception(*impl_->core, "cancel");
    }
  }
}

bool LoadedPlugin::cancel_job(std::uint64_t job_id) {
  const std::uint64_t call_id = impl_->core->jobs.call_of(job_id);
  if (call_id == 0) {
    return false;
  }
  cancel(call_id);
  return true;
}

void LoadedPlugin::Impl::hand_out(detail::Event& event) {
  if (const auto* token = std::get_if<detail::TokenEvent>(&event)) {
    if (!core->stopping.load()) {
      inside("on_main", [&] { table->on_main(instance, token->token); });
    }
  } else if (const auto* progress = std::get_if<detail::ProgressEvent>(&event)) {
    if (core->jobs.is_running(progress->job_id)) {
      core->services->job_progress(progress->job_id, progress->permille, progress->text);
    }
  } else {
    auto& end = std::get<detail::EndEvent>(event);
    const std::optional<std::uint64_t> call_id = core->jobs.finish(end.job_id);
    if (!call_id) {
      core->misbehaving("job " + std::to_string(end.job_id) + " ended, but was never accepted");
      return;
    }
    {
      // Nobody asks any more whether the call it came of is cancelled.
      const std::lock_guard lock(core->cancelled_mutex);
      core->cancelled.erase(*call_id);
    }
    if (end.outcome.has_accepted()) {
      core->misbehaving("job " + std::to_string(end.job_id) + " ended as accepted");
      end.outcome.mutable_error()->set_category(v1::CATEGORY_INTERNAL);
      end.outcome.mutable_error()->set_code("host.bad_job_end");
    }
    core->services->job_ended(end.job_id, end.outcome);
  }
}

std::size_t LoadedPlugin::pump(std::chrono::milliseconds wait) {
  if (!impl_->core->on_main()) {
    return 0;
  }
  std::deque<detail::Event> events = impl_->core->queue.take(wait);
  std::size_t done = 0;
  try {
    while (!events.empty()) {
      detail::Event event = std::move(events.front());
      events.pop_front();
      ++done;
      impl_->hand_out(event);
    }
  } catch (...) {
    // The host's own code threw: it gets its exception, and what is left stays for the next time.
    impl_->core->queue.put_back(std::move(events));
    throw;
  }
  return done;
}

/// Every accepted job gets its one end, also those the plugin forgot.
void LoadedPlugin::Impl::end_forgotten_jobs() {
  for (detail::Event& event : core->queue.take(std::chrono::milliseconds{0})) {
    hand_out(event);
  }
  for (const std::uint64_t job_id : core->jobs.running()) {
    core->misbehaving("job " + std::to_string(job_id) + " did not end before the plugin was stopped");
    v1::ActionReply outcome;
    outcome.mutable_error()->set_category(v1::CATEGORY_CANCELLED);
    outcome.mutable_error()->set_code("cancelled.by_user");
    if (core->jobs.finish(job_id)) {
      core->services->job_ended(job_id, outcome);
    }
  }
}

/// Threads of the host may have come meanwhile, so this is a hint and no reproach.
void LoadedPlugin::Impl::look_for_threads() {
  std::size_t now = thread_count();
  for (int i = 0; i < 50 && now > threads_before; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // a joined thread leaves the list a little later
    now = thread_count();
  }
  if (now > threads_before) {
    core->log(PVS_LOG_WARNING, "after stop() there are " + std::to_string(now - threads_before) +
                                   " threads more than before the plugin was loaded; those the host did not start were "
                                   "not joined by the plugin");
  }
}

pvs_status LoadedPlugin::Impl::stop(std::chrono::milliseconds deadline) {
  if (core->stopped.load() || instance == nullptr) {
    return PVS_OK;
  }
  core->stopping.store(true);
  core->services->stopping();
  if (started) {
    const std::string request = v1::QuiesceRequest().SerializeAsString();
    ReplyCatcher catcher(core);
    std::uint64_t call_id = 0;
    static_cast<void>(raw_call(v1::METHOD_LIFECYCLE_QUIESCE, request, {}, catcher, call_id));
  }
  deadline = std::max(deadline, std::chrono::milliseconds{0});
  pvs_status status = PVS_INTERNAL;
  inside(
      "stop", [&] { status = table->stop(instance, static_cast<std::uint64_t>(deadline.count())); }, deadline);
  if (status != PVS_OK) {
    stuck = true;
    core->misbehaving("the plugin did not stop: " + status_text(status) + "; it stays in memory");
  } else {
    stuck = false;
    core->stopped.store(true);
    look_for_threads();
  }
  if (const std::uint64_t dropped = core->log_limit.dropped(); dropped != 0) {
    core->log(PVS_LOG_WARNING, std::to_string(dropped) + " log lines of the plugin were dropped");
  }
  end_forgotten_jobs();
  if (const std::size_t open = core->streams.discard_all(); open != 0) {
    core->log(PVS_LOG_WARNING, std::to_string(open) + " streams were open at the end and are thrown away");
  }
  return status;
}

pvs_status LoadedPlugin::stop(std::chrono::milliseconds deadline) {
  return impl_->core->on_main() ? impl_->stop(deadline) : PVS_WRONG_THREAD;
}

}  // namespace pvs
