// SPDX-License-Identifier: Apache-2.0
#include "e2e/storm/storm.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <array>
#include <sstream>
#include <thread>

#include "e2e/account_ways.h"

namespace kvc::e2e::storm {
namespace {

constexpr std::array kKinds{"store", "network", "key"};
constexpr const char* kSubject = "Sturm ";
constexpr int kCalmRounds = 40;

// What a server and the way to it do wrong. Each rule hits a few requests and is gone.
constexpr std::array kWeather{
    R"({"match": {"method": "POST", "path": "mails"}, "times": 1, "action": {"type": "reset_after"}})",
    R"({"match": {"method": "POST", "path": "mails"}, "times": 2, "action": {"type": "reset_before"}})",
    R"({"match": {"method": "POST", "path": "mails"}, "times": 1, "action": {"type": "status", "status": 500}})",
    R"({"match": {"path": "accounts"}, "times": 2, "action": {"type": "status", "status": 503, "retry_after": 1}})",
    R"({"match": {"path": "accounts"}, "times": 1, "action": {"type": "status", "status": 429, "retry_after": 1}})",
    R"({"match": {"method": "GET", "path_regex": "accounts/[^/]+/mails/.+"}, "times": 1, "action": {"type": "truncate", "bytes": 100}})",
    R"({"match": {"method": "GET", "path_regex": "accounts/[^/]+/mails/.+"}, "times": 1, "action": {"type": "drip", "bytes": 700, "interval_ms": 5}})",
    R"({"match": {"method": "DELETE"}, "times": 1, "action": {"type": "reset_after"}})",
    R"({"match": {"path": "certificates"}, "times": 1, "action": {"type": "truncate"}})",
    R"({"match": {"method": "POST", "path": "csr"}, "times": 1, "action": {"type": "reset_after"}})",
    R"({"match": {"method": "POST", "path_regex": "accounts/[^/]+/password"}, "times": 1, "action": {"type": "reset_after"}})",
    R"({"match": {"path": "login"}, "times": 1, "action": {"type": "delay", "delay_ms": 400}})",
};

/// First column of the first row of a query, as text; "" if the file cannot be read.
std::string query(const fs::path& file, const char* sql) {
  sqlite3* database = nullptr;
  std::string value;
  if (::sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK) {
    ::sqlite3_busy_timeout(database, 10000);
    sqlite3_stmt* statement = nullptr;
    if (::sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) == SQLITE_OK &&
        ::sqlite3_step(statement) == SQLITE_ROW) {
      value = reinterpret_cast<const char*>(::sqlite3_column_text(statement, 0));
    }
    ::sqlite3_finalize(statement);
  }
  ::sqlite3_close(database);
  return value;
}

}  // namespace

Storm::Storm(unsigned seed) : random_(seed) {
  for (const char* name : {"nord", "sued"}) {
    Side side;
    side.name = name;
    side.practice = std::make_unique<Practice>(name, directory_.path() / name, server_);
    sides_.push_back(std::move(side));
  }
}

void Storm::set_up() {
  for (Side& side : sides_) {
    const HostRun run = side.practice->run("tour_account");
    ASSERT_EQ(run.code, 0) << run.last();
  }
  for (const char* action : {"send", "fetch", "renew", "password"}) {
    learn(action, sides_.front());
  }
}

void Storm::learn(const std::string& action, const Side& side) {
  Environment environment;
  const std::string steps = steps_of(action, sides_.front(), environment);
  const fs::path counts = directory_.path() / "counts";
  fs::remove(counts);
  environment["LD_PRELOAD"] = KVC_KILL_POINT_LIBRARY;
  environment["KVC_KILL_COUNTS"] = counts.string();
  const HostRun run = side.practice->run_steps(steps, environment);
  ASSERT_EQ(run.code, 0) << action << ": " << run.last();
  note_outcomes(sides_.front(), action == "send" ? kSubject + std::to_string(next_subject_) : "");
  std::istringstream in(read_file(counts));
  std::string word;
  while (in >> word) {
    const auto equals = word.find('=');
    points_[action][word.substr(0, equals)] = std::stoi(word.substr(equals + 1));
  }
  for (const char* kind : kKinds) {
    ASSERT_GT(points_[action][kind], 0) << "the preloaded library saw no " << kind << " call of " << action;
  }
}

