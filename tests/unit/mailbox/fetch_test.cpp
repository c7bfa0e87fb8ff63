// SPDX-License-Identifier: Apache-2.0
// The inbox (protocol C "Receiving duties").
#include <openssl/pem.h>

#include "account/lease.h"
#include "account/sql.h"
#include "unit/mailbox/fixture.h"

namespace kvc::testing {
namespace {

using message::Verdict;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Fetching : public Mailbox {
 protected:
  void send_one() {
    queue(draft());
    ASSERT_EQ(send()->accepted, 1);
  }
};

TEST_F(Fetching, MessageArrivesVerified) {
  send_one();
  const auto summary = fetch_b();
  ASSERT_TRUE(summary.ok()) << summary.status().to_string();
  EXPECT_EQ(summary->fetched, 1);
  EXPECT_EQ(summary->not_valid, 0);
  EXPECT_THAT(on_server_b(), IsEmpty());
  ASSERT_THAT(inbox_b(), SizeIs(1));
  const auto item = inbox_b()[0];
  EXPECT_EQ(item.verdict, Verdict::valid);
  EXPECT_TRUE(item.opened);
  EXPECT_EQ(item.from, kAddressA);
  EXPECT_EQ(item.subject, kUserSubject);
  EXPECT_EQ(item.service_id, "eNachricht;Lieferung;V2.0");
  EXPECT_EQ(item.parts, 2U);
  EXPECT_FALSE(item.read);
  const auto opened = world->mailbox->open("bert", item.id);
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  EXPECT_NE(opened->message.text().find(kText), std::string::npos);
  std::ostringstream file;
  ASSERT_TRUE(opened->message.read_part(1, file).ok());
  EXPECT_EQ(file.str(), kFileContent);
  EXPECT_TRUE(world->overview("bert", world->account_b).last_fetch.has_value());
}

TEST_F(Fetching, ReadIsPerUser) {
  send_one();
  ASSERT_TRUE(fetch_b().ok());
  const std::string id = inbox_b().at(0).id;
  ASSERT_TRUE(world->accounts->assign("bert", world->account_b, "berta").ok());
  ASSERT_TRUE(world->mailbox->open("bert", id).ok());
  ASSERT_TRUE(world->mailbox->open("bert", id).ok()) << "twice is fine";
  EXPECT_TRUE(inbox_b().at(0).read);
  EXPECT_FALSE(inbox_of("berta", world->account_b).at(0).read);
}

TEST_F(Fetching, OthersCannotSeeTheInbox) {
  send_one();
  ASSERT_TRUE(fetch_b().ok());
  const std::string id = inbox_b().at(0).id;
  std::ostringstream out;
  mailbox::InboxFilter filter;
  filter.account_id = world->account_b;
  EXPECT_TRUE(world->mailbox->list_inbox("anna", filter, {}, 10).status().is(error::not_found));
  EXPECT_TRUE(world->mailbox->open("anna", id).status().is(error::not_found));
  EXPECT_TRUE(world->mailbox->read_raw("anna", id, out).is(error::not_found));
  EXPECT_EQ(out.str(), "");
  EXPECT_TRUE(fetch_a().ok());
  EXPECT_TRUE(world->mailbox->fetch("anna", world->account_b, {}, world->cancel).status().is(error::not_found));
}

TEST_F(Fetching, OriginalBytesAreKept) {
  send_one();
  const std::string raw = on_server_b().at(0).second;
  ASSERT_TRUE(fetch_b().ok());
  std::ostringstream out;
  ASSERT_TRUE(world->mailbox->read_raw("bert", inbox_b().at(0).id, out).ok());
  EXPECT_EQ(out.str(), raw);
}

TEST_F(Fetching, InsidesOfMessagesAreNowhereInClear) {
  if (test::on_postgresql()) {
    GTEST_SKIP() << "looks into the files of SQLite; the columns are the same";
  }
  send_one();
  ASSERT_TRUE(fetch_b().ok());
  ASSERT_TRUE(fetch_a().ok());
  ASSERT_TRUE(world->mailbox->open("bert", inbox_b().at(0).id).ok());
  const std::string bytes = raw_bytes(world->directory);
  ASSERT_NE(bytes.find(kAddressA), std::string::npos) << "the search works";
  for (const char* word : {kUserSubject, kText, kFileName, kFileContent, kNewPassword, kKeystorePassword}) {
    EXPECT_EQ(bytes.find(word), std::string::npos) << word;
  }
  const auto session = world->accounts->open("bert", world->account_b);
  const Secret key = session->identities[0].key.to_der().value();
  EXPECT_EQ(bytes.find(key.reveal().substr(40, 64)), std::string::npos);
  EXPECT_EQ(bytes.find("PRIVATE KEY"), std::string::npos);
}

TEST_F(Fetching, DuplicatesAreDeletedOnTheServerAndIgnored) {
  send_one();
  const auto mail = on_server_b().at(0);
  ASSERT_TRUE(fetch_b().ok());
  on_server_b().push_back(mail);
  const auto summary = fetch_b();
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->fetched, 0);
  EXPECT_EQ(summary->duplicates, 1);
  EXPECT_THAT(on_server_b(), IsEmpty());
  EXPECT_THAT(inbox_b(), SizeIs(1));
}

TEST_F(Fetching, BrokenTransferIsRepeatedWhole) {
  send_one();
  const auto mail = on_server_b().at(0);
  world->server.truncate_fetch_of = mail.first;
  EXPECT_EQ(fetch_b()->fetched, 1);
  std::ostringstream out;
  ASSERT_TRUE(world->mailbox->read_raw("bert", inbox_b().at(0).id, out).ok());
  EXPECT_EQ(out.str(), mail.second);
}

TEST_F(Fetching, MailThatCannotBeFetchedHoldsUpNobody) {
  send_one();
  send_one();
  const Status broken(error::connection_lost, "always");
  world->server.broken_mails.emplace(on_server_b().front().first, broken);
  const auto summary = fetch_b();
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->fetched, 1);
  EXPECT_THAT(on_server_b(), SizeIs(1)) << "the other one waits";
  EXPECT_EQ(world->overview("bert", world->account_b).last_error, error::connection_lost.key);
  world->server.broken_mails.clear();
  EXPECT_EQ(fetch_b()->fetched, 1);
  EXPECT_EQ(world->overview("bert", world->account_b).last_error, "");
}

