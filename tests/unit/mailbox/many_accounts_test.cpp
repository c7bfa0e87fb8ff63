// SPDX-License-Identifier: Apache-2.0
// A thousand accounts in one store: what lists, hints and choices read does not grow with their number. Statements are
// counted, time is not.
#include <Poco/Data/Session.h>
#include <Poco/Data/SessionImpl.h>
#include <Poco/Data/StatementImpl.h>

#include <chrono>
#include <cstdio>
#include <set>

#include "account/repository.h"
#include "account/sender.h"
#include "mailbox/outbox_repository.h"
#include "unit/mailbox/fixture.h"

namespace kvc::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A session that counts the statements made in it, whatever database it belongs to.
class CountingSession final : public Poco::Data::SessionImpl {
 public:
  CountingSession(Poco::Data::SessionImpl& real, int& count)
      : SessionImpl(real.connectionString()), real_(real), count_(count) {}
  Poco::SharedPtr<Poco::Data::StatementImpl> createStatementImpl() override {
    ++count_;
    return real_.createStatementImpl();
  }
  void open(const std::string& text) override { real_.open(text); }
  void close() override { real_.close(); }
  [[nodiscard]] bool isConnected() const override { return real_.isConnected(); }
  void setConnectionTimeout(std::size_t timeout) override { real_.setConnectionTimeout(timeout); }
  [[nodiscard]] std::size_t getConnectionTimeout() const override { return real_.getConnectionTimeout(); }
  void reset() override { real_.reset(); }
  void begin() override { real_.begin(); }
  void commit() override { real_.commit(); }
  void rollback() override { real_.rollback(); }
  [[nodiscard]] bool canTransact() const override { return real_.canTransact(); }
  [[nodiscard]] bool isTransaction() const override { return real_.isTransaction(); }
  void setTransactionIsolation(Poco::UInt32 level) override { real_.setTransactionIsolation(level); }
  [[nodiscard]] Poco::UInt32 getTransactionIsolation() const override { return real_.getTransactionIsolation(); }
  [[nodiscard]] bool hasTransactionIsolation(Poco::UInt32 level) const override {
    return real_.hasTransactionIsolation(level);
  }
  [[nodiscard]] bool isTransactionIsolation(Poco::UInt32 level) const override {
    return real_.isTransactionIsolation(level);
  }
  [[nodiscard]] const std::string& connectorName() const override { return real_.connectorName(); }
  void setFeature(const std::string& name, bool state) override { real_.setFeature(name, state); }
  bool getFeature(const std::string& name) override { return real_.getFeature(name); }
  void setProperty(const std::string& name, const Poco::Any& value) override { real_.setProperty(name, value); }
  Poco::Any getProperty(const std::string& name) override { return real_.getProperty(name); }

 private:
  Poco::Data::SessionImpl& real_;
  int& count_;
};

class StatementCounter final : public store::Database {
 public:
  explicit StatementCounter(std::shared_ptr<store::Database> real) : real_(std::move(real)) {}
  Status write(const std::function<Status(Poco::Data::Session&)>& work) override { return real_->write(counted(work)); }
  Status read(const std::function<Status(Poco::Data::Session&)>& work) override { return real_->read(counted(work)); }
  [[nodiscard]] int schema_version() const override { return real_->schema_version(); }

  int statements = 0;

 private:
  std::function<Status(Poco::Data::Session&)> counted(const std::function<Status(Poco::Data::Session&)>& work) {
    return [&](Poco::Data::Session& session) {
      Poco::Data::Session counting(
          Poco::AutoPtr<Poco::Data::SessionImpl>(new CountingSession(*session.impl(), statements)));
      return work(counting);
    };
  }
  std::shared_ptr<store::Database> real_;
};

class ManyAccounts : public Mailbox {
 protected:
  static constexpr int kMany = 1000;

  void SetUp() override {
    Mailbox::SetUp();
    counter_ = std::make_shared<StatementCounter>(world->database);
    world->vault = std::make_unique<vault::Vault>(counter_, world->custody, world->env);
    world->accounts = std::make_unique<account::AccountService>(counter_, *world->vault, world->environments,
                                                                world->env, Log::none());
    world->mailbox = std::make_unique<mailbox::MailboxService>(counter_, *world->accounts, world->env, Log::none());
  }

  static std::string name_of(int number) { return "Praxis " + std::to_string(10000 + number); }

