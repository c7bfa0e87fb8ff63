// SPDX-License-Identifier: Apache-2.0
#include "directory/word_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "directory/words.h"

namespace kvc::directory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::shared_ptr<const WordIndex> loaded(WordIndexBuilder& builder) {
  const std::string bytes = builder.finish();
  auto index = WordIndex::load(bytes);
  EXPECT_TRUE(index.ok()) << index.status().to_string();
  return index.ok() ? *index : nullptr;
}

TEST(WordIndex, NamesFirstEachGroupInTheOrderOfTheBook) {
  WordIndexBuilder builder;
  builder.add(3, "c", "muller anna", "berlin");
  builder.add(1, "a", "schmidt emil", "berlin mullerweg");
  builder.add(2, "b", "muller berta", "koln muller");
  const auto index = loaded(builder);
  EXPECT_THAT(index->find({"mull"}, 10), ElementsAre(2, 3, 1));
  EXPECT_THAT(index->find({"mull"}, 2), ElementsAre(2, 3));
  EXPECT_THAT(index->find({"mull", "ber"}, 10), ElementsAre(2, 3, 1)) << "Berta, Berlin, Müllerweg in Berlin";
  EXPECT_THAT(index->find({"berlin"}, 10), ElementsAre(1, 3));
  EXPECT_THAT(index->find({"mull", "emil"}, 10), ElementsAre(1));
  EXPECT_THAT(index->find({}, 2), ElementsAre(1, 2));
  EXPECT_THAT(index->find({"mulle", "x"}, 10), IsEmpty());
  EXPECT_THAT(index->find({"zzz"}, 10), IsEmpty());
  EXPECT_THAT(index->find({"a"}, 10), ElementsAre(3));
}

TEST(WordIndex, OfAnEmptyBook) {
  WordIndexBuilder builder;
  const auto index = loaded(builder);
  EXPECT_THAT(index->find({"a"}, 10), IsEmpty());
  EXPECT_THAT(index->find({}, 10), IsEmpty());
}

TEST(WordIndex, FindsWhatALookAtEveryEntryFinds) {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  const auto some_word = [&] {
    std::string word;
    for (std::size_t i = 1 + random() % 4; i > 0; --i) {
      word += static_cast<char>('a' + random() % 3);
    }
    return word;
  };
  WordIndexBuilder builder;
  std::vector<std::string> names;
  std::vector<std::string> others;
  for (std::int64_t id = 0; id < 300; ++id) {
    names.push_back(some_word() + " " + some_word());
    others.push_back(some_word() + " " + some_word() + " " + some_word());
    builder.add(id, std::to_string(1000 + id), names.back(), others.back());
  }
  const auto index = loaded(builder);
  for (int round = 0; round < 500; ++round) {
    const std::vector<std::string> words(1 + random() % 3, some_word());
    std::vector<std::int64_t> expected;
    for (const bool wanted_in_name : {true, false}) {
      for (std::size_t id = 0; id < names.size(); ++id) {
        bool all = true;
        bool in_name = false;
        for (const auto& word : words) {
          all = all && has_prefix(names[id] + " " + others[id], word);
          in_name = in_name || has_prefix(names[id], word);
        }
        if (all && in_name == wanted_in_name) {
          expected.push_back(static_cast<std::int64_t>(id));
        }
      }
    }
    EXPECT_EQ(index->find(words, 1000), expected);
  }
}

TEST(WordIndex, ADamagedOneIsRefusedOrHarmless) {
  WordIndexBuilder builder;
  builder.add(3, "c", "muller anna", "berlin");
  builder.add(1, "a", "schmidt emil", "berlin mullerweg");
  const std::string whole = builder.finish();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(WordIndex::load(std::string_view(whole).substr(0, size)).status().is(error::storage_corrupt)) << size;
  }
  EXPECT_TRUE(WordIndex::load(whole + "x").status().is(error::storage_corrupt));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      std::string broken = whole;
      broken[at] = static_cast<char>(static_cast<unsigned char>(broken[at]) ^ flip);
      const auto index = WordIndex::load(broken);
      if (index.ok()) {
        EXPECT_LE((*index)->find({"mul"}, 10).size(), 2U) << at;
      }
    }
  }
}

}  // namespace
}  // namespace kvc::directory
