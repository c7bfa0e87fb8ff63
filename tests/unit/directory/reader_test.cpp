// SPDX-License-Identifier: Apache-2.0
#include "directory/book_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace kvc::directory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Reader = Status (*)(BookStream&, const EntryFn&);

struct Read {
  Status status;
  std::vector<Entry> entries;
};

Read read(Reader reader, const std::string& text) {
  Read result;
  std::stringbuf in(text);
  const Cancel never;
  BookStream stream(in, never);
  result.status = reader(stream, [&](Entry&& entry) -> Status {
    result.entries.push_back(std::move(entry));
    return {};
  });
  return result;
}

/// Endless text of one pattern after a beginning; counts what was taken.
class Endless : public std::streambuf {
 public:
  Endless(std::string begin, std::string pattern) : begin_(std::move(begin)), pattern_(std::move(pattern)) {}
  [[nodiscard]] std::size_t taken() const { return taken_; }

 protected:
  std::streamsize xsgetn(char* to, std::streamsize size) override {
    for (std::streamsize i = 0; i < size; ++i, ++taken_) {
      to[i] = taken_ < begin_.size() ? begin_[taken_] : pattern_[(taken_ - begin_.size()) % pattern_.size()];
    }
    return size;
  }

 private:
  std::string begin_, pattern_;
  std::size_t taken_ = 0;
};

constexpr const char* kJson = R"([{"uid":"u-1","email":"praxis@kv-safenet.de","cn":"Dr. TEST Müller","sn":"Müller",
  "givenName":"Änne","title":"Dr. med.","o":"Praxis TEST","street":"Hauptstr. 1","postalCode":"01099","l":"Dresden",
  "phone":"0351 1","kv":"98","certificateValidTo":"2027-03-01T12:00:00+01:00","dienste":["eArztbrief","eNachricht"],
  "neu":{"a":[1,{"email":"falsch@x"}]},"uid2":null},{"email":"leer@kv-safenet.de"}])";

TEST(JsonBook, EveryFieldArrives) {
  const Read book = read(read_json, kJson);
  ASSERT_TRUE(book.status.ok()) << book.status.to_string();
  ASSERT_EQ(book.entries.size(), 2U);
  const Entry& entry = book.entries[0];
  EXPECT_EQ(entry.uid, "u-1");
  EXPECT_EQ(entry.address, "praxis@kv-safenet.de");
  EXPECT_EQ(entry.name, "Dr. TEST Müller");
  EXPECT_EQ(entry.last_name, "Müller");
  EXPECT_EQ(entry.first_name, "Änne");
  EXPECT_EQ(entry.title, "Dr. med.");
  EXPECT_EQ(entry.practice, "Praxis TEST");
  EXPECT_EQ(entry.street, "Hauptstr. 1");
  EXPECT_EQ(entry.postcode, "01099");
  EXPECT_EQ(entry.town, "Dresden");
  EXPECT_EQ(entry.phone, "0351 1");
  EXPECT_EQ(entry.kv, "98");
  EXPECT_THAT(entry.services, ElementsAre("eArztbrief", "eNachricht"));
  EXPECT_EQ(entry.certificate_valid_to, parse_date_time("2027-03-01T11:00:00Z"));
  Entry empty;
  empty.address = "leer@kv-safenet.de";
  EXPECT_EQ(book.entries[1], empty) << "missing fields are empty";
}

TEST(JsonBook, ToleratesOtherTypesAndAnEmptyBook) {
  EXPECT_TRUE(read(read_json, "[]").status.ok());
  EXPECT_TRUE(read(read_json, "\xEF\xBB\xBF[]").status.ok());
  const Read book = read(read_json, R"([{"postalCode":10115,"kv":72,"cn":null,"sn":true,"l":1.5,"dienste":"eArztbrief",
    "street":{"a":1},"o":["x"],"certificateValidTo":"irgendwann","phone":12345678901234}])");
  ASSERT_TRUE(book.status.ok()) << book.status.to_string();
  ASSERT_EQ(book.entries.size(), 1U);
  EXPECT_EQ(book.entries[0].postcode, "10115");
  EXPECT_EQ(book.entries[0].kv, "72");
  EXPECT_EQ(book.entries[0].phone, "12345678901234");
  EXPECT_THAT(book.entries[0].services, ElementsAre("eArztbrief"));
  EXPECT_EQ(book.entries[0].street + book.entries[0].practice + book.entries[0].name, "");
  EXPECT_FALSE(book.entries[0].certificate_valid_to);
}