std::string Storm::steps_of(const std::string& action, Side& side, Environment& environment) {
  if (action == "send") {
    const Side& other = &side == &sides_[0] ? sides_[1] : sides_[0];
    const std::string subject = kSubject + std::to_string(++next_subject_);
    side.told.tried.insert(subject);
    environment["KVC_TOUR_SUBJECT"] = subject;
    environment["KVC_TOUR_RECIPIENT"] = other.practice->address();
    return R"([{"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true},
      {"submit": "check", "wait_job": true, "timeout_ms": 120000,
       "fill": {"recipient": {"env": "KVC_TOUR_RECIPIENT"}, "subject": "${env:KVC_TOUR_SUBJECT}",
                "text": "Liebe Kollegin, anbei der Befund.", "attachments": ["befund.txt"], "request_receipt": true}},
      {"when": {"kind": "compose.confirm"}, "action": "send", "wait_job": true, "timeout_ms": 120000}])";
  }
  if (action == "renew") {
    return steps({kRenew});
  }
  if (action == "password") {
    side.password = "Canary-STURM-" + std::to_string(++next_password_) + "-Blau";
    environment["OTHER_PASSWORD"] = side.password;
    return steps({kChangePassword});
  }
  return R"([{"as": "arzt", "invoke": "kvconnect.fetch", "wait_job": true, "timeout_ms": 120000},
             {"invoke": "kvconnect.inbox", "wait_job": true}])";
}

void Storm::choose_weather() {
  if (number(1, 25) == 1) {
    server_.kill();
    server_.start();
    ++kills_["server"];
  }
  std::string rules;
  for (int i = number(0, 2); i > 0; --i) {
    rules +=
        (rules.empty() ? "" : ", ") + std::string(kWeather[static_cast<std::size_t>(number(0, kWeather.size() - 1))]);
  }
  server_.set_faults(rules);
}

Environment Storm::choose_point(const std::string& action) {
  const std::string kind = kKinds[static_cast<std::size_t>(number(0, 2))];
  // A little beyond what a whole run makes: faults lead to more calls, and some runs may end in peace.
  const int last = points_[action][kind] * 11 / 10 + 1;
  const char* moment = std::array{"", ":after", ":half"}[static_cast<std::size_t>(number(0, 2))];
  return {{"LD_PRELOAD", KVC_KILL_POINT_LIBRARY},
          {"KVC_KILL_POINT", kind + ":" + std::to_string(number(1, last)) + moment}};
}

/// A workstation whose battery is empty, or whose clock somebody set by hand.
Environment Storm::choose_clock() {
  constexpr int kDay = 86400;
  if (number(1, 12) != 1) {
    return {};
  }
  ++kills_["(runs under a wrong clock)"];
  const int days = std::array{-400, -2, 2, 400}[static_cast<std::size_t>(number(0, 3))];
  return {{"LD_PRELOAD", KVC_KILL_POINT_LIBRARY}, {"KVC_CLOCK_SHIFT", std::to_string(days * kDay)}};
}

bool Storm::strike() {
  choose_weather();
  Side& side = sides_[static_cast<std::size_t>(number(0, 1))];
  const int dice = number(1, 100);
  const std::string action = dice <= 50 ? "send" : dice <= 80 ? "fetch" : dice <= 90 ? "renew" : "password";
  Environment environment = choose_clock();
  const std::string text = steps_of(action, side, environment);
  const std::string subject = action == "send" ? kSubject + std::to_string(next_subject_) : "";
  bool killed = false;
  std::string kind = "time";
  if (number(1, 10) <= 7) {
    const Environment point = choose_point(action);
    kind = point.at("KVC_KILL_POINT").substr(0, point.at("KVC_KILL_POINT").find(':'));
    environment.insert(point.begin(), point.end());
    killed = side.practice->run_steps(text, environment).code == 128 + SIGKILL;
  } else {
    write_file(side.practice->directory() / "scripts/storm.json", text);
    killed = side.practice->kill_after("storm", Millis(number(50, 900)), environment);
  }
  note_outcomes(side, subject);
  kills_[kind] += killed ? 1 : 0;
  return killed;
}

