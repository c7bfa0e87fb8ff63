// SPDX-License-Identifier: Apache-2.0
// What is written piece by piece, against what OpenSSL's CMS functions write and read.
#include "message/cms_write.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <sstream>
#include <string>

#include "base/helper.h"
#include "crypto/library_context.h"
#include "message/der.h"
#include "message/reader.h"
#include "mime/base64.h"
#include "mime/transfer.h"
#include "unit/base/helpers_taken.h"
#include "unit/message/oracle/differential.h"
#include "unit/message/oracle/oracle_cms.h"
#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using namespace samples;

/// Sizes at the borders of blocks, lines, length octets and pieces.
const std::vector<std::size_t> kSizes = {0,     1,     2,     15,    16,    17,    31,    32,    56,     57,    58,
                                         114,   127,   128,   255,   256,   257,   4095,  4096,  43775,  43776, 43777,
                                         65535, 65536, 65537, 65471, 65472, 65473, 87552, 99999, 131072, 300000};

std::string noise(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) {
    c = static_cast<char>(random());
  }
  return bytes;
}

/// Feeds `content` in pieces of all kinds of sizes.
template <class Action>
void in_pieces(std::string_view content, Action action) {
  constexpr std::size_t kSteps[] = {1, 15, 16, 17, 4096, 57, 100000, 3};
  for (std::size_t i = 0; !content.empty(); ++i) {
    const auto piece = content.substr(0, kSteps[i % std::size(kSteps)]);
    action(piece);
    content.remove_prefix(piece.size());
  }
}

std::string signature_of(std::string_view content, const crypto::Identity& who, TimePoint at) {
  auto signer = cms::DetachedSigner::begin(who.key, who.certificate, at);
  EXPECT_TRUE(signer.ok());
  const std::size_t said = signer->size();
  in_pieces(content, [&](std::string_view piece) { signer->add(piece); });
  const auto der = signer->finish();
  EXPECT_TRUE(der.ok());
  EXPECT_EQ(der->size(), said);
  return *der;
}

/// Feeds `content` in pieces of one size; `action` says whether to go on.
template <class Action>
void in_pieces_of(std::size_t size, std::string_view content, Action action) {
  while (!content.empty() && action(content.substr(0, size))) {
    content.remove_prefix(std::min(size, content.size()));
  }
}

/// `feed(content, write)` chooses the pieces.
template <class Feed>
std::string enveloped(std::string_view content, const std::vector<crypto::Certificate>& recipients, bool sized,
                      Feed feed) {
  std::string out;
  auto writer = cms::EnvelopeWriter::begin(
      recipients, sized ? std::optional<std::uint64_t>(content.size()) : std::nullopt, [&](std::string_view piece) {
        EXPECT_LE(piece.size(), kPiece);
        out += piece;
        return Status();
      });
  EXPECT_TRUE(writer.ok()) << writer.status().to_string();
  feed(content, [&](std::string_view piece) {
    const bool good = writer->write(piece).ok();
    EXPECT_TRUE(good);
    return good;
  });
  EXPECT_TRUE(writer->finish().ok());
  return out;
}

std::string enveloped(std::string_view content, const std::vector<crypto::Certificate>& recipients, bool sized) {
  return enveloped(content, recipients, sized, [](std::string_view all, auto write) { in_pieces(all, write); });
}

std::vector<crypto::Certificate> many(std::size_t count) {
  std::vector<crypto::Certificate> recipients{world().bernd.certificate, world().anna.certificate};
  while (recipients.size() < count) {
    recipients.push_back(test_pki::make_user(world().user_ca, {.address = "x@kv-safenet.de", .name = "X"}).certificate);
  }
  recipients.resize(count, world().bernd.certificate);
  return recipients;
}

TEST(CmsWrite, ASignatureIsByteForByteWhatOpenSslWrites) {
  for (const std::size_t size : kSizes) {
    const std::string content = noise(size);
    const auto expected = oracle::sign_detached(content, world().anna.key, world().anna.certificate, signing_day());
    ASSERT_TRUE(expected.ok());
    EXPECT_TRUE(signature_of(content, world().anna, signing_day()) == *expected) << size;
  }
}

