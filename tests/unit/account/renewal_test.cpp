// SPDX-License-Identifier: Apache-2.0
// Renewal, its hints, what the server publishes, and certificates that go (protocol A "CSR status codes", B 5, 6, 8).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "account/lease.h"
#include "unit/mailbox/fixture.h"

namespace kvc::testing {
namespace {

using account::ServerCertificate;
using account::State;
using std::chrono::days;
using std::chrono::hours;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Renewing : public Mailbox {
 protected:
  Renewing() { world->server.csr_script = {999}; }
  account::AccountService& accounts() { return *world->accounts; }
  account::Overview now() { return world->overview("anna", id); }
  Result<account::Overview> enroll() { return accounts().enroll("anna", id, {}, world->cancel); }
  Result<account::Overview> check() { return accounts().check("anna", id, world->cancel); }
  std::size_t hints(const std::string& user = "anna") {
    const auto claimed = accounts().claim_renewal_hints(user);
    EXPECT_TRUE(claimed.ok()) << claimed.status().to_string();
    return claimed.ok() ? claimed->size() : 0;
  }
  // So many days and an hour before the certificate ends.
  void go_to_days_before_end(int left) {
    const TimePoint end = now().generations[0].certificate->not_after();
    world->env.advance(std::chrono::duration_cast<Millis>(end - world->env.now() - days(left) - hours(1)));
  }
  ServerAccount& on_server() { return world->server.account_of("praxis-a"); }
  std::string id = world->account_a;
};

TEST_F(Renewing, OverviewNamesTheRegionOfTheCertificate) {
  EXPECT_EQ(now().kv_code, "99");
  World fresh;
  EXPECT_EQ(fresh.overview("anna", fresh.create("anna", "praxis")).kv_code, "");
}

TEST_F(Renewing, OddUidsGiveNoRegion) {
  for (const char* uid : {"no-at-sign", "uuid@1", "uuid@123", "uuid@1a", "@", "uuid@"}) {
    World fresh;
    const account::NewAccount data{
        "test", "praxis", "", "", Secret(std::string_view("x")), Secret(std::string_view("y"))};
    const account::Keystore keystore{{make_identity("praxis@kv-safenet.de", fresh.env.now(), 100, uid)}, true, {}, 0};
    const auto made = fresh.accounts->create_from_keystore("anna", data, keystore);
    ASSERT_TRUE(made.ok()) << made.status().to_string();
    EXPECT_EQ(fresh.overview("anna", *made).kv_code, "") << uid;
  }
}

// ---- hints ----

TEST_F(Renewing, HintFrom150DaysOnWeeklyForEachUser) {
  ASSERT_TRUE(accounts().assign("anna", id, "carla").ok());
  go_to_days_before_end(150);
  EXPECT_EQ(hints(), 0U) << "an hour too early";
  world->env.advance(hours(1));
  const auto first = accounts().claim_renewal_hints("anna");
  ASSERT_TRUE(first.ok());
  ASSERT_THAT(*first, SizeIs(1));
  EXPECT_EQ(first->at(0).account.id, id);
  EXPECT_EQ(first->at(0).days_left, 150);
  EXPECT_EQ(hints(), 0U);
  EXPECT_EQ(hints("carla"), 1U) << "everybody is told";
  EXPECT_EQ(hints("bert"), 1U) << "about his own account";
  world->env.advance(days(7) - hours(1));
  EXPECT_EQ(hints(), 0U);
  world->restart();
  EXPECT_EQ(hints(), 1U) << "after seven days, though the program was started anew";
}

TEST_F(Renewing, HintsFollowTheSetting) {
  go_to_days_before_end(200);
  EXPECT_EQ(hints(), 0U);
  const_cast<settings::Settings&>(world->environments.settings()).renewal_hint_days = 250;
  EXPECT_EQ(hints(), 1U);
}

TEST_F(Renewing, ExpiredIsBelowZero) {
  go_to_days_before_end(0);
  world->env.advance(hours(1) + std::chrono::seconds(1));
  auto expired = accounts().claim_renewal_hints("anna");
  ASSERT_TRUE(expired.ok());
  ASSERT_THAT(*expired, SizeIs(1));
  EXPECT_EQ(expired->at(0).days_left, -1);
}

TEST_F(Renewing, HintsStopWhileARenewalIsUnderWayAndAfterIt) {
  go_to_days_before_end(20);
  world->server.certificate_hidden = 100;
  EXPECT_FALSE(enroll().ok());
  EXPECT_TRUE(now().renewal_under_way);
  EXPECT_EQ(hints(), 0U);
  world->server.certificate_hidden = 0;
  ASSERT_TRUE(enroll().ok());
  EXPECT_FALSE(now().renewal_under_way);
  EXPECT_EQ(hints(), 0U);
}

TEST_F(Renewing, AClockThatWasWrongDoesNotSilenceTheHints) {
  go_to_days_before_end(100);
  world->env.advance(days(50));
  EXPECT_EQ(hints(), 1U);
  world->env.advance(-days(50));
  EXPECT_EQ(hints(), 1U);
  EXPECT_EQ(hints(), 0U);
}

TEST_F(Renewing, OneProgramOfManyShowsTheHint) {
  go_to_days_before_end(20);
  std::atomic<int> shown{0};
  std::vector<std::thread> programs;
  for (int i = 0; i < 4; ++i) {
    programs.emplace_back([&] {
      account::AccountService service(world->database, *world->vault, world->environments, world->env, Log::none());
      const auto claimed = service.claim_renewal_hints("anna");
      shown += claimed.ok() ? static_cast<int>(claimed->size()) : 100;
    });
  }
  for (std::thread& program : programs) {
    program.join();
  }
  EXPECT_EQ(shown, 1);
}

// ---- renewal ----

TEST_F(Renewing, OldCertificateGoneOnTheServerIsTold) {
  world->server.csr_script = {100, 110, 120, 900};
  EXPECT_TRUE(enroll().status().is(error::csr_failed));
  const auto after = now();
  EXPECT_EQ(after.state, State::ready) << "the old key still opens, and its certificate still signs";
  EXPECT_TRUE(after.old_certificate_removed);
  EXPECT_EQ(after.server_certificate, ServerCertificate::none);
  EXPECT_EQ(after.generations[0].end_reason, error::csr_failed.key);
  EXPECT_TRUE(after.generations[1].current);
  EXPECT_TRUE(check()->old_certificate_removed);
  world->server.csr_script = {100, 110, 999};
  const auto renewed = enroll();
  ASSERT_TRUE(renewed.ok());
  EXPECT_FALSE(renewed->old_certificate_removed);
  EXPECT_EQ(renewed->server_certificate, ServerCertificate::same);
  EXPECT_EQ(renewed->generations[1].end_reason, error::csr_failed.key);
}

TEST_F(Renewing, RemovalIsRememberedOverAnInterruption) {
  world->server.csr_script = {110, 210, 999};
  world->env.on_sleep = [&] { world->cancel.request(); };
  EXPECT_TRUE(enroll().status().is(error::cancelled));
  world->env.on_sleep = nullptr;
  world->restart();
  EXPECT_TRUE(now().old_certificate_removed);
  EXPECT_TRUE(now().renewal_under_way);
  EXPECT_TRUE(accounts().open("anna", id).ok());
  const Cancel again;
  const auto renewed = accounts().enroll("anna", id, {}, again);
  ASSERT_TRUE(renewed.ok());
  EXPECT_FALSE(renewed->old_certificate_removed);
}

TEST_F(Renewing, AFirstRequestRemovesNothing) {
  World fresh;
  fresh.server.add_account("praxis", kInitialPassword);
  fresh.server.account_of("praxis").change_needed = false;
  fresh.server.csr_script = {100, 110, 120, 900};
  const std::string first = fresh.create("anna", "praxis");
  EXPECT_FALSE(fresh.accounts->enroll("anna", first, {}, fresh.cancel).ok());
  EXPECT_FALSE(fresh.overview("anna", first).old_certificate_removed) << "states 110/120 come without an old one too";
}

TEST_F(Renewing, AServerThatKeptTheOldOneIsBelieved) {
  const auto old = on_server().certificate;
  world->server.csr_script = {100, 110, 900};
  EXPECT_FALSE(enroll().ok());
  on_server().certificate = old;
  const auto checked = check();
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->server_certificate, ServerCertificate::same);
  EXPECT_FALSE(checked->old_certificate_removed);
}

TEST_F(Renewing, MailForEveryGenerationOpens) {
  ASSERT_TRUE(fetch_b().ok());
  const auto deliver_to_a = [&] {
    mailbox::Draft mail = draft(kAddressA);
    mail.account_id = world->account_b;
    EXPECT_TRUE(world->mailbox->queue("bert", mail).ok());
    EXPECT_TRUE(world->mailbox->send_due("bert", world->account_b, {}, world->cancel).ok());
  };
  deliver_to_a();
  ASSERT_TRUE(enroll().ok());
  deliver_to_a();
  ASSERT_TRUE(enroll().ok());
  ASSERT_TRUE(fetch_a().ok());
  const auto inbox = inbox_a();
  ASSERT_THAT(inbox, SizeIs(2));
  for (const auto& item : inbox) {
    EXPECT_EQ(world->mailbox->open("anna", item.id)->message.verdict, message::Verdict::valid);
  }
}

TEST_F(Renewing, WhoWaitedForAnothersRenewalDoesNotRenewAgain) {
  account::AccountService other(world->database, *world->vault, world->environments, world->env, Log::none());
  world->server.csr_script = {100, 210, 999};
  // The first program polls; meanwhile the second is asked for the same, waits for the lease, and gets it.
  std::optional<account::Lease> lease(
      account::Lease::acquire(world->database, world->env, id, "enrol", Millis{0}, world->cancel).value());
  world->env.on_sleep = [&] {
    if (lease) {
      lease.reset();
      const auto renewed = other.enroll("anna", id, {}, world->cancel);
      EXPECT_TRUE(renewed.ok()) << renewed.status().to_string();
    }
  };
  const int before = world->server.state.csr_posts;
  const auto second = enroll();
  ASSERT_TRUE(second.ok()) << second.status().to_string();
  EXPECT_EQ(world->server.state.csr_posts, before + 1);
  EXPECT_THAT(second->generations, SizeIs(2));
}

TEST_F(Renewing, SecondProgramIsRefusedWhileTheFirstWorks) {
  account::AccountService other(world->database, *world->vault, world->environments, world->env, Log::none());
  world->server.csr_script = {100, 999};
  bool asked = false;
  world->env.on_sleep = [&] {
    if (!asked) {
      asked = true;
      EXPECT_TRUE(other.enroll("anna", id, {}, world->cancel).status().is(error::storage_busy));
      EXPECT_TRUE(other.delete_certificate("anna", id, world->cancel).is(error::storage_busy));
    }
  };
  const int before = world->server.state.csr_posts;
  EXPECT_TRUE(enroll().ok());
  EXPECT_TRUE(asked);
  EXPECT_EQ(world->server.state.csr_posts, before + 1);
}

// ---- what the server publishes ----

TEST_F(Renewing, PublishedCertificateIsCompared) {
  EXPECT_EQ(check()->server_certificate, ServerCertificate::same);
  on_server().certificate = make_identity(kAddressA, world->env.now(), 100).certificate.pem();
  EXPECT_EQ(check()->server_certificate, ServerCertificate::other) << "renewed in another product";
  EXPECT_EQ(now().state, State::ready);
  on_server().certificate.reset();
  EXPECT_EQ(check()->server_certificate, ServerCertificate::none);
}

TEST_F(Renewing, FailingToAskIsNoFailureOfTheLogin) {
  ASSERT_TRUE(check().ok());
  world->server.refusals["certificate_by_uid"] = {Status(error::timeout, "slow")};
  const auto checked = check();
  ASSERT_TRUE(checked.ok()) << checked.status().to_string();
  EXPECT_EQ(checked->server_certificate, ServerCertificate::same) << "as it was when last asked";
  EXPECT_EQ(checked->last_error, "");
}

TEST_F(Renewing, CertificateThatCameAfterItsRequestWasGivenUpIsUsed) {
  world->server.csr_script = {900};
  EXPECT_FALSE(enroll().ok());
  on_server().certificate = on_server().csr_certificate;  // the CA came back
  const auto checked = check();
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->server_certificate, ServerCertificate::same);
  ASSERT_TRUE(checked->generations[0].current);
  EXPECT_EQ(checked->generations[0].end_reason, "");
  EXPECT_EQ(accounts().open("anna", id)->identities[0].certificate.pem(),
            crypto::Certificate::from_pem(on_server().csr_certificate)->pem());
}

