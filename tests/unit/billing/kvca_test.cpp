// SPDX-License-Identifier: Apache-2.0
// Protocol D, "KVCA master file" and "1-Click rules".
#include "billing/kvca.h"

#include <gtest/gtest.h>

#include "unit/billing/samples.h"

namespace kvc::billing {
namespace {

using samples::at;
using samples::param;
using samples::replaced;

const TimePoint kNow = at("2026-01-05T09:30:00+01:00");

std::string sample() {
  return samples::file("kvca_sample.xml");
}

KvcaFile parsed(const std::string& xml) {
  auto file = KvcaFile::parse(xml);
  EXPECT_TRUE(file.ok()) << file.status().to_string();
  return file.ok() ? *file : KvcaFile();
}

/// A file of one KV with the given applications.
std::string with(const std::string& applications) {
  return "<e:ehd xmlns:e='urn:ehd/001' xmlns='urn:ehd/kvca/001'><e:body><institution_liste><kv><id EX='72'/>"
         "<anwendungsliste>" +
         applications + "</anwendungsliste></kv></institution_liste></e:body></e:ehd>";
}

std::string one_click(const std::string& addresses, const std::string& functions) {
  return with("<anwendung><id EX='1CLICK'/><version V='2'/>" + addresses + "<anwendungsspezifika>" + functions +
              "</anwendungsspezifika></anwendung>");
}

std::string functions(std::initializer_list<int> numbers) {
  std::string text;
  for (const int number : numbers) {
    text += "<anwendungsfunktion V='Fkt " + std::to_string(number) + "'/>";
  }
  return text;
}

TEST(Kvca, ReadsTheSample) {
  const KvcaFile file = parsed(sample());
  EXPECT_EQ(file.interface_version, "1.20");
  ASSERT_EQ(file.kvs.size(), 1U);
  EXPECT_TRUE(file.knows("99"));
  const Application* application = file.find("99", "1CLICK");
  ASSERT_NE(application, nullptr);
  EXPECT_EQ(application->version, "2");
  EXPECT_EQ(application->email[0].address, "annahme.99@kv-safenet.example");
  EXPECT_EQ(application->email[0].valid.from, at("2025-01-01T00:00:00"));
  EXPECT_EQ(application->test_email[0].address, "annahme.99.test@kv-safenet.example");
  EXPECT_EQ(application->functions, (std::set<int>{1, 2, 8}));
  EXPECT_EQ(file.find("99", "QSHLT"), nullptr);
  EXPECT_EQ(file.find("98", "1CLICK"), nullptr);
}

TEST(Kvca, OffersOnlyFunctionsTheKvLists) {
  const KvcaFile file = parsed(sample());
  EXPECT_TRUE(one_click_offer(file, "99", Content::billing, Mode::test, kNow).offered());
  const Offer real = one_click_offer(file, "99", Content::billing, Mode::real, kNow);
  EXPECT_TRUE(real.offered());
  EXPECT_EQ(real.recipient, "annahme.99@kv-safenet.example");
  EXPECT_TRUE(real.sends_receipt) << "function 8";
  EXPECT_FALSE(real.sends_feedback);
  for (const Content content : {Content::collective, Content::both}) {
    for (const Mode mode : {Mode::real, Mode::test}) {
      EXPECT_EQ(one_click_offer(file, "99", content, mode, kNow).refusal, Refusal::function_missing);
    }
  }
}

TEST(Kvca, EachFunctionStandsForOneKindOfDelivery) {
  const std::string address = "<email V='a@kv-safenet.de'/>";
  int number = 1;
  for (const Content content : {Content::billing, Content::collective, Content::both}) {
    for (const Mode mode : {Mode::test, Mode::real}) {
      EXPECT_EQ(static_cast<int>(function_for(content, mode)), number);
      EXPECT_TRUE(
          one_click_offer(parsed(one_click(address, functions({number}))), "72", content, mode, kNow).offered());
      std::string others;
      for (int other = 1; other <= 10; ++other) {
        others += other == number ? "" : functions({other});
      }
      EXPECT_EQ(one_click_offer(parsed(one_click(address, others)), "72", content, mode, kNow).refusal,
                Refusal::function_missing);
      ++number;
    }
  }
  const Offer test =
      one_click_offer(parsed(one_click(address, functions({1, 7, 9}))), "72", Content::billing, Mode::test, kNow);
  EXPECT_TRUE(test.sends_receipt);
  EXPECT_TRUE(test.sends_feedback);
  const Offer real =
      one_click_offer(parsed(one_click(address, functions({2, 7, 9}))), "72", Content::billing, Mode::real, kNow);
  EXPECT_FALSE(real.sends_receipt) << "7 and 9 are those of tests";
  EXPECT_FALSE(real.sends_feedback);
}

TEST(Kvca, TestDeliveriesGoToTheTestAddressIfThereIsOne) {
  const std::string both = "<email V='a@kv-safenet.de'/><test_email V='t@kv-safenet.de'/>";
  for (const Content content : {Content::billing, Content::collective, Content::both}) {
    const auto all = functions({1, 2, 3, 4, 5, 6});
    EXPECT_EQ(one_click_offer(parsed(one_click(both, all)), "72", content, Mode::test, kNow).recipient,
              "t@kv-safenet.de");
    EXPECT_TRUE(one_click_offer(parsed(one_click(both, all)), "72", content, Mode::test, kNow).test_address);
    EXPECT_EQ(one_click_offer(parsed(one_click(both, all)), "72", content, Mode::real, kNow).recipient,
              "a@kv-safenet.de");
    const auto only =
        one_click_offer(parsed(one_click("<email V='a@kv-safenet.de'/>", all)), "72", content, Mode::test, kNow);
    EXPECT_EQ(only.recipient, "a@kv-safenet.de");
    EXPECT_FALSE(only.test_address);
  }
}

TEST(Kvca, SaysWhySomethingIsNotOffered) {
  const KvcaFile file = parsed(sample());
  EXPECT_EQ(one_click_offer(file, "72", Content::billing, Mode::real, kNow).refusal, Refusal::kv_unknown);
  EXPECT_EQ(application_offer(file, "99", "QSHLT", Mode::real, kNow).refusal, Refusal::application_missing);
  EXPECT_EQ(one_click_offer(file, "99", Content::billing, Mode::real, at("2024-12-31T23:59:59")).refusal,
            Refusal::address_not_yet_valid);
  EXPECT_TRUE(application_offer(file, "99", "HKS", Mode::real, at("2026-06-30T23:59:59")).offered());
  EXPECT_EQ(application_offer(file, "99", "HKS", Mode::real, at("2026-07-01T00:00:00")).refusal,
            Refusal::address_expired);
  const auto none = parsed(one_click("", functions({2})));
  EXPECT_EQ(one_click_offer(none, "72", Content::billing, Mode::real, kNow).refusal, Refusal::address_missing);
  EXPECT_TRUE(one_click_offer(none, "72", Content::billing, Mode::real, kNow).recipient.empty());
  const auto ended =
      parsed(with("<anwendung gueltig_bis='2025-12-31'><id EX='HKS'/><version V='1'/>"
                  "<email V='a@b.de'/></anwendung>"));
  EXPECT_EQ(application_offer(ended, "72", "HKS", Mode::real, kNow).refusal, Refusal::application_not_valid);
  EXPECT_TRUE(application_offer(ended, "72", "HKS", Mode::real, at("2025-12-31T23:59:59")).offered());
}

TEST(Kvca, EveryReasonHasAKeyOfItsOwn) {
  std::set<std::string_view> keys;
  for (int value = 0; value <= static_cast<int>(Refusal::address_expired); ++value) {
    EXPECT_TRUE(keys.insert(key(static_cast<Refusal>(value))).second);
  }
}

TEST(Kvca, TheAddressThatIsValidNowIsUsed) {
  const auto file =
      parsed(one_click("<email V='alt@kv.de' gueltig_bis='2025-12-31'/>"
                       "<email V='neu@kv.de' gueltig_ab='2026-01-01'/>",
                       functions({2})));
  EXPECT_EQ(one_click_offer(file, "72", Content::billing, Mode::real, at("2025-12-31T12:00:00")).recipient,
            "alt@kv.de");
  EXPECT_EQ(one_click_offer(file, "72", Content::billing, Mode::real, kNow).recipient, "neu@kv.de");
}

TEST(Kvca, TheNewerVersionOfAnApplicationIsUsed) {
  const auto file =
      parsed(with("<anwendung><id EX='1CLICK'/><version V='2'/></anwendung>"
                  "<anwendung><id EX='1CLICK'/><version V='10'/></anwendung>"
                  "<anwendung><id EX='1CLICK'/><version V='1'/></anwendung>"));
  EXPECT_EQ(file.find("72", "1CLICK")->version, "10");
}

TEST(Kvca, WrongFilesAreNamedByLineAndElement) {
  struct Case {
    const char *from, *to, *line, *element;
  };
  for (const Case& wrong : {
           Case{"<ehd:ehd xmlns:ehd=\"urn:ehd/001\"", "<ehd:ehd xmlns:ehd=\"urn:ehd/002\"", "3", "ehd"},
           Case{"<kvca:institution_liste>", "<kvca:institution_liste/><kvca:x>", "", ""},
           Case{"EX=\"99\"", "EX=\"9\"", "11", "id"},
           Case{"EX=\"1CLICK\"", "EX=\"\"", "13", "id"},
           Case{"<kvca:version V=\"2\"/>", "", "13", "anwendung"},
           Case{"annahme.99@kv-safenet.example", "annahme.99", "15", "email"},
           Case{"annahme.99@kv-safenet.example", "a@b.de, c@d.de", "15", "email"},
           Case{"annahme.99@kv-safenet.example", "Annahme &lt;a@b.de&gt;", "15", "email"},
           Case{"annahme.99.test@kv-safenet.example", "a@b.de&#13;&#10;Cc: x@y.de", "16", "test_email"},
           Case{"2025-01-01T00:00:00", "1.1.2025", "15", "email"},
           Case{"gueltig_ab=\"2025-01-01T00:00:00\"",
                "gueltig_ab=\"2025-01-01T00:00:00\" gueltig_bis=\"2024-01-01T00:00:00\"", "15", "email"},
           Case{"Fkt 8", "Fkt", "20", "anwendungsfunktion"},
           Case{"Fkt 8", "Fkt 0", "20", "anwendungsfunktion"},
           Case{"Fkt 8", "Fkt 8x", "20", "anwendungsfunktion"},
           Case{"Fkt 8", "8", "20", "anwendungsfunktion"},
       }) {
    const auto file = KvcaFile::parse(replaced(sample(), wrong.from, wrong.to));
    ASSERT_TRUE(file.status().is(error::malformed)) << wrong.to;
    if (*wrong.line != '\0') {
      EXPECT_EQ(param(file.status(), "line"), wrong.line) << wrong.to;
      EXPECT_EQ(param(file.status(), "element"), wrong.element) << wrong.to;
    }
  }
}

TEST(Kvca, AKvTwiceIsRefused) {
  const std::string kv = "<kv><id EX='72'/></kv>";
  EXPECT_TRUE(KvcaFile::parse("<e:ehd xmlns:e='urn:ehd/001' xmlns='urn:ehd/kvca/001'><e:body><institution_liste>" + kv +
                              kv + "</institution_liste></e:body></e:ehd>")
                  .status()
                  .is(error::malformed));
}

TEST(Kvca, UnknownApplicationsAndFunctionsAreKept) {
  const auto file =
      parsed(with("<anwendung><id EX='NEU'/><version V='1'/><email V='a@b.de'/><anwendungsspezifika>"
                  "<anwendungsfunktion V='Fkt 12'/></anwendungsspezifika><anders/></anwendung>"));
  EXPECT_EQ(file.find("72", "NEU")->functions, std::set<int>{12});
}

TEST(Kvca, HostileFilesAreRefused) {
  const std::string good = sample();
  for (std::size_t cut = 0; cut < good.size() - 10; cut += 7) {
    EXPECT_TRUE(KvcaFile::parse(good.substr(0, cut)).status().is(error::malformed)) << cut;
  }
  std::string deep;
  for (int i = 0; i < 1000; ++i) {
    deep += "<kvca:kv>";
  }
  EXPECT_TRUE(KvcaFile::parse(replaced(good, "<kvca:kv>", deep)).status().is(error::too_large));
  EXPECT_TRUE(KvcaFile::parse(replaced(good, "<ehd:ehd", "<!DOCTYPE a [<!ENTITY x 'y'>]><ehd:ehd"))
                  .status()
                  .is(error::malformed));
  EXPECT_TRUE(KvcaFile::parse(std::string(17UL * 1024 * 1024, ' ')).status().is(error::too_large));
  EXPECT_TRUE(KvcaFile::parse("").status().is(error::malformed));
  EXPECT_TRUE(KvcaFile::parse(samples::file("begleitdatei_sample.xml")).status().is(error::malformed));
}

}  // namespace
}  // namespace kvc::billing
