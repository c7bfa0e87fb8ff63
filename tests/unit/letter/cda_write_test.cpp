// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "letter/cda.h"
#include "unit/letter/samples.h"
#include "xml/reader.h"

namespace kvc::letter {
namespace {

using samples::letter;
using samples::param;

std::string written(const Letter& made) {
  const auto document = write_cda(made);
  EXPECT_TRUE(document.ok()) << document.status().to_string();
  return document.ok() ? *document : std::string();
}

TEST(CdaWrite, WhatIsWrittenIsReadAgain) {
  const auto read = read_cda(written(letter()));
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  EXPECT_THAT(read->deviations, testing::IsEmpty());
  EXPECT_EQ(read->document_id, "6f1c2d3e-0000-4a4a-8b8b-0123456789ab");
  EXPECT_EQ(read->title, "Arztbrief");
  EXPECT_EQ(read->created, "20260105093000+0100");
  EXPECT_EQ(read->author, "Dr. med. Anna Testärztin");
  EXPECT_EQ(read->custodian, "Praxis Test & Söhne");
  EXPECT_EQ(read->patient.kvnr, "K070990552");
  EXPECT_EQ(read->patient.given, "Erika");
  EXPECT_EQ(read->patient.family, "Testpatient");
  EXPECT_EQ(read->patient.birth_date, "1990-09-07");
  EXPECT_EQ(read->patient.gender, Gender::female);
  EXPECT_THAT(read->patient.other_ids, testing::IsEmpty());
}

TEST(CdaWrite, HasEverythingAHeaderNeeds) {
  const auto root = xml::read(written(letter()));
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(root->ns, "urn:hl7-org:v3");
  EXPECT_EQ(root->child("typeId")->value("extension"), "POCD_HD000040");
  EXPECT_EQ(root->child("code")->value("code"), "11488-4");
  EXPECT_EQ(root->at("recordTarget/patientRole/id")->value("root"), "1.2.276.0.76.4.8");
  EXPECT_EQ(root->at("recordTarget/patientRole/addr/city")->text, "Berlin");
  EXPECT_EQ(root->at("author/assignedAuthor/id")->value("extension"), "999999900");
  EXPECT_EQ(root->at("author/assignedAuthor/representedOrganization/id")->value("extension"), "721234500");
  EXPECT_EQ(root->at("informationRecipient/intendedRecipient/informationRecipient/name/family")->text, "Empfänger");
  EXPECT_EQ(root->at("informationRecipient/intendedRecipient/receivedOrganization/name")->text, "MVZ <Süd>");
  const auto* text = root->at("component/nonXMLBody/text");
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(text->value("mediaType"), "application/pdf");
  EXPECT_EQ(text->child("reference")->value("value"), "Arztbrief%20Testpatient.pdf");
}

TEST(CdaWrite, NoValueBreaksOutOfItsPlace) {
  Letter made = letter();
  const std::string nasty = "</family><family>\"'&amp;]]>\r\nx";
  made.patient.name.family = nasty;
  made.title = nasty;
  made.practice.name = nasty;
  const auto root = xml::read(written(made));
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(root->at("recordTarget/patientRole/patient/name/family")->text, nasty);
  EXPECT_EQ(root->child("title")->text, nasty);
}

TEST(CdaWrite, LeavesOutWhatIsNotKnown) {
  Letter made = letter();
  made.patient.kvnr.clear();
  made.patient.gender = Gender::unknown;
  made.patient.address = {};
  made.author_lanr.clear();
  made.practice.bsnr.clear();
  made.practice.phone.clear();
  made.recipient = {};
  made.recipient_organisation = {};
  const auto document = written(made);
  const auto root = xml::read(document);
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(root->at("recordTarget/patientRole/id")->value("nullFlavor"), "UNK");
  EXPECT_EQ(root->child("informationRecipient"), nullptr);
  EXPECT_EQ(document.find("administrativeGenderCode"), std::string::npos);
  EXPECT_THAT(*check_structure(document), testing::IsEmpty());
}

TEST(CdaWrite, WrongFieldsAreNamed) {
  using Change = void (*)(Letter&);
  const std::vector<std::pair<const char*, Change>> wrong = {
      {"document_id", [](Letter& l) { l.document_id = "1"; }},
      {"title", [](Letter& l) { l.title = ""; }},
      {"title", [](Letter& l) { l.title = "\x1B[0m"; }},
      {"patient.family", [](Letter& l) { l.patient.name.family = ""; }},
      {"patient.family", [](Letter& l) { l.patient.name.given = std::string(501, 'x'); }},
      {"family", [](Letter& l) { l.patient.name.family = "\xFF"; }},
      {"patient.birth_date", [](Letter& l) { l.patient.birth_date = "07.09.1990"; }},
      {"patient.birth_date", [](Letter& l) { l.patient.birth_date = "1990-02-30"; }},
      {"patient.birth_date", [](Letter& l) { l.patient.birth_date = ""; }},
      {"patient.kvnr", [](Letter& l) { l.patient.kvnr = "K070990553"; }},
      {"author.family", [](Letter& l) { l.author.family = ""; }},
      {"lanr", [](Letter& l) { l.author_lanr = "1"; }},
      {"practice.name", [](Letter& l) { l.practice.name = ""; }},
      {"bsnr", [](Letter& l) { l.practice.bsnr = "x"; }},
      {"bsnr", [](Letter& l) { l.recipient_organisation.bsnr = "x"; }},
      {"pdf_name", [](Letter& l) { l.pdf_name = "../a.pdf"; }},
      {"pdf_name", [](Letter& l) { l.pdf_name = ""; }},
  };
  for (const auto& [field, change] : wrong) {
    Letter made = letter();
    change(made);
    const auto document = write_cda(made);
    EXPECT_TRUE(document.status().is(error::invalid_field)) << field;
    EXPECT_EQ(param(document.status(), "field"), field);
    EXPECT_EQ(document.status().detail().find("Testpatient"), std::string::npos);
  }
}

TEST(Kvnr, HasALetterAndARightCheckDigit) {
  EXPECT_TRUE(is_kvnr("K070990552"));
  EXPECT_TRUE(is_kvnr("A123456780"));
  for (const char* bad : {"", "K070990553", "k070990552", "1070990552", "K07099055", "K0709905522", "KK70990552",
                          "\xC3\x84"
                          "70990552"}) {
    EXPECT_FALSE(is_kvnr(bad)) << bad;
  }
}

}  // namespace
}  // namespace kvc::letter
