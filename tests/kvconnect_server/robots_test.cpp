// SPDX-License-Identifier: Apache-2.0
// The robots, written to and read with the server's own OpenSSL helpers (protocol C and D).
#include <gmock/gmock.h>

#include <thread>

#include "kvconnect_server/mime.h"
#include "kvconnect_server/pki.h"
#include "kvconnect_server/smime.h"
#include "kvconnect_server/test_client.h"
#include "kvconnect_server/text.h"

namespace kvserver::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kCompanion =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<einlieferung xmlns="http://www.kv-telematik.de/1-Click/Meldung_Einlieferung/2.0.0">
  <version V="1"/><guid V="00000000-1111-4222-8333-444444444444"/><bsnr V="999999900"/><testdaten V="true"/>
  <lieferungs_zeitpunkt V="2026-01-05T09:30:00+01:00"/><dokumenten_typ V="ABRECHNUNG"/><quartal V="2025-4"/>
  <vollstaendig V="true"/><anhang V="Z01_TEST.con.xkm"/>
</einlieferung>)";

class RobotTest : public ServerTest {
 protected:
  void adjust(Options& o) override { o.robots = true; }

  void SetUp() override {
    ServerTest::SetUp();
    nord_id_.key = make_rsa_key(2048);
    nord_id_.cert = certify(nord_, nord_id_.key.get());
  }

  X509Ptr certificate_of(const std::string& username) {
    const Answer answer = client().get("certificates?email=" + username + "@kv-safenet.de", nord_);
    return cert_from_pem(element(answer.body, "body"));
  }

  static std::string subject_of(const std::string& service_id) {
    if (service_id.starts_with("1Click")) {
      return "1ClickAbrechnung-Lieferung";
    }
    if (service_id.starts_with("eDokumentation")) {
      return service_id;
    }
    return service_id.substr(0, service_id.find(';'));
  }

  static std::string header(const std::string& id, const std::string& to, const std::string& service_id,
                            const std::string& more = {}) {
    return "From: nord@kv-safenet.de\r\nTo: " + to + "@kv-safenet.de\r\nDate: Mon, 05 Jan 2026 09:30:00 +0100\r\n" +
           "Subject: " + subject_of(service_id) + "\r\nMessage-ID: <" + id + ">\r\nX-KVC-Dienstkennung: " + service_id +
           "\r\nX-KVC-Sendersystem: TEST;1\r\n" + more + "MIME-Version: 1.0\r\n";
  }

  std::string sealed(const std::string& head, const std::string& entity, const std::string& to) {
    return seal_mail(head, entity, nord_id_, certificate_of(to).get(), Dialect::kModern);
  }

  void post(const std::string& mail) { EXPECT_EQ(client().post("mails", nord_, mail).status, 201); }

  struct Received {
    MailHeader header;
    MimePart content;
  };

  // Every mail waiting for nord, opened; fails the test if one cannot be.
  std::vector<Received> inbox() {
    EXPECT_TRUE(server_->wait_for_robots(std::chrono::seconds(30)));
    const X509Ptr user_ca = cert_from_pem(read_file(server_->ca_files().user_ca));
    const std::string box = "accounts/" + uid_of(nord_);
    const std::string list = client().get(box + "/headers", nord_).body;
    std::vector<Received> mails;
    for (std::size_t at = 0; (at = list.find("<message-id>", at)) != std::string::npos; ++at) {
      const std::string id = list.substr(at + 12, list.find('<', at + 12) - at - 12);
      const std::string mail = client().get(box + "/mails/" + percent_encode(id), nord_).body;
      const OpenedMail opened = open_mail(mail, nord_id_, user_ca.get(), std::time(nullptr));
      EXPECT_EQ(opened.fault, "");
      EXPECT_THAT(opened.notes, IsEmpty());
      mails.push_back({*MailHeader::parse(mail.substr(0, *header_length(mail))), *parse_mime(opened.entity)});
    }
    return mails;
  }

  Identity nord_id_;
};

