// SPDX-License-Identifier: Apache-2.0
#include "services.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <sstream>

#include "atomic_file.h"

namespace pvs::host {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxFile = 2ULL * 1024 * 1024 * 1024;
constexpr std::chrono::milliseconds kShortestSchedule{1000};
constexpr std::chrono::minutes kChooseTimeout{10};

std::string time_text() {
  return Poco::DateTimeFormatter::format(Poco::Timestamp(), Poco::DateTimeFormat::ISO8601_FRAC_FORMAT);
}

std::string random_id(const std::string& prefix) {
  std::array<unsigned char, 12> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("no randomness");
  }
  static constexpr char kHex[] = "0123456789abcdef";
  std::string id = prefix;
  for (const unsigned char byte : bytes) {
    id += kHex[byte >> 4U];
    id += kHex[byte & 15U];
  }
  return id;
}

template <class Reply>
pvs_status refuse(Reply& reply, v1::Category category, const std::string& code, const std::string& detail) {
  reply.mutable_error()->set_category(category);
  reply.mutable_error()->set_code(code);
  reply.mutable_error()->set_detail(detail);
  return PVS_OK;
}

template <class Reply>
pvs_status refuse(Reply& reply, KeyCustody::Outcome outcome) {
  switch (outcome) {
    case KeyCustody::Outcome::unknown_user:
      return refuse(reply, v1::CATEGORY_USAGE, "host.unknown_user", "the practice has no such user");
    case KeyCustody::Outcome::locked:
      return refuse(reply, v1::CATEGORY_HOST, "host.session_locked", "the user's session is locked");
    case KeyCustody::Outcome::rejected:
      return refuse(reply, v1::CATEGORY_CRYPTO, "host.not_sealed_for_user",
                    "the bytes were not sealed for this user and purpose, or were altered");
    default:
      return refuse(reply, v1::CATEGORY_HOST, "host.key_custody_failed", "the user's key file cannot be used");
  }
}

const char* level_name(std::int32_t level) {
  static constexpr const char* kNames[] = {
      "debug", "info", "warning", "error", "host-misbehaving", "plugin-misbehaving"};
  return level >= 0 && level <= PVS_LOG_PLUGIN_MISBEHAVING ? kNames[level] : "error";
}

/// Text of a plugin for a log and a terminal: one line, and nothing that steers a terminal.
std::string one_line(std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return clean;
}

const char* severity_name(v1::Severity severity) {
  static constexpr const char* kNames[] = {"", "good", "info", "warning", "bad"};
  return severity >= 0 && severity <= 4 ? kNames[severity] : "";
}

JsonObject::Ptr patient_to_json(const v1::Patient& patient) {
  JsonObject::Ptr object = new_object();
  object->set("given_name", patient.given_name());
  object->set("family_name", patient.family_name());
  object->set("birth_date", patient.birth_date());
  object->set("kvnr", patient.kvnr());
  return object;
}

/// The name file_writer will take, so that it can be told before the file is there: the wanted one, or the first free
/// "name (2).ext".
std::string free_name(const fs::path& directory, const std::string& wanted) {
  std::error_code ignored;
  const fs::path base(wanted);
  std::string name = wanted;
  for (int i = 2; i < 10000 && fs::exists(fs::symlink_status(directory / name, ignored)); ++i) {
    name = base.stem().string() + " (" + std::to_string(i) + ")" + base.extension().string();
  }
  return name;
}

}  // namespace

Services::Services(Practice practice, fs::path data)
    : practice_(std::move(practice)), data_(fs::absolute(std::move(data))), custody_(data_ / "keys") {
  for (const char* name : {"plugin", "cache", "users", "documents"}) {
    make_private_directory(data_ / name);
  }
  for (const PracticeUser& user : practice_.users) {
    make_private_directory(user_directory(user.user.user_id()));
    const SecretText password = resolve_secret(user.password_source, practice_.base, "users.password");
    const KeyCustody::Outcome outcome = custody_.enrol(user.user.user_id(), password);
    if (outcome != KeyCustody::Outcome::ok) {
      throw InputError("the key pair of " + user.user.user_id() + " cannot be made or read in " +
                       (data_ / "keys").string());
    }
  }
  const fs::path index = data_ / "documents" / "index.jsonl";
  std::error_code error;
  if (fs::exists(index, error)) {
    std::istringstream lines(read_small_file(index, 64U << 20U));
    for (std::string line; std::getline(lines, line);) {
      const JsonObject::Ptr entry = as_object(parse_document(line, index.string()), index.string());
      delivered_[entry->optValue<std::string>("document_id", "")] = entry;
    }
  }
}

