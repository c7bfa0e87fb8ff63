// SPDX-License-Identifier: Apache-2.0
// Everything that is done with an account that is there, broken at every write and at every call to the server, then
// done again: nothing is lost, nothing is left over, nothing happens twice.
#include <Poco/Data/Session.h>
#include <gtest/gtest.h>

#include "unit/account/world.h"

namespace kvc::testing {
namespace {

using account::Keystore;
using account::State;

constexpr const char* kAddress = "praxis-a@kv-safenet.de";

std::int64_t count(World& world, const std::string& query) {
  std::int64_t number = -1;
  EXPECT_TRUE(world.database
                  ->read([&](Poco::Data::Session& session) -> Status {
                    session << query, Poco::Data::Keywords::into(number), Poco::Data::Keywords::now;
                    return {};
                  })
                  .ok());
  return number;
}

// What `work` does, broken at the n-th step of each kind, for every n it has; `after` looks at the world when the
// program has been started anew, before and after the user did the same again.
class ManagementSweep : public ::testing::TestWithParam<Fault::Kind> {
 protected:
  using Prepare = std::function<void(World&)>;
  using Work = std::function<Status(World&)>;
  using Look = std::function<void(World&)>;

  static bool by_call() {
    return GetParam() == Fault::Kind::call_unsent || GetParam() == Fault::Kind::call_unanswered ||
           GetParam() == Fault::Kind::answer_lost;
  }

  static void sweep(const Prepare& prepare, const Work& work, const Look& always, const Look& at_the_end) {
    int broken = 0;
    for (int at = 1;; ++at) {
      SCOPED_TRACE(std::string(name(GetParam())) + " " + std::to_string(at));
      const auto world = World::with_two_accounts();
      prepare(*world);
      world->set_fault(GetParam(), at);
      const Status first = work(*world);
      broken += first.ok() ? 0 : 1;
      const bool reached = (by_call() ? world->fault.calls : world->fault.writes) >= at;
      world->restart();
      always(*world);
      const Status second = work(*world);
      ASSERT_TRUE(second.ok()) << second.to_string() << " after " << first.to_string();
      always(*world);
      at_the_end(*world);
      if (::testing::Test::HasFatalFailure()) {
        return;
      }
      if (!reached) {
        EXPECT_TRUE(broken > 0 || (by_call() && at == 1)) << "the faults had an effect";
        return;
      }
    }
  }

