// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/answers.h"

#include <gtest/gtest.h>

#include "kvconnect/protocol_constants.h"

namespace kvc::kvconnect {
namespace {

TEST(Answers, Account) {
  const auto account = parse_account(
      "<?xml version=\"1.0\"?><account uid=\"u-1\"><email>anna.muster@kv-safenet.de</email>"
      "<passwordLastChange>2019-01-01T00:00:00+01:00</passwordLastChange>"
      "<passwordChangeNeeded> true </passwordChangeNeeded><new><deep>1</deep></new></account>");
  ASSERT_TRUE(account.ok()) << account.status().to_string();
  EXPECT_EQ(account->uid, "u-1");
  EXPECT_EQ(account->email, "anna.muster@kv-safenet.de");
  EXPECT_TRUE(account->password_change_needed);
  EXPECT_FALSE(parse_account("<account uid='u'/>")->password_change_needed) << "missing elements are tolerated";
  EXPECT_EQ(parse_account("<k:account xmlns:k='urn:x' uid='u'><k:email>e</k:email></k:account>")->email, "e");
}

TEST(Answers, AccountWithoutUidOrOfAnotherKind) {
  for (const char* xml : {"<account/>", "<account uid=''/>", "<html><account uid='1'/></html>", "<headers/>", "", " ",
                          "text", "{\"uid\":1}"}) {
    EXPECT_TRUE(parse_account(xml).status().is(error::bad_answer)) << xml;
  }
}

TEST(Answers, Headers) {
  const auto mails = parse_headers(
      "<headers><header><from>a@x</from><to>b@x</to><subject>&lt;!DOCTYPE &amp; M\xC3\xBCller</subject>"
      "<message-id>&lt;id-1@kv-safenet.de&gt;</message-id><in-reply-to/><date>d</date>"
      "<x-kvc-dienstkennung>eNachricht;Lieferung;V2.0</x-kvc-dienstkennung><unknown>?</unknown></header>"
      "<header><subject>no id</subject></header>"
      "<header><message-id>id-2</message-id><message-id>second</message-id>"
      "<subject><![CDATA[<!DOCTYPE x]]></subject></header></headers>",
      10);
  ASSERT_TRUE(mails.ok()) << mails.status().to_string();
  ASSERT_EQ(mails->size(), 2U);
  EXPECT_EQ((*mails)[0].message_id, "id-1@kv-safenet.de");
  EXPECT_EQ((*mails)[0].subject, "<!DOCTYPE & M\xC3\xBCller");
  EXPECT_EQ((*mails)[0].service_id, "eNachricht;Lieferung;V2.0");
  EXPECT_EQ((*mails)[1].message_id, "id-2");
  EXPECT_EQ((*mails)[1].subject, "<!DOCTYPE x");
  EXPECT_TRUE(parse_headers("<headers/>", 10)->empty());
}

TEST(Answers, ManyHeadersAndTheLimit) {
  constexpr int kMany = 100'000;
  std::string xml = "<headers>";
  for (int i = 0; i < kMany; ++i) {
    xml += "<header><message-id>m" + std::to_string(i) + "</message-id></header>";
  }
  xml += "</headers>";
  const auto all = parse_headers(xml, kMany);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->size(), static_cast<std::size_t>(kMany));
  EXPECT_EQ(all->back().message_id, "m99999");
  const auto few = parse_headers(xml, 3);
  ASSERT_TRUE(few.ok());
  EXPECT_EQ(few->size(), 3U);
}

TEST(Answers, LatinOneIsUnderstoodAsDeclared) {
  const auto account =
      parse_account("<?xml version='1.0' encoding='ISO-8859-1'?><account uid='u'><email>M\xFCller</email></account>");
  ASSERT_TRUE(account.ok());
  EXPECT_EQ(account->email, "M\xC3\xBCller");
}

TEST(Answers, RefusesEverythingWithADocumentType) {
  const std::string bomb =
      "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>]>";
  const std::string file = "<!DOCTYPE account [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>";
  const std::string outside = "<!DOCTYPE account SYSTEM 'https://evil.example/x.dtd'>";
  for (const std::string& type : {bomb, file, outside, std::string("<!DOCTYPE account>")}) {
    for (const std::string before : {"", "<?xml version='1.0'?>\n", "\xEF\xBB\xBF", "<!-- x --> <?p i?>\n"}) {
      const auto account = parse_account(before + type + "<account uid='u'><email>&x;&c;</email></account>");
      EXPECT_TRUE(account.status().is(error::bad_answer)) << before << type;
    }
  }
  EXPECT_TRUE(parse_account("<account uid='u'><email>&x;</email></account>").status().is(error::bad_answer));
  EXPECT_TRUE(parse_account("<account uid='u'/><!DOCTYPE a>").status().is(error::bad_answer));
}

TEST(Answers, RefusesBrokenXml) {
  using std::string_literals::operator""s;
  const std::string good = "<account uid='u'><email>e</email></account>";
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_TRUE(parse_account(good.substr(0, cut)).status().is(error::bad_answer)) << cut;
  }
  std::string utf16 = "\xFF\xFE"s;
  for (const char c : good) {
    utf16 += c;
    utf16 += '\0';
  }
  for (const std::string& xml :
       {utf16, "<account uid='u'>\xFF</account>"s, "<account uid='u'>\0</account>"s, "<account uid='u'>&#0;</account>"s,
        "<?xml version='1.0' encoding='EBCDIC-X'?>"s + good, good + good, "<account uid='u' uid='v'/>"s}) {
    EXPECT_TRUE(parse_account(xml).status().is(error::bad_answer)) << xml.substr(0, 40);
  }
}