TEST_F(RobotTest, TheKvConfirmsAndAnswersADelivery) {
  post(sealed(header("delivery@kv-safenet.de", "kv", "1ClickAbrechnung;Lieferung;V2.0"),
              mixed_entity({{"application/xml", "begleitdatei.xml", "", kCompanion},
                            {"application/octet-stream", "Z01_TEST.con.xkm", "", std::string("\x00\xff\x01", 3)}},
                           "b1"),
              "kv"));
  const std::vector<Received> mails = inbox();
  ASSERT_EQ(mails.size(), 2U);
  EXPECT_EQ(mails[0].header.get("x-kvc-dienstkennung"), "1ClickAbrechnung;Eingangsbestaetigung;V2.0");
  EXPECT_EQ(mails[0].header.get("subject"), "1ClickAbrechnung-Eingangsbestaetigung");
  EXPECT_EQ(mails[0].header.get("in-reply-to"), "<delivery@kv-safenet.de>");
  EXPECT_EQ(mails[0].content.type, "multipart/report");
  const MimePart* fields = mails[0].content.find_type("message/disposition-notification");
  ASSERT_NE(fields, nullptr);
  EXPECT_THAT(fields->bytes, HasSubstr("Original-Message-ID: <delivery@kv-safenet.de>"));
  EXPECT_THAT(fields->bytes, HasSubstr("Disposition: automatic-action/MDN-sent-automatically;displayed"));
  EXPECT_EQ(mails[1].header.get("x-kvc-dienstkennung"), "1ClickAbrechnung;Rueckmeldung;V2.0");
  ASSERT_NE(mails[1].content.find_file("begleitdatei.xml"), nullptr);
  EXPECT_EQ(mails[1].content.find_file("begleitdatei.xml")->bytes, kCompanion) << "the same file comes back";
  ASSERT_NE(mails[1].content.find_file("rueckmeldung.pdf"), nullptr);
  EXPECT_EQ(mails[1].content.find_file("rueckmeldung.pdf")->bytes.substr(0, 5), "%PDF-");
  const std::vector<RobotEvent> events = server_->robot_events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].outcome, "answered");
  EXPECT_THAT(events[0].notes, IsEmpty());
  EXPECT_EQ(server_->mailbox_size("kv"), 0U);
}

TEST_F(RobotTest, TheKvNotesWhatIsWrongWithADelivery) {
  post(sealed(header("bad@kv-safenet.de", "kv", "1ClickAbrechnung;Lieferung;V2.0",
                     "Disposition-Notification-To: nord@kv-safenet.de\r\nReturn-Path: nord@kv-safenet.de\r\n"),
              mixed_entity({{"application/xml", "begleitdatei.xml", "", kCompanion}}, "b1"), "kv"));
  EXPECT_EQ(inbox().size(), 2U);
  EXPECT_THAT(server_->robot_events().at(0).notes, Contains("1-Click asks for an MDN"));
  EXPECT_THAT(server_->robot_events().at(0).notes, Contains("announced but not attached: Z01_TEST.con.xkm"));
  post(sealed(header("worse@kv-safenet.de", "kv", "1ClickAbrechnung;Lieferung;V2.0"),
              mixed_entity({{"application/xml", "begleitdatei.xml", "",
                             "<!DOCTYPE x [<!ENTITY e SYSTEM \"/etc/passwd\">]><x>&e;"}},
                           "b1"),
              "kv"));
  EXPECT_EQ(inbox().size(), 3U) << "only the confirmation";
  EXPECT_THAT(server_->robot_events().at(1).notes, Contains("no readable begleitdatei.xml"));
}

TEST_F(RobotTest, TheColleagueAnswersAndConfirmsWhenAsked) {
  const std::string entity = mixed_entity({{"text/plain; charset=UTF-8", "", "", "Hallo"}}, "b1");
  post(sealed(header("asked@kv-safenet.de", "kollegin", "Arztbrief;VHitG-Versand;V1.2",
                     "Disposition-Notification-To: nord@kv-safenet.de\r\nReturn-Path: nord@kv-safenet.de\r\n"),
              entity, "kollegin"));
  std::vector<Received> mails = inbox();
  EXPECT_EQ(server_->robot_events().at(0).notes.size(), 2U) << "a letter without PDF and without XML";
  ASSERT_EQ(mails.size(), 2U);
  EXPECT_EQ(mails[0].header.get("x-kvc-dienstkennung"), "Arztbrief;Eingangsbestaetigung;V1.2");
  EXPECT_EQ(mails[1].header.get("x-kvc-dienstkennung"), "eNachricht;Lieferung;V2.0");
  EXPECT_EQ(mails[1].header.get("in-reply-to"), "<asked@kv-safenet.de>");
  EXPECT_THAT(mails[1].content.find_type("text/plain")->bytes, HasSubstr("Vielen Dank"));
  post(sealed(header("silent@kv-safenet.de", "kollegin", "eNachricht;Lieferung;V2.0"), entity, "kollegin"));
  mails = inbox();
  ASSERT_EQ(mails.size(), 3U) << "an answer, but no confirmation nobody asked for";
  EXPECT_THAT(server_->robot_events().at(1).notes, IsEmpty());
  EXPECT_EQ(mails[2].header.get("in-reply-to"), "<silent@kv-safenet.de>");
}

