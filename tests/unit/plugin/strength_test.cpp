// SPDX-License-Identifier: Apache-2.0
#include "passwords/strength.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "paths.h"
#include "texts/catalogue.h"

namespace kvc::plugin {
namespace {

std::string code(std::string_view password) {
  return std::string(strength_code(strength_of(Secret(password))));
}

/// The meter of the practice page is held to the same list (tests/contract/host_page/strength.mjs).
TEST(Strength, IsAsListed) {
  std::ifstream in(kvc::test::source_dir() + "/tests/unit/plugin/passwords.tsv");
  int passwords = 0;
  for (std::string line; std::getline(in, line);) {
    const std::size_t tab = line.find('\t');
    if (line.starts_with('#') || tab == std::string::npos) {
      continue;
    }
    ++passwords;
    EXPECT_EQ(code(line.substr(tab + 1)), line.substr(0, tab)) << line;
  }
  EXPECT_GT(passwords, 30);
  EXPECT_EQ(code(""), "weak");
}

TEST(Strength, AWordInsideAGoodPasswordDoesNotSpoilIt) {
  EXPECT_EQ(code("kX7#pQ2zm!4Tw-Praxis"), "strong");
}

TEST(Strength, AddingACharacterNeverMakesARandomPasswordWeaker) {
  const std::string password = "kX7#pQ2zm!4TwR9&hL";
  Strength before = Strength::weak;
  for (std::size_t length = 0; length <= password.size(); ++length) {
    const Strength now = strength_of(Secret(std::string_view(password).substr(0, length)));
    EXPECT_GE(now, before) << length;
    before = now;
  }
}

TEST(Strength, EndlessInputIsJudgedByItsBeginning) {
  EXPECT_EQ(code(std::string(1'000'000, 'a')), "weak");  // no form takes it
  EXPECT_EQ(code(std::string("\0\xff\x80", 3)), "weak");
}

TEST(Strength, EveryCodeHasAText) {
  for (const Strength strength : {Strength::weak, Strength::fair, Strength::good, Strength::strong}) {
    EXPECT_TRUE(Texts(Language::de).has("strength." + std::string(strength_code(strength))));
  }
}

}  // namespace
}  // namespace kvc::plugin
