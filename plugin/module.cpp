// SPDX-License-Identifier: Apache-2.0
// The one symbol of kvconnect_core.so.
#include "loader/module.h"
#include "instance/instance.h"
#include "resource/manifest.h"

extern "C" PVS_EXPORT const kvc::plugin::Module* kvc_plugin_module() {
  static const kvc::plugin::Module module{kvc::resource::manifest(), kvc::plugin::kPlugin.create};
  return &module;
}
