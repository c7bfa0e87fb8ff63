// SPDX-License-Identifier: Apache-2.0
// What the reference host offers to a plugin. All of it is real: keys, files, documents and the audit log lie in the
// host's data directory.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <pvs/host.hpp>
#include <string>
#include <vector>

#include "key_custody.h"
#include "practice.h"

namespace pvs::host {

/// How a person is asked for files when the plugin wants some outside a form.
class FileChooser {
 public:
  virtual ~FileChooser() = default;
  /// Waits for the person; called on a thread of the plugin, several at a time. As HostServices::file_choose.
  virtual pvs_status choose(const PluginCall& call, const v1::FileChooseRequest& request,
                            v1::FileChooseReply& reply) = 0;
  /// Wakes whoever waits: the plugin is being stopped. [main]
  virtual void stopping() = 0;
};

/// A document of the patients' records: of the practice file, or delivered by a plugin.
struct RecordDocument {
  std::string document_id, title, media_type, source;
  std::string patient_id;    ///< whose record it lies in; empty: nobody has decided yet
  std::string suggested_id;  ///< whose it may be, by what the document says
  std::string received;      ///< ISO 8601, empty for one of the practice file
  std::filesystem::path file;
  bool delivered = false;
};

/// Layout of the host's data directory, all mode 0700/0600: keys/ (key custody), plugin/ and cache/ (the plugin's own),
/// users/<id>/ (files for people), documents/ (patient record), audit.jsonl (append only), host.log (diagnostic).
///
/// Services are called on any thread; the members for the host itself on the main thread only, unless they say
/// otherwise.
class Services final : public HostServices {
 public:
  Services(Practice practice, std::filesystem::path data);

  // ---- for the host ----
  /// Session of a user who logged in; makes one. `reason` says why not (wrong password, unknown user).
  [[nodiscard]] std::optional<std::string> log_in(const std::string& user_id, std::string& reason);
  /// The two halves of a login, for hosts that ask for the password themselves: opens the user's key with what was
  /// typed (takes a tenth of a second, also for a user who does not exist) [any], then makes the session.
  [[nodiscard]] KeyCustody::Outcome unlock_key(const std::string& user_id, const SecretText& password);
  [[nodiscard]] std::string open_session(const std::string& user_id);
  /// The session is over: the plugin is told nothing about its user any more.
  void close_session(const std::string& session_id);
  /// The user of a session, or empty. [any]
  [[nodiscard]] std::string user_of(const std::string& session_id) const;
  /// Where file dialogs appear. Before the plugin is loaded; without one, offer_files() answers.
  void set_file_chooser(std::shared_ptr<FileChooser> chooser) { chooser_ = std::move(chooser); }
  /// All documents, the practice's own first. [any]
  [[nodiscard]] std::vector<RecordDocument> documents() const;
  /// A person put a delivered document into a patient's record. False: no such document, or it could not be written.
  [[nodiscard]] bool assign_document(const std::string& document_id, const std::string& patient_id);
  /// Forgets the user's key. The session stays known, locked.
  void lock(const std::string& user_id);
  [[nodiscard]] bool unlocked(const std::string& user_id) const;
  void select_patient(const std::string& session_id, const std::string& patient_id);
  /// What file_choose answers next; an empty list means that the person cancels.
  void offer_files(std::vector<std::filesystem::path> files);
  /// What happened since the last call: {"event": "notification", ...}. [any]
  [[nodiscard]] std::vector<JsonObject::Ptr> take_events();
  /// Schedules that are due now, with how often each was missed before.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint32_t>> due_schedules();
  [[nodiscard]] bool has_schedule(const std::string& schedule_id) const;
  /// Ends of jobs since the last call.
  [[nodiscard]] std::deque<std::pair<std::uint64_t, v1::ActionReply>> take_job_ends();
  [[nodiscard]] const Practice& practice() const noexcept { return practice_; }
  [[nodiscard]] std::filesystem::path user_directory(const std::string& user_id) const;
  /// Opens a file for the plugin and fills in the reference. Throws InputError.
  static void add_file(StreamTable& streams, const std::filesystem::path& file, v1::FileRef& reference);

