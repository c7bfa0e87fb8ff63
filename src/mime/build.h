// SPDX-License-Identifier: Apache-2.0
// Writing MIME: header lines that no value can break out of.
#pragma once

#include <string>
#include <string_view>

#include "base/env.h"
#include "base/status.h"

namespace kvc::mime {

/// Header fields as text, CRLF, lines folded at 78 characters where there is a blank (RFC 5322 section 2.1.1).
/// Every method returns invalid_field, with the parameter "field", for a value with a line break or another control
/// character.
class HeaderWriter {
 public:
  /// A field of printable ASCII: addresses, ids, dates. Error also for other characters.
  Status ascii(std::string_view name, std::string_view value);
  /// A field people read: anything beyond ASCII becomes encoded words (RFC 2047, UTF-8, base64). `value` is UTF-8.
  Status text(std::string_view name, std::string_view value);
  /// `value; parameter="file name"`: a name beyond ASCII is written by RFC 2231, with no second form for old readers,
  /// because two names invite two readings.
  Status with_file_name(std::string_view name, std::string_view value, std::string_view parameter,
                        std::string_view file_name);

  [[nodiscard]] const std::string& str() const noexcept { return out_; }

 private:
  void fold(std::string_view name, std::string_view value);
  std::string out_;
};

/// Whether it may be the Content-Type of a file: "type/subtype" of tokens (RFC 2045 section 5.1), and no multipart.
bool is_file_type(std::string_view type);

/// RFC 5322 section 3.3 in UTC, "Mon, 23 Nov 2026 15:35:28 +0000"; independent of the locale.
std::string date_text(TimePoint time);

/// A boundary no encoded content can hold: it begins with "=_" (RFC 2045 section 6.7) and carries 122 random bits.
std::string new_boundary(Env& env);

}  // namespace kvc::mime
