// SPDX-License-Identifier: Apache-2.0
#include "directory/ldap_message.h"

#include <gtest/gtest.h>

#include "directory/protocol_constants.h"
#include "unit/directory/ldap_builder.h"

namespace kvc::directory {
namespace {

using namespace kvc::directory::testing;  // NOLINT(google-build-using-namespace): the builders of the messages
using Kind = LdapAnswer::Kind;

TEST(LdapMessage, Entry) {
  const auto answer = parse_ldap_message(entry(3, {{"CN", {"Dr. Test"}},
                                                   {"mail", {"a@kv-safenet.de", "zweite@kv-safenet.de"}},
                                                   {"sn;lang-de", {"M\xC3\xBCller"}},
                                                   {"street", {}},
                                                   {"unbekannt", {"x"}},
                                                   {"postalCode",
                                                    {std::string("1\0"
                                                                 "1",
                                                                 3)}}}));
  ASSERT_TRUE(answer.ok()) << answer.status().to_string();
  EXPECT_EQ(answer->kind, Kind::entry);
  EXPECT_EQ(answer->message_id, 3);
  EXPECT_EQ(answer->entry.name, "Dr. Test");
  EXPECT_EQ(answer->entry.address, "a@kv-safenet.de");
  EXPECT_EQ(answer->entry.uid, "a@kv-safenet.de");
  EXPECT_EQ(answer->entry.last_name, "M\xC3\xBCller");
  EXPECT_EQ(answer->entry.street, "");
  EXPECT_EQ(answer->entry.postcode, std::string("1\0"
                                                "1",
                                                3))
      << "tidied later";
}

TEST(LdapMessage, Results) {
  auto answer = parse_ldap_message(done(5, 0, "", "weiter"));
  ASSERT_TRUE(answer.ok()) << answer.status().to_string();
  EXPECT_EQ(answer->kind, Kind::done);
  EXPECT_EQ(answer->result, 0);
  EXPECT_EQ(answer->cookie, "weiter");
  answer = parse_ldap_message(message(5, tlv(0x65, result(4, "zu viele"))));
  ASSERT_TRUE(answer.ok()) << "a server without pages sends no control";
  EXPECT_EQ(answer->result, 4);
  EXPECT_EQ(answer->diagnostics, "zu viele");
  EXPECT_EQ(answer->cookie, "");
  answer = parse_ldap_message(message(5, tlv(0x65, result(10, "") + tlv(0xA3, octets("ldap://fremd")))));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->result, 10);
  answer = parse_ldap_message(disconnection(52, "Wartung"));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->kind, Kind::disconnection);
  EXPECT_EQ(parse_ldap_message(message(5, tlv(0x73, octets("ldap://fremd"))))->kind, Kind::reference);
}

TEST(LdapMessage, SizesAreKnownBeforeTheRestArrives) {
  EXPECT_EQ(*ldap_message_size(""), 0U);
  EXPECT_EQ(*ldap_message_size("\x30"), 0U);
  EXPECT_EQ(*ldap_message_size("\x30\x05"), 7U);
  EXPECT_EQ(*ldap_message_size("\x30\x82\x01"), 0U);
  EXPECT_EQ(*ldap_message_size("\x30\x82\x01\x01"), 4U + 257U);
  EXPECT_TRUE(ldap_message_size("\x30\x80").status().is(error::bad_answer)) << "indefinite length";
  EXPECT_TRUE(ldap_message_size("\x30\x84\x7F\xFF\xFF\xFF").status().is(error::bad_answer));
  EXPECT_TRUE(ldap_message_size("\x30\x85\x01\x01\x01\x01\x01").status().is(error::bad_answer));
  EXPECT_TRUE(ldap_message_size("HTTP/1.1 400").status().is(error::bad_answer));
}

TEST(LdapMessage, RefusesWhatNobodyAskedFor) {
  for (const std::string& wrong :
       {message(1, tlv(0x61, result(0, ""))), message(1, ""), tlv(0x30, ""), message(1, tlv(0x64, "")),
        message(1, tlv(0x65, "")), message(1, tlv(0x65, octets("x"))), ldap_search_request(1, ""),
        message(1, tlv(0x64, octets("dn") + tlv(0x30, octets("kein Attribut")))),
        message(1, tlv(0x65, result(0, "")) + tlv(0xA0, octets("kein Control"))),
        message(1, tlv(0x65, result(0, "")) +
                       tlv(0xA0, tlv(0x30, octets("1.2.840.113556.1.4.319") + octets("keine Seite")))),
        entry(1, {}) + "x"}) {
    const auto answer = parse_ldap_message(wrong);
    EXPECT_TRUE(answer.status().is(error::bad_answer)) << answer.status().to_string();
  }
}

TEST(LdapMessage, TruncatedAndFlippedOnesDoNoHarm) {
  for (const std::string& whole : {entry(1, {{"cn", {"Test"}}, {"mail", {"a@b.de"}}}), done(1, 0, "gut", "weiter")}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_TRUE(parse_ldap_message(whole.substr(0, size)).status().is(error::bad_answer)) << size;
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (unsigned value = 0; value < 256; ++value) {
        std::string broken = whole;
        broken[at] = static_cast<char>(value);
        const auto answer = parse_ldap_message(broken);
        EXPECT_TRUE(answer.ok() || answer.status().is(error::bad_answer));
      }
    }
  }
}

}  // namespace
}  // namespace kvc::directory
