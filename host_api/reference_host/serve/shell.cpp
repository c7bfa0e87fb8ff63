// SPDX-License-Identifier: Apache-2.0
// The addresses of the page. What changes something is a POST with the session's mark, and leads back to "/".
#include "serve/shell.h"

#include <algorithm>
#include <set>

#include "serve/form_html.h"
#include "serve/html.h"
#include "serve/page.h"
#include "serve/token.h"
#include "serve/values.h"

namespace pvs::host::serve {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxSessions = 64;
constexpr std::chrono::hours kForgetLocked{12};
constexpr std::size_t kMaxDocumentView = std::size_t{64} << 20U;

const v1::Action* find_action(const google::protobuf::RepeatedPtrField<v1::Action>& actions, const std::string& id) {
  const auto it =
      std::find_if(actions.begin(), actions.end(), [&](const v1::Action& action) { return action.action_id() == id; });
  return it == actions.end() || it->disabled() ? nullptr : &*it;
}

template <class Items, class Id>
const typename Items::value_type* find_item(const Items& items, const std::string& wanted, Id id) {
  const auto it = std::find_if(items.begin(), items.end(), [&](const auto& item) { return id(item) == wanted; });
  return it == items.end() ? nullptr : &*it;
}

/// Whether the view a request speaks of is the one the person sees.
bool in_front(const WebSession& session, const Request& request) {
  return !session.stack.empty() && session.front.kind == Front::Kind::view &&
         session.stack.back().view.view_id() == request.value("_view");
}

/// The action a person pressed: of a row, of a part, or of the view. Null: there is none, or it is greyed.
const v1::Action* pressed(const v1::View& view, const Request& request) {
  const std::string& action = request.value("_action");
  if (const std::string& row_id = request.value("_row"); !row_id.empty()) {
    const v1::Row* row = find_item(view.table().rows(), row_id, [](const v1::Row& item) { return item.row_id(); });
    return row == nullptr ? nullptr : find_action(row->actions(), action);
  }
  if (const std::string& part_id = request.value("_part"); !part_id.empty()) {
    const v1::Detail::Part* part =
        find_item(view.detail().parts(), part_id, [](const v1::Detail::Part& item) { return item.part_id(); });
    return part == nullptr ? nullptr : find_action(part->actions(), action);
  }
  return find_action(view.actions(), action);
}

Response suggestions_part(const v1::ActionReply& reply) {
  Html html;
  render_suggestions(html, reply);
  Response response;
  response.body = html.take();
  return response;
}

}  // namespace

Shell::Shell(LoadedPlugin& plugin, Services& services, FileDialogs& dialogs, std::chrono::seconds idle_lock)
    : plugin_(plugin),
      services_(services),
      dialogs_(dialogs),
      idle_lock_(idle_lock),
      words_(services.practice().locale),
      menu_(build_menu(plugin.manifest().description, services.practice().locale)) {}

WebSession* Shell::find(const std::string& cookie) {
  const auto it = is_token(cookie) ? sessions_.find(token_key(cookie)) : sessions_.end();
  return it == sessions_.end() ? nullptr : &it->second;
}

std::shared_ptr<EventChannel> Shell::events(const std::string& cookie) {
  const WebSession* session = find(cookie);
  return session == nullptr || session->locked ? nullptr : session->events;
}

std::string Shell::locked_user(const std::string& cookie, const std::string& csrf) {
  const WebSession* session = find(cookie);
  const bool fits = session != nullptr && session->locked && same_token(csrf, session->csrf);
  return fits ? session->user->user.user_id() : std::string();
}

Response Shell::locked_page(const std::string& cookie, const LoginNote& note) {
  const WebSession* session = find(cookie);
  if (session == nullptr || !session->locked) {
    return redirect("/");
  }
  Response response;
  response.status = note.kind == LoginNote::Kind::wait ? 429 : 401;
  response.body = lock_page(*this, *session, note);
  return response;
}

std::uint64_t Shell::running_job(const std::string& cookie) {
  const WebSession* session = find(cookie);
  return session != nullptr && session->front.kind == Front::Kind::running ? session->front.job_id : 0;
}

