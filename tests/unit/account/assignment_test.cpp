// SPDX-License-Identifier: Apache-2.0
// Who opens an account, and what is left to somebody who may not any more (design section 4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "account/lease.h"
#include "unit/mailbox/fixture.h"

namespace kvc::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Assignment : public Mailbox {
 protected:
  account::AccountService& accounts() { return *world->accounts; }
  // The key of the account as whoever has it now would keep it.
  vault::AccountKey kept_key() { return world->vault->unlock(id, "bert").value(); }
  // A message in the inbox of account A.
  void receive(const std::string& text) {
    mailbox::Draft answer = draft(kAddressA);
    answer.account_id = world->account_b;
    answer.text = text;
    ASSERT_TRUE(world->mailbox->queue("bert", answer).ok());
    ASSERT_TRUE(world->mailbox->send_due("bert", world->account_b, {}, world->cancel).ok());
    ASSERT_TRUE(fetch_a().ok());
  }
  std::string content_key() { return std::string(accounts().open("anna", id)->content_key.reveal()); }
  std::string id = world->account_a;
};

TEST_F(Assignment, UserAddedLaterOpensEverythingAndTheOldMessages) {
  receive("Alte Nachricht");
  const std::string queued = queue(draft());
  ASSERT_TRUE(accounts().assign("anna", id, "carla").ok());
  EXPECT_THAT(world->overview("carla", id).user_ids, ElementsAre("anna", "carla"));
  const auto session = accounts().open("carla", id);
  ASSERT_TRUE(session.ok()) << session.status().to_string();
  EXPECT_EQ(session->credentials.password.reveal(), kNewPassword);
  const auto opened = world->mailbox->open("carla", inbox_a().at(0).id);
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  EXPECT_EQ(opened->message.verdict, message::Verdict::valid);
  const auto outbox = outbox_of("carla", id);
  const auto item = std::find_if(outbox.begin(), outbox.end(), [&](const auto& each) { return each.id == queued; });
  ASSERT_NE(item, outbox.end());
  EXPECT_EQ(item->user_subject, kUserSubject) << "written before she was assigned";
}

TEST_F(Assignment, TwiceIsOnce) {
  ASSERT_TRUE(accounts().assign("anna", id, "carla").ok());
  ASSERT_TRUE(accounts().assign("anna", id, "carla").ok());
  EXPECT_EQ(world->overview("anna", id).user_ids.size(), 2U);
}

TEST_F(Assignment, TakenAwayAtOnceWithEverythingTheUserSetUp) {
  ASSERT_TRUE(accounts().assign("anna", id, "bert").ok());
  ASSERT_TRUE(accounts().set_default_sender("bert", id, true).ok());
  ASSERT_TRUE(accounts().unassign("anna", id, "bert").ok());
  EXPECT_TRUE(accounts().open("bert", id).status().is(error::not_found));
  EXPECT_TRUE(accounts().overview("bert", id).status().is(error::not_found));
  EXPECT_EQ(accounts().list("bert")->size(), 1U) << "his own";
  EXPECT_THAT(world->overview("anna", id).default_sender_for, IsEmpty());
  EXPECT_TRUE(accounts().unassign("anna", id, "bert").is(error::not_found));
}

TEST_F(Assignment, TheLastUserStays) {
  EXPECT_TRUE(accounts().unassign("anna", id, "anna").is(error::invalid_state));
  EXPECT_TRUE(accounts().open("anna", id).ok());
}

TEST_F(Assignment, OneMayTakeOneselfAway) {
  ASSERT_TRUE(accounts().assign("anna", id, "bert").ok());
  ASSERT_TRUE(accounts().unassign("anna", id, "anna").ok());
  EXPECT_TRUE(accounts().open("anna", id).status().is(error::not_found));
  EXPECT_TRUE(accounts().open("bert", id).ok());
}

TEST_F(Assignment, KeptKeysOpenNothingThatIsWrittenLater) {
  receive("Alte Nachricht");
  ASSERT_TRUE(accounts().assign("anna", id, "bert").ok());
  const vault::AccountKey kept = kept_key();
  const std::string kept_content_key = content_key();
  ASSERT_TRUE(accounts().unassign("anna", id, "bert").ok());

  EXPECT_TRUE(world->vault->get(kept, "kv_password").status().is(error::invalid_state));
  const auto key = world->vault->unlock(id, "anna");
  ASSERT_TRUE(key.ok());
  const auto later = key->seal(world->env, Secret(std::string_view("später")), "place");
  EXPECT_FALSE(kept.open(*later, "place").ok());
  EXPECT_NE(content_key(), kept_content_key) << "columns of the mailbox get a new key too";
  ASSERT_EQ(accounts().open("anna", id)->older_content_keys.size(), 1U);
  EXPECT_EQ(accounts().open("anna", id)->older_content_keys[0].reveal(), kept_content_key);
}

