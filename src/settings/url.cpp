// SPDX-License-Identifier: Apache-2.0
#include "settings/url.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>
#include <cctype>

namespace kvc::settings {
namespace {

bool host_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == ':' || c == '_';
}

}  // namespace

std::string_view check_base_url(std::string_view text, std::string& normalised) {
  // Visible ASCII only (RFC 3986 section 2): a host of another script is written in its xn-- form.
  if (text.empty() ||
      std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c >= 0x7f || c == '\\'; })) {
    return "bad_url";
  }
  try {
    const Poco::URI uri{std::string(text)};
    if (uri.getScheme().empty()) {
      return "bad_url";
    }
    if (uri.getScheme() != "https") {
      return "not_https";
    }
    const std::string_view authority = text.substr(0, text.find('/', sizeof "https://" - 1));
    if (!uri.getUserInfo().empty() || authority.find('@') != std::string_view::npos) {
      return "url_with_credentials";
    }
    const std::string& host = uri.getHost();
    if (host.empty() || !std::all_of(host.begin(), host.end(), host_character) || uri.getPort() == 0 ||
        text.find_first_of("?#") != std::string_view::npos) {
      return "bad_url";
    }
  } catch (const Poco::Exception&) {
    return "bad_url";
  }
  normalised = text;
  if (normalised.back() != '/') {
    normalised += '/';
  }
  return {};
}

bool is_ldap_url(std::string_view text) {
  constexpr std::string_view kScheme = "ldaps://";
  if (!text.starts_with(kScheme) ||
      std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c >= 0x7f || c == '\\'; })) {
    return false;
  }
  // Path, query, fragment and user would be ignored: whoever wrote them meant something else.
  if (text.substr(kScheme.size()).find_first_of("/?#@") != std::string_view::npos) {
    return false;
  }
  try {
    const Poco::URI uri{std::string(text)};
    const std::string& host = uri.getHost();
    return !host.empty() && std::all_of(host.begin(), host.end(), host_character);
  } catch (const Poco::Exception&) {
    return false;
  }
}

}  // namespace kvc::settings
