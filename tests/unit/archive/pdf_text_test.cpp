// SPDX-License-Identifier: Apache-2.0
#include "archive/pdf_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

namespace kvc::archive {
namespace {

using testing::HasSubstr;

std::string pdf(const std::string& text) {
  const auto made = text_pdf(text, "Titel");
  EXPECT_TRUE(made.ok()) << made.status().to_string();
  return made.ok() ? *made : std::string();
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) {
    ++found;
  }
  return found;
}

/// What a reader relies on: every entry of the table points to its object, every length is that of its stream.
void expect_sound(const std::string& document) {
  EXPECT_TRUE(document.starts_with("%PDF-1.4\n"));
  EXPECT_TRUE(document.ends_with("\n%%EOF\n"));
  const std::size_t start = document.rfind("startxref\n") + 10;
  const std::size_t table = std::stoul(document.substr(start));
  ASSERT_EQ(document.substr(table, 5), "xref\n");
  const std::regex entry("([0-9]{10}) 00000 n \n");
  std::size_t number = 0;
  for (std::sregex_iterator it(document.begin() + static_cast<std::ptrdiff_t>(table), document.end(), entry), end;
       it != end; ++it) {
    const std::string wanted = std::to_string(++number) + " 0 obj\n";
    EXPECT_EQ(document.substr(std::stoul((*it)[1]), wanted.size()), wanted);
  }
  EXPECT_THAT(document, HasSubstr("/Size " + std::to_string(number + 1)));
  const std::regex stream("/Length ([0-9]+) >>\nstream\n");
  for (std::sregex_iterator it(document.begin(), document.end(), stream), end; it != end; ++it) {
    const std::size_t begin = static_cast<std::size_t>(it->position() + it->length());
    EXPECT_EQ(document.substr(begin + std::stoul((*it)[1]), 9), "endstream");
  }
  for (const char c : document) {
    ASSERT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7F)) << "printable ASCII alone";
  }
}

TEST(PdfText, IsASoundDocument) {
  for (const std::string& text : {std::string(), std::string("eine Zeile"), std::string("a\nb\n\nc\n")}) {
    expect_sound(pdf(text));
  }
  EXPECT_EQ(count(pdf(""), "/Type /Page "), 1);
}

TEST(PdfText, UmlautsAreWinAnsi) {
  const std::string document = pdf("Grüße: ÄÖÜ ß € „x“ – …");
  expect_sound(document);
  EXPECT_THAT(document, HasSubstr("(Gr\\374\\337e: \\304\\326\\334 \\337 \\200 \\204x\\223 \\226 \\205) Tj"));
}

TEST(PdfText, WhatTheFontLacksIsNamed) {
  const std::string document =
      pdf("Ł Ω \xF0\x9F\x98\x80 a\xC2\xAD"
          "b");
  EXPECT_THAT(document, HasSubstr("(<U+0141> <U+03A9> <U+1F600> a<U+00AD>b) Tj"));
}

TEST(PdfText, NothingBreaksOutOfAString) {
  const std::string document = pdf("a) Tj ET (b\\ \\) \x1b[0m \t \x7f endstream");
  expect_sound(document);
  EXPECT_THAT(document, HasSubstr("(a\\) Tj ET \\(b\\\\ \\\\\\)  [0m     endstream) Tj"));
  expect_sound(pdf(std::string("\xFF\xFE\x80\0x", 5)));
}

TEST(PdfText, BreaksLinesAndPages) {
  const std::string line(200, 'x');
  const std::string broken = pdf(line);
  EXPECT_THAT(broken, HasSubstr("(" + std::string(94, 'x') + ") Tj T*\n(" + std::string(94, 'x') + ") Tj T*\n(" +
                                std::string(12, 'x') + ") Tj"));
  std::string lines;
  for (int i = 0; i < 67; ++i) {
    lines += std::to_string(i) + "\n";
  }
  const std::string two = pdf(lines);
  expect_sound(two);
  EXPECT_EQ(count(two, "/Type /Page "), 2);
  EXPECT_THAT(two, HasSubstr("/Count 2"));
  EXPECT_EQ(count(pdf("a\fb\fc"), "/Type /Page "), 3);
}

TEST(PdfText, TheTitleIsUnicode) {
  const auto made = text_pdf("x", "Ü\xF0\x9F\x98\x80");
  EXPECT_THAT(*made, HasSubstr("/Title <FEFF00DCD83DDE00>"));
}

TEST(PdfText, DependsOnItsTextAlone) {
  EXPECT_EQ(pdf("a\nb"), pdf("a\nb"));
}

TEST(PdfText, EndlessTextsAreRefused) {
  EXPECT_TRUE(text_pdf(std::string(20001, '\n'), "").status().is(error::too_large));
  EXPECT_TRUE(text_pdf(std::string(20001 * 94, 'x'), "").status().is(error::too_large));
  EXPECT_TRUE(text_pdf(std::string(20000, '\n'), "").ok());
}

}  // namespace
}  // namespace kvc::archive
