// SPDX-License-Identifier: Apache-2.0
#include "instance/instance.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/helper.h"
#include "commands/compose.h"
#include "commands/entries.h"
#include "commands/renewal_hints.h"
#include "instance/description.h"
#include "instance/settings_problems.h"
#include "pvs/v1/host.pb.h"

namespace kvc::plugin {
namespace {

namespace v1 = pvs::v1;

constexpr const char* kFetchSchedule = "kvconnect.fetch";
constexpr const char* kAddressbookSchedule = "kvconnect.addressbook";
/// The age of the books is looked at so often; a computer that is switched off at night never runs for a day.
constexpr std::int64_t kAddressbookLook = 3'600'000;
/// Practices shall not all ask the server in the same second.
constexpr std::int64_t kJitterPart = 5;

bool has(const google::protobuf::RepeatedPtrField<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// Services the manifest demands and this host does not offer.
void missing_services(const Texts& texts, const v1::HelloRequest& hello, v1::Errors& errors) {
  for (const std::string& service : own_description().required_host_services()) {
    if (!has(hello.services(), service)) {
      *errors.add_error() = views::to_error(
          texts, Status(error::host_missing_service, "the host does not offer " + service).with("service", service));
    }
  }
}

void fill_services_used(const v1::HelloRequest& hello, v1::HelloReply& reply) {
  const v1::PluginDescription& own = own_description();
  for (const auto& list : {own.required_host_services(), own.optional_host_services()}) {
    for (const std::string& service : list) {
      if (has(hello.services(), service)) {
        reply.add_services_used(service);
      }
    }
  }
}

/// What the manifest promises is for jobs and what they start.
unsigned threads_for_jobs() {
  const unsigned promised = own_description().max_threads();
  return promised > kMostHelpers ? promised - kMostHelpers : 1;
}

}  // namespace

Instance::Instance(pvs::HostClient& host, Env& env)
    : runtime_(host, env), sink_(host, runtime_), jobs_(sink_, env, threads_for_jobs()) {}

// ---- which method goes where ----

const Instance::Method* Instance::find_method(std::uint32_t number) {
  static constexpr std::array kMethods{
      Method{v1::METHOD_LIFECYCLE_HELLO, false, &Instance::hello},
      Method{v1::METHOD_LIFECYCLE_ACTIVATE, false, &Instance::activate},
      Method{v1::METHOD_LIFECYCLE_QUIESCE, false, &Instance::quiesce},
      Method{v1::METHOD_COMMAND_INVOKE, true, &Instance::invoke},
      Method{v1::METHOD_FORM_SUBMIT, true, &Instance::submit},
      Method{v1::METHOD_VIEW_ACTION, true, &Instance::view_action},
      Method{v1::METHOD_VIEW_CLOSE, true, &Instance::view_close},
      Method{v1::METHOD_FORM_SUGGEST, true, &Instance::suggest},
      Method{v1::METHOD_HOOK_SESSION_UNLOCKED, true, &Instance::session_unlocked},
      Method{v1::METHOD_HOOK_SESSION_LOCKED, true, &Instance::session_locked},
      Method{v1::METHOD_HOOK_DOCUMENT_RELEASED, true, &Instance::document_released},
      Method{v1::METHOD_HOOK_BILLING_READY, true, &Instance::billing_ready},
      Method{v1::METHOD_HOOK_SCHEDULE_FIRED, true, &Instance::schedule_fired},
      Method{v1::METHOD_JOB_QUERY, true, &Instance::job_query},
      Method{v1::METHOD_JOB_CANCEL, true, &Instance::job_cancel},
  };
  const auto* const found = std::find_if(kMethods.begin(), kMethods.end(), [&](const Method& method) {
    return static_cast<std::uint32_t>(method.number) == number;
  });
  return found == kMethods.end() ? nullptr : found;
}

pvs_status Instance::handle(const pvs_call_header& header, std::string_view request, pvs::Reply& reply) {
  const Method* const method = find_method(header.method);
  if (method == nullptr) {
    return PVS_UNSUPPORTED_METHOD;
  }
  if (method->needs_active && stage_ != Stage::active) {
    return PVS_INVALID_STATE;
  }
  return (this->*method->handler)(header, request, reply);
}

// ---- lifecycle ----

pvs_status Instance::hello(const pvs_call_header&, std::string_view bytes, pvs::Reply& reply) {
  if (stage_ == Stage::active || stage_ == Stage::quiet) {
    return PVS_INVALID_STATE;
  }
  v1::HelloRequest request;
  if (!pvs::parse(bytes, request)) {
    return PVS_BAD_REQUEST;
  }
  const Texts texts(language_of(request.locale()));
  v1::HelloReply answer;
  v1::Errors errors;
  missing_services(texts, request, errors);
  settings::Loaded loaded = settings::load(request.settings_json(), request.settings_directory());
  add_settings_errors(texts, loaded, errors, runtime_.log());
  if (errors.error_size() > 0) {
    *answer.mutable_errors() = std::move(errors);
    return reply.send(answer);
  }
  runtime_.configure(std::move(loaded.settings), {request.settings_json(), request.settings_directory()},
                     request.locale());
  stage_ = Stage::greeted;
  *answer.mutable_description() = own_description();
  fill_services_used(request, answer);
  return reply.send(answer);
}

pvs_status Instance::activate(const pvs_call_header&, std::string_view bytes, pvs::Reply& reply) {
  v1::ActivateRequest request;
  if (!pvs::parse(bytes, request)) {
    return PVS_BAD_REQUEST;
  }
  if (stage_ == Stage::created || stage_ == Stage::quiet) {
    return PVS_INVALID_STATE;
  }
  if (stage_ == Stage::greeted) {
    stage_ = Stage::active;
    const std::int64_t every = std::int64_t{runtime_.settings().fetch_interval_minutes} * 60'000;
    runtime_.host().set_schedule(kFetchSchedule, every, every / kJitterPart);
    const std::int64_t look = runtime_.settings().address_book_hours > 0 ? kAddressbookLook : 0;
    runtime_.host().set_schedule(kAddressbookSchedule, look, look / 2);
  }
  return reply.send(v1::ActivateReply());
}

pvs_status Instance::quiesce(const pvs_call_header&, std::string_view bytes, pvs::Reply& reply) {
  v1::QuiesceRequest request;
  if (!pvs::parse(bytes, request)) {
    return PVS_BAD_REQUEST;
  }
  stage_ = Stage::quiet;
  return reply.send(v1::QuiesceReply());
}

void Instance::cancel(std::uint64_t call_id) {
  jobs_.cancel_call(call_id);
}

void Instance::health(v1::HealthReply& reply) {
  reply.set_running_jobs(jobs_.running());
  reply.set_threads(jobs_.threads() + helper_threads());
}

pvs_status Instance::stop(std::chrono::milliseconds deadline) {
  stage_ = Stage::quiet;
  if (!jobs_.stop(deadline)) {
    return PVS_DEADLINE;
  }
  runtime_.close();
  return PVS_OK;
}

void Instance::start_quietly(const Who& who, Work work) {
  JobOwner owner{who.session_id, who.user_id, 0,
                 [texts = runtime_.texts()](const Status& status) { return views::to_error(texts, status); }, true};
  if (const auto id = jobs_.prepare(std::move(owner), std::move(work)); id.ok()) {
    jobs_.start(*id);
  }
}

// ---- commands, forms, actions ----

Request Instance::request_of(const pvs_call_header& header, const v1::Context& context) {
  Request request;
  request.who = {context.session_id(), context.user_id()};
  request.patient_id = context.patient_id();
  request.document_id = context.document_id();
  runtime_.sessions().unlock(context.session_id());
  request.texts = runtime_.texts(context.session_id());
  request.call_id = header.call_id;
  return request;
}

pvs_status Instance::deliver(const Request& request, Answer answer, pvs::Reply& reply) {
  if (!answer.work) {
    return reply.send(answer.reply);
  }
  JobOwner owner{request.who.session_id, request.who.user_id, request.call_id,
                 [texts = request.texts](const Status& status) { return views::to_error(texts, status); }};
  const auto prepared = jobs_.prepare(std::move(owner), std::move(answer.work));
  if (prepared.status().is(error::too_many_jobs)) {
    return reply.send(answer_error(request.texts, prepared.status()).reply);
  }
  if (!prepared.ok()) {
    return PVS_INVALID_STATE;
  }
  const std::uint64_t id = *prepared;
  auto& accepted = *answer.reply.mutable_accepted();
  accepted.set_job_id(id);
  accepted.set_text(answer.accepted_text);
  accepted.set_cancellable(true);
  const pvs_status status = reply.send(answer.reply);
  if (status != PVS_OK) {
    jobs_.discard(id);
    return status;
  }
  jobs_.start(id);
  return PVS_OK;
}

pvs_status Instance::invoke(const pvs_call_header& header, std::string_view bytes, pvs::Reply& reply) {
  v1::InvokeRequest message;
  if (!pvs::parse(bytes, message)) {
    return PVS_BAD_REQUEST;
  }
  Request request = request_of(header, message.context());
  request.values = Values::take(*message.mutable_arguments());
  const Command* const command = find_command(message.command_id());
  if (command == nullptr) {
    return reply.send(answer_error(request.texts, Status(error::bad_request, "no such command")).reply);
  }
  if (request.who.user_id.empty()) {
    return reply.send(answer_error(request.texts, Status(error::session_locked, "the call names no user")).reply);
  }
  return deliver(request, command->invoke(runtime_, request), reply);
}

pvs_status Instance::act_on_view(Request request, pvs::Reply& reply) {
  const auto view = runtime_.sessions().find(request.view_id, request.who);
  if (!view) {
    return reply.send(answer_error(request.texts, Status(error::view_closed, "no such view in this session")).reply);
  }
  request.view = *view;
  const ViewActions* const actions = find_view_actions(view->kind);
  if (actions == nullptr) {
    return PVS_INTERNAL;
  }
  return deliver(request, actions->act(runtime_, request), reply);
}

pvs_status Instance::submit(const pvs_call_header& header, std::string_view bytes, pvs::Reply& reply) {
  v1::SubmitRequest message;
  if (!pvs::parse(bytes, message)) {
    return PVS_BAD_REQUEST;
  }
  Request request = request_of(header, message.context());
  request.view_id = message.view_id();
  request.action_id = message.action_id();
  request.values = Values::take(*message.mutable_values());
  return act_on_view(std::move(request), reply);
}

pvs_status Instance::view_action(const pvs_call_header& header, std::string_view bytes, pvs::Reply& reply) {
  v1::ViewActionRequest message;
  if (!pvs::parse(bytes, message)) {
    return PVS_BAD_REQUEST;
  }
  Request request = request_of(header, message.context());
  request.view_id = message.view_id();
  request.row_id = message.row_id();
  request.part_id = message.part_id();
  request.action_id = message.action_id();
  request.values = Values::take(*message.mutable_values());
  if (request.action_id == "close") {
    runtime_.sessions().close(request.view_id, request.who);
    return reply.send(answer_done({}, true).reply);
  }
  return act_on_view(std::move(request), reply);
}

pvs_status Instance::view_close(const pvs_call_header&, std::string_view bytes, pvs::Reply& reply) {
  // The answer is always the same.
  static const std::string closed = answer_done({}, true).reply.SerializeAsString();
  // Parsing into a message frees the messages inside it first; merging into an emptied one does not.
  closing_.clear_view_id();
  closing_.mutable_context()->Clear();
  if (!closing_.MergeFromString({bytes.data(), bytes.size()})) {
    return PVS_BAD_REQUEST;
  }
  runtime_.sessions().close(closing_.view_id(), closing_.context().session_id(), closing_.context().user_id());
  return reply.send_bytes(closed);
}

pvs_status Instance::suggest(const pvs_call_header& header, std::string_view bytes, pvs::Reply& reply) {
  v1::SuggestRequest message;
  if (!pvs::parse(bytes, message)) {
    return PVS_BAD_REQUEST;
  }
  Request request = request_of(header, message.context());
  request.view_id = message.view_id();
  request.limit = message.limit();
  Values::Message values;
  // First, because of two values with one name the first counts.
  v1::NamedValue& typed = *values.Add();
  typed.set_name(message.field());
  typed.mutable_value()->set_text(std::move(*message.mutable_text()));
  for (v1::NamedValue& other : *message.mutable_values()) {
    *values.Add() = std::move(other);
  }
  request.values = Values::take(values);
  const auto view = runtime_.sessions().find(request.view_id, request.who);
  if (!view) {
    return reply.send(answer_error(request.texts, Status(error::view_closed, "no such view in this session")).reply);
  }
  request.view = *view;
  const Suggester* const suggester = find_suggester(view->kind, message.field());
  if (suggester == nullptr) {
    return reply.send(answer_error(request.texts, Status(error::bad_request, "the field has no suggestions")).reply);
  }
  return deliver(request, suggester->suggest(runtime_, request), reply);
}

// ---- hooks ----

pvs_status Instance::session_unlocked(const pvs_call_header&, std::string_view bytes, pvs::Reply& reply) {
  v1::SessionUnlockedRequest message;
  if (!pvs::parse(bytes, message)) {
    return PVS_BAD_REQUEST;
  }
  // Keys are not prepared: each job asks the host for them. But whoever comes may have a certificate to renew.
  const Who who{message.context().session_id(), message.context().user_id()};
  runtime_.sessions().unlock(who.session_id);
  const pvs_status status = reply.send(v1::HookReply());
  if (status == PVS_OK && !who.user_id.empty()) {
    start_quietly(who, commands::rescue_letters_work(runtime_, who));
    start_quietly(who, commands::renewal_hint_work(runtime_, who));
  }
  return status;
}

pvs_status Instance::session_locked(const pvs_call_header&, std::string_view bytes, pvs::Reply& reply) {
  v1::SessionLockedRequest message;
  if (!pvs::parse(bytes, message)) {
    return PVS_BAD_REQUEST;
  }
  const std::string& session = message.context().session_id();
  jobs_.revoke_session(session);
  runtime_.sessions().lock(session);
  return reply.send(v1::HookReply());
}

pvs_status Instance::document_released(const pvs_call_header& header, std::string_view bytes, pvs::Reply& reply) {
  v1::DocumentReleasedRequest message;
  if (!pvs::parse(bytes, message)) {
    return PVS_BAD_REQUEST;
  }
  const Request request = request_of(header, message.context());
  if (request.who.user_id.empty()) {
    return reply.send(answer_error(request.texts, Status(error::session_locked, "the call names no user")).reply);
  }
  return deliver(request, commands::earztbrief_invoke(runtime_, request), reply);
}

pvs_status Instance::billing_ready(const pvs_call_header& header, std::string_view bytes, pvs::Reply& reply) {
  v1::BillingReadyRequest message;
  if (!pvs::parse(bytes, message)) {
    return PVS_BAD_REQUEST;
  }
  Request request = request_of(header, message.context());
  Values::Message values;
  v1::NamedValue& quarter = *values.Add();
  quarter.set_name("quarter");
  quarter.mutable_value()->set_text(message.quarter());
  v1::NamedValue& files = *values.Add();
  files.set_name("files");
  *files.mutable_value()->mutable_files()->mutable_file() = std::move(*message.mutable_files());
  request.values = Values::take(values);
  if (request.who.user_id.empty()) {
    return reply.send(answer_error(request.texts, Status(error::session_locked, "the call names no user")).reply);
  }
  return deliver(request, commands::one_click_invoke(runtime_, request), reply);
}

pvs_status Instance::schedule_fired(const pvs_call_header& header, std::string_view bytes, pvs::Reply& reply) {
  v1::ScheduleFiredRequest message;
  if (!pvs::parse(bytes, message)) {
    return PVS_BAD_REQUEST;
  }
  const Request request = request_of(header, message.context());
  if (message.schedule_id() == kAddressbookSchedule) {
    return deliver(request, commands::addressbook_scheduled(runtime_, request), reply);
  }
  if (message.schedule_id() != kFetchSchedule) {
    return reply.send(answer_error(request.texts, Status(error::bad_request, "no such schedule")).reply);
  }
  return deliver(request, commands::fetch_scheduled(runtime_, request), reply);
}

// ---- jobs ----

pvs_status Instance::job_query(const pvs_call_header&, std::string_view bytes, pvs::Reply& reply) {
  v1::JobQueryRequest message;
  return pvs::parse(bytes, message) ? reply.send(jobs_.query(message.job_id())) : PVS_BAD_REQUEST;
}

pvs_status Instance::job_cancel(const pvs_call_header&, std::string_view bytes, pvs::Reply& reply) {
  v1::JobCancelRequest message;
  if (!pvs::parse(bytes, message)) {
    return PVS_BAD_REQUEST;
  }
  v1::JobCancelReply answer;
  answer.set_known(jobs_.cancel_job(message.job_id()));
  return reply.send(answer);
}

void Instance::HostSink::progress(std::uint64_t job_id, int permille, const std::string& text) {
  v1::JobProgressRequest request;
  request.set_job_id(job_id);
  request.set_permille(permille);
  request.set_text(text);
  // Progress that does not arrive harms nobody.
  static_cast<void>(host_.call<v1::JobProgressReply>(v1::METHOD_HOST_JOB_PROGRESS, request));
}

void Instance::HostSink::ended(std::uint64_t job_id, v1::ActionReply outcome) {
  v1::JobEndedRequest request;
  request.set_job_id(job_id);
  *request.mutable_outcome() = std::move(outcome);
  pvs_status status = host_.call<v1::JobEndedReply>(v1::METHOD_HOST_JOB_ENDED, request).status;
  if (status == PVS_TOO_LARGE) {
    // It never left: the host still waits for the end.
    *request.mutable_outcome()->mutable_error() =
        views::to_error(runtime_.texts(), Status(error::too_large, "the outcome is larger than an interface message"));
    status = host_.call<v1::JobEndedReply>(v1::METHOD_HOST_JOB_ENDED, request).status;
  }
  if (status != PVS_OK) {
    host_.log(PVS_LOG_WARNING, "plugin",
              std::string("the host did not take the end of a job: ") + pvs::status_name(status));
  }
}

// ---- the library's table ----

namespace {

void describe(v1::PluginDescription& out) {
  out = own_description();
}

pvs::Creation create(pvs::HostClient& host, std::string_view manifest) {
  pvs::Creation creation;
  const std::vector<std::string> lines = disagreements(manifest);
  if (!lines.empty()) {
    creation.status = PVS_BAD_REQUEST;
    for (const std::string& line : lines) {
      creation.reason += (creation.reason.empty() ? "" : "; ") + line;
    }
    return creation;
  }
  creation.instance = std::make_unique<Instance>(host, Env::system());
  return creation;
}

}  // namespace

const pvs::PluginDefinition kPlugin{.describe = &describe, .create = &create};

}  // namespace kvc::plugin
