// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstring>

#include "checks.h"
#include "life.h"
#include "process_state.h"
#include "text.h"

namespace pvs::conformance {

namespace {

/// Threads that end need a moment to leave the process's list; a thread that stays does not need one.
bool threads_back_to(std::size_t count) {
  for (int i = 0; i < 1000; ++i) {
    if (thread_count() <= count) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

pvs_bytes text_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

pvs_instance* rubbish() {
  return reinterpret_cast<pvs_instance*>(std::uintptr_t{1});
}

/// create() must refuse and leave nothing.
void expect_refusal(Plugin& plugin, const pvs_host_v1* table, pvs_host_ctx* context, pvs_bytes manifest,
                    const std::string& what) {
  pvs_instance* out = rubbish();
  plugin.findings.phase("in create with " + what);
  const pvs_status status = plugin.create_with(table, context, manifest, &out);
  if (status == PVS_OK) {
    plugin.findings.fail("accepts " + what);
    if (out != nullptr && out != rubbish()) {
      plugin.instance = out;
      static_cast<void>(plugin.stop(5000));
      plugin.destroy();
    }
  } else if (out != nullptr) {
    plugin.findings.fail("refuses " + what + ", but *out is not null");
  }
}

/// The first job that some command begins; 0 for none.
std::uint64_t begin_jobs(Plugin& plugin) {
  std::uint64_t jobs = 0;
  for (const v1::Command& command : plugin.subject.manifest.manifest.description.commands()) {
    v1::InvokeRequest request;
    request.set_command_id(command.command_id());
    *request.mutable_context() = session();
    v1::ActionReply reply;
    jobs += plugin.act(v1::METHOD_COMMAND_INVOKE, request, reply) && reply.has_accepted() ? 1U : 0U;
  }
  return jobs;
}

void report(Findings& findings, Aspect aspect) {
  for (const std::string& text : Observations::get().of(aspect)) {
    findings.fail(text);
  }
}

}  // namespace

void check_starts(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  if (!subject.manifest.ok()) {
    return findings.blocked("manifest.json is refused");
  }
  if (const std::string reason = start_reason(*plugin); !reason.empty()) {
    findings.fail(reason);
  }
}

void check_stop_returns(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  constexpr std::uint64_t kDeadline = 2000;
  const std::uint64_t begin = FakeHost::monotonic_now();
  const pvs_status status = plugin->stop(kDeadline);
  const std::uint64_t took = FakeHost::monotonic_now() - begin;
  if (took > kDeadline * 2 * static_cast<std::uint64_t>(subject.time_factor)) {
    findings.fail("stop() took " + std::to_string(took) + " ms, its deadline was " + std::to_string(kDeadline));
  }
  // Without a job nothing can be stuck inside the host. An exception is call.nothing_thrown's.
  if (status != PVS_OK && Observations::get().of(Aspect::thrown).empty()) {
    findings.fail(std::string("stop() returned ") + status_name(status));
  }
  plugin->destroy();
}

void check_life_completes(const Subject& subject, Findings& findings) {
  static_cast<void>(tour(subject, findings));
}

void check_create_arguments(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  const pvs_bytes manifest = text_bytes(subject.manifest.manifest.text);
  pvs_host_ctx* context = plugin->host.context();
  expect_refusal(*plugin, nullptr, context, manifest, "a host table that is null");
  expect_refusal(*plugin, &FakeHost::table(), context, {nullptr, 7}, "a manifest with a size but no bytes");
  for (std::uint32_t size = 0; size < sizeof(pvs_host_v1); size += size < 8 ? 1 : 4) {
    pvs_host_v1 shorter = FakeHost::table();
    shorter.struct_size = size;
    if (size >= 8) {  // what lies behind its end must not be used
      std::memset(reinterpret_cast<char*>(&shorter) + size, 0x5a, sizeof shorter - size);
    }
    expect_refusal(*plugin, &shorter, context, manifest, "a host table of " + std::to_string(size) + " bytes");
  }
  pvs_host_v1 hole = FakeHost::table();
  hole.post_to_main = nullptr;
  expect_refusal(*plugin, &hole, context, manifest, "a host table without post_to_main");
  findings.phase("in create without a place for the instance");
  if (plugin->create_with(&FakeHost::table(), context, manifest, nullptr) == PVS_OK) {
    findings.fail("accepts that there is no place for the instance");
  }
  if (plugin->create() != PVS_OK) {
    findings.fail("does not start any more after refusals");
  }
}

void check_create_manifest(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  if (!subject.manifest.ok()) {
    return findings.blocked("manifest.json is refused");
  }
  std::string other = subject.manifest.manifest.text;
  const std::string& version = subject.manifest.manifest.description.version();
  const std::size_t at = other.find('"' + version + '"');
  if (at == std::string::npos) {
    return findings.blocked("the version is not found in the manifest's text");
  }
  other.replace(at + 1, version.size(), "987.654.321");
  static_cast<void>(plugin->host.take_complaints());
  pvs_instance* out = nullptr;
  findings.phase("in create with another version's manifest");
  const pvs_status status = plugin->create_with(&FakeHost::table(), plugin->host.context(), text_bytes(other), &out);
  if (status != PVS_VERSION && status != PVS_BAD_REQUEST) {
    findings.fail(std::string("a manifest of another version: create() returned ") + status_name(status));
  } else if (plugin->host.take_complaints().empty()) {
    findings.fail("refuses a manifest of another version without a log line that says so");
  }
  if (out != nullptr) {
    plugin->instance = out;
    static_cast<void>(plugin->stop(5000));
    plugin->destroy();
  }
  for (const std::string& text : {std::string(), std::string("{"), std::string("\xff\xfe\0garbage", 10),
                                  std::string("[]"), std::string(100000, '['), other.substr(0, other.size() / 2)}) {
    expect_refusal(*plugin, &FakeHost::table(), plugin->host.context(), text_bytes(text),
                   text.empty() ? "an empty manifest" : "a manifest that is none (" + printable(text, 10) + ")");
  }
}

void check_create_twice(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  pvs_instance* second = rubbish();
  findings.phase("in the second create");
  const pvs_status status = plugin->create_with(&FakeHost::table(), plugin->host.context(),
                                                text_bytes(subject.manifest.manifest.text), &second);
  if (status != PVS_INVALID_STATE || second != nullptr) {
    findings.fail(std::string("the second create() returned ") + status_name(status) +
                  (second == nullptr ? "" : ", and *out is not null"));
  }
  end(*plugin);
}

void check_create_again(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  for (int round = 1; round <= 3; ++round) {
    if (const std::string reason = start_reason(*plugin); !reason.empty()) {
      return round == 1 ? findings.blocked(reason) : findings.fail("after destroy(): " + reason);
    }
    end(*plugin);
  }
}

void check_newer_host(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  if (!subject.manifest.ok()) {
    return findings.blocked("manifest.json is refused");
  }
  struct {
    pvs_host_v1 table;
    void* further[8];
  } newer{FakeHost::table(), {}};
  newer.table.struct_size = sizeof newer;
  newer.table.abi_minor = PVS_ABI_MINOR + 7;
  std::memset(newer.further, 0x5a, sizeof newer.further);
  findings.phase("in create with a longer table");
  const pvs_status status = plugin->create_with(&newer.table, plugin->host.context(),
                                                text_bytes(subject.manifest.manifest.text), &plugin->instance);
  if (status != PVS_OK) {
    plugin->instance = nullptr;
    return findings.fail(std::string("a host with a longer table: create() returned ") + status_name(status));
  }
  struct {
    pvs_call_header header;
    char further[64];
  } longer{};
  longer.header.struct_size = sizeof longer;
  longer.header.method = v1::METHOD_LIFECYCLE_HEALTH;
  longer.header.call_id = 1000000;
  std::memset(longer.further, 0x5a, sizeof longer.further);
  const Answer answer = plugin->call_raw(&longer.header, {nullptr, 0});
  if (answer.status != PVS_OK || answer.count != 1) {
    findings.fail(std::string("a call with a longer header returned ") + status_name(answer.status));
  }
  end(*plugin);
}

void check_missing_services(const Subject& subject, Findings& findings) {
  if (subject.manifest.manifest.description.required_host_services().empty()) {
    return findings.skip("the manifest requires no service of the host");
  }
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  if (plugin->create() != PVS_OK || plugin->instance == nullptr) {
    return findings.blocked("create() fails");
  }
  v1::HelloRequest hello = greeting(subject);
  hello.clear_services();
  v1::HelloReply reply;
  if (plugin->ask(v1::METHOD_LIFECYCLE_HELLO, hello, reply) && !reply.has_errors()) {
    findings.fail("a host that offers no service at all is greeted as if it had every one");
  }
  end(*plugin);
}

void check_stop_jobs(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  const std::size_t threads_before = thread_count();
  if (!start(*plugin)) {
    return;
  }
  const std::uint64_t jobs = begin_jobs(*plugin);
  constexpr std::uint64_t kDeadline = 10000;
  const std::uint64_t begin = FakeHost::monotonic_now();
  const pvs_status status = plugin->stop(kDeadline);
  const std::uint64_t took = FakeHost::monotonic_now() - begin;
  if (status != PVS_OK) {
    return findings.fail(std::string("stop() returned ") + status_name(status) +
                         " though the host answers every call at once");
  }
  if (took > kDeadline + 1000 * static_cast<std::uint64_t>(subject.time_factor)) {
    findings.fail("stop() took " + std::to_string(took) + " ms, its deadline was " + std::to_string(kDeadline));
  }
  if (!threads_back_to(threads_before)) {
    findings.fail(std::to_string(thread_count() - threads_before) + " threads still run after stop()");
  }
  plugin->host.settle_jobs();
  plugin->destroy();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  report(findings, Aspect::job_never);
  report(findings, Aspect::host_after_stop);
  if (jobs == 0) {
    findings.skip("no command begins a job");
  }
}

void check_stop_twice(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  for (int i = 0; i < 2; ++i) {
    if (const pvs_status status = plugin->stop(10000); status != PVS_OK) {
      findings.fail(std::string("stop() returned ") + status_name(status) + (i == 0 ? "" : " the second time"));
    }
  }
  plugin->destroy();
  findings.phase("in destroy(NULL)");
  contained("destroy", [&] { plugin->table->destroy(nullptr); });
  report(findings, Aspect::thrown);
}

void check_stop_forgotten(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  const std::size_t threads_before = thread_count();
  if (!start(*plugin)) {
    return;
  }
  static_cast<void>(begin_jobs(*plugin));
  plugin->destroy();
  if (!threads_back_to(threads_before)) {
    findings.fail(std::to_string(thread_count() - threads_before) +
                  " threads still run after destroy() without stop()");
  }
  if (const std::string reason = start_reason(*plugin); !reason.empty()) {
    findings.fail("cannot be created again after destroy() without stop(): " + reason);
  }
}

void check_after_stop(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  if (plugin->stop(10000) != PVS_OK) {
    return findings.blocked("the plugin does not stop");
  }
  for (const std::uint32_t method : {v1::METHOD_COMMAND_INVOKE, v1::METHOD_LIFECYCLE_ACTIVATE}) {
    const Answer answer = plugin->call(method, "");
    if (answer.status != PVS_INVALID_STATE || answer.count != 0) {
      findings.fail("method " + std::to_string(method) + " returned " + status_name(answer.status) + " after stop()");
    }
  }
  plugin->cancel(1);
  plugin->on_main(1);
  plugin->destroy();
}

}  // namespace pvs::conformance