std::string Shell::logged_in(const std::string& cookie, const std::string& user_id) {
  const PracticeUser* user = services_.practice().find_user(user_id);
  if (user == nullptr) {
    return {};
  }
  if (WebSession* known = find(cookie); known != nullptr && known->user == user) {
    if (known->locked) {
      unlocked(*known);
    }
    return {};
  } else if (known != nullptr) {
    end(*known);
  }
  if (sessions_.size() >= kMaxSessions) {
    const auto oldest = std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
      return a.second.last_seen < b.second.last_seen;
    });
    end(oldest->second);
  }
  const std::string token = new_token();
  WebSession& session = sessions_[token_key(token)];
  session.key = token_key(token);
  session.csrf = new_token();
  session.user = user;
  unlocked(session);
  return token;
}

void Shell::tick(Clock::time_point now) {
  std::vector<WebSession*> gone;
  for (auto& [key, session] : sessions_) {
    if (session.locked) {
      if (now - session.last_seen > kForgetLocked) {
        gone.push_back(&session);
      }
    } else if (idle_lock_.count() > 0 && now - session.last_seen > idle_lock_) {
      lock(session, true);
    }
  }
  for (WebSession* session : gone) {
    end(*session);
  }
}

void Shell::close() {
  while (!sessions_.empty()) {
    end(sessions_.begin()->second);
  }
}

Response Shell::handle(Request& request) {
  const auto cookie = request.cookies.find("session");
  WebSession* session = cookie == request.cookies.end() ? nullptr : find(cookie->second);
  if (session == nullptr) {
    return redirect(cookie == request.cookies.end() ? "/login" : "/login?ended=1");
  }
  if (!request.background) {
    session->last_seen = Clock::now();
  }
  return request.method == "POST" ? post(*session, request) : get(*session, request);
}

Response Shell::get(WebSession& session, const Request& request) {
  Response response;
  if (session.locked) {
    if (request.path != "/") {
      return redirect("/");
    }
    response.body = lock_page(*this, session, LoginNote{});
    return response;
  }
  const auto tail = [&](std::string_view prefix) {
    return request.path.starts_with(prefix) ? request.path.substr(prefix.size()) : std::string();
  };
  if (request.path == "/") {
    const auto query = request.query.find("menu-search");
    response.body = shell_page(*this, session, query == request.query.end() ? "" : query->second);
    return response;
  }
  if (request.path == "/typing") {
    response.status = 204;  // that it was asked is all there is to know
    return response;
  }
  if (const std::string name = tail("/download/"); !name.empty()) {
    return saved_file(session, name);
  }
  if (const std::string id = tail("/document/"); !id.empty()) {
    return record_document(session, id);
  }
  if (const std::string id = tail("/view-document/"); !id.empty()) {
    return view_document(session, id);
  }
  return message_page(words_, 404);
}

Response Shell::post(WebSession& session, Request& request) {
  static const std::map<std::string, Handler, std::less<>> kRoutes{{"/command", &Shell::command},
                                                                   {"/act", &Shell::act},
                                                                   {"/page", &Shell::page},
                                                                   {"/search", &Shell::search},
                                                                   {"/suggest", &Shell::suggest},
                                                                   {"/close", &Shell::close_view},
                                                                   {"/front", &Shell::go_to_front},
                                                                   {"/back", &Shell::back_to_view},
                                                                   {"/patient", &Shell::choose_patient},
                                                                   {"/release", &Shell::release_document},
                                                                   {"/assign", &Shell::assign_document},
                                                                   {"/billing", &Shell::billing_ready},
                                                                   {"/cancel", &Shell::cancel_job},
                                                                   {"/result", &Shell::job_result},
                                                                   {"/dismiss-job", &Shell::dismiss_job},
                                                                   {"/dismiss", &Shell::dismiss},
                                                                   {"/files", &Shell::answer_files},
                                                                   {"/lock", &Shell::lock_now},
                                                                   {"/logout", &Shell::log_out}};
  const auto route = kRoutes.find(request.path);
  if (route == kRoutes.end()) {
    return message_page(words_, 404);
  }
  if (!same_token(request.value("_csrf"), session.csrf)) {
    return message_page(words_, 403);
  }
  if (session.locked && request.path != "/logout") {
    return redirect("/");
  }
  if (request.path != "/suggest") {  // that changes nothing
    ++session.version;
    session.flash.clear();  // it was about what came before
    session.flash_address.clear();
    session.flash_file.clear();
  }
  return (this->*route->second)(session, request);
}

