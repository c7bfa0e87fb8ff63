// SPDX-License-Identifier: Apache-2.0
#include "letter/received.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/letter/samples.h"
#include "unit/message/samples.h"

namespace kvc::letter {
namespace {

message::OpenedMessage with(const std::string& cda) {
  auto outgoing = message::samples::letter();
  outgoing.attachments = {message::samples::attachment("brief.pdf", "%PDF-1.4", "application/pdf", kPdfUnsigned),
                          message::samples::attachment("brief.xml", cda, "application/xml", kXml),
                          message::samples::attachment("bild.jpg", "x", "image/jpeg", annex_description(1))};
  return message::samples::opened(message::samples::sealed(outgoing));
}

TEST(LetterOf, FindsPartsAndPatient) {
  const auto content = letter_of(with(*write_cda(samples::letter())));
  EXPECT_EQ(content.roles.pdf, 1U) << "0 is the text";
  EXPECT_EQ(content.roles.xml, 2U);
  EXPECT_THAT(content.roles.annexes, testing::ElementsAre(3));
  ASSERT_TRUE(content.header);
  EXPECT_EQ(content.header->patient.kvnr, "K070990552");
  EXPECT_EQ(content.problem, "");
}

TEST(LetterOf, ThePdfIsThereWithoutAHeaderToo) {
  const auto content = letter_of(with("kein XML"));
  EXPECT_TRUE(content.roles.pdf);
  EXPECT_FALSE(content.header);
  EXPECT_NE(content.problem, "");
  const auto none = letter_of(message::samples::opened("kein Brief"));
  EXPECT_FALSE(none.roles.pdf);
  EXPECT_NE(none.problem, "");
}

}  // namespace
}  // namespace kvc::letter
