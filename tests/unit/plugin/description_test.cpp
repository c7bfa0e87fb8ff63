// SPDX-License-Identifier: Apache-2.0
#include "instance/description.h"

#include <gmock/gmock.h>

#include "commands/command.h"

#include "unit/plugin/manifest_file.h"

namespace kvc::plugin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string own() {
  return test::manifest_file();
}

std::string changed(const std::string& from, const std::string& to) {
  std::string text = own();
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Description, TheOwnManifestAgrees) {
  EXPECT_THAT(disagreements(own()), IsEmpty());
}

TEST(Description, SaysWhatTheManifestSays) {
  const auto& description = own_description();
  EXPECT_EQ(description.id(), "de.kvconnect.plugin");
  EXPECT_EQ(description.abi_major(), 1U);
  EXPECT_EQ(static_cast<std::size_t>(description.commands_size()), command_ids().size());
  EXPECT_EQ(description.max_threads(), 12U);
  EXPECT_EQ(description.commands(1).command_id(), "kvconnect.accounts");
  EXPECT_EQ(description.commands(1).title_de(), "Benutzerkonten");
  EXPECT_EQ(description.commands(1).menu(), "einrichtung");
  EXPECT_THAT(description.commands(1).search_words(), testing::Contains("benutzer"));
  EXPECT_THAT(description.required_host_services(), testing::Contains("key_custody"));
}

TEST(Description, NamesEachDisagreement) {
  EXPECT_THAT(disagreements(changed("de.kvconnect.plugin", "de.other.plugin")),
              ElementsAre(HasSubstr("de.other.plugin")));
  EXPECT_THAT(disagreements(changed("\"version\": \"" + own_description().version() + "\"", "\"version\": \"99.0.0\"")),
              ElementsAre(HasSubstr("99.0.0")));
  EXPECT_THAT(disagreements(changed("kvconnect.doctor", "kvconnect.other")),
              ElementsAre(HasSubstr("kvconnect.other"), HasSubstr("kvconnect.doctor")));
  EXPECT_THAT(disagreements(changed("\"session_locked\", ", "")), ElementsAre(HasSubstr("hooks")));
  EXPECT_THAT(disagreements(changed("\"key_custody\", ", "")), ElementsAre(HasSubstr("host_services")));
  EXPECT_THAT(disagreements(changed("\"threads\": 12", "\"threads\": 5")), ElementsAre(HasSubstr("limits")));
  EXPECT_THAT(disagreements(changed("\"menu\": \"einrichtung\"", "\"menu\": \"kvconnect\"")),
              ElementsAre(HasSubstr("commands")));
}

TEST(Description, WhatIsNoManifestIsSaidSo) {
  for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string("null"),
                                  std::string("7"), std::string("\xff\xfe"), own().substr(0, own().size() / 2)}) {
    EXPECT_THAT(disagreements(text), ElementsAre(HasSubstr("not the JSON of a plugin manifest"))) << text.substr(0, 10);
  }
  EXPECT_FALSE(disagreements("{}").empty());
  EXPECT_FALSE(disagreements(R"({"contributes": {"commands": 7}})").empty());
  EXPECT_FALSE(disagreements(R"({"contributes": {"commands": [7, null, {"id": {}}]}})").empty());
}

}  // namespace
}  // namespace kvc::plugin