  // Rows as the account of bert has them, under other names, all with his certificate. Their sealed copies open for
  // nobody, because they are bound to his account: who opens an account without need is found out.
  void add_rows(int count) {
    const Status added = world->database->write([&](Poco::Data::Session& session) {
      const auto generations = account::repository::generations(session, world->account_b);
      for (int i = 0; i < count; ++i) {
        account::AccountRow row = *account::repository::find(session, world->account_b);
        row.id = "zz-" + std::to_string(10000 + i);
        row.username = "viele-" + std::to_string(i);
        row.address = row.username + "@kv-safenet.de";
        row.display_name = name_of(i);
        account::repository::insert_creating(session, row, world->env.now());
        account::repository::set_state(session, row.id, account::State::ready);
        for (account::GenerationRow generation : generations) {
          generation.id = row.id + generation.id;
          generation.account_id = row.id;
          account::repository::insert_generation(session, generation, world->env.now());
        }
        account::Sql(session,
                     "INSERT INTO vault_key (account_id, user_id, key_id, sealed, created_at) SELECT ?, user_id, "
                     "key_id, sealed, created_at FROM vault_key WHERE account_id = ?")
            .arg(row.id)
            .arg(world->account_b)
            .run();
      }
      return Status();
    });
    ASSERT_TRUE(added.ok()) << added.to_string();
  }

  template <class Work>
  int statements_of(Work&& work) {
    counter_->statements = 0;
    work();
    EXPECT_GT(counter_->statements, 0);
    return counter_->statements;
  }

  // Everything that was read account by account once.
  std::vector<int> statements() {
    const auto ok = [](const auto& result) { EXPECT_TRUE(result.ok()) << result.status().to_string(); };
    return {
        statements_of([&] { ok(world->accounts->list("bert")); }),
        statements_of([&] { ok(world->accounts->names("bert")); }),
        statements_of([&] { ok(world->accounts->page("bert", "", "", 50)); }),
        statements_of([&] { ok(world->accounts->page("bert", "praxis", "", 50)); }),
        statements_of([&] { ok(world->accounts->claim_renewal_hints("bert")); }),
        statements_of([&] { ok(world->mailbox->counts("bert", {})); }),
        statements_of([&] { ok(world->mailbox->overdue_count("bert", {})); }),
        statements_of([&] { ok(world->mailbox->list_inbox("bert", {}, {}, 50)); }),
        statements_of([&] { ok(world->mailbox->list_outbox("bert", {}, {}, 50)); }),
    };
  }

  std::shared_ptr<StatementCounter> counter_;
};

TEST_F(ManyAccounts, AreReadInAsManyStatementsAsOne) {
  queue(draft());
  ASSERT_TRUE(send().ok());
  ASSERT_TRUE(fetch_b().ok());
  world->env.advance(std::chrono::days(700));  // the certificates end soon: there are hints
  const std::vector<int> one = statements();
  add_rows(kMany - 1);
  world->env.advance(std::chrono::days(8));  // and again, for the account that was told of
  const std::vector<int> many = statements();
  EXPECT_EQ(one, many);
  const auto took = [&](const char* what, const auto& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const auto end = std::chrono::steady_clock::now();
    std::printf("%-22s of %d accounts: %lld us\n", what, kMany,
                static_cast<long long>(std::chrono::duration_cast<std::chrono::microseconds>(end - begin).count()));
  };
  took("a page of 50", [&] { EXPECT_TRUE(world->accounts->page("bert", "", "", 50).ok()); });
  took("a search", [&] { EXPECT_TRUE(world->accounts->page("bert", "10777", "", 50).ok()); });
  took("their names", [&] { EXPECT_TRUE(world->accounts->names("bert").ok()); });
  took("everything of all", [&] { EXPECT_TRUE(world->accounts->list("bert").ok()); });
  took("a page of the inbox", [&] { EXPECT_TRUE(world->mailbox->list_inbox("bert", {}, {}, 50).ok()); });
  ASSERT_THAT(world->accounts->list("bert").value(), SizeIs(kMany));
}

TEST_F(ManyAccounts, ThePageOfOneIsTheSameAmongAThousand) {
  queue(draft());
  ASSERT_TRUE(send().ok());
  ASSERT_TRUE(fetch_b().ok());
  add_rows(kMany - 1);
  const auto inbox = world->mailbox->list_inbox("bert", {}, {}, 50);
  ASSERT_TRUE(inbox.ok()) << "opened an account that has nothing to show: " << inbox.status().to_string();
  ASSERT_THAT(inbox->items, SizeIs(1));
  EXPECT_EQ(inbox->items[0].subject, kUserSubject);
  EXPECT_THAT(inbox->next, IsEmpty());
  const auto counts = world->mailbox->counts("bert", {});
  ASSERT_TRUE(counts.ok());
  ASSERT_THAT(*counts, SizeIs(1));
  EXPECT_EQ(counts->front().total, 1U);
  EXPECT_TRUE(world->mailbox->list_inbox("carla", {}, {}, 50)->items.empty()) << "of nobody else";
  EXPECT_TRUE(world->mailbox->counts("carla", {})->empty());
}

