// SPDX-License-Identifier: Apache-2.0
#include "letter/match.h"

#include <string_view>

namespace kvc::letter {
namespace {

/// Two bytes of UTF-8 that stand for a Latin-1 letter (U+00C0 to U+00FF): as small letter, umlauts as two letters.
void append_latin(std::string& out, unsigned char second) {
  constexpr unsigned char kCapitals = 0x80, kSharpS = 0x9F, kSmall = 0xA0, kShift = 0x20;
  const unsigned char small =
      second >= kCapitals && second < kSharpS && second != 0x97 ? static_cast<unsigned char>(second + kShift) : second;
  switch (small) {
    case kSmall + 0x04:
      out += "ae";
      return;
    case kSmall + 0x16:
      out += "oe";
      return;
    case kSmall + 0x1C:
      out += "ue";
      return;
    case kSharpS:
      out += "ss";
      return;
    default:
      out += "\xC3";
      out += static_cast<char>(small);
  }
}

/// What is compared of a name.
std::string folded(std::string_view name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '\xC3' && i + 1 < name.size()) {
      append_latin(result, static_cast<unsigned char>(name[++i]));
    } else if (c >= 'A' && c <= 'Z') {
      result += static_cast<char>(c - 'A' + 'a');
    } else if (std::string_view(" -'.\t").find(c) == std::string_view::npos) {
      result += c;
    }
  }
  return result;
}

bool same_name(const PatientHint& hint, const KnownPatient& patient) {
  return folded(hint.family) == folded(patient.family) && folded(hint.given) == folded(patient.given);
}

bool fits_by_name(const PatientHint& hint, const KnownPatient& patient) {
  const bool other_number = !hint.kvnr.empty() && !patient.kvnr.empty() && hint.kvnr != patient.kvnr;
  return !other_number && hint.birth_date == patient.birth_date && same_name(hint, patient);
}

std::vector<std::string> contradictions(const PatientHint& hint, const KnownPatient& patient) {
  std::vector<std::string> found;
  if (!hint.family.empty() && !same_name(hint, patient)) {
    found.emplace_back("name");
  }
  if (!hint.birth_date.empty() && hint.birth_date != patient.birth_date) {
    found.emplace_back("birth_date");
  }
  return found;
}

}  // namespace

Proposal propose(const PatientHint& hint, std::span<const KnownPatient> known) {
  Proposal proposal;
  std::vector<const KnownPatient*> fitting;
  for (const KnownPatient& patient : known) {
    if (!hint.kvnr.empty() && patient.kvnr == hint.kvnr) {
      fitting.push_back(&patient);
    }
  }
  if (!fitting.empty()) {
    proposal.by = MatchedBy::kvnr;
  } else if (!hint.family.empty() && !hint.given.empty() && !hint.birth_date.empty()) {
    for (const KnownPatient& patient : known) {
      if (fits_by_name(hint, patient)) {
        fitting.push_back(&patient);
      }
    }
    proposal.by = fitting.empty() ? MatchedBy::nothing : MatchedBy::name_and_birth_date;
  }
  for (const KnownPatient* patient : fitting) {
    proposal.candidates.push_back(patient->id);
  }
  if (fitting.size() == 1) {
    proposal.patient_id = fitting.front()->id;
    proposal.contradictions = contradictions(hint, *fitting.front());
  }
  return proposal;
}

}  // namespace kvc::letter
