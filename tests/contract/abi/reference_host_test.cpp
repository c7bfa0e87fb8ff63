// SPDX-License-Identifier: Apache-2.0
// pvs-host from the script to the plugin and back, in one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <sstream>

#include "reference_host/renderer.h"
#include "reference_host/runner.h"
#include "unit/host_api/temp_dir.h"

namespace pvs::host {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPractice = R"({"practice": {"id": "praxis-a", "name": "Praxis Probe"},
  "users": [{"id": "anna", "name": "Dr. Anna Probe", "roles": ["doctor"], "password": "kennwort eins"},
            {"id": "bert", "roles": ["assistant"], "password": "kennwort zwei"}],
  "patients": [{"id": "p1", "family_name": "Muster"}]})";

class ReferenceHost : public testing::Test {
 protected:
  void SetUp() override {
    test::write_file(dir_.path() / "brief.txt", "Inhalt des Briefs");
    services_ = std::make_shared<Services>(parse_practice(kPractice, dir_.path()), dir_.path() / "data");
    LoadResult loaded = LoadedPlugin::load(fs::path(PVS_FIXTURE_PLUGINS) / "friendly", services_, {"test", "1"});
    ASSERT_NE(loaded.plugin, nullptr) << loaded.reason;
    plugin_ = std::move(loaded.plugin);
    ASSERT_EQ(plugin_->start(v1::HelloRequest()), "");
  }
  /// Empty if the script went through, else what was wrong.
  std::string run(const std::string& script) {
    JsonLinesRenderer renderer(out_, people_);
    try {
      Runner(*plugin_, *services_, renderer, dir_.path(), abort_).run(parse_script(script));
      return "";
    } catch (const StepFailed& e) {
      return std::string("failed: ") + e.what();
    } catch (const InputError& e) {
      return std::string("input: ") + e.what();
    } catch (const Aborted& e) {
      return std::string("aborted: ") + e.what();
    }
  }
  test::TempDir dir_;
  std::shared_ptr<Services> services_;
  std::unique_ptr<LoadedPlugin> plugin_;
  std::ostringstream out_;
  std::ostringstream people_;
  std::atomic<bool> abort_{false};
};

TEST_F(ReferenceHost, ATour) {
  EXPECT_EQ(run(R"([
    {"say": "Begrüßung", "as": "anna", "invoke": "fixture.hello", "expect": {"done": {"text": {"$contains": "Anna"}}}},
    {"search": "#h", "expect": {"commands": [{"id": "fixture.hello"}]}},
    {"invoke": "fixture.form", "expect": {"kind": "fixture.form", "form": {"fields": {"$count": 5}}}},
    {"fill": {"password": "ganz geheim", "agree": true, "environment": "Eigener Server", "attachments": ["brief.txt"]},
     "submit": "ok", "expect": {"done": {"text": "/password=secret of 11;agree=yes;environment=own;attachments=1 files/"}}},
    {"invoke": "fixture.table", "remember": {"first": "table.rows[0].row_id"}},
    {"row": {"state": "delivered"}, "action": "open", "expect": {"done": {"text": "open r2"}}},
    {"row": {"row_id": "${first}"}, "action": "open", "expect": {"done": {"text": "open ${first}"}}},
    {"row": -1, "action": "open", "expect": {"done": {"text": "open r2"}}},
    {"close": true},
    {"invoke": "fixture.seal", "expect": {"done": {"text": "sealed and opened"}}},
    {"invoke": "fixture.job", "wait_job": true, "expect": {"kind": "fixture.table"}, "expect_event": {"event": "progress"}},
    {"invoke": "fixture.document", "wait_job": true, "expect": {"done": {"text": "PVS_OK 20000 PVS_END_OF_STREAM"}},
     "expect_event": {"event": "document_delivered", "document": {"title": "Brief"}}},
    {"invoke": "fixture.save", "wait_job": true, "expect_event": {"event": "file_saved", "path": "/Antrag.txt$/", "size": 6}},
    {"choose_file": ["brief.txt"]},
    {"invoke": "fixture.choose", "wait_job": true, "expect": {"done": {"text": "Inhalt des Briefs"}}},
    {"choose_file": []},
    {"invoke": "fixture.choose", "wait_job": true, "expect": {"error": {"code": "host.cancelled"}}},
    {"fire_schedule": "fixture.fetch", "expect": {"done": {"text": "fired"}}},
    {"repeat": [{"invoke": "fixture.job"}, {"cancel_job": true}], "until": {"error": {"code": "cancelled.by_user"}}},
    {"health": true, "expect": {"health": {"faulted": false}}}])"),
            "");
  EXPECT_EQ(people_.str(), "Begrüßung\n");
  EXPECT_THAT(out_.str(), Not(HasSubstr("ganz geheim")));
  // One JSON object a line.
  std::istringstream lines(out_.str());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_NO_THROW(static_cast<void>(as_object(parse_document(line, "line"), "line"))) << line;
  }
  EXPECT_GT(count, 20);
}

