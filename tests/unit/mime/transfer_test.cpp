// SPDX-License-Identifier: Apache-2.0
#include "mime/transfer.h"

#include <gtest/gtest.h>

#include <string>

namespace kvc::mime {
namespace {

using namespace std::string_literals;

std::string decoded(std::string_view body, std::string_view encoding) {
  auto result = decode_transfer(body, encoding);
  EXPECT_TRUE(result.ok()) << result.status().to_string();
  return result.ok() ? std::string(view(*result)) : "?";
}

std::string encoded(std::string_view bytes, std::size_t piece) {
  std::string out;
  Base64Writer writer([&](std::string_view text) {
    out += text;
    return Status();
  });
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    EXPECT_TRUE(writer.write(bytes.substr(at, piece)).ok());
  }
  EXPECT_TRUE(writer.finish().ok());
  return out;
}

TEST(Transfer, Base64) {
  EXPECT_EQ(decoded("SGFs\r\nbG8=\r\n", "base64"), "Hallo");
  EXPECT_EQ(decoded("SGFsbG8=", "BASE64"), "Hallo");
  EXPECT_EQ(decoded("", "base64"), "");
  EXPECT_EQ(decoded("\r\n\r\n", "base64"), "");
  EXPECT_EQ(decoded(" S G F s \n\tbG8= ", "base64"), "Hallo");
}

TEST(Transfer, Base64RoundTripAcrossPieces) {
  std::string bytes;
  for (int i = 0; i < 200000; ++i) {
    bytes += static_cast<char>(i * 7 + i / 256);
  }
  for (const std::size_t piece : {1UL, 56UL, 57UL, 58UL, 4096UL, 200000UL}) {
    const auto text = encoded(std::string_view(bytes).substr(0, piece == 1 ? 5000 : bytes.size()), piece);
    EXPECT_EQ(decoded(text, "base64"), bytes.substr(0, piece == 1 ? 5000 : bytes.size()));
    EXPECT_EQ(text.find("\r\n"), 76U);
  }
}

TEST(Transfer, Base64OfNothingIsNothing) {
  EXPECT_EQ(encoded("", 1), "");
}

TEST(Transfer, BrokenBase64IsRefused) {
  for (const auto& body :
       {"SGFsbG8"s, "SGFsb"s, "SGFs!G8="s, "SGF-bG8="s, "===="s, "SGFsbG8=SGFs"s, "SG\0s"s, "SGFsbG8=="s}) {
    const auto result = decode_transfer(body, "base64");
    ASSERT_FALSE(result.ok()) << body;
    EXPECT_TRUE(result.status().is(error::malformed));
  }
}

TEST(Transfer, QuotedPrintable) {
  EXPECT_EQ(decoded("Gr=C3=BC=C3=9Fe=\r\n an alle\r\n", "quoted-printable"), "Grüße an alle\r\n");
  EXPECT_EQ(decoded("a=3Db", "Quoted-Printable"), "a=b");
  EXPECT_EQ(decoded("", "quoted-printable"), "");
}

TEST(Transfer, BrokenQuotedPrintableIsRefused) {
  for (const char* body : {"a=XY", "a=4", "=\x80\x80"}) {
    EXPECT_FALSE(decode_transfer(body, "quoted-printable").ok()) << body;
  }
}

TEST(Transfer, IdentityAndUnknown) {
  EXPECT_EQ(decoded("x\0y"s, ""), "x\0y"s);
  EXPECT_EQ(decoded("x", "8bit"), "x");
  EXPECT_EQ(decoded("x", "Binary"), "x");
  EXPECT_FALSE(decode_transfer("x", "x-uuencode").ok());
}

TEST(Transfer, AFailingSinkEndsTheWork) {
  int calls = 0;
  const auto status = decode_transfer(std::string(1000000, 'A'), "base64", [&](std::string_view) {
    ++calls;
    return Status(error::file_unwritable, "full");
  });
  EXPECT_TRUE(status.is(error::file_unwritable));
  EXPECT_EQ(calls, 1);
}

TEST(QuotedPrintable, RoundTripAndLineLength) {
  const std::string text =
      "Grüße, = und Blanks am Ende \nzweite\tZeile\t\r\n" + std::string(300, 'x') + "\n\n.\nFrom \x01 ende";
  WipedBytes out;
  append_quoted_printable(out, text);
  std::string expected;
  for (std::size_t i = 0; i < text.size(); ++i) {
    expected += text[i] == '\n' && (i == 0 || text[i - 1] != '\r') ? "\r\n" : std::string(1, text[i]);
  }
  EXPECT_EQ(decoded(view(out), "quoted-printable"), expected);
  std::size_t from = 0;
  for (auto at = view(out).find("\r\n"); at != std::string_view::npos; at = view(out).find("\r\n", from)) {
    EXPECT_LE(at - from, 76U);
    EXPECT_FALSE(at > from && (view(out)[at - 1] == ' ' || view(out)[at - 1] == '\t'));
    from = at + 2;
  }
}

}  // namespace
}  // namespace kvc::mime
