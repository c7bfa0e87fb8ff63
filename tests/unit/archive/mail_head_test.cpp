// SPDX-License-Identifier: Apache-2.0
#include "archive/mail_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "archive/walk.h"
#include "base/german_time.h"

namespace kvc::archive {
namespace {

Result<MailHead> head(const std::string& mail) {
  std::istringstream in(mail);
  return read_head(in);
}

TEST(MailHead, ReadsBothLineEnds) {
  for (const std::string end : {"\r\n", "\n"}) {
    const auto read = head("From: Anna <anna@kv.de>" + end + "To: a@kv.de," + end + " B <b@kv.de>" + end +
                           "Cc: c@kv.de" + end + "Message-ID: <1@kv.de>" + end + "In-Reply-To: <0@kv.de>" + end +
                           "Date: Fri, 26 Apr 2019 11:24:43 +0200" + end + "Subject: =?utf-8?q?M=C3=BCller?=" + end +
                           "X-KVC-Dienstkennung: eNachricht;Lieferung;V2.0" + end + end + "From: falsch@kv.de" + end);
    ASSERT_TRUE(read.ok()) << read.status().to_string();
    EXPECT_EQ(read->from, "anna@kv.de");
    EXPECT_THAT(read->to, testing::ElementsAre("a@kv.de", "b@kv.de", "c@kv.de"));
    EXPECT_EQ(read->message_id, "1@kv.de");
    EXPECT_EQ(read->in_reply_to, "0@kv.de");
    EXPECT_EQ(read->subject, "Müller");
    EXPECT_EQ(read->service_id, "eNachricht;Lieferung;V2.0");
    EXPECT_EQ(read->sent, parse_xs_date_time("2019-04-26T09:24:43Z"));
  }
}

TEST(MailHead, RefusesWhatIsNoMail) {
  for (const char* bad : {"", "\n", "kein Brief\n", "To: a@b.de\n\n", "From\n\n", " From: a@b.de\n\n"}) {
    EXPECT_TRUE(head(bad).status().is(error::malformed)) << bad;
  }
  EXPECT_TRUE(head("From: a@b.de\nX: " + std::string(300000, 'x')).status().is(error::malformed));
  std::string many;
  for (int i = 0; i < 2000; ++i) {
    many += "X: y\n";
  }
  EXPECT_TRUE(head("From: a@b.de\n" + many).status().is(error::malformed));
}

TEST(MailHead, UnreadableFieldsAreEmpty) {
  const auto read =
      head("From: kein, Absender\nTo: <<>>\nDate: gestern\nMessage-ID: " + std::string(1000, 'x') + "\n\n");
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->to.empty());
  EXPECT_TRUE(read->message_id.empty());
  EXPECT_FALSE(read->sent);
}

TEST(MailDate, HostileDatesAreNone) {
  for (const std::string& bad :
       {std::string(), std::string("x"), std::string(1000, '1'), std::string("Fri, 26 Apr 1800 11:24:43 +0200"),
        std::string("Fri, 99 Apr 2019 99:99:99 +9999"), std::string("Fri, 26 Apr 9999 11:24:43 +0200"),
        std::string("\xFF\xFE\x80")}) {
    EXPECT_FALSE(parse_mail_date(bad)) << bad;
  }
}

TEST(Walk, KnowsMailsByTheirName) {
  EXPECT_TRUE(is_mail_name("a.eml"));
  EXPECT_TRUE(is_mail_name("a.b.EmL"));
  EXPECT_FALSE(is_mail_name(".eml"));
  EXPECT_FALSE(is_mail_name("aeml"));
  EXPECT_FALSE(is_mail_name("a.eml.txt"));
}

}  // namespace
}  // namespace kvc::archive