TEST_F(ManyAccounts, ArePagedByNameWithoutGapsOrDoubles) {
  add_rows(kMany - 1);
  std::vector<std::string> ids;
  std::vector<std::string> names;
  std::string cursor;
  do {
    const auto page = world->accounts->page("bert", "", cursor, 70);
    ASSERT_TRUE(page.ok()) << page.status().to_string();
    EXPECT_EQ(page->total, static_cast<std::size_t>(kMany));
    EXPECT_EQ(page->assigned, static_cast<std::size_t>(kMany));
    ASSERT_FALSE(page->items.empty());
    for (const account::Overview& account : page->items) {
      ids.push_back(account.id);
      names.push_back(account.display_name);
      EXPECT_THAT(account.user_ids, ElementsAre("bert"));
      EXPECT_THAT(account.generations, SizeIs(1));
    }
    cursor = page->next;
  } while (!cursor.empty());
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), static_cast<std::size_t>(kMany));
  EXPECT_THAT(ids, SizeIs(kMany));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));

  const auto found = world->accounts->page("bert", "PRAXIS 10777", "", 50);
  ASSERT_THAT(found->items, SizeIs(1));
  EXPECT_EQ(found->items[0].display_name, name_of(777));
  EXPECT_EQ(found->total, 1U);
  EXPECT_EQ(found->assigned, static_cast<std::size_t>(kMany));
  EXPECT_THAT(world->accounts->page("bert", "viele-99@KV", "", 50)->items, SizeIs(1)) << "by address";
  EXPECT_THAT(world->accounts->page("bert", "gibt es nicht", "", 50)->items, IsEmpty());
  EXPECT_THAT(world->accounts->page("carla", "", "", 50)->items, IsEmpty());
  EXPECT_THAT(world->accounts->page("bert", "", "", 100000)->items, SizeIs(account::OverviewPage::kLargest));
  EXPECT_TRUE(world->accounts->page("bert", "", "no place", 50).status().is(error::bad_request));
}

TEST_F(ManyAccounts, HintsAreToldOnceForEachAndBounded) {
  constexpr std::size_t kMost = account::AccountService::kMostHints;
  add_rows(static_cast<int>(kMost) + 30);
  world->env.advance(std::chrono::days(700));
  const auto first = world->accounts->claim_renewal_hints("bert");
  ASSERT_TRUE(first.ok()) << first.status().to_string();
  EXPECT_THAT(*first, SizeIs(kMost));
  std::set<std::string> told;
  for (const auto& hint : *first) {
    told.insert(hint.account.id);
  }
  const auto second = world->accounts->claim_renewal_hints("bert");
  ASSERT_TRUE(second.ok());
  EXPECT_THAT(*second, SizeIs(31)) << "those that were left, and no others";
  for (const auto& hint : *second) {
    told.insert(hint.account.id);
  }
  EXPECT_THAT(told, SizeIs(kMost + 31));
  EXPECT_THAT(*world->accounts->claim_renewal_hints("bert"), IsEmpty());
}

TEST_F(ManyAccounts, TheSenderIsChosenAmongAll) {
  add_rows(kMany - 1);
  ASSERT_TRUE(world->accounts->set_default_sender("bert", world->account_b, true).ok());
  const auto all = world->accounts->list("bert");
  ASSERT_TRUE(all.ok());
  const auto choice = account::choose_sender(*all, "bert", {}, world->env.now());
  ASSERT_TRUE(choice);
  EXPECT_EQ((*all)[choice->index].id, world->account_b);
  EXPECT_EQ(choice->reason, account::SenderReason::chosen_by_user);
}

/// Accounts that open, with rows in inbox and outbox.
class ManyInboxes : public ManyAccounts {
 protected:
  static constexpr int kAccounts = 70;  // more than a page opens
  static constexpr int kRows = 3;

  void SetUp() override {
    ManyAccounts::SetUp();
    queue(draft());
    ASSERT_TRUE(send().ok());
    ASSERT_TRUE(fetch_b().ok());
    own_ = world->mailbox->list_inbox("bert", {}, {}, 1)->items.at(0).id;
    for (int i = 0; i < kAccounts; ++i) {
      add(i);
    }
  }

  static std::string id_of(int number) { return "zz-" + std::to_string(10000 + number); }

