// SPDX-License-Identifier: Apache-2.0
// What kvconnect.so and kvconnect_core.so, which lies beside it, say to each other. Both are built from one tree and
// installed together; C++ objects cross, so nothing but the very same build is accepted.
#pragma once

#include <pvs/plugin.hpp>
#include <string_view>

namespace kvc::plugin {

struct Module {
  std::string_view manifest;  ///< what it was built with; another one means another version
  /// As PluginDefinition::create.
  pvs::Creation (*create)(pvs::HostClient& host, std::string_view manifest);
};

inline constexpr const char* kModuleFile = "kvconnect_core.so";
inline constexpr const char* kModuleSymbol = "kvc_plugin_module";
using ModuleEntry = const Module* (*)();

}  // namespace kvc::plugin
