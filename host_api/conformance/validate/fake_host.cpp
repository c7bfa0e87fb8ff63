// SPDX-License-Identifier: Apache-2.0
#include "fake_host.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "observations.h"
#include "pvs/v1/methods.pb.h"
#include "text.h"

namespace pvs::conformance {

namespace fs = std::filesystem;

namespace {

FakeHost* g_host = nullptr;

void note(Aspect aspect, std::string text) {
  Observations::get().note(aspect, std::move(text));
}

std::string_view view(pvs_bytes bytes) {
  return bytes.data == nullptr ? std::string_view{}
                               : std::string_view(reinterpret_cast<const char*>(bytes.data), bytes.size);
}
pvs_bytes borrow(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The service a method belongs to; empty for none.
std::string_view service_of(std::uint32_t method) {
  static constexpr std::array<std::string_view, 10> kServices{
      "user_context", "patient_context", "key_custody", "storage", "files",
      "documents",    "notifications",   "progress",    "audit",   "schedule"};
  const std::uint32_t index = method / 100;
  return index >= 11 && index <= 20 ? kServices[index - 11] : std::string_view{};
}

template <class Message>
bool parse(std::string_view bytes, Message& message, std::uint32_t method) {
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return true;
  }
  note(Aspect::host_request, "the request to the host's method " + std::to_string(method) + " is not its message");
  return false;
}

void fill_user(v1::User& user) {
  user.set_user_id("pruefer");
  user.set_display_name("Dr. Prüfer (künstlich)");
  user.add_roles("doctor");
  user.add_roles("admin");
  user.set_session_unlocked(true);
}

pvs_status PVS_CALL host_call(pvs_host_ctx*, const pvs_call_header* header, pvs_bytes request, pvs_reply_fn reply,
                              void* sink) noexcept {
  return g_host->call(header, request, reply, sink);
}
void PVS_CALL host_log(pvs_host_ctx*, std::int32_t level, pvs_bytes component, pvs_bytes text) noexcept {
  g_host->log(level, component, text);
}
std::int32_t PVS_CALL host_is_main(pvs_host_ctx*) noexcept {
  return g_host->on_main() ? 1 : 0;
}
pvs_status PVS_CALL host_post(pvs_host_ctx*, std::uint64_t token) noexcept {
  return g_host->post(token);
}
std::int32_t PVS_CALL host_is_cancelled(pvs_host_ctx*, std::uint64_t call_id) noexcept {
  return g_host->is_cancelled(call_id) ? 1 : 0;
}
std::int64_t PVS_CALL host_now(pvs_host_ctx*) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}
std::uint64_t PVS_CALL host_monotonic(pvs_host_ctx*) noexcept {
  return FakeHost::monotonic_now();
}
pvs_status PVS_CALL host_read(pvs_host_ctx*, std::uint64_t id, std::uint8_t* buffer, std::uint64_t capacity,
                              std::uint64_t* got) noexcept {
  return g_host->read(id, buffer, capacity, got);
}
pvs_status PVS_CALL host_write(pvs_host_ctx*, std::uint64_t id, pvs_bytes bytes) noexcept {
  return g_host->write(id, bytes);
}
pvs_status PVS_CALL host_close(pvs_host_ctx*, std::uint64_t id, std::int32_t) noexcept {
  return g_host->close(id);
}

}  // namespace

FakeHost& FakeHost::make(const Subject& subject) {
  if (g_host == nullptr) {
    g_host = new FakeHost(subject);
  }
  return *g_host;
}

FakeHost::FakeHost(const Subject& subject) : directory_(subject.scratch) {
  const v1::PluginDescription& description = subject.manifest.manifest.description;
  for (const auto* list : {&description.required_host_services(), &description.optional_host_services()}) {
    granted_.insert(list->begin(), list->end());
  }
  for (const char* name : {"data", "cache", "user"}) {
    fs::create_directory(directory_ / name);
  }
}

