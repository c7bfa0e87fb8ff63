// SPDX-License-Identifier: Apache-2.0
// The whole way of an account, broken at every write and at every call to the server, then gone again.
#include <gtest/gtest.h>

#include "unit/account/world.h"

namespace kvc::testing {
namespace {

using account::State;

// What a user does, from wherever the account stands. Stops at the first error, as a user would.
Status walk(World& world) {
  KVC_ASSIGN(const auto known, world.accounts->list("anna"));
  std::string id = known.empty() ? "" : known[0].id;
  if (id.empty()) {
    account::NewAccount data{"test",
                             "praxis",
                             "Praxis",
                             "",
                             Secret(std::string_view(kInitialPassword)),
                             Secret(std::string_view(kKeystorePassword))};
    KVC_ASSIGN(id, world.accounts->create("anna", data));
  }
  KVC_ASSIGN(const auto checked, world.accounts->check("anna", id, world.cancel));
  if (checked.state == State::password_change_needed) {
    KVC_TRY(world.accounts->change_password("anna", id, Secret(std::string_view(kNewPassword)), world.cancel));
  }
  KVC_ASSIGN(const auto before, world.accounts->overview("anna", id));
  if (before.state == State::ready) {
    return {};
  }
  return world.accounts->enroll("anna", id, {}, world.cancel).status();
}

class AccountSweep : public ::testing::TestWithParam<Fault::Kind> {};

TEST_P(AccountSweep, NeverLocksOutAndNeverLosesAKey) {
  const bool by_call = GetParam() == Fault::Kind::call_unsent || GetParam() == Fault::Kind::call_unanswered ||
                       GetParam() == Fault::Kind::answer_lost;
  int broken = 0;
  for (int at = 1;; ++at) {
    SCOPED_TRACE(std::string(name(GetParam())) + " " + std::to_string(at));
    World world;
    world.server.csr_script = {100, 399, 999};
    world.server.add_account("praxis", kInitialPassword);
    world.set_fault(GetParam(), at);
    const Status first = walk(world);
    const bool reached = (by_call ? world.fault.calls : world.fault.writes) >= at;
    broken += first.ok() ? 0 : 1;
    world.restart();
    const Status second = walk(world);
    ASSERT_TRUE(second.ok()) << second.to_string() << " after " << first.to_string();

    const auto accounts = world.accounts->list("anna");
    ASSERT_TRUE(accounts.ok());
    ASSERT_EQ(accounts->size(), 1U) << "exactly one account";
    ASSERT_EQ((*accounts)[0].state, State::ready);
    const auto session = world.accounts->open("anna", (*accounts)[0].id);
    ASSERT_TRUE(session.ok()) << session.status().to_string();
    const ServerAccount& on_server = world.server.account_of("praxis");
    EXPECT_FALSE(on_server.locked);
    EXPECT_EQ(on_server.password, kNewPassword);
    EXPECT_EQ(session->credentials.password.reveal(), kNewPassword);
    EXPECT_EQ(session->identities[0].certificate.pem(), crypto::Certificate::from_pem(*on_server.certificate)->pem());
    EXPECT_TRUE(session->identities[0].certificate.carries_key_of(session->identities[0].key));
    EXPECT_EQ(session->identities.size(), 1U) << "one generation, however often it was taken up again";
    if (!reached) {
      break;  // the walk has fewer steps than this
    }
  }
  EXPECT_GT(broken, by_call && GetParam() == Fault::Kind::answer_lost ? 2 : 5) << "the faults had an effect";
}

INSTANTIATE_TEST_SUITE_P(All, AccountSweep,
                         ::testing::Values(Fault::Kind::write_refused, Fault::Kind::death_before,
                                           Fault::Kind::death_after, Fault::Kind::call_unsent,
                                           Fault::Kind::call_unanswered, Fault::Kind::answer_lost),
                         [](const auto& each) { return name(each.param); });

}  // namespace
}  // namespace kvc::testing
