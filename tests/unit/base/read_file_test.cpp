// SPDX-License-Identifier: Apache-2.0
#include "base/read_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace kvc {
namespace {

TEST(ReadAtMost, GivesTheWholeTextAndOneByteBeyondTheLimit) {
  for (const std::size_t size : {0UL, 1UL, 8191UL, 8192UL, 8193UL, 99'999UL, 100'000UL, 100'001UL, 300'000UL}) {
    std::string text(size, 'x');
    if (size > 0) {
      text.back() = 'y';
    }
    std::istringstream in(text);
    const std::string got = read_at_most(in, 100'000);
    EXPECT_EQ(got, text.substr(0, 100'001)) << size;
    EXPECT_FALSE(in.bad());
  }
}

TEST(ReadAtMost, TheLimitTakesNoMemory) {
  std::istringstream in("kurz");
  EXPECT_LT(read_at_most(in, 32UL * 1024 * 1024).capacity(), 16UL * 1024);
}

TEST(ReadAtMost, AFileThatIsNotThereIsNoEmptyFile) {
  std::ifstream in("/nonexistent/file", std::ios::binary);
  EXPECT_EQ(read_at_most(in, 100), "");
  EXPECT_TRUE(in.fail() && !in.eof());
  std::ifstream folder("/", std::ios::binary);
  EXPECT_EQ(read_at_most(folder, 100), "");
  EXPECT_TRUE(folder.bad() || (folder.fail() && !folder.eof()));
}

}  // namespace
}  // namespace kvc
