// SPDX-License-Identifier: Apache-2.0
#include "mime/safe_name.h"

#include <gtest/gtest.h>

#include "mime/charset.h"

namespace kvc::mime {
namespace {

using namespace std::string_literals;

TEST(ShownLine, IsOneLineThatRunsOneWay) {
  EXPECT_EQ(shown_line("Befund: \"Müller\" & Co. <a/b>"), "Befund: \"Müller\" & Co. <a/b>");
  EXPECT_EQ(shown_line("a\r\nb\x1b[0m\xE2\x80\xAEz"), "a__b_[0m_z");
  EXPECT_EQ(shown_line("M\xFCller"), "Müller");
}

TEST(SafeName, KeepsOrdinaryNames) {
  for (const char* name : {"Befund Müller 2.pdf", "a.tar.gz", "Z01999999900_05.01.2026_09.25.con.XKM", "Console.txt",
                           "com10.txt", "nullwert.csv"}) {
    EXPECT_EQ(safe_name(name, "teil-1"), name);
  }
}

TEST(SafeName, LeavesNoPathAndNoTrick) {
  EXPECT_EQ(safe_name("../../etc/passwd", "f"), "passwd");
  EXPECT_EQ(safe_name("../../x", "f"), "x");
  EXPECT_EQ(safe_name("/etc/passwd", "f"), "passwd");
  EXPECT_EQ(safe_name("C:\\Windows\\win.ini", "f"), "win.ini");
  EXPECT_EQ(safe_name("datei.txt:strom", "f"), "datei.txt_strom");
  EXPECT_EQ(safe_name("..", "f"), "f");
  EXPECT_EQ(safe_name(".bashrc", "f"), "bashrc");
  EXPECT_EQ(safe_name("", "teil-7"), "teil-7");
  EXPECT_EQ(safe_name("a/", "f"), "f");
  EXPECT_EQ(safe_name("-rf", "f"), "rf");
  EXPECT_EQ(safe_name("a\0b\nc"s, "f"), "a_b_c");
  EXPECT_EQ(safe_name("a|b;c`d$e", "f"), "a_b_c_d_e");
}

TEST(SafeName, NoDotsOrBlanksAtTheEnd) {
  EXPECT_EQ(safe_name("x. . .", "f"), "x");
  EXPECT_EQ(safe_name("Befund.pdf   ", "f"), "Befund.pdf");
  EXPECT_EQ(safe_name("Befund.pdf.", "f"), "Befund.pdf");
}

TEST(SafeName, NothingThatTurnsTheDirectionOrIsInvisible) {
  EXPECT_EQ(safe_name("Rechnung\xE2\x80\xAEgpj.exe", "f"), "Rechnung_gpj.exe");
  EXPECT_EQ(safe_name("a\xE2\x80\x8E\xE2\x81\xA6\xEF\xBB\xBF\xC2\xAD.pdf", "f"), "a____.pdf");
  EXPECT_EQ(safe_name("a\xE2\x80\xA8z", "f"), "a_z");
  EXPECT_EQ(safe_name("a\xC2\x85z", "f"), "a_z");
}

TEST(SafeName, DeviceNamesOfWindowsAreMadeOrdinary) {
  for (const char* name :
       {"CON", "nul", "Aux", "PRN", "COM1", "lpt9", "COM1.txt", "con.tar.gz", "NUL .txt", "COM\xC2\xB2", "com0"}) {
    EXPECT_EQ(safe_name(name, "f"), "_"s + name);
  }
  EXPECT_EQ(safe_name("CON.", "f"), "_CON");
  EXPECT_EQ(safe_name("  NUL", "f"), "_NUL");
}

TEST(SafeName, IsShortAndStaysUtf8) {
  std::string umlauts;
  for (int i = 0; i < 200; ++i) {
    umlauts += "ü";
  }
  const auto name = safe_name(umlauts + ".pdf", "f");
  EXPECT_LE(name.size(), kMaxSafeName);
  EXPECT_TRUE(name.ends_with("ü.pdf"));
  EXPECT_TRUE(is_utf8(name));
  EXPECT_EQ(safe_name(std::string(300, 'x'), "f"), std::string(kMaxSafeName, 'x'));
  EXPECT_EQ(safe_name(std::string(kMaxSafeName - 1, 'x') + ". .x.y", "f").size(), kMaxSafeName);
}

TEST(SafeName, BytesThatAreNoUtf8BecomeSome) {
  EXPECT_EQ(safe_name("M\xFCller.pdf", "f"), "Müller.pdf");
  EXPECT_TRUE(is_utf8(safe_name("\xFF\xFE\x80\xC0.pdf", "f")));
}

TEST(SafeNames, AreDifferentOnEveryFileSystem) {
  EXPECT_EQ(safe_names({"a.pdf", "A.PDF", "x/a.pdf", "b", "b", "", "teil-6"}),
            (std::vector<std::string>{"a.pdf", "A-2.PDF", "a-3.pdf", "b", "b-2", "teil-6", "teil-6-2"}));
  const std::string longest(kMaxSafeName, 'x');
  const auto two = safe_names({longest + ".pdf", longest + ".pdf"});
  EXPECT_NE(two[0], two[1]);
  EXPECT_LE(two[1].size(), kMaxSafeName);
  EXPECT_TRUE(two[1].ends_with("-2.pdf"));
}

}  // namespace
}  // namespace kvc::mime