TEST(CmsWrite, SignaturesOfOtherPeopleAndYears) {
  for (const auto* who : {&world().anna, &world().bernd, &world().foreign, &world().expired}) {
    for (const char* day :
         {"1999-12-31T23:59:59", "2049-12-31T23:59:59", "2050-01-01T00:00:00", "2077-07-07T07:07:07"}) {
      const auto at = test_pki::day(day);
      const auto expected = oracle::sign_detached("Inhalt", who->key, who->certificate, at);
      ASSERT_TRUE(expected.ok());
      EXPECT_TRUE(signature_of("Inhalt", *who, at) == *expected) << day;
    }
  }
}

TEST(CmsWrite, AnEnvelopeOfKnownSizeIsTheDerOfOpenSsl) {
  for (const std::size_t size : kSizes) {
    const std::string ber = enveloped(noise(size), many(2), true);
    const auto parsed = oracle::parse(ber, crypto::library_context());
    ASSERT_TRUE(parsed.ok()) << size;
    EXPECT_FALSE(parsed->trailing_bytes);
    unsigned char* der = nullptr;
    const int length = i2d_CMS_ContentInfo(parsed->cms.get(), &der);
    EXPECT_TRUE(std::string(reinterpret_cast<char*>(der), static_cast<std::size_t>(length)) == ber) << size;
    OPENSSL_free(der);
    const auto expected = oracle::encrypt(noise(size), many(2));
    EXPECT_EQ(ber.size(), expected->size()) << size;
  }
}

TEST(CmsWrite, BothFormsOpenWithBothReaders) {
  const std::vector<DecryptionKey> bernd = {{world().bernd.key, world().bernd.certificate, "bernd"}};
  const std::vector<DecryptionKey> anna = {{world().anna.key, std::nullopt, "anna"}};
  for (const bool sized : {true, false}) {
    for (const std::size_t size : kSizes) {
      const std::string content = "X: y\r\n\r\n" + noise(size);
      const std::string ber = enveloped(content, many(2), sized);
      const auto by_openssl = oracle::decrypt(ber, bernd);
      ASSERT_TRUE(by_openssl.status.ok()) << size << ' ' << sized << by_openssl.status.to_string();
      EXPECT_TRUE(mime::view(by_openssl.content) == content) << size;
      EXPECT_EQ(by_openssl.cipher, "aes-256-cbc");
      EXPECT_TRUE(mime::view(oracle::decrypt(ber, anna).content) == content) << size;
      const auto parsed = cms::parse(in_memory(mime::WipedBytes(ber.begin(), ber.end())), crypto::library_context());
      ASSERT_TRUE(parsed.ok()) << size << ' ' << sized;
      const auto by_us = cms::decrypt(*parsed, bernd);
      ASSERT_TRUE(by_us.status.ok()) << size << ' ' << sized;
      const auto in = by_us.content->open();
      const auto text = read_rest(**in, content.size() + 1);
      ASSERT_TRUE(text.ok());
      EXPECT_TRUE(mime::view(*text) == content) << size << ' ' << sized;
    }
  }
}

std::string enveloped_by(std::size_t size, std::string_view content, bool sized) {
  return enveloped(content, many(2), sized,
                   [size](std::string_view all, auto write) { in_pieces_of(size, all, write); });
}

