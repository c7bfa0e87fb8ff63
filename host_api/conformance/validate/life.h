// SPDX-License-Identifier: Apache-2.0
// The ways a host goes with a plugin that the checks share: a start, an end, and a tour through everything it offers.
#pragma once

#include <functional>

#include "plugin.h"

namespace pvs::conformance {

/// Who acts in the checks: a made-up user, logged in.
[[nodiscard]] v1::Context session();

/// A greeting with the subject's settings and every service the manifest asks for.
[[nodiscard]] v1::HelloRequest greeting(const Subject& subject);

/// create, HELLO, ACTIVATE; empty, or the reason why it does not run.
[[nodiscard]] std::string start_reason(Plugin& plugin);
/// The same, with Findings::blocked and false.
[[nodiscard]] bool start(Plugin& plugin);
/// QUIESCE, stop, destroy.
void end(Plugin& plugin);

/// Waits for the jobs that run; those that take long are cancelled and then have to end. False if one does not.
bool finish_jobs(Plugin& plugin, int patience_ms = 300);

/// Views that came from a command, at once or as a job's outcome.
[[nodiscard]] std::vector<v1::View> invoke(Plugin& plugin, const std::string& command_id, const v1::Context& context,
                                           const CallOptions& options = {});

/// A whole life: start, hooks, every command with its views looked at and closed, end; then `grace_ms` in which a
/// thread that was not joined shows itself. False if it did not get going.
bool tour(const Subject& subject, Findings& findings, int grace_ms = 0);

}  // namespace pvs::conformance