TEST_F(RobotTest, ACompleteLetterLeavesNoNote) {
  post(sealed(header("letter@kv-safenet.de", "kollegin", "Arztbrief;VHitG-Versand;V1.2"),
              mixed_entity({{"text/plain; charset=UTF-8", "", "", "Arztbrief"},
                            {"application/pdf", "brief.pdf", "eAB-PDF-unsigned", small_pdf({"TEST ONLY"})},
                            {"application/xml", "brief.xml", "eAB-XML", "<x/>"}},
                           "b1"),
              "kollegin"));
  EXPECT_EQ(inbox().size(), 1U);
  EXPECT_THAT(server_->robot_events().at(0).notes, IsEmpty());
}

TEST_F(RobotTest, ConfirmationsAndOtherServicesAreNotAnswered) {
  post(sealed(header("mdn@kv-safenet.de", "kollegin", "eNachricht;Eingangsbestaetigung;V2.0"),
              notification_entity("ok\r\n", "Original-Message-ID: <a@b>\r\n", "b1"), "kollegin"));
  post(sealed(header("other@kv-safenet.de", "kollegin", "LDT-Befund;Lieferung;V1.0"),
              mixed_entity({{"text/plain", "", "", "x"}}, "b1"), "kollegin"));
  EXPECT_EQ(inbox().size(), 0U);
  EXPECT_EQ(server_->robot_events().at(0).outcome, "noted");
  EXPECT_EQ(server_->robot_events().at(1).outcome, "ignored");
}

TEST_F(RobotTest, ForgedAndDamagedMailsAreRefused) {
  const std::string entity = mixed_entity({{"text/plain", "", "", "x"}}, "b1");
  const auto to = [](const std::string& id) { return header(id, "kollegin", "eNachricht;Lieferung;V2.0"); };
  post(to("plain@kv-safenet.de") + "\r\nnot encrypted\r\n");
  std::string damaged = sealed(to("damaged@kv-safenet.de"), entity, "kollegin");
  damaged[damaged.size() - 40] = damaged[damaged.size() - 40] == 'A' ? 'B' : 'A';
  post(damaged);
  post(seal_mail(to("to-other@kv-safenet.de"), entity, nord_id_, certificate_of("kv").get(), Dialect::kModern));
  Identity stranger;
  stranger.key = make_rsa_key(2048);
  stranger.cert = certify(sued_, stranger.key.get());
  post(seal_mail(to("forged@kv-safenet.de"), entity, stranger, certificate_of("kollegin").get(), Dialect::kModern));
  EXPECT_EQ(inbox().size(), 0U);
  const std::vector<RobotEvent> events = server_->robot_events();
  ASSERT_EQ(events.size(), 4U);
  for (const RobotEvent& event : events) {
    EXPECT_EQ(event.outcome, "refused") << event.message_id << event.detail;
  }
  EXPECT_EQ(events[3].detail, "the signer is not the sender");
}

TEST_F(RobotTest, ForeignUserCaIsNotTrusted) {
  server_->apply_accounts(R"({"accounts":[{"username":"nord","kv":"38","foreignCa":true}]})");
  Identity foreign;
  foreign.key = make_rsa_key(2048);
  foreign.cert = certify(nord_, foreign.key.get());
  post(seal_mail(header("foreign@kv-safenet.de", "kollegin", "eNachricht;Lieferung;V2.0"),
                 mixed_entity({{"text/plain", "", "", "x"}}, "b1"), foreign, certificate_of("kollegin").get(),
                 Dialect::kLegacy));
  EXPECT_TRUE(server_->wait_for_robots(std::chrono::seconds(30)));
  EXPECT_EQ(server_->robot_events().at(0).outcome, "refused");
  EXPECT_THAT(server_->robot_events().at(0).detail, HasSubstr("signature"));
}

