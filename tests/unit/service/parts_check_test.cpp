// SPDX-License-Identifier: Apache-2.0
// The parts each service asks for (protocol D, column "parts"), when writing and when reading.
#include "service/parts_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvc::service {
namespace {

using Kind = PartProblem::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const MessageRule& rule(const char* key, MessageKind kind = MessageKind::delivery) {
  return *Catalogue::builtin().service(key)->message(kind);
}

// "kind file part" of each problem; the file counts from 1, 0 for none.
std::vector<std::string> problems(const MessageRule& of, const std::vector<FileFacts>& files, bool text = true) {
  std::vector<std::string> lines;
  for (const PartProblem& problem : check_parts(of, text, files)) {
    const std::size_t file = problem.file == PartProblem::kNoFile ? 0 : problem.file + 1;
    lines.push_back(std::string(name(problem.kind)) + ' ' + std::to_string(file) + ' ' +
                    (problem.part == nullptr ? "" : problem.part->role));
  }
  return lines;
}

const FileFacts kPdf{"brief.pdf", "application/pdf", "eAB-PDF-unsigned"};
const FileFacts kXml{"brief.xml", "application/xml", "eAB-XML"};

// "exactly one PDF (...), exactly one CDA R2 XML (...); further eAB-Anhang-01..99"
TEST(Letter, NeedsOnePdfAndOneXml) {
  const MessageRule& letter = rule("earztbrief");
  EXPECT_THAT(problems(letter, {kPdf, kXml}), IsEmpty());
  EXPECT_THAT(problems(letter, {{"b.pdf", "application/pdf", "eAB-PDF-signed"}, kXml}, false), IsEmpty());
  EXPECT_THAT(problems(letter, {kPdf, kXml, {"bild.png", "image/png", "eAB-Anhang-01"}, {"b", "", "eAB-Anhang-99"}}),
              IsEmpty());
  EXPECT_THAT(problems(letter, {}), ElementsAre("missing 0 eab_pdf", "missing 0 eab_xml"));
  EXPECT_THAT(problems(letter, {kPdf, kPdf, kXml}), ElementsAre("too_many 2 eab_pdf"));
  EXPECT_THAT(problems(letter, {kPdf, kXml, {"bild.png", "image/png", "eAB-Anhang-1"}}),
              ElementsAre("unexpected_file 3 "));
  EXPECT_THAT(problems(letter, {{"brief.doc", "application/msword", "eAB-PDF-unsigned"}, kXml}),
              ElementsAre("unexpected_file 1 eab_pdf", "missing 0 eab_pdf"));
}

TEST(Letter, ProblemsSayWhatWasExpected) {
  const auto found = check_parts(rule("earztbrief"), true, {{"brief.doc", "application/msword", "x"}, kPdf, kXml});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].expected, HasSubstr("application/pdf (eAB-PDF-signed, eAB-PDF-unsigned)"));
  EXPECT_EQ(found[0].expected.find("brief.doc"), std::string::npos) << "the user's own words";
}

TEST(Letter, TakesAtMost99Attachments) {
  std::vector<FileFacts> files{kPdf, kXml};
  files.insert(files.end(), 99, FileFacts{"a", "image/png", "eAB-Anhang-07"});
  EXPECT_THAT(problems(rule("earztbrief"), files), IsEmpty());
  files.push_back(files.back());
  files.push_back(files.back());
  EXPECT_THAT(problems(rule("earztbrief"), files), ElementsAre("too_many 102 eab_anhang")) << "told once";
}

// "text + any files"
TEST(Message, TakesAnything) {
  EXPECT_THAT(problems(rule("enachricht"), {}), IsEmpty());
  EXPECT_THAT(problems(rule("enachricht"), {{"a.exe", "", ""}, {"", "", ""}}, false), IsEmpty());
}

const FileFacts kCompanion{"begleitdatei.xml", "application/xml", ""};
const FileFacts kBilling{"Z01999999900_05.01.2026_09.25.con.XKM", "application/octet-stream", ""};
const FileFacts kDeclaration{"sammel.sig.pdf", "application/pdf", ""};
const FileFacts kDeclarationXml{"sammel.xml", "text/xml", ""};

