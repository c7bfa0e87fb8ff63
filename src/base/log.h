// SPDX-License-Identifier: Apache-2.0
// The diagnostic log. It never holds a secret, a patient's data or a message's content; the audit log is another thing.
#pragma once

#include <string_view>

namespace kvc {

enum class LogLevel { debug = 0, info = 1, warning = 2, error = 3 };

/// Where lines go: the host's log in the plugin, standard error in the tool. Thread: [any].
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view component, std::string_view text) = 0;

  /// Swallows everything. Lives for ever.
  static Log& none();
};

}  // namespace kvc
