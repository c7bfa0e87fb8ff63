// SPDX-License-Identifier: Apache-2.0
// How long the lists of a large mailbox take, and how many commits a second the store makes beside SQLite itself.
// Goal: a page of 50 out of 1,000,000 messages in at most 5 ms, wherever it stands.
//
//   store_bench [MESSAGES [FIGURES.json]]
//
// KVC_TEST_STORE=postgresql: on a private PostgreSQL server with fsync on instead of a file. One message is really
// sent, fetched, opened and judged; the others are copies of its row with names, times and sealed details of their own.
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "mailbox/cursor.h"
#include "mailbox/inbox_details.h"
#include "mailbox/inbox_repository.h"
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

/// Of the copy of this number: in no order, as UUIDs are.
std::string id_of(long long number) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15U;
  std::array<char, 64> id{};
  std::snprintf(id.data(), id.size(), "%016llx-copy-%lld",
                static_cast<unsigned long long>(static_cast<std::uint64_t>(number) * kOdd), number);
  return id.data();
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
    const auto session = world->accounts->open("bert", world->account_b);
    mailbox::InboxFilter filter;
    filter.account_id = world->account_b;
    const auto page = world->mailbox->list_inbox("bert", filter, {}, 1);
    if (!session.ok() || !page.ok() || page->items.size() != 1) {
      return false;
    }
    if (!world->database
             ->read([&](Poco::Data::Session& reading) {
               original_ = mailbox::inbox::find(reading, page->items.front().id, "bert").value();
               return Status();
             })
             .ok()) {
      return false;
    }
    const mailbox::ContentCipher cipher(world->env, session->content_key, world->account_b);
    const auto start = Clock::now();
    constexpr int kStep = 20000;  // of one transaction each
    for (int from = 1; from < messages; from += kStep) {
      const Status copied = world->database->write(
          [&](Poco::Data::Session& writing) { return copy(writing, cipher, from, std::min(from + kStep, messages)); });
      if (!copied.ok()) {
        std::fprintf(stderr, "%s\n", copied.to_string().c_str());
        return false;
      }
    }
    std::printf("%d rows of the inbox written in %.1f s, %d a transaction\n", messages, micros_since(start) / 1e6,
                kStep);
    return true;
  }

  /// Pages at places spread evenly from the newest to the oldest message, in an order that is none.
  std::vector<double> pages(int messages, int measured) {
    mailbox::InboxFilter filter;
    filter.account_id = world->account_b;
    return times(messages, measured, [&](const std::string& cursor) {
      const auto page = world->mailbox->list_inbox("bert", filter, cursor, kPage);
      return page.ok() && page->items.size() == kPage && !page->items.front().unreadable;
    });
  }

  /// The same pages as the database gives them: what is left out is opening the account and deciphering the rows.
  std::vector<double> scans(int messages, int measured) {
    mailbox::InboxScan scan;
    scan.account_id = world->account_b;
    scan.user_id = "bert";
    scan.limit = kPage + 1;
    return times(messages, measured, [&](const std::string& cursor) {
      scan.before = mailbox::parse_cursor(cursor).value();
      std::size_t rows = 0;
      return world->database
                 ->read([&](Poco::Data::Session& session) {
                   rows = mailbox::inbox::scan(session, scan).size();
                   return Status();
                 })
                 .ok() &&
             rows >= kPage;
    });
  }

  /// What is counted over the whole inbox for the buttons above the list.
  std::vector<double> counts(int measured) {
    std::vector<double> all;
    for (int i = 0; i < measured; ++i) {
      const auto start = Clock::now();
      if (!world->mailbox->counts("bert", world->account_b).ok()) {
        fail();
      }
      all.push_back(micros_since(start));
    }
    return all;
  }

  /// Small transactions one after the other, as the claims of workstations are: each writer has connections of its own,
  /// as a process has.
  double commits_per_second(int threads, double seconds) {
    std::vector<std::shared_ptr<store::Database>> databases;
    for (int i = 0; i < threads; ++i) {
      auto opened = store::Database::open(world->dsn, world->directory.string(), Env::system(), Log::none());
      if (!opened.ok()) {
        std::fprintf(stderr, "%s\n", opened.status().to_string().c_str());
        fail();
      }
      databases.push_back(std::move(opened).value());
    }
    std::atomic<long> commits{0}, refused{0};
    std::atomic<bool> stop{false};
    std::vector<std::thread> workers;
    const auto start = Clock::now();
    for (int i = 0; i < threads; ++i) {
      workers.emplace_back([&, i] {
        // Another value each time: a row that stays as it is costs SQLite no write at all.
        for (long turn = 0; !stop.load(); ++turn) {
          const Status done = databases[static_cast<std::size_t>(i)]->write([&](Poco::Data::Session& session) {
            account::Sql(session, "UPDATE account SET last_error = ? WHERE id = ?")
                .arg(std::to_string(i) + '-' + std::to_string(turn))
                .arg(world->account_b)
                .run();
            return Status();
          });
          ++(done.ok() ? commits : refused);
        }
      });
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stop.store(true);
    for (auto& worker : workers) {
      worker.join();
    }
    if (refused.load() != 0) {
      std::fprintf(stderr, "%ld writes were refused\n", refused.load());
      fail();
    }
    return static_cast<double>(commits.load()) / (micros_since(start) / 1e6);
  }

  [[nodiscard]] std::string directory() const { return world->directory.string(); }

 private:
  [[noreturn]] static void fail() {
    std::fprintf(stderr, "the store does not do what is measured\n");
    std::exit(1);
  }

  Status copy(Poco::Data::Session& session, const mailbox::ContentCipher& cipher, int from, int until) {
    for (int i = from; i < until; ++i) {
      mailbox::InboxRow row = original_;
      row.id = id_of(i);
      row.message_id = std::to_string(i) + original_.message_id;
      row.received = original_.received - std::chrono::seconds(i);
      mailbox::InboxDetails details;
      details.from = kAddressA;
      details.subject = "Kopie " + std::to_string(i);
      details.file_names = {kFileName};
      KVC_ASSIGN(row.details, mailbox::seal_details(cipher, details, row));
      mailbox::inbox::insert(session, row);
      mailbox::inbox::set_processed(session, row);
      if (i % 10 != 0) {  // most mail of a practice was read
        mailbox::inbox::mark_read(session, row.id, "bert", row.received);
      }
    }
    return {};
  }

  template <class Page>
  std::vector<double> times(int messages, int measured, const Page& page) {
    std::vector<double> all;
    const int last = messages - static_cast<int>(kPage) - 2;
    for (int i = 0; i < measured; ++i) {
      constexpr long long kOdd = 7919;  // a prime: the places do not follow each other
      const auto place = static_cast<long long>(last) * ((i * kOdd) % measured) / measured;
      const auto at = original_.received - std::chrono::seconds(place);
      const std::string cursor = mailbox::cursor_of(
          {std::chrono::duration_cast<Millis>(at.time_since_epoch()).count(), id_of(place)});
      const auto start = Clock::now();
      if (!page(cursor)) {
        fail();
      }
      all.push_back(micros_since(start));
    }
    return all;
  }

  mailbox::InboxRow original_;
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
  // The tests' server does without; what a commit costs is what is measured here.
  ::setenv("KVC_TEST_POSTGRESQL_FSYNC", "on", 1);
  const int messages = argc > 1 ? std::max(1000, std::atoi(argv[1])) : 1000000;
  constexpr int kMeasured = 500;
  constexpr double kSeconds = 5;
  Bench bench;
  if (!bench.fill(messages)) {
    std::fprintf(stderr, "the mailbox could not be made\n");
    return 1;
  }
  bench.pages(messages, kMeasured);  // the first pass fills the caches
  const Figures page = figures(bench.pages(messages, kMeasured));
  std::printf("%d messages, a page of %zu anywhere: median %.0f us, p99 %.0f us\n", messages, kPage, page.median,
              page.p99);
  const Figures scan = figures(bench.scans(messages, kMeasured));
  std::printf("of it the database: median %.0f us, p99 %.0f us\n", scan.median, scan.p99);
  const Figures count = figures(bench.counts(5));
  std::printf("counting all by service: median %.0f us\n", count.median);
  std::string rates;
  for (const int threads : {1, 4, 8}) {
    const double rate = bench.commits_per_second(threads, kSeconds);
    std::printf("%d writers: %.0f commits a second in all\n", threads, rate);
    rates += ", \"store_commits_" + std::to_string(threads) + "\": " + std::to_string(rate);
  }
  const double raw = raw_commits_per_second(bench.directory() + "/peer.db", kSeconds);
  std::printf("SQLite alone, 1 writer: %.0f commits a second\n", raw);
  if (argc > 2) {
    std::ofstream(argv[2]) << "{\"figures\": {\"inbox_messages\": " << messages
                           << ", \"inbox_page_us\": " << page.median << ", \"inbox_page_p99_us\": " << page.p99
                           << ", \"inbox_scan_us\": " << scan.median << ", \"inbox_counts_us\": " << count.median
                           << rates << ", \"sqlite_commits_1\": " << raw << "}}\n";
  }
  return 0;
}
