// SPDX-License-Identifier: Apache-2.0
// What the plugin tells beside the answers: progress, ends of jobs, notifications, files, timers.
#include <algorithm>
#include <filesystem>

#include "serve/shell.h"

namespace pvs::host::serve {
namespace {

constexpr std::size_t kMaxNotifications = 200;
constexpr std::size_t kKeptOutcomes = 8;

v1::Severity severity_of(const std::string& word) {
  if (word == "good") return v1::SEVERITY_GOOD;
  if (word == "warning") return v1::SEVERITY_WARNING;
  if (word == "bad") return v1::SEVERITY_BAD;
  return v1::SEVERITY_INFO;
}

std::string text_of(const JsonObject& event, const char* key) {
  return event.optValue<std::string>(key, "");
}

}  // namespace

void Shell::tell(const WebSession& session, const char* event) {
  session.events->send(event, "{}");
}

void Shell::centre_changed(WebSession& session) {
  ++session.version;
  session.events->send("centre", "{\"version\":" + std::to_string(session.version) + "}");
}

void Shell::tell_user(const std::string& user_id, const char* event) {
  for (const auto& [key, session] : sessions_) {
    if (session.user->user.user_id() == user_id) {
      tell(session, event);
    }
  }
}

void Shell::tell_all(const char* event) {
  for (const auto& [key, session] : sessions_) {
    tell(session, event);
  }
}

void Shell::hand_out() {
  // Events first: they happened before the job that caused them ended.
  for (const JsonObject::Ptr& event : services_.take_events()) {
    take_event(*event);
  }
  for (auto& [id, outcome] : services_.take_job_ends()) {
    job_ended(id, std::move(outcome));
  }
  for (const auto& [schedule_id, missed] : services_.due_schedules()) {
    fire_schedule(schedule_id, missed);
  }
}

void Shell::take_event(const JsonObject& event) {
  const std::string kind = text_of(event, "event");
  if (kind == "progress") {
    job_progress(event.getValue<std::uint64_t>("job_id"), event.getValue<std::int32_t>("permille"),
                 text_of(event, "text"));
  } else if (kind == "notification" || kind == "notification_withdrawn") {
    take_notification(event, kind != "notification");
  } else if (kind == "file_saved") {
    for (auto& [key, session] : sessions_) {
      if (session.user->user.user_id() == text_of(event, "user") && !session.locked) {
        session.flash_file = std::filesystem::path(text_of(event, "path")).filename().string();
        centre_changed(session);
      }
    }
  } else if (kind == "document_delivered") {
    tell_all("context");
  } else if (kind == "open_url") {
    for (auto& [key, session] : sessions_) {
      if (session.plugin_session == text_of(event, "session")) {
        session.flash_address = text_of(event, "url");
        centre_changed(session);
      }
    }
  }
}

void Shell::take_notification(const JsonObject& event, bool withdrawn) {
  const std::string id = text_of(event, "notification_id");
  std::erase_if(notifications_, [&](const Notification& note) { return note.id == id; });
  for (auto& [key, session] : sessions_) {
    session.dismissed.erase(id);  // what is said anew is shown anew
  }
  if (!withdrawn) {
    Notification& note = notifications_.emplace_front();
    note.id = id;
    note.title = text_of(event, "title");
    note.text = text_of(event, "text");
    note.command_id = text_of(event, "command_id");
    note.severity = severity_of(text_of(event, "severity"));
    for (const Var& user : *event.getArray("users")) {
      note.users.insert(user.convert<std::string>());
    }
    if (notifications_.size() > kMaxNotifications) {
      notifications_.pop_back();
    }
  }
  tell_all("context");
}

void Shell::job_progress(std::uint64_t id, std::int32_t permille, const std::string& text) {
  const auto job = jobs_.find(id);
  if (job == jobs_.end()) {
    return;
  }
  job->second.permille = permille;
  if (!text.empty()) {
    job->second.text = text;
  }
  const auto session = sessions_.find(job->second.session_key);
  if (session != sessions_.end() && !job->second.quiet) {
    JsonObject::Ptr data = new_object();
    data->set("job", std::to_string(id));
    data->set("permille", permille);
    data->set("text", job->second.text);
    session->second.events->send("progress", to_line(data));
  }
}

void Shell::job_ended(std::uint64_t id, v1::ActionReply outcome) {
  const auto it = jobs_.find(id);
  if (it == jobs_.end()) {
    job_clock_.end(id);
    return;  // its session is locked or over: nobody may see the outcome
  }
  Job& job = it->second;
  close_streams(job.streams);
  if (job.suggests) {
    job.ended = true;
    job.outcome = std::move(outcome);
    trim_jobs(job.session_key);
    return job_clock_.end(id);
  }
  WebSession& session = sessions_.at(job.session_key);
  const Front& front = session.front;
  const bool watched =
      (front.kind == Front::Kind::running && front.job_id == id) ||
      (front.kind == Front::Kind::view && !session.stack.empty() && session.stack.back().view.has_progress() &&
       session.stack.back().view.progress().job_id() == id);
  Origin origin;
  origin.title = job.title;
  origin.view_id = job.view_id;
  origin.keep_view = job.keep_view;
  origin.pages = job.pages;
  if (job.quiet) {
    const bool still_there = front.kind == Front::Kind::view && !session.stack.empty() && outcome.has_view() &&
                             session.stack.back().view.view_id() == outcome.view().view_id();
    jobs_.erase(it);
    if (still_there) {
      show(session, std::move(*outcome.mutable_view()), origin);
      centre_changed(session);
    }
  } else if (watched) {
    jobs_.erase(it);
    take(session, std::move(outcome), origin);
    centre_changed(session);
  } else {
    job.ended = true;
    job.outcome = std::move(outcome);
    trim_jobs(session.key);
    tell(session, "context");
  }
  job_clock_.end(id);
}

/// Outcomes nobody looked at do not pile up: the oldest go.
void Shell::trim_jobs(const std::string& session_key) {
  std::size_t ended = 0;
  for (const auto& [id, job] : jobs_) {
    ended += job.session_key == session_key && job.ended ? 1U : 0U;
  }
  for (auto it = jobs_.begin(); it != jobs_.end() && ended > kKeptOutcomes;) {
    if (it->second.session_key == session_key && it->second.ended) {
      it = jobs_.erase(it);
      --ended;
    } else {
      ++it;
    }
  }
}

void Shell::file_question(const std::string& session_id) {
  for (const auto& [key, session] : sessions_) {
    if (session.plugin_session == session_id && !session.locked) {
      tell(session, "dialog");
      // The request that waits for the job shows the dialog now.
      if (session.front.kind == Front::Kind::running) {
        job_clock_.end(session.front.job_id);
      }
    }
  }
}

std::vector<std::pair<std::uint64_t, const Job*>> Shell::jobs_of(const WebSession& session) const {
  std::vector<std::pair<std::uint64_t, const Job*>> mine;
  for (const auto& [id, job] : jobs_) {
    if (job.session_key == session.key && !job.quiet) {
      mine.emplace_back(id, &job);
    }
  }
  return mine;
}

const Job* Shell::job(std::uint64_t id) const {
  const auto it = jobs_.find(id);
  return it == jobs_.end() ? nullptr : &it->second;
}

std::vector<const Notification*> Shell::notifications_of(const WebSession& session) const {
  std::vector<const Notification*> mine;
  for (const Notification& note : notifications_) {
    if ((note.users.empty() || note.users.contains(session.user->user.user_id())) &&
        !session.dismissed.contains(note.id)) {
      mine.push_back(&note);
    }
  }
  return mine;
}

std::vector<FileQuestion> Shell::questions_of(const WebSession& session) const {
  return dialogs_.open_for(session.plugin_session);
}

}  // namespace pvs::host::serve
