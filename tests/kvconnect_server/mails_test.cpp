// SPDX-License-Identifier: Apache-2.0
// Calls 5 to 10: mailboxes (protocol A).
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "kvconnect_server/mail_header.h"
#include "kvconnect_server/test_client.h"
#include "kvconnect_server/text.h"

namespace kvserver::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class MailCalls : public ServerTest {
 protected:
  void adjust(Options& o) override { o.max_mail_bytes = 4 << 20; }
  std::string box(const Login& login) { return "accounts/" + uid_of(login); }
  int post(const std::string& mail) { return client().post("mails", nord_, mail).status; }
};

TEST_F(MailCalls, AMailArrivesUnchangedAndGoes) {
  const std::string mail =
      simple_mail("a@kv-safenet.de", "nord@kv-safenet.de", "sued@kv-safenet.de", "\x01\xff\r\n\n\r.");
  EXPECT_EQ(post(mail), 201);
  Client c = client();
  const std::string path = box(sued_) + "/mails/a%40kv-safenet.de";
  EXPECT_EQ(c.get(path, sued_).body, mail);
  EXPECT_EQ(c.get(box(sued_) + "/mails/a@kv-safenet.de", sued_).body, mail);
  EXPECT_EQ(c.get(path, sued_).headers.at("content-length"), std::to_string(mail.size()));
  EXPECT_EQ(c.remove(path, sued_).status, 204);
  EXPECT_EQ(c.remove(path, sued_).status, 404);
  EXPECT_EQ(c.get(path, sued_).status, 404);
  EXPECT_EQ(post(mail), 409) << "a Message-ID is never accepted twice, not even after its mail is gone";
}

TEST_F(MailCalls, MailsSurviveARestart) {
  const std::string mail = simple_mail("durable@kv-safenet.de");
  EXPECT_EQ(post(mail), 201);
  restart();
  EXPECT_EQ(client().get(box(sued_) + "/mails/durable%40kv-safenet.de", sued_).body, mail);
  EXPECT_EQ(post(mail), 409);
}

TEST_F(MailCalls, PercentEncodedMessageIds) {
  const std::string id = "a/b+c%d?#{}'@kv-safenet.de";
  EXPECT_EQ(post(simple_mail(id)), 201);
  Client c = client();
  EXPECT_EQ(c.get(box(sued_) + "/mails/" + percent_encode(id), sued_).status, 200);
  EXPECT_EQ(c.get(box(sued_) + "/mails/" + percent_encode("<" + id + ">"), sued_).status, 404);
  EXPECT_EQ(c.remove(box(sued_) + "/mails/" + percent_encode(id), sued_).status, 204);
}

TEST_F(MailCalls, HeaderListHasEveryFieldOldestFirst) {
  EXPECT_EQ(
      post(simple_mail("first@kv-safenet.de", "Nora <NORD@kv-safenet.de>", "\"Süd, S.\" <sued@kv-safenet.de>", "x",
                       "In-Reply-To: <old@kv-safenet.de>\r\nX-KVC-Sendersystem: PVS;\r\n 1.0\r\n"
                       "Return-Path: nord@kv-safenet.de\r\nDisposition-Notification-To: nord@kv-safenet.de\r\n"
                       "Content-Type: application/pkcs7-mime;\r\n\tname=\"smime.p7m\"\r\n")),
      201);
  EXPECT_EQ(post(simple_mail("second@kv-safenet.de", "nord@kv-safenet.de", "sued@kv-safenet.de", "x",
                             "X-Other: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n")),
            201);
  const std::string xml = client().get(box(sued_) + "/headers", sued_).body;
  EXPECT_LT(xml.find("first@"), xml.find("second@"));
  EXPECT_EQ(element(xml, "from"), "Nora &lt;NORD@kv-safenet.de&gt;");
  EXPECT_THAT(element(xml, "to"), HasSubstr("Süd, S."));
  EXPECT_EQ(element(xml, "message-id"), "first@kv-safenet.de");
  EXPECT_EQ(element(xml, "in-reply-to"), "old@kv-safenet.de");
  EXPECT_EQ(element(xml, "date"), "2026-01-05T09:30:00+01:00");
  EXPECT_EQ(element(xml, "x-kvc-sendersystem"), "PVS; 1.0") << "folded lines are joined";
  EXPECT_EQ(element(xml, "x-kvc-dienstkennung"), "eNachricht;Lieferung;V2.0");
  EXPECT_EQ(element(xml, "return-path"), "nord@kv-safenet.de");
  EXPECT_EQ(element(xml, "disposition-notification-to"), "nord@kv-safenet.de");
  EXPECT_EQ(element(xml, "content-type"), "application/pkcs7-mime; name=&quot;smime.p7m&quot;");
  const std::string second = xml.substr(xml.find("</header>"));
  for (const char* name : {"in-reply-to", "x-kvc-sendersystem", "return-path", "disposition-notification-to"}) {
    EXPECT_TRUE(second.find("<" + std::string(name) + "/>") != std::string::npos) << name << " must be there, empty";
  }
}

