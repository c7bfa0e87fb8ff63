// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

namespace kvc::tool {

/// `kvconnect open`: opens a mail, prints verdict, layers and parts as JSON, extracts the parts when told to.
/// 0: valid. 1: readable, but not valid. 2: bad input, or nothing could be read.
int run_open(std::span<const std::string> args);

}  // namespace kvc::tool