const pvs_host_v1& FakeHost::table() noexcept {
  static constexpr pvs_host_v1 kTable{sizeof(pvs_host_v1), PVS_ABI_MINOR, &host_call,         &host_log,
                                      &host_is_main,       &host_post,    &host_is_cancelled, &host_now,
                                      &host_monotonic,     &host_read,    &host_write,        &host_close};
  return kTable;
}

pvs_host_ctx* FakeHost::context() noexcept {
  return reinterpret_cast<pvs_host_ctx*>(this);
}

std::uint64_t FakeHost::monotonic_now() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

std::deque<std::uint64_t> FakeHost::take_tokens() {
  const std::lock_guard lock(mutex_);
  return std::exchange(tokens_, {});
}

std::vector<std::string> FakeHost::take_complaints() {
  const std::lock_guard lock(mutex_);
  return std::exchange(complaints_, {});
}

std::uint64_t FakeHost::add_stream(std::string bytes) {
  const std::lock_guard lock(mutex_);
  streams_[++last_stream_] = Stream{std::move(bytes)};
  return last_stream_;
}

// ---- jobs ----

void FakeHost::cancel(std::uint64_t call_id) {
  const std::lock_guard lock(mutex_);
  cancelled_.insert(call_id);
}

bool FakeHost::is_cancelled(std::uint64_t call_id) const {
  const std::lock_guard lock(mutex_);
  return cancelled_.contains(call_id);
}

void FakeHost::accepted(std::uint64_t job_id) {
  const std::lock_guard lock(mutex_);
  accepted_.insert(job_id);
}

bool FakeHost::has_ended(std::uint64_t job_id) const {
  const std::lock_guard lock(mutex_);
  return ended_.contains(job_id);
}

std::vector<std::uint64_t> FakeHost::running_jobs() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> running;
  std::set_difference(accepted_.begin(), accepted_.end(), ended_.begin(), ended_.end(), std::back_inserter(running));
  return running;
}

std::vector<v1::ActionReply> FakeHost::take_outcomes() {
  const std::lock_guard lock(mutex_);
  return std::exchange(outcomes_, {});
}

void FakeHost::settle_jobs() {
  const std::lock_guard lock(mutex_);
  for (const std::uint64_t job : accepted_) {
    if (!ended_.contains(job)) {
      note(Aspect::job_never, "job " + std::to_string(job) + " did not end before stop() returned");
    }
  }
  for (const std::uint64_t job : ended_) {
    if (!accepted_.contains(job)) {
      note(Aspect::job_outcome, "job " + std::to_string(job) + " ended, but no answer had accepted it");
    }
  }
}

void FakeHost::forget() {
  const std::lock_guard lock(mutex_);
  accepted_.clear();
  ended_.clear();
  outcomes_.clear();
  tokens_.clear();
  call_ids_.clear();
  stage.store(Stage::running);
}

pvs_status FakeHost::job_ended(std::string_view request) {
  v1::JobEndedRequest end;
  if (!parse(request, end, v1::METHOD_HOST_JOB_ENDED)) {
    return PVS_BAD_REQUEST;
  }
  const std::lock_guard lock(mutex_);
  if (!ended_.insert(end.job_id()).second) {
    note(Aspect::job_once, "job " + std::to_string(end.job_id()) + " ended twice");
    return PVS_INVALID_STATE;
  }
  if (end.outcome().result_case() == v1::ActionReply::kAccepted) {
    note(Aspect::job_outcome, "job " + std::to_string(end.job_id()) + " ended as Accepted");
  }
  outcomes_.push_back(std::move(*end.mutable_outcome()));
  return PVS_OK;
}

// ---- the functions of the table ----

void FakeHost::observe_after_stop(const char* function) const {
  if (stage.load() == Stage::stopped) {
    note(Aspect::host_after_stop,
         std::string("the plugin called the host's ") + function + " after stop() had returned");
  }
}

