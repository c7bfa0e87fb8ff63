// SPDX-License-Identifier: Apache-2.0
#include "serve/html.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "serve/format.h"
#include "serve/words.h"

namespace pvs::host::serve {
namespace {

// What is known only at run time cannot become markup: none of this compiles.
static_assert(!std::is_constructible_v<Name, std::string>);
static_assert(!std::is_constructible_v<Name, std::string_view>);
static_assert(!std::is_constructible_v<Name, const char*>);
static_assert(!std::is_constructible_v<AttributeName, std::string>);
static_assert(!std::is_constructible_v<AttributeName, const char*>);
static_assert(!std::is_constructible_v<Path, std::string>);
static_assert(!std::is_constructible_v<Path, const char*>);
static_assert(!std::is_constructible_v<Attribute, std::string, std::string>);

TEST(ServeHtml, TextIsEscapedWhereverItStands) {
  Html html;
  {
    const auto element = html.element("p", {{"title", "\"><script>"}});
    html.text("<b>&'\"");
  }
  EXPECT_EQ(html.str(), "<p title=\"&quot;&gt;&lt;script&gt;\">&lt;b&gt;&amp;&#39;&quot;</p>");
}

TEST(ServeHtml, BrokenUtf8AndControlCharactersBecomeAReplacement) {
  const std::string fffd = "\xEF\xBF\xBD";
  EXPECT_EQ(escaped("a\xffz"), "a" + fffd + "z");
  EXPECT_EQ(escaped(std::string_view("a\0z", 3)), "a" + fffd + "z");
  EXPECT_EQ(escaped("\xC0\xBC"), fffd + fffd) << "an overlong '<'";
  EXPECT_EQ(escaped("\xE0\x80\xBC"), fffd + fffd + fffd);
  EXPECT_EQ(escaped("\xED\xA0\x80"), fffd + fffd + fffd) << "a surrogate";
  EXPECT_EQ(escaped("\xF4\x90\x80\x80"), fffd + fffd + fffd + fffd) << "beyond Unicode";
  EXPECT_EQ(escaped("\xC3"), fffd) << "cut off";
  EXPECT_EQ(escaped("\xE2\x82"), fffd + fffd);
  EXPECT_EQ(escaped("\x1b[31m\x7f\xC2\x85"), fffd + "[31m" + fffd + fffd);
  EXPECT_EQ(escaped("Ä €\t\U0001F600"), "Ä €\t\U0001F600");
}

TEST(ServeHtml, LineBreaksOfEveryKindAreOne) {
  EXPECT_EQ(escaped("a\r\nb\rc\nd\r"), "a\nb\nc\nd\n");
}

TEST(ServeHtml, AddressesStayOnThisServer) {
  Html html;
  { const auto link = html.link("/download/", "../a b\"?#%\xC3\xA4.txt", {}); }
  EXPECT_EQ(html.str(), "<a href=\"/download/..%2Fa%20b%22%3F%23%25%C3%A4.txt\"></a>");
  EXPECT_EQ(Path::with("/download/", ".."), "/download/%2E%2E") << "no segment is a step upwards";
}

TEST(ServeHtml, OutsideLinksAreWebPagesOnly) {
  Html web;
  web.outside_link("https://example.org/?a=\"b");
  EXPECT_NE(web.str().find("href=\"https://example.org/?a=&quot;b\""), std::string::npos);
  EXPECT_NE(web.str().find("noopener noreferrer"), std::string::npos);
  for (const char* bad : {"javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "//example.org", ""}) {
    Html html;
    html.outside_link(bad);
    EXPECT_EQ(html.str().find("href"), std::string::npos) << bad;
  }
}

TEST(ServeHtml, PercentDecodingRefusesWhatIsNoEncoding) {
  bool valid = true;
  EXPECT_EQ(percent_decoded("a%20b+c", false, valid), "a b+c");
  EXPECT_EQ(percent_decoded("a%20b+c", true, valid), "a b c");
  EXPECT_TRUE(valid);
  for (const char* bad : {"%", "%1", "%zz", "a%g0", "%%"}) {
    valid = true;
    EXPECT_EQ(percent_decoded(bad, false, valid), "") << bad;
    EXPECT_FALSE(valid) << bad;
  }
}

TEST(ServeHtml, ParagraphsAndBreaks) {
  Html html;
  html.paragraphs("eins\nzwei\n\n\n<drei>");
  EXPECT_EQ(html.str(), "<p class=\"text\">eins\nzwei</p><p class=\"text\">\n&lt;drei&gt;</p>");
  Html address;
  address.breakable("<a>@b@");
  EXPECT_EQ(address.str(), "&lt;a&gt;@<wbr>b@");
}

TEST(ServeFormat, GermanAndEnglishFormats) {
  const Words german("de-DE");
  const Words english("en-GB");
  EXPECT_EQ(format_date(german, "1970-01-31"), "31.01.1970");
  EXPECT_EQ(format_date(english, "1970-01-31"), "31/01/1970");
  for (const char* other : {"", "31.1.70", "1970-1-31", "1970/01/31", "<script>--"}) {
    EXPECT_EQ(format_date(german, other), other);
  }
  EXPECT_EQ(format_size(german, 0), "0 Byte");
  EXPECT_EQ(format_size(german, 999), "999 Byte");
  EXPECT_EQ(format_size(german, 1400000), "1,4 MB");
  EXPECT_EQ(format_size(english, 1400000), "1.4 MB");
  EXPECT_EQ(format_size(german, 128ULL << 20U), "134 MB");
  EXPECT_EQ(format_size(german, ~0ULL), "18,4 EB");
  EXPECT_EQ(format_number(german, 1234567), "1.234.567");
  EXPECT_EQ(format_number(english, 123), "123");
}

TEST(ServeWords, EverySentenceIsThereInBothLanguages) {
  const Words german("de-DE");
  const Words english("en");
  EXPECT_EQ(german.language(), "de");
  EXPECT_EQ(english.language(), "en");
#define WORD(name, de, en)                            \
  EXPECT_FALSE(german(Word::name).empty()) << #name;  \
  EXPECT_FALSE(english(Word::name).empty()) << #name; \
  EXPECT_EQ(std::string_view(de).ends_with(' '), std::string_view(en).ends_with(' ')) << #name;
#include "serve/words.def"
#undef WORD
}

}  // namespace
}  // namespace pvs::host::serve