TEST_F(Assignment, OldAndNewMessagesOpenAfterTwoRotations) {
  receive("Erste");
  const std::string first = queue(draft());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(accounts().assign("anna", id, "bert").ok());
    ASSERT_TRUE(accounts().unassign("anna", id, "bert").ok());
  }
  receive("Zweite");
  const auto inbox = inbox_a();
  ASSERT_EQ(inbox.size(), 2U);
  for (const auto& item : inbox) {
    EXPECT_TRUE(world->mailbox->open("anna", item.id).ok());
  }
  EXPECT_EQ(item_a(first).user_subject, kUserSubject);
  ASSERT_TRUE(accounts().assign("anna", id, "carla").ok());
  for (const auto& item : inbox) {
    EXPECT_TRUE(world->mailbox->open("carla", item.id).ok()) << "somebody new has all of it";
  }
}

TEST_F(Assignment, NewKeyWaitsForWhoeverWorks) {
  ASSERT_TRUE(accounts().assign("anna", id, "bert").ok());
  const vault::AccountKey kept = kept_key();
  {
    const auto fetching = account::Lease::acquire(world->database, world->env, id, "fetch", Millis{0}, world->cancel);
    ASSERT_TRUE(fetching.ok());
    ASSERT_TRUE(accounts().unassign("anna", id, "bert").ok());
    EXPECT_TRUE(accounts().open("bert", id).status().is(error::not_found)) << "the copy is gone at once";
    EXPECT_TRUE(accounts().check("anna", id, world->cancel).ok());
    EXPECT_TRUE(world->vault->get(kept, "kv_password").ok()) << "the work in progress goes on";
  }
  ASSERT_TRUE(accounts().check("anna", id, world->cancel).ok());
  EXPECT_TRUE(world->vault->get(kept, "kv_password").status().is(error::invalid_state)) << "made at the next login";
  const std::string after = content_key();
  ASSERT_TRUE(accounts().check("anna", id, world->cancel).ok());
  EXPECT_EQ(content_key(), after) << "once";
}

TEST_F(Assignment, NewKeyIsMadeAtTheNextOpeningToo) {
  ASSERT_TRUE(accounts().assign("anna", id, "bert").ok());
  const vault::AccountKey kept = kept_key();
  world->set_fault(Fault::Kind::death_after, 1);  // the copy is gone, then the process dies
  EXPECT_TRUE(accounts().unassign("anna", id, "bert").is(error::storage_failed));
  world->restart();
  EXPECT_TRUE(accounts().open("bert", id).status().is(error::not_found));
  ASSERT_TRUE(accounts().open("anna", id).ok());
  EXPECT_TRUE(world->vault->get(kept, "kv_password").status().is(error::invalid_state));
}

// A custody in whose answers something else happens, once.
class InterruptedCustody final : public vault::KeyCustody {
 public:
  explicit InterruptedCustody(vault::KeyCustody& inner) : inner_(inner) {}
  Result<std::string> seal(std::string_view user_id, const Secret& plaintext, std::string_view data) override {
    return inner_.seal(user_id, plaintext, data);
  }
  Result<Secret> unseal(std::string_view user_id, std::string_view sealed, std::string_view data) override {
    auto opened = inner_.unseal(user_id, sealed, data);
    if (--countdown == 0) {
      happens();
    }
    return opened;
  }
  int countdown = 0;
  std::function<void()> happens;

 private:
  vault::KeyCustody& inner_;
};

TEST_F(Assignment, NewKeysInTheMiddleOfAnothersWorkDoNotDisturbIt) {
  InterruptedCustody custody(world->custody);
  vault::Vault vault(world->database, custody, world->env);
  account::AccountService other(world->database, vault, world->environments, world->env, Log::none());
  custody.happens = [&] { EXPECT_TRUE(accounts().unassign("anna", id, "bert").ok()); };
  const std::vector<std::function<Status()>> works{
      [&] { return other.open("anna", id).status(); },
      [&] { return other.export_keystore("anna", id).status(); },
      [&] { return other.assign("anna", id, "carla"); },
  };
  for (const auto& work : works) {
    for (int at = 1; at <= 2; ++at) {
      ASSERT_TRUE(accounts().assign("anna", id, "bert").ok());
      custody.countdown = at;
      const Status done = work();
      EXPECT_TRUE(done.ok()) << done.to_string();
      if (custody.countdown > 0) {  // the work unlocks only once
        EXPECT_TRUE(accounts().unassign("anna", id, "bert").ok());
      }
    }
  }
  EXPECT_TRUE(accounts().open("carla", id).ok());
}

TEST_F(Assignment, AnotherPracticesDirectoryAndLoginOpenNothing) {
  receive("Geheime Nachricht");
  const auto inbox = inbox_a();
  // The whole data directory in the hands of a user who has a login of his own.
  for (const char* stranger : {"bert", "carla", ""}) {
    EXPECT_FALSE(world->vault->unlock(id, stranger).ok());
    EXPECT_TRUE(accounts().open(stranger, id).status().is(error::not_found));
    EXPECT_FALSE(world->mailbox->open(stranger, inbox.at(0).id).ok());
    EXPECT_FALSE(accounts().export_keystore(stranger, id).ok());
  }
  const std::string bytes = raw_bytes(world->directory);
  for (const char* text : {"Geheime Nachricht", kNewPassword, kKeystorePassword}) {
    EXPECT_EQ(bytes.find(text), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace kvc::testing
