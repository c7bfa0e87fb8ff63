// SPDX-License-Identifier: Apache-2.0
// What the options of every subcommand mean.
#pragma once

#include <string_view>

namespace kvc::tool {

/// One line for each option, in the language of the caller; empty for a command that has none.
std::string_view options_help(std::string_view command);

}  // namespace kvc::tool
