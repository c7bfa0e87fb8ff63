// SPDX-License-Identifier: Apache-2.0
#include "passwords/strength.h"

#include <gtest/gtest.h>

#include "texts/catalogue.h"

namespace kvc::plugin {
namespace {

std::string code(std::string_view password) {
  return std::string(strength_code(strength_of(Secret(password))));
}

TEST(Strength, WhatEverybodyTriesFirstIsWeak) {
  for (const char* password :
       {"", "a", "12345678", "aaaaaaaaaaaaaaaa", "Passwort1", "PASSWORT", "Praxis2024", "Keystore2019", "Geheim123",
        "qwertz1234", "abcdefgh", "87654321", "KV-Connect2020", "Arzt1234!", "abcabcabcabc", "Sommer2025"}) {
    EXPECT_EQ(code(password), "weak") << password;
  }
}

TEST(Strength, LengthAndVarietyCount) {
  EXPECT_EQ(code("kX7#pQ2z"), "fair");
  EXPECT_EQ(code("vogel tisch"), "fair");
  EXPECT_EQ(code("kX7#pQ2zm!"), "good");
  EXPECT_EQ(code("kX7#pQ2zm!4Tw"), "strong");
  EXPECT_EQ(code("blaue Giraffen tanzen leise"), "strong");
  EXPECT_EQ(code("größte Öfen über Überlingen"), "strong");
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
