// SPDX-License-Identifier: Apache-2.0
#include "reference_host/menu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pvs::host {
namespace {

class MenuSearch : public testing::Test {
 protected:
  MenuSearch() {
    v1::Menu& menu = *description_.add_menus();
    menu.set_menu_id("kv");
    menu.set_title_de("KV-Connect");
    menu.set_parent("nachrichten");
    add("kv.accounts", "Benutzerkonten", "einrichtung", {"konto", "zertifikat"}, {"admin"});
    add("kv.inbox", "Posteingang", "kv", {"nachrichten"}, {});
    add("kv.aerzte", "Ärzteverzeichnis", "kv", {"Adressbuch"}, {});
    admin_.add_roles("admin");
  }
  void add(const char* id, const char* title, const char* menu, const std::vector<const char*>& words,
           const std::vector<const char*>& roles) {
    v1::Command& command = *description_.add_commands();
    command.set_command_id(id);
    command.set_title_de(title);
    command.set_menu(menu);
    for (const char* word : words) command.add_search_words(word);
    for (const char* role : roles) command.add_roles(role);
  }
  [[nodiscard]] std::vector<std::string> found(const char* query, const v1::User& user) const {
    std::vector<std::string> ids;
    for (const MenuEntry& entry : search_menu(build_menu(description_, "de-DE"), query, user)) {
      ids.push_back(entry.command.command_id());
    }
    return ids;
  }
  v1::PluginDescription description_;
  v1::User admin_;
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(MenuSearch, TheWayOfTheHelpPage) {
  EXPECT_THAT(found("#b benutzer", admin_), ElementsAre("kv.accounts"));
}

TEST_F(MenuSearch, WordsFitByPrefix) {
  EXPECT_THAT(found("benu", admin_), ElementsAre("kv.accounts"));
  EXPECT_THAT(found("nutzer", admin_), IsEmpty());
  EXPECT_THAT(found("zert", admin_), ElementsAre("kv.accounts"));
  EXPECT_THAT(found("KV post", admin_), ElementsAre("kv.inbox"));
  EXPECT_THAT(found("connect", admin_), ElementsAre("kv.inbox", "kv.aerzte"));
  EXPECT_THAT(found("ÄRZTE", admin_), ElementsAre("kv.aerzte"));
}

TEST_F(MenuSearch, InitialsFitTheBeginning) {
  EXPECT_THAT(found("#e", admin_), ElementsAre("kv.accounts"));
  EXPECT_THAT(found("#n post", admin_), ElementsAre("kv.inbox"));
  EXPECT_THAT(found("#x benutzer", admin_), IsEmpty());
  EXPECT_THAT(found("#ä", admin_), ElementsAre("kv.aerzte"));
}

TEST_F(MenuSearch, RolesHideEntries) {
  EXPECT_THAT(found("#b benutzer", v1::User()), IsEmpty());
  EXPECT_THAT(found("", v1::User()), ElementsAre("kv.inbox", "kv.aerzte"));
}

TEST_F(MenuSearch, StrangeQueries) {
  EXPECT_THAT(found("#", admin_), IsEmpty());
  EXPECT_THAT(found("   ", admin_), testing::SizeIs(3));
  EXPECT_THAT(found("\xff\xfe", admin_), IsEmpty());
  EXPECT_THAT(found(std::string(100000, 'b').c_str(), admin_), IsEmpty());
}

TEST_F(MenuSearch, ACircleOfMenusEnds) {
  v1::Menu& a = *description_.add_menus();
  a.set_menu_id("a");
  a.set_parent("b");
  v1::Menu& b = *description_.add_menus();
  b.set_menu_id("b");
  b.set_parent("a");
  add("kv.round", "Rund", "a", {}, {});
  EXPECT_THAT(found("rund", admin_), ElementsAre("kv.round"));
}

}  // namespace
}  // namespace pvs::host
