// SPDX-License-Identifier: Apache-2.0
// Protocol D, row eArztbrief 1.2: exactly one PDF, exactly one CDA XML, further eAB-Anhang-01..99.
#include "letter/parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/letter/samples.h"

namespace kvc::letter {
namespace {

using samples::param;
using testing::ElementsAre;

const LetterPart kPdf{"b.pdf", "application/pdf", "eAB-PDF-unsigned", 20, "%PDF-1.7\n1 0 \n%%EOF\n"};
const LetterPart kCda{"b.xml", "application/xml", "eAB-XML", 100, "<?xml"};

LetterPart annex(int number) {
  return {"anhang.jpg", "image/jpeg", annex_description(number), 5, ""};
}

LetterPart changed(LetterPart part, const std::function<void(LetterPart&)>& change) {
  change(part);
  return part;
}

TEST(LetterParts, OnePdfOneXmlAndAnnexes) {
  const auto roles = check_parts({kPdf, kCda, annex(1), annex(2)});
  ASSERT_TRUE(roles.ok()) << roles.status().to_string();
  EXPECT_EQ(roles->pdf, 0U);
  EXPECT_EQ(roles->xml, 1U);
  EXPECT_FALSE(roles->pdf_signed);
  EXPECT_THAT(roles->annexes, ElementsAre(2, 3));
  const auto with_signature = check_parts({kCda, changed(kPdf, [](auto& p) { p.description = kPdfSigned; })});
  ASSERT_TRUE(with_signature.ok());
  EXPECT_TRUE(with_signature->pdf_signed);
  EXPECT_EQ(with_signature->pdf, 1U);
}

TEST(LetterParts, WrongPartsAreNamed) {
  std::vector<LetterPart> hundred = {kPdf, kCda};
  for (int i = 1; i <= 99; ++i) {
    hundred.push_back(annex(i));
  }
  EXPECT_TRUE(check_parts(hundred).ok());
  hundred.push_back(changed(annex(1), [](auto& p) { p.description = "eAB-Anhang-100"; }));
  const std::vector<std::pair<std::vector<LetterPart>, std::string>> wrong = {
      {{}, ""},
      {{kPdf}, ""},
      {{kCda}, ""},
      {{kPdf, kPdf, kCda}, "b.pdf"},
      {{kPdf, kCda, kCda}, "b.xml"},
      {{kPdf, kCda, annex(2)}, "anhang.jpg"},
      {{kPdf, kCda, annex(1), annex(1)}, "anhang.jpg"},
      {{kPdf, kCda, changed(annex(1), [](auto& p) { p.size = 0; })}, "anhang.jpg"},
      {{kPdf, kCda, {"x.txt", "text/plain", "", 1, ""}}, "x.txt"},
      {{kPdf, kCda, changed(annex(1), [](auto& p) { p.description = "eAB-Anhang-00"; })}, "anhang.jpg"},
      {{kPdf, kCda, changed(annex(1), [](auto& p) { p.description = "eAB-Anhang-x1"; })}, "anhang.jpg"},
      {{changed(kPdf, [](auto& p) { p.type = "text/plain"; }), kCda}, "b.pdf"},
      {{changed(kPdf, [](auto& p) { p.head = "MZ"; }), kCda}, "b.pdf"},
      {{changed(kPdf,
                [](auto& p) {
                  p.head = "%PDF-1.7\n1 0 \n%%EO";
                  p.size = p.head.size();
                }),
        kCda},
       "b.pdf"},
      {{changed(kPdf,
                [](auto& p) {
                  p.head = "";
                  p.size = 0;
                }),
        kCda},
       "b.pdf"},
      {{kPdf, changed(kCda, [](auto& p) { p.type = "text/html"; })}, "b.xml"},
      {{kPdf, changed(kCda, [](auto& p) { p.head = "%PDF-"; })}, "b.xml"},
      {{kPdf, changed(kCda, [](auto& p) { p.size = 0; })}, "b.xml"},
      {hundred, "anhang.jpg"},
  };
  for (const auto& [parts, name] : wrong) {
    const auto roles = check_parts(parts);
    EXPECT_TRUE(roles.status().is(error::invalid_field)) << name;
    EXPECT_EQ(param(roles.status(), "file"), name);
    EXPECT_FALSE(param(roles.status(), "expected").empty()) << name;
  }
}

TEST(LetterParts, PdfIsLookedAt) {
  EXPECT_TRUE(check_pdf("%PDF-1.4", 100, "a").ok()) << "only the beginning is known";
  EXPECT_TRUE(check_pdf(std::string(900, ' ') + "%PDF-1.4", 5000, "a").ok());
  EXPECT_FALSE(check_pdf(std::string(1020, ' ') + "%PDF-1.4", 5000, "a").ok());
  EXPECT_FALSE(check_pdf("", 0, "a").ok());
  EXPECT_FALSE(check_pdf("%PDF", 4, "a").ok());
  EXPECT_FALSE(check_pdf("%PDF-1.4 ", 9, "a").ok()) << "whole, and without an end";
}

TEST(LetterParts, ReadingIsLenient) {
  const auto roles = find_roles({{"", "text/plain", "", 1, ""},
                                 {"x.pdf", "Application/PDF", "", 1, ""},
                                 {"y.xml", "text/xml", "", 1, ""},
                                 {"z.pdf", "application/pdf", "", 1, ""}});
  EXPECT_EQ(roles.pdf, 1U);
  EXPECT_EQ(roles.xml, 2U);
  EXPECT_THAT(roles.annexes, ElementsAre(3));
  const auto by_description = find_roles({{"x.pdf", "application/pdf", "eAB-Anhang-01", 1, ""},
                                          {"y", "application/octet-stream", "eAB-PDF-signed", 1, ""}});
  EXPECT_EQ(by_description.pdf, 1U);
  EXPECT_TRUE(by_description.pdf_signed);
  EXPECT_FALSE(by_description.xml);
  EXPECT_THAT(by_description.annexes, ElementsAre(0));
  EXPECT_FALSE(find_roles({}).pdf);
}

}  // namespace
}  // namespace kvc::letter
