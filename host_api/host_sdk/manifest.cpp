// SPDX-License-Identifier: Apache-2.0
#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/UTF8Encoding.h>
#include <pvs/plugin.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <pvs/manifest.hpp>
#include <set>
#include <sstream>
#include <valijson/adapters/poco_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "resource/manifest_schema_json.h"

namespace pvs {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::size_t kMaxManifest = 1048576;
constexpr int kMaxDepth = 64;
constexpr std::array<std::string_view, 4> kHostMenus{"einrichtung", "nachrichten", "abrechnung", "patient"};

Var parse_json(std::string_view text) {
  Poco::JSON::Parser parser;
  parser.setDepth(kMaxDepth);
  return parser.parse(std::string(text));
}

/// JSON is UTF-8 (RFC 8259 section 8.1); the parser repeats other bytes in its messages.
bool is_utf8(std::string_view text) {
  const Poco::UTF8Encoding encoding;
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  for (const auto* const end = at + text.size(); at != end;) {
    const int length = encoding.sequenceLength(at, 1);
    if (length < 1 || length > end - at || !Poco::UTF8Encoding::isLegal(at, length)) {
      return false;
    }
    at += length;
  }
  return true;
}

/// The words of a library. Poco's parser shows the end of its input as the byte 0xff.
std::string legible(std::string words) {
  if (!is_utf8(words)) {
    std::replace_if(
        words.begin(), words.end(), [](unsigned char c) { return c > 0x7e; }, '?');
  }
  return words;
}

/// {"<root>", "[contributes]", "[commands]", "[3]"} -> "contributes.commands[3]"
std::string key_path(const std::vector<std::string>& context) {
  std::string path;
  for (const std::string& step : context) {
    if (step.size() < 3 || step.front() != '[') {
      continue;
    }
    const std::string name = step.substr(1, step.size() - 2);
    if (std::all_of(name.begin(), name.end(), [](unsigned char c) { return c >= '0' && c <= '9'; })) {
      path += step;
    } else {
      path += (path.empty() ? "" : ".") + name;
    }
  }
  return path;
}

void add_schema_issues(const Var& document, std::vector<ManifestIssue>& issues) {
  valijson::Schema schema;
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(valijson::adapters::PocoJsonAdapter(parse_json(manifest_schema())), schema);
  valijson::Validator validator;
  valijson::ValidationResults results;
  validator.validate(schema, valijson::adapters::PocoJsonAdapter(document), &results);
  constexpr std::string_view kMissing = "Missing required property '";
  for (const auto& error : results) {
    // The parents of a wrong value fail as well, with a sentence that says nothing more.
    if (error.description.starts_with("Failed to validate")) {
      continue;
    }
    std::string path = key_path(error.context);
    if (error.description.starts_with(kMissing)) {
      const auto end = error.description.find('\'', kMissing.size());
      path += (path.empty() ? "" : ".") + error.description.substr(kMissing.size(), end - kMissing.size());
      issues.push_back({path, "is missing"});
    } else {
      issues.push_back({path, error.description});
    }
  }
}

/// Walks schema and document side by side. Knows the schema's own few forms: properties, items, $ref into definitions.
class UnknownKeys {
 public:
  UnknownKeys(Object::Ptr root, std::vector<ManifestIssue>& issues) : root_(std::move(root)), issues_(issues) {}

  void walk(Object::Ptr schema, const Var& value, const std::string& path) {
    if (schema->has("$ref")) {
      const auto name = schema->getValue<std::string>("$ref").substr(std::string_view("#/definitions/").size());
      schema = root_->getObject("definitions")->getObject(name);
    }
    if (value.type() == typeid(Object::Ptr) && schema->has("properties")) {
      walk_object(schema->getObject("properties"), *value.extract<Object::Ptr>(), path);
    } else if (value.type() == typeid(Array::Ptr) && schema->has("items")) {
      const Array& array = *value.extract<Array::Ptr>();
      for (std::size_t i = 0; i < array.size(); ++i) {
        walk(schema->getObject("items"), array.get(static_cast<unsigned>(i)), path + "[" + std::to_string(i) + "]");
      }
    }
  }

 private:
  void walk_object(const Object::Ptr& properties, const Object& object, const std::string& path) {
    for (const auto& [name, value] : object) {
      const std::string inner = path.empty() ? name : path + "." + name;
      if (properties->has(name)) {
        walk(properties->getObject(name), value, inner);
      } else if (!name.starts_with("x_")) {
        issues_.push_back({inner, "is not a key of the manifest; it is ignored", true});
      }
    }
  }