TEST_F(RobotTest, AMailWaitsWhileItsSenderHasNoCertificate) {
  const std::string mail = sealed(header("wait@kv-safenet.de", "kollegin", "eNachricht;Lieferung;V2.0"),
                                  mixed_entity({{"text/plain", "", "", "x"}}, "b1"), "kollegin");
  EXPECT_EQ(client().remove("accounts/" + uid_of(nord_) + "/certificate", nord_).status, 204);
  post(mail);
  EXPECT_TRUE(server_->wait_for_robots(std::chrono::seconds(30)));
  EXPECT_EQ(server_->robot_events().at(0).outcome, "waiting");
  EXPECT_EQ(server_->mailbox_size("kollegin"), 1U);
  nord_id_.key = make_rsa_key(2048);
  nord_id_.cert = certify(nord_, nord_id_.key.get());
  for (int i = 0; i < 300 && server_->mailbox_size("nord") == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(inbox().size(), 1U) << "and is answered with the new certificate";
}

TEST_F(RobotTest, MailsThatCameWhileTheRobotsWereOffAreAnswered) {
  const std::string mail = sealed(header("off@kv-safenet.de", "kollegin", "eNachricht;Lieferung;V2.0"),
                                  mixed_entity({{"text/plain", "", "", "x"}}, "b1"), "kollegin");
  options_.robots = false;
  restart();
  post(mail);
  EXPECT_EQ(server_->mailbox_size("kollegin"), 1U);
  options_.robots = true;
  restart();
  EXPECT_EQ(inbox().size(), 1U);
  EXPECT_EQ(server_->mailbox_size("kollegin"), 0U);
}

TEST_F(RobotTest, TheKvAnswersDocumentationWithItsStatus) {
  post(sealed(header("edoku@kv-safenet.de", "kv", "eDokumentation-QSHGV;Lieferung;V2.0",
                     "Disposition-Notification-To: nord@kv-safenet.de\r\nReturn-Path: nord@kv-safenet.de\r\n"),
              mixed_entity({{"application/xml", "begleitdatei.xml", "eDoku-Begleitdatei", kCompanion}}, "b1"), "kv"));
  const std::vector<Received> mails = inbox();
  ASSERT_EQ(mails.size(), 2U);
  EXPECT_EQ(mails[0].header.get("x-kvc-dienstkennung"), "eDokumentation;Eingangsbestaetigung;V2.0");
  EXPECT_THAT(mails[0].content.find_type("message/disposition-notification")->bytes, HasSubstr(";processed\r\n"));
  EXPECT_EQ(mails[1].header.get("x-kvc-dienstkennung"), "eDokumentation-QSHGV;Status;V2.0");
  EXPECT_EQ(mails[1].header.get("in-reply-to"), "<edoku@kv-safenet.de>");
}

TEST_F(RobotTest, ARestartKeepsTheRobotsCertificate) {
  const std::string before = serial_hex(certificate_of("kollegin").get());
  restart();
  EXPECT_EQ(serial_hex(certificate_of("kollegin").get()), before);
}

TEST(Mime, HostileEntities) {
  std::string nested = "Content-Type: text/plain\r\n\r\nx";
  for (int i = 0; i < 40; ++i) {
    const std::string b = "b" + std::to_string(i);
    nested =
        "Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n" + nested + "\r\n--" + b + "--\r\n";
  }
  EXPECT_EQ(parse_mime(nested), std::nullopt) << "too deep";
  for (const char* bad : {"", "no header", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx",
                          "Content-Type: multipart/mixed\r\n\r\nx", "Content-Transfer-Encoding: base64\r\n\r\n!!!!"}) {
    EXPECT_EQ(parse_mime(bad), std::nullopt) << bad;
  }
  const auto named = parse_mime("Content-Disposition: attachment; filename*=UTF-8''gr%C3%BCn.pdf\r\n\r\nx");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->filename, "grün.pdf");
}

}  // namespace
}  // namespace kvserver::test
