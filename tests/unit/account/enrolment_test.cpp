// SPDX-License-Identifier: Apache-2.0
// From key pair to certificate (protocol B 3) and its refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/account/world.h"

namespace kvc::testing {
namespace {

using account::State;
using ::testing::ElementsAre;

class Enrolling : public ::testing::Test {
 protected:
  void SetUp() override {
    world.server.add_account("praxis", kInitialPassword);
    world.server.account_of("praxis").change_needed = false;
    id = world.create("anna", "praxis");
  }
  Result<account::Overview> enroll() {
    return world.accounts->enroll(
        "anna", id, [this](int, std::string_view step) { steps.emplace_back(step); }, world.cancel);
  }
  // Expects a refusal with this code and gives the account as it is then.
  account::Overview refused(const ErrorCode& code) {
    const auto result = enroll();
    EXPECT_FALSE(result.ok());
    EXPECT_TRUE(result.status().is(code)) << result.status().to_string();
    return world.overview("anna", id);
  }
  World world;
  std::string id;
  std::vector<std::string> steps;
};

TEST_F(Enrolling, ShowsEveryStepAndEndsReady) {
  const auto overview = enroll();
  ASSERT_TRUE(overview.ok()) << overview.status().to_string();
  EXPECT_EQ(overview->state, State::ready);
  EXPECT_EQ(overview->csr_status, 999);
  EXPECT_EQ(overview->last_error, "");
  EXPECT_TRUE(overview->work.empty()) << "ready and still at work contradict each other";
  ASSERT_EQ(overview->generations.size(), 1U);
  EXPECT_TRUE(overview->generations[0].current);
  EXPECT_EQ(overview->generations[0].certificate->pem(),
            crypto::Certificate::from_pem(*world.server.account_of("praxis").certificate)->pem());
  EXPECT_THAT(steps, ElementsAre("key.generate", "csr.100", "csr.110", "csr.210", "csr.299", "csr.399", "csr.999",
                                 "certificate.check"));
}

TEST_F(Enrolling, NeedsTheInitialPasswordChanged) {
  world.server.account_of("praxis").change_needed = true;
  EXPECT_EQ(refused(error::password_change_needed).state, State::password_change_needed);
  EXPECT_EQ(world.server.state.csr_posts, 0);
}

TEST_F(Enrolling, RenewalKeepsTheOldKeyForEver) {
  ASSERT_TRUE(enroll().ok());
  ASSERT_TRUE(enroll().ok());
  const auto overview = world.overview("anna", id);
  ASSERT_EQ(overview.generations.size(), 2U);
  EXPECT_EQ(overview.generations[0].number, 2);
  EXPECT_TRUE(overview.generations[0].current);
  EXPECT_FALSE(overview.generations[1].current);
  const auto session = world.accounts->open("anna", id);
  ASSERT_TRUE(session.ok());
  ASSERT_EQ(session->identities.size(), 2U);
  for (const auto& identity : session->identities) {
    EXPECT_TRUE(identity.certificate.carries_key_of(identity.key));
  }
  EXPECT_EQ(session->identities[0].certificate.serial_hex(), overview.generations[0].certificate->serial_hex());
}

struct Refusal {
  int status;
  ErrorCode code;
};

TEST_F(Enrolling, FinalStatusesEndTheRequestNotTheAccount) {
  ASSERT_TRUE(enroll().ok());
  for (const Refusal& refusal : {Refusal{900, error::csr_failed}, Refusal{901, error::csr_superseded},
                                 Refusal{902, error::csr_rejected}, Refusal{903, error::csr_rejected}}) {
    world.server.csr_script = {100, 210, refusal.status};
    const auto overview = refused(refusal.code);
    EXPECT_EQ(overview.state, State::ready) << "the working generation stays current";
    EXPECT_TRUE(overview.generations.back().current);
    EXPECT_EQ(overview.last_error, refusal.code.key);
  }
  EXPECT_EQ(world.accounts->open("anna", id)->bare_keys.size(), 4U) << "keys of failed requests are kept";
  world.server.csr_script = {999};
  EXPECT_TRUE(enroll().ok()) << "a new start is always possible";
}

TEST_F(Enrolling, FirstRequestThatFailsMayBeStartedAgain) {
  world.server.csr_script = {902};
  EXPECT_EQ(refused(error::csr_rejected).state, State::failed);
  EXPECT_EQ(world.accounts->check("anna", id, world.cancel)->state, State::failed);
  EXPECT_TRUE(world.accounts->open("anna", id).status().is(error::invalid_state));
  world.server.csr_script = {999};
  EXPECT_EQ(enroll()->state, State::ready);
}

TEST_F(Enrolling, RefusedRequestEndsTheGeneration) {
  world.server.refusals["post_csr"] = {Status(error::csr_rejected, "no")};
  EXPECT_EQ(refused(error::csr_rejected).state, State::failed);
  EXPECT_TRUE(enroll().ok());
}

TEST_F(Enrolling, ForeignKeyIsRefused) {
  world.server.issue_for_other_key = true;
  EXPECT_EQ(refused(error::not_our_key).state, State::failed);
}

TEST_F(Enrolling, ForeignAddressIsRefused) {
  world.server.issue_for_email = "jemand.anders@kv-safenet.de";
  EXPECT_EQ(refused(error::certificate_foreign).state, State::failed);
}

TEST_F(Enrolling, ForeignUserCaIsRefusedUntilTheTrustListNamesIt) {
  world.server.foreign_ca = true;
  EXPECT_EQ(refused(error::certificate_untrusted).state, State::enrolling);
  const int posts = world.server.state.csr_posts;
  auto trusted =
      crypto::TrustList::load({shared_pki().files().root.string()}, {shared_pki().files().foreign_user_ca.string()});
  world.environments.trust_list() = std::move(trusted).value();
  EXPECT_EQ(enroll()->state, State::ready);
  EXPECT_EQ(world.server.state.csr_posts, posts) << "the same certificate, no new request";
}

TEST_F(Enrolling, ExpiredCertificateIsRefused) {
  world.server.certificate_days = 1;
  world.server.csr_script = {100, 999};
  world.env.on_sleep = [&] { world.env.advance(std::chrono::hours(48)); };
  EXPECT_EQ(refused(error::certificate_expired).state, State::failed);
}

TEST_F(Enrolling, CertificateMayAppearLate) {
  world.server.certificate_hidden = 3;
  EXPECT_TRUE(enroll().ok());
}

TEST_F(Enrolling, CertificateThatNeverAppearsLeavesTheRequestOpen) {
  world.server.certificate_hidden = 100;
  EXPECT_EQ(refused(error::no_certificate).state, State::enrolling);
  world.server.certificate_hidden = 0;
  EXPECT_TRUE(enroll().ok());
  EXPECT_EQ(world.server.state.csr_posts, 1);
}

TEST_F(Enrolling, LostAnswersOfThePostSendTheSameKeyAgain) {
  const Status lost(error::connection_lost, "lost");
  world.server.refusals["post_csr"] = {lost, lost};
  ASSERT_TRUE(enroll().ok());
  const auto session = world.accounts->open("anna", id);
  EXPECT_EQ(session->identities.size() + session->bare_keys.size(), 1U) << "one key only";
}

TEST_F(Enrolling, PollingSurvivesABusyServer) {
  world.server.refusals["csr_status"] = {Status(error::server_busy, "busy").retry_in(std::chrono::hours(1000)),
                                         Status(error::timeout, "slow")};
  const TimePoint before = world.env.now();
  EXPECT_TRUE(enroll().ok());
  EXPECT_LT(world.env.now() - before, std::chrono::minutes(15)) << "no server makes us wait for ever";
}

TEST_F(Enrolling, RequestTheServerForgotIsMadeAgain) {
  world.server.refusals["csr_status"] = {Status(error::not_found, "which request?")};
  EXPECT_TRUE(enroll().ok());
  EXPECT_EQ(world.server.state.csr_posts, 2);
  EXPECT_EQ(world.overview("anna", id).generations.size(), 1U);
}

TEST_F(Enrolling, AServerThatKnowsNoRequestsIsNotAMissingAccount) {
  const Status unknown(error::not_found, "the server does not have it");
  world.server.refusals["post_csr"] = {unknown};
  EXPECT_TRUE(enroll().status().is(error::bad_answer));
  world.server.certificate_hidden = 2;  // else it is found instead of asking again
  world.server.refusals["csr_status"] = {unknown, unknown, unknown};
  EXPECT_TRUE(enroll().status().is(error::bad_answer));
  EXPECT_TRUE(enroll().ok());
  EXPECT_EQ(world.overview("anna", id).generations.size(), 1U) << "the same key all the time";
}

TEST_F(Enrolling, CanBeCancelledAndTakenUpAgain) {
  world.env.on_sleep = [&] { world.cancel.request(); };
  const auto stopped = enroll();
  ASSERT_TRUE(stopped.status().is(error::cancelled)) << stopped.status().to_string();
  EXPECT_EQ(world.overview("anna", id).last_error, "");
  world.env.on_sleep = nullptr;
  const Cancel again;
  EXPECT_TRUE(world.accounts->enroll("anna", id, {}, again).ok());
  EXPECT_EQ(world.server.state.csr_posts, 1);
}

}  // namespace
}  // namespace kvc::testing
