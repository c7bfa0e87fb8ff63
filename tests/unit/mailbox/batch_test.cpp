// SPDX-License-Identifier: Apache-2.0
// Fetching in batches: what one mail of a batch meets does not touch the others, and nothing leaves the server before
// the commit that holds it.
#include <algorithm>
#include <set>

#include "unit/mailbox/fixture.h"

namespace kvc::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class Batches : public Mailbox {
 protected:
  static std::string id_of(int number) { return "mail-" + std::to_string(number) + "@kv-safenet.de"; }
  // Real letters, each under a Message-ID of its own: the signature does not cover the clear one.
  void put_on_server(int count) {
    auto mail = plain_mail();
    mail.request_receipt = false;
    deliver(mail);
    const auto [id, raw] = on_server_b().front();
    on_server_b().clear();
    for (int i = 0; i < count; ++i) {
      std::string text = raw;
      text.replace(text.find(id), id.size(), id_of(i));
      on_server_b().emplace_back(id_of(i), std::move(text));
    }
  }
  std::set<std::string> stored() {
    std::set<std::string> ids;
    for (const auto& item : inbox_of("bert", world->account_b)) {
      EXPECT_TRUE(ids.insert(item.message_id).second) << item.message_id << " is there twice";
      EXPECT_EQ(item.verdict, message::Verdict::valid);
    }
    return ids;
  }
  std::set<std::string> on_server() {
    std::set<std::string> ids;
    for (const auto& [id, raw] : on_server_b()) {
      ids.insert(id);
    }
    return ids;
  }
};

TEST_F(Batches, AreCommittedAndRecordedTogether) {
  constexpr int kMails = 100;
  put_on_server(kMails);
  const int before = world->fault.writes;
  const auto fetched = fetch_b();
  ASSERT_TRUE(fetched.ok()) << fetched.status().to_string();
  EXPECT_EQ(fetched->fetched, kMails);
  EXPECT_EQ(fetched->not_valid, 0);
  EXPECT_THAT(stored(), SizeIs(kMails));
  EXPECT_THAT(on_server_b(), IsEmpty());
  EXPECT_LT(world->fault.writes - before, kMails / 3) << "commits are shared";
}

// Wherever the process dies, a mail that is not on the server any more is in the store.
TEST_F(Batches, LoseNothingWhereverTheProcessDies) {
  constexpr int kMails = 40;
  for (const Fault::Kind kind : {Fault::Kind::death_before, Fault::Kind::death_after, Fault::Kind::call_unsent,
                                 Fault::Kind::call_unanswered, Fault::Kind::write_refused, Fault::Kind::answer_lost}) {
    const bool by_call =
        kind == Fault::Kind::call_unsent || kind == Fault::Kind::call_unanswered || kind == Fault::Kind::answer_lost;
    for (const int at : by_call ? std::vector<int>{2, 3, 20, 36, 50, 70} : std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}) {
      SCOPED_TRACE(std::string(name(kind)) + " " + std::to_string(at));
      world = World::with_two_accounts();
      put_on_server(kMails);
      world->set_fault(kind, at);
      static_cast<void>(fetch_b());
      world->restart();
      std::set<std::string> all = on_server();
      {
        mailbox::InboxFilter filter;
        filter.account_id = world->account_b;
        for (const auto& item : inbox_of("bert", world->account_b)) {
          all.insert(item.message_id);
        }
      }
      ASSERT_THAT(all, SizeIs(kMails)) << "a mail is neither here nor there";
      ASSERT_TRUE(fetch_b().ok());
      ASSERT_THAT(stored(), SizeIs(kMails));
      ASSERT_THAT(on_server_b(), IsEmpty());
    }
  }
}

TEST_F(Batches, OneBadMailHoldsUpNoOther) {
  constexpr int kMails = 20;
  put_on_server(kMails);
  world->server.refusals["fetch"] = {Status(), Status(), Status(error::not_found, "gone meanwhile")};
  const auto fetched = fetch_b();
  ASSERT_TRUE(fetched.ok()) << fetched.status().to_string();
  EXPECT_EQ(fetched->fetched, kMails - 1);
  EXPECT_THAT(on_server_b(), SizeIs(1));
  ASSERT_TRUE(fetch_b().ok());
  EXPECT_THAT(stored(), SizeIs(kMails));
}

