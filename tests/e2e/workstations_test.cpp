// SPDX-License-Identifier: Apache-2.0
// Several workstations of a practice on one PostgreSQL, by TLS: they share the work, one makes the tables, the death of
// any of them or of the server costs nothing, and everybody sees who works on what.
//
// KVC_WORKSTATIONS  how many in each practice (default 3), KVC_WORKSTATION_ROUNDS  how often they work at the same time
// (default 4; the long run has 60), KVC_WORKSTATION_SEED  choices
#include <gmock/gmock.h>

#include <cstdlib>
#include <random>
#include <thread>

#include "e2e/mail_lists.h"
#include "postgresql/cluster.h"

namespace kvc::e2e {
namespace {

using testing::HasSubstr;

constexpr const char* kSubject = "Platz ";
const Millis kPatience = Millis(180000) * time_factor();

int setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

struct Site;
/// Somebody at work.
struct Turn {
  Site* site;
  Practice* workstation;
  std::unique_ptr<Process> process;
  std::string subject;
  Millis kill_after{0};  ///< 0: lives
};

/// A practice whose workstations share a database; what the user carries from one to the other is the host's key.
struct Site {
  std::string name;
  std::vector<std::unique_ptr<Practice>> workstations;
  std::set<std::string> queued;  ///< subjects the users were told of
};

class Workstations : public ::testing::Test {
 protected:
  std::string dsn(const std::string& schema, const char* ca = "ca.pem") const {
    return cluster_.tls_dsn("localhost", "schema=" + schema + "&sslrootcert=" + cluster_.file(ca) +
                                             "&passfile=" + cluster_.file("passfile"));
  }

  /// Settings of this server with that database.
  std::string settings(const std::string& where) const {
    std::string text = server_.settings();
    return text.insert(text.rfind('}'), R"(, "storage": {"dsn": ")" + where + "\"}");
  }

  Practice& add_workstation(Site& site) {
    const fs::path directory = directory_.path() / (site.name + std::to_string(site.workstations.size()));
    auto& added = *site.workstations.emplace_back(std::make_unique<Practice>(site.name, directory, server_));
    added.set_settings(settings(dsn(site.name)));
    if (site.workstations.size() > 1) {
      fs::create_directories(added.data());
      fs::copy(site.workstations.front()->data() / "keys", added.data() / "keys", fs::copy_options::recursive);
    }
    return added;
  }

  void set_up(Site& site, int count) {
    const HostRun run = add_workstation(site).run("tour_account");
    ASSERT_EQ(run.code, 0) << run.last();
    while (static_cast<int>(site.workstations.size()) < count) {
      add_workstation(site);
    }
  }

  std::string send_steps(const Site& to) {
    const std::string subject = kSubject + std::to_string(++next_subject_);
    return R"([{"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true},
      {"submit": "check", "wait_job": true, "timeout_ms": 120000,
       "fill": {"recipient": ")" +
           to.workstations.front()->address() + R"(", "subject": ")" + subject + R"(", "text": "Anbei der Befund."}},
      {"when": {"kind": "compose.confirm"}, "action": "send", "wait_job": true, "timeout_ms": 120000}])";
  }

  std::string last_subject() const { return kSubject + std::to_string(next_subject_); }

  /// All workstations of both practices at the same time; of a third of them somebody pulls the plug.
  void work_at_once(Site& a, Site& b, bool restart_database) {
    std::vector<Turn> runs;
    for (Site* site : {&a, &b}) {
      for (const auto& workstation : site->workstations) {
        const bool send = number(1, 3) > 1;
        const std::string steps = send ? send_steps(site == &a ? b : a) : kFetch;
        runs.push_back({site, workstation.get(), workstation->start_steps(steps, true), send ? last_subject() : "",
                        Millis(number(1, 3) == 1 ? number(100, 1500) * time_factor() : 0)});
      }
    }
    if (restart_database) {
      std::this_thread::sleep_for(Millis(number(50, 400)));
      number(0, 1) == 0 ? cluster_.kill() : cluster_.restart();
    }
    pull_plugs(runs);
    for (Turn& run : runs) {
      ASSERT_TRUE(run.process->wait(kPatience)) << "a workstation hangs";
      if (!run.subject.empty() &&
          read_file(run.workstation->directory() / "out.txt").find("\"kind\":\"message.queued\"") !=
              std::string::npos) {
        run.site->queued.insert(run.subject);
      }
    }
  }

  void pull_plugs(std::vector<Turn>& runs) {
    std::vector<Turn*> ordered;
    for (Turn& run : runs) {
      if (run.kill_after.count() > 0) {
        ordered.push_back(&run);
      }
    }
    std::sort(ordered.begin(), ordered.end(),
              [](const Turn* a, const Turn* b) { return a->kill_after < b->kill_after; });
    const auto start = std::chrono::steady_clock::now();
    for (Turn* run : ordered) {
      std::this_thread::sleep_until(start + run->kill_after);
      if (!run->process->wait(Millis(0))) {
        run->process->send(SIGKILL);
        ++kills_;
      }
    }
  }

  /// Until nothing waits any more; the turn goes round, so that every workstation finishes the work of others.
  void calm(Site& a, Site& b) {
    for (std::size_t round = 0; round < 40; ++round) {
      bool waits = false;
      for (Site* site : {&a, &b}) {
        Practice& workstation = *site->workstations[round % site->workstations.size()];
        const HostRun run = workstation.run_steps(kFetch);
        EXPECT_EQ(run.code, 0) << run.last();
        const auto outbox = list_mail(workstation, "outbox");
        retry_waiting(workstation, outbox);
        waits = waits || std::any_of(outbox.begin(), outbox.end(),
                                     [](const MailRow& row) { return row.state == "queued" || row.state == "failed"; });
      }
      if (!waits && round > 0) {
        return;
      }
    }
    ADD_FAILURE() << "something still waits";
  }

  int number(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }

  static constexpr const char* kFetch =
      R"([{"as": "arzt", "invoke": "kvconnect.fetch", "wait_job": true, "timeout_ms": 120000}])";
  std::mt19937 random_{static_cast<unsigned>(setting("KVC_WORKSTATION_SEED", 20251020))};
  TempDir directory_;
  test::Cluster cluster_;
  Server server_{directory_.path() / "server"};
  int next_subject_ = 0;
  int kills_ = 0;
};