fs::path Services::user_directory(const std::string& user_id) const {
  return data_ / "users" / user_id;
}

// ---- for the host ----

std::optional<std::string> Services::log_in(const std::string& user_id, std::string& reason) {
  const PracticeUser* user = practice_.find_user(user_id);
  if (user == nullptr) {
    reason = "the practice has no user \"" + user_id + "\"";
    return std::nullopt;
  }
  const SecretText password = resolve_secret(user->password_source, practice_.base, "the password of " + user_id);
  const KeyCustody::Outcome outcome = custody_.unlock(user_id, password);
  if (outcome != KeyCustody::Outcome::ok) {
    reason = outcome == KeyCustody::Outcome::wrong_password ? "wrong password for " + user_id
                                                            : "the key file of " + user_id + " cannot be used";
    return std::nullopt;
  }
  return open_session(user_id);
}

KeyCustody::Outcome Services::unlock_key(const std::string& user_id, const SecretText& password) {
  if (practice_.find_user(user_id) != nullptr) {
    return custody_.unlock(user_id, password);
  }
  // As long as for a user who exists, so that the time does not tell who works here.
  if (!practice_.users.empty()) {
    static_cast<void>(custody_.matches(practice_.users.front().user.user_id(), password));
  }
  return KeyCustody::Outcome::unknown_user;
}

std::string Services::open_session(const std::string& user_id) {
  std::string session_id = random_id("s-");
  const std::lock_guard lock(mutex_);
  sessions_[session_id] = Session{user_id, ""};
  last_session_ = session_id;
  return session_id;
}

void Services::close_session(const std::string& session_id) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(session_id);
}

std::string Services::user_of(const std::string& session_id) const {
  const std::lock_guard lock(mutex_);
  const auto it = sessions_.find(session_id);
  return it == sessions_.end() ? std::string() : it->second.user_id;
}

void Services::lock(const std::string& user_id) {
  custody_.lock(user_id);
}
bool Services::unlocked(const std::string& user_id) const {
  return custody_.unlocked(user_id);
}

void Services::select_patient(const std::string& session_id, const std::string& patient_id) {
  const std::lock_guard lock(mutex_);
  if (const auto it = sessions_.find(session_id); it != sessions_.end()) {
    it->second.patient_id = patient_id;
  }
}

void Services::offer_files(std::vector<fs::path> files) {
  {
    const std::lock_guard lock(mutex_);
    files_to_choose_ = std::move(files);
  }
  files_offered_.notify_all();
}

std::vector<JsonObject::Ptr> Services::take_events() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

std::deque<std::pair<std::uint64_t, v1::ActionReply>> Services::take_job_ends() {
  const std::lock_guard lock(mutex_);
  return std::exchange(job_ends_, {});
}

std::vector<RecordDocument> Services::documents() const {
  std::vector<RecordDocument> all;
  for (const PracticeDocument& document : practice_.documents) {
    RecordDocument& to = all.emplace_back();
    to.document_id = document.document_id;
    to.title = document.title;
    to.media_type = document.media_type;
    to.patient_id = document.patient_id;
    to.file = document.file;
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : delivered_) {
    RecordDocument& to = all.emplace_back();
    to.document_id = id;
    to.title = entry->optValue<std::string>("title", "");
    to.media_type = entry->optValue<std::string>("media_type", "");
    to.source = entry->optValue<std::string>("source", "");
    to.received = entry->optValue<std::string>("received", "");
    to.patient_id = entry->optValue<std::string>("patient", "");
    to.suggested_id = entry->optValue<std::string>("suggested_patient", "");
    to.file = data_ / "documents" / fs::path(entry->optValue<std::string>("file", "")).filename();
    to.delivered = true;
  }
  return all;
}

bool Services::assign_document(const std::string& document_id, const std::string& patient_id) {
  const std::lock_guard lock(mutex_);
  const auto it = delivered_.find(document_id);
  if (it == delivered_.end() || practice_.find_patient(patient_id) == nullptr) {
    return false;
  }
  // The index is append-only; the last line of a document counts.
  JsonObject::Ptr entry = new_object();
  for (const auto& [key, value] : *it->second) {
    entry->set(key, value);
  }
  entry->set("patient", patient_id);
  if (!append_line(data_ / "documents" / "index.jsonl", to_line(entry), true)) {
    return false;
  }
  it->second = entry;
  return true;
}

