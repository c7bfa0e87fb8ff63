// SPDX-License-Identifier: Apache-2.0
// Protocol D, "eArztbrief receiving rules": KVNR, then name + birth date, otherwise ask; never silently.
#include "letter/match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvc::letter {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PatientHint hint(std::string kvnr, std::string given, std::string family, std::string birth_date) {
  PatientHint made;
  made.kvnr = std::move(kvnr);
  made.given = std::move(given);
  made.family = std::move(family);
  made.birth_date = std::move(birth_date);
  return made;
}

const std::vector<KnownPatient> kPractice = {
    {"1", "K070990552", "Erika", "Testpatient", "1990-09-07"},
    {"2", "", "Jürgen", "Groß-Müller", "1950-01-31"},
    {"3", "A123456780", "Max", "Zwilling", "2001-02-03"},
    {"4", "", "Max", "Zwilling", "2001-02-03"},
};

TEST(Match, TheNumberComesFirst) {
  const auto proposal = propose(hint("K070990552", "Erika", "Testpatient", "1990-09-07"), kPractice);
  EXPECT_EQ(proposal.by, MatchedBy::kvnr);
  EXPECT_EQ(proposal.patient_id, "1");
  EXPECT_THAT(proposal.contradictions, IsEmpty());
}

TEST(Match, ContradictionsAreShown) {
  const auto proposal = propose(hint("K070990552", "Erika", "Neuname", "1990-09-08"), kPractice);
  EXPECT_EQ(proposal.patient_id, "1");
  EXPECT_THAT(proposal.contradictions, ElementsAre("name", "birth_date"));
}

TEST(Match, ThenNameAndBirthDateTogether) {
  const auto proposal = propose(hint("", "JUERGEN", "gross müller", "1950-01-31"), kPractice);
  EXPECT_EQ(proposal.by, MatchedBy::name_and_birth_date);
  EXPECT_EQ(proposal.patient_id, "2");
  for (const auto& almost :
       {hint("", "Jürgen", "Groß-Müller", "1950-01-30"), hint("", "Jürgen", "Müller", "1950-01-31"),
        hint("", "", "Groß-Müller", "1950-01-31"), hint("", "Jürgen", "Groß-Müller", ""), hint("", "", "", ""),
        hint("X", "Jurgen", "Groß-Müller", "1950-01-31")}) {
    const auto none = propose(almost, kPractice);
    EXPECT_EQ(none.by, MatchedBy::nothing) << almost.given << almost.family;
    EXPECT_EQ(none.patient_id, "");
  }
}

TEST(Match, AnotherNumberIsAnotherPatient) {
  const auto other = propose(hint("B000000000", "Erika", "Testpatient", "1990-09-07"), kPractice);
  EXPECT_EQ(other.by, MatchedBy::nothing);
  const auto without = propose(hint("", "Erika", "Testpatient", "1990-09-07"), kPractice);
  EXPECT_EQ(without.patient_id, "1");
}

TEST(Match, OfSeveralNobodyIsChosen) {
  const auto proposal = propose(hint("", "Max", "Zwilling", "2001-02-03"), kPractice);
  EXPECT_EQ(proposal.by, MatchedBy::name_and_birth_date);
  EXPECT_EQ(proposal.patient_id, "");
  EXPECT_THAT(proposal.candidates, ElementsAre("3", "4"));
  const std::vector<KnownPatient> twice = {{"a", "K070990552", "", "", ""}, {"b", "K070990552", "", "", ""}};
  EXPECT_EQ(propose(hint("K070990552", "", "", ""), twice).patient_id, "");
}

TEST(Match, AnUnknownNumberFallsBackToTheName) {
  const auto proposal =
      propose(hint("K070990552", "Jürgen", "Groß-Müller", "1950-01-31"), std::vector<KnownPatient>{kPractice[1]});
  EXPECT_EQ(proposal.by, MatchedBy::name_and_birth_date) << "the practice does not know this patient's number";
}

TEST(Match, BrokenTextDoesNoHarm) {
  EXPECT_EQ(propose(hint("", "\xC3", "\xFF\xC3", "1950-01-31"), kPractice).by, MatchedBy::nothing);
  EXPECT_EQ(propose(hint("", "a", "b", "c"), {}).by, MatchedBy::nothing);
}

}  // namespace
}  // namespace kvc::letter
