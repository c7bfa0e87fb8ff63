// SPDX-License-Identifier: Apache-2.0
// A vendor's letter and the same inside a real mail of the network, where they are at hand; they are no part of the
// project.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "letter/cda.h"
#include "letter/parts.h"
#include "paths.h"
#include "unit/message/samples.h"

namespace kvc::letter {
namespace {

std::string file(const std::string& name) {
  std::ifstream in(kvc::test::shared_data_dir() + "/" + name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void expect_patient(const PatientHint& hint) {
  EXPECT_EQ(hint.given, "Monika");
  EXPECT_EQ(hint.family, "Kleinjung");
  EXPECT_EQ(hint.birth_date, "1990-09-07");
  EXPECT_EQ(hint.kvnr, "") << "the vendor writes it under another OID";
  EXPECT_THAT(hint.other_ids, testing::ElementsAre("1.2.276.0.76.4.1^K070990552"));
}

TEST(RealLetter, TheVendorsSample) {
  const std::string document = file("arztbrief_cda_sample.xml");
  if (document.empty()) {
    GTEST_SKIP() << "the sample is not at hand (" << kvc::test::shared_data_dir() << ")";
  }
  const auto letter = read_cda(document);
  ASSERT_TRUE(letter.ok()) << letter.status().to_string();
  EXPECT_THAT(letter->deviations, testing::IsEmpty());
  EXPECT_EQ(letter->document_id, "1.2.276.0.58^63563,44222");
  EXPECT_EQ(letter->created, "201604010745");
  expect_patient(letter->patient);
}

TEST(RealLetter, TheMailOf2019) {
  if (!std::filesystem::exists(kvc::test::shared_data_dir() + "/mail/arztbrief_2019_nested.eml")) {
    GTEST_SKIP() << "the real mail is not at hand (" << kvc::test::shared_data_dir() << "/mail)";
  }
  const auto key = crypto::PrivateKey::from_pem(Secret(file("mail/arztbrief_2019_nested.key.pem")), Secret());
  ASSERT_TRUE(key.ok());
  message::OpenOptions options;
  options.keys = {{*key, std::nullopt, "test key"}};
  std::istringstream raw(file("mail/arztbrief_2019_nested.eml"));
  const auto message = message::open(raw, options);
  ASSERT_TRUE(message.ok());
  std::vector<LetterPart> parts;
  std::vector<std::string> contents;
  contents.reserve(message->parts.size());
  for (std::size_t i = 0; i < message->parts.size(); ++i) {
    std::ostringstream content;
    ASSERT_TRUE(message->read_part(i, content).ok());
    const auto& part = message->parts[i];
    contents.push_back(content.str());
    parts.push_back({part.name, part.type, part.description, part.size, contents.back()});
  }
  const LetterRoles roles = find_roles(parts);
  ASSERT_TRUE(roles.pdf && roles.xml);
  EXPECT_FALSE(roles.pdf_signed);
  parts.erase(parts.begin());  // the text that goes before
  EXPECT_TRUE(check_parts(parts).ok());
  const auto letter = read_cda(contents[*roles.xml]);
  ASSERT_TRUE(letter.ok());
  expect_patient(letter->patient);
}

}  // namespace
}  // namespace kvc::letter
