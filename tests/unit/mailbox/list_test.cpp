// SPDX-License-Identifier: Apache-2.0
// Listing, filtering, searching the inbox: what comes, and that a page reads its own rows only (by query plan, not by
// time).
#include <Poco/Data/Session.h>

#include "mailbox/cursor.h"
#include "mailbox/inbox_repository.h"
#include "mailbox/outbox_repository.h"
#include "service/clear_subject.h"
#include "store/sql.h"
#include "unit/mailbox/fixture.h"

namespace kvc::testing {
namespace {

using mailbox::InboxFilter;
using mailbox::Key;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class List : public Mailbox {
 protected:
  void arrive(const std::string& subject, const std::string& file_name, const service::ServiceId& id) {
    auto mail = plain_mail();
    mail.service_id = id;
    mail.subject = service::clear_subject(id);
    mail.user_subject = subject;
    mail.request_receipt = false;
    if (!file_name.empty()) {
      mail.attachments.push_back(
          {file_name, "text/plain", "", [] { return std::make_unique<std::istringstream>("x"); }});
    }
    deliver(mail);
    ASSERT_TRUE(fetch_b().ok());
    world->env.advance(hours(1));
  }
  void three() {
    arrive("Rückfrage Müller", "LABOR-Übersicht.txt", service::enachricht_delivery());
    arrive("Zweiter", "", {"Neu", "Etwas", "V1"});
    arrive("Dritter", "bild.png", service::enachricht_delivery());
  }
  InboxFilter of_b() const {
    InboxFilter filter;
    filter.account_id = world->account_b;
    return filter;
  }
  std::vector<std::string> subjects(const InboxFilter& filter) {
    std::vector<std::string> all;
    for (const auto& item : list(filter).items) {
      all.push_back(item.subject);
    }
    return all;
  }
  InboxFilter searching(const std::string& word) const {
    auto filter = of_b();
    filter.search = word;
    return filter;
  }
  // `count` rows as a fetch leaves them, without the fetch.
  void fill(int count) {
    const Status done = world->database->write([&](Poco::Data::Session& session) {
      account::Sql(session, "INSERT INTO mail_blob (id, account_id, created_at, complete) VALUES ('b', ?, 0, 1)")
          .arg(world->account_b)
          .run();
      for (int i = 0; i < count; ++i) {
        mailbox::InboxRow row;
        row.id = "row-" + std::to_string(100000 + i);
        row.account_id = world->account_b;
        row.message_id = std::to_string(i) + "@kv-safenet.de";
        row.sender = "praxis-" + std::to_string(i) + "@kv-safenet.de";
        row.service_key = i % 10 == 0 ? "earztbrief" : "enachricht";
        row.subject = "eNachricht";
        row.blob_id = "b";
        row.received = TimePoint(std::chrono::milliseconds(1000000 + i / 3));
        row.processed = true;
        mailbox::inbox::insert(session, row);
      }
      return Status();
    });
    ASSERT_TRUE(done.ok()) << done.to_string();
  }
  bool run(const std::string& statement) {
    return world->database
        ->write([&](Poco::Data::Session& session) {
          account::Sql(session, statement).run();
          return Status();
        })
        .ok();
  }
  // The plan of a statement: one line per step.
  std::string plan(std::string text) {
    for (std::size_t at = text.find('?'); at != std::string::npos; at = text.find('?', at)) {
      text.replace(at, 1, "'1'");
    }
    std::string all;
    const Status read = world->database->read([&](Poco::Data::Session& session) {
      std::int64_t id = 0;
      std::int64_t parent = 0;
      std::int64_t unused = 0;
      std::string step;
      account::Sql sql(session, "EXPLAIN QUERY PLAN " + text);
      sql.into(id).into(parent).into(unused).into(step);
      while (sql.next()) {
        all += step + "\n";
      }
      return Status();
    });
    EXPECT_TRUE(read.ok()) << read.to_string();
    return all;
  }
};

TEST(Stretch, LooksAtManyRowsWithoutHoldingThemAll) {
  constexpr std::size_t kLimit = 50;
  constexpr std::size_t kMost = 1000;
  std::size_t largest = 0;
  std::int64_t seen = 0;
  const auto scan = [&](const Key& before, std::size_t count) {
    EXPECT_EQ(before.millis, 100'000 - seen) << "rows are left out, or read twice";
    largest = std::max(largest, count);
    std::vector<std::int64_t> rows;
    for (std::size_t i = 0; i < count; ++i) {
      rows.push_back(100'000 - ++seen);
    }
    return rows;
  };
  const auto none = mailbox::read_stretch<std::int64_t>(
      Key{100'000, ""}, kLimit, kMost, scan, [](std::int64_t) -> Result<bool> { return false; },
      [](std::int64_t row) {
        return Key{row, ""};
      });
  EXPECT_TRUE(none.found.empty());
  EXPECT_TRUE(none.more);
  EXPECT_EQ(seen, static_cast<std::int64_t>(kMost));
  EXPECT_LE(largest, mailbox::kMostRowsAtOnce);
  // A page larger than that is still one piece.
  seen = 0;
  const auto all = mailbox::read_stretch<std::int64_t>(
      Key{100'000, ""}, 200, kMost, scan, [](std::int64_t) -> Result<bool> { return true; },
      [](std::int64_t row) {
        return Key{row, ""};
      });
  EXPECT_EQ(all.found.size(), 200U);
  EXPECT_EQ(seen, 201);
}

TEST_F(List, NewestFirstWithEverythingARowShows) {
  three();
  const auto page = list(of_b());
  EXPECT_EQ(page.next, "");
  ASSERT_THAT(page.items, SizeIs(3));
  EXPECT_EQ(page.items[0].subject, "Dritter");
  EXPECT_EQ(page.items[0].verdict, message::Verdict::valid);
  EXPECT_EQ(page.items[0].service_key, "enachricht");
  EXPECT_THAT(page.items[0].file_names, ElementsAre("bild.png"));
  EXPECT_FALSE(page.items[0].read);
  EXPECT_EQ(page.items[1].service_key, "") << "unknown services are shown, too";
}

TEST_F(List, IsFiltered) {
  three();
  auto filter = of_b();
  filter.service_key = "enachricht";
  EXPECT_THAT(subjects(filter), ElementsAre("Dritter", "Rückfrage Müller"));
  filter.service_key = "";
  EXPECT_THAT(subjects(filter), ElementsAre("Zweiter"));
  filter = of_b();
  filter.verdict = message::Verdict::valid;
  EXPECT_THAT(subjects(filter), SizeIs(3));
  filter.verdict = message::Verdict::not_signed;
  EXPECT_THAT(subjects(filter), IsEmpty());
  filter = of_b();
  const auto all = list(of_b()).items;
  filter.from = all[1].received;
  EXPECT_THAT(subjects(filter), ElementsAre("Dritter", "Zweiter"));
  filter.to = all[0].received;
  EXPECT_THAT(subjects(filter), ElementsAre("Zweiter")) << "the end is not part of it";
  filter = of_b();
  filter.unread_only = true;
  ASSERT_TRUE(world->mailbox->open("bert", all[0].id).ok());
  EXPECT_THAT(subjects(filter), ElementsAre("Zweiter", "Rückfrage Müller"));
}

TEST_F(List, IsSearchedWithoutCase) {
  three();
  EXPECT_THAT(subjects(searching("müller")), ElementsAre("Rückfrage Müller"));
  EXPECT_THAT(subjects(searching("MÜLLER")), ElementsAre("Rückfrage Müller"));
  EXPECT_THAT(subjects(searching("Mueller")), ElementsAre("Rückfrage Müller"));
  EXPECT_THAT(subjects(searching("RU\xcc\x88"
                                 "CKFRAGE MU\xcc\x88LLER")),
              ElementsAre("Rückfrage Müller"))
      << "dots of their own";
  EXPECT_THAT(subjects(searching("mul")), IsEmpty());
  EXPECT_THAT(subjects(searching("labor-ü")), ElementsAre("Rückfrage Müller")) << "file names";
  EXPECT_THAT(subjects(searching("PRAXIS-A")), SizeIs(3)) << "the sender";
  EXPECT_THAT(subjects(searching("niemand")), IsEmpty());
  EXPECT_THAT(subjects(searching("%")), IsEmpty()) << "no wildcard";
  EXPECT_THAT(subjects(searching("\xff\xfe")), IsEmpty()) << "no UTF-8";
  EXPECT_EQ(raw_bytes(world->directory).find("Müller"), std::string::npos) << "and there is no clear index of words";
}

TEST_F(List, ReadStateIsEachUsersOwn) {
  arrive("Erster", "", service::enachricht_delivery());
  ASSERT_TRUE(world->accounts->assign("bert", world->account_b, "carla").ok());
  const std::string id = list(of_b()).items.at(0).id;
  ASSERT_TRUE(world->mailbox->open("bert", id).ok());
  EXPECT_TRUE(list(of_b()).items[0].read);
  EXPECT_FALSE(world->mailbox->list_inbox("carla", of_b(), "", 10)->items.at(0).read);
  ASSERT_TRUE(world->mailbox->set_read("bert", id, false).ok());
  EXPECT_FALSE(list(of_b()).items[0].read);
  ASSERT_TRUE(world->mailbox->set_read("bert", id, true).ok());
  ASSERT_TRUE(world->mailbox->set_read("bert", id, true).ok()) << "twice is once";
  EXPECT_TRUE(list(of_b()).items[0].read);
  EXPECT_TRUE(world->mailbox->set_read("anna", id, true).is(error::not_found));
}

TEST_F(List, CountsByService) {
  three();
  ASSERT_TRUE(world->mailbox->open("bert", list(of_b()).items.at(0).id).ok());
  const auto counts = world->mailbox->counts("bert", world->account_b);
  ASSERT_TRUE(counts.ok());
  ASSERT_THAT(*counts, SizeIs(2));
  EXPECT_EQ((*counts)[0].service_key, "");
  EXPECT_EQ((*counts)[0].unread, 1U);
  EXPECT_EQ((*counts)[1].service_key, "enachricht");
  EXPECT_EQ((*counts)[1].total, 2U);
  EXPECT_EQ((*counts)[1].unread, 1U);
  EXPECT_TRUE(world->mailbox->counts("anna", world->account_b).status().is(error::not_found));
}

TEST_F(List, CountsAreEachUsersOwnAndGoBack) {
  three();
  const std::string id = list(of_b()).items.at(0).id;
  const auto unread = [&](const std::string& user) {
    std::size_t sum = 0;
    const auto counts = world->mailbox->counts(user, world->account_b).value();
    for (const auto& count : counts) {
      sum += count.unread;
    }
    return sum;
  };
  ASSERT_TRUE(world->accounts->assign("bert", world->account_b, "carla").ok());
  ASSERT_TRUE(world->mailbox->set_read("bert", id, true).ok());
  ASSERT_TRUE(world->mailbox->set_read("bert", id, true).ok()) << "twice is once";
  EXPECT_EQ(unread("bert"), 2U);
  EXPECT_EQ(unread("carla"), 3U);
  ASSERT_TRUE(world->mailbox->set_read("bert", id, false).ok());
  EXPECT_EQ(unread("bert"), 3U);
}

// An envelope may say another service than the letter in it, which a key imported later opens.
TEST_F(List, CountsFollowAMessageToAnotherService) {
  three();
  const std::string id = list(of_b()).items.at(0).id;
  ASSERT_TRUE(world->mailbox->set_read("bert", id, true).ok());
  const Status moved = world->database->write([&](Poco::Data::Session& session) {
    auto row = mailbox::inbox::find(session, id, "bert");
    row->service_key = "earztbrief";
    mailbox::inbox::set_processed(session, *row);
    mailbox::inbox::follow_service(session, *row);
    return Status();
  });
  ASSERT_TRUE(moved.ok()) << moved.to_string();
  const auto counts = world->mailbox->counts("bert", world->account_b).value();
  ASSERT_THAT(counts, SizeIs(3));
  EXPECT_EQ(counts[1].service_key, "earztbrief");
  EXPECT_EQ(counts[1].total, 1U);
  EXPECT_EQ(counts[1].unread, 0U);
  EXPECT_EQ(counts[2].service_key, "enachricht");
  EXPECT_EQ(counts[2].unread, 1U);
}

TEST_F(List, OfAllAccountsIsOneOrder) {
  world->server.csr_script = {999};
  const std::string second = world->ready_account("bert", "praxis-d");
  world->create("bert", "praxis-ohne-zertifikat");  // nothing can be in its inbox
  fill(40);
  const Status moved = world->database->write([&](Poco::Data::Session& session) {
    account::Sql(session, "UPDATE inbox SET account_id = ? WHERE id LIKE '%5' OR id LIKE '%7'").arg(second).run();
    return Status();
  });
  ASSERT_TRUE(moved.ok());
  std::vector<Key> keys;
  std::set<std::string> accounts;
  std::string cursor;
  do {
    const auto page = list({}, cursor, 7);
    for (const auto& item : page.items) {
      keys.push_back({store::millis(item.received), item.id});
      accounts.insert(item.account_id);
    }
    cursor = page.next;
  } while (!cursor.empty());
  EXPECT_THAT(keys, SizeIs(40));
  EXPECT_TRUE(std::is_sorted(keys.rbegin(), keys.rend()));
  EXPECT_THAT(accounts, SizeIs(2));
}

TEST_F(List, CursorsMustBeCursors) {
  for (const char* cursor : {"x", ":", "1", "1:a b", "1:'", "99999999999999999999:a", "1:A", " 1:a", "1 :a"}) {
    EXPECT_TRUE(world->mailbox->list_inbox("bert", of_b(), cursor, 10).status().is(error::bad_request)) << cursor;
  }
  EXPECT_TRUE(mailbox::parse_cursor("1:" + std::string(65, 'a')).status().is(error::bad_request));
  const Key key{-5, "a-1"};
  EXPECT_EQ(*mailbox::parse_cursor(mailbox::cursor_of(key)), key);
}

// ---- damaged rows ----

// One row that does not open any more, by whatever changed its bytes, takes no other with it.
TEST_F(List, AnUnreadableRowIsShownAmongTheOthers) {
  three();
  const std::string id = list(of_b()).items.at(1).id;
  for (const char* damage : {"x'00'", "substr(details, 1, 20)", "x''", "NULL"}) {
    const bool empty = std::string(damage) == "NULL" || std::string(damage) == "x''";
    ASSERT_TRUE(world->mailbox->open("bert", id).ok());
    ASSERT_TRUE(run("UPDATE inbox SET details = " + std::string(damage) + " WHERE id = '" + id + "'"));
    const auto page = list(of_b());
    ASSERT_THAT(page.items, SizeIs(3)) << damage;
    EXPECT_EQ(page.items[0].subject, "Dritter");
    EXPECT_FALSE(page.items[0].unreadable);
    EXPECT_EQ(page.items[1].id, id);
    EXPECT_EQ(page.items[1].unreadable, !empty) << damage;
    EXPECT_EQ(page.items[1].from, kAddressA) << "of the clear header";
    EXPECT_THAT(page.items[1].file_names, IsEmpty());
    EXPECT_EQ(page.items[2].subject, "Rückfrage Müller");
    EXPECT_THAT(subjects(searching("müller")), ElementsAre("Rückfrage Müller")) << "and searching goes on";
    EXPECT_TRUE(world->mailbox->counts("bert", world->account_b).ok());
    EXPECT_TRUE(world->mailbox->thread("bert", world->account_b, page.items[1].thread_id).ok());
    if (!empty) {
      // The original is whole: opening the message writes its facts anew.
      const auto opened = world->mailbox->open("bert", id);
      ASSERT_TRUE(opened.ok()) << opened.status().to_string();
      EXPECT_EQ(opened->message.verdict, message::Verdict::valid);
      EXPECT_FALSE(opened->item.unreadable);
      EXPECT_EQ(list(of_b()).items[1].subject, "Zweiter");
    }
  }
}

TEST_F(List, AnUnreadableRowOfTheOutboxIsShownAndHoldsNothingUp) {
  auto second = draft();
  second.user_subject = "Heil";
  const std::string broken = queue(draft());
  world->env.advance(hours(1));
  const std::string whole = queue(second);
  ASSERT_TRUE(run("UPDATE outbox SET details = x'0102' WHERE id = '" + broken + "'"));
  auto items = outbox_a();
  ASSERT_THAT(items, SizeIs(2));
  EXPECT_EQ(items[0].user_subject, "Heil");
  EXPECT_FALSE(items[0].unreadable);
  EXPECT_TRUE(items[1].unreadable);
  EXPECT_EQ(items[1].to, kAddressB);
  EXPECT_TRUE(items[1].withdrawable);
  EXPECT_TRUE(world->mailbox->outbox_item("anna", broken)->unreadable);
  // The whole one is sent, the broken one failed with its reason, and can be taken out.
  ASSERT_TRUE(send().ok());
  EXPECT_EQ(item_a(whole).state, mailbox::OutboxState::accepted);
  EXPECT_EQ(item_a(broken).state, mailbox::OutboxState::failed);
  EXPECT_EQ(item_a(broken).last_error, error::storage_corrupt.key);
  EXPECT_THAT(on_server_b(), SizeIs(1));
  EXPECT_TRUE(world->mailbox->withdraw("anna", broken).ok());
  EXPECT_THAT(outbox_a(), SizeIs(1));
}

TEST_F(List, ANoteThatDoesNotOpenLeavesTheDeliveryReadable) {
  const std::string id = queue(billing());
  ASSERT_TRUE(send().ok());
  world->env.advance(hours(24 * 60));
  const auto item = item_a(id);
  const auto late = std::find_if(item.replies.begin(), item.replies.end(), [](const auto& r) { return r.overdue; });
  ASSERT_NE(late, item.replies.end());
  ASSERT_TRUE(world->mailbox->clear_overdue("anna", id, late->kind, "telefonisch geklärt").ok());
  ASSERT_TRUE(run("UPDATE outbox_reply SET note = x'00' WHERE note IS NOT NULL"));
  const auto after = item_a(id);
  EXPECT_FALSE(after.unreadable);
  const mailbox::Reply* reply = after.reply(late->kind);
  ASSERT_TRUE(reply != nullptr && reply->cleared);
  EXPECT_EQ(reply->cleared->by, "anna");
  EXPECT_EQ(reply->cleared->note, "");
}

// ---- "a mailbox of 10,000 messages is ... listed and searched without the list call growing beyond one page of work"
// ----

TEST_F(List, TenThousandArePagedWithoutGapsOrDoubles) {
  fill(10000);
  std::set<std::string> seen;
  std::string cursor;
  int calls = 0;
  do {
    const auto page = list(of_b(), cursor, 500);
    for (const auto& item : page.items) {
      ASSERT_TRUE(seen.insert(item.id).second);
    }
    cursor = page.next;
    ++calls;
  } while (!cursor.empty());
  EXPECT_THAT(seen, SizeIs(10000));
  EXPECT_EQ(calls, 20);
}

TEST_F(List, SearchLooksThroughABoundedNumberOfRowsPerCall) {
  fill(2500);
  auto filter = searching("praxis-3@");  // one of the oldest
  std::string cursor;
  std::vector<std::size_t> found;
  do {
    const auto page = list(filter, cursor, 10);
    found.push_back(page.items.size());
    cursor = page.next;
  } while (!cursor.empty());
  EXPECT_THAT(found, ElementsAre(0, 0, 1)) << "two calls that give up after kScanLimit rows";
}

TEST_F(List, EveryPageIsReadInTheOrderOfAnIndex) {
  if (test::on_postgresql()) {
    GTEST_SKIP() << "the plan is that of SQLite";
  }
  fill(1000);
  mailbox::InboxScan scan;
  const auto check = [&](const char* index) {
    const std::string steps = plan(mailbox::inbox::scan_text(scan));
    EXPECT_THAT(steps, HasSubstr(std::string("SEARCH inbox USING INDEX ") + index)) << steps;
    EXPECT_THAT(steps, HasSubstr("(received_at,id)<(?,?)")) << "begins at the key";
    EXPECT_THAT(steps, Not(HasSubstr("TEMP B-TREE"))) << "nothing is sorted";
    EXPECT_THAT(steps, Not(HasSubstr("SCAN"))) << "no table is read through";
  };
  check("inbox_newest");
  scan.from = 0;
  check("inbox_newest");
  scan.service_key = "x";
  check("inbox_by_service");
  scan.service_key.reset();
  scan.verdict = "valid";
  check("inbox_by_verdict");
  scan.verdict.reset();
  scan.unassigned = true;
  check("inbox_unassigned");
}

TEST_F(List, TheNewestOfEachAccountIsAStepInAnIndex) {
  if (test::on_postgresql()) {
    GTEST_SKIP() << "the plan is that of SQLite";
  }
  fill(1000);
  const auto mine = vault::Vault::accounts_of("bert");
  const auto check = [&](const std::string& steps, const char* index) {
    EXPECT_THAT(steps, HasSubstr(index)) << steps;
    for (const char* read_through : {"SCAN newest", "SCAN inbox", "SCAN outbox"}) {
      EXPECT_THAT(steps, Not(HasSubstr(read_through))) << steps;
    }
  };
  mailbox::InboxScan scan;
  check(plan(mailbox::inbox::heads_text(scan, mine)), "INDEX inbox_newest");
  scan.service_key = "x";
  check(plan(mailbox::inbox::heads_text(scan, mine)), "INDEX inbox_by_service");
  mailbox::OutboxScan sent;
  check(plan(mailbox::outbox::heads_text(sent, mine)), "INDEX outbox_newest");
  sent.overdue_at = 1;
  check(plan(mailbox::outbox::heads_text(sent, mine)), "INDEX outbox_reply_due");
}

TEST_F(List, IsCountedInIndexesAlone) {
  if (test::on_postgresql()) {
    GTEST_SKIP() << "the plan is that of SQLite";
  }
  for (const auto& accounts : {store::Selection::of("one"), vault::Vault::accounts_of("bert")}) {
    const std::string steps = plan(mailbox::inbox::counts_text(accounts));
    EXPECT_THAT(steps, HasSubstr("COVERING INDEX inbox_by_service (account_id=?)")) << steps;
    EXPECT_THAT(steps, HasSubstr("COVERING INDEX inbox_read_counts (user_id=? AND account_id=?)")) << steps;
    EXPECT_THAT(steps, Not(HasSubstr("SCAN inbox"))) << steps;
  }
}

TEST_F(List, EveryPageOfTheOutboxIsReadInTheOrderOfAnIndex) {
  if (test::on_postgresql()) {
    GTEST_SKIP() << "the plan is that of SQLite";
  }
  mailbox::OutboxScan scan;
  const auto check = [&](const char* index) {
    const std::string steps = plan(mailbox::outbox::scan_text(scan));
    EXPECT_THAT(steps, HasSubstr(std::string("SEARCH outbox USING INDEX ") + index)) << steps;
    EXPECT_THAT(steps, Not(HasSubstr("TEMP B-TREE"))) << steps;
    EXPECT_THAT(steps, Not(HasSubstr("SCAN"))) << steps;
  };
  check("outbox_newest");
  scan.from = 0;
  check("outbox_newest");
  scan.service_key = "x";
  check("outbox_by_service");
  scan.service_key.reset();
  scan.overdue_at = 1;
  const std::string steps = plan(mailbox::outbox::scan_text(scan));
  EXPECT_THAT(steps, HasSubstr("INDEX outbox_reply_due")) << steps;
  EXPECT_THAT(steps, Not(HasSubstr("SCAN"))) << steps;
}

}  // namespace
}  // namespace kvc::testing
