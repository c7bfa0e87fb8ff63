// SPDX-License-Identifier: Apache-2.0
// The outbox (design section 5).
#include "unit/mailbox/fixture.h"

namespace kvc::testing {
namespace {

using mailbox::OutboxState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Sending : public Mailbox {};

TEST_F(Sending, QueuedMessageIsDurableAndUnreadable) {
  if (test::on_postgresql()) {
    GTEST_SKIP() << "looks into the files of SQLite; the columns are the same";
  }
  const std::string id = queue(draft());
  world->restart();
  const auto item = item_a(id);
  EXPECT_EQ(item.state, OutboxState::queued);
  EXPECT_EQ(item.user_subject, kUserSubject);
  EXPECT_THAT(item.file_names, ElementsAre(kFileName));
  EXPECT_TRUE(item.message_id.ends_with("@kv-safenet.de"));
  const std::string bytes = raw_bytes(world->directory);
  ASSERT_NE(bytes.find(kAddressB), std::string::npos) << "the search works";
  for (const char* word : {kUserSubject, kText, kFileName, kFileContent}) {
    EXPECT_EQ(bytes.find(word), std::string::npos) << word;
  }
}

TEST_F(Sending, AcceptedMessageKeepsItsIdAndLosesItsDraft) {
  const std::string id = queue(draft());
  const std::string message_id = item_a(id).message_id;
  const auto summary = send();
  ASSERT_TRUE(summary.ok()) << summary.status().to_string();
  EXPECT_EQ(summary->accepted, 1);
  EXPECT_EQ(summary->waiting, 0);
  EXPECT_EQ(item_a(id).state, OutboxState::accepted);
  EXPECT_TRUE(item_a(id).accepted.has_value());
  EXPECT_THAT(world->server.state.submitted, ElementsAre(message_id));
  EXPECT_EQ(send()->accepted, 0) << "never twice";
}

TEST_F(Sending, ClearHeaderHoldsNothingTheUserTyped) {
  queue(draft());
  ASSERT_TRUE(send().ok());
  ASSERT_THAT(on_server_b(), SizeIs(1));
  const std::string& raw = on_server_b()[0].second;
  EXPECT_NE(raw.find("Subject: eNachricht\r\n"), std::string::npos);
  EXPECT_NE(raw.find("Disposition-Notification-To:"), std::string::npos);
  for (const char* word : {kUserSubject, kText, kFileName, kFileContent}) {
    EXPECT_EQ(raw.find(word), std::string::npos) << word;
  }
}

TEST_F(Sending, BadDraftsAreRefusedByField) {
  const auto field_of = [&](const mailbox::Draft& bad) {
    const auto id = world->mailbox->queue("anna", bad);
    return id.ok() || !id.status().is(error::invalid_field) ? std::string() : id.status().params().at(0).second;
  };
  for (const char* to : {"", "kein-at", "a@b\r\nBcc: c@d", "a@b, c@d", "Name <a@b>"}) {
    EXPECT_EQ(field_of(draft(to)), "recipient") << to;
  }
  auto bad = draft();
  bad.subject = "x\r\nBcc: c@d";
  EXPECT_EQ(field_of(bad), "subject");
  bad = draft();
  bad.user_subject = "x\ny";
  EXPECT_EQ(field_of(bad), "user_subject");
  bad = draft();
  bad.service_id = {};
  EXPECT_EQ(field_of(bad), "service_id");
  bad = draft();
  bad.files[0].name.clear();
  EXPECT_EQ(field_of(bad), "files");
  EXPECT_THAT(outbox_a(), IsEmpty());
}

TEST_F(Sending, OthersCannotTouchTheOutbox) {
  const std::string id = queue(draft());
  mailbox::OutboxFilter filter;
  filter.account_id = world->account_a;
  EXPECT_TRUE(world->mailbox->list_outbox("bert", filter, {}, 10).status().is(error::not_found));
  EXPECT_TRUE(world->mailbox->queue("bert", draft()).status().is(error::not_found));
  EXPECT_TRUE(world->mailbox->retry("bert", id).is(error::not_found));
  EXPECT_TRUE(world->mailbox->withdraw("bert", id).is(error::not_found));
  EXPECT_TRUE(world->mailbox->send_due("bert", world->account_a, {}, world->cancel).status().is(error::not_found));
}

// protocol D, 1-Click rules: "no Disposition-Notification-To"
TEST_F(Sending, BillingNeverAsksForAReceipt) {
  const std::string id = queue(billing());
  EXPECT_FALSE(item_a(id).receipt_requested);
  ASSERT_EQ(send()->accepted, 1);
  EXPECT_EQ(on_server_b().at(0).second.find("Disposition-Notification-To"), std::string::npos);
  EXPECT_TRUE(item_a(queue(draft())).receipt_requested);
}

struct FailureCase {
  const char* call;
  ErrorCode code;
  OutboxState after_first;
  int tries_until_failed;  ///< 0: never
};

class Failures : public Mailbox, public ::testing::WithParamInterface<FailureCase> {};

TEST_P(Failures, AreRetriedOrFinal) {
  const FailureCase& failure = GetParam();
  const std::string id = queue(draft());
  world->server.refusals[failure.call].assign(100, Status(failure.code, "the test says so"));
  ASSERT_TRUE(send().ok());
  EXPECT_EQ(item_a(id).state, failure.after_first);
  EXPECT_EQ(item_a(id).last_error, failure.code.key);
  int tries = 1;
  while (item_a(id).state == OutboxState::queued && tries < 20) {
    EXPECT_GT(*item_a(id).next_try, world->env.now());
    EXPECT_EQ(send()->accepted, 0) << "not before its time";
    EXPECT_EQ(item_a(id).tries, tries);
    world->env.advance(std::chrono::hours(31));
    ASSERT_TRUE(send().ok());
    ++tries;
  }
  EXPECT_EQ(item_a(id).state, OutboxState::failed);
  EXPECT_EQ(tries, failure.tries_until_failed);
  world->server.refusals.clear();
  EXPECT_EQ(send()->accepted, 0) << "failed stays failed";
  ASSERT_TRUE(world->mailbox->retry("anna", id).ok());
  EXPECT_EQ(send()->accepted, 1) << "until somebody asks; the content was kept";
  EXPECT_THAT(world->server.state.submitted, SizeIs(1));
}

INSTANTIATE_TEST_SUITE_P(All, Failures,
                         ::testing::Values(FailureCase{"submit", error::unreachable, OutboxState::queued, 12},
                                           FailureCase{"submit", error::server_busy, OutboxState::queued, 12},
                                           FailureCase{"submit", error::server_error, OutboxState::queued, 12},
                                           FailureCase{"certificate_of", error::timeout, OutboxState::queued, 12},
                                           FailureCase{"certificate_of", error::no_certificate, OutboxState::queued, 3},
                                           FailureCase{"submit", error::unknown_recipient, OutboxState::failed, 1},
                                           FailureCase{"submit", error::mail_too_large, OutboxState::failed, 1},
                                           FailureCase{"submit", error::mail_rejected, OutboxState::failed, 1},
                                           FailureCase{"submit", error::forbidden, OutboxState::failed, 1}));

TEST_F(Sending, RetryAfterIsHonoured) {
  const std::string id = queue(draft());
  world->server.refusals["submit"] = {Status(error::server_busy, "later").retry_in(std::chrono::hours(2))};
  ASSERT_TRUE(send().ok());
  EXPECT_EQ(*item_a(id).next_try, world->env.now() + std::chrono::hours(2));
  world->env.advance(std::chrono::hours(2));
  EXPECT_EQ(send()->accepted, 1);
}

TEST_F(Sending, AccountTroubleStopsTheRunAndCountsForNoMessage) {
  const std::string id = queue(draft());
  world->server.refusals["certificate_of"].assign(50, Status(error::wrong_credentials, "changed elsewhere"));
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(send().status().is(error::wrong_credentials));
  }
  EXPECT_EQ(item_a(id).state, OutboxState::queued);
  world->server.refusals.clear();
  EXPECT_EQ(send()->accepted, 1) << "due at once";
}

TEST_F(Sending, OneBadMessageDoesNotHoldUpTheOthers) {
  const std::string bad = queue(draft("niemand@kv-safenet.de"));
  const std::string good = queue(draft());
  const auto summary = send();
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(item_a(bad).state, OutboxState::queued);
  EXPECT_EQ(item_a(good).state, OutboxState::accepted);
  EXPECT_EQ(summary->waiting, 1);
}

TEST_F(Sending, WithdrawUntilTheFirstByteLeaves) {
  const std::string untouched = queue(draft());
  ASSERT_TRUE(world->mailbox->withdraw("anna", untouched).ok());
  EXPECT_THAT(outbox_a(), IsEmpty());
  const std::string tried = queue(draft());
  EXPECT_TRUE(item_a(tried).withdrawable);
  world->set_fault(Fault::Kind::answer_lost, 2);  // certificate_of, submit: it arrived, and nobody here knows
  ASSERT_TRUE(send().ok());
  world->fault = {};
  EXPECT_FALSE(item_a(tried).withdrawable);
  EXPECT_TRUE(world->mailbox->withdraw("anna", tried).is(error::invalid_state));
  ASSERT_TRUE(world->mailbox->retry("anna", tried).ok());
  EXPECT_TRUE(world->mailbox->withdraw("anna", tried).is(error::invalid_state)) << "retry does not undo a try";
  EXPECT_EQ(send()->accepted, 1);
  EXPECT_TRUE(world->mailbox->retry("anna", tried).is(error::invalid_state)) << "it is gone";
}

TEST_F(Sending, WithdrawAfterTriesThatNeverReachedTheServer) {
  const std::string id = queue(draft());
  world->server.refusals["submit"] = {Status(error::unreachable, "no connection, nothing was read")};
  ASSERT_TRUE(send().ok());
  ASSERT_EQ(item_a(id).tries, 1);
  EXPECT_TRUE(item_a(id).next_try.has_value());
  EXPECT_TRUE(item_a(id).withdrawable) << "a try that ended before the first byte";
  ASSERT_TRUE(world->mailbox->withdraw("anna", id).ok());
  EXPECT_THAT(outbox_a(), IsEmpty());
  EXPECT_EQ(rows("mail_blob"), 0) << "the sealed mail went, too";
  EXPECT_EQ(rows("outbox_reply"), 0);
  EXPECT_THAT(world->server.state.submitted, IsEmpty());
}

TEST_F(Sending, WithdrawnWhileTheRunWorksOnItNeverLeaves) {
  const std::string id = queue(draft());
  const std::string other = queue(draft());
  world->server.on_call = [&](const std::string& call) {
    if (call == "certificate_of") {
      world->server.on_call = {};
      EXPECT_TRUE(world->mailbox->withdraw("anna", id).ok());
    }
  };
  const auto sent = send();
  ASSERT_TRUE(sent.ok()) << sent.status().to_string();
  EXPECT_EQ(sent->accepted, 1);
  ASSERT_THAT(outbox_a(), SizeIs(1));
  EXPECT_EQ(item_a(other).state, OutboxState::accepted);
  EXPECT_THAT(world->server.state.submitted, SizeIs(1));
}

TEST_F(Sending, TakenBackIsTheDraftItWas) {
  auto written = draft();
  written.in_reply_to = "frage@kv-safenet.de";
  const std::string id = queue(written);
  world->server.refusals["submit"] = {Status(error::unreachable, "no connection, nothing was read")};
  ASSERT_TRUE(send().ok());
  ASSERT_EQ(rows("mail_blob"), 1) << "sealed, and tried";
  ASSERT_TRUE(world->mailbox->take_back("anna", id).ok());
  EXPECT_EQ(item_a(id).state, OutboxState::draft);
  EXPECT_EQ(item_a(id).tries, 0);
  EXPECT_EQ(item_a(id).last_error, "");
  EXPECT_THAT(item_a(id).replies, IsEmpty());
  EXPECT_EQ(rows("mail_blob"), 0);
  EXPECT_TRUE(world->mailbox->take_back("anna", id).is(error::invalid_state)) << "it is a draft";
  EXPECT_EQ(send()->accepted, 0);
  const auto loaded = world->mailbox->load_draft("anna", id);
  ASSERT_TRUE(loaded.ok()) << loaded.status().to_string();
  EXPECT_EQ(loaded->text, written.text);
  EXPECT_EQ(loaded->to, written.to);
  EXPECT_EQ(loaded->user_subject, written.user_subject);
  EXPECT_EQ(loaded->in_reply_to, written.in_reply_to);
  EXPECT_EQ(loaded->request_receipt, written.request_receipt);
  ASSERT_THAT(loaded->files, SizeIs(written.files.size()));
  EXPECT_EQ(loaded->files.at(0).name, kFileName);
  const auto content = loaded->files.at(0).content.open();
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(*content), {}), kFileContent);
  const auto again = world->mailbox->queue("anna", *loaded, id);
  ASSERT_TRUE(again.ok()) << again.status().to_string();
  EXPECT_EQ(send()->accepted, 1);
  EXPECT_THAT(outbox_a(), SizeIs(1));
}