TEST_F(Workstations, ShareTheWorkAndSurviveEachOther) {
  Site nord{"nord", {}, {}};
  Site sued{"sued", {}, {}};
  const int count = setting("KVC_WORKSTATIONS", 3);
  ASSERT_NO_FATAL_FAILURE(set_up(nord, count));
  ASSERT_NO_FATAL_FAILURE(set_up(sued, count));
  const int rounds = setting("KVC_WORKSTATION_ROUNDS", 4);
  int restarts = 0;
  for (int round = 0; round < rounds; ++round) {
    const bool restart = round % 4 == 2;
    restarts += restart ? 1 : 0;
    ASSERT_NO_FATAL_FAILURE(work_at_once(nord, sued, restart));
  }
  calm(nord, sued);
  expect_exactly_once(kSubject, nord.queued, list_mail(*nord.workstations.back(), "outbox"),
                      list_mail(*sued.workstations.back(), "inbox"));
  expect_exactly_once(kSubject, sued.queued, list_mail(*sued.workstations.back(), "outbox"),
                      list_mail(*nord.workstations.back(), "inbox"));
  EXPECT_GT(nord.queued.size() + sued.queued.size(), 0U);
  std::printf(
      "%d workstations in each practice, %d rounds, %d kills, %d restarts of the database, %zu messages confirmed\n",
      count, rounds, kills_, restarts, nord.queued.size() + sued.queued.size());
}

// "migrations by one process only"
TEST_F(Workstations, MakeTheTablesOnceHoweverManyBeginTogether) {
  Site site{"nord", {}, {}};
  std::vector<std::unique_ptr<Process>> processes;
  for (int i = 0; i < 8; ++i) {
    const fs::path directory = directory_.path() / ("neu" + std::to_string(i));
    auto& added = *site.workstations.emplace_back(std::make_unique<Practice>(site.name, directory, server_));
    added.set_settings(settings(dsn("gleichzeitig")));
  }
  for (const auto& workstation : site.workstations) {
    processes.push_back(workstation->start_steps(
        R"([{"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true, "timeout_ms": 120000, "expect": {"kind": "accounts"}}])",
        true));
  }
  for (std::size_t i = 0; i < processes.size(); ++i) {
    EXPECT_EQ(processes[i]->wait(kPatience).value_or(-1), 0)
        << read_file(site.workstations[i]->directory() / "err.txt");
  }
}

TEST_F(Workstations, SeeWhoWorksOnAnAccount) {
  Site nord{"nord", {}, {}};
  ASSERT_NO_FATAL_FAILURE(set_up(nord, 2));
  server_.set_faults(R"({"match": {"path": "accounts"}, "times": 1, "action": {"type": "delay", "delay_ms": 5000}})");
  const auto fetching = nord.workstations[0]->start_steps(kFetch, true);
  const HostRun seen = nord.workstations[1]->run_steps(
      R"([{"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true},
          {"timeout_ms": 60000, "every_ms": 50, "repeat": [{"action": "refresh", "wait_job": true}],
           "until": {"table": {"rows": [{"cells": {"work": {"text": {"$contains": "holt Nachrichten ab"}}}}]}}},
          {"action": "open", "row": {"row_id": "/./"}, "wait_job": true,
           "expect": {"kind": "account.overview", "detail": {"groups": [{"facts": [{"name": "work", "code": "fetch"}]}]}}}])");
  EXPECT_EQ(seen.code, 0) << seen.last();
  EXPECT_EQ(fetching->wait(kPatience).value_or(-1), 0);
  const HostRun after = nord.workstations[1]->run_steps(
      R"([{"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true,
           "expect": {"table": {"rows": [{"cells": {"work": {"text": ""}}}]}}}])");
  EXPECT_EQ(after.code, 0) << after.last();
}

TEST_F(Workstations, RefuseADatabaseWhoseCertificateNobodyVouchesFor) {
  Site nord{"nord", {}, {}};
  add_workstation(nord).set_settings(settings(dsn("nord", "other_ca.pem")));
  const HostRun run =
      nord.workstations[0]->run_steps(R"([{"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true}])");
  EXPECT_THAT(run.out, HasSubstr("\"error\"")) << run.last();
  EXPECT_THAT(run.out, HasSubstr("Datenbank")) << "a sentence for people";
  EXPECT_THAT(run.out + run.err, testing::Not(HasSubstr("Testkennwort")));
}

}  // namespace
}  // namespace kvc::e2e
