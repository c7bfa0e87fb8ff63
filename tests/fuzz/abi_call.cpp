// SPDX-License-Identifier: Apache-2.0
// What a broken or hostile practice system may call: any method with any bytes, in any order. An input is a row of
// calls, each
//   2 bytes method | 2 bytes length | that many bytes (numbers the little end first)
// and where a request holds kViewId, the id of the view that came last stands in its place, so that input that was
// written today finds its way through views whose ids are new in every run.
#include <algorithm>
#include <cstdint>

#include "fuzz/plugin_session.h"
#include "fuzz/target.h"

namespace kvc::fuzz {
namespace {

namespace v1 = pvs::v1;

constexpr std::string_view kViewId = "VVVVVVVV-VVVV-VVVV-VVVV-VVVVVVVVVVVV";
constexpr std::size_t kMostCalls = 32;

/// The plugin, and the view it showed last.
class Calls {
 public:
  void begin() { session_.begin(); }
  void call(std::uint32_t method, std::string request);
  /// An input that quiesced the plugin left nothing to call.
  void renew_if_over();

 private:
  PluginSession& session_ = PluginSession::instance();
  std::string view_id_;
};

void Calls::renew_if_over() {
  auto request = with_context<v1::InvokeRequest>();
  request.set_command_id("kvconnect.account.new");
  if (session_.call(v1::METHOD_COMMAND_INVOKE, request.SerializeAsString()).status == PVS_INVALID_STATE) {
    session_.end();
  }
}

void Calls::call(std::uint32_t method, std::string request) {
  for (auto at = request.find(kViewId); at != std::string::npos && !view_id_.empty(); at = request.find(kViewId)) {
    request.replace(at, kViewId.size(), view_id_);
  }
  const auto answer = session_.call(method, request);
  if (answer.status != PVS_OK) {
    return;
  }
  if (method == v1::METHOD_LIFECYCLE_HELLO) {
    static_cast<void>(parsed<v1::HelloReply>(answer.bytes));
  } else if ((method >= 201 && method <= 304) || (method >= 404 && method <= 406)) {
    const auto reply = parsed<v1::ActionReply>(answer.bytes);
    check_reply(reply);
    if (reply.has_view()) {
      view_id_ = reply.view().view_id();
      view_id_.resize(kViewId.size(), '-');
    }
  } else if (method >= 401 && method <= 403) {
    const auto reply = parsed<v1::HookReply>(answer.bytes);
    if (reply.has_error()) {
      check_error(reply.error());
    }
  }
}

std::string frame(std::uint32_t method, const std::string& request) {
  std::string bytes;
  for (const std::uint32_t number : {method, static_cast<std::uint32_t>(request.size())}) {
    bytes += static_cast<char>(number & 0xFFU);
    bytes += static_cast<char>((number >> 8U) & 0xFFU);
  }
  return bytes + request;
}

void add_value(google::protobuf::RepeatedPtrField<v1::NamedValue>& values, const char* name, const char* text) {
  auto& value = *values.Add();
  value.set_name(name);
  value.mutable_value()->set_text(text);
}

}  // namespace

void abi_call(std::string_view input) {
  static Calls session;
  session.begin();
  for (std::size_t calls = 0; calls < kMostCalls && input.size() >= 4; ++calls) {
    const auto number = [&](std::size_t at) {
      return static_cast<std::uint32_t>(static_cast<unsigned char>(input[at])) |
             static_cast<std::uint32_t>(static_cast<unsigned char>(input[at + 1])) << 8U;
    };
    const std::size_t size = std::min<std::size_t>(number(2), input.size() - 4);
    session.call(number(0), std::string(input.substr(4, size)));
    input.remove_prefix(4 + size);
  }
  session.renew_if_over();
}

std::vector<std::string> abi_call_seeds() {
  std::vector<std::string> seeds;
  for (const char* command :
       {"kvconnect.apply", "kvconnect.accounts", "kvconnect.account.new", "kvconnect.inbox", "kvconnect.outbox",
        "kvconnect.fetch", "kvconnect.compose.enachricht", "kvconnect.compose.earztbrief", "kvconnect.compose.1click",
        "kvconnect.compose.edoku", "kvconnect.addressbook", "kvconnect.archive.import", "kvconnect.doctor"}) {
    auto invoke = with_context<v1::InvokeRequest>();
    invoke.set_command_id(command);
    auto submit = with_context<v1::SubmitRequest>();
    submit.set_view_id(std::string(kViewId));
    submit.set_action_id("check");
    for (const char* field : {"username", "password", "recipient", "subject", "text", "quarter", "search"}) {
      add_value(*submit.mutable_values(), field, "Text");
    }
    auto action = with_context<v1::ViewActionRequest>();
    action.set_view_id(std::string(kViewId));
    action.set_action_id("refresh");
    add_value(*action.mutable_values(), "page", "1");
    auto suggest = with_context<v1::SuggestRequest>();
    suggest.set_view_id(std::string(kViewId));
    suggest.set_field("recipient");
    suggest.set_text("mus");
    add_value(*suggest.mutable_values(), "account", "Konto");
    auto close = with_context<v1::ViewCloseRequest>();
    close.set_view_id(std::string(kViewId));
    seeds.push_back(frame(v1::METHOD_COMMAND_INVOKE, invoke.SerializeAsString()) +
                    frame(v1::METHOD_FORM_SUBMIT, submit.SerializeAsString()) +
                    frame(v1::METHOD_VIEW_ACTION, action.SerializeAsString()) +
                    frame(v1::METHOD_FORM_SUGGEST, suggest.SerializeAsString()) +
                    frame(v1::METHOD_VIEW_CLOSE, close.SerializeAsString()));
  }
  const std::string unlocked = with_context<v1::SessionUnlockedRequest>().SerializeAsString();
  v1::ScheduleFiredRequest fired;
  fired.set_schedule_id("kvconnect.fetch");
  v1::JobQueryRequest query;
  query.set_job_id(1);
  auto released = with_context<v1::DocumentReleasedRequest>();
  released.set_title("Brief");
  seeds.push_back(
      frame(v1::METHOD_HOOK_SESSION_UNLOCKED, unlocked) + frame(v1::METHOD_HOOK_PATIENT_SELECTED, unlocked) +
      frame(v1::METHOD_HOOK_DOCUMENT_RELEASED, released.SerializeAsString()) +
      frame(v1::METHOD_HOOK_BILLING_READY, with_context<v1::BillingReadyRequest>().SerializeAsString()) +
      frame(v1::METHOD_HOOK_SCHEDULE_FIRED, fired.SerializeAsString()) +
      frame(v1::METHOD_JOB_QUERY, query.SerializeAsString()) + frame(v1::METHOD_JOB_CANCEL, query.SerializeAsString()) +
      frame(v1::METHOD_HOOK_SESSION_LOCKED, unlocked));
  v1::HelloRequest hello;
  hello.set_locale("en");
  hello.set_settings_json(R"({"fetch": {"interval_minutes": "oft"}})");
  seeds.push_back(frame(v1::METHOD_LIFECYCLE_HELLO, hello.SerializeAsString()) +
                  frame(v1::METHOD_LIFECYCLE_HEALTH, "") + frame(v1::METHOD_LIFECYCLE_QUIESCE, "") +
                  frame(v1::METHOD_COMMAND_INVOKE, "\xff\xff"));
  return seeds;
}

}  // namespace kvc::fuzz