std::string_view Shell::why_not(const WebSession& session, const v1::Command& command) const {
  for (const std::string& need : command.needs()) {
    if (need == "patient" && session.patient_id.empty()) {
      return words_(Word::needs_patient);
    }
    if (need == "document" && session.document_id.empty()) {
      return words_(Word::needs_document);
    }
  }
  return {};
}

bool Shell::has_hook(std::string_view name) const {
  const auto& hooks = plugin_.manifest().description.hooks();
  return std::find(hooks.begin(), hooks.end(), name) != hooks.end();
}

// ---- commands and views ----

Response Shell::command(WebSession& session, Request& request) {
  const std::string& id = request.value("_command");
  const auto entry =
      std::find_if(menu_.begin(), menu_.end(), [&](const MenuEntry& item) { return item.command.command_id() == id; });
  if (entry == menu_.end() || !may_use(entry->command, session.user->user)) {
    return message_page(words_, 404);
  }
  if (const std::string_view reason = why_not(session, entry->command); !reason.empty()) {
    session.flash = reason;
    return redirect("/");
  }
  invoke(session, id);
  Response response = redirect("/");
  response.wait_for_job = session.front.kind == Front::Kind::running ? session.front.job_id : 0;
  return response;
}

/// The view a request speaks of is not the one in front: another window went on, or it was closed.
Response Shell::gone(WebSession& session) {
  session.flash = words_(Word::error_gone);
  return redirect("/");
}

namespace {

/// What somebody would have to write again. A name to look for, or a date, is typed in a moment.
bool holds_a_letter(const v1::Form& form) {
  return std::any_of(form.fields().begin(), form.fields().end(), [](const v1::Field& field) {
    return field.type() == v1::Field::TYPE_MULTILINE || field.type() == v1::Field::TYPE_RECIPIENT ||
           field.type() == v1::Field::TYPE_FILE;
  });
}

}  // namespace

Response Shell::act(WebSession& session, Request& request) {
  if (!in_front(session, request)) {
    return gone(session);
  }
  v1::View& view = session.stack.back().view;
  const v1::Action* action = pressed(view, request);
  if (action == nullptr) {
    return gone(session);
  }
  if (action->role() == v1::Action::ROLE_CLOSE) {
    return close_view(session, request);
  }
  Origin origin;
  const bool named = view.title().find(action->label()) != std::string::npos;
  origin.title = named ? view.title() : view.title() + ": " + action->label();
  origin.view_id = view.view_id();
  origin.keep_view = action->keep_view();
  if (action->action_id() == "refresh") {
    origin.pages = session.stack.back().pages;
  }
  const bool of_view = request.value("_row").empty() && request.value("_part").empty();
  if (view.has_form() && of_view && (action->needs_fields() || action->role() == v1::Action::ROLE_PRIMARY)) {
    v1::SubmitRequest submit;
    submit.set_view_id(view.view_id());
    submit.set_action_id(action->action_id());
    *submit.mutable_context() = context(session);
    take_values(request, view.form(), plugin_.streams(), *submit.mutable_values(), origin.streams);
    remember_typed(submit.values(), *view.mutable_form());
    session.stack.back().written = session.stack.back().written || holds_a_letter(view.form());
    Response response = send(session, v1::METHOD_FORM_SUBMIT, submit, std::move(origin));
    wipe_secrets(*submit.mutable_values());
    return response;
  }
  v1::ViewActionRequest press;
  press.set_view_id(view.view_id());
  press.set_action_id(action->action_id());
  press.set_row_id(request.value("_row"));
  press.set_part_id(request.value("_part"));
  *press.mutable_context() = context(session);
  return send(session, v1::METHOD_VIEW_ACTION, press, std::move(origin));
}