TEST_F(MailCalls, EncodedWordsStay) {
  std::string mail = simple_mail("word@kv-safenet.de");
  mail.replace(mail.find("eNachricht\r"), 10, "=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=");
  EXPECT_EQ(post(mail), 201);
  EXPECT_EQ(element(client().get(box(sued_) + "/headers", sued_).body, "subject"), "=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=");
}

TEST_F(MailCalls, ShortHeadersHaveFourFields) {
  EXPECT_EQ(post(simple_mail("s@kv-safenet.de")), 201);
  for (const char* name : {"/headers(short)", "/headers%28short%29"}) {
    const std::string xml = client().get(box(sued_) + name, sued_).body;
    for (const char* field : {"message-id", "from", "date", "x-kvc-dienstkennung"}) {
      EXPECT_NE(element(xml, field), "");
    }
    for (const char* field : {"subject", "to", "content-type", "return-path"}) {
      EXPECT_THAT(xml, Not(HasSubstr("<" + std::string(field))));
    }
  }
}

TEST_F(MailCalls, HeaderWindow) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(post(simple_mail("w" + std::to_string(i) + "@kv-safenet.de")), 201);
  }
  Client c = client();
  const auto count = [&](const std::string& query) {
    const std::string xml = c.get(box(sued_) + "/headers" + query, sued_).body;
    int n = 0;
    for (std::size_t at = 0; (at = xml.find("<message-id>", at)) != std::string::npos; ++at) {
      ++n;
    }
    return n;
  };
  EXPECT_EQ(count(""), 5);
  EXPECT_EQ(count("?from=0&to=2"), 2);
  EXPECT_EQ(count("?from=3"), 2);
  EXPECT_EQ(count("?to=1"), 1);
  EXPECT_EQ(count("?from=4&to=2"), 0);
  EXPECT_EQ(count("?from=7&to=9"), 0);
  EXPECT_THAT(c.get(box(sued_) + "/headers?from=2&to=3", sued_).body, HasSubstr("w2@kv-safenet.de"));
  for (const char* bad : {"?from=-1", "?to=x", "?from=", "?to=99999999999999999999"}) {
    EXPECT_EQ(c.get(box(sued_) + "/headers" + bad, sued_).status, 400) << bad;
  }
}

TEST_F(MailCalls, DigestHoldsAllMails) {
  EXPECT_EQ(post(simple_mail("d1@kv-safenet.de")), 201);
  EXPECT_EQ(post(simple_mail("d2@kv-safenet.de")), 201);
  const Answer answer = client().get(box(sued_) + "/mails", sued_);
  EXPECT_EQ(answer.status, 200);
  const std::string type = answer.headers.at("content-type");
  ASSERT_THAT(type, HasSubstr("multipart/digest; boundary=\""));
  const std::string boundary = type.substr(type.find('"') + 1, type.rfind('"') - type.find('"') - 1);
  EXPECT_THAT(answer.body, HasSubstr("--" + boundary + "\r\nContent-Type: message/rfc822\r\n\r\n" +
                                     simple_mail("d1@kv-safenet.de") + "\r\n--" + boundary));
  EXPECT_THAT(answer.body, HasSubstr(simple_mail("d2@kv-safenet.de") + "\r\n--" + boundary + "--"));
}

