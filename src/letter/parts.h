// SPDX-License-Identifier: Apache-2.0
// The parts of an eArztbrief (protocol D, row eArztbrief 1.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace kvc::letter {

inline constexpr const char* kPdfSigned = "eAB-PDF-signed";
inline constexpr const char* kPdfUnsigned = "eAB-PDF-unsigned";
inline constexpr const char* kXml = "eAB-XML";
inline constexpr int kMaxAnnexes = 99;

/// "eAB-Anhang-01" to "eAB-Anhang-99". REQUIRES: 1 <= number <= 99.
std::string annex_description(int number);

/// A file of a letter. `head` are its first bytes (1024 are enough) or all of it; empty: unknown.
struct LetterPart {
  std::string name, type, description;
  std::uint64_t size = 0;
  std::string_view head;
};

/// Which part plays which role; places in the list.
struct LetterRoles {
  std::optional<std::size_t> pdf, xml;
  bool pdf_signed = false;
  std::vector<std::size_t> annexes;
};

/// Before sending: exactly one PDF that begins like one, exactly one XML, annexes numbered 01, 02 ... without gaps and
/// repetitions, nothing else. Error: invalid_field (parameters "field" = "files", "file", "expected").
Result<LetterRoles> check_parts(const std::vector<LetterPart>& parts);

/// When reading: leniently, by description first, then by type and name; of several the first. Never fails.
LetterRoles find_roles(const std::vector<LetterPart>& parts);

/// "%PDF-" within the first 1024 bytes (ISO 32000-1, appendix H.3.4), and an end that is there if `whole` is given.
/// Error: invalid_field (parameters as above). Says nothing about what a viewer makes of it.
Status check_pdf(std::string_view head, std::uint64_t size, std::string_view name);

}  // namespace kvc::letter
