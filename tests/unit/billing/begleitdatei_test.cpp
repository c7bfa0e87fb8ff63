// SPDX-License-Identifier: Apache-2.0
// Protocol D, "Begleitdatei".
#include "billing/begleitdatei.h"

#include <gtest/gtest.h>

#include "unit/billing/samples.h"
#include "xml/reader.h"

namespace kvc::billing {
namespace {

using samples::param;
using samples::replaced;

std::string sample() {
  return samples::file("begleitdatei_sample.xml");
}

Begleitdatei example() {
  samples::Clock clock;
  Begleitdatei file = new_begleitdatei(clock);
  file.bsnr = "999999900";
  file.quarter = "2025-4";
  file.attachments = {"Z01999999900_05.01.2026_09.25.con.XKM"};
  return file;
}

TEST(BegleitdateiFile, ReadsTheSample) {
  const auto file = read(sample());
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  EXPECT_EQ(file->version, 1);
  EXPECT_EQ(file->guid, "6F1C2D3E-0000-4A4A-8B8B-0123456789AB");
  EXPECT_EQ(file->bsnr, "999999900");
  EXPECT_TRUE(file->test);
  EXPECT_EQ(file->delivered_at, "2026-01-05T09:30:00+01:00");
  EXPECT_EQ(file->type, DocumentType::billing);
  EXPECT_EQ(file->quarter, "2025-4");
  EXPECT_TRUE(file->complete);
  EXPECT_EQ(file->attachments, std::vector<std::string>{"Z01999999900_05.01.2026_09.25.con.XKM"});
}

TEST(BegleitdateiFile, WritesTheSampleByteForByte) {
  std::string expected = sample();
  const std::size_t comment = expected.find("<!--");
  expected.erase(comment, expected.find('\n', comment) + 1 - comment);
  EXPECT_EQ(*write(*read(sample())), expected);
}

TEST(BegleitdateiFile, ComesBackByteForByte) {
  for (const DocumentType type :
       {DocumentType::billing, DocumentType::billing_hzv, DocumentType::collective,
        DocumentType::billing_and_collective, DocumentType::dmp, DocumentType::ehks, DocumentType::qsmg,
        DocumentType::qshgv, DocumentType::qshgvk, DocumentType::qshlt, DocumentType::qske}) {
    Begleitdatei file = example();
    file.type = type;
    file.complete = false;
    file.version = 7;
    file.attachments = {"a & <b> \"c\" ü.con.xkm", "d'.sig.pdf", "d'.xml"};
    const auto written = write(file);
    ASSERT_TRUE(written.ok()) << written.status().to_string();
    const auto again = read(*written);
    ASSERT_TRUE(again.ok()) << again.status().to_string();
    EXPECT_EQ(*again, file);
    EXPECT_EQ(*write(*again), *written);
    EXPECT_EQ(document_type(name(type)), type);
  }
  EXPECT_EQ(name(DocumentType::billing_and_collective), "ABRECHNUNG+SAMMELERKLÄRUNG");
  EXPECT_FALSE(document_type("Abrechnung"));
}

TEST(BegleitdateiFile, ElementsStandInTheirOrderWithTheirNamespace) {
  const auto root = xml::read(*write(example()));
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(root->name, "einlieferung");
  EXPECT_EQ(root->ns, "http://www.kv-telematik.de/1-Click/Meldung_Einlieferung/2.0.0");
  std::string order;
  for (const auto& child : root->children) {
    order += child.name + " ";
    EXPECT_NE(child.attribute("V"), nullptr);
    EXPECT_EQ(child.ns, root->ns);
  }
  EXPECT_EQ(order, "version guid bsnr testdaten lieferungs_zeitpunkt dokumenten_typ quartal vollstaendig anhang ");
  EXPECT_STREQ(kBegleitdateiName, "begleitdatei.xml");
}

TEST(BegleitdateiFile, ANewDeliveryHasVersionOneAndItsOwnGuid) {
  const Begleitdatei file = new_begleitdatei(Env::system());
  EXPECT_EQ(file.version, 1);
  EXPECT_NE(file.guid, new_begleitdatei(Env::system()).guid);
  EXPECT_EQ(example().delivered_at, "2026-01-05T09:30:00+01:00");
}

TEST(BegleitdateiFile, ACorrectionKeepsTheGuidAndCountsOn) {
  samples::Clock clock;
  clock.set_now(samples::at("2026-07-01T00:00:00Z"));
  const Begleitdatei first = example();
  const auto second = correction_of(first, clock);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->version, 2);
  EXPECT_EQ(second->guid, first.guid);
  EXPECT_EQ(second->bsnr, first.bsnr);
  EXPECT_EQ(second->quarter, first.quarter);
  EXPECT_EQ(second->delivered_at, "2026-07-01T02:00:00+02:00");
  EXPECT_TRUE(second->attachments.empty());
}

TEST(BegleitdateiFile, ATestCanNeverBeACorrection) {
  samples::Clock clock;
  Begleitdatei test = example();
  test.test = true;
  EXPECT_TRUE(correction_of(test, clock).status().is(error::invalid_state));
  test.version = 2;
  EXPECT_EQ(param(write(test).status(), "field"), "version");
  EXPECT_TRUE(read(replaced(sample(), "version V=\"1\"", "version V=\"2\"")).status().is(error::malformed));
}

TEST(BegleitdateiFile, EveryFieldIsChecked) {
  using Change = void (*)(Begleitdatei&);
  const std::vector<std::pair<const char*, Change>> wrong = {
      {"version", [](Begleitdatei& f) { f.version = 0; }},
      {"version", [](Begleitdatei& f) { f.version = 10000; }},
      {"guid", [](Begleitdatei& f) { f.guid.pop_back(); }},
      {"guid", [](Begleitdatei& f) { f.guid[0] = 'g'; }},
      {"bsnr", [](Begleitdatei& f) { f.bsnr = "12345678"; }},
      {"bsnr", [](Begleitdatei& f) { f.bsnr = "12345678a"; }},
      {"lieferungs_zeitpunkt", [](Begleitdatei& f) { f.delivered_at = "gestern"; }},
      {"quartal", [](Begleitdatei& f) { f.quarter = "2025-5"; }},
      {"quartal", [](Begleitdatei& f) { f.quarter = "2025-0"; }},
      {"quartal", [](Begleitdatei& f) { f.quarter = "4-2025"; }},
      {"quartal", [](Begleitdatei& f) { f.quarter = "2025/4"; }},
      {"anhang", [](Begleitdatei& f) { f.attachments.clear(); }},
      {"anhang", [](Begleitdatei& f) { f.attachments = {""}; }},
      {"anhang", [](Begleitdatei& f) { f.attachments = {"../x"}; }},
      {"anhang", [](Begleitdatei& f) { f.attachments = {"a\nb"}; }},
      {"anhang", [](Begleitdatei& f) { f.attachments = {"\xFF"}; }},
      {"anhang", [](Begleitdatei& f) { f.attachments = {std::string(201, 'x')}; }},
      {"anhang",
       [](Begleitdatei& f) {
         f.attachments = {"a", "A"};
       }},
      {"anhang", [](Begleitdatei& f) { f.attachments.assign(101, "a"); }},
  };
  ASSERT_TRUE(write(example()).ok());
  for (const auto& [field, change] : wrong) {
    Begleitdatei file = example();
    change(file);
    const auto written = write(file);
    EXPECT_TRUE(written.status().is(error::invalid_field)) << field;
    EXPECT_EQ(param(written.status(), "field"), field);
    EXPECT_FALSE(param(written.status(), "expected").empty());
  }
}

TEST(BegleitdateiFile, WrongFilesAreNamedByLineAndElement) {
  struct Case {
    const char *from, *to, *line, *element;
  };
  for (const Case& wrong : {
           Case{"2.0.0\">", "1.0.0\">", "3", "einlieferung"},
           Case{"<version V=\"1\"/>", "", "5", "guid"},
           Case{"<version V=\"1\"/>", "<version V=\"1\"/><version V=\"1\"/>", "4", "version"},
           Case{"<version V=\"1\"/>", "<version V=\"eins\"/>", "4", "version"},
           Case{"<version V=\"1\"/>", "<version>1</version>", "4", "version"},
           Case{"<bsnr V=\"999999900\"/>", "<bsnr V=\"9\"/>", "6", "bsnr"},
           Case{"testdaten V=\"true\"", "testdaten V=\"ja\"", "7", "testdaten"},
           Case{"ABRECHNUNG", "abrechnung", "9", "dokumenten_typ"},
           Case{"vollstaendig V=\"true\"", "vollstaendig V=\"\"", "11", "vollstaendig"},
           Case{"<anhang V=\"Z01999999900_05.01.2026_09.25.con.XKM\"/>", "", "3", "einlieferung"},
           Case{"Z01999999900_05.01.2026_09.25.con.XKM", "../x", "12", "anhang"},
           Case{"<guid", "<anhang V=\"a\"/><guid", "5", "anhang"},
       }) {
    const auto file = read(replaced(sample(), wrong.from, wrong.to));
    ASSERT_TRUE(file.status().is(error::malformed)) << wrong.to;
    EXPECT_EQ(param(file.status(), "line"), wrong.line) << wrong.to;
    EXPECT_EQ(param(file.status(), "element"), wrong.element) << wrong.to;
  }
  EXPECT_TRUE(read(replaced(sample(), "testdaten V=\"true\"", "testdaten V=\"0\"")).ok());
  EXPECT_TRUE(read(replaced(sample(), "<guid", "<neu/><guid")).ok()) << "unknown further elements are ignored";
}

TEST(BegleitdateiFile, TheGuidAloneIsFoundLeniently) {
  EXPECT_EQ(guid_of(sample()), "6f1c2d3e-0000-4a4a-8b8b-0123456789ab");
  EXPECT_EQ(guid_of("<einlieferung><guid V='6F1C2D3E-0000-4A4A-8B8B-0123456789AB'/></einlieferung>"),
            "6f1c2d3e-0000-4a4a-8b8b-0123456789ab");
  for (const char* none : {"", "x", "<einlieferung/>", "<einlieferung><guid/></einlieferung>",
                           "<einlieferung><guid V='1'/></einlieferung>",
                           "<anders><guid V='6F1C2D3E-0000-4A4A-8B8B-0123456789AB'/></anders>"}) {
    EXPECT_FALSE(guid_of(none)) << none;
  }
  EXPECT_TRUE(same_guid("ab", "AB"));
  EXPECT_FALSE(same_guid("ab", "ac"));
}

TEST(BegleitdateiFile, HostileFilesAreRefused) {
  const std::string good = sample();
  for (std::size_t cut = 0; cut < good.size() - 3; ++cut) {
    EXPECT_TRUE(read(good.substr(0, cut)).status().is(error::malformed)) << cut;
    EXPECT_FALSE(guid_of(good.substr(0, cut))) << cut;
  }
  EXPECT_TRUE(read(replaced(good, "<einlieferung", "<!DOCTYPE a [<!ENTITY x 'y'>]><einlieferung"))
                  .status()
                  .is(error::malformed));
  EXPECT_TRUE(read(std::string(300UL * 1024, ' ')).status().is(error::too_large));
  std::string many;
  for (int i = 0; i < 2000; ++i) {
    many += "<anhang V=\"" + std::to_string(i) + "\"/>";
  }
  EXPECT_TRUE(read(replaced(good, "<anhang", many + "<anhang")).status().is(error::too_large));
}

}  // namespace
}  // namespace kvc::billing
