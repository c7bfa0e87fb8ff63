// SPDX-License-Identifier: Apache-2.0
#include "directory/words.h"

#include <Poco/UTF8Encoding.h>
#include <Poco/Unicode.h>

#include <algorithm>
#include <initializer_list>

#include "mime/charset.h"

namespace kvc::directory {
namespace {

constexpr std::size_t kMaxWordBytes = 64;
constexpr std::size_t kMaxSortBytes = 120;
constexpr std::size_t kMaxTyped = 512;

/// Base letters of U+00C0 to U+017F, small; '.' for what is no letter, '2' for those below.
constexpr int kLatinFirst = 0xC0;
constexpr std::string_view kLatin =
    "aaaaaaaceeeeiiiidnooooo.ouuuuy22"   // U+00C0
    "aaaaaaaceeeeiiiidnooooo.ouuuuy2y"   // U+00E0
    "aaaaaaccccccccddddeeeeeeeeeegggg"   // U+0100
    "gggghhhhiiiiiiiiii22jjkkklllllll"   // U+0120
    "lllnnnnnnnnnoooooooorrrrrrssssss"   // U+0140
    "ssttttttuuuuuuuuuuuuwwyyyzzzzzzs";  // U+0160
static_assert(kLatin.size() == 0x180 - kLatinFirst);

/// Builds words letter by letter; only ever appends, so that a prefix stays one.
class Folder {
 public:
  void take(int code) {
    if (code >= 0x300 && code < 0x370) {
      return;  // a combining accent belongs to the letter before it
    }
    if (code < 0x80) {
      ascii(static_cast<char>(code));
    } else if (code >= kLatinFirst && code < kLatinFirst + static_cast<int>(kLatin.size())) {
      latin(code);
    } else if (code == 0x218 || code == 0x219) {
      letter('s');
    } else if (code == 0x21A || code == 0x21B) {
      letter('t');
    } else if (code == 0x1E9E) {
      letter('s');
      letter('s');
    } else {
      other(code);
    }
  }
  std::string result() && { return std::move(words_); }

 private:
  void ascii(char c) {
    if (c >= 'A' && c <= 'Z') {
      letter(static_cast<char>(c - 'A' + 'a'));
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      letter(c);
    } else if (c != '\'') {  // O'Neill is one word
      end_word();
    }
  }
  void latin(int code) {
    const char base = kLatin[static_cast<std::size_t>(code - kLatinFirst)];
    if (base == '.') {
      end_word();
    } else if (base != '2') {
      letter(base);
    } else if (code == 0xDF) {
      letter('s');
      letter('s');
    } else if (code == 0x132 || code == 0x133) {
      letter('i');
      letter('j');
    } else {  // thorn
      letter('t');
      letter('h');
    }
  }
  void other(int code) {
    if (code == 0x2019) {
      return;  // the typographic apostrophe
    }
    if (!Poco::Unicode::isAlpha(code) && !Poco::Unicode::isDigit(code)) {
      end_word();
      return;
    }
    unsigned char bytes[6] = {};
    const int length = Poco::UTF8Encoding().convert(Poco::Unicode::toLower(code), bytes, sizeof bytes);
    begin_word();
    words_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(std::max(length, 0)));
  }
  void letter(char c) {
    const bool second_half = c == 'e' && !ended_ && !words_.empty() &&
                             (words_.back() == 'a' || words_.back() == 'o' || words_.back() == 'u');
    if (!second_half) {
      begin_word();
      words_ += c;
    }
  }
  void begin_word() {
    if (ended_ && !words_.empty()) {
      words_ += ' ';
    }
    ended_ = false;
  }
  void end_word() { ended_ = true; }

  std::string words_;
  bool ended_ = true;
};

std::vector<std::string> split(std::string_view words) {
  std::vector<std::string> list;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    list.emplace_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return list;
}

/// Cuts between two characters of UTF-8.
void cut(std::string& text, std::size_t max) {
  if (text.size() > max) {
    while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0U) == 0x80U) {
      --max;
    }
    text.resize(max);
  }
}

/// The book writes "Hauptstr.", people type "Hauptstraße": the longer word has both prefixes.
void spell_out_street(std::string& word) {
  if (word.ends_with("str")) {
    word += "asse";
  }
}

std::string word_list(std::initializer_list<std::string_view> texts, bool street = false) {
  std::vector<std::string> seen;
  std::string list;
  for (const std::string_view text : texts) {
    for (std::string& word : split(fold(text))) {
      cut(word, kMaxWordBytes);
      if (street) {
        spell_out_street(word);
      }
      if (std::find(seen.begin(), seen.end(), word) == seen.end()) {
        list.append(list.empty() ? "" : " ").append(word);
        seen.push_back(std::move(word));
      }
    }
  }
  return list;
}

std::string_view local_part(std::string_view address) {
  return address.substr(0, address.find('@'));
}

/// Leaves out what follows an '@' up to the next blank.
std::string without_domains(std::string_view typed) {
  std::string kept;
  bool domain = false;
  for (const char c : typed) {
    domain = c == '@' || (domain && c != ' ' && c != '\t');
    kept += domain ? ' ' : c;
  }
  return kept;
}

}  // namespace

std::string fold(std::string_view text) {
  const std::string valid = mime::is_utf8(text) ? std::string(text) : mime::to_utf8(text, "UTF-8");
  const Poco::UTF8Encoding utf8;
  Folder folder;
  for (std::size_t at = 0; at < valid.size();) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(valid.data()) + at;
    const int kind = utf8.characterMap()[*bytes];
    const auto length = static_cast<std::size_t>(kind < -1 ? -kind : 1);
    if (at + length > valid.size()) {
      break;
    }
    folder.take(utf8.convert(bytes));
    at += length;
  }
  return std::move(folder).result();
}

Words words_of(const Entry& entry) {
  return {word_list({entry.last_name, entry.first_name, entry.name}), word_list({entry.practice}),
          word_list({entry.postcode, entry.town, entry.street}, true),
          word_list({local_part(entry.address), entry.title, entry.specialty})};
}

std::vector<std::string> query_words(std::string_view typed) {
  std::string text(typed);
  cut(text, kMaxTyped);
  auto words = split(fold(without_domains(text)));
  if (words.size() > kMaxQueryWords) {
    words.resize(kMaxQueryWords);
  }
  for (std::string& word : words) {
    cut(word, kMaxWordBytes);
  }
  return words;
}

bool has_prefix(std::string_view words, std::string_view word) {
  for (std::size_t at = words.find(word); at != std::string_view::npos; at = words.find(word, at + 1)) {
    if (at == 0 || words[at - 1] == ' ') {
      return true;
    }
  }
  return false;
}

std::string sort_key(const Entry& entry) {
  std::string key = fold(entry.last_name.empty() ? entry.name : entry.last_name);
  for (const std::string* text : {&entry.first_name, &entry.practice, &entry.town}) {
    key += '\x01' + fold(*text);  // below every letter: "Meier, Zoe" before "Meiering, Anna"
  }
  cut(key, kMaxSortBytes);
  return key;
}

}  // namespace kvc::directory
