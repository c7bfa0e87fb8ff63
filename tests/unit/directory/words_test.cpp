// SPDX-License-Identifier: Apache-2.0
#include "directory/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvc::directory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Fold, TheWaysToWriteAnUmlautAreOne) {
  for (const char* name : {"Müller", "MÜLLER", "Mueller", "MUELLER", "Muller", "Mu\xCC\x88ller"}) {
    EXPECT_EQ(fold(name), "muller") << name;
  }
  EXPECT_EQ(fold("Straße"), fold("STRASSE"));
  EXPECT_EQ(fold("Groß"), fold("GRO\xE1\xBA\x9E"));
  EXPECT_EQ(fold("Goethe"), fold("Göthe"));
  EXPECT_EQ(fold("GRÖSSE"), fold("Größe"));
  EXPECT_EQ(fold("groesse"), fold("Größe"));
  EXPECT_EQ(fold("Händel"), fold("Haendel"));
}

TEST(Fold, AccentsGoAndOtherScriptsStay) {
  EXPECT_EQ(fold("Šárka Łukasz Çelik Søren Æther Þór Ağaoğlu Țepeș"),
            "sarka lukasz celik soren ather thor agaoglu tepes");
  EXPECT_EQ(fold("Иванов ИВАНОВ"), "иванов иванов");
  EXPECT_EQ(fold("Παπαδόπουλος"), fold("ΠΑΠΑΔΌΠΟΥΛΟς"));
}

TEST(Fold, OnlyLettersAndDigitsMakeWords) {
  EXPECT_EQ(fold("Dr. med. O'Neill-Schmidt, 01099 (Praxis)"), "dr med oneill schmidt 01099 praxis");
  EXPECT_EQ(fold("a\"b*c^d:e(f)-g+h{i}j\xC2\xA0k\tl"), "a b c d e f g h i j k l");
  EXPECT_EQ(fold(" \r\n\0--"), "");
  EXPECT_EQ(fold("\xFF\xFE\xC3"), fold("\xFF\xFE\xC3"));  // broken UTF-8: some words, no crash
}

TEST(Fold, APrefixFoldsToAPrefix) {
  for (const std::string name : {"Müller", "Mueller", "Straße", "Neuerbauer", "Æsop", "Goethe", "Jäeger", "aeaeoeue"}) {
    for (std::size_t size = 0; size <= name.size(); ++size) {
      if (size < name.size() && (static_cast<unsigned char>(name[size]) & 0xC0U) == 0x80U) {
        continue;  // in the middle of a character
      }
      EXPECT_TRUE(fold(name).starts_with(fold(name.substr(0, size)))) << name << " " << size;
    }
  }
}

TEST(Words, OfAnEntry) {
  Entry entry;
  entry.last_name = "Müller-Lüdenscheidt";
  entry.first_name = "Änne";
  entry.name = "Dr. Änne Müller-Lüdenscheidt";
  entry.title = "Dr. med.";
  entry.practice = "Gemeinschaftspraxis am Zoo";
  entry.street = "Hauptstr. 7";
  entry.postcode = "10115";
  entry.town = "Berlin";
  entry.address = "praxis.mueller@kv-safenet.de";
  entry.specialty = "Kardiologie";
  const Words words = words_of(entry);
  EXPECT_EQ(words.name, "muller ludenscheidt anne dr");
  EXPECT_EQ(words.practice, "gemeinschaftspraxis am zoo");
  EXPECT_EQ(words.place, "10115 berlin hauptstrasse 7");
  EXPECT_EQ(words.other, "praxis muller dr med kardiologie");
}

TEST(Words, OfAQuery) {
  EXPECT_THAT(query_words("  Mül  Berlin"), ElementsAre("mul", "berlin"));
  EXPECT_THAT(query_words("praxis.mueller@kv-safenet.de Berlin"), ElementsAre("praxis", "muller", "berlin"));
  EXPECT_THAT(query_words("\" OR name_words : * NEAR("), ElementsAre("or", "name", "words", "near"));
  EXPECT_THAT(query_words(" -- "), IsEmpty());
  EXPECT_EQ(query_words("a b c d e f g h i j k").size(), kMaxQueryWords);
  const auto huge = query_words(std::string(1'000'000, 'x'));
  ASSERT_EQ(huge.size(), 1U);
  EXPECT_LE(huge[0].size(), 64U);
}

TEST(Words, PrefixesStandAtTheBeginningOfAWord) {
  EXPECT_TRUE(has_prefix("muller anna", "ann"));
  EXPECT_TRUE(has_prefix("muller anna", "muller"));
  EXPECT_FALSE(has_prefix("muller anna", "ller"));
  EXPECT_TRUE(has_prefix("xann ann", "ann"));
  EXPECT_FALSE(has_prefix("", "a"));
}

TEST(SortKey, FollowsNames) {
  const auto key = [](const char* last, const char* first) {
    Entry entry;
    entry.last_name = last;
    entry.first_name = first;
    return sort_key(entry);
  };
  EXPECT_LT(key("Meier", "Zoe"), key("Meiering", "Anna"));
  EXPECT_LT(key("Müller", "Anna"), key("Mueller", "Berta"));
  EXPECT_LT(key("Äpfel", ""), key("Baum", ""));
}

}  // namespace
}  // namespace kvc::directory