TEST_F(Renewing, PublishedCertificateOfAnUntrustedCaIsNotUsed) {
  world->server.foreign_ca = true;
  world->server.csr_script = {900};
  EXPECT_FALSE(enroll().ok());
  on_server().certificate = on_server().csr_certificate;
  const auto checked = check();
  ASSERT_TRUE(checked.ok());
  EXPECT_TRUE(checked->generations[1].current) << "the working one stays";
}

// ---- deleting ----

TEST_F(Renewing, DeletedCertificateLeavesKeysForOldMail) {
  mailbox::Draft mail = draft(kAddressA);
  mail.account_id = world->account_b;
  ASSERT_TRUE(world->mailbox->queue("bert", mail).ok());
  ASSERT_TRUE(world->mailbox->send_due("bert", world->account_b, {}, world->cancel).ok());
  ASSERT_TRUE(accounts().delete_certificate("anna", id, world->cancel).ok());
  EXPECT_FALSE(on_server().certificate);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(now().state, State::failed);
    EXPECT_EQ(now().last_error, error::no_certificate.key);
    EXPECT_EQ(now().server_certificate, ServerCertificate::none);
    ASSERT_TRUE(check().ok()) << "a login changes nothing of it";
  }
  ASSERT_TRUE(fetch_a().ok());
  EXPECT_EQ(now().last_error, error::no_certificate.key) << "nor does a fetch";
  EXPECT_EQ(world->mailbox->open("anna", inbox_a().at(0).id)->message.verdict, message::Verdict::valid);
  ASSERT_TRUE(enroll().ok());
  EXPECT_EQ(now().state, State::ready);
  EXPECT_EQ(now().last_error, "");
  EXPECT_THAT(now().generations, SizeIs(2));
}

