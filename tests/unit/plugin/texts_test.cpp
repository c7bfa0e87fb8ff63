// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "base/status.h"
#include "mailbox/mailbox_service.h"
#include "message/verdict.h"
#include "paths.h"
#include "settings/settings.h"
#include "texts/catalogue.h"
#include "views/build.h"

namespace kvc::plugin {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Texts kGerman(Language::de);
const Texts kEnglish(Language::en);

TEST(Texts, BothLanguagesHaveTheSameKeys) {
  EXPECT_EQ(Texts::keys(Language::de), Texts::keys(Language::en));
  EXPECT_GT(Texts::keys(Language::de).size(), 200U);
}

/// Every placeholder with `value(name)` in its place.
template <class Value>
Args all_filled(Value value) {
  Args args;
  for (const char* name :
       {"name",      "id",       "number",    "date",   "count",   "time",     "path",   "account",
        "key",       "expected", "found",     "min",    "max",     "value",    "file",   "line",
        "column",    "field",    "service",   "title",  "from",    "until",    "serial", "users",
        "user",      "reason",   "addresses", "issuer", "kv",      "strength", "host",   "certificate",
        "not_after", "allowed",  "text",      "added",  "changed", "removed",  "place",  "parameter"}) {
    args.emplace_back(name, value(name));
  }
  return args;
}

TEST(Texts, PlaceholdersAgree) {
  // Filled with their own names, the placeholders stand there again.
  const Args self = all_filled([](const char* name) { return std::string("{") + name + "}"; });
  for (const std::string& key : Texts::keys(Language::de)) {
    EXPECT_EQ(placeholders(kGerman(key, self)), placeholders(kEnglish(key, self))) << key;
  }
}

TEST(Texts, NoTextIsEmptyOrHasStrayBlanks) {
  const Args filled = all_filled([](const char*) { return std::string("x"); });
  for (const std::string& key : Texts::keys(Language::de)) {
    for (const Texts& texts : {kGerman, kEnglish}) {
      const std::string text = texts(key, filled);
      ASSERT_FALSE(text.empty()) << key;
      EXPECT_NE(text.front(), ' ') << key;
      EXPECT_NE(text.back(), ' ') << key;
      EXPECT_NE(text.back(), '\n') << key;
      EXPECT_EQ(text.find("  "), std::string::npos) << key << ": a placeholder the test does not know, or two blanks";
    }
  }
}

/// "Klicken Sie auf „Zertifikate erneuern“" helps only if something is called so.
TEST(Texts, FunctionsAreQuotedByTheirNames) {
  // Examples of what to type, words of the settings, and what the server sees.
  const std::set<std::string> no_functions{
      "eNachricht", "environments", "mül köln",    "Praxis Dr. Muster", "Dr. Muster's practice",
      "sqlite",     "sqlite:DATEI", "sqlite:FILE", "postgresql://…",    "kvconnect restore"};
  const auto check = [&](const Texts& texts, Language language, const std::string& open, const std::string& close) {
    std::set<std::string> names = no_functions;
    for (const std::string& key : Texts::keys(language)) {
      names.insert(texts(key));
    }
    for (const char* command : {"Adressbuch", "Address book", "Benutzerkonten", "User accounts", "Posteingang", "Inbox",
                                "Postausgang", "Outbox", "Einrichtung prüfen", "Check the set-up"}) {
      names.insert(command);  // titles of manifest.json
    }
    for (const std::string& key : Texts::keys(language)) {
      const std::string text = texts(key);
      for (auto at = text.find(open); at != std::string::npos; at = text.find(open, at + 1)) {
        const auto end = text.find(close, at);
        ASSERT_NE(end, std::string::npos) << key;
        // A name that is filled in is empty here.
        const std::string name = text.substr(at + open.size(), end - at - open.size());
        EXPECT_TRUE(name.empty() || names.count(name) == 1) << key << ": " << name;
      }
    }
  };
  check(kGerman, Language::de, "„", "“");
  check(kEnglish, Language::en, "“", "”");
}

TEST(Texts, EveryDialogOfAnAccountHasAHelpText) {
  int dialogs = 0;
  for (const std::string& key : Texts::keys(Language::de)) {
    const std::string end = ".title";
    if (key.starts_with("account") && key.ends_with(end)) {
      ++dialogs;
      EXPECT_TRUE(kGerman.has(key.substr(0, key.size() - end.size()) + ".help")) << key;
    }
  }
  EXPECT_GT(dialogs, 10);
}

TEST(Texts, EveryErrorHasAText) {
  for (const ErrorCode& code : all_error_codes()) {
    const std::string key = std::string("error.") + code.key;
    ASSERT_TRUE(kGerman.has(key)) << key;
    ASSERT_TRUE(kEnglish.has(key)) << key;
    // What happened, what was not lost, what to do next: one sentence cannot say it.
    const std::string text = kGerman(key);
    EXPECT_GE(std::count(text.begin(), text.end(), '.'), 3) << key << ": " << text;
  }
}

TEST(Texts, EverySettingsProblemHasAText) {
  ASSERT_FALSE(settings::problem_names().empty());
  for (const std::string_view name : settings::problem_names()) {
    EXPECT_TRUE(kGerman.has("settings." + std::string(name))) << name;
  }
}

TEST(Texts, EveryCsrStatusHasAText) {
  for (const int status : {100, 110, 120, 210, 299, 399, 900, 901, 902, 903, 999}) {
    EXPECT_TRUE(kGerman.has("progress.csr." + std::to_string(status))) << status;
  }
}

TEST(Texts, EveryVerdictAndOutboxStateHasATextAndAMeaning) {
  for (int i = 0; i <= static_cast<int>(message::Verdict::valid); ++i) {
    const std::string name(message::name(static_cast<message::Verdict>(i)));
    EXPECT_TRUE(kGerman.has("verdict." + name)) << name;
    EXPECT_TRUE(kGerman.has("verdict_meaning." + name)) << name;
  }
  for (int i = 0; i <= static_cast<int>(mailbox::OutboxState::failed); ++i) {
    const std::string name(mailbox::name(static_cast<mailbox::OutboxState>(i)));
    EXPECT_TRUE(kGerman.has("state.outbox." + name)) << name;
  }
}

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::filesystem::path> sources(const char* folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kvc::test::source_dir() + folder)) {
    if (entry.path().extension() == ".cpp") {
      files.push_back(entry.path());
    }
  }
  return files;
}

