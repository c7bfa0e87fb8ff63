// SPDX-License-Identifier: Apache-2.0
// Messages as files of the user's: parts, originals, protocols.
#pragma once

#include <functional>
#include <ostream>
#include <string>

#include "archive/archive_service.h"
#include "commands/command.h"

namespace kvc::plugin::commands {

/// Writes a new file of the user's through `write`; it appears only if everything was written. `name` is harmless
/// already (mime/safe_name.h). Outcome: where it lies, with a warning for unverified content.  [worker]
Result<pvs::v1::ActionReply> save_file(Runtime& runtime, const Request& request, const std::string& name,
                                       const std::string& media_type, bool unverified,
                                       const std::function<Status(std::ostream&)>& write);
/// A protocol as PDF or text, under a name without patient data.  [worker]
Result<pvs::v1::ActionReply> save_protocol(Runtime& runtime, const Request& request, const archive::Protocol& protocol,
                                           bool as_pdf);

}  // namespace kvc::plugin::commands
