// SPDX-License-Identifier: Apache-2.0
// The names of the checks. They are stable: scripts of other companies use them. Each carries the sentence it proves,
// word for word; a test looks every one up in plugin.h and the .proto files.
#include "checks.h"

namespace pvs::conformance {

const std::vector<Check>& all_checks() {
  // Short names for what has to be in order first.
  constexpr std::string_view kNothing{};
  constexpr std::string_view kTable = "load.table";
  constexpr std::string_view kStops = "stop.returns";
  constexpr std::string_view kLives = "life.completes";
  static const std::vector<Check> kChecks{
      // ---- what the others need, in this order ----
      {"library.manifest", "The host reads manifest.json, builds its menu from it", &check_manifest, kNothing},
      {"library.exports", "The only symbol of a plugin library.", &check_library_exports, kNothing},
      {"library.linking", "The library stays in memory after dlclose (it is linked with -z nodelete).",
       &check_library_linking, kNothing},
      {"library.imports", "Neither side touches the process", &check_library_imports, kNothing},
      {"load.entry", "May be called any number of times, from any thread; has no other effect.", &check_entry,
       kNothing},
      {"load.table", "Each table begins with its size, so that either side sees what the other one has", &check_table,
       "load.entry"},
      {"load.describe", "Without side effects; works before create(), any number of times.", &check_describe, kTable},
      {"load.manifest_agrees",
       "The host compares it with manifest.json and refuses a plugin that is not what its manifest says.",
       &check_agrees, "load.describe"},
      {"create.starts", "Makes an instance.", &check_starts, kTable},
      {"stop.returns", "Returns when all that is done, at the latest", &check_stop_returns, "create.starts"},
      {"life.completes",
       "Neither side touches the process: no locale, signal mask or handler, working directory, umask, environment, "
       "standard output; no exit, abort, fork.",
       &check_life_completes, kStops},
      {"load.scan_time", "a function tagged [main] returns within the time class of its method", &check_scan_time,
       kStops, true},
      {"call.time_classes", "The main thread is never kept", &check_tour<Aspect::time_class>, kLives, true},

      // ---- load ----
      {"load.reload", "create() is possible again after destroy().", &check_reload, kLives},
      {"load.full_protobuf_host", "optimize_for = LITE_RUNTIME", &check_full_protobuf, kTable},

      // ---- create ----
      {"create.bad_arguments", "On failure `*out` is null and nothing stays behind.", &check_create_arguments, kTable},
      {"create.wrong_manifest",
       "refuses with PVS_VERSION or PVS_BAD_REQUEST and one readable log line if they disagree.",
       &check_create_manifest, kTable},
      {"create.twice", "One instance at a time: PVS_INVALID_STATE for a second.", &check_create_twice, kStops},
      {"create.again", "create() is possible again after destroy().", &check_create_again, kStops},
      {"create.newer_host", "A minor version appends functions at the end of a table", &check_newer_host, kStops},
      {"create.missing_services", "what the host offers, see PluginDescription.required_host_services",
       &check_missing_services, kStops},

      // ---- call ----
      {"call.bad_arguments", "the bytes are not the method's request, or an argument is null", &check_call_arguments,
       kStops},
      {"call.before_start", "not now: before create, before ACTIVATE, or after stop", &check_call_before_start, kStops},
      {"call.after_stop", "not now: before create, before ACTIVATE, or after stop", &check_after_stop, kStops},
      {"call.unknown_methods",
       "A call header with a method number unknown to the callee is answered PVS_UNSUPPORTED_METHOD, never a crash",
       &check_unknown_methods, kStops},
      {"call.unknown_fields", "unknown fields in a message are ignored.", &check_unknown_fields, kStops},
      {"call.garbage", "A C++ side catches everything at its edge.", &check_garbage, kStops},
      {"call.truncated", "the bytes are not the method's request, or an argument is null", &check_truncated, kStops},
      {"call.huge", "Largest message that `call` carries in either direction, in bytes (4 MiB).", &check_huge, kStops},
      {"call.reply_status", "The return value goes back unchanged as the return value of the call.",
       &check_reply_status, kStops},
      {"call.deadline_zero", "on the clock monotonic_ms(); 0 means none", &check_deadline_zero, kStops},
      {"call.deadline_past", "the header's deadline had passed", &check_deadline_past, kStops},
      {"call.wrong_thread", "only on the host's main thread, the one that called create()", &check_wrong_thread,
       kStops},
      {"call.nothing_thrown", "Nothing is thrown across, in either direction.", &check_tour<Aspect::thrown>, kLives},
      {"call.status_set", "A closed set: a value not named here is treated as PVS_INTERNAL.",
       &check_tour<Aspect::status_set>, kLives},
      {"call.no_faults", "a fault inside the callee, contained; written to the log", &check_tour<Aspect::faults>,
       kLives},

      // ---- reply ----
      {"reply.once", "An answer goes through a reply function that the callee calls at most once",
       &check_tour<Aspect::reply_once>, kLives},
      {"reply.thread", "on the same thread, before it returns", &check_tour<Aspect::reply_thread>, kLives},
      {"reply.late", "on the thread that made the call, before the call returns.", &check_tour<Aspect::reply_late>,
       kLives},
      {"reply.size", "Messages are at most PVS_MAX_MESSAGE bytes", &check_tour<Aspect::reply_size>, kLives},
      {"reply.missing", "done; look into the reply for the outcome of the subject", &check_tour<Aspect::reply_missing>,
       kLives},
      {"reply.message", "carries a method number and the bytes of a protobuf message",
       &check_tour<Aspect::reply_message>, kLives},

      // ---- job ----
      {"job.ends_once", "the job still ends exactly once", &check_tour<Aspect::job_once>, kLives},
      {"job.ends", "Longer work becomes a job and ends with the host method JOB_ENDED.", &check_tour<Aspect::job_never>,
       kLives},
      {"job.outcome", "outcome is never Accepted", &check_tour<Aspect::job_outcome>, kLives},

      // ---- cancel ----
      {"cancel.race", "Cooperative: the job still ends exactly once, as cancelled or as whatever it had reached.",
       &check_cancel_race, kLives},

      // ---- main ----
      {"main.unknown_tokens", "The answer to post_to_main(token).", &check_unknown_tokens, kStops},

      // ---- stop ----
      {"stop.running_jobs", "Ends all work: cancels jobs, joins the plugin's threads, closes files.", &check_stop_jobs,
       kLives},
      {"stop.twice", "Null is allowed.", &check_stop_twice, kStops},
      {"stop.forgotten", "Requires stop(); calls it if that was forgotten.", &check_stop_forgotten, kLives},
      {"stop.silence", "afterwards nothing comes from this instance any more.", &check_tour<Aspect::host_after_stop>,
       kLives},

      // ---- host ----
      {"host.header", "chosen by the caller, unique per direction, never 0", &check_tour<Aspect::host_header>, kLives},
      {"host.requests", "carries a method number and the bytes of a protobuf message",
       &check_tour<Aspect::host_request>, kLives},
      {"host.threads", "never on the main thread; the function may take time", &check_tour<Aspect::host_main_thread>,
       kLives},
      {"host.services", "the host does not allow this to this plugin", &check_tour<Aspect::host_service>, kLives},
      {"host.dialogs", "Without it, no dialog may appear.", &check_dialogs, kLives},
      {"host.log", "Text is UTF-8, counted, not terminated.", &check_tour<Aspect::host_log>, kLives},
      {"host.log_flood", "Writes one line to the host's diagnostic log.", &check_tour<Aspect::log_flood>, kLives},
      {"host.every_status", "A return value says whether the call worked", &check_every_status, kLives},
      {"host.bad_answers", "A C++ side catches everything at its edge.", &check_bad_answers, kLives},
      {"host.reentrance", "Nobody holds a lock while calling the other side.", &check_reentrance, kLives},

      // ---- commands ----
      {"commands.without_session", "The host fills in what it knows; the plugin may ask for more",
       &check_commands_without_session, kLives},
      {"commands.unknown", "Errors of the subject (wrong password, no network) travel inside the reply",
       &check_unknown_command, kStops},

      // ---- forms ----
      {"forms.garbage", "A C++ side catches everything at its edge.", &check_forms_garbage, kLives},

      // ---- views ----
      {"views.unknown", "names this view for Forms.Submit and Forms.Action; chosen by the plugin", &check_unknown_views,
       kStops},
      {"views.text", "nothing here is HTML, a host shows text as text.", &check_tour<Aspect::view_text>, kLives},
      {"views.rules", "always set when disabled: no dead ends", &check_tour<Aspect::view_rules>, kLives},

      // ---- hooks ----
      {"hooks.without_session", "whether a repeated call does harm", &check_hooks_without_session, kStops},

      // ---- process ----
      {"process.signal_mask", "Neither side touches the process: no locale, signal mask or handler", &check_signal_mask,
       kLives},
      {"process.signal_handlers", "Neither side touches the process: no locale, signal mask or handler",
       &check_signal_handlers, kLives},
      {"process.locale", "Neither side touches the process: no locale", &check_locale, kLives},
      {"process.directory", "working directory, umask, environment", &check_directory, kLives},
      {"process.umask", "working directory, umask, environment", &check_umask, kLives},
      {"process.environment", "working directory, umask, environment", &check_environment, kLives},
      {"process.output", "standard output; no exit, abort, fork.", &check_output, kLives},
      {"process.descriptors", "nothing stays behind", &check_descriptors, kLives},
      {"process.threads", "The plugin joins all its threads before stop() returns.", &check_threads_joined, kLives},
      {"process.thread_limit", "Threads the plugin runs at a time, at most", &check_tour<Aspect::threads>, kLives},
  };
  return kChecks;
}

}  // namespace pvs::conformance