  void add(int number) {
    const std::string id = id_of(number);
    const auto key_b = world->vault->unlock(world->account_b, "bert");
    ASSERT_TRUE(key_b.ok());
    std::vector<std::string> names;
    ASSERT_TRUE(world->database
                    ->write([&](Poco::Data::Session& session) {
                      account::AccountRow row = *account::repository::find(session, world->account_b);
                      row.id = id;
                      row.username = "viele-" + std::to_string(number);
                      account::repository::insert_creating(session, row, world->env.now());
                      account::repository::set_state(session, id, account::State::ready);
                      for (account::GenerationRow one : account::repository::generations(session, world->account_b)) {
                        names.push_back("private_key." + one.id);
                        one.id = id + one.id;
                        one.account_id = id;
                        account::repository::insert_generation(session, one, world->env.now());
                      }
                      add_messages(session, id, number);
                      return Status();
                    })
                    .ok());
    vault::Change secrets;
    for (const std::string& name : names) {
      secrets.put.emplace_back("private_key." + id + name.substr(std::string("private_key.").size()),
                               *world->vault->get(*key_b, name).value());
    }
    for (const char* name : {"kv_password", "keystore_password", "content_key"}) {
      secrets.put.emplace_back(name, *world->vault->get(*key_b, name).value());
    }
    const auto key = world->vault->create(id, "bert");
    ASSERT_TRUE(key.ok());
    ASSERT_TRUE(world->vault->apply(*key, secrets).ok());
  }

  // The rows of the accounts take turns in time. Their details do not open; a list shows them all the same.
  void add_messages(Poco::Data::Session& session, const std::string& id, int number) {
    for (int turn = 0; turn < kRows; ++turn) {
      const std::int64_t earlier = 1000LL * (1 + turn * kAccounts + number);
      account::Sql(session,
                   "INSERT INTO inbox (id, account_id, message_id, sender, service_id, in_reply_to, subject, "
                   "header_date, received_at, blob_id, processed, opened, verdict, is_receipt, parts, details, "
                   "service_key, thread_id, unassigned, too_large_limit) SELECT id || ?, ?, message_id || ?, sender, "
                   "service_id, in_reply_to, subject, header_date, received_at - ?, blob_id, processed, opened, "
                   "verdict, is_receipt, parts, details, service_key, thread_id, unassigned, too_large_limit FROM "
                   "inbox WHERE id = ?")
          .arg("-" + std::to_string(10000 + turn * kAccounts + number))
          .arg(id)
          .arg(id + std::to_string(turn))
          .arg(earlier)
          .arg(own_)
          .run();
      mailbox::OutboxRow sent;
      sent.id = "sent-" + std::to_string(10000 + turn * kAccounts + number);
      sent.account_id = id;
      sent.message_id = sent.id + "@kv-safenet.de";
      sent.recipient = kAddressA;
      sent.details = "opens for nobody";
      sent.state = turn == 1 ? mailbox::OutboxState::draft : mailbox::OutboxState::accepted;
      sent.created = world->env.now() - Millis(earlier);
      mailbox::outbox::insert(session, sent);
    }
  }

  std::string own_;
};

TEST_F(ManyInboxes, AreOneListInOrderAndEachPageOpensABoundedNumber) {
  std::vector<std::pair<TimePoint, std::string>> rows;
  std::string cursor;
  int pages = 0;
  do {
    const auto page = world->mailbox->list_inbox("bert", {}, cursor, 60);
    ASSERT_TRUE(page.ok()) << page.status().to_string();
    ASSERT_FALSE(page->items.empty()) << "a page without progress";
    for (const auto& item : page->items) {
      rows.emplace_back(item.received, item.account_id + item.message_id);
    }
    cursor = page->next;
    ASSERT_LT(++pages, 50);
  } while (!cursor.empty());
  EXPECT_THAT(rows, SizeIs(kAccounts * kRows + 1)) << "and the message all are copies of";
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first > b.first; }));
  std::set<std::string> ids;
  for (const auto& [time, id] : rows) {
    ids.insert(id);
  }
  EXPECT_THAT(ids, SizeIs(rows.size()));
  EXPECT_EQ(world->mailbox->counts("bert", {})->front().total, rows.size());
}

TEST_F(ManyInboxes, SentMessagesAreOneListToo) {
  const auto walk = [&](const mailbox::OutboxFilter& filter) {
    std::vector<std::string> ids;
    std::string cursor;
    int pages = 0;
    do {
      const auto page = world->mailbox->list_outbox("bert", filter, cursor, 60);
      EXPECT_TRUE(page.ok()) << page.status().to_string();
      if (!page.ok() || ++pages > 50) {
        break;
      }
      EXPECT_FALSE(page->items.empty()) << "a page without progress";
      for (const auto& item : page->items) {
        ids.push_back(item.id);
      }
      cursor = page->next;
    } while (!cursor.empty());
    return ids;
  };
  mailbox::OutboxFilter filter;
  filter.without_receipts = true;
  const auto all = walk(filter);
  EXPECT_THAT(all, SizeIs(kAccounts * kRows));
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end())) << "ids grow with age here";
  filter.state = mailbox::OutboxState::draft;
  const auto drafts = walk(filter);
  EXPECT_THAT(drafts, SizeIs(kAccounts));
  EXPECT_TRUE(std::is_sorted(drafts.begin(), drafts.end()));
}

}  // namespace
}  // namespace kvc::testing