void Services::plan(Schedule& schedule) {
  std::chrono::milliseconds jitter{0};
  if (schedule.jitter.count() > 0) {
    std::uint32_t random = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof random);
    jitter = std::chrono::milliseconds(random % static_cast<std::uint64_t>(schedule.jitter.count()));
  }
  schedule.next = std::chrono::steady_clock::now() + schedule.every + jitter;
}

std::vector<std::pair<std::string, std::uint32_t>> Services::due_schedules() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::pair<std::string, std::uint32_t>> due;
  const std::lock_guard lock(mutex_);
  for (auto& [id, schedule] : schedules_) {
    if (schedule.next <= now) {
      const auto late = std::chrono::duration_cast<std::chrono::milliseconds>(now - schedule.next);
      due.emplace_back(id, static_cast<std::uint32_t>(late / schedule.every));
      plan(schedule);
    }
  }
  return due;
}

bool Services::has_schedule(const std::string& schedule_id) const {
  const std::lock_guard lock(mutex_);
  return schedules_.contains(schedule_id);
}

void Services::add_file(StreamTable& streams, const fs::path& file, v1::FileRef& reference) {
  std::unique_ptr<Stream> stream = file_reader(file);
  if (stream == nullptr) {
    throw InputError("cannot read the file " + file.string());
  }
  std::error_code error;
  reference.set_name(file.filename().string());
  reference.set_size(fs::file_size(file, error));
  reference.set_stream_id(streams.add(std::move(stream)));
}

// ---- HostServices ----

std::vector<std::string> Services::offered() const {
  return {"user_context", "patient_context", "key_custody", "storage", "files",
          "documents",    "notifications",   "progress",    "audit",   "schedule"};
}

void Services::event(const JsonObject::Ptr& event) {
  const std::lock_guard lock(mutex_);
  events_.push_back(event);
}

v1::User Services::user_now(const PracticeUser& user) const {
  v1::User copy = user.user;
  copy.set_session_unlocked(custody_.unlocked(copy.user_id()));
  return copy;
}

std::optional<Services::Session> Services::session_of(const std::string& session_id) const {
  const auto it = sessions_.find(session_id.empty() ? last_session_ : session_id);
  return it == sessions_.end() ? std::nullopt : std::optional(it->second);
}

pvs_status Services::user_current(const PluginCall&, const v1::UserCurrentRequest& request,
                                  v1::UserCurrentReply& reply) {
  std::optional<Session> session;
  {
    const std::lock_guard lock(mutex_);
    session = session_of(request.session_id());
  }
  const PracticeUser* user = session ? practice_.find_user(session->user_id) : nullptr;
  if (user == nullptr) {
    return refuse(reply, v1::CATEGORY_USAGE, "host.unknown_session", "there is no such session");
  }
  v1::UserCurrentReply::Current& current = *reply.mutable_current();
  *current.mutable_user() = user_now(*user);
  *current.mutable_practice() = practice_.practice;
  current.set_locale(practice_.locale);
  current.set_time_zone(practice_.time_zone);
  return PVS_OK;
}

pvs_status Services::user_list(const PluginCall&, const v1::UserListRequest&, v1::UserListReply& reply) {
  for (const PracticeUser& user : practice_.users) {
    *reply.add_users() = user_now(user);
  }
  return PVS_OK;
}

pvs_status Services::patient_current(const PluginCall&, const v1::PatientCurrentRequest& request,
                                     v1::PatientCurrentReply& reply) {
  std::optional<Session> session;
  {
    const std::lock_guard lock(mutex_);
    session = session_of(request.session_id());
  }
  const v1::Patient* patient = session ? practice_.find_patient(session->patient_id) : nullptr;
  if (patient == nullptr) {
    return refuse(reply, v1::CATEGORY_USAGE, "host.no_patient", "no patient is selected");
  }
  *reply.mutable_patient() = *patient;
  return PVS_OK;
}

