// SPDX-License-Identifier: Apache-2.0
// All calls of the protocol table (protocol A) by our client to the test server, and the faults of its plan.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <thread>

#include "base/env.h"
#include "crypto/csr.h"
#include "crypto/key.h"
#include "kvconnect/client.h"
#include "kvconnect/probe.h"
#include "kvconnect_server/server.h"
#include "unit/kvconnect/fake_env.h"
#include "unit/kvconnect/test_pki.h"

namespace kvc::kvconnect {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

constexpr const char* kAccounts = R"({"accounts":[
  {"username":"nord","password":"Passwort-AB1","passwordChangeNeeded":false,"kv":"38","cn":"TEST ONLY Nord"},
  {"username":"sued","password":"Passwort-AB1","passwordChangeNeeded":false,"kv":"38","cn":"TEST ONLY Sued"},
  {"username":"neu","password":"Initial-AB1","kv":"38"},
  {"username":"mueller","password":"Pa\u00df w\u00f6rt:AB1","passwordChangeNeeded":false,"kv":"38"}]})";

std::string mail(const std::string& id, const std::string& to = "sued", const std::string& from = "nord",
                 const std::string& body = "Hallo\r\n") {
  return "From: " + from + "@kv-safenet.de\r\nTo: " + to +
         "@kv-safenet.de\r\nDate: Mon, 22 Apr 2019 10:00:00 +0200\r\n" + "Subject: eNachricht\r\nMessage-ID: <" + id +
         ">\r\nX-KVC-Dienstkennung: eNachricht;Lieferung;V2.0\r\n" +
         "X-KVC-Sendersystem: Test;1\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n" + body;
}

class RestContract : public ::testing::Test {
 protected:
  void SetUp() override {
    kvserver::Options options;
    options.data_dir = dir_.path() / "server";
    options.ca_dir = KVC_TEST_CA_DIR;
    options.ca_bits = 2048;
    options.accounts_json = kAccounts;
    options.robots = false;
    options.csr_step = std::chrono::milliseconds(0);
    options.max_mail_bytes = 4 * 1024 * 1024;
    server_ = std::make_unique<kvserver::Server>(options);
    server_->start();
    config_.base_url = server_->base_url();
    config_.tls_roots = {server_->ca_files().root.string()};
    auto created = Client::create(config_, env_, Log::none());
    ASSERT_TRUE(created.ok()) << created.status().to_string();
    client_ = std::move(created).value();
  }

