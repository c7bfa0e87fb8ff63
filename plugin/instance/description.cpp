// SPDX-License-Identifier: Apache-2.0
#include "instance/description.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <set>

#include "base/guard.h"
#include "commands/command.h"
#include "resource/manifest.h"

namespace kvc::plugin {
namespace {

using Object = Poco::JSON::Object;
using Array = Poco::JSON::Array;
using pvs::v1::PluginDescription;

Object::Ptr object(const Object& in, const std::string& name) {
  const Object::Ptr found = in.getObject(name);
  return found.isNull() ? Object::Ptr(new Object) : found;
}

template <class Use>
void each_object(const Object& in, const std::string& name, Use use) {
  const Array::Ptr all = in.getArray(name);
  for (unsigned i = 0; !all.isNull() && i < all->size(); ++i) {
    use(*all->getObject(i));
  }
}

template <class Use>
void each_text(const Object& in, const std::string& name, Use use) {
  const Array::Ptr all = in.getArray(name);
  for (unsigned i = 0; !all.isNull() && i < all->size(); ++i) {
    use(all->getElement<std::string>(i));
  }
}

std::string text(const Object& in, const std::string& name) {
  return in.optValue<std::string>(name, "");
}

void read_menus(const Object& contributes, PluginDescription& out) {
  each_object(contributes, "menus", [&](const Object& in) {
    auto& menu = *out.add_menus();
    menu.set_menu_id(text(in, "id"));
    menu.set_title_de(text(*object(in, "title"), "de"));
    menu.set_title_en(text(*object(in, "title"), "en"));
    menu.set_parent(text(in, "parent"));
  });
}

void read_commands(const Object& contributes, PluginDescription& out) {
  each_object(contributes, "commands", [&](const Object& in) {
    auto& command = *out.add_commands();
    command.set_command_id(text(in, "id"));
    command.set_title_de(text(*object(in, "title"), "de"));
    command.set_title_en(text(*object(in, "title"), "en"));
    command.set_menu(text(in, "menu"));
    each_text(in, "search_words", [&](const std::string& word) { command.add_search_words(word); });
    each_text(in, "roles", [&](const std::string& role) { command.add_roles(role); });
    each_text(in, "needs", [&](const std::string& need) { command.add_needs(need); });
  });
}

PluginDescription read(const Object& manifest) {
  PluginDescription out;
  out.set_id(text(manifest, "id"));
  out.set_version(text(manifest, "version"));
  const Object::Ptr abi = object(manifest, "abi");
  out.set_abi_major(abi->optValue<unsigned>("major", 0));
  out.set_abi_min_minor(abi->optValue<unsigned>("min_minor", 0));
  const Object::Ptr contributes = object(manifest, "contributes");
  read_menus(*contributes, out);
  read_commands(*contributes, out);
  each_text(*contributes, "hooks", [&](const std::string& hook) { out.add_hooks(hook); });
  const Object::Ptr services = object(manifest, "host_services");
  each_text(*services, "required", [&](const std::string& name) { out.add_required_host_services(name); });
  each_text(*services, "optional", [&](const std::string& name) { out.add_optional_host_services(name); });
  out.set_max_threads(object(manifest, "limits")->optValue<unsigned>("threads", 0));
  return out;
}

/// A part of a description, as bytes: what is equal in bytes is equal.
std::string part(const PluginDescription& from, const char* which) {
  PluginDescription only;
  const std::string_view name(which);
  if (name == "menus") {
    *only.mutable_menus() = from.menus();
  } else if (name == "commands") {
    *only.mutable_commands() = from.commands();
  } else if (name == "hooks") {
    *only.mutable_hooks() = from.hooks();
  } else if (name == "host_services") {
    *only.mutable_required_host_services() = from.required_host_services();
    *only.mutable_optional_host_services() = from.optional_host_services();
  } else {
    only.set_abi_major(from.abi_major());
    only.set_abi_min_minor(from.abi_min_minor());
    only.set_max_threads(from.max_threads());
  }
  return only.SerializeAsString();
}

void compare_commands_with_code(const PluginDescription& description, std::vector<std::string>& lines) {
  std::set<std::string> named;
  for (const auto& command : description.commands()) {
    named.insert(command.command_id());
    if (find_command(command.command_id()) == nullptr) {
      lines.push_back("the manifest names the command " + command.command_id() + ", which this library does not have");
    }
  }
  for (const std::string& id : command_ids()) {
    if (!named.contains(id)) {
      lines.push_back("the manifest does not name the command " + id + " of this library");
    }
  }
}

}  // namespace

Result<PluginDescription> describe_manifest(std::string_view manifest_json) {
  const Result<PluginDescription> read_result = guarded([&]() -> Result<PluginDescription> {
    Poco::JSON::Parser parser;
    return read(*parser.parse(std::string(manifest_json)).extract<Object::Ptr>());
  });
  if (read_result.ok() || read_result.status().is(error::out_of_memory)) {
    return read_result;
  }
  return Status(error::malformed, "the manifest is not the JSON of a plugin manifest");
}

const PluginDescription& own_description() {
  // Never destroyed: describe() may be called until the process ends.
  static const auto* const description = new PluginDescription(describe_manifest(resource::manifest()).value());
  return *description;
}

std::vector<std::string> disagreements(std::string_view manifest_json) {
  const Result<PluginDescription> given = describe_manifest(manifest_json);
  if (!given.ok()) {
    return {given.status().detail()};
  }
  const PluginDescription& own = own_description();
  std::vector<std::string> lines;
  if (given.value().id() != own.id()) {
    lines.push_back("the manifest is that of " + given.value().id() + ", this library is " + own.id());
  }
  if (given.value().version() != own.version()) {
    lines.push_back("the manifest is of version " + given.value().version() + ", this library of version " +
                    own.version());
  }
  compare_commands_with_code(given.value(), lines);
  if (lines.empty()) {
    for (const char* const which : {"menus", "commands", "hooks", "host_services", "abi and limits"}) {
      if (part(given.value(), which) != part(own, which)) {
        lines.push_back(std::string("the manifest and this library differ in ") + which);
      }
    }
  }
  return lines;
}

}  // namespace kvc::plugin
