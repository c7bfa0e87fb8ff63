// SPDX-License-Identifier: Apache-2.0
// The probe: a plugin that tests its host. The C++ layer keeps the plugin's side in order; the host is called over the
// raw table, which the layer would not let the probe misuse.
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <pvs/plugin.hpp>
#include <set>
#include <thread>

#include "results.h"
#include "wire.h"

namespace probe {
namespace {

namespace v1 = pvs::v1;

/// The host's table as create() got it, before the layer took over.
const pvs_host_v1* g_host = nullptr;
pvs_host_ctx* g_ctx = nullptr;

constexpr std::uint64_t kTokens = 100;

void describe(v1::PluginDescription& out) {
  out.set_id("org.pvs.probe");
  out.set_version("1.0.0");
  out.set_abi_major(1);
  v1::Menu& menu = *out.add_menus();
  menu.set_menu_id("probe");
  menu.set_title_de("Prüfung");
  menu.set_title_en("Probe");
  const auto command = [&](const char* id, const char* de, const char* en) -> v1::Command& {
    v1::Command& added = *out.add_commands();
    added.set_command_id(id);
    added.set_title_de(de);
    added.set_title_en(en);
    added.set_menu("probe");
    return added;
  };
  command("probe.run", "Praxissystem prüfen", "Test the host").add_search_words("prüfung");
  command("probe.jobs", "Ende von Aufträgen prüfen", "Test the ends of jobs");
  command("probe.wait", "Auf Abbruch warten", "Wait to be cancelled");
  command("probe.report", "Ergebnis zeigen", "Show the result");
  for (const char* hook : {"session_unlocked", "session_locked", "patient_selected", "schedule_fired"}) {
    out.add_hooks(hook);
  }
  for (const char* name : {"user_context", "progress"}) {
    out.add_required_host_services(name);
  }
  for (const char* name :
       {"patient_context", "key_custody", "storage", "files", "documents", "notifications", "audit"}) {
    out.add_optional_host_services(name);
  }
  out.set_max_threads(3);
}

class Probe final : public pvs::PluginInstance {
 public:
  Probe() : wire_(g_host, g_ctx, results_) {}

  pvs_status handle(const pvs_call_header& header, std::string_view request, pvs::Reply& reply) override {
    results_.expect("host.main_thread", wire_.host->is_main(wire_.ctx) == 1, "a call on a thread that is not main");
    switch (header.method) {
      case v1::METHOD_LIFECYCLE_HELLO:
        return hello(request, reply);
      case v1::METHOD_LIFECYCLE_ACTIVATE:
        active_ = greeted_;
        return active_ ? PVS_OK : PVS_INVALID_STATE;
      case v1::METHOD_LIFECYCLE_QUIESCE:
        return PVS_OK;
      default:
        return active_ ? handle_active(header, request, reply) : PVS_INVALID_STATE;
    }
  }

  void cancel(std::uint64_t call_id) override {
    const std::lock_guard lock(mutex_);
    cancelled_.insert(call_id);
    changed_.notify_all();
  }

  void on_main(std::uint64_t token) override {
    const std::lock_guard lock(mutex_);
    results_.expect("post.on_main_thread", wire_.host->is_main(wire_.ctx) == 1, "on_main() on another thread");
    results_.expect("post.never_inside", !posting_on_main_, "on_main() runs inside post_to_main()");
    results_.expect("post.order", token == next_token_, "tokens come out of order");
    next_token_ = token + 1;
    changed_.notify_all();
  }

  void health(v1::HealthReply& reply) override { reply.set_threads(worker_.joinable() ? 1 : 0); }

  pvs_status stop(std::chrono::milliseconds) override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    if (worker_.joinable()) {
      worker_.join();
    }
    return PVS_OK;
  }

