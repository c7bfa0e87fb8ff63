// SPDX-License-Identifier: Apache-2.0
// Where the server is, and how values become part of its addresses.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/status.h"

namespace kvc::kvconnect {

struct ServerAddress {
  std::string host;  ///< without brackets, lower case
  std::uint16_t port = 443;
  std::string path;  ///< begins and ends with '/'

  /// Value of the Host field (RFC 9110 section 7.2).
  [[nodiscard]] std::string host_field() const;
};

/// Error invalid_settings for anything but an absolute https URL without user information, query and fragment.
Result<ServerAddress> parse_base_url(std::string_view url);

/// Everything but the unreserved characters of RFC 3986 section 2.3 becomes %XX.
std::string percent_encode(std::string_view text);

/// Puts percent-encoded values into a path of protocol_constants.h. Error bad_request for a value that is empty, "." or
/// "..", or longer than kMaxIdBytes: no such id exists, and a server might read it as another path.
Result<std::string> fill_path(std::string_view pattern, std::initializer_list<std::string_view> values);

/// Target of a redirect seen from `server`: the path and query if it is the same scheme, host and port, else
/// redirect_refused. `location` may be relative (RFC 9110 section 10.2.2).
Result<std::string> same_origin_target(const ServerAddress& server, std::string_view request_target,
                                       std::string_view location);

/// The part after the last '/' of an absolute or relative URL, percent-decoded; bad_answer if there is none.
Result<std::string> last_segment(std::string_view url);

}  // namespace kvc::kvconnect
