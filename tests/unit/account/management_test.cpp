// SPDX-License-Identifier: Apache-2.0
// What a practice says about an account, and its removal.
#include <Poco/Data/Session.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "account/lease.h"
#include "account/sender.h"
#include "service/known.h"
#include "store/sql.h"
#include "unit/account/world.h"

namespace kvc::testing {
namespace {

using account::SenderReason;
using account::State;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Secret secret(std::string_view text) {
  return Secret(text);
}

// The names of all secrets the vault holds for an account.
std::vector<std::string> secrets_of(World& world, const std::string& id) {
  std::vector<std::string> names;
  const Status read = world.database->read([&](Poco::Data::Session& session) -> Status {
    std::string wanted = id;
    session << "SELECT name FROM vault_secret WHERE account_id = ?", Poco::Data::Keywords::use(wanted),
        Poco::Data::Keywords::into(names), Poco::Data::Keywords::now;
    return {};
  });
  EXPECT_TRUE(read.ok()) << read.to_string();
  return names;
}

std::int64_t rows_in(World& world, const std::string& table) {
  std::int64_t count = -1;
  const Status read = world.database->read([&](Poco::Data::Session& session) -> Status {
    session << "SELECT count(*) FROM " + table, Poco::Data::Keywords::into(count), Poco::Data::Keywords::now;
    return {};
  });
  EXPECT_TRUE(read.ok()) << read.to_string();
  return count;
}

std::string field_of(const Status& status) {
  return status.is(error::invalid_field) ? status.params().at(0).second : status.to_string();
}

class Drafts : public ::testing::Test {
 protected:
  account::NewAccount typed() {
    return {
        "test", "praxis", "Neuer Name", "Neue Beschreibung", secret("Anderes-PASSWORT-9"), secret("anderer keystore")};
  }
  std::string secret_in_vault(const std::string& name) {
    const auto value = world.vault->get(*world.vault->unlock(id, "anna"), name);
    return value.ok() && *value ? std::string((*value)->reveal()) : std::string();
  }
  World world;
  std::string id = world.create("anna", "praxis");
};

TEST_F(Drafts, TakeEverythingThatIsTypedAgain) {
  const Status updated = world.accounts->update_draft("anna", id, typed());
  ASSERT_TRUE(updated.ok()) << updated.to_string();
  const auto overview = world.overview("anna", id);
  EXPECT_EQ(overview.display_name, "Neuer Name");
  EXPECT_EQ(overview.description, "Neue Beschreibung");
  EXPECT_EQ(overview.state, State::draft);
  EXPECT_EQ(secret_in_vault("kv_password"), "Anderes-PASSWORT-9");
  EXPECT_EQ(secret_in_vault("keystore_password"), "anderer keystore");
  world.server.add_account("praxis", "Anderes-PASSWORT-9");
  EXPECT_TRUE(world.accounts->check("anna", id, world.cancel).ok());
}

TEST_F(Drafts, NeverChangeUsernameOrEnvironment) {
  auto data = typed();
  data.username = "jemand-anders";
  data.environment_id = "nowhere";
  data.display_name = "";
  ASSERT_TRUE(world.accounts->update_draft("anna", id, data).ok());
  const auto overview = world.overview("anna", id);
  EXPECT_EQ(overview.username, "praxis");
  EXPECT_EQ(overview.environment_id, "test");
  EXPECT_EQ(overview.display_name, "praxis") << "an empty name is the username";
}

TEST_F(Drafts, AreWholeOrAsBefore) {
  for (int at = 1; at < 4; ++at) {
    world.set_fault(Fault::Kind::write_refused, at);
    if (world.accounts->update_draft("anna", id, typed()).ok()) {
      continue;
    }
    EXPECT_EQ(world.overview("anna", id).display_name, "Konto praxis");
    EXPECT_EQ(secret_in_vault("kv_password"), kInitialPassword);
    EXPECT_EQ(secret_in_vault("keystore_password"), kKeystorePassword);
  }
}

TEST_F(Drafts, OnlyAsLongAsTheyAreDrafts) {
  world.server.add_account("praxis", kInitialPassword);
  ASSERT_TRUE(world.accounts->check("anna", id, world.cancel).ok());
  EXPECT_TRUE(world.accounts->update_draft("anna", id, typed()).is(error::invalid_state));
  EXPECT_EQ(secret_in_vault("kv_password"), kInitialPassword) << "nothing of it was taken over";
}

TEST_F(Drafts, UnusableFieldsAreNamed) {
  const auto without = [&](auto change) {
    auto data = typed();
    change(data);
    return field_of(world.accounts->update_draft("anna", id, data));
  };
  EXPECT_EQ(without([](auto& data) { data.password = Secret(); }), "password");
  EXPECT_EQ(without([](auto& data) { data.keystore_password = Secret(); }), "keystore_password");
  EXPECT_EQ(without([](auto& data) { data.display_name = std::string(201, 'x'); }), "display_name");
  EXPECT_EQ(without([](auto& data) { data.description = std::string(201, 'x'); }), "description");
  EXPECT_EQ(without([](auto& data) { data.display_name = "zwei\nZeilen"; }), "display_name");
  EXPECT_EQ(without([](auto& data) { data.description = "um\xe2\x80\xaegedreht"; }), "description");   // U+202E
  EXPECT_EQ(without([](auto& data) { data.description = "ein\xe2\x81\xa9gerahmt"; }), "description");  // U+2069
  EXPECT_EQ(without([](auto& data) { data.display_name = "Praxis \xe2\x80\x9eMüller\xe2\x80\x9c \xf0\x9f\x98\x80"; }),
            "ok");
  EXPECT_TRUE(world.accounts->update_draft("bert", id, typed()).is(error::not_found));
}

class Managed : public ::testing::Test {
 protected:
  account::AccountService& accounts() { return *world->accounts; }
  std::unique_ptr<World> world = World::with_two_accounts();
  std::string id = world->account_a;
};

TEST_F(Managed, DescriptionCountsCharactersNotBytes) {
  std::string umlauts;
  for (int i = 0; i < 200; ++i) {
    umlauts += "ü";
  }
  ASSERT_TRUE(accounts().describe("anna", id, umlauts, "Für Überweisungen").ok());
  EXPECT_EQ(world->overview("anna", id).display_name, umlauts);
  EXPECT_EQ(world->overview("anna", id).description, "Für Überweisungen");
  EXPECT_EQ(field_of(accounts().describe("anna", id, umlauts + "ü", "")), "display_name");
  EXPECT_EQ(field_of(accounts().describe("anna", id, "", umlauts + "ü")), "description");
  ASSERT_TRUE(accounts().describe("anna", id, "", "").ok());
  EXPECT_EQ(world->overview("anna", id).display_name, "praxis-a");
}

TEST_F(Managed, SitesAreNineDigits) {
  ASSERT_TRUE(accounts().set_practice_sites("anna", id, {"999999902", "999999901", "999999902"}).ok());
  EXPECT_THAT(world->overview("anna", id).practice_sites, ElementsAre("999999901", "999999902"));
  for (const char* wrong : {"", "12345678", "1234567890", "12345678a", "12345678 ", "१२३"}) {
    EXPECT_EQ(field_of(accounts().set_practice_sites("anna", id, {"999999903", wrong})), "practice_sites") << wrong;
  }
  EXPECT_EQ(world->overview("anna", id).practice_sites.size(), 2U) << "a refused list changes nothing";
  ASSERT_TRUE(accounts().set_practice_sites("anna", id, {}).ok());
  EXPECT_THAT(world->overview("anna", id).practice_sites, IsEmpty());
}

TEST_F(Managed, DefaultSenderIsOneForEachUser) {
  ASSERT_TRUE(accounts().assign("bert", world->account_b, "anna").ok());
  ASSERT_TRUE(accounts().set_default_sender("anna", id, true).ok());
  EXPECT_THAT(world->overview("anna", id).default_sender_for, ElementsAre("anna"));
  ASSERT_TRUE(accounts().set_default_sender("anna", world->account_b, true).ok());
  EXPECT_THAT(world->overview("anna", id).default_sender_for, IsEmpty()) << "the newer choice counts";
  ASSERT_TRUE(accounts().set_default_sender("anna", id, false).ok());
  EXPECT_THAT(world->overview("anna", world->account_b).default_sender_for, ElementsAre("anna"))
      << "taking back a choice that is another account's changes nothing";
  ASSERT_TRUE(accounts().set_default_sender("anna", world->account_b, false).ok());
  EXPECT_THAT(world->overview("anna", world->account_b).default_sender_for, IsEmpty());
}

TEST_F(Managed, NothingOfItIsForOthersOrForLockedSessions) {
  const account::Keystore keystore{{make_identity("praxis-a@kv-safenet.de", world->env.now(), 100)}, true, {}, 0};
  const auto tried = [&](const std::string& user) {
    return std::vector<Status>{accounts().describe(user, id, "x", "x"),
                               accounts().set_keystore_password(user, id, secret("x")),
                               accounts().set_practice_sites(user, id, {}),
                               accounts().set_default_sender(user, id, true),
                               accounts().remove(user, id),
                               accounts().delete_certificate(user, id, world->cancel),
                               accounts().export_keystore(user, id).status(),
                               accounts().import_keystore(user, id, keystore).status(),
                               accounts().assign(user, id, "carla"),
                               accounts().unassign(user, id, "anna")};
  };
  for (const Status& status : tried("bert")) {
    EXPECT_TRUE(status.is(error::not_found)) << status.to_string();
  }
  EXPECT_TRUE(accounts().contents("bert", id).status().is(error::not_found));
  world->custody.locked.insert("anna");
  for (const Status& status : tried("anna")) {
    EXPECT_TRUE(status.is(error::session_locked)) << status.to_string();
  }
  EXPECT_TRUE(accounts().contents("anna", id).ok()) << "looking is allowed";
  world->custody.locked.clear();
  EXPECT_EQ(world->overview("anna", id).state, State::ready) << "nothing happened";
}

// ---- removing ----

class Removing : public Managed {
 protected:
  std::string queue(const std::string& text) {
    mailbox::Draft draft;
    draft.account_id = id;
    draft.to = "praxis-b@kv-safenet.de";
    draft.service_id = service::enachricht_delivery();
    draft.text = text;
    const auto queued = world->mailbox->queue("anna", draft);
    EXPECT_TRUE(queued.ok()) << queued.status().to_string();
    return queued.ok() ? *queued : std::string();
  }
};

TEST_F(Removing, TellsWhatGoesWithTheAccount) {
  queue("eins");
  ASSERT_TRUE(world->mailbox->send_due("anna", id, {}, world->cancel).ok());
  queue("zwei");
  const auto contents = accounts().contents("anna", id);
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(contents->outbox, 2U);
  EXPECT_EQ(contents->waiting, 1U);
  EXPECT_EQ(contents->inbox, 0U);
  ASSERT_TRUE(world->mailbox->fetch("bert", world->account_b, {}, world->cancel).ok());
  EXPECT_EQ(accounts().contents("bert", world->account_b)->inbox, 1U);
}

TEST_F(Removing, LeavesNothingOfItAndEverythingElse) {
  queue("eins");
  ASSERT_TRUE(world->mailbox->send_due("anna", id, {}, world->cancel).ok());
  ASSERT_TRUE(world->mailbox->fetch("bert", world->account_b, {}, world->cancel).ok());
  ASSERT_TRUE(accounts().set_practice_sites("bert", world->account_b, {"999999901"}).ok());
  ASSERT_TRUE(accounts().set_default_sender("bert", world->account_b, true).ok());
  ASSERT_TRUE(accounts().remove("bert", world->account_b).ok());

  EXPECT_TRUE(accounts().overview("bert", world->account_b).status().is(error::not_found));
  EXPECT_THAT(secrets_of(*world, world->account_b), IsEmpty());
  EXPECT_EQ(rows_in(*world, "vault_key"), 1);
  EXPECT_EQ(rows_in(*world, "account"), 1);
  EXPECT_EQ(rows_in(*world, "generation"), 1);
  EXPECT_EQ(rows_in(*world, "inbox"), 0);
  EXPECT_EQ(rows_in(*world, "account_site") + rows_in(*world, "default_sender") + rows_in(*world, "lease"), 0);
  EXPECT_EQ(rows_in(*world, "mail_blob"), 1) << "the sent one of account A";
  EXPECT_TRUE(accounts().open("anna", id).ok());
  EXPECT_TRUE(world->server.account_of("praxis-b").certificate) << "the server's account stays";
  const std::string again = world->create("carla", "praxis-b");
  EXPECT_FALSE(again.empty()) << "the username is free again";
}

TEST_F(Removing, WaitsForWhoeverWorksWithIt) {
  for (const char* purpose : {"fetch", "enrol", "login"}) {
    const auto lease = account::Lease::acquire(world->database, world->env, id, purpose, Millis{0}, world->cancel);
    ASSERT_TRUE(lease.ok());
    EXPECT_TRUE(accounts().remove("anna", id).is(error::storage_busy)) << purpose;
  }
  queue("unterwegs");
  const std::string until = std::to_string(store::millis(world->env.now() + std::chrono::minutes(10)));
  const Status claimed = world->database->write([&](Poco::Data::Session& session) -> Status {
    session << "UPDATE outbox SET lease_owner = 'another machine/1/2/3', lease_until = " + until,
        Poco::Data::Keywords::now;
    return {};
  });
  ASSERT_TRUE(claimed.ok());
  EXPECT_TRUE(accounts().remove("anna", id).is(error::storage_busy)) << "a message is being sent";
  EXPECT_TRUE(accounts().open("anna", id).ok());
}

TEST_F(Removing, LeasesOfTheDeadDoNotHinder) {
  {
    const auto lease = account::Lease::acquire(world->database, world->env, id, "fetch", Millis{0}, world->cancel);
    ASSERT_TRUE(lease.ok());
    world->set_fault(Fault::Kind::death_before, 1);  // its holder dies and cannot give it back
  }
  world->restart();
  EXPECT_TRUE(accounts().remove("anna", id).ok());
}

// ---- who sends ----

class Senders : public ::testing::Test {
 protected:
  account::Overview made(const std::string& name, int days = 100) {
    account::Overview overview;
    overview.display_name = name;
    overview.state = State::ready;
    account::Generation generation;
    generation.current = true;
    generation.certificate = make_identity("x@kv-safenet.de", now - std::chrono::hours(48), days).certificate;
    overview.generations.push_back(generation);
    return overview;
  }
  std::optional<account::SenderChoice> choose(const std::vector<account::Overview>& accounts) {
    return account::choose_sender(accounts, "anna", {"999999901", "999999902"}, now);
  }
  TimePoint now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
};

TEST_F(Senders, NobodySendsWithoutAWorkingCertificate) {
  EXPECT_FALSE(choose({}));
  auto expired = made("a", 1);
  auto failed = made("b");
  failed.state = State::failed;
  auto none = made("c");
  none.generations[0].current = false;
  EXPECT_FALSE(choose({expired, failed, none}));
}

TEST_F(Senders, TheOnlyOneThatCan) {
  auto expired = made("a", 1);
  expired.default_sender_for = {"anna"};
  const auto choice = choose({expired, made("b")});
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->index, 1U);
  EXPECT_EQ(choice->reason, SenderReason::only_one);
}

TEST_F(Senders, TheUsersChoiceThenThePracticeSiteThenNobodys) {
  std::vector<account::Overview> accounts{made("a"), made("b"), made("c")};
  auto choice = choose(accounts);
  EXPECT_EQ(choice->index, 0U);
  EXPECT_EQ(choice->reason, SenderReason::undecided);

  accounts[0].practice_sites = {"111111111"};
  accounts[1].practice_sites = {"999999902"};
  choice = choose(accounts);
  EXPECT_EQ(choice->index, 1U);
  EXPECT_EQ(choice->reason, SenderReason::practice_site);

  accounts[2].practice_sites = {"999999901"};
  EXPECT_EQ(choose(accounts)->reason, SenderReason::undecided) << "two stand for the practice";

  accounts[2].default_sender_for = {"anna"};
  accounts[1].default_sender_for = {"bert"};
  choice = choose(accounts);
  EXPECT_EQ(choice->index, 2U);
  EXPECT_EQ(choice->reason, SenderReason::chosen_by_user);
}

}  // namespace
}  // namespace kvc::testing
