// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "letter/cda.h"
#include "unit/letter/samples.h"

namespace kvc::letter {
namespace {

using samples::replaced;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string good() {
  return write_cda(samples::letter()).value();
}

PatientHint patient_of(const std::string& document) {
  const auto letter = read_cda(document);
  EXPECT_TRUE(letter.ok()) << letter.status().to_string();
  return letter.ok() ? letter->patient : PatientHint();
}

std::string with_patient(const std::string& role) {
  return "<c:ClinicalDocument xmlns:c='urn:hl7-org:v3'><c:recordTarget><c:patientRole>" + role +
         "</c:patientRole></c:recordTarget></c:ClinicalDocument>";
}

TEST(CdaRead, TheNumberCountsOnlyByItsOid) {
  const auto other = patient_of(with_patient("<c:id extension='K070990552' root='1.2.276.0.76.4.1'/>"));
  EXPECT_EQ(other.kvnr, "");
  EXPECT_THAT(other.other_ids, ElementsAre("1.2.276.0.76.4.1^K070990552"));
  const auto two =
      patient_of(with_patient("<c:id extension='4711' root='1.2.3'/>"
                              "<c:id extension='K070990552' root='1.2.276.0.76.4.8'/>"));
  EXPECT_EQ(two.kvnr, "K070990552");
  EXPECT_THAT(two.other_ids, ElementsAre("1.2.3^4711"));
}

TEST(CdaRead, AWrongOrSecondNumberIsNone) {
  EXPECT_EQ(patient_of(with_patient("<c:id extension='K070990553' root='1.2.276.0.76.4.8'/>")).kvnr, "");
  EXPECT_EQ(patient_of(with_patient("<c:id extension='K070990552' root='1.2.276.0.76.4.8'/>"
                                    "<c:id extension='A123456780' root='1.2.276.0.76.4.8'/>"))
                .kvnr,
            "");
}

TEST(CdaRead, NamesAreReadLeniently) {
  const auto hint = patient_of(with_patient(
      "<c:patient><c:name><c:family>\n  von\n Testpatient </c:family><c:given>Erika</c:given><c:given>Maria</c:given>"
      "<x xmlns='urn:other'>y</x></c:name><c:birthTime value='199009071200'/>"
      "<c:administrativeGenderCode code='M'/></c:patient>"));
  EXPECT_EQ(hint.family, "von Testpatient");
  EXPECT_EQ(hint.given, "Erika Maria");
  EXPECT_EQ(hint.birth_date, "1990-09-07");
  EXPECT_EQ(hint.gender, Gender::male);
}

TEST(CdaRead, ABirthDateThatIsNoneIsEmpty) {
  for (const char* value : {"1990", "199009", "19900931", "00000101", "1990x907", "", "&#10;19900907"}) {
    EXPECT_EQ(
        patient_of(with_patient("<c:patient><c:birthTime value='" + std::string(value) + "'/></c:patient>")).birth_date,
        "")
        << value;
  }
}

TEST(CdaRead, SeveralPatientsAreNoHint) {
  std::string twice = good();
  const std::size_t begin = twice.find("  <recordTarget>"), end = twice.find("  <author>");
  twice.insert(end, twice.substr(begin, end - begin));
  const auto letter = read_cda(twice);
  ASSERT_TRUE(letter.ok());
  EXPECT_EQ(letter->patient.kvnr, "");
  EXPECT_EQ(letter->patient.family, "");
  EXPECT_THAT(letter->deviations, ElementsAre(HasSubstr("names 2 patients")));
}

TEST(CdaRead, TextsForPeopleHoldNoControlsAndEnd) {
  const auto letter = read_cda(
      replaced(good(), "<title>Arztbrief</title>", "<title>a&#10;&#9;b" + std::string(1000, 'x') + "</title>"));
  ASSERT_TRUE(letter.ok());
  EXPECT_EQ(letter->title.size(), 300U);
  EXPECT_TRUE(letter->title.starts_with("a bx"));
}

TEST(CdaCheck, EveryDeviationIsNamedWithItsLine) {
  struct Case {
    const char *from, *to, *expected;
  };
  for (const Case& wrong : {
           Case{"POCD_HD000040", "POCD", "line 4, typeId: root and extension"},
           Case{"<id root=\"6f1c2d3e-0000-4a4a-8b8b-0123456789ab\"/>", "", "line 2, ClinicalDocument: id is missing"},
           Case{"<id root=\"6f1c2d3e-0000-4a4a-8b8b-0123456789ab\"/>", "<id root=\"x\"/>", "line 5, id: root"},
           Case{"code=\"11488-4\" ", "", "line 6, code: code and codeSystem"},
           Case{"<effectiveTime value=\"20260105093000+0100\"/>", "<effectiveTime value=\"5.1.2026\"/>",
                "line 8, effectiveTime: value"},
           Case{"<title>Arztbrief</title>", "<title/><title/>", "line 7, title: stands more than once"},
           Case{"<languageCode code=\"de-DE\"/>", "<languageCode/><id nullFlavor=\"NI\"/>", "id: stands too late"},
           Case{"<languageCode code=\"de-DE\"/>", "<sprache/>", "sprache: is no element of a CDA R2 header"},
           Case{"<birthTime value=\"19900907\"/>", "<birthTime value=\"1990-09-07\"/>", "birthTime: value"},
           Case{"<id root=\"1.2.276.0.76.4.8\" extension=\"K070990552\"/>", "", "patientRole: id is missing"},
           Case{"<time value=\"20260105093000+0100\"/>", "", "author: time is missing"},
           Case{"<nonXMLBody>", "<structuredBody/><nonXMLBody>", "component: exactly one"},
           Case{"<languageCode code=\"de-DE\"/>", "<templateId root=\".1\"/>", "templateId: root"},
       }) {
    const auto found = check_structure(replaced(good(), wrong.from, wrong.to));
    ASSERT_TRUE(found.ok()) << wrong.from;
    EXPECT_THAT(*found, testing::Contains(HasSubstr(wrong.expected))) << wrong.from;
  }
}

TEST(CdaCheck, ForeignElementsAreAllowed) {
  EXPECT_THAT(*check_structure(replaced(good(), "<languageCode", "<x xmlns='urn:vendor'/><languageCode")), IsEmpty());
}

TEST(CdaCheck, ReportsAreBounded) {
  std::string many;
  for (int i = 0; i < 10000; ++i) {
    many += "<falsch/>";
  }
  EXPECT_LE(check_structure(replaced(good(), "<languageCode", many + "<languageCode"))->size(), 50U);
}

TEST(CdaRead, HostileDocumentsAreRefused) {
  const std::string document = good();
  for (std::size_t cut = 0; cut < document.size() - 3; cut += 11) {
    EXPECT_TRUE(read_cda(document.substr(0, cut)).status().is(error::malformed)) << cut;
  }
  for (const char* bad : {"", "<ClinicalDocument/>", "<x xmlns='urn:hl7-org:v3'/>", "%PDF-1.4",
                          "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><ClinicalDocument "
                          "xmlns='urn:hl7-org:v3'><title>&x;</title></ClinicalDocument>"}) {
    EXPECT_TRUE(read_cda(bad).status().is(error::malformed)) << bad;
    EXPECT_TRUE(check_structure(bad).status().is(error::malformed)) << bad;
  }
  std::string deep;
  for (int i = 0; i < 5000; ++i) {
    deep += "<component>";
  }
  EXPECT_TRUE(read_cda(replaced(document, "<component>", deep)).status().is(error::too_large));
  EXPECT_TRUE(read_cda(std::string(33UL * 1024 * 1024, ' ')).status().is(error::too_large));
  const auto empty = read_cda("<ClinicalDocument xmlns='urn:hl7-org:v3'/>");
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(empty->patient.family, "");
  EXPECT_FALSE(empty->deviations.empty());
}

}  // namespace
}  // namespace kvc::letter
