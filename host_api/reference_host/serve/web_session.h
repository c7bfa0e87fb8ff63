// SPDX-License-Identifier: Apache-2.0
// One login in one browser: who, which views, which patient. Main thread only, but for `events`.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <pvs/host.hpp>
#include <set>
#include <string>
#include <vector>

#include "practice.h"
#include "serve/events.h"

namespace pvs::host::serve {

using Clock = std::chrono::steady_clock;

/// A view that is open.
struct Shown {
  v1::View view;
  std::vector<std::string> pages{""};           ///< tokens of a table's pages up to the one shown; "" is the first
  std::shared_ptr<const std::string> document;  ///< content of a DocumentView, read once
  bool written = false;  ///< a text, a recipient or files were sent from it, and it is not done with
};

/// What stands in the centre: the view in front of the stack, or something before it.
struct Front {
  enum class Kind : std::uint8_t { view, running, done, error };
  Kind kind = Kind::view;
  std::uint64_t job_id = 0;  ///< running
  std::string text;          ///< done
  v1::Error error;           ///< error
};

struct WebSession {
  std::string key;   ///< SHA-256 of the cookie
  std::string csrf;  ///< stands in every form of the page
  const PracticeUser* user = nullptr;
  std::string plugin_session;
  std::string patient_id, document_id;
  std::vector<Shown> stack;  ///< the last one is in front
  Front front;
  std::string command_id;     ///< what opened the stack; after a lock it is called again
  std::string flash;          ///< a sentence above the centre, shown once
  std::string flash_file;     ///< name of a file that was saved for the user, with a link to it
  std::string flash_address;  ///< a page elsewhere that the plugin wants opened
  std::uint64_t version = 0;  ///< grows whenever the centre changes, so that a page knows whether it is up to date
  bool locked = false;
  bool locked_idle = false;
  Clock::time_point last_seen = Clock::now();
  std::set<std::string> dismissed;  ///< notifications
  std::shared_ptr<EventChannel> events = std::make_shared<EventChannel>();
};

/// A job of a plugin, and who waits for it.
struct Job {
  std::string session_key;
  std::string title, text;
  std::int32_t permille = -1;
  bool cancellable = false;
  bool cancelling = false;
  bool ended = false;
  bool suggests = false;                          ///< its outcome goes to the request that waits for it
  bool quiet = false;                             ///< renews a view in place; no person asked for it
  bool keep_view = true;                          ///< of the action that started it
  std::string view_id;                            ///< the view it came from
  std::optional<std::vector<std::string>> pages;  ///< what Shown::pages will be
  std::vector<std::uint64_t> streams;             ///< uploads it may read
  std::optional<v1::ActionReply> outcome;         ///< ended while nobody watched
};

struct Notification {
  std::string id, title, text, command_id;
  v1::Severity severity = v1::SEVERITY_INFO;
  std::set<std::string> users;  ///< empty: everybody
};

/// A file dialog of the plugin that waits for a person.
struct FileQuestion {
  std::uint64_t id = 0;
  std::string session_id, title;
  std::vector<std::string> patterns;
  bool multiple = false;
};

}  // namespace pvs::host::serve
