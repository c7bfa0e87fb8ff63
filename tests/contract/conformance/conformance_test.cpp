// SPDX-License-Identifier: Apache-2.0
// The parts of pvs-validate that can be tried without a plugin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>

#include "check.h"
#include "driver.h"
#include "elf_file.h"
#include "report.h"
#include "text.h"

namespace pvs::conformance {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_FALSE(text.empty()) << path;
  return text;
}

/// Text without what makes it a comment, so that a sentence over two lines is one.
std::string as_prose(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '*' || c == '/' || c == '\t';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

// ---- the catalogue ----

TEST(Catalogue, EveryCheckProvesASentenceOfTheSpecification) {
  const fs::path root = PVS_SOURCE_DIR;
  std::string text = read_file(root / "host_api/include/pvs/plugin.h");
  for (const char* name : {"common", "view", "plugin", "host", "methods"}) {
    text += read_file(root / "proto/pvs/v1" / (std::string(name) + ".proto"));
  }
  text += read_file(root / "host_api/schema/manifest.schema.json");
  const std::string prose = as_prose(text);
  for (const Check& check : all_checks()) {
    EXPECT_NE(prose.find(as_prose(std::string(check.rule))), std::string::npos) << check.name << ": " << check.rule;
  }
}

TEST(Catalogue, NamesAreUniqueAndWhatTheyNeedComesFirst) {
  std::set<std::string_view> seen;
  for (const Check& check : all_checks()) {
    EXPECT_TRUE(check.needs.empty() || seen.contains(check.needs)) << check.name;
    EXPECT_TRUE(seen.insert(check.name).second) << check.name;
    EXPECT_EQ(find_check(check.name), &check);
  }
  EXPECT_EQ(find_check("no.such.check"), nullptr);
}

TEST(Catalogue, TheReadmeNamesEveryCheckWithItsSentence) {
  const std::string readme = read_file(fs::path(PVS_SOURCE_DIR) / "host_api/conformance/README.md");
  for (const Check& check : all_checks()) {
    const std::string row = "| `" + std::string(check.name) + "` | " + std::string(check.rule) + " |";
    EXPECT_NE(readme.find(row), std::string::npos) << row;
  }
}

// ---- libraries ----

TEST(ElfFile, ReadsAPlugin) {
  const ElfFacts facts = read_elf(read_file(PVS_GOOD_LIBRARY));
  EXPECT_EQ(facts.reason, "");
  EXPECT_THAT(facts.exported, ElementsAre("pvs_plugin_entry_v1"));
  EXPECT_THAT(facts.needed, Contains(HasSubstr("libc.so")));
  EXPECT_THAT(facts.imported, Contains("pthread_create"));
  EXPECT_THAT(facts.unique, IsEmpty());
  EXPECT_TRUE(facts.no_delete && facts.now && facts.relro);
  EXPECT_EQ(facts.run_path, "");
}

TEST(ElfFile, NeverReadsBehindTheEnd) {
  const std::string good = read_file(PVS_GOOD_LIBRARY);
  for (std::size_t size = 0; size < good.size(); size += size < 1024 ? 1 : 331) {
    const std::string cut(good.data(), size);
    const ElfFacts facts = read_elf(cut);
    // The table of sections stands at the end: what is needed of it may still be whole in the last bytes.
    EXPECT_TRUE(size > good.size() / 2 || !facts.reason.empty()) << size;
  }
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string changed = good;
    // The header and the section table are where offsets and sizes stand.
    for (int n = 0; n < 8; ++n) {
      const std::size_t at = random() % 2 == 0 ? random() % 64 : changed.size() - 1 - random() % 2500;
      changed[at] = static_cast<char>(random());
    }
    static_cast<void>(read_elf(changed));
  }
  EXPECT_NE(read_elf("#!/bin/sh\n").reason, "");
  EXPECT_NE(read_elf(std::string(100000, '\xff')).reason, "");
}

// ---- text ----

TEST(Text, KnowsUtf8) {
  for (const char* good : {"", "abc", "Prüfung", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad : {"\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "a\x80", "\xe2\x82"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Text, KnowsWhatMisleads) {
  EXPECT_FALSE(is_hostile("Zeile eins\nZeile zwei\tPrüfung"));
  for (const char* bad : {"\x1b[2J", "a\r", "\x7f", "\xc2\x9b", "\u202etxt", "\u2066x", "\xff"}) {
    EXPECT_TRUE(is_hostile(bad));
  }
  EXPECT_EQ(printable("a\x1b[2J\nb"), "a.[2J.b");
  EXPECT_EQ(printable("\xff\xfe"), "..");
  EXPECT_EQ(printable("abcdef", 3), "abc");
  EXPECT_TRUE(is_utf8(printable("xü", 2))) << "cut in the middle of a character";
}

// ---- what a child tells ----

const Check& some_check() {
  return all_checks().front();
}

TEST(Child, LinesAndEndGiveTheVerdict) {
  const auto verdict = [](std::string_view lines) { return judge_child(some_check(), lines, 0, false).verdict; };
  EXPECT_EQ(verdict("done\t\n"), Verdict::passed);
  EXPECT_EQ(verdict("warn\tx\ndone\t\n"), Verdict::warning);
  EXPECT_EQ(verdict("skip\tx\ndone\t\n"), Verdict::skipped);
  EXPECT_EQ(verdict("blocked\tx\ndone\t\n"), Verdict::blocked);
  EXPECT_EQ(verdict("fail\tx\nwarn\ty\nblocked\tz\ndone\t\n"), Verdict::failed);
  EXPECT_EQ(verdict("warn\tx\nfail\ty\ndone\t\n"), Verdict::failed);
  EXPECT_EQ(verdict("what is this\n\n\t\ndone\t\n"), Verdict::passed);
}

TEST(Child, OneThatDiesOrHangsOrLeavesHasFailedWhereItWas) {
  const CheckResult dead = judge_child(some_check(), "phase\tin create\n", SIGSEGV, false);
  EXPECT_EQ(dead.verdict, Verdict::failed);
  EXPECT_THAT(dead.texts, ElementsAre(testing::AllOf(HasSubstr("SIGSEGV"), HasSubstr("in create"))));
  const CheckResult hung = judge_child(some_check(), "phase\tin stop\n", SIGKILL, true);
  EXPECT_THAT(hung.texts, ElementsAre(testing::AllOf(HasSubstr("killed"), HasSubstr("in stop"))));
  // The plugin called exit(0): no "done".
  EXPECT_EQ(judge_child(some_check(), "phase\tin call\n", 0, false).verdict, Verdict::failed);
  EXPECT_EQ(judge_child(some_check(), "done\t\n", 3 << 8, false).verdict, Verdict::failed);
  EXPECT_EQ(judge_child(some_check(), "", 0, false).verdict, Verdict::failed);
}

TEST(Report, SurvivesWhatAPluginSays) {
  CheckResult result = judge_child(some_check(), "fail\t<b>\"a\\b\" & \x1b[2J\xff</b>\ndone\t\n", 0, false);
  const std::string xml = junit("p<l>ugin", {result});
  EXPECT_THAT(xml, HasSubstr("&lt;b&gt;&quot;a\\b&quot; &amp; .[2J.&lt;/b&gt;"));
  EXPECT_THAT(xml, HasSubstr("failures=\"1\""));
  const std::string text = json("plugin", {result});
  EXPECT_THAT(text, HasSubstr(R"("<b>\"a\\b\" & .[2J.</b>")"));
  EXPECT_THAT(text, HasSubstr("\"failed\": 1"));
}

}  // namespace
}  // namespace pvs::conformance
