// SPDX-License-Identifier: Apache-2.0
// The host's layer against plugins that behave and plugins that do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <pvs/host.hpp>
#include <thread>

#include "unit/host_api/temp_dir.h"

namespace pvs {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// Remembers what happens.
class Recorder : public HostServices {
 public:
  [[nodiscard]] std::vector<std::string> offered() const override { return services; }
  pvs_status user_current(const PluginCall&, const v1::UserCurrentRequest&, v1::UserCurrentReply& reply) override {
    if (throws) {
      throw std::runtime_error("a mistake of the host");
    }
    reply.mutable_current()->mutable_user()->set_display_name("Probe");
    return PVS_OK;
  }
  void job_progress(std::uint64_t, std::int32_t, std::string_view) override { ++progress; }
  void job_ended(std::uint64_t job_id, const v1::ActionReply& outcome) override { ends.emplace_back(job_id, outcome); }
  void log(std::int32_t level, std::string_view, std::string_view text) override {
    const std::lock_guard lock(mutex);
    (level == PVS_LOG_PLUGIN_MISBEHAVING ? misbehaving : lines).emplace_back(text);
  }

  std::vector<std::string> services{"user_context",  "key_custody", "files",    "documents",
                                    "notifications", "audit",       "schedule", "storage"};
  bool throws = false;
  int progress = 0;
  std::vector<std::pair<std::uint64_t, v1::ActionReply>> ends;
  std::mutex mutex;
  std::vector<std::string> misbehaving;
  std::vector<std::string> lines;
};

fs::path fixture(const char* name) {
  return fs::path(PVS_FIXTURE_PLUGINS) / name;
}

class HostSdk : public testing::Test {
 protected:
  void load(const char* name) {
    LoadResult result = LoadedPlugin::load(fixture(name), host_, {"test", "1"});
    ASSERT_NE(result.plugin, nullptr) << result.reason;
    plugin_ = std::move(result.plugin);
    ASSERT_EQ(plugin_->start(v1::HelloRequest()), "");
  }
  ActionResult invoke(const std::string& command) {
    v1::InvokeRequest request;
    request.set_command_id(command);
    return plugin_->act(v1::METHOD_COMMAND_INVOKE, request);
  }
  void pump_until(const std::function<bool()>& done) {
    for (int i = 0; i < 500 && !done(); ++i) {
      plugin_->pump(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(done());
  }
  std::shared_ptr<Recorder> host_ = std::make_shared<Recorder>();
  std::unique_ptr<LoadedPlugin> plugin_;
};

// ---- loading ----

std::string refusal(const fs::path& directory, const std::shared_ptr<Recorder>& host = std::make_shared<Recorder>()) {
  const LoadResult result = LoadedPlugin::load(directory, host, {"test", "1"});
  EXPECT_EQ(result.plugin, nullptr);
  return result.reason;
}

TEST(Loading, ReasonsAreReadable) {
  EXPECT_THAT(refusal("/nowhere"), HasSubstr("cannot read /nowhere/manifest.json"));
  const auto poor = std::make_shared<Recorder>();
  poor->services = {"user_context"};
  EXPECT_THAT(refusal(fixture("friendly"), poor),
              HasSubstr("needs services that this host does not offer: key_custody"));
}

class ChangedFixture : public testing::Test {
 protected:
  ChangedFixture() {
    fs::copy(fixture("friendly") / "friendly.so", dir_.path() / "friendly.so");
    manifest_ = test::read_file(fixture("friendly") / "manifest.json");
  }
  std::string refusal_with(const std::string& from, const std::string& to) {
    std::string text = manifest_;
    EXPECT_NE(text.find(from), std::string::npos);
    text.replace(text.find(from), from.size(), to);
    test::write_file(dir_.path() / "manifest.json", text);
    return refusal(dir_.path());
  }
  test::TempDir dir_;
  std::string manifest_;
};

TEST_F(ChangedFixture, APluginThatIsNotItsManifestIsRefused) {
  EXPECT_THAT(refusal_with("\"version\": \"1.0.0\"", "\"version\": \"1.0.1\""),
              HasSubstr("version is 1.0.1 in the manifest, 1.0.0 in the plugin"));
  EXPECT_THAT(refusal_with("\"de\": \"hello\"", "\"de\": \"Hallo\""), HasSubstr("command fixture.hello"));
  EXPECT_THAT(refusal_with("\"threads\": 4", "\"threads\": 5"), HasSubstr("limits.threads"));
}

TEST_F(ChangedFixture, ATooNewMinorIsRefusedBeforeLoading) {
  EXPECT_THAT(refusal_with("\"min_minor\": 0", "\"min_minor\": 3"), HasSubstr("needs minor version 3"));
}

TEST_F(ChangedFixture, AWrongManifestIsRefusedWithItsKeys) {
  EXPECT_THAT(refusal_with("\"threads\": 4", "\"threads\": \"many\""), HasSubstr("limits.threads"));
  EXPECT_THAT(refusal_with("\"library\": \"friendly.so\"", "\"library\": \"../friendly.so\""), HasSubstr("library"));
  EXPECT_THAT(refusal_with("\"library\": \"friendly.so\"", "\"library\": \"missing.so\""),
              HasSubstr("cannot be loaded"));
}

TEST_F(ChangedFixture, CreateMayRefuse) {
  EXPECT_THAT(refusal_with("\"license\": \"Apache-2.0\"", "\"license\": \"refuse-me\""), HasSubstr("does not start"));
}

TEST_F(HostSdk, ASecondInstanceIsRefusedAndALaterOneIsNot) {
  load("friendly");
  EXPECT_THAT(refusal(fixture("friendly")), HasSubstr("not in the right state"));
  plugin_.reset();
  load("friendly");
}

TEST_F(HostSdk, WrongSettingsAreNamed) {
  LoadResult result = LoadedPlugin::load(fixture("friendly"), host_, {"test", "1"});
  ASSERT_NE(result.plugin, nullptr);
  v1::HelloRequest hello;
  hello.set_settings_json("bad");
  EXPECT_THAT(result.plugin->start(hello), HasSubstr("fetch.interval_minutes: Der Wert muss eine Zahl sein."));
  EXPECT_EQ(result.plugin->start(v1::HelloRequest()), "") << "better settings may follow";
}

// ---- calls ----

TEST_F(HostSdk, ACallGoesThroughTheHostAndBack) {
  load("friendly");
  const ActionResult result = invoke("fixture.hello");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.reply.done().text(), "Guten Tag, Probe");
  EXPECT_THAT(host_->misbehaving, IsEmpty());
}

TEST_F(HostSdk, AnExceptionOfTheHostBecomesAStatus) {
  load("friendly");
  host_->throws = true;
  EXPECT_EQ(invoke("fixture.hello").reply.error().code(), "PVS_INTERNAL");
}

TEST_F(HostSdk, ExceptionsAreContainedUntilTheLimit) {
  load("friendly");
  EXPECT_EQ(invoke("fixture.no_memory").status, PVS_NO_MEMORY);
  EXPECT_EQ(invoke("fixture.no_memory").status, PVS_NO_MEMORY);
  EXPECT_EQ(invoke("fixture.throw").status, PVS_INTERNAL);
  EXPECT_EQ(invoke("fixture.throw").status, PVS_INTERNAL);
  EXPECT_TRUE(invoke("fixture.hello").ok());
  EXPECT_EQ(invoke("fixture.throw").status, PVS_INTERNAL);
  EXPECT_EQ(invoke("fixture.hello").status, PVS_FAULTED);
  v1::HealthReply health;
  ASSERT_TRUE(plugin_->call(v1::METHOD_LIFECYCLE_HEALTH, v1::HealthRequest(), health).ok());
  EXPECT_TRUE(health.faulted());
  EXPECT_EQ(health.contained_faults(), 3U);
  EXPECT_EQ(plugin_->stop(std::chrono::seconds(5)), PVS_OK);
  for (const std::string& line : host_->lines) {
    EXPECT_THAT(line, testing::Not(HasSubstr("on purpose"))) << "the text of an exception may hold anything";
  }
}

TEST_F(HostSdk, WrongThreadAndAfterStop) {
  load("friendly");
  std::thread([&] { EXPECT_EQ(invoke("fixture.hello").status, PVS_WRONG_THREAD); }).join();
  EXPECT_EQ(plugin_->stop(std::chrono::seconds(5)), PVS_OK);
  EXPECT_EQ(invoke("fixture.hello").status, PVS_INVALID_STATE);
  EXPECT_EQ(plugin_->stop(std::chrono::seconds(5)), PVS_OK);
}

TEST_F(HostSdk, TooLargeRequestsDoNotLeave) {
  load("friendly");
  EXPECT_EQ(invoke(std::string(PVS_MAX_MESSAGE + 1U, 'x')).status, PVS_TOO_LARGE);
  EXPECT_EQ(invoke(std::string(PVS_MAX_MESSAGE - 100U, 'x')).status, PVS_OK);
}

TEST_F(HostSdk, TokensComeBackOnTheMainThread) {
  load("friendly");
  ASSERT_TRUE(invoke("fixture.post").ok());
  v1::HealthReply health;
  EXPECT_TRUE(plugin_->call(v1::METHOD_LIFECYCLE_HEALTH, v1::HealthRequest(), health).ok());
  EXPECT_EQ(health.running_jobs(), 0U) << "never inside post_to_main";
  plugin_->pump();
  EXPECT_TRUE(plugin_->call(v1::METHOD_LIFECYCLE_HEALTH, v1::HealthRequest(), health).ok());
  EXPECT_EQ(health.running_jobs(), 35U);
  EXPECT_EQ(health.contained_faults(), 1U) << "token 7 throws";
}

// ---- jobs ----

TEST_F(HostSdk, AJobReportsAndEndsOnce) {
  load("friendly");
  const ActionResult result = invoke("fixture.job");
  ASSERT_TRUE(result.reply.has_accepted());
  EXPECT_EQ(plugin_->running_jobs().size(), 1U);
  pump_until([&] { return !host_->ends.empty(); });
  EXPECT_EQ(host_->ends.size(), 1U);
  EXPECT_TRUE(host_->ends[0].second.has_view());
  EXPECT_THAT(plugin_->running_jobs(), IsEmpty());
  EXPECT_GT(host_->progress, 0);
  EXPECT_LE(host_->progress, 11) << "at most ten a second";
  EXPECT_THAT(host_->misbehaving, IsEmpty());
}

TEST_F(HostSdk, AJobCanBeCancelled) {
  load("friendly");
  const std::uint64_t job = invoke("fixture.job").reply.accepted().job_id();
  EXPECT_TRUE(plugin_->cancel_job(job));
  EXPECT_FALSE(plugin_->cancel_job(job + 1));
  pump_until([&] { return !host_->ends.empty(); });
  EXPECT_EQ(host_->ends[0].second.error().code(), "cancelled.by_user");
}

TEST_F(HostSdk, StoppingEndsRunningJobs) {
  load("friendly");
  ASSERT_TRUE(invoke("fixture.job").ok());
  EXPECT_EQ(plugin_->stop(std::chrono::seconds(5)), PVS_OK);
  ASSERT_EQ(host_->ends.size(), 1U);
  EXPECT_EQ(host_->ends[0].second.error().code(), "cancelled.by_user");
}

// ---- misbehaviour ----

class Hostile : public HostSdk {
 protected:
  void SetUp() override { load("hostile"); }
};

TEST_F(Hostile, AnswersTwice) {
  EXPECT_TRUE(invoke("twice").ok());
  EXPECT_THAT(host_->misbehaving, Contains(HasSubstr("answered a call twice")));
}

TEST_F(Hostile, AnswersLate) {
  EXPECT_TRUE(invoke("late").ok());
  EXPECT_TRUE(invoke("late").ok());
  EXPECT_THAT(host_->misbehaving, Contains(HasSubstr("after its call had ended")));
}

TEST_F(Hostile, AnswersOnAnotherThread) {
  EXPECT_EQ(invoke("thread").status, PVS_INTERNAL);
  EXPECT_THAT(host_->misbehaving, Contains(HasSubstr("on another thread")));
}

TEST_F(Hostile, AnswersTooMuch) {
  EXPECT_EQ(invoke("large").status, PVS_TOO_LARGE);
  EXPECT_EQ(invoke("null").status, PVS_BAD_REQUEST);
}

TEST_F(Hostile, AnswersNonsense) {
  EXPECT_EQ(invoke("garbage").status, PVS_INTERNAL);
  EXPECT_EQ(invoke("status").status, PVS_INTERNAL);
  EXPECT_EQ(invoke("silent").status, PVS_INTERNAL);
}

TEST_F(Hostile, NeverEndsItsJob) {
  ASSERT_TRUE(invoke("job").ok());
  EXPECT_EQ(plugin_->stop(std::chrono::seconds(1)), PVS_OK);
  ASSERT_EQ(host_->ends.size(), 1U);
  EXPECT_TRUE(host_->ends[0].second.has_error());
  EXPECT_THAT(host_->misbehaving, Contains(HasSubstr("job 5 did not end")));
}

TEST_F(Hostile, EndsItsJobTwice) {
  ASSERT_TRUE(invoke("job").ok());
  EXPECT_EQ(invoke("end").status, PVS_OK);
  EXPECT_EQ(invoke("end").status, PVS_INVALID_STATE);
  plugin_->pump();
  EXPECT_EQ(host_->ends.size(), 1U);
  EXPECT_THAT(host_->misbehaving, Contains(HasSubstr("ended twice")));
}

TEST_F(Hostile, EndsAJobNobodyAccepted) {
  EXPECT_TRUE(invoke("strange_end").ok());
  plugin_->pump();
  EXPECT_THAT(host_->ends, IsEmpty());
  EXPECT_THAT(host_->misbehaving, Contains(HasSubstr("never accepted")));
}

TEST_F(Hostile, EndsAJobAsAccepted) {
  ASSERT_TRUE(invoke("again").ok());
  EXPECT_TRUE(invoke("accepted_end").ok());
  plugin_->pump();
  ASSERT_EQ(host_->ends.size(), 1U);
  EXPECT_TRUE(host_->ends[0].second.has_error());
}

TEST_F(Hostile, CallsWhatItMustNot) {
  EXPECT_EQ(invoke("not_granted").status, PVS_DENIED);
  EXPECT_EQ(invoke("null_header").status, PVS_BAD_REQUEST);
  EXPECT_EQ(invoke("huge_request").status, PVS_TOO_LARGE);
  EXPECT_EQ(invoke("stream").status, PVS_WRONG_THREAD);
}

TEST_F(Hostile, FloodsTheMainThread) {
  EXPECT_TRUE(invoke("flood").ok());
  EXPECT_EQ(plugin_->pump(), 65536U);
}

TEST_F(Hostile, CallsAfterItsEnd) {
  EXPECT_EQ(plugin_->stop(std::chrono::seconds(1)), PVS_OK);
  plugin_.reset();  // destroy() calls the host
}

}  // namespace
}  // namespace pvs
