// SPDX-License-Identifier: Apache-2.0
#include "life.h"

#include <algorithm>
#include <chrono>

#include "observations.h"
#include "process_state.h"
#include "text.h"
#include "view_rules.h"

namespace pvs::conformance {

namespace {

constexpr std::uint64_t kStopMs = 10000;

void note(Aspect aspect, std::string text) {
  Observations::get().note(aspect, std::move(text));
}

bool has_hook(const Subject& subject, std::string_view name) {
  for (const std::string& hook : subject.manifest.manifest.description.hooks()) {
    if (hook == name) {
      return true;
    }
  }
  return false;
}

template <class Request>
void hook(Plugin& plugin, const char* name, v1::Method method) {
  if (!has_hook(plugin.subject, name)) {
    return;
  }
  Request request;
  *request.mutable_context() = session();
  v1::HookReply reply;
  CallOptions options;
  options.timed = true;
  plugin.ask(method, request, reply, options);
}

}  // namespace

v1::Context session() {
  v1::Context context;
  context.set_session_id("pruef-sitzung");
  context.set_user_id("pruefer");
  return context;
}

v1::HelloRequest greeting(const Subject& subject) {
  v1::HelloRequest hello;
  hello.set_host_name("pvs-validate");
  hello.set_host_version("1.0");
  hello.set_abi_minor(PVS_ABI_MINOR);
  hello.set_locale("de-DE");
  hello.set_settings_json(subject.settings_json);
  hello.set_settings_directory(subject.settings_directory.string());
  const v1::PluginDescription& description = subject.manifest.manifest.description;
  for (const auto* list : {&description.required_host_services(), &description.optional_host_services()}) {
    for (const std::string& name : *list) {
      hello.add_services(name);
    }
  }
  return hello;
}

std::string start_reason(Plugin& plugin) {
  const pvs_status status = plugin.create();
  if (status != PVS_OK || plugin.instance == nullptr) {
    plugin.instance = nullptr;
    const auto complaints = plugin.host.take_complaints();
    return std::string("create() returned ") + status_name(status) +
           (complaints.empty() ? "" : ": " + printable(complaints.front()));
  }
  v1::HelloReply hello;
  if (!plugin.ask(v1::METHOD_LIFECYCLE_HELLO, greeting(plugin.subject), hello)) {
    return "HELLO is not answered";
  }
  if (hello.has_errors()) {
    return "HELLO is refused" +
           (hello.errors().error_size() == 0
                ? std::string(" without a reason")
                : ": " + printable(hello.errors().error(0).field()) + " " + printable(hello.errors().error(0).code()) +
                      "; settings are given with --settings");
  }
  v1::ActivateReply active;
  if (!plugin.ask(v1::METHOD_LIFECYCLE_ACTIVATE, v1::ActivateRequest(), active) || active.has_error()) {
    return "ACTIVATE failed " + printable(active.error().code());
  }
  return {};
}

bool start(Plugin& plugin) {
  const std::string reason = start_reason(plugin);
  if (!reason.empty()) {
    plugin.findings.blocked(reason);
  }
  return reason.empty();
}

void end(Plugin& plugin) {
  v1::QuiesceReply reply;
  plugin.ask(v1::METHOD_LIFECYCLE_QUIESCE, v1::QuiesceRequest(), reply);
  if (plugin.stop(kStopMs) == PVS_OK) {
    plugin.host.settle_jobs();
    plugin.destroy();
  }
}

bool finish_jobs(Plugin& plugin, int patience_ms) {
  const auto none_running = [&] { return plugin.host.running_jobs().empty(); };
  if (plugin.pump(std::min(patience_ms, plugin.subject.job_patience_ms), none_running)) {
    return true;
  }
  for (const std::uint64_t job : plugin.host.running_jobs()) {
    plugin.cancel(plugin.call_of(job));
  }
  return plugin.pump(plugin.subject.job_patience_ms, none_running);
}

std::vector<v1::View> invoke(Plugin& plugin, const std::string& command_id, const v1::Context& context,
                             const CallOptions& options) {
  std::vector<v1::View> views;
  v1::InvokeRequest request;
  request.set_command_id(command_id);
  *request.mutable_context() = context;
  v1::ActionReply reply;
  if (plugin.act(v1::METHOD_COMMAND_INVOKE, request, reply, options)) {
    if (reply.has_view()) {
      views.push_back(std::move(*reply.mutable_view()));
    } else if (reply.has_accepted()) {
      finish_jobs(plugin);
    }
  }
  for (v1::ActionReply& outcome : plugin.host.take_outcomes()) {
    if (outcome.has_view()) {
      views.push_back(std::move(*outcome.mutable_view()));
    }
  }
  return views;
}

bool tour(const Subject& subject, Findings& findings, int grace_ms) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return false;
  }
  const std::size_t threads_before = thread_count();
  if (!start(*plugin)) {
    return false;
  }
  const v1::PluginDescription& description = subject.manifest.manifest.description;
  hook<v1::SessionUnlockedRequest>(*plugin, "session_unlocked", v1::METHOD_HOOK_SESSION_UNLOCKED);
  hook<v1::PatientSelectedRequest>(*plugin, "patient_selected", v1::METHOD_HOOK_PATIENT_SELECTED);
  CallOptions timed;
  timed.timed = true;
  for (const v1::Command& command : description.commands()) {
    for (const v1::View& view : invoke(*plugin, command.command_id(), session(), timed)) {
      look_at(view, command.command_id());
      v1::ViewCloseRequest close;
      close.set_view_id(view.view_id());
      *close.mutable_context() = session();
      v1::ActionReply closed;
      plugin->act(v1::METHOD_VIEW_CLOSE, close, closed, timed);
    }
    if (thread_count() > threads_before + description.max_threads()) {
      note(Aspect::threads, "the plugin runs " + std::to_string(thread_count() - threads_before) +
                                " threads, its manifest says at most " + std::to_string(description.max_threads()));
    }
  }
  hook<v1::SessionLockedRequest>(*plugin, "session_locked", v1::METHOD_HOOK_SESSION_LOCKED);
  plugin->on_main(0xfeedU);  // a token nobody posted
  plugin->cancel(plugin->last_call());
  end(*plugin);
  const auto most = static_cast<std::uint64_t>(200 + 100 * description.commands_size());
  if (plugin->host.log_lines() > most) {
    note(Aspect::log_flood, std::to_string(plugin->host.log_lines()) + " log lines in one life with " +
                                std::to_string(description.commands_size()) + " commands, more than " +
                                std::to_string(most));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(grace_ms));
  return true;
}

}  // namespace pvs::conformance
