// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/address.h"

#include <Poco/Exception.h>
#include <Poco/String.h>
#include <Poco/URI.h>

#include <algorithm>

#include "kvconnect/protocol_constants.h"

namespace kvc::kvconnect {
namespace {

bool visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::string ServerAddress::host_field() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == 443 ? name : name + ":" + std::to_string(port);
}

Result<ServerAddress> parse_base_url(std::string_view url) {
  const auto refuse = [] { return Status(error::invalid_settings, "base_url is not an absolute https URL"); };
  if (url.empty() || !visible_ascii(url) || url.find_first_of("?#@\\") != std::string_view::npos) {
    return refuse();
  }
  try {
    const Poco::URI uri{std::string(url)};
    if (uri.getScheme() != "https" || uri.getHost().empty() || uri.getPort() == 0) {
      return refuse();
    }
    ServerAddress address;
    address.host = Poco::toLower(uri.getHost());
    if (address.host.front() == '[' && address.host.back() == ']') {
      address.host = address.host.substr(1, address.host.size() - 2);
    }
    address.port = uri.getPort();
    address.path = uri.getPathEtc();
    if (address.path.empty() || address.path.back() != '/') {
      address.path += '/';
    }
    return address;
  } catch (const Poco::Exception&) {
    return refuse();
  }
}

std::string percent_encode(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (unreserved(c)) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

Result<std::string> fill_path(std::string_view pattern, std::initializer_list<std::string_view> values) {
  std::string path;
  for (const std::string_view value : values) {
    if (value.empty() || value == "." || value == ".." || value.size() > kMaxIdBytes) {
      return Status(error::bad_request, "an id of the request is empty, too long or a path");
    }
    const std::size_t gap = pattern.find("{}");
    if (gap == std::string_view::npos) {
      return Status(error::internal, "more values than the path has places");
    }
    path.append(pattern.substr(0, gap)).append(percent_encode(value));
    pattern.remove_prefix(gap + 2);
  }
  return path.append(pattern);
}

Result<std::string> same_origin_target(const ServerAddress& server, std::string_view request_target,
                                       std::string_view location) {
  const auto refuse = [] { return Status(error::redirect_refused, "the server redirects to another server"); };
  if (location.empty() || !visible_ascii(location)) {
    return Status(error::bad_answer, "redirect without a usable Location");
  }
  if (location.starts_with("//") || location.find('\\') != std::string_view::npos) {
    return refuse();  // names another authority without a scheme; Poco reads it as a path
  }
  try {
    const Poco::URI base("https://" + server.host_field() + std::string(request_target));
    Poco::URI target(base);
    target.resolve(std::string(location));
    std::string host = Poco::toLower(target.getHost());
    if (!host.empty() && host.front() == '[') {
      host = host.substr(1, host.size() - 2);
    }
    if (target.getScheme() != "https" || host != server.host || target.getPort() != server.port ||
        !target.getUserInfo().empty()) {
      return refuse();
    }
    target.setFragment("");
    const std::string path = target.getPathAndQuery();
    return path.empty() || path.front() != '/' ? "/" + path : path;
  } catch (const Poco::Exception&) {
    return Status(error::bad_answer, "redirect without a usable Location");
  }
}

Result<std::string> last_segment(std::string_view url) {
  while (!url.empty() && (static_cast<unsigned char>(url.back()) <= ' ' || url.back() == '/')) {
    url.remove_suffix(1);
  }
  const std::size_t slash = url.rfind('/');
  const std::string_view segment = slash == std::string_view::npos ? url : url.substr(slash + 1);
  try {
    std::string id;
    Poco::URI::decode(std::string(segment), id);
    if (id.empty() || id.size() > kMaxIdBytes || id == "." || id == ".." || !visible_ascii(id)) {
      return Status(error::bad_answer, "the answer names no usable resource");
    }
    return id;
  } catch (const Poco::Exception&) {
    return Status(error::bad_answer, "the answer names no usable resource");
  }
}

}  // namespace kvc::kvconnect