  Object::Ptr root_;
  std::vector<ManifestIssue>& issues_;
};

std::string text_of(const Object& object, const std::string& key, const std::string& locale) {
  const Object::Ptr texts = object.getObject(key);
  return texts.isNull() ? std::string() : texts->optValue<std::string>(locale, "");
}

template <class Add>
void each_string(const Object& object, const std::string& key, Add add) {
  const Array::Ptr array = object.getArray(key);
  for (std::size_t i = 0; !array.isNull() && i < array->size(); ++i) {
    add(array->getElement<std::string>(static_cast<unsigned>(i)));
  }
}

template <class Add>
void each_object(const Object& object, const std::string& key, Add add) {
  const Array::Ptr array = object.getArray(key);
  for (std::size_t i = 0; !array.isNull() && i < array->size(); ++i) {
    add(*array->getObject(static_cast<unsigned>(i)));
  }
}

void read_contributions(const Object& contributes, v1::PluginDescription& out) {
  each_object(contributes, "menus", [&](const Object& menu) {
    v1::Menu& to = *out.add_menus();
    to.set_menu_id(menu.getValue<std::string>("id"));
    to.set_title_de(text_of(menu, "title", "de"));
    to.set_title_en(text_of(menu, "title", "en"));
    to.set_parent(menu.optValue<std::string>("parent", ""));
  });
  each_object(contributes, "commands", [&](const Object& command) {
    v1::Command& to = *out.add_commands();
    to.set_command_id(command.getValue<std::string>("id"));
    to.set_title_de(text_of(command, "title", "de"));
    to.set_title_en(text_of(command, "title", "en"));
    to.set_menu(command.getValue<std::string>("menu"));
    each_string(command, "search_words", [&](const std::string& word) { to.add_search_words(word); });
    each_string(command, "roles", [&](const std::string& role) { to.add_roles(role); });
    each_string(command, "needs", [&](const std::string& need) { to.add_needs(need); });
  });
  each_string(contributes, "hooks", [&](const std::string& hook) { out.add_hooks(hook); });
}

/// REQUIRES: the document satisfies the schema.
void read_document(const Object& document, Manifest& out) {
  out.name_de = text_of(document, "name", "de");
  out.name_en = text_of(document, "name", "en");
  if (out.name_en.empty()) {
    out.name_en = out.name_de;
  }
  out.library = document.getValue<std::string>("library");
  v1::PluginDescription& description = out.description;
  description.set_id(document.getValue<std::string>("id"));
  description.set_version(document.getValue<std::string>("version"));
  const Object& abi = *document.getObject("abi");
  description.set_abi_major(abi.getValue<std::uint32_t>("major"));
  description.set_abi_min_minor(abi.getValue<std::uint32_t>("min_minor"));
  const Object& services = *document.getObject("host_services");
  each_string(services, "required", [&](const std::string& name) { description.add_required_host_services(name); });
  each_string(services, "optional", [&](const std::string& name) { description.add_optional_host_services(name); });
  description.set_max_threads(document.getObject("limits")->getValue<std::uint32_t>("threads"));
  const Object& contributes = *document.getObject("contributes");
  read_contributions(contributes, description);
  if (const Object::Ptr settings = contributes.getObject("settings"); !settings.isNull()) {
    out.settings_schema = settings->getValue<std::string>("schema");
  }
}

/// What a schema cannot say.
void add_rule_issues(const v1::PluginDescription& description, std::vector<ManifestIssue>& issues) {
  std::set<std::string> menus;
  const auto element = [](const char* list, int i) {
    return "contributes." + std::string(list) + "[" + std::to_string(i) + "]";
  };
  for (int i = 0; i < description.menus_size(); ++i) {
    const std::string& id = description.menus(i).menu_id();
    if (is_host_menu(id) || !menus.insert(id).second) {
      issues.push_back({element("menus", i) + ".id", "the menu \"" + id + "\" exists already"});
    }
  }
  const auto known = [&](const std::string& id) { return is_host_menu(id) || menus.contains(id); };
  for (int i = 0; i < description.menus_size(); ++i) {
    const v1::Menu& menu = description.menus(i);
    if (!menu.parent().empty() && (!known(menu.parent()) || menu.parent() == menu.menu_id())) {
      issues.push_back({element("menus", i) + ".parent", "there is no menu \"" + menu.parent() + "\""});
    }
  }
  std::set<std::string> commands;
  for (int i = 0; i < description.commands_size(); ++i) {
    const v1::Command& command = description.commands(i);
    if (!commands.insert(command.command_id()).second) {
      issues.push_back({element("commands", i) + ".id", "the command \"" + command.command_id() + "\" is there twice"});
    }
    if (!known(command.menu())) {
      issues.push_back({element("commands", i) + ".menu", "there is no menu \"" + command.menu() + "\""});
    }
  }
  std::set<std::string> required(description.required_host_services().begin(),
                                 description.required_host_services().end());
  for (int i = 0; i < description.optional_host_services_size(); ++i) {
    if (required.contains(description.optional_host_services(i))) {
      issues.push_back({"host_services.optional[" + std::to_string(i) + "]", "is required as well"});
    }
  }
}

template <class List>
std::string joined(const List& list) {
  std::string text;
  for (const auto& item : list) {
    text += (text.empty() ? "" : ", ") + item;
  }
  return "[" + text + "]";
}

template <class List>
std::string joined_sorted(const List& list) {
  std::vector<std::string> copy(list.begin(), list.end());
  std::sort(copy.begin(), copy.end());
  return joined(copy);
}

class Differences {
 public:
  template <class T>
  void check(const std::string& what, const T& manifest, const T& plugin) {
    if (manifest != plugin) {
      std::ostringstream text;
      text << what << " is " << manifest << " in the manifest, " << plugin << " in the plugin";
      list.push_back(text.str());
    }
  }
  std::vector<std::string> list;
};

std::string summary(const v1::Menu& menu) {
  return menu.title_de() + "/" + menu.title_en() + " under \"" + menu.parent() + "\"";
}
std::string summary(const v1::Command& command) {
  return command.title_de() + "/" + command.title_en() + " in \"" + command.menu() + "\", words " +
         joined(command.search_words()) + ", roles " + joined(command.roles()) + ", needs " + joined(command.needs());
}
std::string id_of(const v1::Menu& menu) {
  return menu.menu_id();
}
std::string id_of(const v1::Command& command) {
  return command.command_id();
}

template <class List>
void compare_list(const std::string& what, const List& manifest, const List& plugin, Differences& differences) {
  std::vector<std::string> ids_manifest;
  std::vector<std::string> ids_plugin;
  for (const auto& item : manifest) ids_manifest.push_back(id_of(item));
  for (const auto& item : plugin) ids_plugin.push_back(id_of(item));
  if (ids_manifest != ids_plugin) {
    differences.check("the list of " + what + "s", joined(ids_manifest), joined(ids_plugin));
    return;
  }
  for (int i = 0; i < manifest.size(); ++i) {
    differences.check(what + " " + id_of(manifest.Get(i)), summary(manifest.Get(i)), summary(plugin.Get(i)));
  }
}

}  // namespace

