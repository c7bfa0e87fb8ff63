// SPDX-License-Identifier: Apache-2.0
#include "mime/build.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "mime/header.h"

namespace kvc::mime {
namespace {

void expect_folded(const std::string& text) {
  std::size_t from = 0;
  for (auto at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n", from)) {
    EXPECT_LE(at - from, 78U) << text;
    from = at + 2;
  }
  EXPECT_EQ(from, text.size()) << "does not end in CRLF";
}

TEST(HeaderWriter, WritesAndFolds) {
  HeaderWriter writer;
  ASSERT_TRUE(writer.ascii("From", "anna@praxis.test").ok());
  std::string longer = "one";
  for (int i = 0; i < 40; ++i) {
    longer += " word" + std::to_string(i);
  }
  ASSERT_TRUE(writer.text("Subject", longer).ok());
  expect_folded(writer.str());
  const auto header = Header::parse(writer.str());
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->get("From"), "anna@praxis.test");
  EXPECT_EQ(header->text("Subject"), longer);
}

TEST(HeaderWriter, EncodesWhatIsNotAscii) {
  for (const std::string& value :
       {std::string("Grüße an die Kollegin"), std::string("=?UTF-8?Q?fake?="), std::string("zwei  Blanks"),
        std::string(200, 'x'), std::string("€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€"),
        std::string("𝄞 Ton"), std::string("")}) {
    HeaderWriter writer;
    ASSERT_TRUE(writer.text("Subject", value).ok()) << value;
    expect_folded(writer.str());
    const auto header = Header::parse(writer.str());
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(header->text("Subject"), value);
  }
}

TEST(HeaderWriter, RefusesLineBreaksAndControls) {
  using namespace std::string_literals;
  for (const auto& value : {"a\r\nBcc: x@y"s, "a\nb"s, "a\rb"s, "a\0b"s, "a\x7f"s, "\t"s}) {
    HeaderWriter writer;
    for (const auto& status :
         {writer.ascii("To", value), writer.text("To", value),
          writer.with_file_name("To", "attachment", "filename", value), writer.with_file_name("To", value, "f", "n")}) {
      ASSERT_FALSE(status.ok()) << value;
      EXPECT_TRUE(status.is(error::invalid_field));
      ASSERT_EQ(status.params().size(), 1U);
      EXPECT_EQ(status.params()[0].second, "To");
      EXPECT_EQ(status.detail().find(value), std::string::npos) << "the value is repeated in the error";
    }
    EXPECT_EQ(writer.str(), "");
  }
  HeaderWriter writer;
  EXPECT_FALSE(writer.ascii("To", "müller@praxis.test").ok());
  EXPECT_FALSE(writer.text("Subject", "\xff").ok());
  EXPECT_FALSE(writer.with_file_name("X", "a", "f", "\xc3").ok());
}

TEST(HeaderWriter, FileNames) {
  std::string umlauts;
  for (int i = 0; i < 60; ++i) {
    umlauts += "ä";
  }
  for (const std::string& name : {std::string("brief.pdf"), std::string("Brief an \"Anna\" \\ Teil 1.pdf"),
                                  std::string("Grüße.pdf"), umlauts + ".pdf", std::string(180, 'a') + ".xml",
                                  std::string("a  b.txt"), std::string("100%'*.txt"), std::string("x;y=z.txt")}) {
    HeaderWriter writer;
    ASSERT_TRUE(writer.with_file_name("Content-Disposition", "attachment", "filename", name).ok());
    expect_folded(writer.str());
    const auto header = Header::parse(writer.str());
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(file_name(*header), name) << writer.str();
  }
}

TEST(DateText, Rfc5322) {
  using namespace std::chrono;
  EXPECT_EQ(date_text(sys_days(year(2026) / 11 / 23) + hours(15) + minutes(35) + seconds(28)),
            "Mon, 23 Nov 2026 15:35:28 +0000");
  EXPECT_EQ(date_text(sys_days(year(2000) / 2 / 29)), "Tue, 29 Feb 2000 00:00:00 +0000");
  EXPECT_EQ(date_text(sys_days(year(1970) / 1 / 1) - seconds(1)), "Wed, 31 Dec 1969 23:59:59 +0000");
}

TEST(Boundary, IsNewEachTimeAndSafe) {
  const auto a = new_boundary(Env::system());
  EXPECT_NE(a, new_boundary(Env::system()));
  EXPECT_EQ(a.rfind("=_", 0), 0U);
  EXPECT_LE(a.size(), 70U);
}

}  // namespace
}  // namespace kvc::mime