// From 1 MiB on another thread encrypts, with pieces of 4 KiB from exactly there: no byte, a block and a slot more or
// less, no slot, all of them and more than all. With odd pieces the first block has to be made whole before it begins.
TEST(CmsWrite, LargeContentIsEncryptedInOrder) {
  constexpr std::size_t kMega = 1UL << 20U, kSlot = PiecesBeside::kSlot;
  const std::vector<DecryptionKey> bernd = {{world().bernd.key, world().bernd.certificate, "bernd"}};
  const std::string whole = "X: y\r\n\r\n" + noise(kMega + 10 * kSlot + 100);
  for (const std::size_t more :
       {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{17}, kSlot - 1, kSlot, kSlot + 1,
        kSlot + 16, 3 * kSlot, 4 * kSlot, 4 * kSlot + 32, 5 * kSlot, 9 * kSlot + 15}) {
    const std::string_view content = std::string_view(whole).substr(0, kMega + more);
    for (const bool sized : {true, false}) {
      for (const std::size_t piece : {4096UL, 4099UL, 65536UL}) {
        const auto by_openssl = oracle::decrypt(enveloped_by(piece, content, sized), bernd);
        ASSERT_TRUE(by_openssl.status.ok()) << more << ' ' << sized << by_openssl.status.to_string();
        EXPECT_TRUE(mime::view(by_openssl.content) == content) << more << ' ' << sized << ' ' << piece;
      }
    }
  }
}

// All helpers are taken: then it is encrypted as a small one is.
TEST(CmsWrite, LargeContentNeedsNoThread) {
  const std::vector<DecryptionKey> bernd = {{world().bernd.key, world().bernd.certificate, "bernd"}};
  const std::string content = "X: y\r\n\r\n" + noise(2UL << 20U);
  const HelpersTaken taken;
  EXPECT_TRUE(mime::view(oracle::decrypt(enveloped_by(5000, content, true), bernd).content) == content);
}

TEST(CmsWrite, ASinkThatFailsEndsLargeContentAtOnce) {
  const std::string content = noise(3UL << 20U);
  for (int good = 0; good < 70; good += 3) {
    int calls = 0;
    auto writer = cms::EnvelopeWriter::begin(many(1), content.size(), [&](std::string_view) {
      return ++calls > good ? Status(error::storage_full, "voll") : Status();
    });
    ASSERT_TRUE(writer.ok());
    Status status;
    in_pieces_of(65536, content, [&](std::string_view piece) {
      status = writer->write(piece);
      return status.ok();
    });
    status = status.ok() ? writer->finish() : status;
    EXPECT_TRUE(status.is(error::storage_full)) << good << status.to_string();
    EXPECT_EQ(calls, good + 1) << "went on after a failure";
  }
}

TEST(CmsWrite, LargeContentCanBeAbandonedAnywhere) {
  const std::string content = noise(2UL << 20U);
  for (std::size_t size = 1UL << 20U; size < content.size(); size += 30001) {
    auto writer = cms::EnvelopeWriter::begin(many(1), content.size(), [](std::string_view) { return Status(); });
    ASSERT_TRUE(writer.ok());
    in_pieces_of(8192, std::string_view(content).substr(0, size), [&](std::string_view piece) {
      const bool good = writer->write(piece).ok();
      EXPECT_TRUE(good);
      return good;
    });
  }
  EXPECT_EQ(helper_threads(), 0U);
}

TEST(CmsWrite, ManyRecipientsStandInTheOrderOfDer) {
  const std::string content = "X: y\r\n\r\nfür viele";
  for (const std::size_t count : {1U, 2U, 5U, 40U}) {
    const std::string ber = enveloped(content, many(count), true);
    const auto parsed = oracle::parse(ber, crypto::library_context());
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(parsed->cms.get())), static_cast<int>(count));
    unsigned char* der = nullptr;
    const int length = i2d_CMS_ContentInfo(parsed->cms.get(), &der);
    EXPECT_TRUE(std::string(reinterpret_cast<char*>(der), static_cast<std::size_t>(length)) == ber) << count;
    OPENSSL_free(der);
    const std::vector<DecryptionKey> bernd = {{world().bernd.key, world().bernd.certificate, "bernd"}};
    EXPECT_TRUE(mime::view(oracle::decrypt(ber, bernd).content) == content);
  }
}

TEST(CmsWrite, EveryEnvelopeHasItsOwnKey) {
  EXPECT_NE(enveloped("x", many(1), true), enveloped("x", many(1), true));
}