TEST(Texts, EveryKeyTheCodeNamesIsThere) {
  const std::regex lookup(R"re((?:\bt|texts)(\.count)?\(\s*"([a-z0-9_.]+)"\s*[,)])re");
  const std::regex job(R"re(answer_job\([^"]*"([a-z0-9_.]+)")re");
  int found = 0;
  for (const auto& file : sources("/plugin")) {
    const std::string text = read(file);
    for (std::sregex_iterator it(text.begin(), text.end(), lookup), end; it != end; ++it, ++found) {
      const std::string key = (*it)[2].str() + ((*it)[1].matched ? ".many" : "");
      EXPECT_TRUE(kGerman.has(key)) << key << " in " << file;
    }
    for (std::sregex_iterator it(text.begin(), text.end(), job), end; it != end; ++it, ++found) {
      EXPECT_TRUE(kGerman.has((*it)[1].str())) << (*it)[1].str() << " in " << file;
    }
  }
  EXPECT_GT(found, 100);
}

TEST(Texts, EveryProgressStepOfTheCoreHasAText) {
  const std::regex step(R"re((?:report|progress_?)\([^;"]*"([a-z_]+\.[a-z_]+)"\))re");
  int found = 0;
  for (const char* folder : {"/src/account", "/src/directory", "/src/mailbox"}) {
    for (const auto& file : sources(folder)) {
      const std::string text = read(file);
      for (std::sregex_iterator it(text.begin(), text.end(), step), end; it != end; ++it, ++found) {
        EXPECT_TRUE(kGerman.has("progress." + (*it)[1].str())) << (*it)[1].str() << " in " << file;
      }
    }
  }
  EXPECT_GE(found, 4);
}

TEST(Texts, FillsInAndKeepsWhatIsNoPlaceholder) {
  EXPECT_EQ(fill_in("a {x} b {y}{x}", {{"x", "1"}, {"y", "{x}"}}), "a 1 b {x}1");
  EXPECT_EQ(fill_in("a {unknown} b", {}), "a  b");
  EXPECT_EQ(fill_in("{ } {} { open {x", {{"x", "1"}}), "{ } {} { open {x");
  EXPECT_EQ(fill_in("", {}), "");
  EXPECT_THAT(placeholders("{b} {a} {b} {no blank}"), ElementsAre("a", "b"));
  EXPECT_THAT(placeholders("}{"), IsEmpty());
}

TEST(Texts, AnUnknownKeyIsShownAsItIs) {
  EXPECT_EQ(kGerman("no.such.key"), "no.such.key");
}

TEST(Texts, CountsInTheSingularAndThePlural) {
  EXPECT_EQ(kGerman.count("fetch.summary.messages", 1), "1 Nachricht");
  EXPECT_EQ(kGerman.count("archive.summary.duplicates", 0), "0 Nachrichten waren schon vorhanden.");
  EXPECT_EQ(kGerman.count("fetch.summary.messages", 0), "keine neue Nachricht") << "who has a word for none says it";
  EXPECT_EQ(kEnglish.count("fetch.summary.messages", 2), "2 messages");
}

TEST(Texts, LanguageFollowsTheLocale) {
  EXPECT_EQ(language_of("en-GB"), Language::en);
  EXPECT_EQ(language_of("en"), Language::en);
  EXPECT_EQ(language_of("en_US.UTF-8"), Language::en);
  EXPECT_EQ(language_of("de-DE"), Language::de);
  EXPECT_EQ(language_of(""), Language::de);
  EXPECT_EQ(language_of("enm"), Language::de);
}

TEST(Errors, CarryCodeTextParametersAndField) {
  const auto error = views::to_error(
      kGerman, Status(error::invalid_field, "the username is empty").with("field", "username").retry_in(Millis(61000)));
  EXPECT_EQ(error.code(), "usage.invalid_field");
  EXPECT_EQ(error.text_key(), "error.usage.invalid_field");
  EXPECT_EQ(error.category(), pvs::v1::CATEGORY_USAGE);
  EXPECT_EQ(error.field(), "username");
  EXPECT_THAT(error.text(), testing::HasSubstr("„Username“"));
  EXPECT_THAT(error.text(), testing::HasSubstr("in 2 Minuten"));
  EXPECT_EQ(error.retry_after_ms(), 61000);
  EXPECT_EQ(views::error_sentence(kGerman, ""), "");
}

}  // namespace
}  // namespace kvc::plugin