 private:
  pvs_status hello(std::string_view request, pvs::Reply& reply) {
    v1::HelloRequest hello;
    if (!pvs::parse(request, hello)) {
      return PVS_BAD_REQUEST;
    }
    services_ = {hello.services().begin(), hello.services().end()};
    v1::HelloReply answer;
    for (const char* name : {"user_context", "progress"}) {
      if (!services_.contains(name)) {
        v1::Error& error = *answer.mutable_errors()->add_error();
        error.set_category(v1::CATEGORY_HOST);
        error.set_code("host.missing_service");
        error.set_field(name);
        error.set_text(
            "Das Praxissystem bietet einen Dienst nicht an, den die Prüfung braucht. Es wurde nichts geprüft. "
            "Bitte den Hersteller des Praxissystems fragen.");
      }
    }
    greeted_ = !answer.has_errors();
    results_.expect("hello.host_named", !hello.host_name().empty() && !hello.host_version().empty(),
                    "the host does not say its name and version");
    results_.expect("hello.locale", !hello.locale().empty(), "the host does not say its locale");
    if (greeted_) {
      describe(*answer.mutable_description());
    }
    return reply.send(answer);
  }

  pvs_status handle_active(const pvs_call_header& header, std::string_view request, pvs::Reply& reply) {
    v1::ActionReply answer;
    switch (header.method) {
      case v1::METHOD_COMMAND_INVOKE: {
        v1::InvokeRequest invoke;
        if (!pvs::parse(request, invoke)) {
          return PVS_BAD_REQUEST;
        }
        run_command(header, invoke, answer);
        return reply.send(answer);
      }
      case v1::METHOD_FORM_SUBMIT:
      case v1::METHOD_VIEW_ACTION:
        refuse(answer, "usage.no_such_view");
        return reply.send(answer);
      case v1::METHOD_VIEW_CLOSE:
      case v1::METHOD_HOOK_SCHEDULE_FIRED:
        answer.mutable_done();
        return reply.send(answer);
      case v1::METHOD_HOOK_SESSION_UNLOCKED:
      case v1::METHOD_HOOK_SESSION_LOCKED:
      case v1::METHOD_HOOK_PATIENT_SELECTED:
      case v1::METHOD_JOB_QUERY:
        return PVS_OK;
      case v1::METHOD_JOB_CANCEL:
        return cancel_job(request, reply);
      default:
        return PVS_UNSUPPORTED_METHOD;
    }
  }

  static void refuse(v1::ActionReply& answer, const char* code) {
    answer.mutable_error()->set_category(v1::CATEGORY_USAGE);
    answer.mutable_error()->set_code(code);
    answer.mutable_error()->set_text(
        "Das gibt es in der Prüfung nicht. Es wurde nichts verändert. Bitte das Menü benutzen.");
  }

  pvs_status cancel_job(std::string_view request, pvs::Reply& reply) {
    v1::JobCancelRequest cancel;
    if (!pvs::parse(request, cancel)) {
      return PVS_BAD_REQUEST;
    }
    v1::JobCancelReply answer;
    const std::lock_guard lock(mutex_);
    answer.set_known(running_job_ != 0 && cancel.job_id() == running_job_);
    if (answer.known()) {
      cancelled_.insert(running_call_);
      changed_.notify_all();
    }
    return reply.send(answer);
  }

  void run_command(const pvs_call_header& header, const v1::InvokeRequest& invoke, v1::ActionReply& answer) {
    const std::string& id = invoke.command_id();
    results_.expect("calls.header", header.call_id != 0 && header.reserved == 0 && header.struct_size >= sizeof header,
                    "the header of the host's call is incomplete");
    if (id == "probe.report") {
      results_.into(*answer.mutable_view());
    } else if (id == "probe.run" || id == "probe.jobs" || id == "probe.wait") {
      results_.expect("calls.user_present", (header.flags & PVS_CALL_USER_PRESENT) != 0,
                      "a command a person chose comes without PVS_CALL_USER_PRESENT");
      begin(header.call_id, invoke, answer);
    } else {
      refuse(answer, "usage.no_such_command");
    }
  }

