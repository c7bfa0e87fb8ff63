// SPDX-License-Identifier: Apache-2.0
// Finds and loads kvconnect_core.so.
#pragma once

#include <string>

#include "loader/module.h"

namespace kvc::plugin {

struct LoadedModule {
  const Module* module = nullptr;
  std::string reason{};  ///< one line for the host's log when there is none
};

/// Loads it at the first call, for ever; a failure is tried again the next time. Leaves the thread's signal mask as it
/// was. Thread: [any].
LoadedModule load_module();

}  // namespace kvc::plugin
