// SPDX-License-Identifier: Apache-2.0
// The plugin through its C table, with a host in the same process.
#include "instance/instance.h"

#include <gmock/gmock.h>

#include <thread>

#include "jobs/job_runner.h"
#include "unit/plugin/fake_host.h"
#include "unit/plugin/manifest_file.h"

namespace kvc::plugin {
namespace {

namespace v1 = pvs::v1;
using test::FakeHost;
using testing::Contains;
using testing::HasSubstr;

const std::vector<std::string> kServices{"user_context", "key_custody", "storage", "files",
                                         "progress",     "audit",       "schedule"};

class InstanceTest : public testing::Test {
 protected:
  void SetUp() override {
    plugin_ = pvs::plugin_entry(kPlugin, PVS_ABI_MINOR);
    ASSERT_NE(plugin_, nullptr);
    ASSERT_EQ(plugin_->create(host_.table(), host_.context(), pvs::borrow(manifest_), &instance_), PVS_OK)
        << host_.log();
  }
  void TearDown() override {
    if (instance_ != nullptr) {
      EXPECT_EQ(plugin_->stop(instance_, 20000), PVS_OK);
      plugin_->destroy(instance_);
    }
  }

  static pvs_status PVS_CALL take(void* sink, pvs_bytes payload) {
    *static_cast<std::string*>(sink) = std::string(pvs::view(payload));
    return PVS_OK;
  }
  pvs_status call_bytes(std::uint32_t method, std::string_view request, std::string& reply) {
    pvs_call_header header{};
    header.struct_size = sizeof header;
    header.method = method;
    header.call_id = ++last_call_;
    return plugin_->call(instance_, &header, pvs::borrow(request), &InstanceTest::take, &reply);
  }
  template <class Reply>
  Reply call(v1::Method method, const google::protobuf::MessageLite& request, pvs_status expected = PVS_OK) {
    std::string bytes;
    EXPECT_EQ(call_bytes(static_cast<std::uint32_t>(method), request.SerializeAsString(), bytes), expected);
    Reply reply;
    EXPECT_TRUE(reply.ParseFromString(bytes));
    return reply;
  }

  v1::HelloReply hello(const std::string& settings = R"({"fetch": {"interval_minutes": 10}})",
                       std::vector<std::string> services = kServices) {
    v1::HelloRequest request;
    request.set_locale("de-DE");
    request.set_settings_json(settings);
    request.set_settings_directory(host_.directory().string());
    for (auto& service : services) {
      request.add_services(std::move(service));
    }
    return call<v1::HelloReply>(v1::METHOD_LIFECYCLE_HELLO, request);
  }
  void start() {
    ASSERT_TRUE(hello().has_description());
    EXPECT_FALSE(call<v1::ActivateReply>(v1::METHOD_LIFECYCLE_ACTIVATE, v1::ActivateRequest()).has_error());
  }
  void fill(v1::Context& context, const Who& who) {
    context.set_session_id(who.session_id);
    context.set_user_id(who.user_id);
  }
  v1::ActionReply invoke(const std::string& command, const Who& who) {
    v1::InvokeRequest request;
    request.set_command_id(command);
    fill(*request.mutable_context(), who);
    return settle(call<v1::ActionReply>(v1::METHOD_COMMAND_INVOKE, request));
  }
  v1::ActionReply act(const std::string& view, const std::string& action, const Who& who, const std::string& row = {}) {
    v1::ViewActionRequest request;
    request.set_view_id(view);
    request.set_action_id(action);
    request.set_row_id(row);
    fill(*request.mutable_context(), who);
    return settle(call<v1::ActionReply>(v1::METHOD_VIEW_ACTION, request));
  }
  v1::ActionReply settle(const v1::ActionReply& reply) {
    if (!reply.has_accepted()) {
      return reply;
    }
    EXPECT_FALSE(reply.accepted().text().empty());
    v1::ActionReply outcome = host_.wait_job(reply.accepted().job_id());
    EXPECT_FALSE(outcome.has_accepted());
    return outcome;
  }