/// What a killed process had printed counts as well: the user saw it.
void Storm::note_outcomes(Side& side, const std::string& subject) const {
  if (!subject.empty() &&
      read_file(side.practice->directory() / "out.txt").find("\"kind\":\"message.queued\"") != std::string::npos) {
    side.told.queued.insert(subject);
  }
}

// ---- the calm, and the proof ----

std::vector<MailRow> Storm::list(Side& side, const char* command) {
  return list_mail(*side.practice, command);
}

int Storm::on_server() const {
  const std::string count = query(directory_.path() / "server/data/server.sqlite", "SELECT COUNT(*) FROM inbox");
  return count.empty() ? -1 : std::stoi(count);
}

void Storm::calm() {
  server_.set_faults("");
  // A renewal killed halfway waits for the click its overview asks for; until then nobody can write to that side.
  for (Side& side : sides_) {
    const HostRun run = side.practice->run_steps(steps({kFinishRenewal}));
    EXPECT_EQ(run.code, 0) << side.name << ": " << run.last();
  }
  for (int round = 0; round < kCalmRounds; ++round) {
    bool waits = false;
    for (Side& side : sides_) {
      const HostRun run = side.practice->run_steps(
          R"([{"as": "arzt", "invoke": "kvconnect.fetch", "wait_job": true, "timeout_ms": 120000}])");
      EXPECT_EQ(run.code, 0) << run.last();
      const auto outbox = list(side, "outbox");
      retry_waiting(*side.practice, outbox);
      waits = waits || std::any_of(outbox.begin(), outbox.end(),
                                   [](const MailRow& row) { return row.state == "queued" || row.state == "failed"; });
    }
    if (!waits && on_server() == 0) {
      return;
    }
  }
  ADD_FAILURE() << "something still waits after " << kCalmRounds << " rounds; on the server: " << on_server();
}

void Storm::check() {
  EXPECT_EQ(on_server(), 0) << "messages are on the server only";
  check_arrivals(sides_[0], sides_[1]);
  check_arrivals(sides_[1], sides_[0]);
  for (Side& side : sides_) {
    check_account(side);
    check_database(side.practice->data() / "plugin/kvconnect.db");
  }
  check_database(directory_.path() / "server/data/server.sqlite");
}

void Storm::check_arrivals(Side& from, Side& to) {
  expect_exactly_once(kSubject, from.told.queued, list(from, "outbox"), list(to, "inbox"));
}

/// Not locked out, and every key is there: the account logs in, renews, writes to itself and reads that.
void Storm::check_account(Side& side) {
  const HostRun run = side.practice->run_steps(
      steps({kProof, R"({"invoke": "kvconnect.fetch", "wait_job": true, "timeout_ms": 120000})"}),
      {{"OWN_ADDRESS", side.practice->address()}});
  EXPECT_EQ(run.code, 0) << side.name << ": " << run.last();
  for (const MailRow& row : list(side, "inbox")) {
    EXPECT_EQ(row.state, "valid") << row.subject;
  }
}

void Storm::check_database(const fs::path& file) {
  EXPECT_EQ(query(file, "PRAGMA integrity_check"), "ok") << file;
}

std::string Storm::summary() const {
  std::string text;
  for (const auto& [kind, count] : kills_) {
    text += (text.empty() ? "killed by " : ", ") + kind + ": " + std::to_string(count);
  }
  for (const Side& side : sides_) {
    text += "; " + side.name + " tried " + std::to_string(side.told.tried.size()) + ", was told of " +
            std::to_string(side.told.queued.size());
  }
  return text;
}

}  // namespace kvc::e2e::storm
