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

using message::Part;

Part part(std::string name, std::string type = "application/pdf") {
  Part result;
  result.name = std::move(name);
  result.type = std::move(type);
  return result;
}

TEST(PartNames, AreDifferentOnEveryFileSystem) {
  EXPECT_EQ(part_names({part("a.pdf"), part("A.PDF"), part("x/a.pdf"), part("b"), part("b"), part("", "text/plain")}),
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
