// SPDX-License-Identifier: Apache-2.0
// The usual mail is decrypted, hashed and listed in one reading, before it is known whether it is good. What is unusual
// is read again, and must come to the same as for a reader that never tries.
#include <gtest/gtest.h>

#include <algorithm>
#include <istream>
#include <memory>
#include <sstream>
#include <streambuf>
#include <string>
#include <thread>

#include "message/pieces_beside.h"
#include "unit/base/helpers_taken.h"
#include "unit/message/oracle/differential.h"
#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using namespace samples;

/// Too large to be kept in memory once it is decrypted, so that every reading shows.
std::string large_text() {
  std::string text;
  while (text.size() < 400000) {
    text += "Zeile " + std::to_string(text.size()) + "\r\n";
  }
  return text;
}

std::string large_entity(const SignOptions& how = {}) {
  const std::string part = text_entity(large_text());
  return multipart_signed(part, signature(part, world().anna, how));
}

struct Read {
  OpenedMessage message;
  int openings = 0;  ///< how often the mail was read from its begin
};

Read read(const std::string& mail, const OpenOptions& with = options()) {
  const auto openings = std::make_shared<int>(0);
  auto opened = open(
      [&mail, openings]() {
        ++*openings;
        return std::make_unique<std::istringstream>(mail);
      },
      with);
  EXPECT_TRUE(opened.ok());
  return opened.ok() ? Read{std::move(*opened), *openings} : Read{};
}

int usual_openings() {
  static const int openings = [] {
    const Read usual = read(enveloped_mail(large_entity()));
    EXPECT_EQ(usual.message.verdict, Verdict::valid);
    EXPECT_EQ(usual.message.parts.size(), 1U);
    return usual.openings;
  }();
  return openings;
}

TEST(OnePass, TheFirstKeyThatFitsIsTheWrongOne) {
  auto with = options();
  with.keys = {{test_pki::key("stranger"), world().bernd.certificate, "wrong"},
               {world().bernd.key, world().bernd.certificate, "right"}};
  const std::string mail = enveloped_mail(large_entity());
  const Read found = read(mail, with);
  EXPECT_GT(found.openings, usual_openings());
  EXPECT_EQ(found.message.verdict, Verdict::valid);
  EXPECT_EQ(found.message.layers.at(0).key_label, "right");
  EXPECT_EQ(found.message.text(), large_text());
  EXPECT_EQ(oracle::difference(mail, with), "");
}

TEST(OnePass, TheTagComesBehindTheContent) {
  const std::string mail = enveloped_mail(large_entity(), "anna@kv-safenet.de", {.cipher = "AES-256-GCM"});
  const Read found = read(mail);
  EXPECT_GT(found.openings, usual_openings());
  EXPECT_EQ(found.message.verdict, Verdict::valid);
  EXPECT_EQ(found.message.text(), large_text());
  EXPECT_EQ(oracle::difference(mail, options()), "");
}

TEST(OnePass, AnotherDigestThanWasAnnounced) {
  const std::string mail = enveloped_mail(large_entity({.digest = "SHA512"}));
  const Read found = read(mail);
  EXPECT_GT(found.openings, usual_openings());
  EXPECT_EQ(found.message.verdict, Verdict::valid);
  EXPECT_EQ(found.message.layers.at(0).digest, "sha-512");
  EXPECT_EQ(oracle::difference(mail, options()), "");
}

TEST(OnePass, APartThatCannotBeDecoded) {
  const std::string part = "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + large_text();
  const std::string mail = enveloped_mail(multipart_signed(part, signature(part, world().anna)));
  const Read found = read(mail);
  EXPECT_GT(found.openings, usual_openings());
  EXPECT_EQ(found.message.verdict, Verdict::valid);
  ASSERT_EQ(found.message.parts.size(), 1U);
  EXPECT_EQ(found.message.parts[0].size, large_text().size());
  EXPECT_EQ(oracle::difference(mail, options()), "");
}

TEST(OnePass, NoMultipartSignedInside) {
  const std::string part = text_entity(large_text());
  for (const std::string& entity : {part, pkcs7_mime(signature(part, world().anna, {.opaque = true}), "signed-data")}) {
    const std::string mail = enveloped_mail(entity);
    EXPECT_EQ(oracle::difference(mail, options()), "");
  }
}

TEST(OnePass, AThirdPartBehindTheSignature) {
  std::string entity = large_entity();
  const auto end = entity.rfind("--", entity.rfind("--") - 1);  // the begin of the last delimiter
  const std::string delimiter = entity.substr(end, entity.rfind("--") - end);
  entity.insert(end, delimiter + "\r\n\r\nnoch ein Teil\r\n");
  const std::string mail = enveloped_mail(entity);
  const Read found = read(mail);
  EXPECT_EQ(found.message.verdict, Verdict::malformed);
  EXPECT_TRUE(found.message.parts.empty());
  EXPECT_EQ(oracle::difference(mail, options()), "");
}

/// The content was seen, hashed and listed before its end showed that it is none: nothing of that may come out.
TEST(OnePass, ContentThatBreaksAtItsEnd) {
  const std::string mail = enveloped_mail(large_entity());
  auto broken = mail;
  const auto at = broken.find_last_not_of("\r\n=") - 4;
  broken[at] = broken[at] == 'A' ? 'B' : 'A';
  const Read found = read(broken);
  EXPECT_NE(found.message.verdict, Verdict::valid);
  EXPECT_TRUE(found.message.parts.empty());
  EXPECT_EQ(oracle::difference(broken, options()), "");
}