pvs_status Services::key_seal(const PluginCall&, const v1::KeySealRequest& request, v1::KeySealReply& reply) {
  std::string sealed;
  const KeyCustody::Outcome outcome =
      custody_.seal(request.user_id(), request.plaintext().value(), request.associated_data(), sealed);
  if (outcome != KeyCustody::Outcome::ok) {
    return refuse(reply, outcome);
  }
  reply.set_sealed(std::move(sealed));
  return PVS_OK;
}

pvs_status Services::key_unseal(const PluginCall&, const v1::KeyUnsealRequest& request, v1::KeyUnsealReply& reply) {
  std::string plaintext;
  const KeyCustody::Outcome outcome =
      custody_.unseal(request.user_id(), request.sealed(), request.associated_data(), plaintext);
  if (outcome != KeyCustody::Outcome::ok) {
    return refuse(reply, outcome);
  }
  reply.mutable_plaintext()->set_value(plaintext);
  OPENSSL_cleanse(plaintext.data(), plaintext.size());
  return PVS_OK;
}

pvs_status Services::key_public(const PluginCall&, const v1::KeyPublicRequest& request, v1::KeyPublicReply& reply) {
  std::string info;
  const KeyCustody::Outcome outcome = custody_.public_key(request.user_id(), info);
  if (outcome != KeyCustody::Outcome::ok) {
    return refuse(reply, outcome);
  }
  reply.set_subject_public_key_info(std::move(info));
  return PVS_OK;
}

pvs_status Services::storage_directories(const PluginCall&, const v1::DirectoriesRequest& request,
                                         v1::DirectoriesReply& reply) {
  if (!request.user_id().empty() && practice_.find_user(request.user_id()) == nullptr) {
    return refuse(reply, KeyCustody::Outcome::unknown_user);
  }
  v1::DirectoriesReply::Directories& directories = *reply.mutable_directories();
  directories.set_data((data_ / "plugin").string());
  directories.set_cache((data_ / "cache").string());
  if (!request.user_id().empty()) {
    directories.set_user(user_directory(request.user_id()).string());
  }
  return PVS_OK;
}

pvs_status Services::file_choose(const PluginCall& call, const v1::FileChooseRequest& request,
                                 v1::FileChooseReply& reply) {
  return chooser_ != nullptr ? chooser_->choose(call, request, reply) : offered_files(call, request, reply);
}

pvs_status Services::offered_files(const PluginCall& call, const v1::FileChooseRequest& request,
                                   v1::FileChooseReply& reply) {
  JsonObject::Ptr question = new_object();
  question->set("event", "file_choose");
  question->set("title", request.title());
  event(question);
  std::vector<fs::path> files;
  {
    std::unique_lock lock(mutex_);
    files_offered_.wait_for(lock, kChooseTimeout, [&] { return files_to_choose_.has_value() || stopping_; });
    if (!files_to_choose_) {
      return PVS_CANCELLED;
    }
    files = std::exchange(files_to_choose_, std::nullopt).value();
  }
  if (files.empty()) {
    return refuse(reply, v1::CATEGORY_CANCELLED, "host.cancelled", "the person chose no file");
  }
  if (files.size() > 1 && !request.multiple()) {
    return refuse(reply, v1::CATEGORY_USAGE, "host.one_file_only", "several files were chosen for one");
  }
  for (const fs::path& file : files) {
    add_file(*call.streams, file, *reply.mutable_files()->add_file());
  }
  return PVS_OK;
}

pvs_status Services::file_create(const PluginCall& call, const v1::FileCreateRequest& request,
                                 v1::FileCreateReply& reply) {
  std::string user_id = request.user_id();
  if (user_id.empty()) {
    const std::lock_guard lock(mutex_);
    const std::optional<Session> session = session_of(request.session_id());
    user_id = session ? session->user_id : "";
  }
  if (practice_.find_user(user_id) == nullptr) {
    return refuse(reply, KeyCustody::Outcome::unknown_user);
  }
  const fs::path directory = user_directory(user_id);
  const std::string name = free_name(directory, safe_file_name(request.suggested_name()));
  std::unique_ptr<Stream> stream = file_writer(directory, name, kMaxFile, [this, user_id](const fs::path& kept) {
    JsonObject::Ptr saved = new_object();
    std::error_code error;
    saved->set("event", "file_saved");
    saved->set("user", user_id);
    saved->set("path", kept.string());
    saved->set("size", static_cast<std::uint64_t>(fs::file_size(kept, error)));
    event(saved);
  });
  if (stream == nullptr) {
    return refuse(reply, v1::CATEGORY_STORAGE, "host.cannot_write", "the user's directory cannot be written");
  }
  reply.mutable_created()->set_stream_id(call.streams->add(std::move(stream)));
  reply.mutable_created()->set_display_path((directory / name).string());
  return PVS_OK;
}

