// SPDX-License-Identifier: Apache-2.0
// What a broken practice system may answer to the plugin. An input is
//   1 byte command | 3 bytes, which button of each view is pressed | a row of lies
// and a lie is
//   1 byte method | 1 byte: times told (0 to 2) and status | 2 bytes length, the little end first | that many bytes
// Whatever it says, a job ends once, the person reads an error or a view, nothing inside the plugin breaks, and no
// stream the host opened stays open.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "fuzz/plugin_session.h"
#include "fuzz/target.h"

namespace kvc::fuzz {
namespace {

namespace v1 = pvs::v1;
using plugin::test::FakeHost;

constexpr std::array kCommands{"kvconnect.account.new",
                               "kvconnect.accounts",
                               "kvconnect.compose.enachricht",
                               "kvconnect.compose.earztbrief",
                               "kvconnect.compose.1click",
                               "kvconnect.compose.edoku",
                               "kvconnect.inbox",
                               "kvconnect.outbox",
                               "kvconnect.fetch",
                               "kvconnect.archive.import",
                               "kvconnect.addressbook",
                               "kvconnect.doctor",
                               "kvconnect.apply"};
// Not the folders of the plugin: a lie about those would make it write anywhere on this machine.
constexpr std::array<std::uint32_t, 14> kMethods{
    v1::METHOD_HOST_USER_CURRENT,   v1::METHOD_HOST_USER_LIST,   v1::METHOD_HOST_PATIENT_CURRENT,
    v1::METHOD_HOST_KEY_SEAL,       v1::METHOD_HOST_KEY_UNSEAL,  v1::METHOD_HOST_KEY_PUBLIC,
    v1::METHOD_HOST_FILE_CHOOSE,    v1::METHOD_HOST_FILE_CREATE, v1::METHOD_HOST_DOCUMENT_DELIVER,
    v1::METHOD_HOST_DOCUMENT_FETCH, v1::METHOD_HOST_NOTIFY,      v1::METHOD_HOST_OPEN_URL,
    v1::METHOD_HOST_AUDIT,          v1::METHOD_HOST_SCHEDULE_SET};
constexpr std::size_t kSteps = 3;
// Then the job is one that tries a server again which does not answer: it is cancelled.
constexpr std::chrono::milliseconds kPatience{60};
constexpr int kInputsOfOnePlugin = 500;  // each may leave an account behind

struct Script {
  std::size_t command = 0;
  std::array<unsigned char, kSteps> buttons{};
  std::map<std::uint32_t, FakeHost::Lie> lies;
};

Script script_of(std::string_view input) {
  Script script;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(input[at]); };
  if (input.size() < 1 + kSteps) {
    return script;
  }
  script.command = byte(0) % kCommands.size();
  for (std::size_t i = 0; i < kSteps; ++i) {
    script.buttons[i] = byte(1 + i);
  }
  input.remove_prefix(1 + kSteps);
  while (input.size() >= 4) {
    const std::size_t size = std::min<std::size_t>(byte(2) | static_cast<std::size_t>(byte(3)) << 8U, input.size() - 4);
    script.lies[kMethods[byte(0) % kMethods.size()]] = {static_cast<pvs_status>(byte(1) / 4 % 16),
                                                        std::string(input.substr(4, size)), byte(1) % 4 % 3};
    input.remove_prefix(4 + size);
  }
  return script;
}

std::string frame(std::uint32_t method, int times, pvs_status status, const std::string& bytes) {
  const auto index = std::find(kMethods.begin(), kMethods.end(), method) - kMethods.begin();
  std::string text{static_cast<char>(index), static_cast<char>(times + 4 * status),
                   static_cast<char>(bytes.size() & 0xFFU), static_cast<char>(bytes.size() >> 8U)};
  return text + bytes;
}

/// The plugin, and one person in front of it.
class Person {
 public:
  void act(const Script& script);