TEST(JsonBook, RefusesOtherShapes) {
  for (const char* text : {"", " ", "{}", "{\"accounts\":[]}", "[1]", "[\"a\"]", "null", "42", "\"a\"", "[{}",
                           "[{\"uid\":\"u\"}", "[{\"uid\":}]", "[{\"uid\":\"u}]", "]", "[{]}", "nicht JSON",
                           "<accounts/>", "[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]"}) {
    const Read book = read(read_json, text);
    EXPECT_TRUE(book.status.is(error::bad_answer)) << text << ": " << book.status.to_string();
  }
}

TEST(JsonBook, EveryTruncationIsAnError) {
  const std::string whole = kJson;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(read(read_json, whole.substr(0, size)).status.is(error::bad_answer)) << size;
  }
}

TEST(Books, EndlessTextIsStoppedSoon) {
  struct Case {
    const char* what;
    Reader reader;
    std::string begin, pattern;
  };
  const std::string deep(1, '[');
  const std::vector<Case> cases = {
      {"a text without end", read_json, "[{\"cn\":\"", "x"},
      {"a key without end", read_json, "[{\"", "x"},
      {"a number without end", read_json, "[{\"kv\":", "1"},
      {"blanks without end", read_json, "[{}", " "},
      {"arrays in arrays", read_json, "", deep},
      {"objects in objects", read_json, "[", "{\"a\":"},
      {"an entry without end", read_json, "[{", "\"a\":1,"},
      {"services without end", read_json, "[{\"dienste\":[", "\"a\","},
      {"text in an element", read_xml, "<accounts><account><cn>", "x"},
      {"elements in elements", read_xml, "<accounts>", "<account>"},
      {"attributes without end", read_xml, "<accounts><account ", "a='1' "},
      {"comments without end", read_xml, "<accounts><!--", "x"},
      {"no root", read_xml, "", "<!-- x -->"},
      {"an entry without end", read_xml, "<accounts><account>", "<a/>"},
  };
  for (const Case& one : cases) {
    Endless text(one.begin, one.pattern);
    const Cancel never;
    BookStream stream(text, never);
    const Status status = one.reader(stream, [](Entry&&) { return Status(); });
    EXPECT_TRUE(status.is(error::bad_answer)) << one.what << ": " << status.to_string();
    EXPECT_LE(text.taken(), kMaxBytesPerEntry + 2 * kReadBlock) << one.what;
  }
}

TEST(Books, TooManyEntriesAreRefused) {
  for (const auto& [reader, begin, pattern] :
       {std::tuple<Reader, const char*, const char*>{read_json, "[{}", ",{}"},
        std::tuple<Reader, const char*, const char*>{read_xml, "<accounts>", "<account/>"}}) {
    Endless text(begin, pattern);
    const Cancel never;
    BookStream stream(text, never);
    std::size_t count = 0;
    const Status status = reader(stream, [&](Entry&&) {
      ++count;
      return Status();
    });
    EXPECT_TRUE(status.is(error::bad_answer)) << status.to_string();
    EXPECT_LE(count, kMaxEntries + 1);
  }
}