Response Shell::page(WebSession& session, Request& request) {
  if (session.stack.empty() || session.stack.back().view.view_id() != request.value("_view")) {
    return gone(session);
  }
  const Shown& shown = session.stack.back();
  std::vector<std::string> pages = shown.pages;
  if (request.value("_page") == "previous" && pages.size() > 1) {
    pages.pop_back();
  } else if (request.value("_page") == "next" && !shown.view.table().next_page().empty()) {
    pages.push_back(shown.view.table().next_page());
  } else {
    return gone(session);
  }
  v1::ViewActionRequest press;
  press.set_view_id(shown.view.view_id());
  press.set_action_id("page");
  *press.mutable_context() = context(session);
  press.add_values()->set_name("page");
  press.mutable_values(0)->mutable_value()->set_text(pages.back());
  Origin origin;
  origin.title = shown.view.title();
  origin.view_id = shown.view.view_id();
  origin.pages = std::move(pages);
  return send(session, v1::METHOD_VIEW_ACTION, press, std::move(origin));
}

/// Looks for rows of the table in front.
Response Shell::search(WebSession& session, Request& request) {
  if (!in_front(session, request) || !session.stack.back().view.table().has_search()) {
    return gone(session);
  }
  const v1::View& view = session.stack.back().view;
  v1::ViewActionRequest press;
  press.set_view_id(view.view_id());
  press.set_action_id(view.table().search().action_id());
  *press.mutable_context() = context(session);
  press.add_values()->set_name(view.table().search().field());
  press.mutable_values(0)->mutable_value()->set_text(request.value("_text"));
  Origin origin;
  origin.title = view.title();
  origin.view_id = view.view_id();
  origin.pages = std::vector<std::string>{""};
  return send(session, v1::METHOD_VIEW_ACTION, press, std::move(origin));
}

/// Values for a field a person is typing in. Whatever goes wrong: there are no suggestions, and nobody is disturbed.
Response Shell::suggest(WebSession& session, Request& request) {
  Response nothing;
  nothing.status = 204;
  if (!in_front(session, request)) {
    return nothing;
  }
  const v1::Form& form = session.stack.back().view.form();
  const v1::Field* field =
      find_item(form.fields(), request.value("_field"), [](const v1::Field& item) { return item.name(); });
  if (field == nullptr || field->type() != v1::Field::TYPE_RECIPIENT) {
    return nothing;
  }
  // The other fields as they stand; no secrets, no files.
  v1::Form others;
  for (const v1::Field& other : form.fields()) {
    if (other.type() != v1::Field::TYPE_SECRET && other.type() != v1::Field::TYPE_FILE &&
        other.name() != field->name()) {
      *others.add_fields() = other;
    }
  }
  v1::SuggestRequest ask;
  ask.set_view_id(session.stack.back().view.view_id());
  ask.set_field(field->name());
  ask.set_text(request.value("_text"));
  *ask.mutable_context() = context(session);
  std::vector<std::uint64_t> no_streams;
  take_values(request, others, plugin_.streams(), *ask.mutable_values(), no_streams);
  ActionResult result = plugin_.act(v1::METHOD_FORM_SUGGEST, ask);
  if (!result.ok()) {
    return nothing;
  }
  if (!result.reply.has_accepted()) {
    return suggestions_part(result.reply);
  }
  const std::uint64_t id = result.reply.accepted().job_id();
  Job& job = jobs_[id];
  job.session_key = session.key;
  job.quiet = job.suggests = true;
  job_clock_.begin(id);
  nothing.wait_for_job = id;
  nothing.suggestions = true;
  return nothing;
}

Response Shell::suggestions(const std::string& cookie, std::uint64_t job_id) {
  Response nothing;
  nothing.status = 204;
  const WebSession* session = find(cookie);
  const auto job = jobs_.find(job_id);
  if (session == nullptr || job == jobs_.end() || job->second.session_key != session->key || !job->second.suggests) {
    return nothing;
  }
  if (!job->second.ended) {
    plugin_.cancel_job(job_id);  // a person goes on typing; its end takes the job away
    return nothing;
  }
  const std::optional<v1::ActionReply> outcome = std::move(job->second.outcome);
  jobs_.erase(job);
  if (!outcome || !outcome->has_suggestions()) {
    return nothing;
  }
  return suggestions_part(*outcome);
}

Response Shell::close_view(WebSession& session, Request& request) {
  if (session.stack.empty() || session.stack.back().view.view_id() != request.value("_view")) {
    return redirect("/");  // closed already: what was wanted
  }
  session.front = {};
  drop_views(session, session.stack.size() - 1);
  refresh_front(session);
  Response response = redirect("/");
  response.wait_for_job = 0;
  return response;
}