TEST_F(Fetching, MailThatVanishedMeanwhileIsNoError) {
  send_one();
  world->server.refusals["fetch"] = {Status(error::not_found, "gone")};
  EXPECT_EQ(fetch_b()->fetched, 0);
  EXPECT_EQ(world->overview("bert", world->account_b).last_error, "");
}

TEST_F(Fetching, DeletionThatFailedIsMadeUpForNextTime) {
  send_one();
  world->server.refusals["remove"] = {Status(error::timeout, "slow")};
  EXPECT_EQ(fetch_b()->fetched, 1);
  EXPECT_THAT(on_server_b(), SizeIs(1));
  EXPECT_EQ(fetch_b()->duplicates, 1);
  EXPECT_THAT(on_server_b(), IsEmpty());
  EXPECT_THAT(inbox_b(), SizeIs(1));
}

TEST_F(Fetching, AccountTroubleEndsTheRunAndIsNoted) {
  world->server.refusals["list"] = {Status(error::account_locked, "locked")};
  EXPECT_TRUE(fetch_b().status().is(error::account_locked));
  EXPECT_EQ(world->overview("bert", world->account_b).last_error, error::account_locked.key);
}

TEST_F(Fetching, ManyMailsBeyondStuckOnesAreReached) {
  // More mails without a fetchable body than a page has, and a good one behind them.
  const Status broken(error::bad_answer, "always");
  for (int i = 0; i < 60; ++i) {
    const std::string id = "stuck-" + std::to_string(i) + "@kv-safenet.de";
    on_server_b().emplace_back(id, "x");
    world->server.broken_mails.emplace(id, broken);
  }
  send_one();
  const auto summary = fetch_b();
  ASSERT_TRUE(summary.ok()) << summary.status().to_string();
  EXPECT_EQ(summary->fetched, 1);
  EXPECT_THAT(on_server_b(), SizeIs(60));
}

TEST_F(Fetching, OldestFirstOverSeveralPages) {
  for (int i = 0; i < 120; ++i) {
    on_server_b().emplace_back("id-" + std::to_string(i) + "@kv-safenet.de", "Subject: x\r\n\r\nno mail\r\n");
  }
  const auto summary = fetch_b();
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->fetched, 120);
  EXPECT_EQ(summary->not_valid, 120);
  EXPECT_THAT(inbox_b(), SizeIs(120));
}