TEST_F(ReferenceHost, NothingLeavesTheUsersDirectory) {
  ASSERT_EQ(run(R"([{"as": "anna", "invoke": "fixture.save", "wait_job": true}])"), "");
  EXPECT_EQ(test::read_file(dir_.path() / "data/users/anna/Antrag.txt"), "Antrag");
  struct stat info {};
  ASSERT_EQ(::stat((dir_.path() / "data/users/anna/Antrag.txt").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  for (const auto& entry : fs::recursive_directory_iterator(dir_.path() / "data")) {
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0077U, 0U) << entry.path();
  }
}

TEST_F(ReferenceHost, ALockedSessionDoesNotUnseal) {
  // Bert locks while Anna's session stays open; each key opens for its own user only.
  EXPECT_EQ(run(R"([
    {"as": "anna", "invoke": "fixture.seal", "expect": {"done": {"text": "sealed and opened"}}},
    {"as": "bert", "invoke": "fixture.seal", "expect": {"done": {"text": "sealed and opened"}}},
    {"lock": "bert"},
    {"invoke": "fixture.seal", "expect": {"error": {"code": "host.session_locked"}}},
    {"as": "anna", "invoke": "fixture.seal", "expect": {"done": {"text": "sealed and opened"}}},
    {"unlock": "bert", "invoke": "fixture.seal"}])"),
            "input: step 6 has both \"invoke\" and \"unlock\": make two steps of it");
  EXPECT_EQ(run(R"([
    {"as": "bert"}, {"lock": "bert"},
    {"invoke": "fixture.seal", "expect": {"error": {"code": "host.session_locked"}}},
    {"unlock": "bert"},
    {"invoke": "fixture.seal", "expect": {"done": {"text": "sealed and opened"}}}])"),
            "");
}

TEST_F(ReferenceHost, AuditIsKeptApartFromTheLog) {
  ASSERT_EQ(run(R"([{"as": "anna", "invoke": "fixture.hello"}])"), "");
  const std::string audit = test::read_file(dir_.path() / "data/audit.jsonl");
  EXPECT_THAT(audit, HasSubstr("\"event\":\"fixture.greeted\""));
  EXPECT_THAT(test::read_file(dir_.path() / "data/host.log"), Not(HasSubstr("fixture.greeted")));
  ASSERT_EQ(run(R"([{"as": "anna", "invoke": "fixture.hello"}])"), "");
  EXPECT_THAT(test::read_file(dir_.path() / "data/audit.jsonl"), testing::StartsWith(audit)) << "append only";
}

TEST_F(ReferenceHost, DocumentsSurviveARestart) {
  ASSERT_EQ(run(R"([{"as": "anna", "invoke": "fixture.document", "wait_job": true}])"), "");
  plugin_.reset();
  services_.reset();
  SetUp();
  EXPECT_EQ(run(R"([{"as": "anna", "invoke": "fixture.document", "wait_job": true}])"), "");
  std::istringstream lines(test::read_file(dir_.path() / "data/documents/index.jsonl"));
  std::string line;
  EXPECT_TRUE(std::getline(lines, line) && std::getline(lines, line));
}

