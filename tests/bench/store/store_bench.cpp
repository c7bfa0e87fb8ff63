// SPDX-License-Identifier: Apache-2.0
// How long the lists of a large mailbox take, and how many commits a second the store makes beside SQLite itself.
// Goal: a page of 50 out of 1,000,000 messages in at most 5 ms, wherever it stands.
//
//   store_bench [MESSAGES [FIGURES.json]]      KVC_TEST_STORE=postgresql: on a private PostgreSQL server instead of a
//   file
//
// One message is really sent, fetched, opened and judged; the others are copies of its row with names and times of
// their own.
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "unit/mailbox/fixture.h"

namespace kvc::testing {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPage = 50;

double micros_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

struct Figures {
  double median = 0, p99 = 0;
};

Figures figures(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return {all[all.size() / 2], all[all.size() * 99 / 100]};
}

/// A mailbox as the tests have it, driven by hand.
class Bench final : public Mailbox {
 public:
  void TestBody() override {}

  bool fill(int messages) {
    SetUp();
    queue(draft());
    if (!send().ok() || !fetch_b().ok()) {
      return false;
    }
    // In steps, each one transaction; ids and times spread as they would be.
    constexpr int kStep = 50000;
    for (int from = 1; from < messages; from += kStep) {
      const int until = std::min(from + kStep, messages);
      const Status copied = world->database->write([&](Poco::Data::Session& session) -> Status {
        session << "INSERT INTO inbox SELECT 'copy-' || n.n, account_id, message_id || n.n, sender, service_id, "
                   "in_reply_to, subject, "
                   "header_date, received_at - n.n * 1000, blob_id, processed, opened, verdict, is_receipt, parts, "
                   "details, service_key, "
                   "thread_id, unassigned, too_large_limit FROM inbox JOIN (WITH RECURSIVE n(n) AS (SELECT " +
                       std::to_string(from) + " UNION ALL SELECT n + 1 FROM n WHERE n < " + std::to_string(until - 1) +
                       ") SELECT n FROM n) AS n ON 1 = 1 WHERE id NOT LIKE 'copy-%'",
            Poco::Data::Keywords::now;
        return {};
      });
      if (!copied.ok()) {
        std::fprintf(stderr, "%s\n", copied.to_string().c_str());
        return false;
      }
    }
    return true;
  }

  /// Every `stride`-th page from the newest to the oldest, and the places between reached by their cursor alone.
  std::vector<double> pages(int messages, int measured) {
    std::vector<double> all;
    mailbox::InboxFilter filter;
    filter.account_id = world->account_b;
    const auto first = world->mailbox->list_inbox("bert", filter, {}, kPage);
    const std::string& next = first.value().next;
    // A cursor is "<milliseconds>:<id>"-like and opaque; places are made by walking, which the clock does not see.
    std::string cursor = next;
    const int all_pages = messages / static_cast<int>(kPage);
    const int stride = std::max(1, all_pages / measured);
    for (int page = 0; page < all_pages && !cursor.empty(); ++page) {
      const auto start = Clock::now();
      const auto got = world->mailbox->list_inbox("bert", filter, cursor, kPage);
      const double micros = micros_since(start);
      if (!got.ok() || (!got->items.empty() && got->items.front().unreadable)) {
        std::fprintf(stderr, "a page cannot be read\n");
        std::exit(1);
      }
      if (page % stride == 0) {
        all.push_back(micros);
      }
      cursor = got->next;
    }
    return all;
  }

  /// Small transactions one after the other, as the claims of a workstation are.
  double commits_per_second(int threads, double seconds) {
    std::atomic<long> commits{0};
    std::atomic<bool> stop{false};
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) {
      workers.emplace_back([&, i] {
        while (!stop.load()) {
          const Status done = world->database->write([&](Poco::Data::Session& session) -> Status {
            session << "UPDATE account SET last_error = '" + std::to_string(i) + "' WHERE id = '" + world->account_b +
                           "'",
                Poco::Data::Keywords::now;
            return {};
          });
          commits += done.ok() ? 1 : 0;
        }
      });
    }
    const auto start = Clock::now();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stop.store(true);
    for (auto& worker : workers) {
      worker.join();
    }
    return static_cast<double>(commits.load()) / (micros_since(start) / 1e6);
  }
};

/// The peer: SQLite alone, one prepared statement, WAL and synchronous=FULL as the store has them.
double raw_commits_per_second(const std::string& file, double seconds) {
  sqlite3* database = nullptr;
  sqlite3_open(file.c_str(), &database);
  sqlite3_exec(database,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (id TEXT PRIMARY KEY, v TEXT); INSERT "
               "INTO t VALUES ('a', '')",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, "UPDATE t SET v = ? WHERE id = 'a'", -1, &statement, nullptr);
  long commits = 0;
  const auto start = Clock::now();
  while (micros_since(start) < seconds * 1e6) {
    sqlite3_bind_int64(statement, 1, commits++);
    sqlite3_step(statement);
    sqlite3_reset(statement);
  }
  const double rate = static_cast<double>(commits) / (micros_since(start) / 1e6);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return rate;
}

}  // namespace
}  // namespace kvc::testing

int main(int argc, char** argv) {
  using namespace kvc::testing;
  ::testing::InitGoogleTest();
  const int messages = argc > 1 ? std::max(1000, std::atoi(argv[1])) : 1000000;
  Bench bench;
  if (!bench.fill(messages)) {
    std::fprintf(stderr, "the mailbox could not be made\n");
    return 1;
  }
  const Figures page = figures(bench.pages(messages, 500));
  std::printf("%d messages, a page of %zu anywhere: median %.0f us, p99 %.0f us\n", messages, kPage, page.median,
              page.p99);
  constexpr double kSeconds = 2;
  std::string rates;
  for (const int threads : {1, 4, 8}) {
    const double rate = bench.commits_per_second(threads, kSeconds);
    std::printf("%d writers: %.0f commits a second in all\n", threads, rate);
    rates += ", \"store_commits_" + std::to_string(threads) + "\": " + std::to_string(rate);
  }
  const double raw = raw_commits_per_second((bench.world->directory / "peer.db").string(), kSeconds);
  std::printf("SQLite alone, 1 writer: %.0f commits a second\n", raw);
  if (argc > 2) {
    std::ofstream(argv[2]) << "{\"figures\": {\"inbox_messages\": " << messages
                           << ", \"inbox_page_us\": " << page.median << ", \"inbox_page_p99_us\": " << page.p99 << rates
                           << ", \"sqlite_commits_1\": " << raw << "}}\n";
  }
  return 0;
}