TEST_F(Fetching, GarbageIsStoredAndJudged) {
  const std::string garbage("\0\xff\r\nFrom\x01", 9);
  on_server_b().emplace_back("garbage@kv-safenet.de", garbage);
  on_server_b().emplace_back("empty@kv-safenet.de", "");
  EXPECT_EQ(fetch_b()->fetched, 2);
  for (const auto& item : inbox_b()) {
    EXPECT_NE(item.verdict, Verdict::valid);
    const auto opened = world->mailbox->open("bert", item.id);
    ASSERT_TRUE(opened.ok()) << opened.status().to_string();
    EXPECT_THAT(opened->message.parts, IsEmpty());
  }
}

TEST_F(Fetching, OneProgramAtATime) {
  send_one();
  const auto lease =
      account::Lease::acquire(world->database, world->env, world->account_b, "fetch", Millis{0}, world->cancel);
  ASSERT_TRUE(lease.ok());
  EXPECT_TRUE(fetch_b().status().is(error::storage_busy));
  EXPECT_THAT(on_server_b(), SizeIs(1));
}

// ---- verdicts ----

TEST_F(Fetching, ChangedContentIsShownAsSuch) {
  send_one();
  // The last base64 block but one of the envelope: the ciphertext changes, the structure stays.
  std::string& raw = on_server_b().at(0).second;
  const std::size_t place = raw.size() - 200;
  raw[place] = raw[place] == 'A' ? 'B' : 'A';
  const auto summary = fetch_b();
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->not_valid, 1);
  const auto item = inbox_b().at(0);
  EXPECT_NE(item.verdict, Verdict::valid);
  EXPECT_THAT(outbox_b(), IsEmpty()) << "no receipt";
}

