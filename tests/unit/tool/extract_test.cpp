// SPDX-License-Identifier: Apache-2.0
#include "tool/extract.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "unit/crypto/openssl_tool.h"
#include "unit/message/samples.h"

namespace kvc::tool {
namespace {

using namespace std::string_literals;
using message::Part;

TEST(SafeName, KeepsOrdinaryNames) {
  EXPECT_EQ(safe_name("Befund Müller 2.pdf", 1), "Befund Müller 2.pdf");
  EXPECT_EQ(safe_name("a.tar.gz", 1), "a.tar.gz");
}

TEST(SafeName, LeavesNoPathAndNoTrick) {
  EXPECT_EQ(safe_name("../../etc/passwd", 1), "passwd");
  EXPECT_EQ(safe_name("/etc/passwd", 1), "passwd");
  EXPECT_EQ(safe_name("C:\\Windows\\win.ini", 1), "win.ini");
  EXPECT_EQ(safe_name("..", 3), "teil-3");
  EXPECT_EQ(safe_name(".bashrc", 1), "bashrc");
  EXPECT_EQ(safe_name("", 7), "teil-7");
  EXPECT_EQ(safe_name("a/", 7), "teil-7");
  EXPECT_EQ(safe_name("-rf", 1), "rf");
  EXPECT_EQ(safe_name("a\0b\nc"s, 1), "a_b_c");
  EXPECT_EQ(safe_name("a|b;c`d$e", 1), "a_b_c_d_e");
  EXPECT_EQ(safe_name("x. . .", 1), "x");
}

TEST(SafeName, IsShortAndStaysUtf8) {
  std::string umlauts;
  for (int i = 0; i < 200; ++i) {
    umlauts += "ü";
  }
  const auto name = safe_name(umlauts + ".pdf", 1);
  EXPECT_LE(name.size(), 120U);
  EXPECT_EQ(name.substr(name.size() - 4), ".pdf");
  EXPECT_EQ(name.size() % 2, 0U);
}

Part part(std::string name, std::string type = "application/pdf") {
  Part result;
  result.name = std::move(name);
  result.type = std::move(type);
  return result;
}

TEST(SafeNames, AreDifferentOnEveryFileSystem) {
  EXPECT_EQ(safe_names({part("a.pdf"), part("A.PDF"), part("x/a.pdf"), part("b"), part("b"), part("", "text/plain")}),
            (std::vector<std::string>{"a.pdf", "A-2.PDF", "a-3.pdf", "b", "b-2", "teil-6.txt"}));
}

TEST(Extract, WritesPrivateFilesAndNeverOverwrites) {
  const test_pki::ScratchDirectory scratch;
  auto outgoing = message::samples::letter();
  outgoing.attachments = {message::samples::attachment("a.bin", "inhalt")};
  const auto opened = message::samples::opened(message::samples::sealed(outgoing));
  const auto target = scratch.file("teile");
  const auto names = extract_parts(opened, target);
  ASSERT_TRUE(names.ok()) << names.status().to_string();
  EXPECT_EQ(*names, (std::vector<std::string>{"teil-1.txt", "a.bin"}));
  EXPECT_EQ(scratch.get("teile/a.bin"), "inhalt");
  struct stat info {};
  ASSERT_EQ(::stat((target + "/a.bin").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_TRUE(extract_parts(opened, target).status().is(error::file_unwritable));
  EXPECT_EQ(scratch.get("teile/a.bin"), "inhalt");
}

TEST(Extract, FollowsNoLink) {
  const test_pki::ScratchDirectory scratch;
  const auto victim = scratch.put("victim", "unberührt");
  std::filesystem::create_directory(scratch.file("teile"));
  ASSERT_EQ(::symlink(victim.c_str(), scratch.file("teile/teil-1.txt").c_str()), 0);
  const auto opened = message::samples::opened(message::samples::sealed(message::samples::letter()));
  EXPECT_TRUE(extract_parts(opened, scratch.file("teile")).status().is(error::file_unwritable));
  EXPECT_EQ(scratch.get("victim"), "unberührt");
}

TEST(Extract, ADirectoryThatCannotBe) {
  const auto opened = message::samples::opened(message::samples::sealed(message::samples::letter()));
  EXPECT_FALSE(extract_parts(opened, "/proc/no/such").ok());
  EXPECT_FALSE(extract_parts(opened, "/dev/null").ok());
}

}  // namespace
}  // namespace kvc::tool
