// SPDX-License-Identifier: Apache-2.0
// Content-Transfer-Encoding (RFC 2045 section 6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "mime/wiped_bytes.h"

namespace kvc::mime {

/// Takes decoded bytes, in pieces; an error ends the decoding and is handed on.
using Sink = std::function<Status(std::string_view piece)>;

/// Decodes `body` piece by piece: base64, quoted-printable, and 7bit, 8bit, binary or nothing as they are. `encoding`
/// is the field's value, any case. Memory does not grow with the body. Errors: malformed for an unknown encoding,
/// characters outside the alphabet, truncated base64, and broken quoted-printable; pieces before the fault were
/// delivered.
Status decode_transfer(std::string_view body, std::string_view encoding, const Sink& sink);

/// The same into one buffer.
Result<WipedBytes> decode_transfer(std::string_view body, std::string_view encoding);

/// For short things such as encoded words. Error: malformed.
Result<std::string> decode_base64(std::string_view text);

/// Writes base64 in lines of 76 characters with CRLF (RFC 2045 section 6.8). Feed pieces of any size, then finish().
/// The sink gets less than 64 KiB at once.
class Base64Writer {
 public:
  explicit Base64Writer(Sink sink) : sink_(std::move(sink)) {}
  Status write(std::string_view piece);
  /// Writes what is left and the last line end. Nothing at all for an empty input.
  Status finish();
  /// How many characters become of so many bytes.
  static constexpr std::uint64_t size_of(std::uint64_t bytes) { return (bytes + 2) / 3 * 4 + (bytes + 56) / 57 * 2; }

 private:
  Status encode(std::string_view whole_lines);
  Sink sink_;
  WipedBytes rest_;  ///< less than one line
  WipedBytes out_;
};

/// Text as quoted-printable (RFC 2045 section 6.7) with CRLF line ends; LF and CRLF in `text` are line breaks.
void append_quoted_printable(WipedBytes& out, std::string_view text);

}  // namespace kvc::mime
