// SPDX-License-Identifier: Apache-2.0
#include "mime/split.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace kvc::mime {
namespace {

TEST(SplitEntity, KeepsEveryByte) {
  const auto crlf = split_entity("A: 1\r\nB: 2\r\n\r\nbody\r\n");
  EXPECT_EQ(crlf.header, "A: 1\r\nB: 2\r\n");
  EXPECT_EQ(crlf.body, "body\r\n");
  const auto lf = split_entity("A: 1\n\n\nbody");
  EXPECT_EQ(lf.header, "A: 1\n");
  EXPECT_EQ(lf.body, "\nbody");
}

TEST(SplitEntity, WithoutHeaderOrWithoutBody) {
  EXPECT_EQ(split_entity("\r\nbody").header, "");
  EXPECT_EQ(split_entity("\r\nbody").body, "body");
  EXPECT_EQ(split_entity("A: 1\r\nB: 2").header, "A: 1\r\nB: 2");
  EXPECT_EQ(split_entity("A: 1\r\nB: 2").body, "");
  EXPECT_EQ(split_entity("").header, "");
  EXPECT_EQ(split_entity("A: 1\r\n\r\n").body, "");
}

TEST(SplitMultipart, GivesTheExactBytesOfAPart) {
  const auto parts =
      split_multipart("preamble\r\n--b\r\nA: 1\r\n\r\none\r\n\r\n--b\r\n\r\ntwo\r\n--b--\r\nepilogue", "b");
  ASSERT_TRUE(parts.ok());
  ASSERT_EQ(parts->parts.size(), 2U);
  // The line end before a delimiter belongs to the delimiter, exactly one.
  EXPECT_EQ(parts->parts[0], "A: 1\r\n\r\none\r\n");
  EXPECT_EQ(parts->parts[1], "\r\ntwo");
  EXPECT_TRUE(parts->closed);
}

TEST(SplitMultipart, ReadsLfAndMixedLineEnds) {
  const auto lf = split_multipart("--b\none\n--b\ntwo\n--b--\n", "b");
  ASSERT_TRUE(lf.ok());
  EXPECT_EQ(lf->parts[0], "one");
  EXPECT_EQ(lf->parts[1], "two");
  // OpenSSL writes the part with CRLF and its delimiter lines with LF.
  const auto mixed = split_multipart("--b\none\r\n\n--b\ntwo\r\n--b--", "b");
  ASSERT_TRUE(mixed.ok());
  EXPECT_EQ(mixed->parts[0], "one\r\n");
  EXPECT_EQ(mixed->parts[1], "two");
}

TEST(SplitMultipart, ALineThatOnlyBeginsLikeADelimiterIsContent) {
  const auto parts =
      split_multipart("--b\r\n--bb\r\nx--b\r\n --b\r\n--b-\r\n--b--x\r\n--b \t\r\nlast\r\n--b-- \r\n", "b");
  ASSERT_TRUE(parts.ok());
  ASSERT_EQ(parts->parts.size(), 2U);
  EXPECT_EQ(parts->parts[0], "--bb\r\nx--b\r\n --b\r\n--b-\r\n--b--x");
  EXPECT_EQ(parts->parts[1], "last");
}

TEST(SplitMultipart, BoundaryIsComparedLiterally) {
  const auto parts = split_multipart("--a.b\r\none\r\n--axb\r\n--a.b--", "a.b");
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->parts[0], "one\r\n--axb");
}

TEST(SplitMultipart, MissingFinalDelimiterIsReported) {
  const auto parts = split_multipart("--b\r\none\r\n--b\r\ntwo", "b");
  ASSERT_TRUE(parts.ok());
  EXPECT_FALSE(parts->closed);
  ASSERT_EQ(parts->parts.size(), 2U);
  EXPECT_EQ(parts->parts[1], "two");
}

TEST(SplitMultipart, EmptyPartsAreParts) {
  const auto parts = split_multipart("--b\r\n--b\r\n\r\n--b--", "b");
  ASSERT_TRUE(parts.ok());
  ASSERT_EQ(parts->parts.size(), 2U);
  EXPECT_EQ(parts->parts[0], "");
  EXPECT_EQ(parts->parts[1], "");
}

TEST(SplitMultipart, NothingAfterTheFinalDelimiterCounts) {
  const auto parts = split_multipart("--b\r\none\r\n--b--\r\n--b\r\nhidden\r\n--b--", "b");
  ASSERT_TRUE(parts.ok());
  ASSERT_EQ(parts->parts.size(), 1U);
}

TEST(SplitMultipart, RefusesWhatIsNoMultipart) {
  for (const auto& [body, boundary] : {std::pair<std::string, std::string>{"no delimiter", "b"},
                                       {"", "b"},
                                       {"--b--\r\n", "b"},
                                       {"--\r\nx\r\n----", ""},
                                       {"--b\r\nx", std::string(201, 'b')}}) {
    const auto parts = split_multipart(body, boundary);
    ASSERT_FALSE(parts.ok()) << body;
    EXPECT_TRUE(parts.status().is(error::malformed));
  }
}

TEST(SplitMultipart, HundredThousandPartsAreRefusedAtTheLimit) {
  std::string body;
  for (int i = 0; i < 100000; ++i) {
    body += "--b\r\nx\r\n";
  }
  EXPECT_FALSE(split_multipart(body, "b").ok());
  const auto few = split_multipart("--b\r\n--b\r\n--b\r\n--b--", "b", 3);
  ASSERT_TRUE(few.ok());
  EXPECT_FALSE(split_multipart("--b\r\n--b\r\n--b\r\n--b--", "b", 2).ok());
}

TEST(SplitMultipart, HostileBodiesTakeLinearTime) {
  const auto start = std::chrono::steady_clock::now();
  std::string almost = "--b\r\n";
  for (int i = 0; i < 1000000; ++i) {
    almost += "--bx\n-\n\r";
  }
  const auto parts = split_multipart(almost, "b");
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->parts.size(), 1U);
  std::string blanks = "--b\r\n--b" + std::string(8000000, ' ') + "x\r\n--b--";
  EXPECT_TRUE(split_multipart(blanks, "b").ok());
  // Quadratic work on 8 MB would take hours, linear work takes hundredths of a second.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(SplitMultipart, NulBytesAreContent) {
  using namespace std::string_literals;
  const std::string body = "--b\r\na\0b\r\n--b--"s;
  const auto parts = split_multipart(body, "b");
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->parts[0], "a\0b"s);
}

}  // namespace
}  // namespace kvc::mime