Response Shell::go_to_front(WebSession& session, Request& request) {
  if (request.value("_view").empty()) {
    session.front = {};
    drop_views(session, 0);
    return redirect("/");
  }
  for (std::size_t i = 0; i < session.stack.size(); ++i) {
    if (session.stack[i].view.view_id() == request.value("_view")) {
      session.front = {};
      drop_views(session, i + 1);
      refresh_front(session);
      break;
    }
  }
  return redirect("/");
}

/// From an error, an outcome or a running task back to the view behind it.
Response Shell::back_to_view(WebSession& session, Request& request) {
  session.front = {};
  if (request.has("_again") && !session.command_id.empty()) {
    const std::string again = session.command_id;
    drop_views(session, 0);
    invoke(session, again);
  }
  return redirect("/");
}

// ---- patient and documents ----

Response Shell::choose_patient(WebSession& session, Request& request) {
  const std::string& id = request.value("patient");
  if (!id.empty() && services_.practice().find_patient(id) == nullptr) {
    return message_page(words_, 400);
  }
  session.patient_id = id;
  session.document_id.clear();
  services_.select_patient(session.plugin_session, id);
  v1::PatientSelectedRequest selected;
  *selected.mutable_context() = context(session);
  hook(v1::METHOD_HOOK_PATIENT_SELECTED, "patient_selected", selected);
  return redirect("/");
}

Response Shell::release_document(WebSession& session, Request& request) {
  const std::vector<RecordDocument> documents = services_.documents();
  const RecordDocument* document =
      find_item(documents, request.value("_document"), [](const RecordDocument& item) { return item.document_id; });
  if (document == nullptr || !has_hook("document_released")) {
    return message_page(words_, 404);
  }
  session.document_id = document->document_id;
  v1::DocumentReleasedRequest released;
  *released.mutable_context() = context(session);
  released.set_media_type(document->media_type);
  released.set_title(document->title);
  session.front = {};
  drop_views(session, 0);
  session.command_id.clear();
  Origin origin;
  origin.title = std::string(words_(Word::release)) + ": " + document->title;
  return send(session, v1::METHOD_HOOK_DOCUMENT_RELEASED, released, std::move(origin));
}

Response Shell::assign_document(WebSession& session, Request& request) {
  if (session.patient_id.empty() || !services_.assign_document(request.value("_document"), session.patient_id)) {
    return message_page(words_, 404);
  }
  tell_all("context");
  return redirect("/");
}

Response Shell::billing_ready(WebSession& session, Request& request) {
  if (!has_hook("billing_ready")) {
    return message_page(words_, 404);
  }
  v1::BillingReadyRequest ready;
  *ready.mutable_context() = context(session);
  ready.set_quarter(request.value("quarter"));
  Origin origin;
  origin.title = std::string(words_(Word::billing)) + " " + ready.quarter();
  v1::Value::FileRefs files;
  request.hand_over("billing_files", plugin_.streams(), files, origin.streams);
  *ready.mutable_files() = std::move(*files.mutable_file());
  session.front = {};
  drop_views(session, 0);
  session.command_id.clear();
  return send(session, v1::METHOD_HOOK_BILLING_READY, ready, std::move(origin));
}

Response Shell::saved_file(const WebSession& session, const std::string& name) const {
  // Only plain files that lie directly in the user's own folder.
  if (name != safe_file_name(name) || name.find('/') != std::string::npos) {
    return message_page(words_, 404);
  }
  const fs::path file = services_.user_directory(session.user->user.user_id()) / name;
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(file, error))) {
    return message_page(words_, 404);
  }
  Response response;
  response.stream = file_reader(file);
  response.download_name = name;
  return response.stream == nullptr ? message_page(words_, 404) : std::move(response);
}

Response Shell::record_document(const WebSession&, const std::string& id) const {
  const std::vector<RecordDocument> documents = services_.documents();
  const RecordDocument* document =
      find_item(documents, id, [](const RecordDocument& item) { return item.document_id; });
  Response response;
  response.stream = document == nullptr ? nullptr : file_reader(document->file);
  if (response.stream == nullptr) {
    return message_page(words_, 404);
  }
  response.download_name = safe_file_name(document->title);
  if (document->media_type == "application/pdf" && !response.download_name.ends_with(".pdf")) {
    response.download_name += ".pdf";
  }
  return response;
}

