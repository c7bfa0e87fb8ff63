// SPDX-License-Identifier: Apache-2.0
#include "runner.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>

#include "matcher.h"
#include "view_json.h"

namespace pvs::host {

namespace fs = std::filesystem;
using Values = google::protobuf::RepeatedPtrField<v1::NamedValue>;

namespace {

constexpr std::chrono::milliseconds kPump{20};
constexpr std::size_t kMaxEvents = 10000;

void wipe_secrets(Values& values) {
  for (v1::NamedValue& named : values) {
    if (named.value().has_secret()) {
      std::string& bytes = *named.mutable_value()->mutable_secret();
      OPENSSL_cleanse(bytes.data(), bytes.size());
    }
  }
}

std::string media_type_of(const fs::path& file) {
  static const std::map<std::string, std::string> types{{".pdf", "application/pdf"}, {".xml", "application/xml"},
                                                        {".txt", "text/plain"},      {".png", "image/png"},
                                                        {".jpg", "image/jpeg"},      {".zip", "application/zip"}};
  const auto it = types.find(file.extension().string());
  return it == types.end() ? "application/octet-stream" : it->second;
}

/// Walks "table.rows[0].row_id" through a document; empty if there is nothing.
Var walk(const Var& from, const std::string& path) {
  Var at = from;
  std::size_t i = 0;
  while (i < path.size() && !at.isEmpty()) {
    if (path[i] == '[') {
      const std::size_t end = path.find(']', i);
      const std::string index = end == std::string::npos ? "" : path.substr(i + 1, end - i - 1);
      if (index.empty() || index.size() > 6 || index.find_first_not_of("0123456789") != std::string::npos ||
          !is_array(at)) {
        return {};
      }
      at = at.extract<JsonArray::Ptr>()->get(static_cast<unsigned>(std::stoul(index)));
      i = end + 1;
    } else {
      i += path[i] == '.' ? 1U : 0U;
      const std::size_t end = std::min(path.find_first_of(".[", i), path.size());
      if (end == i || !is_object(at)) {
        return {};
      }
      at = at.extract<JsonObject::Ptr>()->get(path.substr(i, end - i));
      i = end;
    }
  }
  return at;
}

template <class Items, class Name>
std::string names_of(const Items& items, Name name) {
  std::string text;
  for (const auto& item : items) {
    text += (text.empty() ? "" : ", ") + name(item);
  }
  return text.empty() ? "none" : text;
}

}  // namespace

Runner::Runner(LoadedPlugin& plugin, Services& services, Renderer& renderer, fs::path base,
               const std::atomic<bool>& abort)
    : plugin_(plugin),
      services_(services),
      renderer_(renderer),
      base_(std::move(base)),
      abort_(abort),
      menu_(build_menu(plugin.manifest().description, services.practice().locale)) {}

void Runner::fail(const std::string& text) const {
  throw StepFailed(where_ + ": " + text);
}

void Runner::run(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    run_step(step);
  }
}

void Runner::run_step(const Step& step) {
  where_ = step.where;
  if (abort_.load()) {
    throw Aborted(where_ + ": interrupted");
  }
  if (!step.when.isEmpty() && !mismatch(filled_in(step.when), outcome_).empty()) {
    return;
  }
  if (!step.say.empty()) {
    renderer_.say(step.say);
  }
  try {
    if (!step.as.empty()) {
      log_in(step.as);
    }
    act(step);
    where_ = step.where;
    if (step.wait_job) {
      wait_job(step);
    }
    hand_out();
    if (!step.expect.isEmpty()) {
      const std::string difference = mismatch(filled_in(step.expect), outcome_);
      if (!difference.empty()) {
        fail("not as expected: " + difference);
      }
    }
    if (!step.expect_event.isEmpty()) {
      expect_event(step, filled_in(step.expect_event));
    }
    remember(step);
  } catch (const InputError& e) {
    const std::string text = e.what();
    throw InputError(text.starts_with(where_) ? text : where_ + ": " + text);
  }
}