// "begleitdatei.xml + <name>.con.xkm and/or <name>.sig.pdf + <name>.xml (Sammelerklaerung)"
TEST(Billing, NeedsCompanionAndBillingOrDeclaration) {
  const MessageRule& billing = rule("1click");
  EXPECT_THAT(problems(billing, {kCompanion, kBilling}), IsEmpty());
  EXPECT_THAT(problems(billing, {kBilling, kDeclaration, kDeclarationXml, kCompanion}), IsEmpty());
  EXPECT_THAT(problems(billing, {kCompanion, kDeclaration, kDeclarationXml}), IsEmpty());
  EXPECT_THAT(problems(billing, {kBilling}), ElementsAre("missing 0 begleitdatei"));
  EXPECT_THAT(problems(billing, {kCompanion}), ElementsAre("incomplete 0 abrechnung"));
  EXPECT_THAT(problems(billing, {kCompanion, kBilling, kDeclaration}),
              ElementsAre("incomplete 0 sammelerklaerung_xml"));
  EXPECT_THAT(problems(billing, {kCompanion, kDeclarationXml}), ElementsAre("incomplete 0 sammelerklaerung_pdf"));
  EXPECT_THAT(problems(billing, {kCompanion, kCompanion, kBilling}), ElementsAre("too_many 2 begleitdatei"));
  EXPECT_THAT(problems(billing, {kCompanion, kBilling, {"abrechnung.con", "application/octet-stream", ""}}),
              ElementsAre("unexpected_file 3 abrechnung"))
      << "not encrypted by the Kryptomodul";
}

// "begleitdatei.xml (eDoku-Begleitdatei) + <name>.zip.xkm (eDoku-Archiv)"
TEST(Documentation, NeedsCompanionAndArchive) {
  const FileFacts companion{"begleitdatei.xml", "application/xml", "eDoku-Begleitdatei"};
  const FileFacts archive{"qs.zip.xkm", "application/octet-stream", "eDoku-Archiv"};
  const MessageRule& delivery = rule("edokumentation");
  EXPECT_THAT(problems(delivery, {companion, archive}), IsEmpty());
  EXPECT_THAT(problems(delivery, {companion}), ElementsAre("missing 0 archiv"));
  EXPECT_THAT(problems(delivery, {companion, {"qs.zip", "application/zip", "eDoku-Archiv"}}),
              ElementsAre("unexpected_file 2 archiv", "missing 0 archiv"));
}

TEST(Laboratory, NeedsLdt) {
  EXPECT_THAT(problems(rule("ldt"), {{"befund.LDT", "text/plain", ""}, {"b.pdf", "application/pdf", ""}}), IsEmpty());
  EXPECT_THAT(problems(rule("ldt"), {{"b.pdf", "application/pdf", ""}}), ElementsAre("missing 0 ldt"));
}

TEST(Appointments, NeedFhir) {
  EXPECT_THAT(problems(rule("ets"), {{"a.json", "application/fhir+json", ""}}), IsEmpty());
  EXPECT_THAT(problems(rule("ets"), {{"a.xml", "application/xml", ""}}),
              ElementsAre("unexpected_file 1 ", "missing 0 fhir"));
}

TEST(Reading, IsLenient) {
  // Content-Description first, then the name, then the media type.
  EXPECT_THAT(roles_of(rule("earztbrief"), {{"x", "application/octet-stream", "eab-xml"},
                                            {"x", "application/pdf", ""},
                                            {"x", "image/png", ""},
                                            {"x", "text/xml", "eAB-Anhang-02"}}),
              ElementsAre("eab_xml", "eab_pdf", "", "eab_anhang"));
  EXPECT_THAT(roles_of(rule("1click", MessageKind::feedback), {{"BEGLEITDATEI.XML", "text/plain", ""},
                                                               {"bericht.pdf", "application/octet-stream", ""},
                                                               {"irgendwas", "application/zip", ""}}),
              ElementsAre("begleitdatei", "bericht", ""));
  EXPECT_THAT(roles_of(rule("enachricht"), {{"a", "", ""}}), ElementsAre("file"));
}

TEST(Pattern, Fits) {
  EXPECT_TRUE(fits("*.con.xkm", "A.CON.XKM"));
  EXPECT_TRUE(fits("*", ""));
  EXPECT_TRUE(fits("", ""));
  EXPECT_TRUE(fits("a*b*c", "aXbYbZc"));
  EXPECT_TRUE(fits("eAB-Anhang-##", "eab-anhang-42"));
  EXPECT_FALSE(fits("eAB-Anhang-##", "eAB-Anhang-4x"));
  EXPECT_FALSE(fits("#", "#"));
  EXPECT_FALSE(fits("*.xml", "begleitdatei.xml.exe"));
  EXPECT_FALSE(fits("begleitdatei.xml", "xbegleitdatei.xml"));
  EXPECT_FALSE(fits("a", ""));
  EXPECT_FALSE(fits("*.xml", std::string_view(".xml\0", 5)));
  EXPECT_FALSE(fits("*a*a*a*a*b", std::string(20000, 'a')));
}

}  // namespace
}  // namespace kvc::service
