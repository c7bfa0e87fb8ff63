// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <random>

#include "checks.h"
#include "life.h"
#include "text.h"

namespace pvs::conformance {

namespace {

/// What every call must keep, whatever its bytes: a status of the list, no fault, an answer exactly with PVS_OK.
void judge(Findings& findings, const Answer& answer, const std::string& what) {
  if (answer.status == PVS_INTERNAL || answer.status == PVS_FAULTED) {
    findings.fail(what + ": " + status_name(answer.status));
  } else if (answer.count != (answer.status == PVS_OK ? 1 : 0)) {
    findings.fail(what + ": " + status_name(answer.status) + " with " + std::to_string(answer.count) + " answers");
  }
}

std::string example_request(std::uint32_t method) {
  v1::InvokeRequest invoke;
  invoke.set_command_id("nowhere.to.go");
  *invoke.mutable_context() = session();
  v1::NamedValue& value = *invoke.add_arguments();
  value.set_name("probe");
  value.mutable_value()->set_text("Prüfung");
  if (method == v1::METHOD_FORM_SUBMIT || method == v1::METHOD_VIEW_ACTION) {
    v1::SubmitRequest submit;
    submit.set_view_id("no-such-view");
    submit.set_action_id("ok");
    *submit.mutable_context() = session();
    *submit.add_values() = value;
    return submit.SerializeAsString();
  }
  return invoke.SerializeAsString();
}

/// Methods that end the life themselves, or begin it: bytes that happen to be right would change what is tested.
bool changes_life(std::uint32_t method) {
  return method == v1::METHOD_LIFECYCLE_QUIESCE;
}

v1::HealthReply health(Plugin& plugin) {
  v1::HealthReply reply;
  if (!plugin.ask(v1::METHOD_LIFECYCLE_HEALTH, v1::HealthRequest(), reply)) {
    plugin.findings.fail("HEALTH is not answered");
  }
  return reply;
}

void judge_health(Plugin& plugin) {
  const v1::HealthReply reply = health(plugin);
  if (reply.faulted()) {
    plugin.findings.fail("the plugin says it is faulted");
  } else if (reply.contained_faults() != 0) {
    plugin.findings.warn("the plugin contained " + std::to_string(reply.contained_faults()) + " faults of its own");
  }
}

}  // namespace

void check_call_arguments(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  const auto expect = [&](const pvs_call_header* header, pvs_bytes request, pvs_status expected,
                          const std::string& what) {
    const Answer answer = plugin->call_raw(header, request);
    if (answer.status != expected || answer.count != 0) {
      findings.fail(what + ": " + status_name(answer.status) + " with " + std::to_string(answer.count) +
                    " answers, expected " + status_name(expected));
    }
  };
  expect(nullptr, {nullptr, 0}, PVS_BAD_REQUEST, "a header that is null");
  pvs_call_header header{};
  header.method = v1::METHOD_LIFECYCLE_HEALTH;
  header.call_id = 1000001;
  for (std::uint32_t size = 0; size < sizeof header; size += 4) {
    header.struct_size = size;
    expect(&header, {nullptr, 0}, PVS_BAD_REQUEST, "a header of " + std::to_string(size) + " bytes");
  }
  header.struct_size = sizeof header;
  expect(&header, {nullptr, 5}, PVS_BAD_REQUEST, "a request with a size but no bytes");
  static const std::uint8_t byte = 0;
  expect(&header, {&byte, std::uint64_t{1} << 40}, PVS_TOO_LARGE, "a request of a terabyte");
  expect(&header, {&byte, std::uint64_t{PVS_MAX_MESSAGE} + 1}, PVS_TOO_LARGE, "a request one byte too large");
  pvs_instance* const instance = std::exchange(plugin->instance, nullptr);
  const Answer answer = plugin->call_raw(&header, {nullptr, 0});
  if (answer.status == PVS_OK || answer.count != 0) {
    findings.fail("a call without an instance is answered");
  }
  plugin->cancel(1);
  plugin->on_main(1);
  plugin->instance = instance;
  judge_health(*plugin);
  end(*plugin);
}

void check_call_before_start(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  if (plugin->create() != PVS_OK || plugin->instance == nullptr) {
    return findings.blocked("create() fails");
  }
  for (const v1::Command& command : subject.manifest.manifest.description.commands()) {
    v1::InvokeRequest request;
    request.set_command_id(command.command_id());
    const Answer answer = plugin->call(v1::METHOD_COMMAND_INVOKE, request.SerializeAsString());
    if (answer.status != PVS_INVALID_STATE) {
      findings.fail("a command before ACTIVATE: " + std::string(status_name(answer.status)));
    }
  }
  judge_health(*plugin);
  end(*plugin);
}

void check_unknown_methods(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  for (const std::uint32_t method : {0U, 1U, 100U, 199U, 299U, 999U, 1101U, 2001U, 0x7fffffffU, 0xffffffffU}) {
    for (const std::string& request : {std::string(), std::string("\xff\xff\xff"), example_request(method)}) {
      const Answer answer = plugin->call(method, request);
      if (answer.status != PVS_UNSUPPORTED_METHOD || answer.count != 0) {
        findings.fail("method " + std::to_string(method) + ": " + status_name(answer.status) + " with " +
                      std::to_string(answer.count) + " answers");
      }
    }
  }
  end(*plugin);
}

void check_unknown_fields(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  // Fields 2000 (varint), 2001 (bytes) and 2002 (fixed64) of a later minor version.
  const std::string later("\x80\x7d\x2a\x8a\x7d\x03neu\x91\x7d\x01\x02\x03\x04\x05\x06\x07\x08", 19);
  for (const std::uint32_t method : plugin_methods()) {
    if (changes_life(method) || method == v1::METHOD_LIFECYCLE_HELLO) {
      continue;
    }
    const std::string request =
        method == v1::METHOD_COMMAND_INVOKE || method == v1::METHOD_FORM_SUBMIT || method == v1::METHOD_VIEW_ACTION
            ? example_request(method)
            : std::string();
    const Answer plain = plugin->call(method, request);
    const Answer more = plugin->call(method, request + later);
    if (plain.status != more.status || plain.count != more.count) {
      findings.fail("method " + std::to_string(method) + ": " + status_name(plain.status) +
                    " without unknown fields, " + status_name(more.status) + " with them");
    }
  }
  finish_jobs(*plugin);
  end(*plugin);
}

void check_garbage(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  std::mt19937 random(20241125);
  const auto byte = [&] { return static_cast<char>(random() & 0xffU); };
  for (const std::uint32_t method : plugin_methods()) {
    const std::string good = example_request(method);
    for (int i = 0; i < 60 && !changes_life(method); ++i) {
      std::string request = good;
      if (i % 2 == 0) {
        request[random() % request.size()] = byte();
      } else {
        request.resize(random() % 300);
        for (char& c : request) {
          c = byte();
        }
      }
      judge(findings, plugin->call(method, request), "garbage for method " + std::to_string(method));
    }
  }
  finish_jobs(*plugin);
  judge_health(*plugin);
  end(*plugin);
}

void check_truncated(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  for (const std::uint32_t method : plugin_methods()) {
    const std::string good = example_request(method);
    for (std::size_t size = 0; size < good.size() && !changes_life(method); ++size) {
      judge(findings, plugin->call(method, good.substr(0, size)),
            "the first " + std::to_string(size) + " bytes of a request for method " + std::to_string(method));
    }
  }
  finish_jobs(*plugin);
  judge_health(*plugin);
  end(*plugin);
}

void check_huge(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  v1::InvokeRequest request;
  request.set_command_id("nowhere.to.go");
  v1::NamedValue& value = *request.add_arguments();
  value.set_name("text");
  value.mutable_value()->set_text(std::string(PVS_MAX_MESSAGE - 64, 'x'));
  const std::string large = request.SerializeAsString();
  for (const std::uint32_t method : {v1::METHOD_COMMAND_INVOKE, v1::METHOD_FORM_SUBMIT, v1::METHOD_VIEW_ACTION}) {
    judge(findings, plugin->call(method, large), "the largest request for method " + std::to_string(method));
  }
  // A message in a message in a message ...: a reader that recurses without a limit ends the host here.
  std::string deep;
  for (int i = 0; i < 100000 && deep.size() < 4000000; ++i) {
    deep += "\x0b";
  }
  judge(findings, plugin->call(v1::METHOD_COMMAND_INVOKE, deep), "groups nested a hundred thousand deep");
  std::string many;
  for (int i = 0; i < 400000; ++i) {
    many += std::string("\x1a\x02\x0a\x00", 4);
  }
  judge(findings, plugin->call(v1::METHOD_COMMAND_INVOKE, many), "a request with 400000 arguments");
  const std::string over(std::size_t{PVS_MAX_MESSAGE} + 1, '\0');
  if (const Answer answer = plugin->call(v1::METHOD_COMMAND_INVOKE, over); answer.status != PVS_TOO_LARGE) {
    findings.fail(std::string("a request one byte too large: ") + status_name(answer.status));
  }
  finish_jobs(*plugin);
  end(*plugin);
}

void check_reply_status(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  CallOptions refusing;
  refusing.reply_says = PVS_TOO_LARGE;
  if (const Answer answer = plugin->call(v1::METHOD_LIFECYCLE_HEALTH, "", refusing); answer.status != PVS_TOO_LARGE) {
    findings.fail(std::string("the reply function returned PVS_TOO_LARGE, the call ") + status_name(answer.status));
  }
  CallOptions silent;
  silent.with_reply = false;
  if (const Answer answer = plugin->call(v1::METHOD_LIFECYCLE_HEALTH, "", silent); answer.status != PVS_OK) {
    findings.fail(std::string("without a reply function: ") + status_name(answer.status));
  }
  end(*plugin);
}

void check_deadline_zero(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  CallOptions later;
  later.deadline_ms = FakeHost::monotonic_now() + 600000;
  for (const CallOptions& options : {CallOptions(), later}) {
    if (const Answer answer = plugin->call(v1::METHOD_LIFECYCLE_HEALTH, "", options); answer.status != PVS_OK) {
      findings.fail(std::string(options.deadline_ms == 0 ? "a deadline of 0, which means none: "
                                                         : "a deadline in ten minutes: ") +
                    status_name(answer.status));
    }
  }
  end(*plugin);
}

void check_deadline_past(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  CallOptions past;
  past.deadline_ms = 1;
  const Answer answer = plugin->call(v1::METHOD_COMMAND_INVOKE, example_request(v1::METHOD_COMMAND_INVOKE), past);
  if (answer.status != PVS_DEADLINE || answer.count != 0) {
    findings.fail(std::string("a deadline that had passed: ") + status_name(answer.status));
  }
  end(*plugin);
}

void check_wrong_thread(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  std::thread([&] {
    if (const Answer answer = plugin->call(v1::METHOD_LIFECYCLE_HEALTH, "");
        answer.status != PVS_WRONG_THREAD || answer.count != 0) {
      findings.fail(std::string("call on another thread: ") + status_name(answer.status));
    }
    pvs_status status = PVS_INTERNAL;
    contained("stop", [&] { status = plugin->table->stop(plugin->instance, 10); });
    if (status != PVS_WRONG_THREAD) {
      findings.fail(std::string("stop on another thread: ") + status_name(status));
    }
    contained("on_main", [&] { plugin->table->on_main(plugin->instance, 1); });
    plugin->cancel(4711);  // allowed on any thread
  }).join();
  if (const Answer answer = plugin->call(v1::METHOD_LIFECYCLE_HEALTH, ""); answer.status != PVS_OK) {
    findings.fail(std::string("after calls on another thread, HEALTH returned ") + status_name(answer.status));
  }
  end(*plugin);
}

void check_cancel_race(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{99999999}, ~std::uint64_t{0}}) {
    plugin->cancel(id);
  }
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> current{0};
  std::vector<std::thread> cancellers;
  for (int i = 0; i < 2; ++i) {
    cancellers.emplace_back([&] {
      while (!done.load()) {
        // The call that runs now, the one before, and one that is yet to come.
        const std::uint64_t id = current.load();
        for (const std::uint64_t one : {id, id - 1, id + 1}) {
          plugin->cancel(one);
        }
        std::this_thread::yield();
      }
    });
  }
  for (int round = 0; round < 3; ++round) {
    for (const v1::Command& command : subject.manifest.manifest.description.commands()) {
      current.store(plugin->last_call() + 1);
      v1::InvokeRequest request;
      request.set_command_id(command.command_id());
      *request.mutable_context() = session();
      v1::ActionReply reply;
      plugin->act(v1::METHOD_COMMAND_INVOKE, request, reply);
    }
  }
  const bool ended = finish_jobs(*plugin);
  done.store(true);
  for (std::thread& canceller : cancellers) {
    canceller.join();
  }
  if (!ended) {
    findings.fail("a job did not end though it was cancelled");
  }
  end(*plugin);
  for (const Aspect aspect : {Aspect::job_once, Aspect::job_never, Aspect::faults, Aspect::thrown}) {
    for (const std::string& text : Observations::get().of(aspect)) {
      findings.fail(text);
    }
  }
}

void check_unknown_tokens(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  for (const std::uint64_t token : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}, std::uint64_t{0xdeadbeef}}) {
    plugin->on_main(token);
  }
  judge_health(*plugin);
  end(*plugin);
  for (const std::string& text : Observations::get().of(Aspect::thrown)) {
    findings.fail(text);
  }
}

}  // namespace pvs::conformance