void Runner::act(const Step& step) {
  switch (step.kind) {
    case Step::Kind::none:
      return;
    case Step::Kind::invoke:
      return invoke(step);
    case Step::Kind::submit:
      return submit(step);
    case Step::Kind::action:
      return action(step);
    case Step::Kind::suggest:
      return suggest(step);
    case Step::Kind::close:
      return close_view();
    case Step::Kind::search:
      return search(step);
    case Step::Kind::select_patient:
      return select_patient(step);
    case Step::Kind::choose_file:
      return choose_file(step);
    case Step::Kind::release_document:
      return release_document(step);
    case Step::Kind::billing_ready:
      return billing_ready(step);
    case Step::Kind::fire_schedule:
      return fire_schedule(as_text(filled_in(step.value), "fire_schedule"), 0, true);
    case Step::Kind::cancel_job:
      return cancel_job(step);
    case Step::Kind::health:
      return health();
    case Step::Kind::lock:
      return lock(as_text(step.value, "lock"));
    case Step::Kind::unlock:
      sessions_.erase(as_text(step.value, "unlock"));
      return log_in(as_text(step.value, "unlock"));
    case Step::Kind::sleep:
      return idle(std::chrono::milliseconds(as_integer(step.value, "sleep_ms")));
    case Step::Kind::repeat:
      return repeat(step);
  }
}

// ---- sessions ----

void Runner::hook(const char* name, v1::Method method, const google::protobuf::MessageLite& request) {
  const auto& hooks = plugin_.manifest().description.hooks();
  if (std::find(hooks.begin(), hooks.end(), name) == hooks.end()) {
    return;
  }
  v1::HookReply reply;
  const PluginCallResult result = plugin_.call(method, request, reply);
  if (!result.ok()) {
    fail(std::string("the hook ") + name + " failed with status " + std::to_string(result.status));
  }
  if (reply.has_error()) {
    outcome_ = new_object();
    outcome_->set("error", error_to_json(reply.error()));
    show(outcome_);
  }
}

void Runner::log_in(const std::string& user_id) {
  if (user_id == user_ && sessions_.contains(user_id)) {
    return;
  }
  user_ = user_id;
  if (sessions_.contains(user_id)) {
    return;
  }
  std::string reason;
  const std::optional<std::string> session = services_.log_in(user_id, reason);
  if (!session) {
    fail("login refused: " + reason);
  }
  sessions_[user_id] = *session;
  v1::SessionUnlockedRequest request;
  *request.mutable_context() = context();
  hook("session_unlocked", v1::METHOD_HOOK_SESSION_UNLOCKED, request);
}

void Runner::lock(const std::string& user_id) {
  const auto session = sessions_.find(user_id);
  if (session == sessions_.end()) {
    fail("the user \"" + user_id + "\" is not logged in");
  }
  // First the key, then the plugin: it forgets its own copies when it hears of it.
  services_.lock(user_id);
  v1::SessionLockedRequest request;
  request.mutable_context()->set_session_id(session->second);
  request.mutable_context()->set_user_id(user_id);
  hook("session_locked", v1::METHOD_HOOK_SESSION_LOCKED, request);
  sessions_.erase(session);
}

v1::Context Runner::context() const {
  v1::Context context;
  context.set_user_id(user_);
  if (const auto it = sessions_.find(user_); it != sessions_.end()) {
    context.set_session_id(it->second);
  }
  context.set_patient_id(patient_);
  context.set_document_id(document_);
  return context;
}

void Runner::select_patient(const Step& step) {
  const std::string patient_id = as_text(filled_in(step.value), "select_patient");
  if (services_.practice().find_patient(patient_id) == nullptr) {
    fail("the practice has no patient \"" + patient_id + "\"");
  }
  patient_ = patient_id;
  const v1::Context now = context();
  services_.select_patient(now.session_id(), patient_);
  v1::PatientSelectedRequest request;
  *request.mutable_context() = now;
  hook("patient_selected", v1::METHOD_HOOK_PATIENT_SELECTED, request);
}