TEST_F(Sending, TakenBackUntilTheFirstByteLeaves) {
  const std::string id = queue(draft());
  EXPECT_TRUE(world->mailbox->take_back("bert", id).is(error::not_found));
  world->set_fault(Fault::Kind::answer_lost, 2);  // certificate_of, submit: it arrived, and nobody here knows
  ASSERT_TRUE(send().ok());
  world->fault = {};
  EXPECT_TRUE(world->mailbox->take_back("anna", id).is(error::invalid_state));
  EXPECT_EQ(item_a(id).state, OutboxState::queued);
}

TEST_F(Sending, TakenBackWhileTheRunWorksOnItNeverLeaves) {
  const std::string id = queue(draft());
  const std::string other = queue(draft());
  world->server.on_call = [&](const std::string& call) {
    if (call == "certificate_of") {
      world->server.on_call = {};
      EXPECT_TRUE(world->mailbox->take_back("anna", id).ok());
    }
  };
  const auto sent = send();
  ASSERT_TRUE(sent.ok()) << sent.status().to_string();
  EXPECT_EQ(sent->accepted, 1);
  EXPECT_EQ(sent->failed, 0);
  EXPECT_EQ(item_a(id).state, OutboxState::draft);
  EXPECT_EQ(item_a(id).tries, 0);
  EXPECT_EQ(item_a(other).state, OutboxState::accepted);
  EXPECT_EQ(rows("mail_blob"), 1) << "of the one that was sent";
  EXPECT_THAT(world->server.state.submitted, SizeIs(1));
}