void FakeHost::observe_call(const pvs_call_header& header) {
  const std::string method = "the call of the host's method " + std::to_string(header.method);
  if (header.reserved != 0) {
    note(Aspect::host_header, method + " has a reserved field that is not 0");
  }
  bool fresh = false;
  {
    const std::lock_guard lock(mutex_);
    fresh = call_ids_.insert(header.call_id).second;
  }
  if (header.call_id == 0 || !fresh) {
    note(Aspect::host_header, method + (fresh ? " has the call id 0" : " has a call id that was used before"));
  }
  const std::string_view service = service_of(header.method);
  if (!service.empty() && service != "progress" && !granted_.contains(service)) {
    note(Aspect::host_service,
         method + " belongs to the service " + std::string(service) + ", which the manifest does not ask for");
  }
  const bool waits = header.method == v1::METHOD_HOST_FILE_CHOOSE ||
                     header.method == v1::METHOD_HOST_DOCUMENT_DELIVER ||
                     header.method == v1::METHOD_HOST_DOCUMENT_FETCH;
  if (waits && on_main()) {
    note(Aspect::host_main_thread, method + ", which may wait, came on the main thread");
  }
  if (header.method == v1::METHOD_HOST_FILE_CHOOSE && !user_present.load()) {
    note(Aspect::host_dialog, method + " asks a person, but the host's call had no PVS_CALL_USER_PRESENT");
  }
}

pvs_status FakeHost::call(const pvs_call_header* header, pvs_bytes request, pvs_reply_fn reply, void* sink) {
  observe_after_stop("call");
  ++calls_;
  if (header == nullptr || header->struct_size < sizeof(pvs_call_header)) {
    note(Aspect::host_header, "a call to the host has no header, or one that is too short");
    return PVS_BAD_REQUEST;
  }
  if (request.size > PVS_MAX_MESSAGE || (request.data == nullptr && request.size != 0)) {
    note(Aspect::host_header, "a request to the host is larger than PVS_MAX_MESSAGE, or has a size but no bytes");
    return request.size > PVS_MAX_MESSAGE ? PVS_TOO_LARGE : PVS_BAD_REQUEST;
  }
  observe_call(*header);
  if (inside && on_main()) {
    inside();
  }
  std::string bytes;
  pvs_status outcome = PVS_OK;
  switch (mode.load()) {
    case Mode::status:
      return status.load();
    case Mode::silent:
      return PVS_OK;
    case Mode::garbage:
      return reply == nullptr ? PVS_OK : reply(sink, borrow("\xff\xff\xff\xff"));
    case Mode::twice:
      outcome = answer(*header, view(request), bytes);
      if (outcome == PVS_OK && reply != nullptr) {
        static_cast<void>(reply(sink, borrow(bytes)));
      }
      break;
    case Mode::good:
      outcome = answer(*header, view(request), bytes);
      break;
  }
  return outcome != PVS_OK || reply == nullptr ? outcome : reply(sink, borrow(bytes));
}

void FakeHost::directories(v1::DirectoriesReply& reply) const {
  reply.mutable_directories()->set_data(directory_ / "data");
  reply.mutable_directories()->set_cache(directory_ / "cache");
  reply.mutable_directories()->set_user(directory_ / "user");
}

namespace {

/// Sealed bytes of this host: a mark and the plain bytes. Nobody's secret: every key of the process is a test's.
constexpr std::string_view kSeal = "sealed by pvs-validate:";

template <class Reply>
void refuse(Reply& reply, v1::Category category, const char* code) {
  reply.mutable_error()->set_category(category);
  reply.mutable_error()->set_code(code);
}

template <class Request, class Reply, class Body>
pvs_status served(std::string_view bytes, std::uint32_t method, std::string& out, Body&& body) {
  Request request;
  if (!parse(bytes, request, method)) {
    return PVS_BAD_REQUEST;
  }
  Reply reply;
  body(request, reply);
  out = reply.SerializeAsString();
  return PVS_OK;
}

void current_user(v1::UserCurrentReply& reply) {
  v1::UserCurrentReply::Current& current = *reply.mutable_current();
  fill_user(*current.mutable_user());
  current.mutable_practice()->set_practice_id("pruefpraxis");
  current.mutable_practice()->set_name("Prüfpraxis (künstlich)");
  current.set_locale("de-DE");
  current.set_time_zone("Europe/Berlin");
}

void unseal(const v1::KeyUnsealRequest& request, v1::KeyUnsealReply& reply) {
  if (request.sealed().starts_with(kSeal)) {
    reply.mutable_plaintext()->set_value(request.sealed().substr(kSeal.size()));
  } else {
    refuse(reply, v1::CATEGORY_CRYPTO, "host.not_sealed_for_user");
  }
}

}  // namespace

