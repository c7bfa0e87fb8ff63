// SPDX-License-Identifier: Apache-2.0
// Text as it is searched: what people type and what the book writes become the same words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "directory/entry.h"

namespace kvc::directory {

/// Changes when fold() or words_of() give other words than before: then every book is indexed anew at its next refresh.
inline constexpr int kWordsVersion = 1;

/// Words of `text` (UTF-8), separated by single blanks: letters and digits only, small letters, no accents, and the
/// three ways to write an umlaut are one: Müller, Mueller and Muller all become "muller", Straße and Strasse "strasse".
/// The price is that "ae", "oe" and "ue" are "a", "o" and "u" everywhere (Michael becomes "michal"), which costs a
/// little precision and never a hit. A word that another one begins with folds to something the other's folding begins
/// with: search as you type depends on it.
std::string fold(std::string_view text);

/// The words of an entry by what they say, each list without repetitions. Names of the members are those of the
/// columns.
struct Words {
  std::string name, practice, place, other;
};
Words words_of(const Entry& entry);

/// What to look for: at most kMaxQueryWords words. What follows an '@' is left out, because every address of a network
/// has the same domain.
inline constexpr std::size_t kMaxQueryWords = 8;
std::vector<std::string> query_words(std::string_view typed);

/// Does a word of `words` begin with `word`?
bool has_prefix(std::string_view words, std::string_view word);

/// Orders a book as people expect it: by last name, first name, practice, town.
std::string sort_key(const Entry& entry);

}  // namespace kvc::directory
