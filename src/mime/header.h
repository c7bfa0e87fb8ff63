// SPDX-License-Identifier: Apache-2.0
// Header fields: what they say, leniently read and strictly limited.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace kvc::mime {

/// [D] A header block beyond these is hostile; real ones have 20 fields and 2 KB.
inline constexpr std::size_t kMaxHeaderBytes = 256UL * 1024;
inline constexpr std::size_t kMaxHeaderFields = 500;

struct Field {
  std::string name;   ///< as written
  std::string value;  ///< unfolded, blanks trimmed, otherwise raw: encoded words and 8-bit bytes are kept
};

/// The fields of one entity in their order. Names are compared case-insensitively. A value; thread: [any].
class Header {
 public:
  /// Reads a header block (RFC 5322 section 2.2), CRLF or LF. Errors: malformed for a NUL byte, a line that is neither
  /// a field nor a continuation, a name with other than printable ASCII, or more than the limits above.
  static Result<Header> parse(std::string_view block);

  [[nodiscard]] const std::vector<Field>& fields() const noexcept { return fields_; }
  [[nodiscard]] std::size_t count(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return count(name) != 0; }
  /// Value of the first field of that name, empty if there is none.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  /// The same with encoded words decoded, as UTF-8, for people.
  [[nodiscard]] std::string text(std::string_view name) const;

 private:
  std::vector<Field> fields_;
};

/// A value with parameters: Content-Type, Content-Disposition.
struct Parameterized {
  std::string value;  ///< lower case, e.g. "multipart/signed"; UTF-8 without controls
  std::map<std::string, std::string, std::less<>>
      parameters;  ///< names in lower case; RFC 2231 continuations joined, UTF-8
  [[nodiscard]] std::string parameter(std::string_view name) const;
};

/// Never fails: what cannot be read is left out. RFC 2045 section 5.1, RFC 2231 (continuations, character sets), and
/// encoded words inside quoted parameters, which RFC 2047 forbids and many senders write.
Parameterized parse_parameterized(std::string_view value);

/// Content-Type with the default of RFC 2045 section 5.2, text/plain; charset=us-ascii.
Parameterized content_type(const Header& header);

/// The file name of an entity: filename of Content-Disposition, else name of Content-Type; as sent, not safe as a path.
std::string file_name(const Header& header);
/// The same for a caller who has read the Content-Disposition of `header` already.
std::string file_name(const Header& header, const Parameterized& disposition);

/// RFC 2047: decodes encoded words, drops the blanks between adjacent ones, turns bare 8-bit text into UTF-8. An
/// encoded word that cannot be read stays as it is. Control characters in the result become blanks, so that a decoded
/// value can never forge another header line.
std::string decode_words(std::string_view text);

/// The addresses (addr-spec) of an address list (RFC 5322 section 3.4): display names, quoted strings, comments and
/// group names are passed over. Error: malformed when any member has no readable `local@domain` or the syntax is
/// broken, so that a trick in one member can never hide behind another.
Result<std::vector<std::string>> parse_addresses(std::string_view value);

/// Message-ID and In-Reply-To without blanks and angle brackets (the first, if there are several).
std::string strip_brackets(std::string_view id);

/// ASCII only, as header names and media types are.
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace kvc::mime
