// SPDX-License-Identifier: Apache-2.0
#include "texts/catalogue.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <map>

#include "resource/texts_de.h"
#include "resource/texts_en.h"

namespace kvc::plugin {
namespace {

using Catalogue = std::map<std::string, std::string, std::less<>>;

Catalogue parse(std::string_view json) {
  Poco::JSON::Parser parser;
  const auto root = parser.parse(std::string(json)).extract<Poco::JSON::Object::Ptr>();
  Catalogue catalogue;
  for (const auto& [key, value] : *root) {
    catalogue.emplace(key, value.convert<std::string>());
  }
  return catalogue;
}

const Catalogue& catalogue(Language language) {
  // Never destroyed: worker threads may still translate while statics go.
  static const auto* const german = new Catalogue(parse(resource::texts_de()));
  static const auto* const english = new Catalogue(parse(resource::texts_en()));
  return language == Language::en ? *english : *german;
}

bool word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/// Calls `literal` and `name` for the pieces of a text, in order.
template <class Literal, class Name>
void walk(std::string_view text, Literal literal, Name name) {
  while (!text.empty()) {
    const auto open = text.find('{');
    literal(text.substr(0, open));
    if (open == std::string_view::npos) {
      return;
    }
    text.remove_prefix(open);
    const auto close = text.find('}');
    const auto inside = close == std::string_view::npos ? std::string_view{} : text.substr(1, close - 1);
    if (inside.empty() || !std::all_of(inside.begin(), inside.end(), word)) {
      literal(text.substr(0, 1));
      text.remove_prefix(1);
      continue;
    }
    name(inside);
    text.remove_prefix(close + 1);
  }
}

}  // namespace

Language language_of(std::string_view locale) noexcept {
  const bool english = locale == "en" || locale.starts_with("en-") || locale.starts_with("en_");
  return english ? Language::en : Language::de;
}

std::string fill_in(std::string_view text, const Args& args) {
  std::string out;
  walk(
      text, [&](std::string_view literal) { out += literal; },
      [&](std::string_view name) {
        const auto found = std::find_if(args.begin(), args.end(), [&](const auto& arg) { return arg.first == name; });
        if (found != args.end()) {
          out += found->second;
        }
      });
  return out;
}

std::vector<std::string> placeholders(std::string_view text) {
  std::vector<std::string> names;
  walk(
      text, [](std::string_view) {}, [&](std::string_view name) { names.emplace_back(name); });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string Texts::operator()(std::string_view key, const Args& args) const {
  const Catalogue& all = catalogue(language_);
  const auto found = all.find(key);
  return found == all.end() ? std::string(key) : fill_in(found->second, args);
}

std::string Texts::count(std::string_view key, std::uint64_t count, const Args& args) const {
  Args all = args;
  all.emplace_back("count", std::to_string(count));
  const std::string none = std::string(key) + ".none";
  return (*this)(count == 0 && has(none) ? none : std::string(key) + (count == 1 ? ".one" : ".many"), all);
}

bool Texts::has(std::string_view key) const {
  return catalogue(language_).contains(key);
}

std::vector<std::string> Texts::keys(Language language) {
  std::vector<std::string> keys;
  for (const auto& entry : catalogue(language)) {
    keys.push_back(entry.first);
  }
  return keys;
}

}  // namespace kvc::plugin