// ---- outcomes ----

void Runner::show(const JsonObject::Ptr& outcome) {
  renderer_.outcome(where_, user_, outcome);
}

void Runner::take_outcome(const v1::ActionReply& reply, bool foreground) {
  const JsonObject::Ptr outcome = outcome_to_json(reply);
  if (!foreground) {
    JsonObject::Ptr event = new_object();
    event->set("event", "background");
    event->set("outcome", outcome);
    renderer_.event(event);
    events_.push_back(event);
    return;
  }
  outcome_ = outcome;
  show(outcome);
  job_ = reply.has_accepted() ? reply.accepted().job_id() : 0;
  if (reply.has_view()) {
    // In the place of the view with its id; what lies above that was a step on the way to it.
    const auto same = [&](const v1::View& open) { return open.view_id() == reply.view().view_id(); };
    views_.erase(std::find_if(views_.begin(), views_.end(), same), views_.end());
    views_.push_back(reply.view());
  } else if (reply.has_done() && reply.done().close_view() && !views_.empty()) {
    views_.pop_back();
  }
}

void Runner::send(v1::Method method, const google::protobuf::MessageLite& request, bool foreground) {
  PluginCallOptions options;
  options.user_present = foreground;
  const ActionResult result = plugin_.act(method, request, options);
  if (!result.ok()) {
    if (foreground) {
      fail("the plugin did not do it: transport status " + std::to_string(result.status));
    }
    return;
  }
  take_outcome(result.reply, foreground);
}

void Runner::hand_out() {
  // Events first: they happened before the job that caused them ended.
  for (const JsonObject::Ptr& event : services_.take_events()) {
    renderer_.event(event);
    events_.push_back(event);
  }
  for (const auto& [job_id, reply] : services_.take_job_ends()) {
    take_outcome(reply, job_id == job_ && job_ != 0);
  }
  if (events_.size() > kMaxEvents) {
    events_.erase(events_.begin(), events_.end() - kMaxEvents / 2);
  }
}

void Runner::idle(std::chrono::milliseconds at_least) {
  const auto end = std::chrono::steady_clock::now() + at_least;
  do {
    plugin_.pump(std::min(kPump, std::max(at_least, std::chrono::milliseconds(1))));
    hand_out();
    for (const auto& [schedule_id, missed] : services_.due_schedules()) {
      fire_schedule(schedule_id, missed, false);
    }
    if (abort_.load()) {
      throw Aborted(where_ + ": interrupted");
    }
  } while (std::chrono::steady_clock::now() < end);
}

void Runner::wait_job(const Step& step) {
  const auto end = std::chrono::steady_clock::now() + step.timeout;
  while (job_ != 0) {
    if (std::chrono::steady_clock::now() >= end) {
      fail("the job did not end within " + std::to_string(step.timeout.count()) + " ms");
    }
    idle(std::chrono::milliseconds(1));
  }
}

void Runner::cancel_job(const Step& step) {
  if (job_ == 0) {
    fail("there is no job to cancel");
  }
  v1::JobCancelRequest request;
  request.set_job_id(job_);
  v1::JobCancelReply reply;
  const PluginCallResult result = plugin_.call(v1::METHOD_JOB_CANCEL, request, reply);
  if (!result.ok() || !reply.known()) {
    fail("the plugin does not know the job");
  }
  plugin_.cancel_job(job_);
  wait_job(step);
}

// ---- menu and commands ----