 private:
  void begin();
  void walk(const Script& script);
  v1::ActionReply ask(std::uint32_t method, const google::protobuf::MessageLite& request);
  std::optional<v1::ActionReply> press(const v1::View& view, unsigned char button);
  void expect_sound();

  PluginSession& session_ = PluginSession::instance();
  bool begun_ = false;
  int inputs_ = 0;
};

/// The outcome, whether it came at once or as the end of a job.
v1::ActionReply Person::ask(std::uint32_t method, const google::protobuf::MessageLite& request) {
  const auto answer = session_.call(method, request.SerializeAsString());
  if (answer.status != PVS_OK) {
    return {};
  }
  auto reply = parsed<v1::ActionReply>(answer.bytes);
  if (reply.has_accepted()) {
    const auto job = reply.accepted().job_id();
    if (!session_.host().ends_within(job, kPatience)) {
      v1::JobCancelRequest cancel;
      cancel.set_job_id(job);
      static_cast<void>(session_.call(v1::METHOD_JOB_CANCEL, cancel.SerializeAsString()));
    }
    reply = session_.host().wait_job(job);
    require(session_.host().ends(job) == 1, "a job ends once");
    require(reply.result_case() != v1::ActionReply::RESULT_NOT_SET, "a job has an outcome");
  }
  check_reply(reply);
  return reply;
}

void add_value(google::protobuf::RepeatedPtrField<v1::NamedValue>& values, const std::string& name,
               const std::string& text) {
  auto& value = *values.Add();
  value.set_name(name);
  value.mutable_value()->set_text(text);
}

std::string typed_into(const v1::Field& field) {
  if (!field.choices().empty()) {
    return field.choices(0).id();
  }
  return field.type() == v1::Field::TYPE_RECIPIENT ? "praxis.muster@kv-safenet.de" : "Praxis.Muster1";
}

std::optional<v1::ActionReply> Person::press(const v1::View& view, unsigned char button) {
  if (view.has_form() && !view.actions().empty()) {
    auto submit = with_context<v1::SubmitRequest>();
    submit.set_view_id(view.view_id());
    submit.set_action_id(view.actions(button % view.actions_size()).action_id());
    for (const v1::Field& field : view.form().fields()) {
      add_value(*submit.mutable_values(), field.name(), typed_into(field));
    }
    return ask(v1::METHOD_FORM_SUBMIT, submit);
  }
  auto action = with_context<v1::ViewActionRequest>();
  action.set_view_id(view.view_id());
  const bool in_row = view.has_table() && !view.table().rows().empty() && !view.table().rows(0).actions().empty();
  const auto& actions = in_row ? view.table().rows(0).actions() : view.actions();
  if (actions.empty()) {
    return std::nullopt;
  }
  action.set_row_id(in_row ? view.table().rows(0).row_id() : "");
  action.set_action_id(actions.Get(button % actions.size()).action_id());
  return ask(v1::METHOD_VIEW_ACTION, action);
}

void Person::expect_sound() {
  const auto health = parsed<v1::HealthReply>(session_.call(v1::METHOD_LIFECYCLE_HEALTH, "").bytes);
  require(!health.faulted() && health.contained_faults() == 0, "nothing inside the plugin broke");
  require(session_.host().open_streams() == 0, "every stream of the host is closed");
}

/// An account lies there as a draft, because nobody answered the person who typed it.
void Person::begin() {
  if (!begun_) {
    session_.end();
    session_.begin();
    begun_ = true;
    session_.host().chosen_file = {"datei.txt", "Text"};
    walk({});
  }
}

void Person::act(const Script& script) {
  begin();
  session_.host().lie(script.lies);
  walk(script);
  session_.host().lie({});
  expect_sound();
  begun_ = ++inputs_ % kInputsOfOnePlugin != 0;
}

void Person::walk(const Script& script) {
  static_cast<void>(
      session_.call(v1::METHOD_HOOK_SESSION_UNLOCKED, with_context<v1::SessionUnlockedRequest>().SerializeAsString()));
  auto invoke = with_context<v1::InvokeRequest>();
  invoke.mutable_context()->set_document_id("d1");
  invoke.mutable_context()->set_patient_id("p1");
  invoke.set_command_id(kCommands[script.command]);
  std::optional<v1::ActionReply> shown = ask(v1::METHOD_COMMAND_INVOKE, invoke);
  for (std::size_t i = 0; i < kSteps && shown && shown->has_view(); ++i) {
    shown = press(shown->view(), script.buttons[i]);
  }
  static_cast<void>(
      session_.call(v1::METHOD_HOOK_SESSION_LOCKED, with_context<v1::SessionLockedRequest>().SerializeAsString()));
}

template <class Reply>
std::string bytes_of(const Reply& reply) {
  return reply.SerializeAsString();
}

}  // namespace