pvs_status FakeHost::answer(const pvs_call_header& header, std::string_view request, std::string& out) {
  const std::uint32_t method = header.method;
  const auto writer = [this] {
    const std::lock_guard lock(mutex_);
    streams_[++last_stream_].writing = true;
    return last_stream_;
  };
  switch (method) {
    case v1::METHOD_HOST_USER_CURRENT:
      return served<v1::UserCurrentRequest, v1::UserCurrentReply>(
          request, method, out, [](const auto&, auto& reply) { current_user(reply); });
    case v1::METHOD_HOST_USER_LIST:
      return served<v1::UserListRequest, v1::UserListReply>(
          request, method, out, [](const auto&, auto& reply) { fill_user(*reply.add_users()); });
    case v1::METHOD_HOST_PATIENT_CURRENT:
      return served<v1::PatientCurrentRequest, v1::PatientCurrentReply>(
          request, method, out, [](const auto&, auto& reply) { refuse(reply, v1::CATEGORY_USAGE, "host.no_patient"); });
    case v1::METHOD_HOST_KEY_SEAL:
      return served<v1::KeySealRequest, v1::KeySealReply>(request, method, out, [](const auto& seal, auto& reply) {
        reply.set_sealed(std::string(kSeal) + seal.plaintext().value());
      });
    case v1::METHOD_HOST_KEY_UNSEAL:
      return served<v1::KeyUnsealRequest, v1::KeyUnsealReply>(request, method, out, &unseal);
    case v1::METHOD_HOST_KEY_PUBLIC:
      return served<v1::KeyPublicRequest, v1::KeyPublicReply>(request, method, out, [](const auto&, auto& reply) {
        refuse(reply, v1::CATEGORY_USAGE, "host.unknown_user");
      });
    case v1::METHOD_HOST_STORAGE_DIRECTORIES:
      return served<v1::DirectoriesRequest, v1::DirectoriesReply>(
          request, method, out, [this](const auto&, auto& reply) { directories(reply); });
    case v1::METHOD_HOST_FILE_CHOOSE:
      return served<v1::FileChooseRequest, v1::FileChooseReply>(request, method, out, [](const auto&, auto& reply) {
        refuse(reply, v1::CATEGORY_CANCELLED, "host.cancelled");
      });
    case v1::METHOD_HOST_FILE_CREATE:
      return served<v1::FileCreateRequest, v1::FileCreateReply>(
          request, method, out, [&](const auto&, auto& reply) { reply.mutable_created()->set_stream_id(writer()); });
    case v1::METHOD_HOST_DOCUMENT_DELIVER:
      return served<v1::DocumentDeliverRequest, v1::DocumentDeliverReply>(
          request, method, out, [&](const auto&, auto& reply) { reply.mutable_delivery()->set_stream_id(writer()); });
    case v1::METHOD_HOST_DOCUMENT_FETCH:
      return served<v1::DocumentFetchRequest, v1::DocumentFetchReply>(
          request, method, out,
          [](const auto&, auto& reply) { refuse(reply, v1::CATEGORY_USAGE, "host.unknown_document"); });
    case v1::METHOD_HOST_NOTIFY:
      return served<v1::NotifyRequest, v1::NotifyReply>(request, method, out, [](const auto&, auto&) {});
    case v1::METHOD_HOST_OPEN_URL:
      return served<v1::OpenUrlRequest, v1::OpenUrlReply>(request, method, out, [](const auto&, auto&) {});
    case v1::METHOD_HOST_JOB_PROGRESS:
      return served<v1::JobProgressRequest, v1::JobProgressReply>(request, method, out, [](const auto&, auto&) {});
    case v1::METHOD_HOST_JOB_ENDED:
      return job_ended(request);
    case v1::METHOD_HOST_AUDIT:
      return served<v1::AuditRequest, v1::AuditReply>(request, method, out, [](const auto&, auto&) {});
    case v1::METHOD_HOST_SCHEDULE_SET:
      return served<v1::ScheduleSetRequest, v1::ScheduleSetReply>(request, method, out, [](const auto&, auto&) {});
    default:
      return PVS_UNSUPPORTED_METHOD;
  }
}

