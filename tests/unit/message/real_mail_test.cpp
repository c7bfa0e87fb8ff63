// SPDX-License-Identifier: Apache-2.0
// A real audit mail of the network (KV-Connect Mobile nesting, an eArztbrief), where it is at hand; it is no part of
// the project.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "paths.h"
#include "unit/message/samples.h"

namespace kvc::message {
namespace {

const std::string& kData = kvc::test::shared_data_dir();

std::string file(const std::string& name) {
  std::ifstream in(kData + "/" + name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class RealMail : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kData + "/mail/arztbrief_2019_nested.eml")) {
      GTEST_SKIP() << "the real mail is not at hand (" << kData << "/mail)";
    }
    const auto key = crypto::PrivateKey::from_pem(Secret(file("mail/arztbrief_2019_nested.key.pem")), Secret());
    ASSERT_TRUE(key.ok());
    options_.keys = {{*key, std::nullopt, "test key"}};
    auto trust = crypto::TrustList::load({kData + "/ca/ref_root_ca_1.pem"}, {kData + "/ca/ref1_user_ca_2.pem"});
    ASSERT_TRUE(trust.ok());
    options_.trust = *trust;
    options_.now = test_pki::day("2026-11-23");
  }
  OpenedMessage open_it() { return samples::opened(file("mail/arztbrief_2019_nested.eml"), options_); }
  OpenOptions options_;
};

TEST_F(RealMail, IsValidAtTheSigningTime) {
  const auto message = open_it();
  EXPECT_EQ(message.verdict, Verdict::valid);
  ASSERT_EQ(message.layers.size(), 2U);
  EXPECT_EQ(message.layers[0].signer->serial, "3D9FD23E52C7E9D3");
  EXPECT_EQ(message.layers[1].signer->serial, "5C977514D565DD73");
  EXPECT_EQ(message.layers[1].service_id, "Arztbrief;VHitG-Versand;V1.0");
  EXPECT_EQ(message.layers[1].signing_time, test_pki::day("2019-04-26T09:24:42"));
  ASSERT_EQ(message.parts.size(), 3U);
  EXPECT_EQ(message.parts[0].type, "text/plain");
  EXPECT_EQ(message.parts[1].description, "eAB-XML");
  EXPECT_EQ(message.parts[2].description, "eAB-PDF-unsigned");
  std::ostringstream pdf;
  ASSERT_TRUE(message.read_part(2, pdf).ok());
  EXPECT_EQ(pdf.str().substr(0, 5), "%PDF-");
  EXPECT_NE(message.text(), "");
  EXPECT_THAT(message.layers[1].warnings, testing::Contains("header_differs: Date"));
}

TEST_F(RealMail, HasExpiredByNow) {
  options_.at = options_.now;
  const auto message = open_it();
  EXPECT_EQ(message.verdict, Verdict::certificate_expired);
  EXPECT_EQ(message.parts.size(), 3U);
}

TEST_F(RealMail, TheRootAloneIsNotEnough) {
  options_.trust.user_cas.clear();
  EXPECT_EQ(open_it().verdict, Verdict::issuer_not_trusted);
}

TEST_F(RealMail, AnotherUserCaIsNotEnough) {
  auto trust = crypto::TrustList::load({kData + "/ca/ref_root_ca_1.pem"}, {kData + "/ca/ref2_user_ca_1.pem"});
  ASSERT_TRUE(trust.ok());
  options_.trust = *trust;
  EXPECT_EQ(open_it().verdict, Verdict::issuer_not_trusted);
}

TEST_F(RealMail, AnUnrelatedKeyNamesTheOneThatWouldDo) {
  options_.keys = {{test_pki::key("stranger"), std::nullopt, ""}};
  const auto message = open_it();
  EXPECT_EQ(message.verdict, Verdict::decrypt_failed);
  ASSERT_EQ(message.layers[0].recipients.size(), 1U);
  EXPECT_EQ(message.layers[0].recipients[0].serial_hex, "9F36243C");
  EXPECT_NE(message.layers[0].recipients[0].issuer.find("CN=vivy"), std::string::npos);
}

TEST_F(RealMail, OneChangedByteIsSeen) {
  auto mail = file("mail/arztbrief_2019_nested.eml");
  mail[mail.size() / 2] = mail[mail.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_NE(samples::opened(mail, options_).verdict, Verdict::valid);
}

}  // namespace
}  // namespace kvc::message
