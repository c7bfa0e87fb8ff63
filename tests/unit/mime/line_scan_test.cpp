// SPDX-License-Identifier: Apache-2.0
#include "mime/line_scan.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace kvc::mime {
namespace {

std::size_t plain_dash_line(std::string_view text, std::size_t from) {
  for (; from < text.size(); ++from) {
    if (text[from] == '\n' && (from + 1 == text.size() || text[from + 1] == '-')) {
      return from;
    }
  }
  return std::string_view::npos;
}

std::size_t plain_bare_line_end(std::string_view text, bool after_cr) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n' && !(at == 0 ? after_cr : text[at - 1] == '\r')) {
      return at;
    }
  }
  return std::string_view::npos;
}

void expect_same(const std::string& text) {
  // A copy without anything behind it, so that reading on would be seen by the sanitizers.
  const std::vector<char> exact(text.begin(), text.end());
  const std::string_view view(exact.data(), exact.size());
  for (const bool vectors : {false, true}) {
    for (std::size_t from = 0; from <= view.size(); ++from) {
      ASSERT_EQ(find_dash_line(view, from, vectors), plain_dash_line(view, from)) << from << ", vectors " << vectors;
    }
    for (const bool after_cr : {false, true}) {
      ASSERT_EQ(find_bare_line_end(view, after_cr, vectors), plain_bare_line_end(view, after_cr))
          << "vectors " << vectors;
    }
  }
}

TEST(LineScan, OneFindInEveryPlaceOfEveryLength) {
  for (std::size_t size = 0; size < 110; ++size) {
    const std::string lines(size, 'x');
    expect_same(lines);
    for (std::size_t at = 0; at < size; ++at) {
      for (const std::string_view what : {"\n", "\n-", "\r\n", "\r\n-", "-", "\r"}) {
        if (at + what.size() <= size) {
          std::string text = lines;
          text.replace(at, what.size(), what);
          expect_same(text);
        }
      }
    }
  }
}

TEST(LineScan, RandomLines) {
  std::mt19937 random(4711);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  constexpr std::string_view kAlphabet = "\r\n\n--xxxxxxxxxx";
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 200, '\0');
    for (char& c : text) {
      c = kAlphabet[random() % kAlphabet.size()];
    }
    expect_same(text);
  }
}

TEST(LineScan, AtTheEnd) {
  EXPECT_EQ(find_dash_line("a\n", 0), 1U);
  EXPECT_EQ(find_dash_line("a\nb", 0), std::string_view::npos);
  EXPECT_EQ(find_dash_line("", 0), std::string_view::npos);
  EXPECT_EQ(find_bare_line_end("\n", true), std::string_view::npos);
  EXPECT_EQ(find_bare_line_end("\n", false), 0U);
  EXPECT_EQ(find_bare_line_end("", false), std::string_view::npos);
}

}  // namespace
}  // namespace kvc::mime
