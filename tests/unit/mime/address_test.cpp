// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mime/header.h"

namespace kvc::mime {
namespace {

using List = std::vector<std::string>;

List addresses(std::string_view text) {
  auto result = parse_addresses(text);
  EXPECT_TRUE(result.ok()) << text;
  return result.ok() ? *result : List{};
}

TEST(Addresses, PlainAndNamed) {
  EXPECT_EQ(addresses("anna@praxis.test"), List{"anna@praxis.test"});
  EXPECT_EQ(addresses("Anna <anna@praxis.test>"), List{"anna@praxis.test"});
  EXPECT_EQ(addresses("\"Muster, Anna\" <anna@praxis.test>"), List{"anna@praxis.test"});
  EXPECT_EQ(addresses("<anna@praxis.test>"), List{"anna@praxis.test"});
  EXPECT_EQ(addresses(" =?UTF-8?Q?M=C3=BCller?= <m@praxis.test> "), List{"m@praxis.test"});
  EXPECT_EQ(addresses("M\xc3\xbcller <m@praxis.test>"), List{"m@praxis.test"});
}

TEST(Addresses, Comments) {
  EXPECT_EQ(addresses("anna@praxis.test (Anna)"), List{"anna@praxis.test"});
  EXPECT_EQ(addresses("(a (nested \\) <x@y>) one) anna@praxis.test"), List{"anna@praxis.test"});
}

TEST(Addresses, ListsAndGroups) {
  EXPECT_EQ(addresses("a@b, c@d"), (List{"a@b", "c@d"}));
  EXPECT_EQ(addresses("Team: a@b, C <c@d>;"), (List{"a@b", "c@d"}));
  EXPECT_EQ(addresses("undisclosed-recipients:;"), List{});
  EXPECT_EQ(addresses(""), List{});
}

TEST(Addresses, TheDisplayNameIsNeverTheAddress) {
  EXPECT_EQ(addresses("\"victim@praxis.test\" <evil@attacker.test>"), List{"evil@attacker.test"});
  EXPECT_EQ(addresses("victim@praxis.test <evil@attacker.test>"), List{"evil@attacker.test"});
  EXPECT_EQ(addresses("\"a \\\" <victim@praxis.test>\" <evil@attacker.test>"), List{"evil@attacker.test"});
}

TEST(Addresses, RefusesTricks) {
  for (const char* text :
       {"anna",  "@praxis.test", "anna@",       "a@b@c",         "a@b <c@d> <e@f>", "<a@b> c@d",         "<a@b",
        "a@b>",  "\"open",       "(open",       "a b@c",         "<a b@c>",         "\"x\"@praxis.test", "a@b c@d",
        "a@b\\", "G: a@b",       "G: H: a@b;;", "a@b, nonsense", "<a@b>; x",        "a@[127.0.0.1]",     "a\x80@b",
        "<>"}) {
    EXPECT_FALSE(parse_addresses(text).ok()) << text;
  }
  EXPECT_FALSE(parse_addresses(std::string_view("a@b\0c", 5)).ok());
}

TEST(Addresses, DeepNestingIsNoProblem) {
  EXPECT_FALSE(parse_addresses(std::string(100000, '(')).ok());
  EXPECT_TRUE(parse_addresses(std::string(50000, '(') + std::string(50000, ')') + " a@b").ok());
}

}  // namespace
}  // namespace kvc::mime
