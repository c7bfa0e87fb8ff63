// SPDX-License-Identifier: Apache-2.0
// Protocol D, rows 1-Click-Abrechnung and eDokumentation, "1-Click rules".
#include "billing/delivery.h"

#include <gtest/gtest.h>

#include "unit/billing/samples.h"

namespace kvc::billing {
namespace {

using samples::param;

std::string master_file() {
  std::string functions;
  for (int i = 1; i <= 10; ++i) {
    functions += "<anwendungsfunktion V='Fkt " + std::to_string(i) + "'/>";
  }
  const std::string addresses = "<email V='real@kv.example'/><test_email V='test@kv.example'/>";
  std::string applications = "<anwendung><id EX='1CLICK'/><version V='2'/>" + addresses + "<anwendungsspezifika>" +
                             functions + "</anwendungsspezifika></anwendung>";
  for (const char* kind : {"QSHLT", "QSKE", "QSMG", "QSHGV", "QSHGVK"}) {
    applications += std::string("<anwendung><id EX='") + kind + "'/><version V='1'/>" + addresses + "</anwendung>";
  }
  return "<e:ehd xmlns:e='urn:ehd/001' xmlns='urn:ehd/kvca/001'><e:body><institution_liste><kv><id EX='72'/>"
         "<anwendungsliste>" +
         applications + "</anwendungsliste></kv></institution_liste></e:body></e:ehd>";
}

const ChosenFile kBilling{"Z01.con.XKM", 10, ""};
const ChosenFile kPdf{"Sammel.sig.pdf", 10, "%PDF-1.7"};
const ChosenFile kXml{"Sammel.xml", 10, "<?xml"};
const ChosenFile kArchive{"Bogen.zip.xkm", 10, "\x01\x02"};

class Delivery : public testing::Test {
 protected:
  Choice choice(std::vector<ChosenFile> files) const {
    Choice made;
    made.kv_code = "72";
    made.bsnr = "721234500";
    made.quarter = "2025-4";
    made.files = std::move(files);
    return made;
  }
  BillingDelivery good(const Choice& made) {
    auto delivery = one_click(made, kvca, clock);
    EXPECT_TRUE(delivery.ok()) << delivery.status().to_string();
    return delivery.ok() ? *delivery : BillingDelivery();
  }
  samples::Clock clock;
  KvcaFile kvca = KvcaFile::parse(master_file()).value();
};

TEST_F(Delivery, OneClickHasOneRecipientNoReceiptRequestAndItsParts) {
  const BillingDelivery delivery = good(choice({kBilling, kPdf, kXml}));
  EXPECT_EQ(delivery.service_id.text(), "1ClickAbrechnung;Lieferung;V2.0");
  EXPECT_EQ(delivery.subject, "1ClickAbrechnung-Lieferung");
  EXPECT_EQ(delivery.recipient, "real@kv.example");
  EXPECT_FALSE(delivery.request_receipt) << "no Disposition-Notification-To";
  EXPECT_TRUE(delivery.expects_receipt);
  EXPECT_TRUE(delivery.expects_feedback);
  ASSERT_EQ(delivery.parts.size(), 4U);
  EXPECT_EQ(delivery.parts[0].name, "begleitdatei.xml");
  EXPECT_FALSE(delivery.parts[0].file);
  EXPECT_EQ(delivery.parts[1].name, "Z01.con.XKM");
  EXPECT_EQ(delivery.parts[1].type, "application/octet-stream");
  EXPECT_EQ(delivery.parts[1].file, 0U);
  EXPECT_EQ(delivery.parts[2].type, "application/pdf");
  EXPECT_EQ(delivery.parts[3].type, "application/xml");
  const auto file = read(delivery.begleitdatei_xml);
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  EXPECT_EQ(*file, delivery.begleitdatei);
  EXPECT_EQ(file->attachments, (std::vector<std::string>{"Z01.con.XKM", "Sammel.sig.pdf", "Sammel.xml"}));
  EXPECT_EQ(file->type, DocumentType::billing_and_collective);
  EXPECT_FALSE(file->test);
  EXPECT_TRUE(file->complete);
}

TEST_F(Delivery, TheTypeFollowsFromTheFiles) {
  EXPECT_EQ(good(choice({kBilling})).begleitdatei.type, DocumentType::billing);
  EXPECT_EQ(good(choice({kPdf, kXml})).begleitdatei.type, DocumentType::collective);
  Choice hzv = choice({kBilling});
  hzv.hzv = true;
  hzv.complete = false;
  EXPECT_EQ(good(hzv).begleitdatei.type, DocumentType::billing_hzv);
  EXPECT_FALSE(good(hzv).begleitdatei.complete);
  hzv.files = {kPdf, kXml};
  EXPECT_EQ(param(one_click(hzv, kvca, clock).status(), "field"), "hzv");
}

TEST_F(Delivery, ATestGoesToTheTestAddressAndSaysSo) {
  Choice test = choice({kBilling});
  test.purpose = Purpose::test;
  const BillingDelivery delivery = good(test);
  EXPECT_EQ(delivery.recipient, "test@kv.example");
  EXPECT_TRUE(delivery.begleitdatei.test);
  EXPECT_EQ(delivery.begleitdatei.version, 1);
}

TEST_F(Delivery, ACorrectionKeepsTheGuid) {
  const Begleitdatei first = good(choice({kBilling})).begleitdatei;
  Choice correction = choice({{"Z02.con.xkm", 5, ""}});
  correction.purpose = Purpose::correction;
  correction.corrects = first;
  const Begleitdatei second = good(correction).begleitdatei;
  EXPECT_EQ(second.guid, first.guid);
  EXPECT_EQ(second.version, 2);
  EXPECT_EQ(second.attachments, std::vector<std::string>{"Z02.con.xkm"});
  correction.corrects = second;
  EXPECT_EQ(good(correction).begleitdatei.version, 3);
}

TEST_F(Delivery, ACorrectionMustFitWhatItCorrects) {
  Choice correction = choice({kBilling});
  correction.purpose = Purpose::correction;
  EXPECT_EQ(param(one_click(correction, kvca, clock).status(), "field"), "corrects");
  correction.corrects = good(choice({kBilling})).begleitdatei;
  correction.purpose = Purpose::real;
  EXPECT_EQ(param(one_click(correction, kvca, clock).status(), "field"), "corrects");
  correction.purpose = Purpose::correction;
  correction.quarter = "2025-3";
  EXPECT_TRUE(one_click(correction, kvca, clock).status().is(error::invalid_state));
  correction.quarter = "2025-4";
  correction.bsnr = "721234511";
  EXPECT_TRUE(one_click(correction, kvca, clock).status().is(error::invalid_state));
  correction.bsnr = "721234500";
  correction.files = {kPdf, kXml};
  EXPECT_TRUE(one_click(correction, kvca, clock).status().is(error::invalid_state));
  correction.files = {kBilling};
  correction.corrects->test = true;
  EXPECT_TRUE(one_click(correction, kvca, clock).status().is(error::invalid_state));
}

TEST_F(Delivery, WhatTheKvDoesNotOfferIsRefusedWithTheReason) {
  Choice made = choice({kBilling});
  made.kv_code = "99";
  const auto unknown = one_click(made, kvca, clock);
  EXPECT_TRUE(unknown.status().is(error::not_permitted));
  EXPECT_EQ(param(unknown.status(), "reason"), "kv_unknown");
  made.kv_code = "72";
  kvca.kvs[0].applications[0].functions = {1};
  EXPECT_EQ(param(one_click(made, kvca, clock).status(), "reason"), "function_missing");
}

TEST_F(Delivery, WrongFilesAreNamedWithWhatIsExpected) {
  const std::vector<std::pair<std::vector<ChosenFile>, std::string>> wrong = {
      {{}, ""},
      {{{"brief.docx", 1, ""}}, "brief.docx"},
      {{kBilling, {"begleitdatei.xml", 1, "<"}}, "begleitdatei.xml"},
      {{kBilling, {"Z02.con.xkm", 1, ""}}, "Z02.con.xkm"},
      {{{"Z01.con", 1, ""}}, "Z01.con"},
      {{{".con.xkm", 1, ""}}, ".con.xkm"},
      {{kArchive}, "Bogen.zip.xkm"},
      {{kPdf}, "Sammel.sig.pdf"},
      {{kXml}, "Sammel.xml"},
      {{kPdf, {"Andere.xml", 1, "<a/>"}}, "Andere.xml"},
      {{kPdf, {"S.sig.pdf", 1, "%PDF-"}, kXml}, "S.sig.pdf"},
      {{{"leer.con.xkm", 0, ""}}, "leer.con.xkm"},
      {{{"klar.con.xkm", 9, "PK\x03\x04"}}, "klar.con.xkm"},
      {{{"klar.con.xkm", 9, "<?xml"}}, "klar.con.xkm"},
      {{{"Sammel.sig.pdf", 9, "MZ"}, kXml}, "Sammel.sig.pdf"},
      {{kPdf, {"Sammel.xml", 9, "%PDF-"}}, "Sammel.xml"},
  };
  for (const auto& [files, name] : wrong) {
    const auto delivery = one_click(choice(files), kvca, clock);
    EXPECT_TRUE(delivery.status().is(error::invalid_field)) << name;
    EXPECT_EQ(param(delivery.status(), "field"), "files") << name;
    EXPECT_EQ(param(delivery.status(), "file"), name);
    EXPECT_FALSE(param(delivery.status(), "expected").empty()) << name;
  }
  EXPECT_TRUE(one_click(choice({{"a/b.con.xkm", 1, ""}}), kvca, clock).status().is(error::invalid_field));
}

TEST_F(Delivery, WrongFieldsAreNamed) {
  Choice made = choice({kBilling});
  made.bsnr = "7";
  EXPECT_EQ(param(one_click(made, kvca, clock).status(), "field"), "bsnr");
  made = choice({kBilling});
  made.quarter = "4/2025";
  EXPECT_EQ(param(one_click(made, kvca, clock).status(), "field"), "quartal");
}

TEST_F(Delivery, EDokumentationOfAllFiveKinds) {
  for (const char* kind : {"QSHLT", "QSKE", "QSMG", "QSHGV", "QSHGVK"}) {
    const auto delivery = edokumentation(kind, choice({kArchive}), kvca, clock);
    ASSERT_TRUE(delivery.ok()) << delivery.status().to_string();
    EXPECT_EQ(delivery->service_id.text(), "eDokumentation-" + std::string(kind) + ";Lieferung;V2.0");
    EXPECT_EQ(delivery->subject, delivery->service_id.text());
    EXPECT_EQ(delivery->recipient, "real@kv.example");
    EXPECT_TRUE(delivery->request_receipt);
    EXPECT_EQ(name(delivery->begleitdatei.type), kind);
    ASSERT_EQ(delivery->parts.size(), 2U);
    EXPECT_EQ(delivery->parts[0].name, "begleitdatei.xml");
    EXPECT_EQ(delivery->parts[0].description, "eDoku-Begleitdatei");
    EXPECT_EQ(delivery->parts[1].name, "Bogen.zip.xkm");
    EXPECT_EQ(delivery->parts[1].description, "eDoku-Archiv");
    EXPECT_EQ(delivery->parts[1].type, "application/octet-stream");
  }
  Choice test = choice({kArchive});
  test.purpose = Purpose::test;
  EXPECT_EQ(edokumentation("QSKE", test, kvca, clock)->recipient, "test@kv.example");
}

TEST_F(Delivery, EDokumentationRefusesOthers) {
  EXPECT_EQ(param(edokumentation("QSPB", choice({kArchive}), kvca, clock).status(), "field"), "kind");
  for (const auto& files : std::vector<std::vector<ChosenFile>>{
           {}, {kBilling}, {kArchive, {"b.zip.xkm", 1, ""}}, {{"a.zip", 1, ""}}, {{"a.zip.xkm", 4, "PK\x03\x04"}}}) {
    EXPECT_EQ(param(edokumentation("QSKE", choice(files), kvca, clock).status(), "field"), "files");
  }
  kvca.kvs[0].applications.resize(1);
  EXPECT_EQ(param(edokumentation("QSKE", choice({kArchive}), kvca, clock).status(), "reason"), "application_missing");
}

TEST(UnfittingParts, TheBegleitdateiNamesWhatIsThere) {
  Begleitdatei file;
  file.attachments = {"a.con.xkm", "b.xml"};
  EXPECT_TRUE(unfitting_attachments(file, {"b.xml", "a.con.xkm"}).empty());
  EXPECT_EQ(unfitting_attachments(file, {"a.con.xkm"}).size(), 1U);
  EXPECT_EQ(unfitting_attachments(file, {"A.con.xkm", "b.xml"}).size(), 2U) << "names are compared byte by byte";
}

TEST(UnfittingParts, FindsWhatDoesNotFitTheService) {
  const service::ServiceId one_click{"1ClickAbrechnung", "Lieferung", "V2.0"};
  const service::ServiceId documentation{"eDokumentation-QSKE", "Lieferung", "V2.0"};
  EXPECT_TRUE(unfitting_parts(one_click, {{"begleitdatei.xml", ""}, {"a.con.xkm", ""}}).empty());
  EXPECT_EQ(unfitting_parts(one_click, {{"a.con.xkm", ""}}).size(), 1U);
  EXPECT_EQ(unfitting_parts(one_click, {{"begleitdatei.xml", ""}, {"a.txt", ""}}).size(), 1U);
  EXPECT_EQ(unfitting_parts(one_click, {{"begleitdatei.xml", ""}}).size(), 1U);
  EXPECT_TRUE(
      unfitting_parts(documentation, {{"begleitdatei.xml", "eDoku-Begleitdatei"}, {"a.zip.xkm", "eDoku-Archiv"}})
          .empty());
  EXPECT_EQ(unfitting_parts(documentation, {{"begleitdatei.xml", ""}, {"a.zip.xkm", ""}}).size(), 2U);
  EXPECT_TRUE(unfitting_parts({"1ClickAbrechnung", "Rueckmeldung", "V2.0"}, {}).empty());
  EXPECT_TRUE(unfitting_parts({"eNachricht", "Lieferung", "V2.0"}, {{"a", ""}}).empty());
}

}  // namespace
}  // namespace kvc::billing