  // The account opens, and every private key the vault holds belongs to a generation.
  static void whole(World& world) {
    const auto session = world.accounts->open("anna", world.account_a);
    ASSERT_TRUE(session.ok()) << session.status().to_string();
    for (const auto& identity : session->identities) {
      EXPECT_TRUE(identity.certificate.carries_key_of(identity.key));
    }
    EXPECT_EQ(count(world,
                    "SELECT count(*) FROM vault_secret WHERE name LIKE 'private_key.%' AND substr(name, 13) NOT IN "
                    "(SELECT id FROM generation)"),
              0)
        << "a key without a generation";
    EXPECT_FALSE(world.server.account_of("praxis-a").locked);
  }
};

TEST_P(ManagementSweep, Renewal) {
  std::string before;
  sweep(
      [&](World& world) {
        world.server.csr_script = {100, 110, 399, 999};
        before = world.overview("anna", world.account_a).generations[0].certificate->pem();
      },
      [&](World& world) -> Status {
        // The user looks first, and renews only what is not renewed.
        KVC_ASSIGN(const auto checked, world.accounts->check("anna", world.account_a, world.cancel));
        const auto& newest = checked.generations[0];
        return newest.current && newest.number > 1
                   ? Status()
                   : world.accounts->enroll("anna", world.account_a, {}, world.cancel).status();
      },
      [&](World& world) {
        whole(world);
        const auto session = world.accounts->open("anna", world.account_a);
        EXPECT_TRUE(std::any_of(session->identities.begin(), session->identities.end(), [&](const auto& each) {
          return each.certificate.pem() == before;
        })) << "the old key is never lost";
        EXPECT_EQ(world.overview("anna", world.account_a).state, State::ready);
      },
      [&](World& world) {
        const auto overview = world.overview("anna", world.account_a);
        EXPECT_EQ(overview.generations.size(), 2U) << "renewed once";
        EXPECT_TRUE(overview.generations[0].current);
        EXPECT_FALSE(overview.old_certificate_removed);
        EXPECT_EQ(overview.generations[0].certificate->pem(),
                  crypto::Certificate::from_pem(*world.server.account_of("praxis-a").certificate)->pem());
      });
}

TEST_P(ManagementSweep, Import) {
  const Keystore keystore{{make_identity(kAddress, std::chrono::system_clock::now(), 700),
                           make_identity(kAddress, std::chrono::system_clock::now() - std::chrono::days(900), 700)},
                          true,
                          {},
                          0};
  sweep([](World&) {},
        [&](World& world) { return world.accounts->import_keystore("anna", world.account_a, keystore).status(); },
        [](World& world) {
          whole(world);
          const std::size_t generations = world.overview("anna", world.account_a).generations.size();
          EXPECT_TRUE(generations == 1 || generations == 3) << "all or nothing";
        },
        [](World& world) { EXPECT_EQ(world.accounts->open("anna", world.account_a)->identities.size(), 3U); });
}

TEST_P(ManagementSweep, AccountFromAKeystore) {
  const Keystore keystore{{make_identity("neu@kv-safenet.de", std::chrono::system_clock::now(), 700)}, true, {}, 0};
  const account::NewAccount data{"test", "neu", "", "", Secret(std::string_view("x")), Secret(std::string_view("y"))};
  sweep([](World&) {},
        [&](World& world) -> Status {
          const auto made = world.accounts->create_from_keystore("carla", data, keystore);
          return made.status().is(error::already_exists) ? Status() : made.status();
        },
        [](World& world) {
          const auto accounts = world.accounts->list("carla");
          ASSERT_TRUE(accounts.ok());
          ASSERT_LE(accounts->size(), 1U);
          for (const auto& account : *accounts) {
            EXPECT_EQ(account.generations.size(), 1U);
            EXPECT_TRUE(world.accounts->open("carla", account.id).ok()) << "a half made account is seen by nobody";
          }
        },
        [](World& world) {
          EXPECT_EQ(world.accounts->list("carla")->size(), 1U);
          EXPECT_EQ(count(world, "SELECT count(*) FROM account"), 3);
          EXPECT_EQ(count(world, "SELECT count(DISTINCT account_id) FROM vault_secret"), 3);
        });
}

TEST_P(ManagementSweep, DeletedCertificate) {
  sweep([](World&) {},
        [](World& world) { return world.accounts->delete_certificate("anna", world.account_a, world.cancel); },
        [](World& world) { whole(world); },
        [](World& world) {
          const auto overview = world.overview("anna", world.account_a);
          EXPECT_EQ(overview.state, State::failed);
          EXPECT_EQ(overview.last_error, error::no_certificate.key);
          EXPECT_FALSE(world.server.account_of("praxis-a").certificate);
          world.server.csr_script = {999};
          EXPECT_TRUE(world.accounts->enroll("anna", world.account_a, {}, world.cancel).ok());
        });
}

TEST_P(ManagementSweep, RemovedAccount) {
  sweep([](World&) {},
        [](World& world) {
          const Status removed = world.accounts->remove("anna", world.account_a);
          return removed.is(error::not_found) ? Status() : removed;
        },
        [](World& world) {
          const auto accounts = world.accounts->list("anna");
          if (!accounts->empty()) {
            whole(world);
          }
          EXPECT_EQ(count(world, "SELECT count(DISTINCT account_id) FROM vault_secret"),
                    count(world, "SELECT count(*) FROM account"))
              << "secrets and account go together";
        },
        [](World& world) {
          EXPECT_TRUE(world.accounts->list("anna")->empty());
          EXPECT_TRUE(world.accounts->open("bert", world.account_b).ok());
        });
}

TEST_P(ManagementSweep, UnassignedUser) {
  std::string kept;
  sweep(
      [&](World& world) {
        ASSERT_TRUE(world.accounts->assign("anna", world.account_a, "bert").ok());
        kept = std::string(world.accounts->open("bert", world.account_a)->content_key.reveal());
      },
      [](World& world) {
        const Status taken = world.accounts->unassign("anna", world.account_a, "bert");
        return taken.is(error::not_found) ? Status() : taken;
      },
      [](World& world) { whole(world); },
      [&](World& world) {
        EXPECT_TRUE(world.accounts->open("bert", world.account_a).status().is(error::not_found));
        const auto session = world.accounts->open("anna", world.account_a);
        ASSERT_TRUE(session.ok());
        EXPECT_NE(session->content_key.reveal(), kept) << "new keys, whatever was in the way";
        EXPECT_EQ(session->older_content_keys.back().reveal(), kept) << "and the old ones for what there is";
      });
}

TEST_P(ManagementSweep, DraftTypedAgain) {
  const account::NewAccount data{
      "test", "neu", "Neu", "", Secret(std::string_view("Neues")), Secret(std::string_view("Neuer"))};
  std::string id;
  sweep([&](World& world) { id = world.create("carla", "neu"); },
        [&](World& world) { return world.accounts->update_draft("carla", id, data); },
        [&](World& world) {
          const auto key = world.vault->unlock(id, "carla");
          const auto password = world.vault->get(*key, "kv_password");
          const bool after = world.overview("carla", id).display_name == "Neu";
          EXPECT_EQ((*password)->reveal(), after ? "Neues" : kInitialPassword) << "all of it or nothing";
        },
        [&](World& world) { EXPECT_EQ(world.overview("carla", id).display_name, "Neu"); });
}

INSTANTIATE_TEST_SUITE_P(All, ManagementSweep,
                         ::testing::Values(Fault::Kind::write_refused, Fault::Kind::death_before,
                                           Fault::Kind::death_after, Fault::Kind::call_unsent,
                                           Fault::Kind::call_unanswered, Fault::Kind::answer_lost),
                         [](const auto& each) { return name(each.param); });

}  // namespace
}  // namespace kvc::testing
