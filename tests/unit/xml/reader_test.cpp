// SPDX-License-Identifier: Apache-2.0
#include "xml/reader.h"

#include <gtest/gtest.h>

#include <string>

namespace kvc::xml {
namespace {

using namespace std::string_literals;

std::string param(const Status& status, const std::string& name) {
  for (const auto& [key, value] : status.params()) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

TEST(Xml, ReadsElementsAttributesTextsAndLines) {
  const auto root = read(
      "<?xml version='1.0' encoding='UTF-8'?>\n<!-- c --><a:r xmlns:a='urn:x' xmlns='urn:y' V='1' a:V='2'>\n"
      "  <a:c>x<!-- y -->z<b/> &amp;&#xFC;<![CDATA[<&]]></a:c>\n<a:c V='&lt;&quot;'/><c/></a:r>");
  ASSERT_TRUE(root.ok()) << root.status().to_string();
  EXPECT_EQ(root->ns, "urn:x");
  EXPECT_EQ(root->name, "r");
  EXPECT_EQ(root->line, 2);
  EXPECT_EQ(root->value("V"), "1");
  ASSERT_EQ(root->attributes.size(), 2U);
  EXPECT_EQ(root->attributes[1].ns, "urn:x");
  ASSERT_EQ(root->all("c").size(), 2U) << "another namespace is another name";
  EXPECT_EQ(root->all("c")[0]->text, "xz &ü<&");
  EXPECT_EQ(root->all("c")[0]->line, 3);
  EXPECT_EQ(root->all("c")[1]->value("V"), "<\"");
  EXPECT_EQ(root->child("c"), root->all("c")[0]);
  EXPECT_EQ(root->child("b"), nullptr);
  EXPECT_EQ(root->attribute("W"), nullptr);
}

TEST(Xml, FollowsAPath) {
  const auto root = read("<a><b><c V='1'/></b><b><c V='2'/></b></a>");
  ASSERT_TRUE(root.ok());
  ASSERT_NE(root->at("b/c"), nullptr);
  EXPECT_EQ(root->at("b/c")->value("V"), "1");
  EXPECT_EQ(root->at("b/d"), nullptr);
  EXPECT_EQ(root->at("x/y/z"), nullptr);
  EXPECT_EQ(root->at(""), &*root);
}

TEST(Xml, UnderstandsTheDeclaredEncoding) {
  const auto latin = read("<?xml version='1.0' encoding='ISO-8859-15'?><a>M\xFCller \xA4</a>");
  ASSERT_TRUE(latin.ok()) << latin.status().to_string();
  EXPECT_EQ(latin->text, "Müller €");
  const auto windows = read("<?xml version='1.0' encoding='windows-1252'?><a>\x84M\xFCller\x93 \x80</a>");
  ASSERT_TRUE(windows.ok()) << windows.status().to_string();
  EXPECT_EQ(windows->text, "„Müller“ €");
  const auto marked = read("\xEF\xBB\xBF<a>ü</a>");
  ASSERT_TRUE(marked.ok());
  EXPECT_EQ(marked->text, "ü");
}

TEST(Xml, RefusesEveryDocumentType) {
  const std::string bomb =
      "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>]>";
  const std::string file = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>";
  const std::string parameter = "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1/p'> %p;]>";
  const std::string outside = "<!DOCTYPE a SYSTEM 'https://evil.example/x.dtd'>";
  for (const std::string& type : {bomb, file, parameter, outside, "<!DOCTYPE a>"s, "<!doctype a>"s}) {
    for (const char* before : {"", "<?xml version='1.0'?>\n", "\xEF\xBB\xBF", "<!-- <a> --> <?p <a>?>\n"}) {
      EXPECT_TRUE(read(before + type + "<a>&x;&c;</a>").status().is(error::malformed)) << before << type;
    }
  }
  EXPECT_TRUE(read("<a>&x;</a>").status().is(error::malformed));
  EXPECT_TRUE(read("<a/><!DOCTYPE a>").status().is(error::malformed));
}

TEST(Xml, RefusesWhatIsNoXmlAndNamesTheLine) {
  const std::string good = "<a V='1'><b>t</b></a>";
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_TRUE(read(good.substr(0, cut)).status().is(error::malformed)) << cut;
  }
  std::string utf16 = "\xFF\xFE";
  for (const char c : good) {
    utf16 += c;
    utf16 += '\0';
  }
  for (const std::string& bad :
       {utf16, "<a>\xFF</a>"s, "<a>\0</a>"s, "<a>&#0;</a>"s, "<?xml version='1.0' encoding='EBCDIC-X'?>"s + good,
        good + good, "<a u='1' u='2'/>"s, "<x:a/>"s, "<a><b></a></b>"s, "kein XML"s, "%PDF-1.4"s}) {
    EXPECT_TRUE(read(bad).status().is(error::malformed)) << bad.substr(0, 40);
  }
  const auto broken = read("<a>\n\n<b></c></a>");
  EXPECT_EQ(param(broken.status(), "line"), "3");
}

TEST(Xml, HasLimits) {
  Limits limits;
  EXPECT_TRUE(read(repeated("<a>", 100000)).status().is(error::too_large)) << "depth, not the missing end";
  EXPECT_TRUE(read(repeated("<a>", limits.depth) + repeated("</a>", limits.depth)).ok());
  EXPECT_TRUE(
      read(repeated("<a>", limits.depth + 1) + repeated("</a>", limits.depth + 1)).status().is(error::too_large));
  limits.elements = 3;
  EXPECT_TRUE(read("<a><b/><b/></a>", limits).ok());
  EXPECT_TRUE(read("<a><b/><b/><b/></a>", limits).status().is(error::too_large));
  limits.attributes = 1;
  EXPECT_TRUE(read("<a b='1'/>", limits).ok());
  EXPECT_TRUE(read("<a b='1' c='2'/>", limits).status().is(error::too_large));
  limits.text_bytes = 4;
  EXPECT_TRUE(read("<a>12<b>1234</b>34</a>", limits).ok());
  EXPECT_TRUE(read("<a>12<b>1234</b>345</a>", limits).status().is(error::too_large));
  EXPECT_TRUE(read("<a b='12345'/>", limits).status().is(error::too_large));
  limits.bytes = 10;
  EXPECT_TRUE(read("<a>12</a >", limits).ok());
  EXPECT_TRUE(read("<a>12</a  >", limits).status().is(error::too_large));
}

/// Counts what it is given and refuses the third element.
class Counting : public Handler {
 public:
  Status start(std::string_view, std::string_view, const std::vector<Attribute>&, int) override {
    return ++elements == 3 ? Status(error::not_found, "enough") : Status();
  }
  Status end(std::string_view, std::string_view) override { return {}; }
  Status text(std::string_view) override { return {}; }
  int elements = 0;
};

TEST(Xml, AHandlersErrorEndsTheReading) {
  Counting counting;
  const Status status = parse("<a>" + repeated("<b/>", 50000) + "</a>", {}, counting);
  EXPECT_TRUE(status.is(error::not_found));
  EXPECT_EQ(counting.elements, 3);
}

class Throwing : public Counting {
 public:
  Status text(std::string_view) override { throw std::bad_alloc(); }
};

TEST(Xml, NothingIsThrownThroughTheParser) {
  Throwing throwing;
  EXPECT_TRUE(parse("<a>x</a>", {}, throwing).is(error::out_of_memory));
}

TEST(Xml, ErrorsQuoteNothingOfTheDocument) {
  const auto broken = read("<a><Testpatient></a>");
  EXPECT_EQ(broken.status().detail().find("Testpatient"), std::string::npos);
}

}  // namespace
}  // namespace kvc::xml
