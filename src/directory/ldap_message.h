// SPDX-License-Identifier: Apache-2.0
// The few LDAP messages a look into the address book needs (RFC 4511, RFC 2696). Internal to directory/, its tests and
// fuzz targets.
//
// Own code, and no OpenLDAP library in the practice system's process: libldap (built with GnuTLS and SASL in Debian)
// reads ldap.conf, .ldaprc and variables of the environment for the whole process, and speaks TLS by other rules than
// the REST client; its reader of BER, liblber, ends the process for some malformed messages that come past
// ber_get_next() (found by ldap_message_test). TLS, time-outs and cancelling are those of kvconnect::Connection. Tested
// against OpenLDAP's slapd.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "directory/entry.h"

namespace kvc::directory {

/// One page of all entries with an address below kLdapBase; `cookie` continues where the last page ended.
std::string ldap_search_request(int message_id, std::string_view cookie);
std::string ldap_unbind_request(int message_id);

/// Size of the message that begins with `head`; 0 if more bytes are needed to tell. Errors: bad_answer if it is none,
/// or larger than kMaxLdapMessage.
Result<std::size_t> ldap_message_size(std::string_view head);

struct LdapAnswer {
  enum class Kind { entry, reference, done, disconnection };
  Kind kind = Kind::entry;
  int message_id = 0;
  Entry entry;              ///< of an entry, as the server wrote it
  int result = 0;           ///< of done and disconnection: LDAPResult.resultCode
  std::string diagnostics;  ///< for people; not tidied
  std::string cookie;       ///< of done: empty on the last page
};
/// Error bad_answer for anything else than a whole message of these kinds.
Result<LdapAnswer> parse_ldap_message(std::string_view message);

}  // namespace kvc::directory
