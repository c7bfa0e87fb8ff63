// SPDX-License-Identifier: Apache-2.0
// begleitdatei.xml, which goes with every delivery to a KV and comes back with its answers (protocol D,
// "Begleitdatei").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/status.h"

namespace kvc::billing {

/// The fixed file name.
inline constexpr const char* kBegleitdateiName = "begleitdatei.xml";
inline constexpr const char* kBegleitdateiNamespace = "http://www.kv-telematik.de/1-Click/Meldung_Einlieferung/2.0.0";

enum class DocumentType {
  billing,
  billing_hzv,
  collective,
  billing_and_collective,
  dmp,
  ehks,
  qsmg,
  qshgv,
  qshgvk,
  qshlt,
  qske,
};
/// As the file writes it: "ABRECHNUNG+SAMMELERKLÄRUNG".
std::string_view name(DocumentType type);
std::optional<DocumentType> document_type(std::string_view name);

struct Begleitdatei {
  int version = 1;   ///< from 1, +1 for each correction
  std::string guid;  ///< UUID as written; the same in all corrections
  std::string bsnr;  ///< nine digits
  bool test = false;
  std::string delivered_at;  ///< xs:dateTime as written, so that a file can be written again byte for byte
  DocumentType type = DocumentType::billing;
  std::string quarter;  ///< "2025-4"
  bool complete = true;
  std::vector<std::string> attachments;  ///< file names, at least one

  friend bool operator==(const Begleitdatei&, const Begleitdatei&) = default;
};

/// A new delivery's file: version 1, a new GUID, the time of env.now().
Begleitdatei new_begleitdatei(Env& env);

/// The next version of an earlier delivery: GUID, BSNR, type and quarter are kept, version +1, time of env.now(); the
/// attachments are to be filled in. Error: invalid_state if the earlier one was a test (tests can never be
/// corrections).
Result<Begleitdatei> correction_of(const Begleitdatei& earlier, Env& env);

/// Every rule of the fields. Error: invalid_field (parameter "field": the element's name; detail: what is expected).
Status check(const Begleitdatei& file);

/// UTF-8, elements in the fixed order, values in V. Error: as check().
Result<std::string> write(const Begleitdatei& file);

/// Reads a file of this or another product; order and attributes are those of the protocol, unknown further elements
/// are ignored. write(*read(text)) == text for every file of write(). Errors: malformed (parameters "line", "element"),
/// too_large.
Result<Begleitdatei> read(std::string_view xml);

/// The GUID alone, in small letters for comparing; none if the text is no readable begleitdatei. For matching answers.
std::optional<std::string> guid_of(std::string_view xml);
/// UUIDs are compared without regard to case.
bool same_guid(std::string_view a, std::string_view b);

}  // namespace kvc::billing