void Runner::search(const Step& step) {
  const PracticeUser* user = services_.practice().find_user(user_);
  if (user == nullptr) {
    fail("nobody is logged in; the first step needs \"as\"");
  }
  const std::string query = as_text(step.value, "search");
  JsonObject::Ptr found = new_object();
  JsonArray::Ptr commands = new JsonArray;
  for (const MenuEntry& entry : search_menu(menu_, query, user->user)) {
    JsonObject::Ptr item = new_object();
    item->set("id", entry.command.command_id());
    item->set("title", entry.command.title_de());
    item->set("menu", names_of(entry.path, [](const std::string& title) { return title; }));
    commands->add(item);
  }
  found->set("search", query);
  found->set("commands", commands);
  outcome_ = found;
  show(found);
}

void Runner::invoke(const Step& step) {
  const PracticeUser* user = services_.practice().find_user(user_);
  if (user == nullptr) {
    fail("nobody is logged in; the first step needs \"as\"");
  }
  const std::string command_id = as_text(step.value, "invoke");
  const auto entry = std::find_if(menu_.begin(), menu_.end(),
                                  [&](const MenuEntry& e) { return e.command.command_id() == command_id; });
  if (entry == menu_.end()) {
    fail("the manifest has no command \"" + command_id + "\"");
  }
  if (!may_use(entry->command, user->user)) {
    fail("the user " + user_ + " has no role that may use \"" + command_id + "\"");
  }
  if (step.object->has("context")) {
    const JsonObject& given = *step.object->getObject("context");
    patient_ = as_text(filled_in(text_or(given, "patient", patient_, "context")), "context.patient");
    document_ = as_text(filled_in(text_or(given, "document", document_, "context")), "context.document");
  }
  for (const std::string& need : entry->command.needs()) {
    if ((need == "patient" && patient_.empty()) || (need == "document" && document_.empty())) {
      fail("\"" + command_id + "\" needs a " + need + " in the context");
    }
  }
  v1::InvokeRequest request;
  request.set_command_id(command_id);
  *request.mutable_context() = context();
  services_.select_patient(request.context().session_id(), patient_);
  if (step.object->has("arguments")) {
    add_plain(filled_in(step.object->get("arguments")), *request.mutable_arguments());
  }
  send(v1::METHOD_COMMAND_INVOKE, request);
}

void Runner::release_document(const Step& step) {
  document_ = as_text(filled_in(step.value), "release_document");
  v1::DocumentReleasedRequest request;
  *request.mutable_context() = context();
  request.set_media_type(text_or(*step.object, "media_type", "application/pdf", step.where));
  request.set_title(text_or(*step.object, "title", document_, step.where));
  send(v1::METHOD_HOOK_DOCUMENT_RELEASED, request);
}

void Runner::billing_ready(const Step& step) {
  v1::BillingReadyRequest request;
  *request.mutable_context() = context();
  request.set_quarter(as_text(step.value, "billing_ready"));
  if (step.object->has("files")) {
    for (const std::string& name : as_texts(step.object->get("files"), "files")) {
      Services::add_file(plugin_.streams(), base_ / name, *request.add_files());
    }
  }
  send(v1::METHOD_HOOK_BILLING_READY, request);
}

void Runner::fire_schedule(const std::string& schedule_id, std::uint32_t missed, bool foreground) {
  if (foreground && !services_.has_schedule(schedule_id)) {
    fail("the plugin has set no schedule \"" + schedule_id + "\"");
  }
  v1::ScheduleFiredRequest request;
  request.set_schedule_id(schedule_id);
  request.set_missed(missed);
  *request.mutable_context() = context();
  PluginCallOptions options;
  options.user_present = false;
  const ActionResult result = plugin_.act(v1::METHOD_HOOK_SCHEDULE_FIRED, request, options);
  if (!result.ok() && foreground) {
    fail("the plugin did not take the schedule: transport status " + std::to_string(result.status));
  }
  if (result.ok()) {
    take_outcome(result.reply, foreground);
  }
}

