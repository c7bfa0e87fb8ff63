// SPDX-License-Identifier: Apache-2.0
// Calls to the plugin, and what comes of them.
#include <algorithm>

#include "serve/shell.h"

namespace pvs::host::serve {
namespace {
constexpr std::size_t kMaxStack = 20;
}

v1::Context Shell::context(const WebSession& session) const {
  v1::Context context;
  context.set_session_id(session.plugin_session);
  context.set_user_id(session.user->user.user_id());
  context.set_patient_id(session.patient_id);
  context.set_document_id(session.document_id);
  return context;
}

Response Shell::send(WebSession& session, v1::Method method, const google::protobuf::MessageLite& request,
                     Origin origin) {
  const bool quiet = origin.quiet;
  ActionResult result = plugin_.act(method, request);
  if (!result.ok()) {
    close_streams(origin.streams);
    if (!quiet) {
      session.front = {Front::Kind::error, 0, {}, {}};
      session.front.error.set_code("host.transport_" + std::to_string(result.status));
      session.front.error.set_text(std::string(words_(Word::error_transport)));
    }
    return redirect("/");
  }
  const std::uint64_t job_id = result.reply.has_accepted() ? result.reply.accepted().job_id() : 0;
  take(session, std::move(result.reply), origin);
  Response response = redirect("/");
  response.wait_for_job = job_id;
  return response;
}

void Shell::take(WebSession& session, v1::ActionReply reply, Origin& origin) {
  if (reply.has_accepted()) {
    Job& job = jobs_[reply.accepted().job_id()];
    job.session_key = session.key;
    job.title = origin.title;
    job.text = reply.accepted().text();
    job.cancellable = reply.accepted().cancellable();
    job.quiet = origin.quiet;
    job.keep_view = origin.keep_view;
    job.view_id = origin.view_id;
    job.pages = std::move(origin.pages);
    job.streams = std::move(origin.streams);
    job_clock_.begin(reply.accepted().job_id());
    if (!origin.quiet) {
      session.front = {Front::Kind::running, reply.accepted().job_id(), {}, {}};
    }
    return;
  }
  // The plugin reads streams in jobs only: where none came, nobody will read them.
  close_streams(origin.streams);
  if (reply.has_view()) {
    session.front = {};
    show(session, std::move(*reply.mutable_view()), origin);
  } else if (reply.has_error() && reply.error().category() == v1::CATEGORY_CANCELLED) {
    session.front = {};
    session.flash = reply.error().text().empty() ? std::string(words_(Word::cancelled_text)) : reply.error().text();
  } else if (reply.has_error()) {
    session.front = {Front::Kind::error, 0, {}, std::move(*reply.mutable_error())};
  } else {
    session.front = {};
    session.flash = reply.done().text();
    if (reply.done().close_view() && !session.stack.empty()) {
      drop_views(session, session.stack.size() - 1);
    }
    if (session.stack.empty() && !session.flash.empty()) {
      session.front = {Front::Kind::done, 0, std::exchange(session.flash, {}), {}};
    } else {
      refresh_front(session);
    }
  }
}

/// Where a view belongs: in the place of the one with its id; else, unless the action keeps its view open, in the place
/// of one of its kind; else on top. What lies above its place is closed.
void Shell::show(WebSession& session, v1::View view, const Origin& origin) {
  auto& stack = session.stack;
  auto place = std::find_if(stack.begin(), stack.end(),
                            [&](const Shown& shown) { return shown.view.view_id() == view.view_id(); });
  if (place == stack.end() && !origin.keep_view) {
    place =
        std::find_if(stack.begin(), stack.end(), [&](const Shown& shown) { return shown.view.kind() == view.kind(); });
  }
  if (place == stack.end()) {
    if (stack.size() >= kMaxStack) {
      stack.erase(stack.begin() + 1);
    }
    Shown& shown = stack.emplace_back();
    shown.view = std::move(view);
    return;
  }
  const std::size_t index = static_cast<std::size_t>(place - stack.begin());
  const bool written = place->written && place->view.view_id() == view.view_id() &&
                       (view.has_form() || view.has_detail() || view.has_confirmation());
  drop_views(session, index + 1);
  stack.back() = Shown{};
  stack.back().written = written;
  stack.back().view = std::move(view);
  if (origin.pages) {
    stack.back().pages = *origin.pages;
  }
}

void Shell::invoke(WebSession& session, const std::string& command_id) {
  session.front = {};
  drop_views(session, 0);
  session.command_id = command_id;
  v1::InvokeRequest request;
  request.set_command_id(command_id);
  *request.mutable_context() = context(session);
  Origin origin;
  for (const MenuEntry& entry : menu_) {
    if (entry.command.command_id() == command_id) {
      origin.title =
          words_.english() && !entry.command.title_en().empty() ? entry.command.title_en() : entry.command.title_de();
    }
  }
  static_cast<void>(send(session, v1::METHOD_COMMAND_INVOKE, request, std::move(origin)));
}

/// Closes the views above the first `keep`.
void Shell::drop_views(WebSession& session, std::size_t keep) {
  while (session.stack.size() > keep) {
    v1::ViewCloseRequest request;
    request.set_view_id(session.stack.back().view.view_id());
    *request.mutable_context() = context(session);
    if (session.stack.back().view.has_document()) {
      std::vector<std::uint64_t> stream{session.stack.back().view.document().stream_id()};
      close_streams(stream);
    }
    session.stack.pop_back();
    v1::ActionReply ignored;  // what it shows in its place is not wanted any more
    static_cast<void>(plugin_.call(v1::METHOD_VIEW_CLOSE, request, ignored));
  }
}

/// A view that comes to the front again may be out of date: if it has an action "refresh", it is pressed quietly.
void Shell::refresh_front(WebSession& session) {
  if (session.stack.empty()) {
    return;
  }
  const Shown& shown = session.stack.back();
  const auto& actions = shown.view.actions();
  if (!shown.view.has_table() || std::none_of(actions.begin(), actions.end(), [](const v1::Action& action) {
        return action.action_id() == "refresh" && !action.disabled();
      })) {
    return;
  }
  v1::ViewActionRequest press;
  press.set_view_id(shown.view.view_id());
  press.set_action_id("refresh");
  *press.mutable_context() = context(session);
  Origin origin;
  origin.view_id = shown.view.view_id();
  origin.quiet = true;
  origin.pages = shown.pages;
  static_cast<void>(send(session, v1::METHOD_VIEW_ACTION, press, std::move(origin)));
}

void Shell::hook(v1::Method method, const char* name, const google::protobuf::MessageLite& request) {
  if (!has_hook(name)) {
    return;
  }
  v1::HookReply reply;
  const PluginCallResult result = plugin_.call(method, request, reply);
  if (!result.ok() || reply.has_error()) {
    services_.log(PVS_LOG_WARNING, "host", std::string("the hook ") + name + " failed: " + reply.error().code());
  }
}

/// A new session of the plugin for a user whose key is open now.
void Shell::unlocked(WebSession& session) {
  const bool again = session.locked;
  session.locked = session.locked_idle = false;
  ++session.version;
  session.last_seen = Clock::now();
  session.plugin_session = services_.open_session(session.user->user.user_id());
  services_.select_patient(session.plugin_session, session.patient_id);
  v1::SessionUnlockedRequest request;
  *request.mutable_context() = context(session);
  hook(v1::METHOD_HOOK_SESSION_UNLOCKED, "session_unlocked", request);
  if (again && !session.command_id.empty()) {
    invoke(session, session.command_id);
    session.flash = words_(Word::unlocked_again);
  }
}

void Shell::lock(WebSession& session, bool idle) {
  const std::string user_id = session.user->user.user_id();
  const bool elsewhere = std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& item) {
    return &item.second != &session && item.second.user == session.user && !item.second.locked;
  });
  // First the key, then the plugin: it forgets its own copies when it hears of it. A user who works at another browser
  // keeps the key there.
  if (!elsewhere) {
    services_.lock(user_id);
  }
  v1::SessionLockedRequest request;
  request.mutable_context()->set_session_id(session.plugin_session);
  request.mutable_context()->set_user_id(user_id);
  hook(v1::METHOD_HOOK_SESSION_LOCKED, "session_locked", request);
  dialogs_.cancel_all(session.plugin_session);
  services_.close_session(session.plugin_session);
  forget_jobs(session.key);
  if (session.stack.empty()) {
    session.command_id.clear();
  }
  session.stack.clear();  // the plugin has closed its views
  session.front = {};
  session.flash.clear();
  session.flash_address.clear();
  session.flash_file.clear();
  session.locked = true;
  session.locked_idle = idle;
  tell(session, "locked");
}

