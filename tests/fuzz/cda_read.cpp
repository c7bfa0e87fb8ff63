// SPDX-License-Identifier: Apache-2.0
// The CDA header of a received letter, which proposes a patient.
#include <algorithm>

#include "fuzz/target.h"
#include "letter/cda.h"
#include "letter/match.h"
#include "mime/charset.h"

namespace kvc::fuzz {
namespace {

void require_shown(const std::string& text) {
  const bool controls =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  require(!controls && mime::is_utf8(text), "texts for people are printable UTF-8");
  require(text.size() <= 2000, "and short");
}

}  // namespace

void cda_read(std::string_view input) {
  const auto letter = letter::read_cda(input);
  const auto deviations = letter::check_structure(input);
  require(letter.ok() == deviations.ok(), "what can be read can be checked");
  if (!letter.ok()) {
    require(letter.status().is(error::malformed) || letter.status().is(error::too_large),
            "a wrong document is told from a large one");
    return;
  }
  const letter::PatientHint& hint = letter->patient;
  for (const std::string* text : {&letter->title, &letter->created, &letter->author, &letter->custodian,
                                  &letter->document_id, &hint.given, &hint.family}) {
    require_shown(*text);
  }
  require(hint.kvnr.empty() || letter::is_kvnr(hint.kvnr), "a number is one");
  require(hint.birth_date.empty() || hint.birth_date.size() == 10, "a birth date is a day");
  const std::vector<letter::KnownPatient> known = {{"1", "K070990552", "Erika", "Testpatient", "1990-09-07"}};
  const auto proposal = letter::propose(hint, known);
  require(proposal.patient_id.empty() || proposal.by != letter::MatchedBy::nothing, "a proposal has a reason");
}

std::vector<std::string> cda_read_seeds() {
  letter::Letter letter;
  letter.document_id = "6f1c2d3e-0000-4a4a-8b8b-0123456789ab";
  letter.patient.name = {"Dr.", "Erika", "Testpatient"};
  letter.patient.birth_date = "1990-09-07";
  letter.patient.gender = letter::Gender::diverse;
  letter.patient.kvnr = "K070990552";
  letter.author = {"", "Anna", "Test\xC3\xA4rztin"};
  letter.practice = {"999999900", "Praxis", "030 1", {"Weg 1", "10115", "Berlin"}};
  letter.pdf_name = "a.pdf";
  const std::string good = letter::write_cda(letter).value();
  std::string deep = "<ClinicalDocument xmlns='urn:hl7-org:v3'>";
  for (int i = 0; i < 80; ++i) {
    deep += "<component>";
  }
  return {
      good,
      deep,
      "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]><ClinicalDocument "
      "xmlns='urn:hl7-org:v3'><title>&b;</title></ClinicalDocument>",
      "<c:ClinicalDocument xmlns:c='urn:hl7-org:v3'><c:recordTarget><c:patientRole><c:id root='1.2.276.0.76.4.8' "
      "extension='K070990552'/><c:patient><c:name>Erika<c:family>T</c:family><c:given/></c:name><c:birthTime "
      "value='19900907'/></c:patient></c:patientRole></c:recordTarget><c:component><c:structuredBody><c:component>"
      "<c:section/></c:component></c:structuredBody></c:component></c:ClinicalDocument>",
  };
}

}  // namespace kvc::fuzz