void Runner::health() {
  v1::HealthReply reply;
  const PluginCallResult result = plugin_.call(v1::METHOD_LIFECYCLE_HEALTH, v1::HealthRequest(), reply);
  if (!result.ok()) {
    fail("the plugin does not report its health");
  }
  JsonObject::Ptr inner = new_object();
  inner->set("faulted", reply.faulted());
  inner->set("contained_faults", reply.contained_faults());
  inner->set("running_jobs", reply.running_jobs());
  inner->set("threads", reply.threads());
  outcome_ = new_object();
  outcome_->set("health", inner);
  show(outcome_);
}

// ---- views ----

v1::View& Runner::view(const char* what) {
  if (views_.empty()) {
    fail(std::string("there is no view to ") + what);
  }
  return views_.back();
}

const v1::Action& Runner::find_action(const google::protobuf::RepeatedPtrField<v1::Action>& actions,
                                      const std::string& action_id) const {
  for (const v1::Action& action : actions) {
    if (action.action_id() != action_id) {
      continue;
    }
    if (action.disabled()) {
      fail("the action \"" + action_id + "\" is greyed: " + action.disabled_reason());
    }
    return action;
  }
  fail("there is no action \"" + action_id +
       "\"; there are: " + names_of(actions, [](const v1::Action& a) { return a.action_id(); }));
}

void Runner::submit(const Step& step) {
  const v1::View& current = view("submit");
  if (!current.has_form()) {
    fail("the view in front (" + current.kind() + ") is no form");
  }
  const v1::Action& action = find_action(current.actions(), as_text(step.value, "submit"));
  v1::SubmitRequest request;
  request.set_view_id(current.view_id());
  request.set_action_id(action.action_id());
  *request.mutable_context() = context();
  const JsonObject::Ptr fill = step.object->has("fill") ? step.object->getObject("fill") : new_object();
  add_values(current.form(), fill, *request.mutable_values());
  send(v1::METHOD_FORM_SUBMIT, request);
  wipe_secrets(*request.mutable_values());
}

void Runner::action(const Step& step) {
  const v1::View& current = view("act on");
  const std::string action_id = as_text(step.value, "action");
  v1::ViewActionRequest request;
  request.set_view_id(current.view_id());
  request.set_action_id(action_id);
  *request.mutable_context() = context();
  const v1::Action* action = nullptr;
  if (step.object->has("row")) {
    const v1::Row& row = find_row(current.table(), filled_in(step.object->get("row")));
    request.set_row_id(row.row_id());
    action = &find_action(row.actions(), action_id);
  } else if (step.object->has("part")) {
    const v1::Detail::Part& part = find_part(current.detail(), filled_in(step.object->get("part")));
    request.set_part_id(part.part_id());
    action = &find_action(part.actions(), action_id);
  } else if (current.has_table() && action_id == "page") {
    request.add_values()->set_name("page");
    request.mutable_values(0)->mutable_value()->set_text(current.table().next_page());
  } else if (!current.table().search().action_id().empty() && current.table().search().action_id() == action_id) {
    // The table's own search field: it is no button.
    if (!step.object->has("values")) {
      fail("\"" + action_id + "\" searches the table and needs \"values\": {\"" + current.table().search().field() +
           "\": text}");
    }
  } else {
    action = &find_action(current.actions(), action_id);
  }
  if (action != nullptr && action->role() == v1::Action::ROLE_CLOSE) {
    return close_view();
  }
  if (step.object->has("values")) {
    add_plain(filled_in(step.object->get("values")), *request.mutable_values());
  }
  if (current.has_form() && action != nullptr && action->needs_fields()) {
    add_values(current.form(), step.object->has("fill") ? step.object->getObject("fill") : new_object(),
               *request.mutable_values());
  }
  send(v1::METHOD_VIEW_ACTION, request);
  wipe_secrets(*request.mutable_values());
}

