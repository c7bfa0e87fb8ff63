// SPDX-License-Identifier: Apache-2.0
// Do a message's text and files fit its service, and which of them is what (protocol D, column "parts").
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "service/catalogue.h"

namespace kvc::service {

/// What is compared of a file; views are borrowed for the call.
struct FileFacts {
  std::string_view name, type, description;
};

/// One thing that does not fit. Holds no file name, so that it may be logged; `file` says which one it is.
struct PartProblem {
  enum class Kind {
    unexpected_file,  ///< fits no part of the service
    missing,          ///< `part` is not there
    too_many,         ///< `part` is there more often than allowed; `file` is the first too many
    text_not_wanted,  ///< the service has no text
    incomplete,       ///< `part` belongs to files that are there, and is missing; or no complete set of files is there
  };
  static constexpr std::size_t kNoFile = static_cast<std::size_t>(-1);
  Kind kind = Kind::missing;
  std::size_t file = kNoFile;      ///< index into the files
  const PartRule* part = nullptr;  ///< borrowed from the rule; for unexpected_file the one the file resembles, or null
  /// What would fit, in names and media types, e.g. "application/pdf (eAB-PDF-signed)", "*.con.xkm".
  std::string expected;
};
/// Stable key: "unexpected_file", "missing" ...
std::string_view name(PartProblem::Kind kind);

/// All problems of what is about to be sent, in the order of the files and parts. Empty: good.
std::vector<PartProblem> check_parts(const MessageRule& rule, bool has_text, const std::vector<FileFacts>& files);

/// The role each received file plays, "" for none. Lenient: Content-Description decides, then the name, then the media
/// type; what fits nothing is still shown.
std::vector<std::string> roles_of(const MessageRule& rule, const std::vector<FileFacts>& files);

/// A part rule in names and media types, as in PartProblem::expected.
std::string describe(const PartRule& part);

/// '*' any characters, '#' one digit, ASCII letters without case. Linear in time for any pattern of one '*', at most
/// pattern times text otherwise.
bool fits(std::string_view pattern, std::string_view text);

}  // namespace kvc::service