TEST_F(ReferenceHost, FailuresNameTheStep) {
  EXPECT_THAT(run(R"([{"say": "x", "as": "carl", "invoke": "fixture.hello"}])"),
              HasSubstr("failed: step 1 (x): login refused: the practice has no user \"carl\""));
  EXPECT_THAT(run(R"([{"invoke": "fixture.hello"}])"), HasSubstr("nobody is logged in"));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.nothing"}])"), HasSubstr("no command \"fixture.nothing\""));
  EXPECT_THAT(run(R"([{"as": "anna"}, {"invoke": "fixture.hello", "expect": {"done": {"text": "x"}}}])"),
              HasSubstr("failed: step 2: not as expected: done.text: expected \"x\", got \"Guten Tag"));
  EXPECT_THAT(run(R"([{"as": "anna", "submit": "ok"}])"), HasSubstr("no view to submit"));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.table"}, {"submit": "ok"}])"), HasSubstr("is no form"));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.form"}, {"submit": "ok", "fill": {"pasword": "x"}}])"),
              HasSubstr("no field \"pasword\"; there are: username, password"));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.form"}, {"submit": "grey"}])"),
              HasSubstr("greyed: Erst anmelden."));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.form"}, {"submit": "no"}])"),
              HasSubstr("there are: ok, grey, cancel"));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.form"}, {"submit": "ok", "fill": {"environment": "x"}}])"),
              HasSubstr("there is no choice \"x\"; there are: own"));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.form"}, {"submit": "ok", "fill": {"attachments": ["gone"]}}])"),
              HasSubstr("cannot read the file"));
  EXPECT_THAT(
      run(R"([{"as": "anna", "invoke": "fixture.form"}, {"submit": "ok", "fill": {"password": {"env": "PVS_NOT_SET"}}}])"),
      HasSubstr("PVS_NOT_SET is not set"));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.table"}, {"row": 3, "action": "open"}])"),
              HasSubstr("has 3 rows"));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.table"}, {"row": {"nope": "x"}, "action": "open"}])"),
              HasSubstr("no column \"nope\"; there are: subject, state"));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.table"}, {"row": {"state": "x"}, "action": "open"}])"),
              HasSubstr("no row of 3"));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.hello"}, {"fire_schedule": "other"}])"),
              HasSubstr("no schedule \"other\""));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.hello", "expect": {"done": {"text": "${x}"}}}])"),
              HasSubstr("nothing was remembered"));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.hello", "expect": {"done": {"text": "${env:PVS_NOT_SET}"}}}])"),
              HasSubstr("PVS_NOT_SET is not set"));
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.hello", "remember": {"x": "view[0].y"}}])"),
              HasSubstr("there is nothing at view[0].y"));
  EXPECT_THAT(run(R"([{"as": "anna", "select_patient": "p9"}])"), HasSubstr("no patient \"p9\""));
  EXPECT_THAT(run(R"([{"lock": "bert"}])"), HasSubstr("is not logged in"));
}

TEST_F(ReferenceHost, WaitingEnds) {
  EXPECT_THAT(run(R"([{"as": "anna", "invoke": "fixture.choose", "wait_job": true, "timeout_ms": 100}])"),
              HasSubstr("did not end within 100 ms"));
  EXPECT_THAT(run(R"([{"expect_event": {"event": "never"}, "timeout_ms": 50}])"), HasSubstr("no event like"));
  EXPECT_THAT(run(R"([{"repeat": [{"health": true}], "until": {"kind": "x"}, "every_ms": 5, "timeout_ms": 50}])"),
              HasSubstr("not reached within 50 ms"));
  abort_ = true;
  EXPECT_THAT(run(R"([{"sleep_ms": 3600000}])"), HasSubstr("aborted: step 1"));
  // The job of the first step still waits for a file; stopping ends it.
  EXPECT_EQ(plugin_->stop(std::chrono::seconds(5)), PVS_OK);
}

TEST_F(ReferenceHost, AWrongLoginPasswordIsRefused) {
  plugin_.reset();
  services_.reset();
  std::string changed = kPractice;
  changed.replace(changed.find("kennwort eins"), 13, "ein anderes 1");
  services_ = std::make_shared<Services>(parse_practice(changed, dir_.path()), dir_.path() / "data");
  std::string reason;
  EXPECT_FALSE(services_->log_in("anna", reason).has_value());
  EXPECT_EQ(reason, "wrong password for anna");
  EXPECT_TRUE(services_->log_in("bert", reason).has_value());
}

}  // namespace
}  // namespace pvs::host
