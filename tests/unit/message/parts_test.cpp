// SPDX-License-Identifier: Apache-2.0
// What is listed as the parts of a verified message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using namespace samples;
using testing::Contains;
using testing::HasSubstr;

OpenedMessage signed_by_anna(const std::string& part) {
  return opened(enveloped_mail(multipart_signed(part, signature(part, world().anna))));
}

std::string bytes_of(const OpenedMessage& message, std::size_t index) {
  std::ostringstream out;
  const Status status = message.read_part(index, out);
  EXPECT_TRUE(status.ok()) << status.to_string();
  return out.str();
}

TEST(Parts, TextAndAttachments) {
  auto outgoing = letter();
  std::string binary;
  for (int i = 0; i < 100000; ++i) {
    binary += static_cast<char>(i * 31);
  }
  outgoing.attachments = {attachment("Befund Müller.pdf", binary, "application/pdf", "eAB-PDF-unsigned"),
                          attachment("leer.bin", "")};
  const auto message = opened(sealed(outgoing));
  ASSERT_EQ(message.verdict, Verdict::valid) << message.layers[0].reason;
  EXPECT_EQ(message.content_type(), "multipart/mixed");
  ASSERT_EQ(message.parts.size(), 3U);
  EXPECT_FALSE(message.parts[0].attachment);
  EXPECT_EQ(message.parts[0].type, "text/plain");
  EXPECT_TRUE(message.parts[1].attachment);
  EXPECT_EQ(message.parts[1].name, "Befund Müller.pdf");
  EXPECT_EQ(message.parts[1].type, "application/pdf");
  EXPECT_EQ(message.parts[1].description, "eAB-PDF-unsigned");
  EXPECT_EQ(message.parts[1].size, binary.size());
  EXPECT_EQ(bytes_of(message, 1), binary);
  EXPECT_EQ(message.parts[2].size, 0U);
  // SHA-256 of nothing (FIPS 180-4).
  EXPECT_EQ(message.parts[2].sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  std::ostringstream unverified;
  EXPECT_TRUE(message.read_unverified(unverified).ok());
  EXPECT_EQ(unverified.str(), "");
}

TEST(Parts, ACopyOutlivesTheOriginal) {
  OpenedMessage copy;
  {
    const auto message = opened(sealed(letter()));
    copy = message;
  }
  EXPECT_EQ(copy.text(), "Guten Tag, Herr Kollege");
}

TEST(Parts, ThereIsNoSuchPart) {
  const auto message = opened(sealed(letter()));
  std::ostringstream out;
  EXPECT_TRUE(message.read_part(1, out).is(error::not_found));
  EXPECT_TRUE(OpenedMessage().read_part(0, out).is(error::not_found));
  EXPECT_EQ(OpenedMessage().text(), "");
  EXPECT_EQ(OpenedMessage().content_type(), "");
}

TEST(Parts, AFullDiskIsReported) {
  const auto message = opened(sealed(letter()));
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  EXPECT_TRUE(message.read_part(0, out).is(error::file_unwritable));
}

TEST(Parts, TextInOtherCharacterSets) {
  for (const auto& [charset, bytes] : {std::pair<std::string, std::string>{"iso-8859-1",
                                                                           "Gr\xfc\xdf"
                                                                           "e"},
                                       {"iso-8859-15",
                                        "Gr\xfc\xdf"
                                        "e"},
                                       {"windows-1252",
                                        "Gr\xfc\xdf"
                                        "e"},
                                       {"utf-8", "Grüße"},
                                       {"",
                                        "Gr\xfc\xdf"
                                        "e"}}) {
    const std::string part = "Content-Type: text/plain" + (charset.empty() ? "" : "; charset=" + charset) +
                             "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + bytes;
    EXPECT_EQ(signed_by_anna(part).text(), "Grüße") << charset;
  }
}

TEST(Parts, TheTextIsTheFirstThatIsNoAttachment) {
  const std::string part =
      "Content-Type: multipart/mixed; boundary=M\r\n\r\n--M\r\nContent-Type: text/plain; "
      "name=a.txt\r\n\r\nfile\r\n--M\r\n"
      "Content-Type: multipart/alternative; boundary=A\r\n\r\n--A\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n--A\r\n"
      "Content-Type: text/plain\r\n\r\nthe text\r\n--A--\r\n--M\r\nContent-Type: text/plain\r\n\r\nlater\r\n--M--\r\n";
  const auto message = signed_by_anna(part);
  ASSERT_EQ(message.parts.size(), 4U);
  EXPECT_EQ(message.text(), "the text");
}

TEST(Parts, AForwardedMailIsAPartAndNotALayer) {
  const auto message = signed_by_anna("Content-Type: message/rfc822\r\n\r\n" + sealed(letter()));
  ASSERT_EQ(message.layers.size(), 1U);
  ASSERT_EQ(message.parts.size(), 1U);
  EXPECT_TRUE(message.parts[0].attachment);
}

TEST(Parts, APartThatCannotBeDecodedIsOfferedAsItIs) {
  const auto message = signed_by_anna(
      "Content-Type: multipart/mixed; boundary=M\r\n\r\n--M\r\n\r\ngood\r\n--M\r\nContent-Type: application/pdf; "
      "name=a.pdf\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nSGFsbG8\r\n--M--\r\n");
  EXPECT_EQ(message.verdict, Verdict::valid);
  EXPECT_THAT(message.layers[0].warnings, Contains("part_undecodable: 2"));
  ASSERT_EQ(message.parts.size(), 2U);
  EXPECT_EQ(bytes_of(message, 1), "SGFsbG8");
  EXPECT_EQ(message.text(), "good");
}

TEST(Parts, MissingFinalDelimiterIsAWarning) {
  const auto message = signed_by_anna("Content-Type: multipart/mixed; boundary=M\r\n\r\n--M\r\n\r\ntext");
  EXPECT_EQ(message.verdict, Verdict::valid);
  EXPECT_EQ(message.text(), "text");
  EXPECT_THAT(message.layers[0].warnings, Contains(HasSubstr("multipart_not_closed")));
}

TEST(Parts, BrokenStructureIsMalformedAndNothingIsListed) {
  for (const std::string& part :
       {std::string("Content-Type: multipart/mixed\r\n\r\nno boundary"),
        std::string("Content-Type: multipart/mixed; boundary=M\r\n\r\nno delimiter"),
        std::string("Content-Type: multipart/mixed; boundary=M\r\n\r\n--M\r\nno header\r\n--M--")}) {
    const auto message = signed_by_anna(part);
    EXPECT_EQ(message.verdict, Verdict::malformed) << part;
    EXPECT_TRUE(message.parts.empty());
    std::ostringstream raw;
    EXPECT_TRUE(message.read_unverified(raw).ok());
    EXPECT_EQ(raw.str(), part);
  }
}

TEST(Parts, NestingAndNumberAreLimited) {
  std::string deep = "\r\nend";
  for (int i = 0; i < 16; ++i) {
    const std::string b = "b" + std::to_string(i);
    deep = "Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n" + deep + "\r\n--" + b + "--";
    EXPECT_EQ(signed_by_anna(deep).verdict, i < 15 ? Verdict::valid : Verdict::malformed) << i;
  }
  std::string many = "Content-Type: multipart/mixed; boundary=M\r\n\r\n";
  for (int i = 0; i < 100000; ++i) {
    many += "--M\r\n\r\n\r\n";
  }
  EXPECT_EQ(signed_by_anna(many + "--M--").verdict, Verdict::malformed);
  // Many small multiparts, each below its own limit.
  std::string inner = "Content-Type: multipart/mixed; boundary=I\r\n\r\n";
  for (int i = 0; i < 900; ++i) {
    inner += "--I\r\n\r\n\r\n";
  }
  inner += "--I--";
  EXPECT_EQ(signed_by_anna("Content-Type: multipart/mixed; boundary=M\r\n\r\n--M\r\n" + inner + "\r\n--M\r\n" + inner +
                           "\r\n--M--")
                .verdict,
            Verdict::malformed);
}

}  // namespace
}  // namespace kvc::message