const v1::Patient* Services::find_patient_like(const v1::Patient& hint) const {
  for (const v1::Patient& patient : practice_.patients) {
    const bool same_number = !hint.kvnr().empty() && hint.kvnr() == patient.kvnr();
    const bool same_person = hint.family_name() == patient.family_name() && hint.given_name() == patient.given_name() &&
                             !hint.birth_date().empty() && hint.birth_date() == patient.birth_date();
    if (same_number || same_person) {
      return &patient;
    }
  }
  return nullptr;
}

pvs_status Services::document_deliver(const PluginCall& call, const v1::DocumentDeliverRequest& request,
                                      v1::DocumentDeliverReply& reply) {
  JsonObject::Ptr entry = new_object();
  const std::string id = random_id("d-");
  entry->set("document_id", id);
  entry->set("title", request.title());
  entry->set("media_type", request.media_type());
  entry->set("source", request.source());
  entry->set("received", time_text());
  if (request.has_patient_hint()) {
    entry->set("patient_hint", patient_to_json(request.patient_hint()));
    // A suggestion only: a person decides whose record it is.
    const v1::Patient* like = find_patient_like(request.patient_hint());
    entry->set("suggested_patient", like == nullptr ? "" : like->patient_id());
  }
  std::unique_ptr<Stream> stream =
      file_writer(data_ / "documents", id + ".content", kMaxFile, [this, entry, id](const fs::path& kept) mutable {
        std::error_code error;
        entry->set("file", kept.filename().string());
        entry->set("size", static_cast<std::uint64_t>(fs::file_size(kept, error)));
        if (!append_line(data_ / "documents" / "index.jsonl", to_line(entry), true)) {
          throw std::runtime_error("the document index cannot be written");
        }
        JsonObject::Ptr delivered = new_object();
        delivered->set("event", "document_delivered");
        delivered->set("document", entry);
        const std::lock_guard lock(mutex_);
        delivered_[id] = entry;
        events_.push_back(delivered);
      });
  if (stream == nullptr) {
    return refuse(reply, v1::CATEGORY_STORAGE, "host.cannot_write", "the document store cannot be written");
  }
  reply.mutable_delivery()->set_stream_id(call.streams->add(std::move(stream)));
  reply.mutable_delivery()->set_document_id(id);
  return PVS_OK;
}

pvs_status Services::document_fetch(const PluginCall& call, const v1::DocumentFetchRequest& request,
                                    v1::DocumentFetchReply& reply) {
  fs::path file;
  v1::DocumentFetchReply::Document document;
  for (const PracticeDocument& candidate : practice_.documents) {
    if (candidate.document_id == request.document_id()) {
      file = candidate.file;
      document.set_title(candidate.title);
      document.set_media_type(candidate.media_type);
      if (const v1::Patient* patient = practice_.find_patient(candidate.patient_id)) {
        *document.mutable_patient() = *patient;
      }
    }
  }
  {
    const std::lock_guard lock(mutex_);
    if (const auto it = delivered_.find(request.document_id()); file.empty() && it != delivered_.end()) {
      file = data_ / "documents" / it->second->getValue<std::string>("file");
      document.set_title(it->second->getValue<std::string>("title"));
      document.set_media_type(it->second->getValue<std::string>("media_type"));
    }
  }
  if (file.empty()) {
    return refuse(reply, v1::CATEGORY_USAGE, "host.unknown_document", "there is no such document");
  }
  try {
    add_file(*call.streams, file, *document.mutable_content());
  } catch (const InputError&) {
    return refuse(reply, v1::CATEGORY_STORAGE, "host.cannot_read", "the document's content cannot be read");
  }
  document.mutable_content()->set_media_type(document.media_type());
  *reply.mutable_document() = std::move(document);
  return PVS_OK;
}