TEST(CmsWrite, NothingBeforeTheEndIsAWholeEnvelope) {
  for (const bool sized : {true, false}) {
    const std::string ber = enveloped(noise(5000), many(2), sized);
    for (std::size_t size = 0; size < ber.size(); size += size < 700 || size + 100 > ber.size() ? 1U : 97U) {
      EXPECT_FALSE(cms::parse(in_memory(mime::WipedBytes(ber.begin(), ber.begin() + static_cast<std::ptrdiff_t>(size))),
                              crypto::library_context())
                       .ok())
          << size;
    }
  }
}

TEST(CmsWrite, AContentOfAnotherSizeIsAnError) {
  for (const std::size_t said : {0U, 4U, 6U, 1000U}) {
    auto writer = cms::EnvelopeWriter::begin(many(1), said, [](std::string_view) { return Status(); });
    ASSERT_TRUE(writer.ok());
    EXPECT_TRUE(writer->write("12345").ok());
    EXPECT_TRUE(writer->finish().is(error::internal)) << said;
  }
}

TEST(CmsWrite, AForeignKeyDoesNotSign) {
  EXPECT_TRUE(cms::DetachedSigner::begin(world().bernd.key, world().anna.certificate, signing_day())
                  .status()
                  .is(error::crypto_failed));
}

TEST(CmsWrite, HeadsOfDer) {
  EXPECT_EQ(der::head(0x04, 0), std::string("\x04\x00", 2));
  EXPECT_EQ(der::head(0x04, 127), "\x04\x7f");
  EXPECT_EQ(der::head(0x04, 128), "\x04\x81\x80");
  EXPECT_EQ(der::head(0x04, 0x100), std::string("\x04\x82\x01\x00", 4));
  EXPECT_EQ(der::head(0x04, 0x123456789ULL), "\x04\x85\x01\x23\x45\x67\x89");
}

/// A stream that cannot say how long it is.
class Unsized : public std::streambuf {
 public:
  explicit Unsized(std::string bytes) : bytes_(std::move(bytes)) {}