void Runner::suggest(const Step& step) {
  const v1::View& current = view("type into");
  const JsonObject& wanted = *as_object(step.value, "suggest");
  const std::string name = as_text(wanted.get("field"), "suggest.field");
  const auto& fields = current.form().fields();
  const auto field = std::find_if(fields.begin(), fields.end(), [&](const auto& each) { return each.name() == name; });
  if (field == fields.end() || field->type() != v1::Field::TYPE_RECIPIENT) {
    fail("the view in front (" + current.kind() + ") has no field \"" + name + "\" with suggestions");
  }
  v1::SuggestRequest request;
  request.set_view_id(current.view_id());
  request.set_field(name);
  request.set_text(as_text(filled_in(wanted.get("text")), "suggest.text"));
  *request.mutable_context() = context();
  if (wanted.has("limit")) {
    request.set_limit(static_cast<std::uint32_t>(as_integer(wanted.get("limit"), "suggest.limit")));
  }
  const JsonObject::Ptr fill = step.object->has("fill") ? step.object->getObject("fill") : new_object();
  for (const v1::Field& other : fields) {
    // What a screen would send along: neither secrets nor files, nor the field itself.
    if (other.name() == name || other.type() == v1::Field::TYPE_SECRET || other.type() == v1::Field::TYPE_FILE) {
      continue;
    }
    v1::NamedValue value;
    value.set_name(other.name());
    if (fill->has(other.name())) {
      fill_value(other, filled_in(fill->get(other.name())), *value.mutable_value());
    } else {
      *value.mutable_value() = other.value();
    }
    *request.add_values() = std::move(value);
  }
  send(v1::METHOD_FORM_SUGGEST, request);
}

void Runner::close_view() {
  const std::string view_id = view("close").view_id();
  v1::ViewCloseRequest request;
  request.set_view_id(view_id);
  *request.mutable_context() = context();
  const std::uint64_t running = job_;  // goes on without its view
  send(v1::METHOD_VIEW_CLOSE, request);
  job_ = running;
  // The plugin may have shown another view in its place, or closed it itself.
  if (!views_.empty() && views_.back().view_id() == view_id) {
    views_.pop_back();
  }
}

const v1::Row& Runner::find_row(const v1::Table& table, const Var& wanted) const {
  const int size = table.rows_size();
  if (wanted.isInteger() && !wanted.isBoolean()) {
    const std::int64_t index = as_integer(wanted, "row");
    const std::int64_t from_start = index < 0 ? index + size : index;
    if (from_start < 0 || from_start >= size) {
      fail("there is no row " + std::to_string(index) + "; the table has " + std::to_string(size) + " rows");
    }
    return table.rows(static_cast<int>(from_start));
  }
  const JsonObject& columns = *as_object(wanted, "row");
  const auto cell_fits = [&](const v1::Row& row, const std::string& name, const Var& value) {
    if (name == "row_id") {
      return mismatch(value, row.row_id()).empty();
    }
    for (int i = 0; i < table.columns_size() && i < row.cells_size(); ++i) {
      if (table.columns(i).name() == name) {
        return mismatch(value, row.cells(i).text()).empty() || mismatch(value, row.cells(i).code()).empty();
      }
    }
    fail("the table has no column \"" + name +
         "\"; there are: " + names_of(table.columns(), [](const v1::Table::Column& column) { return column.name(); }));
  };
  for (const v1::Row& row : table.rows()) {
    if (std::all_of(columns.begin(), columns.end(),
                    [&](const auto& column) { return cell_fits(row, column.first, column.second); })) {
      return row;
    }
  }
  fail("no row of " + std::to_string(size) + " is like " + to_line(wanted));
}