void FakeHost::log(std::int32_t level, pvs_bytes component, pvs_bytes text) {
  observe_after_stop("log");
  ++log_lines_;
  if (level < PVS_LOG_DEBUG || level > PVS_LOG_PLUGIN_MISBEHAVING) {
    note(Aspect::host_log, "a log line has the level " + std::to_string(level) + ", which does not exist");
  }
  if (component.data == nullptr || component.size == 0 || (text.data == nullptr && text.size != 0)) {
    note(Aspect::host_log, "a log line has no component, or a size without bytes");
    return;
  }
  if (text.size > PVS_MAX_MESSAGE || !is_utf8(view(text)) || !is_utf8(view(component))) {
    note(Aspect::host_log, "a log line is not UTF-8, or larger than any message");
    return;
  }
  if (level >= PVS_LOG_WARNING) {
    const std::lock_guard lock(mutex_);
    if (complaints_.size() < 100) {
      complaints_.emplace_back(view(text).substr(0, 300));
    }
  }
}

pvs_status FakeHost::post(std::uint64_t token) {
  observe_after_stop("post_to_main");
  if (stage.load() != Stage::running) {
    return PVS_INVALID_STATE;
  }
  const std::lock_guard lock(mutex_);
  if (tokens_.size() >= 65536) {
    return PVS_NO_MEMORY;
  }
  tokens_.push_back(token);
  return PVS_OK;
}

namespace {
void observe_stream(bool on_main) {
  if (on_main) {
    note(Aspect::host_main_thread, "a stream function, which may wait, was called on the main thread");
  }
}
}  // namespace

pvs_status FakeHost::read(std::uint64_t id, std::uint8_t* buffer, std::uint64_t capacity, std::uint64_t* got) {
  observe_after_stop("stream_read");
  observe_stream(on_main());
  if (got == nullptr || buffer == nullptr || capacity == 0) {
    return PVS_BAD_REQUEST;
  }
  *got = 0;
  const std::lock_guard lock(mutex_);
  const auto it = streams_.find(id);
  if (it == streams_.end() || it->second.writing) {
    return PVS_BAD_REQUEST;
  }
  Stream& stream = it->second;
  const std::size_t count = std::min<std::size_t>(capacity, stream.bytes.size() - stream.at);
  if (count == 0) {
    return PVS_END_OF_STREAM;
  }
  std::memcpy(buffer, stream.bytes.data() + stream.at, count);
  stream.at += count;
  *got = count;
  return PVS_OK;
}

pvs_status FakeHost::write(std::uint64_t id, pvs_bytes bytes) {
  observe_after_stop("stream_write");
  observe_stream(on_main());
  const std::lock_guard lock(mutex_);
  const auto it = streams_.find(id);
  return it == streams_.end() || !it->second.writing || (bytes.data == nullptr && bytes.size != 0) ? PVS_BAD_REQUEST
                                                                                                   : PVS_OK;
}

pvs_status FakeHost::close(std::uint64_t id) {
  observe_after_stop("stream_close");
  observe_stream(on_main());
  const std::lock_guard lock(mutex_);
  return streams_.erase(id) == 1 ? PVS_OK : PVS_BAD_REQUEST;
}

}  // namespace pvs::conformance