// Its sealed mail goes with it, under the run that was about to send that.
TEST_F(Sending, TakenBackAfterATryWhileTheRunWorksOnItIsNoFailure) {
  const std::string id = queue(draft());
  world->server.refusals["submit"] = {Status(error::unreachable, "no connection, nothing was read")};
  ASSERT_TRUE(send().ok());
  ASSERT_EQ(rows("mail_blob"), 1);
  ASSERT_TRUE(world->mailbox->retry("anna", id).ok());
  world->server.on_call = [&](const std::string& call) {
    if (call == "certificate_of") {
      world->server.on_call = {};
      EXPECT_TRUE(world->mailbox->take_back("anna", id).ok());
    }
  };
  const auto sent = send();
  ASSERT_TRUE(sent.ok()) << sent.status().to_string();
  EXPECT_EQ(sent->failed, 0);
  EXPECT_EQ(sent->accepted, 0);
  EXPECT_EQ(item_a(id).state, OutboxState::draft);
  EXPECT_EQ(item_a(id).last_error, "");
  EXPECT_THAT(world->server.state.submitted, IsEmpty());
}

TEST_F(Sending, TakenBackAfterItWasRefusedBeforeTheFirstByte) {
  const std::string id = queue(draft());
  world->server.refusals["submit"] = {Status(error::mail_rejected, "before a byte was read")};
  ASSERT_TRUE(send().ok());
  ASSERT_EQ(item_a(id).state, OutboxState::failed);
  ASSERT_TRUE(item_a(id).withdrawable);
  ASSERT_TRUE(world->mailbox->take_back("anna", id).ok());
  EXPECT_EQ(item_a(id).state, OutboxState::draft);
  EXPECT_EQ(rows("mail_blob"), 0);
  EXPECT_TRUE(world->mailbox->load_draft("anna", id).ok());
}