bool ManifestResult::ok() const {
  return std::all_of(issues.begin(), issues.end(), [](const ManifestIssue& issue) { return issue.warning; });
}

std::string ManifestResult::report() const {
  std::string text;
  for (const ManifestIssue& issue : issues) {
    text += issue.to_string() + "\n";
  }
  return text;
}

std::string_view manifest_schema() noexcept {
  return kvc::resource::manifest_schema_json();
}

bool is_host_menu(std::string_view menu_id) noexcept {
  return std::find(kHostMenus.begin(), kHostMenus.end(), menu_id) != kHostMenus.end();
}

ManifestResult parse_manifest(std::string_view text) {
  ManifestResult result;
  if (text.size() > kMaxManifest) {
    result.issues.push_back({"", "is larger than 1 MiB"});
    return result;
  }
  if (!is_utf8(text)) {
    result.issues.push_back({"", "is not UTF-8 text"});
    return result;
  }
  try {
    const Var document = parse_json(text);
    if (document.type() != typeid(Object::Ptr)) {
      result.issues.push_back({"", "is not a JSON object"});
      return result;
    }
    add_schema_issues(document, result.issues);
    const Object::Ptr object = document.extract<Object::Ptr>();
    UnknownKeys(parse_json(manifest_schema()).extract<Object::Ptr>(), result.issues)
        .walk(parse_json(manifest_schema()).extract<Object::Ptr>(), document, "");
    if (result.ok()) {
      result.manifest.text = std::string(text);
      read_document(*object, result.manifest);
      add_rule_issues(result.manifest.description, result.issues);
    }
  } catch (const Poco::Exception& e) {
    result.issues.push_back({"", legible("is not JSON: " + e.displayText())});
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    result.issues.push_back({"", legible("cannot be checked: " + std::string(e.what()))});
  }
  return result;
}

ManifestResult read_manifest(const std::filesystem::path& directory) {
  ManifestResult result;
  const std::filesystem::path path = directory / "manifest.json";
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    result.issues.push_back({"", "cannot read " + path.string()});
    return result;
  }
  // Piece by piece: a buffer of the largest size allowed, once freed, makes glibc keep as much in every heap.
  std::array<char, 8192> piece;
  std::string text;
  while (file && text.size() <= kMaxManifest) {
    file.read(piece.data(), static_cast<std::streamsize>(std::min(piece.size(), kMaxManifest + 1 - text.size())));
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  return parse_manifest(text);
}

std::vector<std::string> compare_descriptions(const v1::PluginDescription& manifest,
                                              const v1::PluginDescription& plugin) {
  Differences differences;
  differences.check("id", manifest.id(), plugin.id());
  differences.check("version", manifest.version(), plugin.version());
  differences.check("abi.major", manifest.abi_major(), plugin.abi_major());
  differences.check("abi.min_minor", manifest.abi_min_minor(), plugin.abi_min_minor());
  differences.check("limits.threads", manifest.max_threads(), plugin.max_threads());
  compare_list("menu", manifest.menus(), plugin.menus(), differences);
  compare_list("command", manifest.commands(), plugin.commands(), differences);
  differences.check("hooks", joined_sorted(manifest.hooks()), joined_sorted(plugin.hooks()));
  differences.check("host_services.required", joined_sorted(manifest.required_host_services()),
                    joined_sorted(plugin.required_host_services()));
  differences.check("host_services.optional", joined_sorted(manifest.optional_host_services()),
                    joined_sorted(plugin.optional_host_services()));
  return differences.list;
}

}  // namespace pvs
