// SPDX-License-Identifier: Apache-2.0
// The way of a message and its receipt, broken at every write and at every call to the server, then gone again:
// it arrives exactly once, and so does its receipt.
#include "unit/mailbox/fixture.h"

namespace kvc::testing {
namespace {

using mailbox::OutboxState;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MailSweep : public Mailbox, public ::testing::WithParamInterface<Fault::Kind> {
 protected:
  // What two users do, from wherever things stand. Stops at the first error.
  Status walk() {
    mailbox::OutboxFilter filter;
    filter.account_id = world->account_a;
    KVC_ASSIGN(const auto known, world->mailbox->list_outbox("anna", filter, {}, 10));
    if (known.items.empty()) {
      KVC_TRY(world->mailbox->queue("anna", draft()).status());
    }
    KVC_TRY(send().status());
    KVC_TRY(fetch_b().status());
    KVC_TRY(fetch_a().status());
    return {};
  }
};

TEST_P(MailSweep, ExactlyOnce) {
  const bool by_call = GetParam() == Fault::Kind::call_unsent || GetParam() == Fault::Kind::call_unanswered ||
                       GetParam() == Fault::Kind::answer_lost;
  for (int at = 1;; ++at) {
    SCOPED_TRACE(std::string(name(GetParam())) + " " + std::to_string(at));
    world = World::with_two_accounts();
    world->set_fault(GetParam(), at);
    const Status first = walk();
    const bool reached = (by_call ? world->fault.calls : world->fault.writes) >= at;
    // Two more rounds: an item that was backed off needs its time, and a receipt that was owed needs a fetch.
    for (int round = 0; round < 2; ++round) {
      world->restart();
      const Status again = walk();
      ASSERT_TRUE(again.ok()) << again.to_string() << " after " << first.to_string();
    }
    ASSERT_THAT(outbox_a(), SizeIs(1));
    EXPECT_EQ(outbox_a()[0].state, OutboxState::delivered);
    ASSERT_THAT(inbox_b(), SizeIs(1));
    EXPECT_EQ(inbox_b()[0].verdict, message::Verdict::valid);
    EXPECT_EQ(inbox_b()[0].message_id, outbox_a()[0].message_id);
    ASSERT_THAT(outbox_b(), SizeIs(1));
    EXPECT_TRUE(outbox_b()[0].is_receipt);
    ASSERT_THAT(inbox_a(), SizeIs(1));
    EXPECT_TRUE(inbox_a()[0].is_receipt);
    EXPECT_THAT(world->server.state.submitted, SizeIs(2)) << "one message, one receipt";
    EXPECT_THAT(on_server_a(), IsEmpty());
    EXPECT_THAT(on_server_b(), IsEmpty());
    if (!reached) {
      ASSERT_GT(at, 8) << "the walk has more steps than that";
      break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, MailSweep,
                         ::testing::Values(Fault::Kind::write_refused, Fault::Kind::death_before,
                                           Fault::Kind::death_after, Fault::Kind::call_unsent,
                                           Fault::Kind::call_unanswered, Fault::Kind::answer_lost),
                         [](const auto& each) { return name(each.param); });

}  // namespace
}  // namespace kvc::testing
