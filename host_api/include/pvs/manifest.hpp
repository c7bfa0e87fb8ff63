// SPDX-License-Identifier: Apache-2.0
/// @file manifest.hpp
/// manifest.json as a host reads it before it loads anything. The schema is host_api/schema/manifest.schema.json.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pvs/v1/plugin.pb.h"

namespace pvs {

/// One finding. `path` is the key path ("contributes.commands[3].title"), empty for the document itself.
struct ManifestIssue {
  std::string path;
  std::string text;      ///< one English sentence
  bool warning = false;  ///< an unknown key: reported, but no reason to refuse
  [[nodiscard]] std::string to_string() const { return path.empty() ? text : path + ": " + text; }
};

/// What a host uses of a manifest. A value.
struct Manifest {
  std::string text;  ///< the file's bytes, for pvs_plugin_v1.create
  std::string name_de;
  std::string name_en;
  std::string library;                ///< base name
  std::string settings_schema;        ///< base name, or empty
  v1::PluginDescription description;  ///< the part that describe() must repeat
};

/// A manifest, or at least one issue that is not a warning.
struct ManifestResult {
  Manifest manifest;
  std::vector<ManifestIssue> issues;
  [[nodiscard]] bool ok() const;
  /// All issues, one a line.
  [[nodiscard]] std::string report() const;
};

/// Checks a manifest against the schema and the rules a schema cannot say (ids are unique, menus exist, files are base
/// names). Reports everything it finds, not the first. Never throws but for lack of memory. Input over 1 MiB or nested
/// deeper than 64 is refused unread. [any]
[[nodiscard]] ManifestResult parse_manifest(std::string_view text);

/// Reads `directory`/manifest.json. [any]
[[nodiscard]] ManifestResult read_manifest(const std::filesystem::path& directory);

/// How a plugin's description differs from its manifest: one sentence each, empty if they agree.
/// Compared are id, version, abi, menus, commands, hooks, host services and threads; order counts for menus and
/// commands.
[[nodiscard]] std::vector<std::string> compare_descriptions(const v1::PluginDescription& manifest,
                                                            const v1::PluginDescription& plugin);

/// The JSON Schema itself (draft-07), as text.
[[nodiscard]] std::string_view manifest_schema() noexcept;

/// Menus every host has; plugins hang their own under them.
[[nodiscard]] bool is_host_menu(std::string_view menu_id) noexcept;

}  // namespace pvs
