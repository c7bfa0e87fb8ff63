// SPDX-License-Identifier: Apache-2.0
// The way of an account from typed data to a checked certificate, as steps of a job (protocol B).
#pragma once

#include <string>

#include "commands/command.h"

namespace kvc::plugin::commands {

/// What a step needs.
struct Step {
  Runtime& runtime;
  const Request& request;
  Core& core;
  JobContext& job;
};

/// Asks the server where the account stands and goes on from there: change of the initial password (a form),
/// certificate (goes on at once), overview.  [worker]
Result<pvs::v1::ActionReply> check_and_go_on(const Step& step, const std::string& account_id, bool resumed);
/// Goes on from what is stored, without asking the server first.  [worker]
Result<pvs::v1::ActionReply> go_on(const Step& step, const account::Overview& account, bool resumed, bool checked);
/// The overview as the outcome of a job.  [worker]
Result<pvs::v1::ActionReply> show_overview(const Step& step, const account::Overview& account, bool checked);

}  // namespace kvc::plugin::commands
