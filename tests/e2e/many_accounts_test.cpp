// SPDX-License-Identifier: Apache-2.0
// A thousand accounts in one store: the list opens page by page, the search finds one, and neither lists nor hints nor
// a fetch open or tell of each of them. One account is real; the others are copies of its rows, and their sealed keys
// open for nobody.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <algorithm>
#include <set>

#include "e2e/harness.h"

namespace kvc::e2e {
namespace {

using testing::SizeIs;

constexpr int kAccounts = 1000;
/// Of the copies; the others have no working certificate on the server, so a fetch leaves them out.
constexpr int kReadyCopies = 20;

class ManyAccountsTest : public testing::Test {
 protected:
  void SetUp() override {
    expect_good(nord_.run("tour_account"));
    expect_good(sued_.run("tour_account"));
    add_copies();
  }
  void expect_good(const HostRun& run) { ASSERT_EQ(run.code, 0) << run.last() << run.err; }

  void add_copies() {
    sqlite3* database = nullptr;
    const std::string file = nord_.data() / "plugin/kvconnect.db";
    ASSERT_EQ(::sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
    const std::string numbers = "(WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < " +
                                std::to_string(kAccounts - 1) + ") SELECT n FROM n) AS n";
    const std::string statements =
        "PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE;"
        // The original is the one whose id has no ending.
        "INSERT INTO account SELECT account.id || '-' || n, environment_id, username || n, username_key || n, "
        "'Zweigpraxis ' || (10000 + n), description, username || n || '@kv-safenet.de', uid, CASE WHEN n <= " +
        std::to_string(kReadyCopies) +
        " THEN state ELSE 'failed' END, password_last_change, last_fetch, last_error, csr_status, created_at, "
        "server_certificate, rotation_due FROM account, " +
        numbers +
        ";"
        "INSERT INTO generation SELECT generation.id || '-' || n, account_id || '-' || n, number, state, csr_id, "
        "is_current, certificate, end_reason, created_at, imported, old_removed FROM generation, " +
        numbers +
        ";"
        "INSERT INTO vault_key SELECT account_id || '-' || n, user_id, key_id, sealed, created_at FROM vault_key, " +
        numbers + "; COMMIT";
    char* message = nullptr;
    EXPECT_EQ(::sqlite3_exec(database, statements.c_str(), nullptr, nullptr, &message), SQLITE_OK)
        << (message == nullptr ? "" : message);
    ::sqlite3_free(message);
    ::sqlite3_close(database);
  }

  /// Certificates of 700 days, so that a setting alone brings all of them inside the hint's time.
  static std::vector<std::string> with_accounts(const fs::path& directory) {
    fs::create_directories(directory);
    std::string accounts;
    for (const char* name : {"nord", "sued"}) {
      std::string capitals = name;
      std::transform(capitals.begin(), capitals.end(), capitals.begin(),
                     [](char c) { return static_cast<char>(c - 32); });
      accounts += std::string(accounts.empty() ? "" : ", ") + R"({"username": "praxis.)" + name +
                  R"(", "password": "Initial-)" + capitals + R"(-1", "kv": "38", "cn": "TEST ONLY Praxis )" + name +
                  R"(", "o": "TEST ONLY", "certificateDays": 700})";
    }
    write_file(directory / "accounts.json", R"({"accounts": [)" + accounts + "]}");
    return {"--accounts", (directory / "accounts.json").string()};
  }

  TempDir directory_;
  Server server_{directory_.path() / "server", with_accounts(directory_.path() / "server-settings")};
  Practice nord_{"nord", directory_.path() / "nord", server_};
  Practice sued_{"sued", directory_.path() / "sued", server_};
};

TEST_F(ManyAccountsTest, OpenPageByPageAndOneIsFound) {
  const HostRun run = nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true, "timeout_ms": 120000,
     "expect": {"kind": "accounts", "table": {"total": 1000, "rows": {"$count": 50}}}},
    {"when": {"table": {"next_page": "/./"}}, "timeout_ms": 120000, "every_ms": 1,
     "repeat": [{"action": "page", "wait_job": true}], "until": {"table": {"next_page": {"$absent": true}}}},
    {"action": "search", "values": {"account_search": "ZWEIGPRAXIS 10777"}, "wait_job": true,
     "expect": {"table": {"total": 1, "rows": [{"cells": {"name": {"text": "Zweigpraxis 10777"}}}]}}},
    {"action": "open", "row": 0, "wait_job": true, "expect": {"kind": "account.overview"}},
    {"close": true},
    {"action": "search", "values": {"account_search": "gibt es nicht"}, "wait_job": true,
     "expect": {"table": {"rows": {"$count": 0}, "empty_text": {"$contains": "gibt es nicht"}}}},
    {"action": "search", "values": {"account_search": ""}, "wait_job": true, "expect": {"table": {"total": 1000}}}])");
  ASSERT_EQ(run.code, 0) << run.last() << run.err;
  std::multiset<std::string> ids;
  bool paging = true;
  for (const auto& outcome : run.outcomes()) {
    const auto view = outcome->getObject("view");
    if (!paging || view.isNull() || view->getObject("table").isNull()) {
      continue;
    }
    const auto table = view->getObject("table");
    const auto rows = table->getArray("rows");
    ASSERT_LE(rows->size(), 50U);
    for (unsigned i = 0; i < rows->size(); ++i) {
      ids.insert(rows->getObject(i)->getValue<std::string>("row_id"));
    }
    paging = table->has("next_page");
  }
  EXPECT_THAT(ids, SizeIs(kAccounts));
  EXPECT_THAT(std::set<std::string>(ids.begin(), ids.end()), SizeIs(kAccounts)) << "none twice";
}

TEST_F(ManyAccountsTest, MailOfOneIsFetchedAndReadAmongAll) {
  expect_good(sued_.run("tour_send", {{"KVC_TOUR_RECIPIENT", nord_.address()}, {"KVC_TOUR_SUBJECT", "Unter vielen"}}));
  const HostRun run = nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.fetch", "wait_job": true, "timeout_ms": 240000,
     "expect": {"kind": "fetch.summary", "notice": {"text": {"$contains": "20"}}}},
    {"invoke": "kvconnect.inbox", "wait_job": true, "timeout_ms": 120000,
     "expect": {"kind": "inbox", "table": {"total": 1, "rows": {"$count": 1}}}},
    {"action": "open", "row": 0, "wait_job": true, "expect": {"kind": "inbox.message"}},
    {"invoke": "kvconnect.outbox", "wait_job": true, "timeout_ms": 120000, "expect": {"kind": "outbox"}}])");
  ASSERT_EQ(run.code, 0) << run.last() << run.err;
}

TEST_F(ManyAccountsTest, HintsAreOneNotification) {
  std::string settings = server_.settings();
  settings.insert(1, R"("renewal_hint_days": 730, )");
  nord_.set_settings(settings);
  const HostRun run = nord_.run_steps(R"([
    {"as": "arzt", "expect_event": {"event": "notification", "severity": "warning", "command_id": "kvconnect.accounts",
       "text": {"$contains": "von 1000 Ihrer Konten"}}, "timeout_ms": 120000}])");
  ASSERT_EQ(run.code, 0) << run.last() << run.err;
  const auto events = nord_.audit_events();
  EXPECT_EQ(std::count(events.begin(), events.end(), "renewal.hinted"), kAccounts);
}

}  // namespace
}  // namespace kvc::e2e
