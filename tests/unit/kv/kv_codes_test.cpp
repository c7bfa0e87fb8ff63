// SPDX-License-Identifier: Apache-2.0
#include "kv/kv_codes.h"

#include <gtest/gtest.h>

namespace kvc::kv {
namespace {

TEST(KvCodes, TheBuiltInListIsThere) {
  EXPECT_EQ(all().size(), 18U);
  EXPECT_EQ(name_of("01"), "Schleswig-Holstein");
  EXPECT_EQ(name_of("93"), "Thüringen");
  EXPECT_EQ(name_of("99"), "");
  EXPECT_EQ(name_of(""), "");
}

TEST(KvCodes, ReadsBothLineEnds) {
  const auto list = parse(
      "\xEF\xBB\xBF"
      "code,kv\r\n02,B\r\n\r\n01,A");
  ASSERT_TRUE(list.ok()) << list.status().to_string();
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[0].name, "A");
}

TEST(KvCodes, NamesTheWrongLine) {
  for (const char* line : {"1,A", "01;A", "01,", "0x,A", "01,A,B", "01,\xFF", "01,a\x1b[0m", "\"01\",A"}) {
    const auto list = parse(std::string("code,kv\n02,B\n") + line + "\n");
    ASSERT_TRUE(list.status().is(error::malformed)) << line;
    EXPECT_EQ(list.status().params().front().second, "3") << line;
  }
  EXPECT_TRUE(parse("").status().is(error::malformed));
  EXPECT_TRUE(parse("01,A\n").status().is(error::malformed));
  EXPECT_TRUE(parse("code,kv\n01,A\n01,B\n").status().is(error::malformed));
  EXPECT_TRUE(parse(std::string(100000, 'x')).status().is(error::too_large));
}

}  // namespace
}  // namespace kvc::kv