TEST_F(Fetching, MailWithoutItsKeyWaitsForIt) {
  // Sealed for a key that B has not got yet: the certificate of a renewal made elsewhere.
  const auto key = kvserver::make_rsa_key(2048);
  kvserver::UserSubject subject{kAddressB, "00000000-0000-4000-8000-000000000000@99", "Test", "Test"};
  const std::string mine = *world->server.account_of("praxis-b").certificate;
  world->server.account_of("praxis-b").certificate = kvserver::to_pem(
      shared_pki()
          .issue_user(key.get(), subject, false, std::chrono::system_clock::to_time_t(world->env.now()), 100)
          .get());
  send_one();
  world->server.account_of("praxis-b").certificate = mine;
  ASSERT_TRUE(fetch_b().ok());
  auto item = inbox_b().at(0);
  EXPECT_EQ(item.verdict, Verdict::decrypt_failed);
  EXPECT_FALSE(item.opened);
  EXPECT_EQ(item.from, kAddressA) << "what the server told";
  EXPECT_THAT(on_server_b(), IsEmpty()) << "but stored";
  EXPECT_EQ(world->mailbox->reopen("bert", world->account_b, {}, world->cancel).value(), 0);

  // The key comes: as a generation without certificate, which is what an enrolment under way looks like.
  const auto unlocked = world->vault->unlock(world->account_b, "bert");
  const std::string generation = "11111111-1111-4111-8111-111111111111";
  const kvserver::BioPtr der = kvserver::bio_sink();
  ASSERT_EQ(i2d_PKCS8PrivateKey_bio(der.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  ASSERT_TRUE(
      world->vault->put(*unlocked, "private_key." + generation, Secret(std::string_view(kvserver::bio_text(der.get()))))
          .ok());
  ASSERT_TRUE(
      world->database
          ->write([&](Poco::Data::Session& session) {
            account::Sql(
                session,
                "INSERT INTO generation (id, account_id, number, state, created_at) VALUES (?, ?, 9, 'ended', 0)")
                .arg(generation)
                .arg(world->account_b)
                .run();
            return Status();
          })
          .ok());
  EXPECT_EQ(world->mailbox->reopen("bert", world->account_b, {}, world->cancel).value(), 1);
  item = inbox_b().at(0);
  EXPECT_TRUE(item.opened);
  EXPECT_EQ(item.verdict, Verdict::valid);
  EXPECT_EQ(item.subject, kUserSubject);
  EXPECT_THAT(outbox_b(), SizeIs(1)) << "now the receipt is owed";
  EXPECT_EQ(world->mailbox->reopen("bert", world->account_b, {}, world->cancel).value(), 0) << "nothing is left";
}

TEST_F(Fetching, JudgedAtTheTimeOfReceipt) {
  send_one();
  ASSERT_TRUE(fetch_b().ok());
  world->env.advance(std::chrono::hours(24 * 365 * 3));
  const auto opened = world->mailbox->open("bert", inbox_b().at(0).id);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->message.verdict, Verdict::valid) << "the certificates have expired since";
}

TEST_F(Fetching, OldGenerationsStillOpenAndAreNamed) {
  send_one();
  ASSERT_TRUE(world->accounts->enroll("bert", world->account_b, {}, world->cancel).ok());
  send_one();
  ASSERT_TRUE(fetch_b().ok());
  int old_ones = 0;
  for (const auto& item : inbox_b()) {
    EXPECT_EQ(item.verdict, Verdict::valid);
    const auto opened = world->mailbox->open("bert", item.id);
    ASSERT_TRUE(opened.ok());
    old_ones += opened->opened_by.generation == 1 ? 1 : 0;
    EXPECT_EQ(opened->opened_by.current, opened->opened_by.generation == 2);
    EXPECT_FALSE(opened->opened_by.label.empty());
  }
  EXPECT_EQ(old_ones, 1);
}

// A mailbox of any size is fetched page by page: the list never grows while nothing stays behind.
TEST_F(Fetching, ManyMailsAreFetchedPageByPage) {
  constexpr int kMails = 600;
  for (int i = 0; i < kMails; ++i) {
    const std::string id = std::to_string(i) + "@kv-safenet.de";
    on_server_b().emplace_back(id, "From: wer@kv-safenet.de\r\nMessage-ID: <" + id + ">\r\n\r\nkein S/MIME");
  }
  std::vector<int> steps;
  const auto progress = [&](int permille, std::string_view key) {
    if (key == "fetch.mail") {
      steps.push_back(permille);
    }
  };
  const auto fetched = world->mailbox->fetch("bert", world->account_b, progress, world->cancel);
  ASSERT_TRUE(fetched.ok());
  EXPECT_EQ(fetched->fetched, kMails);
  EXPECT_THAT(on_server_b(), IsEmpty());
  EXPECT_LE(world->server.largest_list, 256U);
  ASSERT_THAT(steps, SizeIs(kMails));
  EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end())) << "the bar never goes back";
  EXPECT_LE(steps.front(), 10);
  EXPECT_GE(steps.back(), 990);
  EXPECT_LE(steps.back(), 1000);
}

// What stays on the server is looked past, once per run.
TEST_F(Fetching, MailsThatStayDoNotHideTheOthers) {
  for (int i = 0; i < 60; ++i) {
    on_server_b().emplace_back("", "ohne Message-ID");
  }
  send_one();
  const auto fetched = fetch_b();
  ASSERT_TRUE(fetched.ok());
  EXPECT_EQ(fetched->fetched, 1);
  EXPECT_THAT(on_server_b(), SizeIs(60));
}

// An integrator adds a service: what was stored before finds its place at the next fetch.
TEST_F(Fetching, StoredMailFindsAServiceThatIsAddedLater) {
  auto mail = plain_mail();
  mail.service_id = {"Labor-Neu", "Auftrag", "V1"};
  mail.request_receipt = false;
  deliver(mail);
  ASSERT_TRUE(fetch_b().ok());
  EXPECT_EQ(inbox_b().at(0).service_key, "");
  ASSERT_TRUE(world->mailbox->set_read("bert", inbox_b().at(0).id, true).ok());
  const auto more = service::Catalogue::parse(R"({"services":[{"key":"labor-neu","title":{"de":"a","en":"b"},"mark":"D",
    "recipients":"any","receipt":"never","messages":[{"kind":"delivery","id":"Labor-Neu;Auftrag;V1","mark":"D",
    "subject":"Labor","title":{"de":"a","en":"b"}}]}]})");
  ASSERT_TRUE(more.ok()) << more.status().to_string();
  const auto catalogue = service::Catalogue::builtin().with(*more).value();
  mailbox::Options options;
  options.catalogue = &catalogue;
  use(options);
  ASSERT_TRUE(fetch_b().ok());
  EXPECT_EQ(inbox_b().at(0).service_key, "labor-neu");
  const auto counts = world->mailbox->counts("bert", world->account_b).value();
  ASSERT_THAT(counts, SizeIs(1));
  EXPECT_EQ(counts[0].total, 1U);
  EXPECT_EQ(counts[0].unread, 0U) << "that it was read goes with it";
  deliver(plain_mail());
  mail.request_receipt = true;
  deliver(mail);
  ASSERT_TRUE(fetch_b().ok());
  EXPECT_THAT(outbox_b(), SizeIs(1)) << "a receipt for the eNachricht, none for the new service";
  world->mailbox.reset();  // before the catalogue goes
}

