// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

namespace kvc::tool {

/// `kvconnect doctor --manifest FILE [--settings FILE] [--data DIR] [--login-file FILE] [--environment ID]`.
/// The login file holds the user name in its first and the password in its second line; /dev/fd/N is possible. JSON on
/// standard output, a readable line per stage on standard error. Exit codes: options.h.
int run_doctor(std::span<const std::string> args);

}  // namespace kvc::tool