  /// One job at a time.
  void begin(std::uint64_t call_id, const v1::InvokeRequest& invoke, v1::ActionReply& answer) {
    {
      const std::lock_guard lock(mutex_);
      if (running_job_ != 0) {
        return refuse(answer, "usage.busy");
      }
      running_job_ = ++last_job_;
      running_call_ = call_id;
    }
    if (worker_.joinable()) {
      worker_.join();  // it has told its end: nothing is left to wait for
    }
    if (invoke.command_id() == "probe.run" && services_.contains("documents")) {
      check_on_main(wire_);
      post_from_main();
    }
    answer.mutable_accepted()->set_job_id(running_job_);
    answer.mutable_accepted()->set_cancellable(true);
    answer.mutable_accepted()->set_text("Das Praxissystem wird geprüft ...");
    worker_ = std::thread([this, invoke, job = running_job_, call_id] { work(invoke, job, call_id); });
  }

  void post_from_main() {
    {
      const std::lock_guard lock(mutex_);
      next_token_ = 1;
      posting_on_main_ = true;
    }
    // Not under the lock: a host that came back inside would wait for it.
    const pvs_status status = wire_.host->post_to_main(wire_.ctx, 1);
    const std::lock_guard lock(mutex_);
    posting_on_main_ = false;
    results_.expect("post.from_main", status == PVS_OK, "post_to_main() on the main thread is refused");
  }

  void work(const v1::InvokeRequest& invoke, std::uint64_t job, std::uint64_t call_id) noexcept {
    v1::JobEndedRequest end;
    end.set_job_id(job);
    try {
      if (invoke.command_id() == "probe.run") {
        test_host(invoke.context(), job);
        results_.into(*end.mutable_outcome()->mutable_view());
      } else if (invoke.command_id() == "probe.jobs") {
        end.mutable_outcome()->mutable_done()->set_text("Der Auftrag endet gleich noch einmal.");
      } else {
        wait_for_cancel(call_id, *end.mutable_outcome());
      }
    } catch (const std::exception&) {
      refuse(*end.mutable_outcome(), "internal.probe");
    }
    {
      const std::lock_guard lock(mutex_);
      running_job_ = 0;
    }
    v1::JobEndedReply reply;
    results_.expect("job.end", wire_.ask(v1::METHOD_HOST_JOB_ENDED, end, reply) == PVS_OK, "the end is refused");
    if (invoke.command_id() == "probe.jobs") {
      results_.expect("job.end_once", wire_.ask(v1::METHOD_HOST_JOB_ENDED, end, reply) != PVS_OK,
                      "a job may end twice");
    }
  }