  void faults(const std::string& rules) { server_->set_faults("{\"rules\":[" + rules + "]}"); }
  Status submit(const std::string& text, const Credentials& who) {
    std::istringstream in(text);
    return client_->submit(who, in, text.size(), cancel_);
  }
  std::string uid_of(const Credentials& who) {
    const auto account = client_->login(who, cancel_);
    EXPECT_TRUE(account.ok()) << account.status().to_string();
    return account.ok() ? account->uid : "";
  }
  /// Polls a request until it is final.
  int final_status(const Credentials& who, const std::string& id) {
    for (int i = 0; i < 200; ++i) {
      const auto states = client_->csr_status(who, id, cancel_);
      EXPECT_TRUE(states.ok()) << states.status().to_string();
      if (!states.ok()) {
        return 0;
      }
      if (!states->empty() && states->front().status >= 900) {
        return states->front().status;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return 0;
  }

  test::TempDir dir_;
  std::unique_ptr<kvserver::Server> server_;
  test::FakeEnv env_;
  Cancel cancel_;
  ServerConfig config_;
  std::unique_ptr<Client> client_;
  const Credentials nord_{"nord", Secret("Passwort-AB1")};
  const Credentials sued_{"sued", Secret("Passwort-AB1")};
  const Credentials neu_{"neu", Secret("Initial-AB1")};
};

TEST_F(RestContract, VersionLoginAndAccount) {
  EXPECT_THAT(client_->version(cancel_).value(), StartsWith("2."));
  const auto account = client_->login(nord_, cancel_);
  ASSERT_TRUE(account.ok()) << account.status().to_string();
  EXPECT_EQ(account->email, "nord@kv-safenet.de");
  EXPECT_FALSE(account->password_change_needed);
  EXPECT_EQ(client_->account(nord_, account->uid, cancel_)->uid, account->uid);
  EXPECT_TRUE(client_->account(sued_, account->uid, cancel_).status().is(error::forbidden));
  EXPECT_TRUE(client_->login({"nord", Secret("falsch")}, cancel_).status().is(error::wrong_credentials));
  EXPECT_TRUE(client_->login({"niemand", Secret("falsch")}, cancel_).status().is(error::wrong_credentials));
  server_->set_locked("nord", true);
  EXPECT_TRUE(client_->login(nord_, cancel_).status().is(error::account_locked));
}

TEST_F(RestContract, CredentialsAreUtf8) {
  // RFC 7617; a colon is allowed in the password, not in the name.
  const Credentials mueller{"mueller", Secret("Pa\xC3\x9F w\xC3\xB6rt:AB1")};
  const auto account = client_->login(mueller, cancel_);
  ASSERT_TRUE(account.ok()) << account.status().to_string();
}

TEST_F(RestContract, TheInitialPasswordMustBeChangedFirst) {
  const auto account = client_->login(neu_, cancel_);
  ASSERT_TRUE(account.ok());
  EXPECT_TRUE(account->password_change_needed);
  EXPECT_TRUE(client_->list(neu_, account->uid, 10, cancel_).status().is(error::password_change_needed));
  EXPECT_TRUE(submit(mail("early@kv-safenet.de", "sued", "neu"), neu_).is(error::password_change_needed));
  EXPECT_TRUE(client_->change_password(neu_, account->uid, Secret(), cancel_).is(error::password_empty));
  EXPECT_TRUE(client_->change_password(neu_, account->uid, Secret("kurz"), cancel_).is(error::password_rules));
  EXPECT_TRUE(client_->change_password(neu_, account->uid, Secret("Initial-AB1"), cancel_).is(error::password_rules));
  const Secret umlauts("Gr\xC3\xBC\xC3\x9F Gott AB1");
  EXPECT_TRUE(client_->change_password(neu_, account->uid, umlauts, cancel_).ok());
  EXPECT_TRUE(client_->login(neu_, cancel_).status().is(error::wrong_credentials));
  EXPECT_TRUE(client_->list({"neu", umlauts}, account->uid, 10, cancel_).ok());
}

TEST_F(RestContract, MailsFromSubmitToRemove) {
  const std::string first = mail("eins/a%b+c@kv-safenet.de");
  EXPECT_TRUE(submit(first, nord_).ok());
  EXPECT_TRUE(submit(mail("zwei@kv-safenet.de"), nord_).ok());
  EXPECT_TRUE(submit(mail("zwei@kv-safenet.de"), nord_).ok()) << "409 is success";
  EXPECT_EQ(server_->mailbox_size("sued"), 2U);
  const std::string uid = uid_of(sued_);
  const auto waiting = client_->list(sued_, uid, 10, cancel_);
  ASSERT_TRUE(waiting.ok()) << waiting.status().to_string();
  ASSERT_EQ(waiting->size(), 2U);
  EXPECT_EQ((*waiting)[0].message_id, "eins/a%b+c@kv-safenet.de");
  EXPECT_EQ((*waiting)[0].service_id, "eNachricht;Lieferung;V2.0");
  EXPECT_EQ((*waiting)[0].from, "nord@kv-safenet.de");
  EXPECT_EQ(client_->list(sued_, uid, 1, cancel_)->size(), 1U);
  std::ostringstream out;
  ASSERT_TRUE(client_->fetch(sued_, uid, (*waiting)[0].message_id, out, cancel_).ok());
  EXPECT_EQ(out.str(), first);
  EXPECT_TRUE(client_->remove(sued_, uid, (*waiting)[0].message_id, cancel_).ok());
  EXPECT_TRUE(client_->remove(sued_, uid, (*waiting)[0].message_id, cancel_).ok()) << "gone is gone";
  EXPECT_TRUE(client_->fetch(sued_, uid, (*waiting)[0].message_id, out, cancel_).is(error::not_found));
  EXPECT_EQ(server_->mailbox_size("sued"), 1U);
  EXPECT_TRUE(client_->list(nord_, uid, 10, cancel_).status().is(error::forbidden));
}

TEST_F(RestContract, SubmitIsRefusedForItsReasons) {
  EXPECT_TRUE(submit("this is no mail", nord_).is(error::mail_rejected));
  EXPECT_TRUE(submit(mail("a@kv-safenet.de", "niemand"), nord_).is(error::unknown_recipient));
  EXPECT_TRUE(submit(mail("b@kv-safenet.de", "sued", "sued"), nord_).is(error::forbidden));
  EXPECT_TRUE(submit(mail("c@kv-safenet.de", "sued", "nord", std::string(5 * 1024 * 1024, 'x')), nord_)
                  .is(error::mail_too_large));
  EXPECT_EQ(server_->mailbox_size("sued"), 0U);
}

TEST_F(RestContract, AMailOfMegabytesArrivesWhole) {
  const std::string large =
      mail("gross@kv-safenet.de", "sued", "nord", std::string(3 * 1024 * 1024, 'x') + "\r\nEnde\r\n");
  ASSERT_TRUE(submit(large, nord_).ok());
  std::ostringstream out;
  ASSERT_TRUE(client_->fetch(sued_, uid_of(sued_), "gross@kv-safenet.de", out, cancel_).ok());
  EXPECT_EQ(out.str(), large);
}

TEST_F(RestContract, FromTheRequestToTheCertificateAndBack) {
  const std::string uid = uid_of(nord_);
  EXPECT_TRUE(client_->certificate_by_uid(nord_, uid, cancel_).status().is(error::no_certificate));
  EXPECT_TRUE(client_->certificate_of(nord_, "nord@kv-safenet.de", cancel_).status().is(error::no_certificate));
  EXPECT_TRUE(client_->post_csr(nord_, "no request", cancel_).status().is(error::csr_rejected));
  auto key = crypto::PrivateKey::generate();
  ASSERT_TRUE(key.ok());
  const auto csr = crypto::make_csr(*key, "nord");
  ASSERT_TRUE(csr.ok()) << csr.status().to_string();
  const auto id = client_->post_csr(nord_, *csr, cancel_);
  ASSERT_TRUE(id.ok()) << id.status().to_string();
  EXPECT_EQ(final_status(nord_, *id), 999);
  const auto own = client_->certificate_by_uid(nord_, uid, cancel_);
  ASSERT_TRUE(own.ok()) << own.status().to_string();
  EXPECT_TRUE(own->carries_key_of(*key));
  EXPECT_EQ(own->email(), "nord@kv-safenet.de");
  EXPECT_EQ(client_->certificate_of(sued_, "NORD@kv-safenet.de", cancel_)->fingerprint_sha256(),
            own->fingerprint_sha256());
  EXPECT_TRUE(client_->csr_status(nord_, "no-such-request", cancel_).status().is(error::not_found));
  EXPECT_TRUE(client_->delete_certificate(nord_, uid, cancel_).ok());
  EXPECT_TRUE(client_->delete_certificate(nord_, uid, cancel_).is(error::no_certificate));
}

TEST_F(RestContract, TheSameRequestTwiceEndsInOneCertificate) {
  // An answer to POST csr that got lost makes the client send the request again.
  auto key = crypto::PrivateKey::generate();
  ASSERT_TRUE(key.ok());
  const auto csr = crypto::make_csr(*key, "nord");
  ASSERT_TRUE(csr.ok());
  faults(R"({"match":{"method":"POST","path":"csr"},"action":{"type":"reset_after"}})");
  const auto id = client_->post_csr(nord_, *csr, cancel_);
  ASSERT_TRUE(id.ok()) << id.status().to_string();
  EXPECT_EQ(final_status(nord_, *id), 999);
  EXPECT_TRUE(client_->certificate_by_uid(nord_, uid_of(nord_), cancel_)->carries_key_of(*key));
}

TEST_F(RestContract, AddressBooks) {
  for (const auto format : {Client::BookFormat::json, Client::BookFormat::xml}) {
    std::ostringstream zip;
    std::string modified;
    const auto changed = client_->address_book(format, "", modified, zip, cancel_);
    ASSERT_TRUE(changed.ok()) << changed.status().to_string();
    EXPECT_TRUE(*changed);
    EXPECT_THAT(zip.str(), StartsWith("PK"));
    ASSERT_FALSE(modified.empty());
    std::ostringstream nothing;
    EXPECT_FALSE(client_->address_book(format, modified, modified, nothing, cancel_).value());
    EXPECT_EQ(nothing.str(), "");
  }
}

// ---- the fault plan ----

TEST_F(RestContract, TransientStatusesAreSurvived) {
  faults(R"({"match":{"path":"server"},"times":1,"action":{"type":"status","status":500}},
            {"match":{"path":"server"},"times":1,"action":{"type":"status","status":429,"retry_after":"2"}},
            {"match":{"path":"server"},"times":1,"action":{"type":"status","status":503,"retry_after":"3"}})");
  EXPECT_TRUE(client_->version(cancel_).ok());
  EXPECT_THAT(env_.sleeps(), ElementsAre(Millis(250), Millis(2000), Millis(3000)));
}

TEST_F(RestContract, AMailIsNeitherLostNorDoubledByAReset) {
  for (const std::string type : {"reset_before", "reset_after"}) {
    faults(R"({"match":{"method":"POST","path":"mails"},"action":{"type":")" + type + "\"}}");
    EXPECT_TRUE(submit(mail(type + "@kv-safenet.de"), nord_).ok()) << type;
  }
  EXPECT_EQ(server_->mailbox_size("sued"), 2U);
}

TEST_F(RestContract, RemovalAndDeletionSurviveALostAnswer) {
  ASSERT_TRUE(submit(mail("weg@kv-safenet.de"), nord_).ok());
  const std::string uid = uid_of(sued_);
  faults(R"({"match":{"method":"DELETE"},"action":{"type":"reset_after"}})");
  EXPECT_TRUE(client_->remove(sued_, uid, "weg@kv-safenet.de", cancel_).ok());
  EXPECT_EQ(server_->mailbox_size("sued"), 0U);
}

TEST_F(RestContract, ATruncatedMailIsFetchedAgain) {
  const std::string text = mail("kurz@kv-safenet.de", "sued", "nord", std::string(100000, 'k') + "\r\n");
  ASSERT_TRUE(submit(text, nord_).ok());
  const std::string uid = uid_of(sued_);
  faults(
      R"({"match":{"method":"GET","path_regex":"accounts/[^/]+/mails/.*"},"action":{"type":"truncate","bytes":5000}})");
  std::ostringstream out;
  EXPECT_TRUE(client_->fetch(sued_, uid, "kurz@kv-safenet.de", out, cancel_).ok());
  EXPECT_EQ(out.str(), text);
  faults(R"({"match":{"method":"GET"},"times":-1,"action":{"type":"truncate","bytes":5000}})");
  std::ostringstream again;
  EXPECT_TRUE(client_->fetch(sued_, uid, "kurz@kv-safenet.de", again, cancel_).is(error::connection_lost));
}

TEST_F(RestContract, DrippingAndDelayedAnswersArrive) {
  faults(R"({"match":{"path":"server"},"action":{"type":"drip","bytes":1,"interval_ms":20}},
            {"match":{"path":"server"},"action":{"type":"delay","delay_ms":200}})");
  EXPECT_TRUE(client_->version(cancel_).ok());
  EXPECT_TRUE(client_->version(cancel_).ok());
}

TEST_F(RestContract, GarbageIsABadAnswer) {
  const std::string uid = uid_of(sued_);
  faults(R"({"match":{"path":"accounts"},"times":-1,"action":{"type":"garbage_xml"}})");
  EXPECT_TRUE(client_->list(sued_, uid, 10, cancel_).status().is(error::bad_answer));
  EXPECT_TRUE(client_->account(sued_, uid, cancel_).status().is(error::bad_answer));
}

TEST_F(RestContract, ProbeTellsTheFacts) {
  const auto seen = probe(config_, cancel_);
  ASSERT_TRUE(seen.ok()) << seen.status().to_string();
  EXPECT_THAT(seen->tls.protocol, StartsWith("TLSv1."));
  EXPECT_NE(seen->tls.cipher, "");
  ASSERT_TRUE(seen->tls.certificate.has_value());
  ASSERT_TRUE(seen->date.has_value());
  EXPECT_LT(std::chrono::abs(*seen->date - std::chrono::system_clock::now()), std::chrono::minutes(2));
  server_->stop();
  EXPECT_TRUE(probe(config_, cancel_).status().is(error::unreachable));
}

}  // namespace
}  // namespace kvc::kvconnect