const v1::Detail::Part& Runner::find_part(const v1::Detail& detail, const Var& wanted) const {
  const int size = detail.parts_size();
  if (wanted.isInteger() && !wanted.isBoolean()) {
    const std::int64_t index = as_integer(wanted, "part");
    if (index < 0 || index >= size) {
      fail("there is no part " + std::to_string(index) + "; there are " + std::to_string(size));
    }
    return detail.parts(static_cast<int>(index));
  }
  const JsonObject& keys = *as_object(wanted, "part");
  refuse_unknown_keys(keys, {"part_id", "name", "media_type", "description"}, "part");
  for (const v1::Detail::Part& part : detail.parts()) {
    JsonObject::Ptr json = new_object();
    json->set("part_id", part.part_id());
    json->set("name", part.name());
    json->set("media_type", part.media_type());
    json->set("description", part.description());
    if (mismatch(wanted, json).empty()) {
      return part;
    }
  }
  fail("no part of " + std::to_string(size) + " is like " + to_line(wanted));
}

void Runner::add_plain(const Var& object, Values& values) const {
  for (const auto& [name, value] : *as_object(object, "values")) {
    v1::NamedValue& to = *values.Add();
    to.set_name(name);
    if (value.isBoolean()) {
      to.mutable_value()->set_check(value.extract<bool>());
    } else if (is_array(value)) {
      for (const std::string& id : as_texts(value, name)) {
        to.mutable_value()->mutable_ids()->add_id(id);
      }
    } else {
      to.mutable_value()->set_text(value.isString() ? value.extract<std::string>() : to_line(value));
    }
  }
}

void Runner::add_values(const v1::Form& form, const JsonObject::Ptr& fill, Values& values) {
  std::set<std::string> names;
  for (const v1::Field& field : form.fields()) {
    names.insert(field.name());
  }
  for (const auto& [name, value] : *fill) {
    if (!names.contains(name)) {
      fail("the form has no field \"" + name +
           "\"; there are: " + names_of(form.fields(), [](const v1::Field& field) { return field.name(); }));
    }
  }
  for (const v1::Field& field : form.fields()) {
    v1::NamedValue& to = *values.Add();
    to.set_name(field.name());
    if (fill->has(field.name())) {
      fill_value(field, filled_in(fill->get(field.name())), *to.mutable_value());
    } else if (field.has_value()) {
      *to.mutable_value() = field.value();  // what stands in the form is sent along, as from a screen
    } else {
      values.RemoveLast();
    }
  }
}

namespace {

const v1::Choice* find_choice(const v1::Field& field, const Var& wanted) {
  for (const v1::Choice& choice : field.choices()) {
    if (wanted.isString() && choice.id() == wanted.extract<std::string>()) {
      return &choice;
    }
  }
  for (const v1::Choice& choice : field.choices()) {
    if (mismatch(wanted, choice.label()).empty()) {
      return &choice;
    }
  }
  return nullptr;
}

}  // namespace

void Runner::fill_value(const v1::Field& field, const Var& given, v1::Value& value) {
  const std::string where = "fill." + field.name();
  const auto choose = [&](const Var& wanted) -> const std::string& {
    const v1::Choice* choice = find_choice(field, wanted);
    if (choice == nullptr) {
      fail(where + ": there is no choice " + to_line(wanted) +
           "; there are: " + names_of(field.choices(), [](const v1::Choice& c) { return c.id(); }));
    }
    if (choice->disabled()) {
      fail(where + ": the choice is greyed: " + choice->disabled_reason());
    }
    return choice->id();
  };
  switch (field.type()) {
    case v1::Field::TYPE_SECRET:
      value.set_secret(resolve_secret(given, base_, where).reveal());
      return;
    case v1::Field::TYPE_CHECK:
      value.set_check(as_bool(given, where));
      return;
    case v1::Field::TYPE_CHOICE:
      value.set_text(choose(given));
      return;
    case v1::Field::TYPE_MULTI_CHOICE:
      value.mutable_ids();
      for (const Var& item : *as_array(given, where)) {
        value.mutable_ids()->add_id(choose(item));
      }
      return;
    case v1::Field::TYPE_FILE: {
      value.mutable_files();
      const std::vector<std::string> names =
          given.isString() ? std::vector<std::string>{given.extract<std::string>()} : as_texts(given, where);
      for (const std::string& name : names) {
        v1::FileRef& file = *value.mutable_files()->add_file();
        Services::add_file(plugin_.streams(), base_ / name, file);
        file.set_media_type(media_type_of(name));
      }
      return;
    }
    default:
      value.set_text(is_object(given)   ? resolve_secret(given, base_, where).reveal()
                     : given.isString() ? given.extract<std::string>()
                                        : to_line(given));
  }
}