TEST_F(MailCalls, RefusedMails) {
  const std::string good = simple_mail("r@kv-safenet.de");
  const auto without = [&](const std::string& field) {
    std::string mail = good;
    const std::size_t at = mail.find(field);
    return mail.erase(at, mail.find("\r\n", at) + 2 - at);
  };
  for (const char* field : {"From:", "To:", "Date:", "Message-ID:"}) {
    EXPECT_EQ(post(without(field)), 400) << field;
  }
  EXPECT_EQ(post(""), 400);
  EXPECT_EQ(post("no header at all"), 400);
  EXPECT_EQ(post("From: a\r\nno colon here\r\n\r\n"), 400);
  EXPECT_EQ(post(" folded first\r\n" + good), 400);
  EXPECT_EQ(post("X: " + std::string(70'000, 'x') + "\r\n" + good), 400) << "header too long";
  EXPECT_EQ(post("Bcc: kv@kv-safenet.de\r\n" + good), 400);
  EXPECT_EQ(post("From: nord@kv-safenet.de\r\n" + good), 400) << "two senders";
  EXPECT_EQ(post(simple_mail("no domain")), 400);
  EXPECT_EQ(post(simple_mail("q@kv-safenet.de", "sued@kv-safenet.de")), 403);
  EXPECT_EQ(post(simple_mail("q@kv-safenet.de", "nord@kv-safenet.de, sued@kv-safenet.de")), 400);
  EXPECT_EQ(post(simple_mail("q@kv-safenet.de", "nord@kv-safenet.de", "nobody@kv-safenet.de")), 404);
  EXPECT_EQ(post(simple_mail("q@kv-safenet.de", "nord@kv-safenet.de", "sued@elsewhere.example")), 404);
  EXPECT_EQ(post(simple_mail("q@kv-safenet.de", "nord@kv-safenet.de", "<<>>")), 400);
  EXPECT_EQ(client().post("mails", nord_, good, "application/json").status, 400);
  EXPECT_EQ(server_->mailbox_size("sued"), 0U);
  EXPECT_EQ(post(good), 201) << "nothing refused has used up the Message-ID";
}

TEST_F(MailCalls, SeveralRecipientsAreAllOrNothing) {
  EXPECT_EQ(post(simple_mail("m@kv-safenet.de", "nord@kv-safenet.de", "sued@kv-safenet.de, nobody@kv-safenet.de")),
            404);
  EXPECT_EQ(server_->mailbox_size("sued"), 0U);
  EXPECT_EQ(post(simple_mail("m@kv-safenet.de", "nord@kv-safenet.de", "SUED@kv-safenet.de, sued@kv-safenet.de", "x",
                             "Cc: neu@kv-safenet.de\r\n")),
            201);
  EXPECT_EQ(server_->mailbox_size("sued"), 1U);
  EXPECT_EQ(server_->mailbox_size("neu"), 1U);
  EXPECT_EQ(client().remove(box(sued_) + "/mails/m%40kv-safenet.de", sued_).status, 204);
  EXPECT_EQ(server_->mailbox_size("neu"), 1U) << "one recipient's copy does not depend on the other's";
}

TEST_F(MailCalls, TheMessageIdDecidesBeforeTheRecipient) {
  EXPECT_EQ(post(simple_mail("twice@kv-safenet.de")), 201);
  EXPECT_EQ(post(simple_mail("twice@kv-safenet.de", "nord@kv-safenet.de", "nobody@kv-safenet.de", "other")), 409);
  EXPECT_EQ(server_->mailbox_size("sued"), 1U);
}

TEST_F(MailCalls, ConcurrentPostsOfOneMessageIdStoreOne) {
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { accepted += post(simple_mail("race@kv-safenet.de")) == 201 ? 1 : 0; });
  }
  for (std::thread& t : threads) {
    t.join();
  }
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(server_->mailbox_size("sued"), 1U);
}

TEST_F(MailCalls, SizeLimit) {
  const std::string large(5 << 20, 'x');
  Client c = client();
  EXPECT_EQ(
      c.post("mails", nord_, simple_mail("l@kv-safenet.de", "nord@kv-safenet.de", "sued@kv-safenet.de", large)).status,
      413);
  EXPECT_EQ(c.get("server/version").status, 200) << "the connection lives on";
  const std::string fits =
      simple_mail("f@kv-safenet.de", "nord@kv-safenet.de", "sued@kv-safenet.de", std::string((4 << 20) - 1000, 'y'));
  EXPECT_EQ(c.post("mails", nord_, fits).status, 201);
  EXPECT_EQ(c.get(box(sued_) + "/mails/f%40kv-safenet.de", sued_).body, fits);
}

TEST_F(MailCalls, AnUploadThatBreaksOffIsNotStored) {
  const std::string mail = simple_mail("cut@kv-safenet.de");
  for (const bool chunked : {false, true}) {
    Client c = client();
    Poco::Net::HTTPRequest request("POST", "/kvconnect/rest/mails", "HTTP/1.1");
    request.set("Authorization", "Basic " + base64_encode(nord_.username + ":" + nord_.password));
    request.setContentType("text/plain;charset=UTF-8");
    if (chunked) {
      request.setChunkedTransferEncoding(true);
    }
    if (!chunked) {
      request.setContentLength64(static_cast<Poco::Int64>(mail.size() + 100));
    }
    c.session().sendRequest(request) << mail << std::flush;
    c.session().abort();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_EQ(server_->mailbox_size("sued"), 0U) << (chunked ? "chunked" : "with length");
  }
  EXPECT_EQ(post(mail), 201);
}

TEST_F(MailCalls, ChunkedUploadsAreTaken) {
  const std::string mail = simple_mail("chunked@kv-safenet.de");
  Client c = client();
  Poco::Net::HTTPRequest request("POST", "/kvconnect/rest/mails", "HTTP/1.1");
  request.set("Authorization", "Basic " + base64_encode(nord_.username + ":" + nord_.password));
  request.setContentType("text/plain;charset=UTF-8");
  request.setChunkedTransferEncoding(true);
  c.session().sendRequest(request) << mail << std::flush;
  Poco::Net::HTTPResponse response;
  c.session().receiveResponse(response);
  EXPECT_EQ(response.getStatus(), 201);
  EXPECT_EQ(client().get(box(sued_) + "/mails/chunked%40kv-safenet.de", sued_).body, mail);
}

TEST(MailHeaders, Dates) {
  EXPECT_EQ(date_as_xs("Mon, 5 Jan 2026 09:30:00 +0100"), "2026-01-05T09:30:00+01:00");
  EXPECT_EQ(date_as_xs("5 Jan 2026 09:30 GMT (Greenwich)"), "2026-01-05T09:30:00Z");
  for (const char* bad :
       {"", "yesterday", "Mon, 5 Foo 2026 09:30:00 +0100", "Mon, 55 Jan 2026 09:30:00 +0100",
        "Mon, 5 Jan 2026 25:30:00 +0100", "Mon, 5 Jan 2026 09:30:00", "Mon, 5 Jan 2026 09:30:00 CET+1"}) {
    EXPECT_EQ(date_as_xs(bad), "") << bad;
  }
}

TEST(MailHeaders, Addresses) {
  using List = std::vector<std::string>;
  EXPECT_EQ(addresses("a@b"), List{"a@b"});
  EXPECT_EQ(addresses("\"x, y <z@w>\" <a@b>, (note, with <c@d>) e@f"), (List{"a@b", "e@f"}));
  EXPECT_EQ(addresses(""), List{});
  for (const char* bad : {"a", "<a@b", "a@b>", "\"open <a@b>", "a b@c", "@b", "a@"}) {
    EXPECT_EQ(addresses(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace kvserver::test
