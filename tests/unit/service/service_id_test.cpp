// SPDX-License-Identifier: Apache-2.0
#include "service/service_id.h"

#include <gtest/gtest.h>

#include "service/clear_subject.h"
#include "service/known.h"

namespace kvc::service {
namespace {

TEST(ServiceId, SplitsTheDocumentedForm) {
  const auto id = ServiceId::parse("Arztbrief;VHitG-Versand;V1.2");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->service, "Arztbrief");
  EXPECT_EQ(id->type, "VHitG-Versand");
  EXPECT_EQ(id->version, "V1.2");
  EXPECT_EQ(id->text(), "Arztbrief;VHitG-Versand;V1.2");
}

TEST(ServiceId, TrimsBlanksAroundElements) {
  const auto id = ServiceId::parse("  eNachricht ; Lieferung;V2.0 ");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(*id, enachricht_delivery());
}

TEST(ServiceId, KeepsWhatItDoesNotKnow) {
  const auto unknown = ServiceId::parse("Neu;Etwas;V9.9");
  ASSERT_TRUE(unknown.ok());
  EXPECT_EQ(unknown->text(), "Neu;Etwas;V9.9");
  const auto without_version = ServiceId::parse("eTS;Fehlernachricht;");
  ASSERT_TRUE(without_version.ok());
  EXPECT_EQ(without_version->version, "");
  const auto bare = ServiceId::parse("eTS");
  ASSERT_TRUE(bare.ok());
  EXPECT_EQ(bare->text(), "eTS;;");
  const auto long_form = ServiceId::parse("A;B;V1;more");
  ASSERT_TRUE(long_form.ok());
  EXPECT_EQ(long_form->version, "V1;more");
  EXPECT_EQ(long_form->text(), "A;B;V1;more");
}

TEST(ServiceId, MatchesByTheFirstTwoParts) {
  const ServiceId old{"Arztbrief", "VHitG-Versand", "V1.0"};
  const ServiceId current{"Arztbrief", "VHitG-Versand", "V1.2"};
  EXPECT_TRUE(old.matches(current));
  EXPECT_NE(old, current);
  EXPECT_FALSE(enachricht_delivery().matches(enachricht_receipt()));
}

TEST(ServiceId, RefusesControlCharacters) {
  for (const char* text : {"a\r\nBcc: x;b;c", "a\tb;c;d", "a;b\x7f;c"}) {
    const auto id = ServiceId::parse(text);
    ASSERT_FALSE(id.ok()) << text;
    EXPECT_TRUE(id.status().is(error::malformed));
  }
  EXPECT_FALSE(ServiceId::parse(std::string_view("a;b\0;c", 6)).ok());
}

TEST(ServiceId, RefusesTheEmptyAndTheHuge) {
  EXPECT_FALSE(ServiceId::parse("").ok());
  EXPECT_FALSE(ServiceId::parse(" ; ;").ok());
  EXPECT_FALSE(ServiceId::parse(";b;c").ok());
  EXPECT_TRUE(ServiceId::parse(std::string(kMaxServiceIdBytes, 'a')).ok());
  EXPECT_FALSE(ServiceId::parse(std::string(kMaxServiceIdBytes + 1, 'a')).ok());
}

/// protocol D, column "outer Subject"
TEST(ClearSubject, IsTheOneOfTheTable) {
  EXPECT_EQ(clear_subject({"Arztbrief", "VHitG-Versand", "V1.2"}), "Arztbrief");
  EXPECT_EQ(clear_subject(enachricht_delivery()), "eNachricht");
  EXPECT_EQ(clear_subject({"1ClickAbrechnung", "Lieferung", "V2.0"}), "1ClickAbrechnung-Lieferung");
  EXPECT_EQ(clear_subject({"eDokumentation-QSHLT", "Lieferung", "V2.0"}), "eDokumentation-QSHLT;Lieferung;V2.0");
  EXPECT_EQ(clear_subject({"eMail-Dienst", "Lieferung", "V1.0"}), "eMail-Dienst;Lieferung;V1.0");
  EXPECT_EQ(clear_subject({"Neu", "Etwas", "V1.0"}), "Neu");
}

/// protocol C, "MDN": Subject `<Service>-Eingangsbestaetigung`
TEST(ClearSubject, OfAReceiptNamesTheService) {
  EXPECT_EQ(clear_subject(enachricht_receipt()), "eNachricht-Eingangsbestaetigung");
  EXPECT_EQ(clear_subject({"eDokumentation", "Eingangsbestaetigung", "V2.0"}), "eDokumentation-Eingangsbestaetigung");
}

}  // namespace
}  // namespace kvc::service
