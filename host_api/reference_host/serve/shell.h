// SPDX-License-Identifier: Apache-2.0
// The practice shell behind the page: logins, the menu, the plugin's views, jobs and notifications. [main], but for
// what says otherwise.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <pvs/host.hpp>
#include <string>
#include <vector>

#include "menu.h"
#include "serve/file_dialogs.h"
#include "serve/login_guard.h"
#include "serve/page.h"
#include "serve/request.h"
#include "serve/web_session.h"
#include "serve/words.h"
#include "services.h"

namespace pvs::host::serve {

class Shell {
 public:
  /// `idle_lock`: after so long without a person the screen is locked; 0: never.
  Shell(LoadedPlugin& plugin, Services& services, FileDialogs& dialogs, std::chrono::seconds idle_lock);

  /// Answers every address but the ones below. The request's values are as they came: nothing is trusted.
  [[nodiscard]] Response handle(Request& request);
  /// The password was right, see Services::unlock_key: begins a login, or goes on with a locked one. Answers the cookie
  /// of a new login, or "".
  [[nodiscard]] std::string logged_in(const std::string& cookie, const std::string& user_id);
  /// The user of a locked login whose lock page sent this mark; empty: it is none.
  [[nodiscard]] std::string locked_user(const std::string& cookie, const std::string& csrf);
  [[nodiscard]] Response locked_page(const std::string& cookie, const LoginNote& note);
  /// The job the login waits for in the centre, or 0.
  [[nodiscard]] std::uint64_t running_job(const std::string& cookie);
  /// What the plugin suggested in that job, as a part of a page; nothing if the job has not ended: it is cancelled.
  [[nodiscard]] Response suggestions(const std::string& cookie, std::uint64_t job);
  /// The channel of a login that is not locked; null: there is none.
  [[nodiscard]] std::shared_ptr<EventChannel> events(const std::string& cookie);

  /// Brings what the plugin told meanwhile to the sessions: progress, ends of jobs, notifications, timers.
  void hand_out();
  /// Locks who is idle, forgets who is gone.
  void tick(Clock::time_point now);
  /// A file dialog waits in this session.
  void file_question(const std::string& session_id);
  /// Ends all logins: the plugin hears of each.
  void close();

  [[nodiscard]] JobClock& job_clock() noexcept { return job_clock_; }  ///< [any]

  // ---- what the page shows ----
  [[nodiscard]] const Services& services() const { return services_; }
  [[nodiscard]] const Words& words() const { return words_; }
  [[nodiscard]] const std::vector<MenuEntry>& menu() const { return menu_; }
  [[nodiscard]] std::vector<std::pair<std::uint64_t, const Job*>> jobs_of(const WebSession& session) const;
  [[nodiscard]] const Job* job(std::uint64_t id) const;
  [[nodiscard]] std::vector<const Notification*> notifications_of(const WebSession& session) const;
  [[nodiscard]] std::vector<FileQuestion> questions_of(const WebSession& session) const;
  [[nodiscard]] bool has_hook(std::string_view name) const;
  /// Empty: the command can be called now; else the sentence why not.
  [[nodiscard]] std::string_view why_not(const WebSession& session, const v1::Command& command) const;

 private:
  using Handler = Response (Shell::*)(WebSession&, Request&);
  struct Origin {
    std::string title, view_id;
    bool keep_view = true;
    bool quiet = false;
    std::optional<std::vector<std::string>> pages;
    std::vector<std::uint64_t> streams;
  };

  // shell.cpp: addresses
  [[nodiscard]] WebSession* find(const std::string& cookie);
  Response get(WebSession& session, const Request& request);
  Response post(WebSession& session, Request& request);
  Response command(WebSession&, Request&);
  Response act(WebSession&, Request&);
  Response page(WebSession&, Request&);
  Response search(WebSession&, Request&);
  Response suggest(WebSession&, Request&);
  Response close_view(WebSession&, Request&);
  Response go_to_front(WebSession&, Request&);
  Response back_to_view(WebSession&, Request&);
  Response choose_patient(WebSession&, Request&);
  Response release_document(WebSession&, Request&);
  Response assign_document(WebSession&, Request&);
  Response billing_ready(WebSession&, Request&);
  Response cancel_job(WebSession&, Request&);
  Response job_result(WebSession&, Request&);
  Response dismiss_job(WebSession&, Request&);
  Response dismiss(WebSession&, Request&);
  Response answer_files(WebSession&, Request&);
  Response lock_now(WebSession&, Request&);
  Response log_out(WebSession&, Request&);
  Response saved_file(const WebSession& session, const std::string& name) const;
  Response record_document(const WebSession& session, const std::string& id) const;
  Response view_document(WebSession& session, const std::string& view_id);
  Response gone(WebSession& session);

  // shell_plugin.cpp: calls and what comes of them
  [[nodiscard]] v1::Context context(const WebSession& session) const;
  Response send(WebSession& session, v1::Method method, const google::protobuf::MessageLite& request, Origin origin);
  void take(WebSession& session, v1::ActionReply reply, Origin& origin);
  void show(WebSession& session, v1::View view, const Origin& origin);
  void invoke(WebSession& session, const std::string& command_id);
  void drop_views(WebSession& session, std::size_t keep);
  void refresh_front(WebSession& session);
  void hook(v1::Method method, const char* name, const google::protobuf::MessageLite& request);
  void unlocked(WebSession& session);
  void lock(WebSession& session, bool idle);
  void end(WebSession& session);
  void close_streams(std::vector<std::uint64_t>& streams);
  void forget_jobs(const std::string& session_key);
  void fire_schedule(const std::string& schedule_id, std::uint32_t missed);

  // shell_events.cpp
  void take_event(const JsonObject& event);
  void take_notification(const JsonObject& event, bool withdrawn);
  void job_progress(std::uint64_t id, std::int32_t permille, const std::string& text);
  void job_ended(std::uint64_t id, v1::ActionReply outcome);
  void tell(const WebSession& session, const char* event);
  void centre_changed(WebSession& session);
  void tell_user(const std::string& user_id, const char* event);
  void tell_all(const char* event);
  void trim_jobs(const std::string& session_key);

  LoadedPlugin& plugin_;
  Services& services_;
  FileDialogs& dialogs_;
  std::chrono::seconds idle_lock_;
  Words words_;
  std::vector<MenuEntry> menu_;
  std::map<std::string, WebSession> sessions_;  ///< by key
  std::map<std::uint64_t, Job> jobs_;
  std::deque<Notification> notifications_;  ///< newest first
  JobClock job_clock_;
};

}  // namespace pvs::host::serve
