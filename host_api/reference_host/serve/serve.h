// SPDX-License-Identifier: Apache-2.0
// `pvs-host serve`: the practice shell as a page.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <pvs/host.hpp>

#include "services.h"

namespace pvs::host::serve {

struct ServeOptions {
  std::filesystem::path plugin;              ///< folder of the plugin
  std::uint16_t port = 0;                    ///< 0: any free one
  std::filesystem::path ready_file;          ///< gets the ready line too; empty: none
  std::chrono::seconds idle_lock{15L * 60};  ///< 0: never
};

/// Loads and starts the plugin, serves the page until `stop` is set, and ends both. The calling thread becomes the
/// plugin's main thread. Prints {"url": ...} on `out` when the page can be opened. Returns the exit code: 0 good, 3 it
/// did not get going or the plugin did not stop.
int serve(const ServeOptions& options, const std::shared_ptr<Services>& services, const v1::HelloRequest& hello,
          const std::atomic<bool>& stop, std::ostream& out, std::ostream& err);

}  // namespace pvs::host::serve
