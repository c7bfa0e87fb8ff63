// SPDX-License-Identifier: Apache-2.0
#include "menu.h"

#include <Poco/UTF8String.h>

#include <algorithm>
#include <map>

namespace pvs::host {
namespace {

const std::map<std::string, std::pair<std::string, std::string>, std::less<>>& host_menus() {
  static const std::map<std::string, std::pair<std::string, std::string>, std::less<>> menus{
      {"einrichtung", {"Einrichtung", "Setup"}},
      {"nachrichten", {"Nachrichten", "Messages"}},
      {"abrechnung", {"Abrechnung", "Billing"}},
      {"patient", {"Patient", "Patient"}}};
  return menus;
}

std::string title(const std::string& german, const std::string& english, std::string_view locale) {
  return locale.starts_with("en") && !english.empty() ? english : german;
}

std::vector<std::string> path_of(const v1::PluginDescription& description, std::string menu_id,
                                 std::string_view locale) {
  std::vector<std::string> path;
  // A manifest could make a circle of parents; the number of menus bounds the way.
  for (int i = 0; i <= description.menus_size() && !menu_id.empty(); ++i) {
    if (const auto host = host_menus().find(menu_id); host != host_menus().end()) {
      path.push_back(title(host->second.first, host->second.second, locale));
      break;
    }
    const auto& menus = description.menus();
    const auto menu =
        std::find_if(menus.begin(), menus.end(), [&](const v1::Menu& m) { return m.menu_id() == menu_id; });
    if (menu == menus.end()) {
      break;
    }
    path.push_back(title(menu->title_de(), menu->title_en(), locale));
    menu_id = menu->parent();
  }
  std::reverse(path.begin(), path.end());
  return path;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : Poco::UTF8::toLower(std::string(text)) + " ") {
    if (c == ' ' || c == '\t' || c == '-' || c == '/') {
      if (!word.empty()) {
        words.push_back(std::move(word));
        word.clear();
      }
    } else {
      word.push_back(c);
    }
  }
  return words;
}

/// The texts a query is compared with, in lower case.
std::vector<std::string> texts_of(const MenuEntry& entry) {
  std::vector<std::string> texts{Poco::UTF8::toLower(entry.command.title_de())};
  if (!entry.command.title_en().empty()) {
    texts.push_back(Poco::UTF8::toLower(entry.command.title_en()));
  }
  for (const std::string& word : entry.command.search_words()) {
    texts.push_back(Poco::UTF8::toLower(word));
  }
  for (const std::string& menu : entry.path) {
    texts.push_back(Poco::UTF8::toLower(menu));
  }
  return texts;
}

bool fits(const std::string& query, const std::vector<std::string>& texts) {
  const bool initial = query.size() > 1 && query.front() == '#';
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
    if (initial) {
      return text.starts_with(query.substr(1));
    }
    const std::vector<std::string> words = words_of(text);
    return text.starts_with(query) ||
           std::any_of(words.begin(), words.end(), [&](const std::string& word) { return word.starts_with(query); });
  });
}

}  // namespace

std::vector<MenuEntry> build_menu(const v1::PluginDescription& description, std::string_view locale) {
  std::vector<MenuEntry> menu;
  for (const v1::Command& command : description.commands()) {
    menu.push_back({command, path_of(description, command.menu(), locale)});
  }
  return menu;
}

bool may_use(const v1::Command& command, const v1::User& user) {
  return command.roles().empty() ||
         std::any_of(command.roles().begin(), command.roles().end(), [&](const std::string& role) {
           return std::find(user.roles().begin(), user.roles().end(), role) != user.roles().end();
         });
}

std::vector<MenuEntry> search_menu(const std::vector<MenuEntry>& menu, std::string_view query, const v1::User& user) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : Poco::UTF8::toLower(std::string(query)) + " ") {
    if (c != ' ') {
      word.push_back(c);
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  std::vector<MenuEntry> found;
  for (const MenuEntry& entry : menu) {
    const std::vector<std::string> texts = texts_of(entry);
    if (may_use(entry.command, user) &&
        std::all_of(words.begin(), words.end(), [&](const std::string& w) { return fits(w, texts); })) {
      found.push_back(entry);
    }
  }
  // What is called so comes before what is only described so: "#b benutzer" means the Benutzerkonten.
  std::stable_partition(found.begin(), found.end(), [&](const MenuEntry& entry) {
    const std::string german = Poco::UTF8::toLower(entry.command.title_de());
    const std::string english = Poco::UTF8::toLower(entry.command.title_en());
    return std::all_of(words.begin(), words.end(), [&](const std::string& w) {
      const std::string_view begin = std::string_view(w).substr(w.starts_with('#') ? 1 : 0);
      return german.starts_with(begin) || english.starts_with(begin);
    });
  });
  return found;
}

}  // namespace pvs::host