TEST_F(Renewing, NothingIsSentWithADeletedCertificate) {
  queue(draft());
  ASSERT_TRUE(accounts().delete_certificate("anna", id, world->cancel).ok());
  EXPECT_TRUE(send().status().is(error::no_certificate)) << send().status().to_string();
  EXPECT_THAT(on_server_b(), IsEmpty());
  ASSERT_TRUE(enroll().ok());
  EXPECT_EQ(send()->accepted, 1) << "and the message was not lost";
}

TEST_F(Renewing, DeletingWhatIsGoneIsFine) {
  on_server().certificate.reset();
  EXPECT_TRUE(accounts().delete_certificate("anna", id, world->cancel).ok());
  EXPECT_EQ(now().state, State::failed);
}

TEST_F(Renewing, RefusedDeletionChangesNothing) {
  world->server.refusals["delete_certificate"] = {Status(error::server_error, "no")};
  EXPECT_TRUE(accounts().delete_certificate("anna", id, world->cancel).is(error::server_error));
  EXPECT_EQ(now().state, State::ready);
  EXPECT_EQ(now().last_error, error::server_error.key);
}

TEST_F(Renewing, PublishedAgainAfterDeletionIsNotUsedBehindTheUsersBack) {
  const auto old = on_server().certificate;
  ASSERT_TRUE(accounts().delete_certificate("anna", id, world->cancel).ok());
  on_server().certificate = old;
  ASSERT_TRUE(check().ok());
  EXPECT_EQ(now().state, State::failed);
}

}  // namespace
}  // namespace kvc::testing
