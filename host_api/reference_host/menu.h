// SPDX-License-Identifier: Apache-2.0
// The host's menu, built from manifests alone, and the search in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pvs/v1/host.pb.h"
#include "pvs/v1/plugin.pb.h"

namespace pvs::host {

/// A menu entry as a user sees it.
struct MenuEntry {
  v1::Command command;
  std::vector<std::string> path;  ///< titles of the menus above it, outermost first
};

/// All entries in the order of the manifest, titles in `locale` ("de-DE"; English for "en", German for everything
/// else).
[[nodiscard]] std::vector<MenuEntry> build_menu(const v1::PluginDescription& description, std::string_view locale);

/// True if one of the user's roles may use the command.
[[nodiscard]] bool may_use(const v1::Command& command, const v1::User& user);

/// The menu search. The query is split at blanks; an entry is found if every word of it fits, upper and lower case
/// being the same (also for umlauts):
/// - a word "#x" fits if the entry's title or one of its search words or menus begins with x: the quick way by initial;
/// - any other word fits if a word of the title, of a search word or of a menu's title begins with it.
/// An empty query finds everything. Entries the user may not use are not found. Those whose title begins so come first,
/// otherwise the order is the manifest's.
[[nodiscard]] std::vector<MenuEntry> search_menu(const std::vector<MenuEntry>& menu, std::string_view query,
                                                 const v1::User& user);

}  // namespace pvs::host
