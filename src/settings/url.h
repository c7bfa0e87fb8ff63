// SPDX-License-Identifier: Apache-2.0
// The address of a server, as the settings give it.
#pragma once

#include <string>
#include <string_view>

namespace kvc::settings {

/// Checks a base URL and completes it with a final '/'. Returns the name of the problem ("not_https", "bad_url",
/// "url_with_credentials"), empty if there is none; then `normalised` is set.
std::string_view check_base_url(std::string_view text, std::string& normalised);

/// Is it ldaps://host or ldaps://host:port, and nothing more?
bool is_ldap_url(std::string_view text);

}  // namespace kvc::settings