 protected:
  int_type underflow() override {
    if (at_ == bytes_.size()) {
      return traits_type::eof();
    }
    const std::size_t step = std::min<std::size_t>(777, bytes_.size() - at_);
    setg(bytes_.data() + at_, bytes_.data() + at_, bytes_.data() + at_ + step);
    at_ += step;
    return traits_type::to_int_type(*gptr());
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

struct UnsizedStream : private Unsized, std::istream {
  explicit UnsizedStream(std::string bytes) : Unsized(std::move(bytes)), std::istream(static_cast<Unsized*>(this)) {}
};

Attachment unsized(const std::string& bytes) {
  Attachment result = attachment("a.bin", "");
  result.open = [bytes] { return std::make_unique<UnsizedStream>(bytes); };
  return result;
}

TEST(SealStream, AttachmentsOfAllSizesArriveWhetherTheSizeIsKnownOrNot) {
  for (const std::size_t size : kSizes) {
    const std::string bytes = noise(size);
    auto told = unsized(bytes);
    told.size = size;
    for (const auto& one : {attachment("a.bin", bytes), unsized(bytes), told}) {
      auto outgoing = letter();
      outgoing.attachments = {one, attachment("b.bin", "zwei")};
      const std::string mail = sealed(outgoing);
      EXPECT_EQ(oracle::difference(mail, options()), "") << size;
      const auto message = opened(mail);
      ASSERT_EQ(message.verdict, Verdict::valid) << size << message.layers[0].reason;
      std::ostringstream out;
      ASSERT_TRUE(message.read_part(1, out).ok());
      EXPECT_TRUE(out.str() == bytes) << size;
      EXPECT_THAT(message.layers[0].warnings, testing::IsEmpty());
    }
  }
}

TEST(SealStream, TheSinkGetsSmallPieces) {
  auto outgoing = letter();
  outgoing.text = std::string(300000, 'x');
  outgoing.attachments = {attachment("a.bin", noise(500000))};
  FixedEnv env(signing_day());
  std::string mail;
  const Status status = seal(outgoing, {world().anna.key, world().anna.certificate, world().bernd.certificate}, env,
                             [&](std::string_view piece) {
                               EXPECT_LE(piece.size(), kPiece);
                               mail += piece;
                               return Status();
                             });
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(opened(mail).verdict, Verdict::valid);
}

TEST(SealStream, WhatTheSinkSaysComesBack) {
  auto outgoing = letter();
  outgoing.attachments = {attachment("a.bin", noise(500000))};
  FixedEnv env(signing_day());
  for (int good = 0; good < 8; ++good) {
    int calls = 0;
    std::string mail;
    const Status status = seal(outgoing, {world().anna.key, world().anna.certificate, world().bernd.certificate}, env,
                               [&](std::string_view piece) {
                                 mail += piece;
                                 return ++calls > good ? Status(error::storage_full, "voll") : Status();
                               });
    EXPECT_TRUE(status.is(error::storage_full)) << good;
    EXPECT_EQ(calls, good + 1) << "went on after a failure";
    EXPECT_NE(opened(mail).verdict, Verdict::valid);
  }
}

TEST(SealStream, AnAttachmentThatChangesIsRefused) {
  const SealKeys keys{world().anna.key, world().anna.certificate, world().bernd.certificate};
  FixedEnv env(signing_day());
  for (const std::size_t said : {0U, 1U, 99999U, 100001U, 500000U}) {
    auto outgoing = letter();
    outgoing.attachments = {attachment("a.bin", noise(100000))};
    outgoing.attachments[0].size = said;
    std::string mail;
    EXPECT_TRUE(seal(outgoing, keys, env,
                     [&](std::string_view piece) {
                       mail += piece;
                       return Status();
                     })
                    .is(error::file_unreadable))
        << said;
    EXPECT_NE(opened(mail).verdict, Verdict::valid);
  }
  // The stream breaks off in the middle.
  auto outgoing = letter();
  outgoing.attachments = {unsized(noise(100000))};
  int opens = 0;
  outgoing.attachments[0].open = [&]() -> std::unique_ptr<std::istream> {
    return ++opens == 1 ? std::make_unique<UnsizedStream>("x") : nullptr;
  };
  std::ostringstream out;
  EXPECT_TRUE(seal(outgoing, keys, env, out).is(error::file_unreadable));
  EXPECT_NE(opened(out.str()).verdict, Verdict::valid);
}

TEST(Base64Lines, VectorsAndTableGiveTheSame) {
  for (std::size_t size = 0; size < 1200; ++size) {
    const std::string bytes = noise(size, static_cast<unsigned>(size));
    // Exactly the room that is asked for, so that a checker of addresses sees what goes beyond.
    std::vector<char> one(mime::encode_base64_room(size)), other(mime::encode_base64_room(size));
    const std::vector<char> exact(bytes.begin(), bytes.end());
    const std::string_view view(exact.data(), exact.size());
    const auto length = mime::encode_base64_lines(view, one.data());
    ASSERT_EQ(mime::encode_base64_lines(view, other.data(), false), length);
    ASSERT_EQ(std::string_view(one.data(), length), std::string_view(other.data(), length)) << size;
    ASSERT_EQ(length, mime::Base64Writer::size_of(size));
    std::string expected;
    for (std::size_t at = 0; at < size; at += 57) {
      std::array<unsigned char, 100> line{};
      const auto part = bytes.substr(at, 57);
      const int written = EVP_EncodeBlock(line.data(), reinterpret_cast<const unsigned char*>(part.data()),
                                          static_cast<int>(part.size()));
      expected.append(reinterpret_cast<char*>(line.data()), static_cast<std::size_t>(written)) += "\r\n";
    }
    ASSERT_EQ(std::string_view(one.data(), length), expected) << size;
  }
}

}  // namespace
}  // namespace kvc::message