// ---- the rest ----

void Runner::choose_file(const Step& step) {
  std::vector<fs::path> files;
  for (const std::string& name : as_texts(filled_in(step.value), "choose_file")) {
    files.push_back(base_ / name);
  }
  services_.offer_files(std::move(files));
}

void Runner::repeat(const Step& step) {
  const auto end = std::chrono::steady_clock::now() + step.timeout;
  while (true) {
    run(step.steps);
    where_ = step.where;
    const std::string difference = mismatch(filled_in(step.object->get("until")), outcome_);
    if (difference.empty()) {
      return;
    }
    if (std::chrono::steady_clock::now() >= end) {
      fail("not reached within " + std::to_string(step.timeout.count()) + " ms: " + difference);
    }
    idle(step.every);
  }
}

void Runner::expect_event(const Step& step, const Var& expected) {
  const auto end = std::chrono::steady_clock::now() + step.timeout;
  while (true) {
    for (auto it = events_.begin(); it != events_.end(); ++it) {
      if (mismatch(expected, *it).empty()) {
        // Used up, so that the same expectation later waits for another one.
        events_.erase(it);
        return;
      }
    }
    if (std::chrono::steady_clock::now() >= end) {
      fail("no event like " + to_line(expected) + " within " + std::to_string(step.timeout.count()) + " ms");
    }
    idle(std::chrono::milliseconds(1));
  }
}

void Runner::remember(const Step& step) {
  if (!step.object->has("remember")) {
    return;
  }
  for (const auto& [name, path] : *step.object->getObject("remember")) {
    const Var found = walk(outcome_, as_text(path, "remember." + name));
    if (found.isEmpty()) {
      fail("remember." + name + ": there is nothing at " + as_text(path, "remember"));
    }
    remembered_[name] = found;
  }
}

std::string Runner::inserted(const std::string& name) const {
  constexpr std::string_view kEnvironment = "env:";
  if (name.starts_with(kEnvironment)) {
    const char* value = std::getenv(name.c_str() + kEnvironment.size());
    if (value == nullptr) {
      throw InputError("the environment variable " + name.substr(kEnvironment.size()) + " is not set");
    }
    return value;
  }
  const auto it = remembered_.find(name);
  if (it == remembered_.end()) {
    throw InputError("nothing was remembered as \"" + name + "\"");
  }
  return it->second.isString() ? it->second.extract<std::string>() : to_line(it->second);
}

Var Runner::filled_in(const Var& value) const {
  if (is_object(value)) {
    JsonObject::Ptr copy = new_object();
    for (const auto& [key, inner] : *value.extract<JsonObject::Ptr>()) {
      copy->set(key, filled_in(inner));
    }
    return copy;
  }
  if (is_array(value)) {
    JsonArray::Ptr copy = new JsonArray;
    for (const Var& inner : *value.extract<JsonArray::Ptr>()) {
      copy->add(filled_in(inner));
    }
    return copy;
  }
  if (!value.isString()) {
    return value;
  }
  std::string text = value.extract<std::string>();
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at)) {
    const std::size_t end = text.find('}', at);
    const std::string name = end == std::string::npos ? "" : text.substr(at + 2, end - at - 2);
    const std::string insert = inserted(name);
    text.replace(at, end - at + 1, insert);
    at += insert.size();
  }
  return text;
}

}  // namespace pvs::host