void Shell::end(WebSession& session) {
  if (!session.locked) {
    lock(session, false);
  }
  session.events->close();
  const std::string key = session.key;
  sessions_.erase(key);
}

void Shell::close_streams(std::vector<std::uint64_t>& streams) {
  for (const std::uint64_t stream : streams) {
    static_cast<void>(plugin_.streams().close(stream, false));  // most the plugin has closed itself
  }
  streams.clear();
}

void Shell::forget_jobs(const std::string& session_key) {
  for (auto it = jobs_.begin(); it != jobs_.end();) {
    if (it->second.session_key != session_key) {
      ++it;
      continue;
    }
    if (!it->second.ended) {
      plugin_.cancel_job(it->first);
      job_clock_.end(it->first);
    }
    close_streams(it->second.streams);
    it = jobs_.erase(it);
  }
}

void Shell::fire_schedule(const std::string& schedule_id, std::uint32_t missed) {
  // For everybody who works: a timer has no user of its own, and closed keys open nothing.
  std::map<std::string, const WebSession*> working;
  for (const auto& [key, session] : sessions_) {
    if (!session.locked) {
      working[session.user->user.user_id()] = &session;
    }
  }
  for (const auto& [user_id, session] : working) {
    v1::ScheduleFiredRequest request;
    request.set_schedule_id(schedule_id);
    request.set_missed(missed);
    *request.mutable_context() = context(*session);
    PluginCallOptions options;
    options.user_present = false;
    static_cast<void>(plugin_.act(v1::METHOD_HOOK_SCHEDULE_FIRED, request, options));
  }
}

}  // namespace pvs::host::serve
