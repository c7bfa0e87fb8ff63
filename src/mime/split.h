// SPDX-License-Identifier: Apache-2.0
// Where the pieces of a MIME message begin and end, byte for byte. Nothing is interpreted, copied or changed here:
// a signature covers exactly these bytes.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace kvc::mime {

/// An entity (RFC 2045 section 2.4) as views into the caller's buffer.
struct Entity {
  std::string_view header;  ///< with the line end of its last field, without the empty line
  std::string_view body;    ///< after the empty line; empty if there is none
};

/// Splits at the first empty line; lines end in CRLF or LF. Text that begins with an empty line has no header, text
/// without an empty line is all header. Never fails: header.h judges what the header block says.
Entity split_entity(std::string_view text);

/// The bodies of a multipart (RFC 2046 section 5.1).
struct Multipart {
  std::vector<std::string_view> parts;  ///< whole entities, without the line end that belongs to the delimiter
  bool closed = false;                  ///< the final delimiter was there
};

/// [D] More parts than any real message has; a message with more is hostile.
inline constexpr std::size_t kMaxParts = 1000;

/// `body` is the body of the multipart entity. A delimiter is a line of its own: "--", the boundary, optional "--",
/// optional blanks; a longer line that only begins so is content. Preamble and epilogue are dropped. A missing final
/// delimiter is reported in `closed`. Errors: malformed for an unusable boundary (RFC 2046: 1 to 70 characters; up to
/// 200 read), no delimiter at all, or more than `max_parts` parts. Time is linear in the size of the body.
Result<Multipart> split_multipart(std::string_view body, std::string_view boundary, std::size_t max_parts = kMaxParts);

}  // namespace kvc::mime
