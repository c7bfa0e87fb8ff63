// SPDX-License-Identifier: Apache-2.0
#include "checks.h"
#include "life.h"

namespace pvs::conformance {

namespace {

/// A whole life under a host that answers badly: whatever the plugin makes of it, it stays whole and ends when told to.
void live_under(const Subject& subject, Findings& findings, FakeHost::Mode mode, pvs_status status,
                const std::string& what) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  if (plugin->create() != PVS_OK || plugin->instance == nullptr) {
    return findings.blocked("create() fails");
  }
  plugin->host.mode.store(mode);
  plugin->host.status.store(status);
  const auto judge = [&](std::uint32_t method, const std::string& request) {
    const Answer answer = plugin->call(method, request);
    if (answer.status == PVS_FAULTED || answer.status == PVS_INTERNAL) {
      findings.fail("the host answers with " + what + ": method " + std::to_string(method) + " returned " +
                    status_name(answer.status));
    }
  };
  judge(v1::METHOD_LIFECYCLE_HELLO, greeting(subject).SerializeAsString());
  judge(v1::METHOD_LIFECYCLE_ACTIVATE, "");
  for (const v1::Command& command : subject.manifest.manifest.description.commands()) {
    v1::InvokeRequest request;
    request.set_command_id(command.command_id());
    *request.mutable_context() = session();
    judge(v1::METHOD_COMMAND_INVOKE, request.SerializeAsString());
  }
  plugin->pump(20, [] { return false; });
  if (const pvs_status stopped = plugin->stop(10000); stopped != PVS_OK) {
    findings.fail("the host answers with " + what + ": stop() returned " + status_name(stopped));
  } else {
    plugin->destroy();
  }
  plugin->host.mode.store(FakeHost::Mode::good);
}

}  // namespace

void check_every_status(const Subject& subject, Findings& findings) {
  for (pvs_status status = PVS_UNSUPPORTED_METHOD; status <= PVS_END_OF_STREAM; ++status) {
    live_under(subject, findings, FakeHost::Mode::status, status, status_name(status));
  }
  for (const pvs_status status : {4711, -1}) {
    live_under(subject, findings, FakeHost::Mode::status, status, "the unknown status " + std::to_string(status));
  }
  for (const std::string& text : Observations::get().of(Aspect::thrown)) {
    findings.fail(text);
  }
}

void check_bad_answers(const Subject& subject, Findings& findings) {
  live_under(subject, findings, FakeHost::Mode::silent, 0, "PVS_OK and no message");
  live_under(subject, findings, FakeHost::Mode::garbage, 0, "bytes that are no message");
  live_under(subject, findings, FakeHost::Mode::twice, 0, "two messages");
  for (const std::string& text : Observations::get().of(Aspect::thrown)) {
    findings.fail(text);
  }
}

void check_reentrance(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  int entered = 0;
  bool within = false;
  plugin->host.inside = [&] {
    if (within || plugin->instance == nullptr) {
      return;
    }
    within = true;
    ++entered;
    findings.phase("in call, re-entered while the plugin is inside the host");
    const Answer answer = plugin->call(v1::METHOD_LIFECYCLE_HEALTH, "");
    if (answer.status != PVS_OK || answer.count != 1) {
      findings.fail(std::string("HEALTH, called while the plugin is inside the host, returned ") +
                    status_name(answer.status));
    }
    plugin->cancel(plugin->last_call());
    within = false;
  };
  if (!start(*plugin)) {
    plugin->host.inside = nullptr;
    return;
  }
  for (const v1::Command& command : subject.manifest.manifest.description.commands()) {
    static_cast<void>(invoke(*plugin, command.command_id(), session()));
  }
  end(*plugin);
  plugin->host.inside = nullptr;
  if (entered == 0) {
    findings.skip("the plugin calls the host from its own threads only");
  }
}

void check_dialogs(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  CallOptions nobody;
  nobody.user_present = false;
  for (const v1::Command& command : subject.manifest.manifest.description.commands()) {
    static_cast<void>(invoke(*plugin, command.command_id(), session(), nobody));
  }
  end(*plugin);
  for (const std::string& text : Observations::get().of(Aspect::host_dialog)) {
    findings.fail(text);
  }
}

}  // namespace pvs::conformance