  /// How long the plugin may keep the main thread before this process ends with exit code 3; 0: for ever. Before
  /// loading.
  void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }

  // ---- HostServices ----
  [[nodiscard]] std::vector<std::string> offered() const override;
  pvs_status user_current(const PluginCall&, const v1::UserCurrentRequest&, v1::UserCurrentReply&) override;
  pvs_status user_list(const PluginCall&, const v1::UserListRequest&, v1::UserListReply&) override;
  pvs_status patient_current(const PluginCall&, const v1::PatientCurrentRequest&, v1::PatientCurrentReply&) override;
  pvs_status key_seal(const PluginCall&, const v1::KeySealRequest&, v1::KeySealReply&) override;
  pvs_status key_unseal(const PluginCall&, const v1::KeyUnsealRequest&, v1::KeyUnsealReply&) override;
  pvs_status key_public(const PluginCall&, const v1::KeyPublicRequest&, v1::KeyPublicReply&) override;
  pvs_status storage_directories(const PluginCall&, const v1::DirectoriesRequest&, v1::DirectoriesReply&) override;
  pvs_status file_choose(const PluginCall&, const v1::FileChooseRequest&, v1::FileChooseReply&) override;
  pvs_status file_create(const PluginCall&, const v1::FileCreateRequest&, v1::FileCreateReply&) override;
  pvs_status document_deliver(const PluginCall&, const v1::DocumentDeliverRequest&, v1::DocumentDeliverReply&) override;
  pvs_status document_fetch(const PluginCall&, const v1::DocumentFetchRequest&, v1::DocumentFetchReply&) override;
  pvs_status notify(const PluginCall&, const v1::NotifyRequest&, v1::NotifyReply&) override;
  pvs_status open_url(const PluginCall&, const v1::OpenUrlRequest&, v1::OpenUrlReply&) override;
  pvs_status audit(const PluginCall&, const v1::AuditRequest&, v1::AuditReply&) override;
  pvs_status schedule_set(const PluginCall&, const v1::ScheduleSetRequest&, v1::ScheduleSetReply&) override;
  void job_progress(std::uint64_t job_id, std::int32_t permille, std::string_view text) override;
  void job_ended(std::uint64_t job_id, const v1::ActionReply& outcome) override;
  void log(std::int32_t level, std::string_view component, std::string_view text) override;
  [[nodiscard]] std::chrono::milliseconds patience() const override;
  void plugin_hangs(std::string_view function, std::chrono::milliseconds since) override;
  void stopping() override;

 private:
  struct Session {
    std::string user_id;
    std::string patient_id;
  };
  struct Schedule {
    std::chrono::milliseconds every;
    std::chrono::milliseconds jitter;
    std::chrono::steady_clock::time_point next;
  };

  void event(const JsonObject::Ptr& event);
  pvs_status offered_files(const PluginCall& call, const v1::FileChooseRequest& request, v1::FileChooseReply& reply);
  [[nodiscard]] v1::User user_now(const PracticeUser& user) const;
  /// REQUIRES: mutex_ held.
  [[nodiscard]] std::optional<Session> session_of(const std::string& session_id) const;
  void plan(Schedule& schedule);
  [[nodiscard]] const v1::Patient* find_patient_like(const v1::Patient& hint) const;

  const Practice practice_;
  const std::filesystem::path data_;
  KeyCustody custody_;
  std::chrono::milliseconds patience_{60000};

  mutable std::mutex mutex_;
  std::condition_variable files_offered_;
  std::map<std::string, Session> sessions_;
  std::string last_session_;
  std::optional<std::vector<std::filesystem::path>> files_to_choose_;
  bool stopping_ = false;
  std::vector<JsonObject::Ptr> events_;
  std::map<std::string, Schedule> schedules_;
  std::deque<std::pair<std::uint64_t, v1::ActionReply>> job_ends_;
  std::map<std::string, JsonObject::Ptr> delivered_;  ///< documents of documents/index.jsonl by id
  std::mutex log_mutex_;
  std::shared_ptr<FileChooser> chooser_;
};

}  // namespace pvs::host