// The server read the mail and said no: it is not there, and its author can change it.
TEST_F(Sending, TakenBackAfterTheServerRefusedIt) {
  const std::string id = queue(draft());
  world->server.on_call = [&](const std::string& call) {
    if (call == "submit") {
      for (auto& [username, account] : world->server.state.accounts) {
        account.email = account.email == kAddressB ? "umgezogen@kv-safenet.de" : account.email;
      }
    }
  };
  ASSERT_TRUE(send().ok());
  ASSERT_EQ(item_a(id).state, OutboxState::failed);
  EXPECT_EQ(item_a(id).last_error, error::unknown_recipient.key);
  EXPECT_TRUE(item_a(id).withdrawable);
  ASSERT_TRUE(world->mailbox->take_back("anna", id).ok());
  EXPECT_EQ(world->mailbox->load_draft("anna", id)->text, kText);
}

// Who was asked about a message did not agree to throw a draft away.
TEST_F(Sending, WhatIsWithdrawnIsWhatWasAskedAbout) {
  const std::string id = queue(draft());
  EXPECT_TRUE(world->mailbox->withdraw("anna", id, mailbox::Withdraw::draft).is(error::invalid_state));
  ASSERT_TRUE(world->mailbox->take_back("anna", id).ok());
  EXPECT_TRUE(world->mailbox->withdraw("anna", id, mailbox::Withdraw::message).is(error::invalid_state));
  EXPECT_EQ(item_a(id).state, OutboxState::draft);
  EXPECT_TRUE(world->mailbox->withdraw("anna", id, mailbox::Withdraw::draft).ok());
  const std::string other = queue(draft());
  EXPECT_TRUE(world->mailbox->withdraw("anna", other, mailbox::Withdraw::message).ok());
  EXPECT_THAT(outbox_a(), IsEmpty());
}