  void wait_for_cancel(std::uint64_t call_id, v1::ActionReply& outcome) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || cancelled_.contains(call_id); });
      if (!cancelled_.contains(call_id)) {
        outcome.mutable_error()->set_category(v1::CATEGORY_CANCELLED);
        return;
      }
    }
    outcome.mutable_error()->set_category(v1::CATEGORY_CANCELLED);
    outcome.mutable_error()->set_code("cancelled.by_user");
    // A host may cancel by the job or by the call; only the second one is visible here.
    bool visible = false;
    for (int i = 0; i < 1000 && !visible; ++i) {
      visible = wire_.host->is_cancelled(wire_.ctx, call_id) == 1;
      std::this_thread::sleep_for(std::chrono::milliseconds(visible ? 0 : 5));
    }
    results_.expect("cancel.visible", visible, "is_cancelled() does not know of a call the host gave up");
  }

  void test_host(const v1::Context& context, std::uint64_t job) {
    const auto offered = [&](std::initializer_list<const char*> names, const char* what) {
      for (const char* name : names) {
        if (!services_.contains(name)) {
          results_.skip(what, std::string("das Praxissystem bietet den Dienst ") + name + " nicht an");
          return false;
        }
      }
      return true;
    };
    progress(job);
    post_tokens();
    check_bad_calls(wire_);
    check_clocks(wire_);
    if (offered({"patient_context", "storage", "notifications", "audit"}, "services")) {
      check_services(wire_, context);
    }
    if (offered({"key_custody"}, "keys")) {
      check_keys(wire_, context);
    }
    if (offered({"storage", "files", "documents"}, "streams")) {
      check_streams(wire_, context);
    }
    check_parallel(wire_, context);
  }

  void progress(std::uint64_t job) {
    v1::JobProgressRequest request;
    request.set_job_id(job);
    request.set_text("Prüfung läuft");
    v1::JobProgressReply reply;
    bool fine = true;
    for (const int permille : {0, 500, -1, 1000000, -2147483647}) {
      request.set_permille(permille);
      fine = fine && wire_.ask(v1::METHOD_HOST_JOB_PROGRESS, request, reply) == PVS_OK;
    }
    results_.expect("job.progress", fine, "progress is refused");
    for (int i = 0; i < 200; ++i) {  // more than ten a second may be dropped, but do no harm
      fine = fine && wire_.ask(v1::METHOD_HOST_JOB_PROGRESS, request, reply) == PVS_OK;
    }
    results_.expect("job.progress_flood", fine, "a plugin that reports too often is refused");
  }

  void post_tokens() {
    // The token posted on the main thread comes first.
    bool fine = true;
    for (std::uint64_t token = 2; token <= kTokens; ++token) {
      fine = wire_.host->post_to_main(wire_.ctx, token) == PVS_OK && fine;
    }
    results_.expect("post.accepted", fine, "post_to_main() is refused");
    std::unique_lock lock(mutex_);
    const bool came =
        changed_.wait_for(lock, std::chrono::seconds(30), [&] { return next_token_ > kTokens || stopping_; });
    lock.unlock();
    results_.expect("post.all_come", came, "not every token came back within half a minute");
  }

  Results results_;
  Wire wire_;
  std::set<std::string> services_;
  bool greeted_ = false;
  bool active_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::uint64_t> cancelled_;
  std::uint64_t running_job_ = 0;
  std::uint64_t running_call_ = 0;
  std::uint64_t last_job_ = 0;
  std::uint64_t next_token_ = 1;
  bool posting_on_main_ = false;
  bool stopping_ = false;
  std::thread worker_;
};

pvs::Creation create(pvs::HostClient&, std::string_view manifest) {
  if (manifest.find("\"org.pvs.probe\"") == std::string_view::npos ||
      manifest.find("\"version\": \"1.0.0\"") == std::string_view::npos || !manifest.starts_with('{') ||
      manifest.find_last_of('}') == std::string_view::npos) {
    return {nullptr, PVS_BAD_REQUEST, "the manifest is not the probe's, or of another version"};
  }
  return {std::make_unique<Probe>()};
}

constexpr pvs::PluginDefinition kProbe{.describe = &describe, .create = &create};

pvs_status PVS_CALL remember_host(const pvs_host_v1* host, pvs_host_ctx* ctx, pvs_bytes manifest,
                                  pvs_instance** out) noexcept {
  const pvs_plugin_v1* table = pvs::plugin_entry(kProbe, PVS_ABI_MINOR);
  // The layer refuses a second instance; the first one's host stays the host.
  const pvs_host_v1* const old_host = g_host;
  pvs_host_ctx* const old_ctx = g_ctx;
  g_host = host;
  g_ctx = ctx;
  const pvs_status status = table->create(host, ctx, manifest, out);
  if (status != PVS_OK) {
    g_host = old_host;
    g_ctx = old_ctx;
  }
  return status;
}

}  // namespace
}  // namespace probe

extern "C" PVS_EXPORT const pvs_plugin_v1* PVS_CALL pvs_plugin_entry_v1(std::uint32_t host_minor) {
  static const pvs_plugin_v1* const base = pvs::plugin_entry(probe::kProbe, PVS_ABI_MINOR);
  static const pvs_plugin_v1 table = [] {
    pvs_plugin_v1 changed = *base;
    changed.create = &probe::remember_host;
    return changed;
  }();
  return pvs::plugin_entry(probe::kProbe, host_minor) == nullptr ? nullptr : &table;
}
