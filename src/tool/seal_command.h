// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

namespace kvc::tool {

/// `kvconnect seal`: writes a signed and encrypted mail and prints its message id as JSON.
/// 0: sealed. 1: sealed, but a certificate is not valid now, or the parts do not fit the service. 2: bad input, key and
/// certificate or addresses do not belong together, or nothing was written.
int run_seal(std::span<const std::string> args);

}  // namespace kvc::tool
