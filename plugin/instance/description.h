// SPDX-License-Identifier: Apache-2.0
// What the plugin says it is: manifest.json, built into the library, and the comparison with the one the host read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "pvs/v1/plugin.pb.h"

namespace kvc::plugin {

/// The description of a manifest. Error malformed for text that is none.
Result<pvs::v1::PluginDescription> describe_manifest(std::string_view manifest_json);
/// The description of this library; the version and everything else stand in manifest.json alone.
const pvs::v1::PluginDescription& own_description();

/// One readable line for each point in which the manifest the host read is not that of this library, and for each
/// command that the manifest and the code do not share. Empty: they agree.
[[nodiscard]] std::vector<std::string> disagreements(std::string_view manifest_json);

}  // namespace kvc::plugin