TEST_F(Batches, WhatCameBeforeAFailureOfTheAccountIsKept) {
  constexpr int kMails = 80;
  put_on_server(kMails);
  std::vector<Status> refusals(40);
  refusals.emplace_back(error::account_locked, "locked");
  world->server.refusals["fetch"] = refusals;
  const auto fetched = fetch_b();
  EXPECT_TRUE(fetched.status().is(error::account_locked)) << fetched.status().to_string();
  const auto here = stored();
  EXPECT_GE(here.size(), 32U);
  EXPECT_LT(here.size(), static_cast<std::size_t>(kMails));
  for (const std::string& id : on_server()) {
    EXPECT_FALSE(here.contains(id)) << "stored and not deleted: " << id;
  }
  EXPECT_EQ(here.size() + on_server().size(), static_cast<std::size_t>(kMails));
}

TEST_F(Batches, OneThatIsListedTwiceIsStoredOnce) {
  put_on_server(10);
  const auto copy = on_server_b()[3];
  on_server_b().push_back(copy);
  const auto fetched = fetch_b();
  ASSERT_TRUE(fetched.ok()) << fetched.status().to_string();
  EXPECT_EQ(fetched->fetched, 10);
  EXPECT_THAT(stored(), SizeIs(10));
  EXPECT_THAT(on_server_b(), IsEmpty());
}

// What was committed at that moment may be on the server too; the next fetch knows it and deletes it there.
TEST_F(Batches, LoseAndDoubleNothingWhenCancelled) {
  constexpr int kMails = 150;
  put_on_server(kMails);
  for (int after = 1; after < 140; after += 23) {
    Cancel cancel;
    int met = 0;
    const auto progress = [&](int, std::string_view key) {
      if (key == "fetch.mail" && ++met == after) {
        cancel.request();
      }
    };
    const auto fetched = world->mailbox->fetch("bert", world->account_b, progress, cancel);
    EXPECT_TRUE(fetched.ok() || fetched.status().is(error::cancelled)) << fetched.status().to_string();
    std::set<std::string> somewhere = stored();
    somewhere.merge(on_server());
    EXPECT_THAT(somewhere, SizeIs(kMails)) << after;
  }
  ASSERT_TRUE(fetch_b().ok());
  EXPECT_THAT(stored(), SizeIs(kMails));
  EXPECT_THAT(on_server_b(), IsEmpty());
}

TEST_F(Batches, NothingMoreIsCommittedAfterACancel) {
  constexpr int kMails = 150;
  put_on_server(kMails);
  Cancel cancel;
  const auto progress = [&](int, std::string_view key) {
    if (key == "fetch.mail") {
      cancel.request();
    }
  };
  EXPECT_TRUE(world->mailbox->fetch("bert", world->account_b, progress, cancel).status().is(error::cancelled));
  EXPECT_LE(stored().size(), 64U) << "the batch that was opened and the one that was stored meanwhile";
  EXPECT_THAT(on_server_b(), Not(IsEmpty()));
}

// Answers that come in one batch are recorded in their order: the second belongs to the thread of the first.
TEST_F(Batches, KeepTheOrderInWhichTheyCame) {
  auto first = plain_mail();
  first.request_receipt = false;
  deliver(first);
  const std::string first_id = on_server_b().back().first;
  auto second = plain_mail();
  second.request_receipt = false;
  second.in_reply_to = first_id;
  deliver(second);
  ASSERT_TRUE(fetch_b().ok());
  const auto items = inbox_of("bert", world->account_b);
  ASSERT_THAT(items, SizeIs(2));
  EXPECT_EQ(items[0].thread_id, items[1].thread_id);
}

}  // namespace
}  // namespace kvc::testing
