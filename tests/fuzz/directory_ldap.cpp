// SPDX-License-Identifier: Apache-2.0
// What an LDAP server, or whoever sits in its place, answers.
#include "directory/ldap_message.h"
#include "directory/protocol_constants.h"
#include "fuzz/target.h"
#include "unit/directory/ldap_builder.h"

namespace kvc::fuzz {

void directory_ldap(std::string_view input) {
  const auto size = directory::ldap_message_size(input);
  require(!size.ok() || *size <= directory::kMaxLdapMessage + 6, "a message is no larger than the limit");
  const auto answer = directory::parse_ldap_message(input);
  require(answer.ok() || answer.status().is(error::bad_answer), "a message is good or a bad answer");
  if (answer.ok()) {
    require(size.ok() && *size == input.size(), "a message is whole");
    require(answer->cookie.size() <= input.size(), "a cookie comes from the message");
  }
  const auto request = directory::ldap_search_request(1, input.substr(0, 1000));
  require(*directory::ldap_message_size(request) == request.size(), "a request is a whole message");
}

std::vector<std::string> directory_ldap_seeds() {
  namespace ldap = directory::testing;
  return {
      ldap::entry(
          1, {{"cn", {"Test"}}, {"mail", {"a@b.de", "c@d.de"}}, {"sn;lang-de", {"M\xC3\xBCller"}}, {"street", {}}}),
      ldap::done(1, 0, "", "cookie"),
      ldap::done(2, 4, "size limit exceeded", ""),
      ldap::disconnection(52, "down"),
      directory::ldap_search_request(7, "cookie"),
      directory::ldap_unbind_request(8),
      "HTTP/1.1 400 Bad Request\r\n\r\n",
  };
}

}  // namespace kvc::fuzz
