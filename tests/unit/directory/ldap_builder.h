// SPDX-License-Identifier: Apache-2.0
// Messages of an LDAP server, made without the library the product reads them with (RFC 4511, X.690).
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace kvc::directory::testing {

inline std::string tlv(unsigned char tag, const std::string& content) {
  std::string head(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    head += static_cast<char>(content.size());
  } else {
    head += '\x82';
    head += static_cast<char>(content.size() >> 8U & 0xFFU);
    head += static_cast<char>(content.size() & 0xFFU);
  }
  return head + content;
}
inline std::string octets(const std::string& text) {
  return tlv(0x04, text);
}
inline std::string integer(int value, unsigned char tag = 0x02) {
  return tlv(tag, std::string(1, static_cast<char>(value)));
}
inline std::string message(int id, const std::string& content) {
  return tlv(0x30, integer(id) + content);
}

using Attributes = std::vector<std::pair<std::string, std::vector<std::string>>>;
inline std::string entry(int id, const Attributes& attributes) {
  std::string list;
  for (const auto& [name, values] : attributes) {
    std::string set;
    for (const std::string& value : values) {
      set += octets(value);
    }
    list += tlv(0x30, octets(name) + tlv(0x31, set));
  }
  return message(id, tlv(0x64, octets("uid=x,ou=users,dc=kv-safenet,dc=de") + tlv(0x30, list)));
}
inline std::string result(int code, const std::string& text) {
  return integer(code, 0x0A) + octets("") + octets(text);
}
inline std::string done(int id, int code, const std::string& text, const std::string& cookie) {
  const std::string page = tlv(0x30, integer(0) + octets(cookie));
  const std::string control = tlv(0x30, octets("1.2.840.113556.1.4.319") + octets(page));
  return message(id, tlv(0x65, result(code, text)) + tlv(0xA0, control));
}
inline std::string disconnection(int code, const std::string& text) {
  return message(0, tlv(0x78, result(code, text) + tlv(0x8A, "1.3.6.1.4.1.1466.20036")));
}

}  // namespace kvc::directory::testing