Response Shell::view_document(WebSession& session, const std::string& view_id) {
  const auto shown = std::find_if(session.stack.begin(), session.stack.end(),
                                  [&](const Shown& item) { return item.view.view_id() == view_id; });
  if (shown == session.stack.end() || !shown->view.has_document()) {
    return message_page(words_, 404);
  }
  if (shown->document == nullptr) {
    // A stream is read once, the person may press twice: so it is kept as long as the view.
    std::string bytes;
    std::vector<std::uint8_t> buffer(65536);
    std::size_t got = 0;
    while (bytes.size() < kMaxDocumentView &&
           plugin_.streams().read(shown->view.document().stream_id(), buffer.data(), buffer.size(), got) == PVS_OK) {
      bytes.append(reinterpret_cast<const char*>(buffer.data()), got);
    }
    shown->document = std::make_shared<const std::string>(std::move(bytes));
  }
  Response response;
  response.stream = memory_stream(*shown->document);
  response.download_name = safe_file_name(shown->view.document().name());
  return response;
}

// ---- jobs, notifications, dialogs ----

Response Shell::cancel_job(WebSession& session, Request& request) {
  for (auto& [id, job] : jobs_) {
    if (std::to_string(id) != request.value("_job") || job.session_key != session.key || job.ended) {
      continue;
    }
    job.cancelling = true;
    v1::JobCancelRequest cancel;
    cancel.set_job_id(id);
    v1::JobCancelReply reply;
    static_cast<void>(plugin_.call(v1::METHOD_JOB_CANCEL, cancel, reply));
    plugin_.cancel_job(id);
    Response response = redirect("/");
    response.wait_for_job = id;
    return response;
  }
  return redirect("/");
}

Response Shell::job_result(WebSession& session, Request& request) {
  for (auto it = jobs_.begin(); it != jobs_.end(); ++it) {
    if (std::to_string(it->first) != request.value("_job") || it->second.session_key != session.key ||
        !it->second.outcome) {
      continue;
    }
    Origin origin;
    origin.title = it->second.title;
    origin.view_id = it->second.view_id;
    v1::ActionReply outcome = std::move(*it->second.outcome);
    jobs_.erase(it);
    session.front = {};
    take(session, std::move(outcome), origin);
    break;
  }
  return redirect("/");
}

Response Shell::dismiss_job(WebSession& session, Request& request) {
  std::erase_if(jobs_, [&](const auto& item) {
    return std::to_string(item.first) == request.value("_job") && item.second.session_key == session.key &&
           item.second.ended;
  });
  return redirect("/");
}

Response Shell::dismiss(WebSession& session, Request& request) {
  const auto shown = notifications_of(session);
  if (std::any_of(shown.begin(), shown.end(),
                  [&](const Notification* note) { return note->id == request.value("_notification"); })) {
    session.dismissed.insert(request.value("_notification"));
  }
  return redirect("/");
}

Response Shell::answer_files(WebSession& session, Request& request) {
  v1::Value::FileRefs files;
  std::vector<std::uint64_t> opened;
  request.hand_over("files", plugin_.streams(), files, opened);
  if (!request.has("_cancel") && opened.empty()) {
    session.flash = words_(Word::error_no_file);
    return redirect("/");
  }
  const std::vector<FileQuestion> questions = questions_of(session);
  const auto question = std::find_if(questions.begin(), questions.end(), [&](const FileQuestion& item) {
    return std::to_string(item.id) == request.value("_question");
  });
  const bool fits = question != questions.end() && (question->multiple || opened.size() <= 1);
  if (!fits || !dialogs_.answer(session.plugin_session, question->id, std::move(files))) {
    close_streams(opened);
    return gone(session);
  }
  Response response = redirect("/");
  response.wait_for_job = session.front.kind == Front::Kind::running ? session.front.job_id : 0;
  return response;
}

// ---- lock and end ----

Response Shell::lock_now(WebSession& session, Request&) {
  lock(session, false);
  return redirect("/");
}

Response Shell::log_out(WebSession& session, Request&) {
  end(session);
  Response response = redirect("/login?out=1");
  response.set_cookies.emplace_back();  // the server fills in how its cookie is taken away
  return response;
}

}  // namespace pvs::host::serve
