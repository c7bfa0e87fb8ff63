// SPDX-License-Identifier: Apache-2.0
// Protocol D: answers carry the same begleitdatei.xml and are matched by its GUID.
#include "billing/received.h"

#include <gtest/gtest.h>

#include "unit/billing/samples.h"
#include "unit/message/samples.h"

namespace kvc::billing {
namespace {

message::OpenedMessage with(const std::string& name, const std::string& bytes, const std::string& description = "") {
  auto outgoing = message::samples::letter();
  outgoing.attachments = {message::samples::attachment("bericht.pdf", "%PDF-", "application/pdf"),
                          message::samples::attachment(name, bytes, "application/xml", description)};
  return message::samples::opened(message::samples::sealed(outgoing));
}

TEST(CompanionOf, GivesGuidAndVersion) {
  const std::string sample = samples::file("begleitdatei_sample.xml");
  for (const auto& message : {with("begleitdatei.xml", sample), with("Begleitdatei.XML", sample),
                              with("x.xml", sample, "eDoku-Begleitdatei")}) {
    const auto companion = companion_of(message);
    ASSERT_TRUE(companion);
    EXPECT_EQ(companion->guid, "6f1c2d3e-0000-4a4a-8b8b-0123456789ab");
    EXPECT_EQ(companion->version, 1);
    ASSERT_TRUE(companion->file);
    EXPECT_EQ(companion->file->quarter, "2025-4");
    EXPECT_EQ(companion->problem, "");
  }
}

TEST(CompanionOf, AFileThatBreaksTheRulesStillGivesItsGuid) {
  const auto companion = companion_of(
      with("begleitdatei.xml", samples::replaced(samples::file("begleitdatei_sample.xml"), "2025-4", "gestern")));
  ASSERT_TRUE(companion);
  EXPECT_EQ(companion->guid, "6f1c2d3e-0000-4a4a-8b8b-0123456789ab");
  EXPECT_EQ(companion->version, 0);
  EXPECT_FALSE(companion->file);
  EXPECT_NE(companion->problem, "");
}

TEST(CompanionOf, ThereMayBeNone) {
  EXPECT_FALSE(companion_of(with("anders.xml", samples::file("begleitdatei_sample.xml"))));
  EXPECT_FALSE(companion_of(message::samples::opened("kein Brief")));
  const auto unreadable = companion_of(with("begleitdatei.xml", "%PDF-"));
  ASSERT_TRUE(unreadable);
  EXPECT_EQ(unreadable->guid, "");
  const auto large = companion_of(with("begleitdatei.xml", std::string(300UL * 1024, ' ')));
  ASSERT_TRUE(large);
  EXPECT_EQ(large->guid, "");
  EXPECT_NE(large->problem, "");
}

}  // namespace
}  // namespace kvc::billing