TEST(Answers, DepthAndSizeDoNoHarm) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) {
    deep += "<a>";
  }
  EXPECT_TRUE(parse_account("<account uid='u'>" + deep).status().is(error::bad_answer));
  const std::string large = "<account uid='u'><email>" + std::string(kMaxFieldBytes + 1, 'x') + "</email></account>";
  EXPECT_TRUE(parse_account(large).status().is(error::bad_answer));
}

TEST(Answers, Certificate) {
  EXPECT_EQ(*parse_certificate("<certificate><id>1</id><body>\n-----BEGIN\n</body></certificate>"), "-----BEGIN");
  for (const char* none :
       {"", "<certificate/>", "<certificate><body/></certificate>", "<certificate><body> \n</body></certificate>"}) {
    EXPECT_TRUE(parse_certificate(none).status().is(error::no_certificate)) << none;
  }
  EXPECT_TRUE(parse_certificate("<html/>").status().is(error::bad_answer));
}

TEST(Answers, CsrStatus) {
  const auto entries = parse_csr_status(
      "<csr-status><status-entries><status-entry status=\"999\" time=\"t2\"/><status-entry status=\"x\"/>"
      "<status-entry/><status-entry status='-1'/><status-entry status='99999999999999'/>"
      "<status-entry status=\"100\" time=\"t1\">ignored</status-entry></status-entries></csr-status>");
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ((*entries)[0].status, 999);
  EXPECT_EQ((*entries)[0].time, "t2");
  EXPECT_EQ((*entries)[1].status, 100);
  EXPECT_TRUE(parse_csr_status("<csr-status/>")->empty());
}

TEST(Answers, Version) {
  EXPECT_EQ(*parse_version(" 2.7.0\r\n"), "2.7.0");
  for (const std::string& bad : {std::string(), std::string("<html>login</html>"), std::string(100, '1'),
                                 std::string("2\n7"), std::string("\xff")}) {
    EXPECT_TRUE(parse_version(bad).status().is(error::bad_answer)) << bad;
  }
}

TEST(Answers, ErrorTextsAreShownShortAndHarmless) {
  EXPECT_EQ(shown_error_text("  Der Account\r\n ist\tgesperrt. "), "Der Account ist gesperrt.");
  EXPECT_EQ(shown_error_text("M\xC3\xBCller"), "M\xC3\xBCller");
  EXPECT_EQ(shown_error_text("a\x1b[31mb\xff\xC3z\x7f"), "a [31mb z");
  EXPECT_EQ(shown_error_text("a\xE2\x80\xAEzb"), "a zb") << "no text that runs the other way";
  EXPECT_EQ(shown_error_text("\xC0\x80\xED\xA0\x80\xF4\x90\x80\x80x"), "x");
  EXPECT_EQ(shown_error_text(std::string(500, 'x')), std::string(kShownErrorCharacters, 'x'));
  std::string umlauts;
  for (int i = 0; i < 300; ++i) {
    umlauts += "\xC3\xA4";
  }
  EXPECT_EQ(shown_error_text(umlauts).size(), 2 * kShownErrorCharacters);
  EXPECT_EQ(shown_error_text(""), "");
}

}  // namespace
}  // namespace kvc::kvconnect
