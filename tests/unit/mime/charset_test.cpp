// SPDX-License-Identifier: Apache-2.0
#include "mime/charset.h"

#include <gtest/gtest.h>

#include <string>

namespace kvc::mime {
namespace {

TEST(Charset, Utf8IsCheckedStrictly) {
  EXPECT_TRUE(is_utf8("Grüße € 𝄞"));
  EXPECT_TRUE(is_utf8(""));
  for (const char* text : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                           "\xf8\x88\x80\x80\x80", "\xff", "a\xe2\x82", "\xf0\x80\x80\x80"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Charset, ConvertsWhatPracticesSend) {
  EXPECT_EQ(to_utf8("Gr\xfc\xdf"
                    "e",
                    "ISO-8859-1"),
            "Grüße");
  EXPECT_EQ(to_utf8("\xa4", "iso-8859-15"), "€");
  EXPECT_EQ(to_utf8("\x80 \x84x\x93", "Windows-1252"), "€ „x“");
  EXPECT_EQ(to_utf8("\x80", "iso-8859-1"), "€");  // said Latin-1, meant windows-1252
  EXPECT_EQ(to_utf8("Grüße", "utf-8"), "Grüße");
}

TEST(Charset, WrongAndUnknownNames) {
  EXPECT_EQ(to_utf8("Grüße", ""), "Grüße");
  EXPECT_EQ(to_utf8("\xfc", "utf-8"), "ü");
  EXPECT_EQ(to_utf8("\xfc", "us-ascii"), "ü");
  EXPECT_EQ(to_utf8("\xfc", "x-unknown"), "ü");
  EXPECT_EQ(to_utf8("Grüße", std::string(10000, 'x')), "Grüße");
}

TEST(Charset, ResultIsAlwaysUtf8) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all += static_cast<char>(i);
  }
  for (const char* name :
       {"", "utf-8", "iso-8859-1", "iso-8859-15", "iso-8859-2", "windows-1252", "windows-1250", "koi8-r"}) {
    EXPECT_TRUE(is_utf8(to_utf8(all, name))) << name;
  }
}

}  // namespace
}  // namespace kvc::mime
