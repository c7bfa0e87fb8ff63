// SPDX-License-Identifier: Apache-2.0
// What a command gets and what it answers. Commands run on the main thread and answer at once; whatever touches disk,
// network or cryptography goes into the Work of an answer and runs as a job.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "commands/values.h"
#include "jobs/job_runner.h"
#include "runtime/runtime.h"
#include "sessions/sessions.h"
#include "views/build.h"

namespace kvc::plugin {

/// Who wants what, and with which values.
struct Request {
  Who who;
  Texts texts{Language::de};
  std::uint64_t call_id = 0;
  std::string view_id, row_id, part_id, action_id;
  std::string patient_id, document_id;  ///< what the host has selected; empty: nothing
  ViewState view;                       ///< of the view acted on; empty for an invoked command
  Values values;
  std::size_t limit = 0;  ///< most suggestions wanted; 0: as many as is usual
};

/// A finished reply, or the work that brings one.
struct Answer {
  pvs::v1::ActionReply reply;
  Work work;  ///< set: the reply will be Accepted
  std::string accepted_text;
};

[[nodiscard]] Answer answer_done(std::string text, bool close_view);
[[nodiscard]] Answer answer_error(const Texts& texts, const Status& status);
/// Registers the view for its session and answers with it. An empty `view_id` makes a new view, another one is
/// replaced.
[[nodiscard]] Answer answer_view(Runtime& runtime, const Request& request, pvs::v1::View view, ViewState state,
                                 const std::string& view_id = {});
/// The same as a job's outcome.
[[nodiscard]] pvs::v1::ActionReply reply_view(Runtime& runtime, const Request& request, pvs::v1::View view,
                                              ViewState state, const std::string& view_id = {});
/// `text_key`: what the user reads while the job runs.
[[nodiscard]] Answer answer_job(const Texts& texts, std::string_view text_key, Work work);
/// An action this view does not have.
[[nodiscard]] Answer answer_unknown_action(const Request& request);

/// Progress of the core, in sentences, for a job.
[[nodiscard]] ProgressFn progress_to(JobContext& job, const Texts& texts);

/// A menu entry.
struct Command {
  const char* id;
  Answer (*invoke)(Runtime&, const Request&);
};
/// What acts on the views of one kind.
struct ViewActions {
  const char* kind;
  Answer (*act)(Runtime&, const Request&);
};

/// What fits the text typed into one field so far.
struct Suggester {
  const char* kind;   ///< of the view
  const char* field;  ///< its text stands among the request's values
  Answer (*suggest)(Runtime&, const Request&);
};

/// Null for an id the plugin does not have.
[[nodiscard]] const Command* find_command(std::string_view id);
[[nodiscard]] const ViewActions* find_view_actions(std::string_view kind);
[[nodiscard]] const Suggester* find_suggester(std::string_view kind, std::string_view field);
/// Ids of all commands, for the comparison with the manifest.
[[nodiscard]] std::vector<std::string> command_ids();

}  // namespace kvc::plugin