// ---- certificates ----

TEST_F(Sending, ShowsTheRecipientsCertificateBeforeAnythingIsQueued) {
  const Cancel cancel;
  const auto good = world->mailbox->check_recipient("anna", world->account_a, kAddressB, cancel);
  ASSERT_TRUE(good.ok()) << good.status().to_string();
  EXPECT_EQ(good->certificate.email(), kAddressB);
  EXPECT_FALSE(good->issuer_name.empty());
  EXPECT_THAT(good->deviations, IsEmpty());

  EXPECT_TRUE(
      world->mailbox->check_recipient("ben", world->account_a, kAddressB, cancel).status().is(error::not_found));
  EXPECT_TRUE(world->mailbox->check_recipient("anna", world->account_a, "nobody@kv-safenet.de", cancel)
                  .status()
                  .is(error::no_certificate));
  world->server.account_of("praxis-b").certificate = *world->server.account_of("praxis-a").certificate;
  EXPECT_TRUE(world->mailbox->check_recipient("anna", world->account_a, kAddressB, cancel)
                  .status()
                  .is(error::certificate_foreign));
  EXPECT_THAT(outbox_a(), IsEmpty());
  EXPECT_THAT(world->server.state.submitted, IsEmpty());
}

TEST_F(Sending, RecipientsCertificateIsCheckedBeforeAnythingLeaves) {
  const std::string address_of_a = *world->server.account_of("praxis-a").certificate;
  world->server.account_of("praxis-b").certificate = address_of_a;
  const std::string foreign = queue(draft());
  ASSERT_TRUE(send().ok());
  EXPECT_EQ(item_a(foreign).state, OutboxState::failed);
  EXPECT_EQ(item_a(foreign).last_error, error::certificate_foreign.key);

  kvserver::UserSubject subject{kAddressB, "00000000-0000-4000-8000-000000000000@99", "Test", "Test"};
  const auto key = kvserver::make_rsa_key(2048);
  const auto now = std::chrono::system_clock::to_time_t(world->env.now());
  world->server.account_of("praxis-b").certificate =
      kvserver::to_pem(shared_pki().issue_user(key.get(), subject, true, now, 100).get());
  const std::string untrusted = queue(draft());
  ASSERT_TRUE(send().ok());
  EXPECT_EQ(item_a(untrusted).last_error, error::certificate_untrusted.key);

  world->server.account_of("praxis-b").certificate =
      kvserver::to_pem(shared_pki().issue_user(key.get(), subject, false, now - 86400 * 10, 5).get());
  const std::string expired = queue(draft());
  ASSERT_TRUE(send().ok());
  EXPECT_EQ(item_a(expired).last_error, error::certificate_expired.key);
  EXPECT_THAT(world->server.state.submitted, IsEmpty());
}

