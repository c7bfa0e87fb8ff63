// SPDX-License-Identifier: Apache-2.0
// Command line of the tool: `--name value` in any order, positional arguments between them.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/status.h"

namespace kvc::tool {

/// Exit codes, as the tools of the KBV have them.
enum Exit : int { kGood = 0, kWarning = 1, kFailed = 2, kAborted = 3 };

/// Which options a subcommand takes.
struct OptionSpec {
  std::string_view name;  ///< with its dashes
  bool repeatable = false;
  bool required = false;
};

struct Options {
  std::map<std::string, std::vector<std::string>, std::less<>> values;
  std::vector<std::string> positional;

  [[nodiscard]] const std::vector<std::string>& all(std::string_view name) const;
  /// The value of an option that may stand once; nothing if it is absent.
  [[nodiscard]] std::optional<std::string> one(std::string_view name) const;
  /// The same for a required option.
  [[nodiscard]] std::string text(std::string_view name) const;
};

/// Also reads `--name=value`; a single "-" is positional. Error: bad_request for an unknown, repeated, or missing
/// option, one without its value or with an empty one, and for more than `positional` other arguments. The detail names
/// the option, never a value.
Result<Options> parse_options(std::span<const std::string> args, std::span<const OptionSpec> specs,
                              std::size_t positional = 0);

/// RFC 3339, e.g. 2019-04-26T09:24:43Z or with +02:00; fractions of a second are dropped. Error: bad_request.
Result<TimePoint> parse_rfc3339(std::string_view text);
std::string rfc3339(TimePoint time);

/// True when texts are to be English: LC_ALL, LC_MESSAGES or LANG (the first that is set) begins with "en".
bool english();
inline std::string_view say(std::string_view german, std::string_view in_english) {
  return english() ? in_english : german;
}

/// Writes one line on standard error.
void complain(std::string_view text);
/// Says why a subcommand failed and gives the exit code: kAborted for our own faults and missing memory, else kFailed.
int report(const Status& status);

}  // namespace kvc::tool
