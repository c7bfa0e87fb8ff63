// SPDX-License-Identifier: Apache-2.0
// Which patient a received letter is of (protocol D, "eArztbrief receiving rules"): a proposal, never a decision.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "letter/cda.h"

namespace kvc::letter {

/// A patient of the practice, as the host knows him or her.
struct KnownPatient {
  std::string id, kvnr, given, family, birth_date;  ///< YYYY-MM-DD
};

enum class MatchedBy { nothing, kvnr, name_and_birth_date };

/// REQUIRES of the caller: a person confirms it, and patient data are never changed.
struct Proposal {
  MatchedBy by = MatchedBy::nothing;
  std::string patient_id;               ///< set only if exactly one patient fits
  std::vector<std::string> candidates;  ///< all that fit by `by`; more than one: the user chooses
  /// The KVNR fits, but these differ: "name", "birth_date". A warning to be shown.
  std::vector<std::string> contradictions;
};

/// KVNR first, then family name, given name and birth date together. A patient whose KVNR is known and another never
/// fits by name. Names are compared without regard to case of ASCII and umlauts, blanks and hyphens; "ä" equals "ae"
/// and "ß" equals "ss". Thread: [any].
Proposal propose(const PatientHint& hint, std::span<const KnownPatient> known);

}  // namespace kvc::letter