TEST_F(Fetching, TooLargeMailIsNotedOnceAndStaysOnTheServer) {
  const std::string late = deliver(plain_mail());
  on_server_b().insert(on_server_b().begin(),
                       {"large@kv-safenet.de",
                        "From: wer@kv-safenet.de\r\nSubject: eNachricht\r\nX-KVC-Dienstkennung: "
                        "eNachricht;Lieferung;V2.0\r\nMessage-ID: <large@kv-safenet.de>\r\n\r\n" +
                            std::string(60000, 'x')});
  settings::Settings small = world->environments.settings();
  small.max_message_bytes = 20000;
  const auto fetch_with = [&](const settings::Settings& settings) {
    FakeEnvironments environments(settings, world->env, world->server, world->environments.trust_list());
    account::AccountService accounts(world->database, *world->vault, environments, world->env, Log::none());
    mailbox::MailboxService service(world->database, accounts, world->env, Log::none());
    world->server.calls.clear();
    return service.fetch("bert", world->account_b, {}, world->cancel).value();
  };
  const auto fetches = [&] { return std::count(world->server.calls.begin(), world->server.calls.end(), "fetch"); };
  const auto first = fetch_with(small);
  EXPECT_EQ(first.too_large, 1);
  EXPECT_EQ(first.fetched, 1) << "the others are fetched all the same";
  EXPECT_THAT(on_server_b(), SizeIs(1));
  ASSERT_THAT(inbox_b(), SizeIs(2));
  const auto noted = inbox_b()[0].too_large ? inbox_b()[0] : inbox_b()[1];
  EXPECT_TRUE(noted.too_large);
  EXPECT_EQ(noted.from, "wer@kv-safenet.de");
  EXPECT_EQ(noted.service_key, "enachricht");
  EXPECT_FALSE(noted.opened);
  std::ostringstream raw;
  EXPECT_TRUE(world->mailbox->open("bert", noted.id).status().is(error::invalid_state));
  EXPECT_TRUE(world->mailbox->read_raw("bert", noted.id, raw).is(error::invalid_state));
  EXPECT_EQ(*world->mailbox->reopen("bert", world->account_b, {}, world->cancel), 0);

  const auto second = fetch_with(small);
  EXPECT_EQ(fetches(), 0) << "not asked for again";
  EXPECT_EQ(second.too_large, 0);
  EXPECT_THAT(on_server_b(), SizeIs(1)) << "and never deleted";
  EXPECT_THAT(inbox_b(), SizeIs(2));

  const auto third = fetch_with(world->environments.settings());
  EXPECT_EQ(third.fetched, 1) << "the limit was raised";
  EXPECT_THAT(on_server_b(), IsEmpty());
  ASSERT_THAT(inbox_b(), SizeIs(2));
  for (const auto& item : inbox_b()) {
    EXPECT_FALSE(item.too_large);
  }
  EXPECT_EQ(rows("mail_blob"), 2 + 1) << "two mails and the receipt, no empty one is left";
}

TEST_F(Fetching, TooLargeDraftsAreRefused) {
  settings::Settings small = world->environments.settings();
  small.max_message_bytes = 1000;
  FakeEnvironments environments(small, world->env, world->server, world->environments.trust_list());
  account::AccountService accounts(world->database, *world->vault, environments, world->env, Log::none());
  mailbox::MailboxService service(world->database, accounts, world->env, Log::none());
  auto large = draft();
  large.text = std::string(1001, 'x');
  EXPECT_TRUE(service.queue("anna", large).status().is(error::too_large));
  EXPECT_TRUE(service.save_draft("anna", large).status().is(error::too_large));
}

}  // namespace
}  // namespace kvc::testing
