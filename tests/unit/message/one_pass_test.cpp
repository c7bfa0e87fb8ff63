// SPDX-License-Identifier: Apache-2.0
// The usual mail is decrypted, hashed and listed in one reading, before it is known whether it is good. What is unusual
// is read again, and must come to the same as for a reader that never tries.
#include <gtest/gtest.h>

#include <sstream>
#include <string>

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

}  // namespace
}  // namespace kvc::message
