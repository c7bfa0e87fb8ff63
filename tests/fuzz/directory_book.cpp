// SPDX-License-Identifier: Apache-2.0
// The address book itself, in both formats, and what becomes of its texts.
#include <algorithm>
#include <sstream>

#include "directory/book_reader.h"
#include "directory/words.h"
#include "fuzz/target.h"
#include "mime/charset.h"

namespace kvc::fuzz {
namespace {

void check_words(const std::string& words) {
  require(mime::is_utf8(words), "words are UTF-8");
  require(words.find_first_of("\"*:^(){}\r\n") == std::string::npos, "words are letters and digits");
  require(words.find("  ") == std::string::npos && !words.starts_with(' ') && !words.ends_with(' '),
          "words are separated by single blanks");
}

void check_entry(directory::Entry&& entry) {
  const bool usable = directory::tidy(entry);
  for (const directory::TextField& field : directory::kTextFields) {
    const std::string& text = entry.*field.member;
    require(mime::is_utf8(text) && text.size() <= directory::kMaxTextBytes, "tidied texts are short UTF-8");
    require(std::none_of(text.begin(), text.end(),
                         [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }),
            "tidied texts have no control characters");
  }
  require(!usable || (mime::is_ascii(entry.address) && entry.address.find('@') != std::string::npos),
          "a usable address can stand in a header");
  const directory::Words words = directory::words_of(entry);
  for (const std::string* list : {&words.name, &words.practice, &words.place, &words.other}) {
    check_words(*list);
  }
  static_cast<void>(directory::sort_key(entry));
  static_cast<void>(directory::certificate_age(entry, TimePoint(), 30));
}

}  // namespace

void directory_book(std::string_view input) {
  for (const auto reader : {directory::read_json, directory::read_xml}) {
    const Cancel never;
    std::istringstream in{std::string(input)};
    directory::BookStream stream(*in.rdbuf(), never);
    const Status status = reader(stream, [](directory::Entry&& entry) {
      check_entry(std::move(entry));
      return Status();
    });
    require(status.ok() || status.is(error::bad_answer), "a book is good or a bad answer");
  }
  for (const std::string& word : directory::query_words(input)) {
    check_words(word);
    require(!word.empty(), "no empty word is looked for");
  }
}

std::vector<std::string> directory_book_seeds() {
  return {
      R"([{"uid":"u-1","email":"a@kv-safenet.de","cn":"M\u00fcller","sn":"Müller","postalCode":10115,"dienste":["a","b"],)"
      R"("certificateValidTo":"2027-03-01T12:00:00+01:00","neu":{"a":[1,null,true,{"b":2.5e3}]}},{}])",
      "\xEF\xBB\xBF[]",
      "{\"a\":1}",
      "[[[[]]]]",
      "<?xml version=\"1.0\"?><!-- x --><accounts><account uid=\"u\"><email>a@b.de</email><cn>M&#xFC;ller &amp; S</cn>"
      "<dienst>a</dienst><neu><x/></neu></account><x/></accounts>",
      "<!DOCTYPE a [<!ENTITY b 'c'>]><accounts><account>&b;</account></accounts>",
      "<?xml version='1.0' encoding='ISO-8859-1'?><accounts><account><cn>M\xFCller</cn></account></accounts>",
      "mül \"OR\" berl* praxis@kv-safenet.de \xE2\x80\xAE",
  };
}

}  // namespace kvc::fuzz