void host_answers(std::string_view input) {
  static Person person;
  person.act(script_of(input));
}

std::vector<std::string> host_answers_seeds() {
  v1::UserCurrentReply user;
  user.mutable_current()->mutable_user()->set_display_name("Dr. Nora Nord");
  user.mutable_current()->mutable_practice()->add_sites()->set_bsnr("999999900");
  user.mutable_current()->set_locale("en");
  v1::UserListReply users;
  users.add_users()->set_user_id("anna");
  users.add_users()->set_user_id("\xc3\xbc");
  v1::PatientCurrentReply patient;
  patient.mutable_patient()->set_birth_date("1970-02-30");
  patient.mutable_patient()->set_kvnr("X110411675");
  v1::KeySealReply sealed;
  sealed.set_sealed("x");
  v1::KeyUnsealReply unsealed;
  unsealed.mutable_plaintext()->set_value("x");
  v1::FileChooseReply chosen;
  auto& file = *chosen.mutable_files()->add_file();
  file.set_name("../../x.p12");
  file.set_stream_id(4711);
  file.set_size(~0ULL);
  v1::FileCreateReply created;
  created.mutable_created()->set_stream_id(4711);
  v1::DocumentFetchReply document;
  document.mutable_document()->set_title("Brief");
  document.mutable_document()->mutable_content()->set_stream_id(4711);
  v1::AuditReply refused;
  refused.mutable_error()->set_code("host.denied");
  const std::string lies = frame(v1::METHOD_HOST_USER_CURRENT, 1, PVS_OK, bytes_of(user)) +
                           frame(v1::METHOD_HOST_USER_LIST, 2, PVS_OK, bytes_of(users)) +
                           frame(v1::METHOD_HOST_PATIENT_CURRENT, 1, PVS_OK, bytes_of(patient)) +
                           frame(v1::METHOD_HOST_DOCUMENT_FETCH, 1, PVS_OK, bytes_of(document)) +
                           frame(v1::METHOD_HOST_FILE_CHOOSE, 1, PVS_OK, bytes_of(chosen)) +
                           frame(v1::METHOD_HOST_FILE_CREATE, 1, PVS_OK, bytes_of(created)) +
                           frame(v1::METHOD_HOST_AUDIT, 1, PVS_OK, bytes_of(refused));
  const std::string custody = frame(v1::METHOD_HOST_KEY_SEAL, 1, PVS_OK, bytes_of(sealed)) +
                              frame(v1::METHOD_HOST_KEY_UNSEAL, 1, PVS_OK, bytes_of(unsealed)) +
                              frame(v1::METHOD_HOST_KEY_PUBLIC, 0, PVS_OK, "") +
                              frame(v1::METHOD_HOST_NOTIFY, 1, PVS_FAULTED, "\xff\xff");
  std::vector<std::string> seeds;
  for (std::size_t command = 0; command < kCommands.size(); ++command) {
    const std::string head{static_cast<char>(command), 0, 0, 1};
    seeds.push_back(head);
    seeds.push_back(head + lies);
    seeds.push_back(head + custody);
  }
  return seeds;
}

}  // namespace kvc::fuzz
