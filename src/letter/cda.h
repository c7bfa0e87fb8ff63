// SPDX-License-Identifier: Apache-2.0
// The CDA R2 header of an eArztbrief (protocol D; HL7 CDA Release 2, VHitG-Arztbrief): written, and read for the
// patient's identification. The letter itself is the PDF beside it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/status.h"

namespace kvc::letter {

/// Insured person's number (KVNR), its OID.
inline constexpr const char* kKvnrOid = "1.2.276.0.76.4.8";

enum class Gender { unknown, female, male, diverse };

struct Person {
  std::string prefix, given, family;  ///< prefix: academic title
};
struct PostalAddress {
  std::string street, postal_code, city;
};
struct Organisation {
  std::string bsnr;  ///< nine digits, or empty
  std::string name, phone;
  PostalAddress address;
};

struct Patient {
  Person name;
  std::string birth_date;  ///< YYYY-MM-DD
  Gender gender = Gender::unknown;
  std::string kvnr;  ///< a letter and nine digits; empty: no id is written, because any other has no OID
  PostalAddress address;
};

/// Everything a header needs. Plain values; the caller fills them from its patient and user context.
struct Letter {
  std::string document_id;  ///< UUID
  std::string title = "Arztbrief";
  TimePoint created;
  Patient patient;
  Person author;
  std::string author_lanr;  ///< nine digits, or empty
  Organisation practice;    ///< author's organisation and custodian
  Person recipient;         ///< may be empty
  Organisation recipient_organisation;
  std::string pdf_name;  ///< the file the body refers to
};

/// The document, UTF-8. The body is a nonXMLBody that refers to the PDF beside it; no clinical content. Errors:
/// invalid_field (parameter "field": document_id, patient.family, patient.birth_date, patient.kvnr, author.family,
/// practice.name, bsnr, lanr, pdf_name, ...). What is written passes check_structure().
Result<std::string> write_cda(const Letter& letter);

/// What a received header says of the patient. Empty fields were not there or not usable.
struct PatientHint {
  std::string kvnr;  ///< only by its OID, and only if it is one (check digit)
  std::string given, family;
  std::string birth_date;  ///< YYYY-MM-DD
  Gender gender = Gender::unknown;
  /// Further ids, "root^extension": for people, never for matching.
  std::vector<std::string> other_ids;
};

struct ReceivedLetter {
  std::string document_id, title, created;  ///< as written; created is the HL7 timestamp
  std::string author, custodian;            ///< names for people, or empty
  PatientHint patient;
  std::vector<std::string> deviations;  ///< of check_structure(), for the expert
};

/// Reads a header leniently: what is missing is empty, deviations are listed. Errors: malformed if it is no
/// ClinicalDocument of CDA R2 (parameter "line"), too_large.
Result<ReceivedLetter> read_cda(std::string_view xml);

/// What a CDA R2 header must have and this one has not, one English sentence each with its line, never a value: the
/// project's own check, as the official schema may not be part of the tree. Elements, their order, attributes and
/// data types of CDA R2 header elements that the eArztbrief uses. Errors: malformed, too_large.
Result<std::vector<std::string>> check_structure(std::string_view xml);

/// A letter, nine digits, and the check digit right (§ 290 SGB V; modulo 10 with weights 1 and 2).
bool is_kvnr(std::string_view text);

}  // namespace kvc::letter
