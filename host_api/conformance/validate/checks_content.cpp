// SPDX-License-Identifier: Apache-2.0
#include "checks.h"
#include "life.h"
#include "text.h"

namespace pvs::conformance {

namespace {

constexpr int kVariants = 7;
constexpr int kMaxSubmits = 400;

/// A value that does not fit its field.
void wrong_value(const v1::Field& field, v1::Value& value) {
  switch (field.type()) {
    case v1::Field::TYPE_CHECK:
    case v1::Field::TYPE_FILE:
      value.set_text("ja");
      return;
    case v1::Field::TYPE_SECRET:
      value.mutable_ids()->add_id("x");
      return;
    default:
      value.set_check(true);
  }
}

/// One of several ways to fill in a form as no host would.
void fill_in(Plugin& plugin, const v1::Form& form, int variant, v1::SubmitRequest& request) {
  static const std::string kHostile = "\x1b[2J\r\n' OR 1=1 --<script>${x}%n%s\u202e../../etc/passwd";
  for (const v1::Field& field : form.fields()) {
    v1::NamedValue& named = *request.add_values();
    named.set_name(field.name());
    v1::Value& value = *named.mutable_value();
    const bool secret = field.type() == v1::Field::TYPE_SECRET;
    switch (variant) {
      case 0:  // nothing in it
        break;
      case 1:
        wrong_value(field, value);
        break;
      case 2:
        secret ? value.set_secret(std::string(100000, 'x')) : value.set_text(std::string(100000, 'x'));
        break;
      case 3:
        secret ? value.set_secret(kHostile) : value.set_text(kHostile);
        break;
      case 4: {  // files whose streams do not exist, or hold garbage
        v1::FileRef& file = *value.mutable_files()->add_file();
        file.set_stream_id(plugin.host.add_stream("%PDF-garbage\xff" + std::string(1, '\0') + "..."));
        file.set_name("../../../etc/passwd");
        file.set_size(~std::uint64_t{0});
        value.mutable_files()->add_file()->set_stream_id(987654321);
        break;
      }
      default:
        value.set_text("0");
        *request.add_values() = named;  // twice
        request.add_values()->set_name("kein_solches_feld");
    }
  }
}

void submit_all(Plugin& plugin, const std::string& command_id, int& submits) {
  for (const v1::View& view : invoke(plugin, command_id, session())) {
    for (const v1::Action& action : view.actions()) {
      for (int variant = 0; variant < kVariants && submits < kMaxSubmits; ++variant) {
        ++submits;
        v1::SubmitRequest request;
        request.set_view_id(view.view_id());
        request.set_action_id(variant == kVariants - 1 ? "keine.solche.aktion" : action.action_id());
        if (variant != kVariants - 2) {
          *request.mutable_context() = session();
        }
        fill_in(plugin, view.form(), variant, request);
        v1::ActionReply reply;
        plugin.act(view.has_form() ? v1::METHOD_FORM_SUBMIT : v1::METHOD_VIEW_ACTION, request, reply);
        if (reply.has_accepted()) {
          finish_jobs(plugin);
        }
      }
    }
  }
  finish_jobs(plugin);
}

void report(Findings& findings, std::initializer_list<Aspect> aspects) {
  for (const Aspect aspect : aspects) {
    for (const std::string& text : Observations::get().of(aspect)) {
      findings.fail(text);
    }
  }
}

void judge_health(Plugin& plugin) {
  v1::HealthReply health;
  if (!plugin.ask(v1::METHOD_LIFECYCLE_HEALTH, v1::HealthRequest(), health) || health.faulted()) {
    plugin.findings.fail("the plugin is faulted, or does not tell its health");
  } else if (health.contained_faults() != 0) {
    plugin.findings.warn("the plugin contained " + std::to_string(health.contained_faults()) + " faults of its own");
  }
}

}  // namespace

void check_commands_without_session(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  CallOptions nobody;
  nobody.user_present = false;
  for (const v1::Command& command : subject.manifest.manifest.description.commands()) {
    static_cast<void>(invoke(*plugin, command.command_id(), v1::Context(), nobody));
  }
  judge_health(*plugin);
  end(*plugin);
  report(findings, {Aspect::faults, Aspect::thrown, Aspect::job_never});
}

void check_unknown_command(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  for (const std::string& name : {std::string(), std::string("no.such.command"), std::string(100000, 'k')}) {
    v1::InvokeRequest request;
    request.set_command_id(name);
    *request.mutable_context() = session();
    const Answer answer = plugin->call(v1::METHOD_COMMAND_INVOKE, request.SerializeAsString());
    v1::ActionReply reply;
    if (answer.status == PVS_OK && (!reply.ParseFromString(answer.bytes) || !reply.has_error())) {
      findings.fail("the command \"" + printable(name, 40) + "\", which the manifest does not have, is done");
    }
  }
  end(*plugin);
}

void check_forms_garbage(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  int submits = 0;
  for (const v1::Command& command : subject.manifest.manifest.description.commands()) {
    submit_all(*plugin, command.command_id(), submits);
  }
  judge_health(*plugin);
  end(*plugin);
  report(findings, {Aspect::faults, Aspect::thrown, Aspect::job_never, Aspect::reply_message});
  if (submits == 0) {
    findings.skip("no command shows a view with actions");
  }
}

void check_unknown_views(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  for (const std::string& id :
       {std::string(), std::string("no-such-view"), std::string("../../x"), std::string(50000, 'v')}) {
    v1::ViewActionRequest action;
    action.set_view_id(id);
    action.set_row_id(id);
    action.set_part_id(id);
    action.set_action_id("ok");
    *action.mutable_context() = session();
    v1::ActionReply reply;
    plugin->act(v1::METHOD_VIEW_ACTION, action, reply);
    v1::SubmitRequest submit;
    submit.set_view_id(id);
    submit.set_action_id("ok");
    *submit.mutable_context() = session();
    plugin->act(v1::METHOD_FORM_SUBMIT, submit, reply);
    v1::ViewCloseRequest close;
    close.set_view_id(id);
    plugin->act(v1::METHOD_VIEW_CLOSE, close, reply);
    plugin->act(v1::METHOD_VIEW_CLOSE, close, reply);  // idempotent
  }
  v1::JobQueryRequest query;
  query.set_job_id(987654321);
  v1::JobQueryReply state;
  if (plugin->ask(v1::METHOD_JOB_QUERY, query, state) && state.state() == v1::JobQueryReply::STATE_RUNNING) {
    findings.fail("a job that never was is said to run");
  }
  finish_jobs(*plugin);
  judge_health(*plugin);
  end(*plugin);
  report(findings, {Aspect::faults, Aspect::thrown});
}

void check_hooks_without_session(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr || !start(*plugin)) {
    return;
  }
  for (const v1::Method method :
       {v1::METHOD_HOOK_SESSION_UNLOCKED, v1::METHOD_HOOK_SESSION_LOCKED, v1::METHOD_HOOK_PATIENT_SELECTED,
        v1::METHOD_HOOK_DOCUMENT_RELEASED, v1::METHOD_HOOK_BILLING_READY, v1::METHOD_HOOK_SCHEDULE_FIRED}) {
    for (int i = 0; i < 2; ++i) {  // a repeated one does no harm
      CallOptions nobody;
      nobody.user_present = false;
      const Answer answer = plugin->call(static_cast<std::uint32_t>(method), "", nobody);
      if (answer.status == PVS_INTERNAL || answer.status == PVS_FAULTED) {
        findings.fail("the hook " + std::to_string(method) + " without a session: " + status_name(answer.status));
      }
      v1::ActionReply reply;
      if (method >= v1::METHOD_HOOK_DOCUMENT_RELEASED && reply.ParseFromString(answer.bytes) && reply.has_accepted()) {
        plugin->host.accepted(reply.accepted().job_id());
      }
    }
  }
  finish_jobs(*plugin);
  judge_health(*plugin);
  end(*plugin);
  report(findings, {Aspect::thrown, Aspect::job_never});
}

}  // namespace pvs::conformance