TEST_F(Sending, OwnExpiredCertificateSendsNothingAndFailsNothing) {
  const std::string id = queue(draft());
  world->env.advance(std::chrono::hours(24 * 800));
  EXPECT_TRUE(send().status().is(error::certificate_expired));
  EXPECT_EQ(item_a(id).state, OutboxState::queued);
  EXPECT_THAT(world->server.state.submitted, IsEmpty());
  ASSERT_TRUE(world->accounts->enroll("anna", world->account_a, {}, world->cancel).ok());
  ASSERT_TRUE(world->accounts->enroll("bert", world->account_b, {}, world->cancel).ok());
  EXPECT_EQ(send()->accepted, 1) << "after the renewal it goes by itself";
}

TEST_F(Sending, RenewedCertificateIsSealedForAnewUnderTheSameId) {
  const std::string id = queue(draft());
  const std::string message_id = item_a(id).message_id;
  world->server.refusals["submit"] = {Status(error::server_busy, "later")};
  ASSERT_TRUE(send().ok());
  ASSERT_TRUE(world->accounts->enroll("bert", world->account_b, {}, world->cancel).ok());
  world->env.advance(std::chrono::hours(1));
  ASSERT_EQ(send()->accepted, 1);
  EXPECT_THAT(world->server.state.submitted, ElementsAre(message_id));
  ASSERT_TRUE(fetch_b().ok());
  const auto opened = world->mailbox->open("bert", inbox_b().at(0).id);
  ASSERT_TRUE(opened.ok());
  ASSERT_THAT(opened->message.layers.at(0).recipients, ::testing::Not(IsEmpty()));
  const auto newest = world->overview("bert", world->account_b).generations[0].certificate->serial_hex();
  EXPECT_TRUE(std::any_of(opened->message.layers[0].recipients.begin(), opened->message.layers[0].recipients.end(),
                          [&](const auto& recipient) { return recipient.serial_hex == newest; }));
}

// ---- several programs ----

TEST_F(Sending, ClaimedMessageIsNobodyElses) {
  const std::string id = queue(draft());
  mailbox::MailboxService other(world->database, *world->accounts, world->env, Log::none());
  int nested = 0;
  // While the first program is at the server, the second one runs.
  const auto progress = [&](int, std::string_view) {
    const auto summary = other.send_due("anna", world->account_a, {}, world->cancel);
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(summary->accepted, 0);
    EXPECT_EQ(summary->waiting, 1);
    ++nested;
  };
  const auto summary = world->mailbox->send_due("anna", world->account_a, progress, world->cancel);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(nested, 1);
  EXPECT_EQ(summary->accepted, 1);
  EXPECT_EQ(item_a(id).tries, 1);
}

TEST_F(Sending, CancelledRunLeavesEverythingDue) {
  queue(draft());
  Cancel cancel;
  cancel.request();
  EXPECT_TRUE(world->mailbox->send_due("anna", world->account_a, {}, cancel).status().is(error::cancelled));
  EXPECT_EQ(send()->accepted, 1);
}

TEST_F(Sending, LargeFilesTravelInChunks) {
  auto large = draft();
  std::string content(3 * 1024 * 1024 + 17, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) {
    content[i] = static_cast<char>(i * 31 % 251);
  }
  large.files[0].content = Secret(std::string_view(content));
  queue(large);
  ASSERT_EQ(send()->accepted, 1);
  ASSERT_TRUE(fetch_b().ok());
  const auto opened = world->mailbox->open("bert", inbox_b().at(0).id);
  ASSERT_TRUE(opened.ok());
  ASSERT_EQ(opened->message.verdict, message::Verdict::valid);
  std::ostringstream received;
  ASSERT_TRUE(opened->message.read_part(1, received).ok());
  EXPECT_TRUE(received.str() == content);
}

}  // namespace
}  // namespace kvc::testing
