// SPDX-License-Identifier: Apache-2.0
#include "xml/writer.h"

#include <gtest/gtest.h>

#include "xml/reader.h"

namespace kvc::xml {
namespace {

using namespace std::string_literals;

TEST(XmlWriter, WritesWhatTheReaderReads) {
  const std::string nasty = "a<b>&\"'\r\n\tü€\xF0\x9F\x98\x80]]>";
  Writer writer;
  writer.open("r", {{"xmlns", "urn:x"}, {"V", nasty}});
  writer.leaf("l", {{"V", "1"}});
  writer.text("t", nasty);
  writer.close();
  const auto document = std::move(writer).finish();
  ASSERT_TRUE(document.ok());
  const auto root = read(*document);
  ASSERT_TRUE(root.ok()) << *document;
  EXPECT_EQ(root->value("V"), nasty);
  EXPECT_EQ(root->child("t")->text, nasty);
  EXPECT_EQ(root->ns, "urn:x");
}

TEST(XmlWriter, LaysLinesOut) {
  Writer writer;
  writer.open("a");
  writer.open("b");
  writer.leaf("c", {{"V", "1"}});
  writer.close();
  writer.close();
  EXPECT_EQ(*std::move(writer).finish(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>\n  <b>\n    <c V=\"1\"/>\n  </b>\n</a>\n");
}

TEST(XmlWriter, RefusesWhatXmlCannotCarry) {
  for (const std::string& bad : {"\0"s, "\x1B"s, "\xFF"s, "\xC0\xAF"s, "\xED\xA0\x80"s, "\xEF\xBF\xBF"s}) {
    Writer writer;
    writer.leaf("element", {{"V", bad}});
    const auto document = std::move(writer).finish();
    ASSERT_TRUE(document.status().is(error::invalid_field));
    EXPECT_EQ(document.status().params().front().second, "element");
  }
}

TEST(XmlWriter, AnOpenElementIsOurMistake) {
  Writer writer;
  writer.open("a");
  EXPECT_TRUE(std::move(writer).finish().status().is(error::internal));
}

}  // namespace
}  // namespace kvc::xml
