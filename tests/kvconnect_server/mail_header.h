// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvserver {

/// The header fields of a mail, unfolded, in order; names in lower case.
class MailHeader {
 public:
  /// Parses a header block (CRLF or LF, up to and including the empty line). nullopt if a line is no field.
  static std::optional<MailHeader> parse(std::string_view block);

  /// Value of the first field called `name` (lower case), "" if it is not there.
  std::string get(std::string_view name) const;
  int count(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// Offset behind the empty line that ends the header, or nullopt if none is there.
std::optional<std::size_t> header_length(std::string_view mail);

/// The addr-specs of an address list, in order; nullopt if it cannot be read.
std::optional<std::vector<std::string>> addresses(std::string_view list);

/// `<a@b>` without its brackets; "" if the text is no single message id.
std::string bare_message_id(std::string_view value);

/// RFC 5322 date as xs:dateTime with its zone; "" if it is none.
std::string date_as_xs(std::string_view rfc5322_date);

}  // namespace kvserver