TEST(Books, TheReceiversErrorAndCancelEndTheReading) {
  for (const auto& [reader, begin, pattern] :
       {std::tuple<Reader, const char*, const char*>{read_json, "[{}", ",{}"},
        std::tuple<Reader, const char*, const char*>{read_xml, "<accounts>", "<account/>"}}) {
    int count = 0;
    Endless text(begin, pattern);
    Cancel cancel;
    BookStream stream(text, cancel);
    EXPECT_TRUE(reader(stream, [&](Entry&&) {
                  ++count;
                  return Status(error::storage_full, "no room");
                }).is(error::storage_full));
    EXPECT_EQ(count, 1);
    Endless again(begin, pattern);
    BookStream second(again, cancel);
    EXPECT_TRUE(reader(second, [&](Entry&&) {
                  cancel.request();
                  return Status();
                }).is(error::cancelled));
  }
}

TEST(XmlBook, EveryFieldArrives) {
  const Read book =
      read(read_xml,
           "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!-- Stand heute -->\n<accounts><account uid=\"u-1\">"
           "<email>praxis@kv-safenet.de</email><cn>Dr. TEST M&#xFC;ller &amp; Sohn</cn><sn>Müller</sn>"
           "<givenName>Änne</givenName><o><![CDATA[Praxis <TEST>]]></o><l>Dresden</l><neu><l>falsch</l></neu>"
           "<certificateValidTo>2027-03-01T12:00:00Z</certificateValidTo><dienst>eArztbrief</dienst>"
           "<dienst>eNachricht</dienst></account><anderes uid='x'><email>a@b</email></anderes>"
           "<account/></accounts>");
  ASSERT_TRUE(book.status.ok()) << book.status.to_string();
  ASSERT_EQ(book.entries.size(), 2U);
  const Entry& entry = book.entries[0];
  EXPECT_EQ(entry.uid, "u-1");
  EXPECT_EQ(entry.address, "praxis@kv-safenet.de");
  EXPECT_EQ(entry.name, "Dr. TEST Müller & Sohn");
  EXPECT_EQ(entry.practice, "Praxis <TEST>");
  EXPECT_EQ(entry.town, "Dresden");
  EXPECT_THAT(entry.services, ElementsAre("eArztbrief", "eNachricht"));
  EXPECT_EQ(entry.certificate_valid_to, parse_date_time("2027-03-01T12:00:00Z"));
  EXPECT_EQ(book.entries[1], Entry());
}

TEST(XmlBook, RefusesDocumentTypesAndEntities) {
  for (const char* text :
       {"<!DOCTYPE accounts [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><accounts><account><cn>&b;</cn></account>"
        "</accounts>",
        "<!DOCTYPE accounts SYSTEM 'file:///etc/hostname'><accounts/>",
        "<?xml version='1.0'?><!-- a --><?x y?>\n<!DOCTYPE a [<!ENTITY x SYSTEM "
        "'file:///etc/hostname'>]><accounts/>"}) {
    const Read book = read(read_xml, text);
    EXPECT_TRUE(book.status.is(error::bad_answer)) << text;
    EXPECT_EQ(book.status.detail(), "the address book has a document type declaration");
    EXPECT_THAT(book.entries, IsEmpty());
  }
  // Behind so many comments that the look at the beginning does not see it.
  const Read hidden = read(read_xml, "<!--" + std::string(kReadBlock, ' ') + "--><!DOCTYPE accounts><accounts/>");
  EXPECT_TRUE(hidden.status.is(error::bad_answer));
  EXPECT_TRUE(read(read_xml, "<accounts><account><cn>&fremd;</cn></account></accounts>").status.is(error::bad_answer));
}

TEST(XmlBook, RefusesOtherShapes) {
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("<accounts>"), std::string("<account/>"),
        std::string("<accounts><account></accounts>"), std::string("<accounts/>x"), std::string("<accounts\0/>", 12),
        std::string("\xFF\xFE<\0a\0", 6), std::string("<?xml version='1.0' encoding='UTF-16'?><accounts/>"),
        std::string("<accounts>\xFF</accounts>")}) {
    const Read book = read(read_xml, text);
    EXPECT_TRUE(book.status.is(error::bad_answer)) << text << ": " << book.status.to_string();
  }
}

}  // namespace
}  // namespace kvc::directory
