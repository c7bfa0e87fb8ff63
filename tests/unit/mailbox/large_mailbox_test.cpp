// SPDX-License-Identifier: Apache-2.0
// "A mailbox of 10,000 messages is fetched, listed and searched without the list call growing beyond one page of work":
// really fetched from a server, opened and judged; the work of a page is counted in steps of SQLite's virtual machine
// and in rows decrypted, never in time.
#include <Poco/Data/SQLite/Utility.h>
#include <Poco/Data/Session.h>
#include <sqlite3.h>

#include <algorithm>

#include "service/clear_subject.h"
#include "unit/mailbox/fixture.h"

namespace kvc::testing {
namespace {

using mailbox::InboxFilter;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kMessages = 10000;
constexpr std::size_t kPage = 50;
/// Of a search to the end; the last one may find that nothing is left.
constexpr std::size_t kMostCalls = kMessages / mailbox::InboxPage::kScanLimit + 1;

/// Counts the instructions SQLite executes in reads.
class CountingDatabase final : public store::Database {
 public:
  explicit CountingDatabase(std::shared_ptr<store::Database> real) : real_(std::move(real)) {}
  Status write(const std::function<Status(Poco::Data::Session&)>& work) override { return real_->write(work); }
  Status read(const std::function<Status(Poco::Data::Session&)>& work) override {
    return real_->read([&](Poco::Data::Session& session) {
      const Counting counting(Poco::Data::SQLite::Utility::dbHandle(session), steps);
      return work(session);
    });
  }
  [[nodiscard]] int schema_version() const override { return real_->schema_version(); }

  std::int64_t steps = 0;

 private:
  class Counting {
   public:
    Counting(sqlite3* database, std::int64_t& steps) : database_(database) {
      sqlite3_progress_handler(
          database_, 1, [](void* count) { return ++*static_cast<std::int64_t*>(count), 0; }, &steps);
    }
    ~Counting() { sqlite3_progress_handler(database_, 0, nullptr, nullptr); }
    Counting(const Counting&) = delete;
    Counting& operator=(const Counting&) = delete;

   private:
    sqlite3* database_;
  };
  std::shared_ptr<store::Database> real_;
};

class LargeMailbox : public Mailbox {
 protected:
  // Sealed once for each kind, then the clear Message-ID is made another one: the signature does not cover it, and a
  // user's program, the server and this test know each mail by it. What is fetched and opened is as real as any.
  void seal_templates() {
    const auto add = [&](const service::ServiceId& id, const std::string& subject, const std::string& file) {
      auto mail = plain_mail();
      mail.service_id = id;
      mail.subject = service::clear_subject(id);
      mail.user_subject = subject;
      mail.request_receipt = false;
      mail.attachments.push_back({file, "text/plain", "", [] { return std::make_unique<std::istringstream>("x"); }});
      deliver(mail);
    };
    for (int i = 0; i < 8; ++i) {
      add(service::enachricht_delivery(), "Rückfrage " + std::to_string(i), "labor-" + std::to_string(i) + ".txt");
    }
    add({"Neu", "Etwas", "V1"}, "Unbekannter Dienst", "neu.bin");
    add(service::enachricht_delivery(), "Nadel im Heuhaufen", "nadel-übersicht.txt");
    templates_ = std::move(on_server_b());
    on_server_b().clear();
  }
  // So many mails wait. The needle is one of the first: at the far end of the list.
  void put_on_server(int from, int to) {
    for (int i = from; i < to; ++i) {
      const std::size_t kind = i == 3 ? 9 : i % 100 == 50 ? 8 : static_cast<std::size_t>(i % 8);
      const auto& [id, raw] = templates_[kind];
      const std::string own = "mail-" + std::to_string(i) + "@kv-safenet.de";
      std::string text = raw;
      text.replace(text.find(id), id.size(), own);
      on_server_b().emplace_back(own, std::move(text));
    }
  }
  InboxFilter of_b() const {
    InboxFilter filter;
    filter.account_id = world->account_b;
    return filter;
  }
  // Steps of one page.
  std::int64_t steps_of(const InboxFilter& filter, const std::string& cursor) {
    counting_->steps = 0;
    EXPECT_THAT(list(filter, cursor, kPage).items, SizeIs(kPage));
    return counting_->steps;
  }
  void count_steps() {
    counting_ = std::make_shared<CountingDatabase>(world->database);
    world->mailbox = std::make_unique<mailbox::MailboxService>(counting_, *world->accounts, world->env, Log::none());
  }
  // Everything a filter finds, by cursor to the end; the cursor of each page goes to `cursors`.
  std::vector<mailbox::InboxItem> all(const InboxFilter& filter, std::size_t limit, std::vector<std::string>& cursors) {
    std::vector<mailbox::InboxItem> items;
    std::string cursor;
    do {
      cursors.push_back(cursor);
      auto page = list(filter, cursor, limit);
      EXPECT_LE(page.items.size(), limit);
      std::move(page.items.begin(), page.items.end(), std::back_inserter(items));
      cursor = page.next;
    } while (!cursor.empty() && cursors.size() <= kMessages);
    return items;
  }

