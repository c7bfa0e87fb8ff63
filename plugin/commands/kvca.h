// SPDX-License-Identifier: Apache-2.0
// The KVCA master file an integrator configured, for the services whose recipient is a KV.
#pragma once

#include <string>

#include "base/status.h"
#include "billing/kvca.h"
#include "commands/command.h"

namespace kvc::plugin::commands {

/// The file's base name, for sentences.
[[nodiscard]] std::string kvca_name(const settings::Settings& settings);

/// Read anew each time: a new edition counts at once. Errors: invalid_settings if none is configured; file_unreadable;
/// malformed with "line" and "element"; too_large.  [worker]
Result<billing::KvcaFile> load_kvca(const settings::Settings& settings);

/// What a user is shown instead of a form when there is no usable file: kind "compose.no_kvca",
/// "compose.kvca_unreadable" or "compose.kvca_broken", with file and line.
[[nodiscard]] pvs::v1::View kvca_notice(const Texts& t, const settings::Settings& settings, const Status& status);

}  // namespace kvc::plugin::commands