TEST(OnePass, ContentThatWasChangedBeforeItsEnd) {
  const std::string mail = enveloped_mail(large_entity());
  auto changed = mail;
  auto& byte = changed[changed.size() / 2];
  byte = byte == 'A' ? 'B' : 'A';
  const Read found = read(changed);
  EXPECT_EQ(found.message.verdict, Verdict::digest_mismatch);
  EXPECT_TRUE(found.message.parts.empty());
  EXPECT_EQ(oracle::difference(changed, options()), "");
}

// ---- from 1 MiB on another thread hashes ----

/// A text entity of this size, with a line that ends in a bare LF at `bare` unless that is 0. The bytes differ from
/// line to line, so that another order of pieces is another digest.
std::string entity_of(std::size_t size, std::size_t bare = 0) {
  std::string entity = text_entity("");
  for (unsigned line = 0; entity.size() < size; ++line) {
    entity += std::to_string(line * 2654435761U) + "\r\n";
  }
  entity.resize(size, '.');
  if (bare != 0) {
    entity[bare] = '\n';
    entity[bare - 1] = 'x';
  }
  return entity;
}

std::string with_crlf(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    result += text[at] == '\n' && text[at - 1] != '\r' ? std::string("\r\n") : std::string(1, text[at]);
  }
  return result;
}

TEST(OnePass, LargeContentIsHashedInOrder) {
  constexpr std::size_t kMega = 1UL << 20U, kSlot = PiecesBeside::kSlot;
  for (const std::size_t more : {std::size_t{0}, kSlot - 70, kSlot, 3 * kSlot, 4 * kSlot + 17, 9 * kSlot + 15}) {
    const std::string part = entity_of(kMega + more);
    const Read found = read(enveloped_mail(multipart_signed(part, signature(part, world().anna))));
    EXPECT_EQ(found.message.verdict, Verdict::valid) << more;
    EXPECT_LE(found.openings, usual_openings()) << more;
  }
  EXPECT_EQ(helper_threads(), 0U);
}

TEST(OnePass, LargeContentIsHashedInBothForms) {
  constexpr std::size_t kSize = (1UL << 20U) + 5 * PiecesBeside::kSlot;
  for (const std::size_t bare : {std::size_t{1000}, std::size_t{1UL << 20U}, kSize - PiecesBeside::kSlot, kSize - 10}) {
    const std::string part = entity_of(kSize, bare);
    for (const std::string& as_signed : {part, with_crlf(part)}) {
      const Read found = read(enveloped_mail(multipart_signed(part, signature(as_signed, world().anna))));
      EXPECT_EQ(found.message.verdict, Verdict::valid) << bare << ' ' << (as_signed == part);
      EXPECT_LE(found.openings, usual_openings()) << bare;
    }
  }
}

TEST(OnePass, AChangeAnywhereInLargeContentIsSeen) {
  const std::string part = entity_of(3UL << 20U);
  const std::string good = signature(part, world().anna);
  for (std::size_t at = 1000; at < part.size(); at += 250007) {
    std::string changed = part;
    changed[at] = changed[at] == '7' ? '8' : '7';
    EXPECT_EQ(read(enveloped_mail(multipart_signed(changed, good))).message.verdict, Verdict::digest_mismatch) << at;
  }
}

/// A mail that says how many helpers there were while it was read.
class Watched : public std::streambuf {
 public:
  Watched(const std::string& mail, unsigned& most) : mail_(mail), most_(most) {}

 protected:
  int_type underflow() override {
    most_ = std::max(most_, helper_threads());
    auto* begin = const_cast<char*>(mail_.data());
    const std::size_t size = std::min<std::size_t>(4096, mail_.size() - at_);
    setg(begin + at_, begin + at_, begin + at_ + size);
    at_ += size;
    return size == 0 ? traits_type::eof() : traits_type::to_int_type(*gptr());
  }

 private:
  const std::string& mail_;
  unsigned& most_;
  std::size_t at_ = 0;
};

TEST(OnePass, LargeContentHasAThreadAndSmallHasNone) {
  if (std::thread::hardware_concurrency() < 2) {
    GTEST_SKIP() << "one processor";
  }
  for (const std::size_t size : {std::size_t{1U << 19U}, std::size_t{1U << 22U}}) {
    const std::string part = entity_of(size);
    const std::string mail = enveloped_mail(multipart_signed(part, signature(part, world().anna)));
    unsigned most = 0;
    const auto opened = open(
        [&] {
          struct Stream : std::istream {
            Stream(const std::string& text, unsigned& number) : std::istream(nullptr), buffer(text, number) {
              rdbuf(&buffer);
            }
            Watched buffer;
          };
          return std::make_unique<Stream>(mail, most);
        },
        options());
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->verdict, Verdict::valid);
    EXPECT_EQ(most, size < PiecesBeside::kWorthAThread ? 0U : 1U) << size;
  }
}

TEST(OnePass, LargeContentNeedsNoThread) {
  const HelpersTaken taken;
  const std::string part = entity_of(2UL << 20U);
  const Read found = read(enveloped_mail(multipart_signed(part, signature(part, world().anna))));
  EXPECT_EQ(found.message.verdict, Verdict::valid);
  EXPECT_LE(found.openings, usual_openings());
}

TEST(OnePass, LargeContentThatBreaksOffLeavesNoThread) {
  const std::string whole = multipart_signed(entity_of(3UL << 20U), signature("", world().anna));
  for (std::size_t size = 1UL << 20U; size < whole.size(); size += 300007) {
    const Read found = read(enveloped_mail(whole.substr(0, size)));
    EXPECT_EQ(found.message.verdict, Verdict::malformed) << size;
    EXPECT_EQ(helper_threads(), 0U) << size;
  }
}

}  // namespace
}  // namespace kvc::message