pvs_status Services::notify(const PluginCall&, const v1::NotifyRequest& request, v1::NotifyReply&) {
  JsonObject::Ptr note = new_object();
  note->set("event", request.withdraw() ? "notification_withdrawn" : "notification");
  note->set("notification_id", request.notification_id());
  note->set("severity", severity_name(request.severity()));
  note->set("title", request.title());
  note->set("text", request.text());
  note->set("command_id", request.command_id());
  JsonArray::Ptr users = new JsonArray;
  for (const std::string& user : request.user_ids()) {
    users->add(user);
  }
  note->set("users", users);
  event(note);
  return PVS_OK;
}

pvs_status Services::open_url(const PluginCall&, const v1::OpenUrlRequest& request, v1::OpenUrlReply& reply) {
  // Only pages: a plugin cannot start programs through other schemes.
  if (!request.url().starts_with("https://") && !request.url().starts_with("http://")) {
    return refuse(reply, v1::CATEGORY_POLICY, "host.url_refused", "only http and https addresses are opened");
  }
  JsonObject::Ptr url = new_object();
  url->set("event", "open_url");
  url->set("url", request.url());
  url->set("session", request.session_id());
  event(url);
  return PVS_OK;
}

pvs_status Services::audit(const PluginCall&, const v1::AuditRequest& request, v1::AuditReply& reply) {
  JsonObject::Ptr entry = new_object();
  entry->set("time", time_text());
  entry->set("user", request.user_id());
  entry->set("event", request.event());
  entry->set("object", request.object());
  entry->set("success", request.success());
  JsonObject::Ptr details = new_object();
  for (const v1::Param& param : request.details()) {
    details->set(param.name(), param.value());
  }
  entry->set("details", details);
  const std::lock_guard lock(log_mutex_);
  if (!append_line(data_ / "audit.jsonl", to_line(entry), true)) {
    return refuse(reply, v1::CATEGORY_STORAGE, "host.cannot_write", "the audit log cannot be written");
  }
  return PVS_OK;
}

pvs_status Services::schedule_set(const PluginCall&, const v1::ScheduleSetRequest& request,
                                  v1::ScheduleSetReply& reply) {
  if (request.schedule_id().empty() || request.every_ms() < 0 || request.jitter_ms() < 0) {
    return refuse(reply, v1::CATEGORY_USAGE, "host.bad_schedule", "a schedule needs an id and no negative times");
  }
  const std::lock_guard lock(mutex_);
  if (request.every_ms() == 0) {
    schedules_.erase(request.schedule_id());
    return PVS_OK;
  }
  constexpr std::int64_t kYear = 31536000000;
  Schedule schedule{std::max(kShortestSchedule, std::chrono::milliseconds(std::min(request.every_ms(), kYear))),
                    std::chrono::milliseconds(std::min(request.jitter_ms(), kYear)),
                    {}};
  plan(schedule);
  schedules_[request.schedule_id()] = schedule;
  return PVS_OK;
}

void Services::job_progress(std::uint64_t job_id, std::int32_t permille, std::string_view text) {
  JsonObject::Ptr progress = new_object();
  progress->set("event", "progress");
  progress->set("job_id", job_id);
  progress->set("permille", permille);
  progress->set("text", std::string(text));
  event(progress);
}

void Services::job_ended(std::uint64_t job_id, const v1::ActionReply& outcome) {
  const std::lock_guard lock(mutex_);
  job_ends_.emplace_back(job_id, outcome);
}

void Services::log(std::int32_t level, std::string_view component, std::string_view text) {
  const std::string line = time_text() + " " + level_name(level) + " " + one_line(component) + ": " + one_line(text);
  const std::lock_guard lock(log_mutex_);
  static_cast<void>(append_line(data_ / "host.log", line, false));
  if (level >= PVS_LOG_ERROR) {
    std::cerr << line << '\n';
  }
}

std::chrono::milliseconds Services::patience() const {
  return patience_;
}

void Services::plugin_hangs(std::string_view function, std::chrono::milliseconds since) {
  std::cerr << "PLUGIN HANGS it has not returned from " << function << " for " << since.count()
            << " ms. This process cannot go on and ends. Files and documents that were closed, the audit log and the "
               "plugin's own data are on disk; what was being done has to be done again.\n"
            << std::flush;
  std::cout.flush();
  // Not exit(): destructors would wait for the thread that hangs.
  ::_exit(3);
}

void Services::stopping() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  if (chooser_ != nullptr) {
    chooser_->stopping();
  }
  files_offered_.notify_all();
}

}  // namespace pvs::host
