// SPDX-License-Identifier: Apache-2.0
#include "runtime/host_services.h"

#include "pvs/v1/methods.pb.h"

namespace kvc::plugin {
namespace {

namespace v1 = pvs::v1;

/// The transport's outcome as ours. `service` is the name of the manifest.
Status transport_status(pvs_status status, const char* service) {
  const std::string detail = std::string("the host answered ") + pvs::status_name(status);
  switch (status) {
    case PVS_OK:
      return {};
    case PVS_UNSUPPORTED_METHOD:
      return Status(error::host_missing_service, detail).with("service", service);
    case PVS_CANCELLED:
      return Status(error::cancelled, detail);
    case PVS_NO_MEMORY:
      return Status(error::out_of_memory, detail);
    case PVS_TOO_LARGE:
      return Status(error::too_large, detail);
    default:
      return Status(error::host_refused, detail).with("service", service);
  }
}

/// An error the host reports as one of ours, if it uses one of our codes; else host_refused.
Status subject_status(const v1::Error& error, const char* service) {
  for (const ErrorCode& code : all_error_codes()) {
    if (error.code() == code.key) {
      return Status(code, error.detail()).with("service", service);
    }
  }
  return Status(error::host_refused, error.code() + ": " + error.detail()).with("service", service);
}

template <class Reply>
Status outcome(const pvs::CallResult<Reply>& result, const char* service) {
  Status status = transport_status(result.status, service);
  if (status.ok() && result.reply.has_error()) {
    return subject_status(result.reply.error(), service);
  }
  return status;
}

Status incomplete(const char* service) {
  return Status(error::host_refused, "the host's answer is empty").with("service", service);
}

}  // namespace

Result<v1::UserCurrentReply::Current> HostServices::current_user(const std::string& session_id) {
  v1::UserCurrentRequest request;
  request.set_session_id(session_id);
  auto result = client_.call<v1::UserCurrentReply>(v1::METHOD_HOST_USER_CURRENT, request);
  KVC_TRY(outcome(result, "user_context"));
  if (!result.reply.has_current()) {
    return incomplete("user_context");
  }
  return std::move(*result.reply.mutable_current());
}

Result<std::vector<std::pair<std::string, std::string>>> HostServices::users() {
  auto result = client_.call<v1::UserListReply>(v1::METHOD_HOST_USER_LIST, v1::UserListRequest());
  KVC_TRY(outcome(result, "user_context"));
  std::vector<std::pair<std::string, std::string>> users;
  for (const auto& user : result.reply.users()) {
    users.emplace_back(user.user_id(), user.display_name());
  }
  return users;
}

Result<std::vector<PracticeSite>> HostServices::practice_sites(const std::string& session_id) {
  KVC_ASSIGN(const v1::UserCurrentReply::Current current, current_user(session_id));
  std::vector<PracticeSite> sites;
  for (const auto& site : current.practice().sites()) {
    sites.push_back({site.bsnr(), site.name(), site.kv_code()});
  }
  return sites;
}

Result<HostServices::Staff> HostServices::staff(const std::string& session_id) {
  KVC_ASSIGN(const v1::UserCurrentReply::Current current, current_user(session_id));
  return Staff{current.practice().name(), current.user().display_name()};
}

Result<v1::DocumentFetchReply::Document> HostServices::fetch_document(const std::string& session_id,
                                                                      const std::string& document_id) {
  v1::DocumentFetchRequest request;
  request.set_session_id(session_id);
  request.set_document_id(document_id);
  auto result = client_.call<v1::DocumentFetchReply>(v1::METHOD_HOST_DOCUMENT_FETCH, request);
  KVC_TRY(outcome(result, "documents"));
  if (!result.reply.has_document()) {
    return incomplete("documents");
  }
  return std::move(*result.reply.mutable_document());
}

Result<std::vector<HostFile>> HostServices::choose_files(const std::string& session_id, const std::string& title,
                                                         const std::vector<std::string>& patterns) {
  v1::FileChooseRequest request;
  request.set_session_id(session_id);
  request.set_title(title);
  for (const std::string& pattern : patterns) {
    request.add_patterns(pattern);
  }
  auto result = client_.call<v1::FileChooseReply>(v1::METHOD_HOST_FILE_CHOOSE, request);
  if (result.ok() && result.reply.error().category() == v1::CATEGORY_CANCELLED) {
    return Status(error::cancelled, "no file was chosen");
  }
  KVC_TRY(outcome(result, "files"));
  std::vector<HostFile> files;
  for (const auto& file : result.reply.files().file()) {
    files.push_back({file.stream_id(), file.name(), file.size()});
  }
  if (files.empty()) {
    return Status(error::cancelled, "no file was chosen");
  }
  return files;
}

Status HostServices::open_url(const std::string& session_id, const std::string& url) {
  v1::OpenUrlRequest request;
  request.set_session_id(session_id);
  request.set_url(url);
  return outcome(client_.call<v1::OpenUrlReply>(v1::METHOD_HOST_OPEN_URL, request), "notifications");
}

Result<Directories> HostServices::directories(const std::string& user_id) {
  v1::DirectoriesRequest request;
  request.set_user_id(user_id);
  auto result = client_.call<v1::DirectoriesReply>(v1::METHOD_HOST_STORAGE_DIRECTORIES, request);
  KVC_TRY(outcome(result, "storage"));
  if (!result.reply.has_directories() || result.reply.directories().data().empty()) {
    return incomplete("storage");
  }
  const auto& found = result.reply.directories();
  return Directories{found.data(), found.cache(), found.user()};
}

Result<CreatedFile> HostServices::create_file(const std::string& session_id, const std::string& user_id,
                                              const std::string& name, const std::string& media_type) {
  v1::FileCreateRequest request;
  request.set_session_id(session_id);
  request.set_user_id(user_id);
  request.set_suggested_name(name);
  request.set_media_type(media_type);
  auto result = client_.call<v1::FileCreateReply>(v1::METHOD_HOST_FILE_CREATE, request);
  KVC_TRY(outcome(result, "files"));
  if (!result.reply.has_created()) {
    return incomplete("files");
  }
  return CreatedFile{result.reply.created().stream_id(), result.reply.created().display_path()};
}

Result<std::optional<v1::Patient>> HostServices::current_patient(const std::string& session_id) {
  v1::PatientCurrentRequest request;
  request.set_session_id(session_id);
  auto result = client_.call<v1::PatientCurrentReply>(v1::METHOD_HOST_PATIENT_CURRENT, request);
  if (result.ok() && result.reply.has_error() && result.reply.error().category() == v1::CATEGORY_USAGE) {
    return std::optional<v1::Patient>();  // "no patient is selected": an answer, not a failure
  }
  KVC_TRY(outcome(result, "patient_context"));
  return result.reply.has_patient() ? std::optional(std::move(*result.reply.mutable_patient())) : std::nullopt;
}

Result<DeliveredDocument> HostServices::deliver_document(const v1::DocumentDeliverRequest& request) {
  auto result = client_.call<v1::DocumentDeliverReply>(v1::METHOD_HOST_DOCUMENT_DELIVER, request);
  KVC_TRY(outcome(result, "documents"));
  if (!result.reply.has_delivery()) {
    return incomplete("documents");
  }
  return DeliveredDocument{result.reply.delivery().stream_id(), result.reply.delivery().document_id()};
}

Result<std::string> HostServices::seal(std::string_view user_id, const Secret& plaintext,
                                       std::string_view associated_data) {
  v1::KeySealRequest request;
  request.set_user_id(std::string(user_id));
  request.set_associated_data(std::string(associated_data));
  request.mutable_plaintext()->set_value(std::string(plaintext.reveal()));
  auto result = client_.call<v1::KeySealReply>(v1::METHOD_HOST_KEY_SEAL, request);
  kvc::wipe(*request.mutable_plaintext()->mutable_value());
  KVC_TRY(outcome(result, "key_custody"));
  if (result.reply.sealed().empty()) {
    return incomplete("key_custody");
  }
  return result.reply.sealed();
}

Result<Secret> HostServices::unseal(std::string_view user_id, std::string_view sealed,
                                    std::string_view associated_data) {
  v1::KeyUnsealRequest request;
  request.set_user_id(std::string(user_id));
  request.set_sealed(std::string(sealed));
  request.set_associated_data(std::string(associated_data));
  auto result = client_.call<v1::KeyUnsealReply>(v1::METHOD_HOST_KEY_UNSEAL, request);
  KVC_TRY(outcome(result, "key_custody"));
  if (!result.reply.has_plaintext()) {
    return incomplete("key_custody");
  }
  std::string& bytes = *result.reply.mutable_plaintext()->mutable_value();
  Secret secret(bytes);
  kvc::wipe(bytes);
  return secret;
}

void HostServices::note(pvs_status status, const v1::Error* error, const char* what) {
  if (status == PVS_OK && error == nullptr) {
    return;
  }
  const std::string why = status != PVS_OK ? std::string(pvs::status_name(status)) : error->code();
  client_.log(PVS_LOG_WARNING, "plugin", std::string("the host did not take ") + what + ": " + why);
}

void HostServices::notify(const v1::NotifyRequest& request) {
  const auto result = client_.call<v1::NotifyReply>(v1::METHOD_HOST_NOTIFY, request);
  note(result.status, result.reply.has_error() ? &result.reply.error() : nullptr, "a notification");
}

void HostServices::audit(const std::string& user_id, const std::string& event, const std::string& object, bool success,
                         const std::vector<std::pair<std::string, std::string>>& details) {
  v1::AuditRequest request;
  request.set_user_id(user_id);
  request.set_event(event);
  request.set_object(object);
  request.set_success(success);
  for (const auto& [name, value] : details) {
    auto& param = *request.add_details();
    param.set_name(name);
    param.set_value(value);
  }
  const auto result = client_.call<v1::AuditReply>(v1::METHOD_HOST_AUDIT, request);
  note(result.status, result.reply.has_error() ? &result.reply.error() : nullptr, "an audit event");
}

void HostServices::set_schedule(const std::string& id, std::int64_t every_ms, std::int64_t jitter_ms) {
  v1::ScheduleSetRequest request;
  request.set_schedule_id(id);
  request.set_every_ms(every_ms);
  request.set_jitter_ms(jitter_ms);
  const auto result = client_.call<v1::ScheduleSetReply>(v1::METHOD_HOST_SCHEDULE_SET, request);
  note(result.status, result.reply.has_error() ? &result.reply.error() : nullptr, "a schedule");
}

}  // namespace kvc::plugin