  std::vector<std::pair<std::string, std::string>> templates_;
  std::shared_ptr<CountingDatabase> counting_;
};

TEST_F(LargeMailbox, TenThousandAreFetchedListedAndSearchedPageByPage) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "what it counts needs all its messages, which take minutes under a sanitizer";
#endif
  if (test::on_postgresql()) {
    GTEST_SKIP() << "counts the steps of SQLite";
  }
  seal_templates();
  put_on_server(0, 200);
  ASSERT_TRUE(fetch_b().ok());
  count_steps();
  const std::int64_t small = steps_of(of_b(), {});
  ASSERT_GT(small, 0);

  world->env.advance(std::chrono::hours(1));
  put_on_server(200, kMessages);
  int last = -1;
  const auto fetched = world->mailbox->fetch(
      "bert", world->account_b, [&](int permille, std::string_view) { last = std::max(last, permille); },
      world->cancel);
  ASSERT_TRUE(fetched.ok()) << fetched.status().to_string();
  EXPECT_EQ(fetched->fetched, kMessages - 200);
  EXPECT_EQ(fetched->not_valid, 0);
  EXPECT_THAT(on_server_b(), IsEmpty());
  EXPECT_LE(last, 1000);
  EXPECT_LE(world->server.largest_list, 256U) << "the server is asked for a page at a time";

  // To the end, by cursor: each once, newest first, all opened.
  std::vector<std::string> cursors;
  const auto everything = all(of_b(), kPage, cursors);
  ASSERT_THAT(everything, SizeIs(kMessages));
  EXPECT_THAT(cursors, SizeIs(kMessages / kPage));
  std::set<std::string> ids;
  for (const auto& item : everything) {
    ids.insert(item.message_id);
    ASSERT_EQ(item.verdict, message::Verdict::valid);
  }
  EXPECT_THAT(ids, SizeIs(kMessages));
  EXPECT_TRUE(std::is_sorted(everything.begin(), everything.end(),
                             [](const auto& a, const auto& b) { return a.received > b.received; }));

  // A page costs the same in a small mailbox and in a large one, at the beginning and at the end.
  // A quarter more for going on after a row; reading the rows before it would be two hundred times as much.
  const std::int64_t bound = small + small / 4;
  for (const std::size_t page : {std::size_t{0}, cursors.size() / 2, cursors.size() - 1}) {
    EXPECT_LE(steps_of(of_b(), cursors[page]), bound) << "page " << page;
  }

  // Narrowed by an index: the same.
  InboxFilter narrow = of_b();
  narrow.service_key = "";
  std::vector<std::string> pages;
  EXPECT_THAT(all(narrow, kPage, pages), SizeIs(kMessages / 100));
  EXPECT_LE(steps_of(narrow, {}), bound);
  EXPECT_LE(steps_of(narrow, pages.back()), bound);
  narrow = of_b();
  narrow.verdict = message::Verdict::decrypt_failed;
  counting_->steps = 0;
  EXPECT_THAT(list(narrow, {}, kPage).items, IsEmpty());
  EXPECT_LE(counting_->steps, bound) << "finding nothing is no work";

  // A search decrypts row by row; each call looks at a bounded number of rows and says where to go on.
  InboxFilter search = of_b();
  search.search = "NADEL-Ü";
  std::vector<std::string> calls;
  const auto needle = all(search, kPage, calls);
  ASSERT_THAT(needle, SizeIs(1));
  EXPECT_EQ(needle[0].message_id, "mail-3@kv-safenet.de");
  EXPECT_EQ(needle[0].subject, "Nadel im Heuhaufen");
  EXPECT_LE(calls.size(), kMostCalls);
  const std::int64_t most = bound * static_cast<std::int64_t>(mailbox::InboxPage::kScanLimit / kPage);
  for (const std::string& call : calls) {
    counting_->steps = 0;
    static_cast<void>(list(search, call, kPage));
    EXPECT_LE(counting_->steps, most) << call;
  }
  search.search = "rückfrage 5";
  EXPECT_LE(steps_of(search, {}), most) << "a frequent word ends as soon as the page is full";
  search.search = "gibt es nicht";
  std::vector<std::string> none;
  EXPECT_THAT(all(search, kPage, none), IsEmpty());
  EXPECT_LE(none.size(), kMostCalls);

  // Nothing of the search is left behind in clear.
  EXPECT_EQ(raw_bytes(world->directory).find("Heuhaufen"), std::string::npos);
}

}  // namespace
}  // namespace kvc::testing