  FakeHost host_;
  const std::string manifest_ = test::manifest_file();
  const pvs_plugin_v1* plugin_ = nullptr;
  pvs_instance* instance_ = nullptr;
  std::uint64_t last_call_ = 0;
  const Who anna_{"s1", "anna"};
  const Who ben_{"s2", "ben"};
};

TEST_F(InstanceTest, GreetsAndSetsItsSchedule) {
  const v1::HelloReply reply = hello();
  ASSERT_TRUE(reply.has_description());
  EXPECT_THAT(reply.services_used(), Contains("audit"));
  EXPECT_THAT(reply.services_used(), testing::Not(Contains("notifications")));
  EXPECT_TRUE(host_.schedules().empty());
  static_cast<void>(call<v1::ActivateReply>(v1::METHOD_LIFECYCLE_ACTIVATE, v1::ActivateRequest()));
  static_cast<void>(call<v1::ActivateReply>(v1::METHOD_LIFECYCLE_ACTIVATE, v1::ActivateRequest()));
  EXPECT_THAT(host_.schedules(),
              testing::UnorderedElementsAre("kvconnect.fetch 600000", "kvconnect.addressbook 3600000"));
}

TEST_F(InstanceTest, TellsAllWrongSettingsAtOnceWithTheirKeys) {
  const v1::HelloReply reply = hello(
      R"({"environments": [{"id": "a b", "name": "x", "base_url": "http://x/", "mail_domain": "kv-safenet.de"}],
          "fetch": {"interval_minutes": "often"}, "renewal_hint_days": -5})");
  ASSERT_TRUE(reply.has_errors());
  std::map<std::string, std::string> by_field;
  for (const auto& error : reply.errors().error()) {
    EXPECT_EQ(error.code(), "usage.invalid_settings");
    EXPECT_EQ(error.text().find('{'), std::string::npos) << error.text();
    by_field[error.field()] = error.text();
  }
  EXPECT_THAT(by_field, Contains(testing::Key("environments[0].base_url")));
  EXPECT_THAT(by_field, Contains(testing::Key("environments[0].id")));
  EXPECT_THAT(by_field, Contains(testing::Key("fetch.interval_minutes")));
  EXPECT_THAT(by_field, Contains(testing::Key("renewal_hint_days")));
  EXPECT_THAT(by_field["environments[0].base_url"], HasSubstr("https://"));
  // Better settings, and it goes on.
  EXPECT_TRUE(hello().has_description());
}

TEST_F(InstanceTest, GarbageSettingsAreRefused) {
  for (const char* settings : {"{", "[]", "7", "\xff", "{\"environments\": {}}"}) {
    EXPECT_TRUE(hello(settings).has_errors()) << settings;
  }
}

TEST_F(InstanceTest, NamesTheServiceTheHostLacks) {
  const v1::HelloReply reply = hello("{}", {"user_context", "storage", "files", "progress"});
  ASSERT_EQ(reply.errors().error_size(), 1);
  EXPECT_EQ(reply.errors().error(0).code(), "host.missing_service");
  EXPECT_THAT(reply.errors().error(0).text(), HasSubstr("Schlüsselverwahrung"));
}

TEST_F(InstanceTest, DoesNothingBeforeItIsActive) {
  std::string reply;
  EXPECT_EQ(call_bytes(v1::METHOD_COMMAND_INVOKE, "", reply), PVS_INVALID_STATE);
  EXPECT_EQ(call_bytes(v1::METHOD_LIFECYCLE_ACTIVATE, "", reply), PVS_INVALID_STATE);
  hello();
  EXPECT_EQ(call_bytes(v1::METHOD_COMMAND_INVOKE, "", reply), PVS_INVALID_STATE);
}

TEST_F(InstanceTest, AnswersUnknownMethodsAndGarbageWithAStatus) {
  start();
  std::string reply;
  for (const std::uint32_t method : {0U, 100U, 203U, 403U, 1101U, 4000000000U}) {
    EXPECT_EQ(call_bytes(method, "", reply), PVS_UNSUPPORTED_METHOD) << method;
  }
  const std::string garbage = "\x0a\xff\xff\xff\xff\x0f garbage";
  for (const std::uint32_t method :
       {102U, 103U, 201U, 301U, 302U, 303U, 304U, 401U, 402U, 404U, 405U, 406U, 501U, 502U}) {
    EXPECT_EQ(call_bytes(method, garbage, reply), PVS_BAD_REQUEST) << method;
  }
}

TEST_F(InstanceTest, RefusesAnotherThread) {
  start();
  pvs_status status = PVS_OK;
  std::thread([&] {
    std::string reply;
    status = call_bytes(v1::METHOD_COMMAND_INVOKE, "", reply);
  }).join();
  EXPECT_EQ(status, PVS_WRONG_THREAD);
}

TEST_F(InstanceTest, RefusesAManifestThatIsNotItsOwn) {
  plugin_->stop(instance_, 1000);
  plugin_->destroy(instance_);
  instance_ = nullptr;
  std::string manifest = manifest_;
  manifest.replace(manifest.find("kvconnect.inbox"), 15, "kvconnect.index");
  pvs_instance* other = nullptr;
  EXPECT_EQ(plugin_->create(host_.table(), host_.context(), pvs::borrow(manifest), &other), PVS_BAD_REQUEST);
  EXPECT_EQ(other, nullptr);
  EXPECT_THAT(host_.log(), HasSubstr("kvconnect.index"));
  EXPECT_THAT(host_.log(), HasSubstr("kvconnect.inbox"));
}

TEST_F(InstanceTest, EveryCommandOfTheManifestAnswers) {
  start();
  const std::map<std::string, std::string> kinds{{"kvconnect.apply", "apply"},
                                                 {"kvconnect.accounts", "accounts"},
                                                 {"kvconnect.account.new", "account.new"},
                                                 {"kvconnect.inbox", "inbox"},
                                                 {"kvconnect.outbox", "outbox"},
                                                 {"kvconnect.fetch", "fetch.no_account"},
                                                 {"kvconnect.compose.enachricht", "compose.no_account"},
                                                 {"kvconnect.compose.earztbrief", "compose.no_patient"},
                                                 {"kvconnect.compose.1click", "compose.no_kvca"},
                                                 {"kvconnect.compose.edoku", "compose.no_kvca"},
                                                 {"kvconnect.addressbook", "addressbook"},
                                                 {"kvconnect.archive.import", "archive.import"},
                                                 {"kvconnect.doctor", "doctor"}};
  for (const std::string& id : command_ids()) {
    const v1::ActionReply reply = invoke(id, anna_);
    ASSERT_TRUE(reply.has_view()) << id << " " << reply.error().code() << " " << reply.error().detail();
    EXPECT_EQ(reply.view().kind(), kinds.at(id));
    EXPECT_FALSE(reply.view().title().empty());
    EXPECT_FALSE(reply.view().view_id().empty());
    EXPECT_GE(reply.view().actions_size(), 1);
  }
}

TEST_F(InstanceTest, AReleasedDocumentWithoutAnAccountLeavesNoStreamOpen) {
  start();
  host_.documents["d1"] = {"Brief", "application/pdf", "%PDF-1.4 %%EOF", v1::Patient()};
  v1::DocumentReleasedRequest request;
  fill(*request.mutable_context(), anna_);
  request.mutable_context()->set_document_id("d1");
  const auto reply = settle(call<v1::ActionReply>(v1::METHOD_HOOK_DOCUMENT_RELEASED, request));
  EXPECT_EQ(reply.view().kind(), "compose.no_account");
  request.mutable_context()->set_document_id("no such document");
  host_.patient = v1::Patient();
  const auto unknown = settle(call<v1::ActionReply>(v1::METHOD_HOOK_DOCUMENT_RELEASED, request));
  EXPECT_EQ(unknown.error().code(), "host.refused");
  request.mutable_context()->clear_user_id();
  EXPECT_EQ(settle(call<v1::ActionReply>(v1::METHOD_HOOK_DOCUMENT_RELEASED, request)).error().code(),
            "host.session_locked");
  EXPECT_EQ(host_.open_streams(), 0U);
}

TEST_F(InstanceTest, AReadyBillingWithoutKvcaFileLeavesNoStreamOpen) {
  start();
  v1::BillingReadyRequest request;
  fill(*request.mutable_context(), anna_);
  request.set_quarter("2026Q1");
  request.add_files()->set_stream_id(host_.open_stream("x"));
  const auto reply = settle(call<v1::ActionReply>(v1::METHOD_HOOK_BILLING_READY, request));
  EXPECT_EQ(reply.view().kind(), "compose.no_kvca");
  EXPECT_EQ(host_.open_streams(), 0U);
  // Garbage instead of a message is refused at the door.
  std::string answer;
  EXPECT_EQ(call_bytes(v1::METHOD_HOOK_BILLING_READY, "\xff\xff\xff", answer), PVS_BAD_REQUEST);
  EXPECT_EQ(call_bytes(v1::METHOD_HOOK_DOCUMENT_RELEASED, "\xff\xff\xff", answer), PVS_BAD_REQUEST);
}

TEST_F(InstanceTest, AnswersInTheLanguageOfTheSession) {
  start();
  host_.locale = "en-GB";
  EXPECT_EQ(invoke("kvconnect.accounts", anna_).view().title(), "User accounts");
  host_.locale = "de-DE";
  EXPECT_EQ(invoke("kvconnect.accounts", ben_).view().title(), "Benutzerkonten");
}

TEST_F(InstanceTest, AnUnknownCommandOrActionIsAnErrorOfTheSubject) {
  start();
  EXPECT_EQ(invoke("kvconnect.no_such", anna_).error().code(), "usage.bad_request");
  const std::string view = invoke("kvconnect.accounts", anna_).view().view_id();
  EXPECT_EQ(act(view, "explode", anna_).error().code(), "usage.bad_request");
  EXPECT_EQ(act(view, "open", anna_, "no such account").error().code(), "usage.not_found");
  EXPECT_EQ(invoke("kvconnect.accounts", Who{}).error().code(), "host.session_locked");
}

TEST_F(InstanceTest, AViewIsClosedToOtherSessions) {
  start();
  const std::string view = invoke("kvconnect.accounts", anna_).view().view_id();
  EXPECT_EQ(act(view, "refresh", ben_).error().code(), "usage.view_closed");
  EXPECT_EQ(act(view, "refresh", Who{"s2", "anna"}).error().code(), "usage.view_closed");
  EXPECT_EQ(act(view, "refresh", anna_).view().view_id(), view);
  v1::ViewCloseRequest close;
  close.set_view_id(view);
  fill(*close.mutable_context(), ben_);
  static_cast<void>(call<v1::ActionReply>(v1::METHOD_VIEW_CLOSE, close));
  EXPECT_TRUE(act(view, "refresh", anna_).has_view());
  fill(*close.mutable_context(), anna_);
  static_cast<void>(call<v1::ActionReply>(v1::METHOD_VIEW_CLOSE, close));
  EXPECT_EQ(act(view, "refresh", anna_).error().code(), "usage.view_closed");
}

TEST_F(InstanceTest, SuggestsOnlyForTheOwnViewAndAFieldThatHasSuggestions) {
  start();
  v1::SuggestRequest request;
  request.set_view_id(invoke("kvconnect.addressbook", anna_).view().view_id());
  request.set_field("search");
  request.set_text("mus");
  fill(*request.mutable_context(), anna_);
  EXPECT_EQ(call<v1::ActionReply>(v1::METHOD_FORM_SUGGEST, request).error().code(), "usage.bad_request");
  fill(*request.mutable_context(), ben_);
  EXPECT_EQ(call<v1::ActionReply>(v1::METHOD_FORM_SUGGEST, request).error().code(), "usage.view_closed");
  request.set_view_id("no such view");
  EXPECT_EQ(call<v1::ActionReply>(v1::METHOD_FORM_SUGGEST, request).error().code(), "usage.view_closed");
}

TEST_F(InstanceTest, LockingClosesTheViewsOfTheSession) {
  start();
  const std::string mine = invoke("kvconnect.accounts", anna_).view().view_id();
  const std::string others = invoke("kvconnect.accounts", ben_).view().view_id();
  v1::SessionLockedRequest locked;
  fill(*locked.mutable_context(), anna_);
  static_cast<void>(call<v1::HookReply>(v1::METHOD_HOOK_SESSION_LOCKED, locked));
  EXPECT_EQ(act(mine, "refresh", anna_).error().code(), "usage.view_closed");
  EXPECT_TRUE(act(others, "refresh", ben_).has_view());
}

TEST_F(InstanceTest, TheScheduleRunsForTheUserItFiredFor) {
  start();
  v1::ScheduleFiredRequest fired;
  fired.set_schedule_id("kvconnect.fetch");
  EXPECT_TRUE(call<v1::ActionReply>(v1::METHOD_HOOK_SCHEDULE_FIRED, fired).has_done());
  fill(*fired.mutable_context(), anna_);
  EXPECT_TRUE(settle(call<v1::ActionReply>(v1::METHOD_HOOK_SCHEDULE_FIRED, fired)).has_done());
  // The address book needs nobody: an old one is refreshed, and where none was fetched no server is asked.
  v1::ScheduleFiredRequest book;
  book.set_schedule_id("kvconnect.addressbook");
  EXPECT_TRUE(settle(call<v1::ActionReply>(v1::METHOD_HOOK_SCHEDULE_FIRED, book)).has_done());
  fired.set_schedule_id("other");
  EXPECT_TRUE(call<v1::ActionReply>(v1::METHOD_HOOK_SCHEDULE_FIRED, fired).has_error());
}

TEST_F(InstanceTest, JobsAreKnownUntilLongAfterTheirEnd) {
  start();
  v1::InvokeRequest request;
  request.set_command_id("kvconnect.accounts");
  fill(*request.mutable_context(), anna_);
  const auto accepted = call<v1::ActionReply>(v1::METHOD_COMMAND_INVOKE, request);
  const std::uint64_t job = accepted.accepted().job_id();
  host_.wait_job(job);
  v1::JobQueryRequest query;
  query.set_job_id(job);
  EXPECT_EQ(call<v1::JobQueryReply>(v1::METHOD_JOB_QUERY, query).state(), v1::JobQueryReply::STATE_ENDED);
  v1::JobCancelRequest cancel;
  cancel.set_job_id(job);
  EXPECT_FALSE(call<v1::JobCancelReply>(v1::METHOD_JOB_CANCEL, cancel).known());
  EXPECT_EQ(host_.ends(job), 1);
}

TEST_F(InstanceTest, AHostThatRefusesTheDirectoryGivesAnErrorAndNotACrash) {
  start();
  host_.denied.insert(v1::METHOD_HOST_STORAGE_DIRECTORIES);
  EXPECT_EQ(invoke("kvconnect.accounts", anna_).error().code(), "host.refused");
  host_.denied.clear();
  EXPECT_TRUE(invoke("kvconnect.accounts", anna_).has_view());
}

TEST_F(InstanceTest, StopEndsWhatRunsAndTheHostHearsOfEveryEnd) {
  start();
  std::vector<std::uint64_t> jobs;
  for (int i = 0; i < 20; ++i) {
    v1::InvokeRequest request;
    request.set_command_id("kvconnect.inbox");
    fill(*request.mutable_context(), anna_);
    jobs.push_back(call<v1::ActionReply>(v1::METHOD_COMMAND_INVOKE, request).accepted().job_id());
  }
  EXPECT_EQ(plugin_->stop(instance_, 20000), PVS_OK);
  for (const std::uint64_t job : jobs) {
    EXPECT_EQ(host_.ends(job), 1);
  }
  std::string reply;
  EXPECT_EQ(call_bytes(v1::METHOD_COMMAND_INVOKE, "", reply), PVS_INVALID_STATE);
}

TEST_F(InstanceTest, TwoHundredTasksAtOnceAllEnd) {
  start();
  std::vector<std::uint64_t> jobs;
  for (int i = 0; i < 200; ++i) {
    v1::InvokeRequest request;
    request.set_command_id(i % 2 == 0 ? "kvconnect.accounts" : "kvconnect.outbox");
    fill(*request.mutable_context(), i % 3 == 0 ? anna_ : ben_);
    jobs.push_back(call<v1::ActionReply>(v1::METHOD_COMMAND_INVOKE, request).accepted().job_id());
  }
  for (const std::uint64_t job : jobs) {
    EXPECT_TRUE(host_.wait_job(job).has_view());
    EXPECT_EQ(host_.ends(job), 1);
  }
}

// A host that never comes back from a call has the plugin's threads; it gets no more of them, no memory without end,
// its main thread is served on, and stop() says what is the case.
TEST_F(InstanceTest, AHostThatNeverAnswersIsBoundedAndToldSo) {
  start();
  host_.silent.insert(v1::METHOD_HOST_STORAGE_DIRECTORIES);
  std::vector<std::uint64_t> jobs;
  int refused = 0;
  for (std::size_t i = 0; i < JobRunner::kMostJobs + 20; ++i) {
    v1::InvokeRequest request;
    request.set_command_id("kvconnect.inbox");
    fill(*request.mutable_context(), anna_);
    const auto reply = call<v1::ActionReply>(v1::METHOD_COMMAND_INVOKE, request);
    if (reply.has_accepted()) {
      jobs.push_back(reply.accepted().job_id());
    } else {
      EXPECT_EQ(reply.error().code(), "usage.too_many_jobs");
      EXPECT_THAT(reply.error().text(), testing::HasSubstr("nichts verloren"));
      ++refused;
    }
  }
  EXPECT_EQ(jobs.size(), JobRunner::kMostJobs);
  EXPECT_EQ(refused, 20);
  const auto health = call<v1::HealthReply>(v1::METHOD_LIFECYCLE_HEALTH, v1::HealthRequest());
  EXPECT_EQ(health.running_jobs(), JobRunner::kMostJobs);
  EXPECT_LE(health.threads(), 4U);
  EXPECT_TRUE(invoke("kvconnect.account.new", anna_).has_view()) << "what needs no thread still works";
  host_.wait_until_asked();
  EXPECT_EQ(plugin_->stop(instance_, 100), PVS_DEADLINE);
  host_.answer_again();
  EXPECT_EQ(plugin_->stop(instance_, 20000), PVS_OK);
  for (const std::uint64_t job : jobs) {
    EXPECT_EQ(host_.ends(job), 1);
  }
}

TEST_F(InstanceTest, FormsRefuseWrongFieldsWithoutAskingAnybody) {
  start();
  const v1::View form = invoke("kvconnect.account.new", anna_).view();
  // No environment is configured: the view says so and has no button that could not work.
  EXPECT_TRUE(form.has_notice());
  EXPECT_EQ(act(form.view_id(), "check", anna_).error().code(), "usage.bad_request");
}

}  // namespace
}  // namespace kvc::plugin
