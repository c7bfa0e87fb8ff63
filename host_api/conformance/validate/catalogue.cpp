// SPDX-License-Identifier: Apache-2.0
// The names of the checks. They are stable: scripts of other companies use them. Each carries the sentence it proves,
// word for word; a test looks every one up in plugin.h and the .proto files.
#include "checks.h"

namespace pvs::conformance {

const std::vector<Check>& all_checks() {
  static const std::vector<Check> kChecks{
      // ---- the files ----
      {"library.manifest", "The host reads manifest.json, builds its menu from it", &check_manifest},
      {"library.exports", "The only symbol of a plugin library.", &check_library_exports},
      {"library.linking", "The library stays in memory after dlclose (it is linked with -z nodelete).",
       &check_library_linking},
      {"library.imports", "Neither side touches the process", &check_library_imports},

      // ---- before create ----
      {"load.entry", "May be called any number of times, from any thread; has no other effect.", &check_entry},
      {"load.table", "Each table begins with its size, so that either side sees what the other one has", &check_table},
      {"load.describe", "Without side effects; works before create(), any number of times.", &check_describe},
      {"load.manifest_agrees",
       "The host compares it with manifest.json and refuses a plugin that is not what its manifest says.",
       &check_agrees},
      {"load.scan_time", "a function tagged [main] returns within the time class of its method", &check_scan_time},
      {"load.reload", "create() is possible again after destroy().", &check_reload},
      {"load.full_protobuf_host", "optimize_for = LITE_RUNTIME", &check_full_protobuf},

      // ---- create, start ----
      {"create.starts", "Makes an instance.", &check_starts},
      {"create.bad_arguments", "On failure `*out` is null and nothing stays behind.", &check_create_arguments},
      {"create.wrong_manifest",
       "refuses with PVS_VERSION or PVS_BAD_REQUEST and one readable log line if they disagree.",
       &check_create_manifest},
      {"create.twice", "One instance at a time: PVS_INVALID_STATE for a second.", &check_create_twice},
      {"create.again", "create() is possible again after destroy().", &check_create_again},
      {"create.newer_host", "A minor version appends functions at the end of a table", &check_newer_host},
      {"create.missing_services", "what the host offers, see PluginDescription.required_host_services",
       &check_missing_services},

      // ---- calls ----
      {"call.bad_arguments", "the bytes are not the method's request, or an argument is null", &check_call_arguments},
      {"call.before_start", "not now: before create, before ACTIVATE, or after stop", &check_call_before_start},
      {"call.after_stop", "not now: before create, before ACTIVATE, or after stop", &check_after_stop},
      {"call.unknown_methods",
       "A call header with a method number unknown to the callee is answered PVS_UNSUPPORTED_METHOD, never a crash",
       &check_unknown_methods},
      {"call.unknown_fields", "unknown fields in a message are ignored.", &check_unknown_fields},
      {"call.garbage", "A C++ side catches everything at its edge.", &check_garbage},
      {"call.truncated", "the bytes are not the method's request, or an argument is null", &check_truncated},
      {"call.huge", "Largest message that `call` carries in either direction, in bytes (4 MiB).", &check_huge},
      {"call.reply_status", "The return value goes back unchanged as the return value of the call.",
       &check_reply_status},
      {"call.deadline_zero", "on the clock monotonic_ms(); 0 means none", &check_deadline_zero},
      {"call.deadline_past", "the header's deadline had passed", &check_deadline_past},
      {"call.wrong_thread", "only on the host's main thread, the one that called create()", &check_wrong_thread},
      {"call.nothing_thrown", "Nothing is thrown across, in either direction.", &check_tour<Aspect::thrown>},
      {"call.status_set", "A closed set: a value not named here is treated as PVS_INTERNAL.",
       &check_tour<Aspect::status_set>},
      {"call.no_faults", "a fault inside the callee, contained; written to the log", &check_tour<Aspect::faults>},
      {"call.time_classes", "The main thread is never kept", &check_tour<Aspect::time_class>},

      // ---- answers ----
      {"reply.once", "An answer goes through a reply function that the callee calls at most once",
       &check_tour<Aspect::reply_once>},
      {"reply.thread", "on the same thread, before it returns", &check_tour<Aspect::reply_thread>},
      {"reply.late", "on the thread that made the call, before the call returns.", &check_tour<Aspect::reply_late>},
      {"reply.size", "Messages are at most PVS_MAX_MESSAGE bytes", &check_tour<Aspect::reply_size>},
      {"reply.missing", "done; look into the reply for the outcome of the subject", &check_tour<Aspect::reply_missing>},
      {"reply.message", "carries a method number and the bytes of a protobuf message",
       &check_tour<Aspect::reply_message>},

      // ---- jobs, cancelling, stopping ----
      {"job.ends_once", "the job still ends exactly once", &check_tour<Aspect::job_once>},
      {"job.ends", "Longer work becomes a job and ends with the host method JOB_ENDED.",
       &check_tour<Aspect::job_never>},
      {"job.outcome", "outcome is never Accepted", &check_tour<Aspect::job_outcome>},
      {"cancel.race", "Cooperative: the job still ends exactly once, as cancelled or as whatever it had reached.",
       &check_cancel_race},
      {"main.unknown_tokens", "The answer to post_to_main(token).", &check_unknown_tokens},
      {"stop.running_jobs", "Ends all work: cancels jobs, joins the plugin's threads, closes files.", &check_stop_jobs},
      {"stop.twice", "Null is allowed.", &check_stop_twice},
      {"stop.forgotten", "Requires stop(); calls it if that was forgotten.", &check_stop_forgotten},
      {"stop.silence", "afterwards nothing comes from this instance any more.", &check_tour<Aspect::host_after_stop>},

      // ---- towards the host ----
      {"host.header", "chosen by the caller, unique per direction, never 0", &check_tour<Aspect::host_header>},
      {"host.requests", "carries a method number and the bytes of a protobuf message",
       &check_tour<Aspect::host_request>},
      {"host.threads", "never on the main thread; the function may take time", &check_tour<Aspect::host_main_thread>},
      {"host.services", "the host does not allow this to this plugin", &check_tour<Aspect::host_service>},
      {"host.dialogs", "Without it, no dialog may appear.", &check_tour<Aspect::host_dialog>},
      {"host.log", "Text is UTF-8, counted, not terminated.", &check_tour<Aspect::host_log>},
      {"host.log_flood", "Writes one line to the host's diagnostic log.", &check_tour<Aspect::log_flood>},
      {"host.every_status", "A return value says whether the call worked", &check_every_status},
      {"host.bad_answers", "A C++ side catches everything at its edge.", &check_bad_answers},
      {"host.reentrance", "Nobody holds a lock while calling the other side.", &check_reentrance},

      // ---- commands, forms, views ----
      {"commands.without_session", "The host fills in what it knows; the plugin may ask for more",
       &check_commands_without_session},
      {"commands.unknown", "Errors of the subject (wrong password, no network) travel inside the reply",
       &check_unknown_command},
      {"forms.garbage", "A C++ side catches everything at its edge.", &check_forms_garbage},
      {"views.unknown", "names this view for Forms.Submit and Forms.Action; chosen by the plugin",
       &check_unknown_views},
      {"views.text", "nothing here is HTML, a host shows text as text.", &check_tour<Aspect::view_text>},
      {"views.rules", "always set when disabled: no dead ends", &check_tour<Aspect::view_rules>},
      {"hooks.without_session", "whether a repeated call does harm", &check_hooks_without_session},

      // ---- the process ----
      {"process.signal_mask", "Neither side touches the process: no locale, signal mask or handler",
       &check_signal_mask},
      {"process.signal_handlers", "Neither side touches the process: no locale, signal mask or handler",
       &check_signal_handlers},
      {"process.locale", "Neither side touches the process: no locale", &check_locale},
      {"process.directory", "working directory, umask, environment", &check_directory},
      {"process.umask", "working directory, umask, environment", &check_umask},
      {"process.environment", "working directory, umask, environment", &check_environment},
      {"process.output", "standard output; no exit, abort, fork.", &check_output},
      {"process.descriptors", "nothing stays behind", &check_descriptors},
      {"process.threads", "The plugin joins all its threads before stop() returns.", &check_threads_joined},
      {"process.thread_limit", "Threads the plugin runs at a time, at most", &check_tour<Aspect::threads>},
  };
  return kChecks;
}

}  // namespace pvs::conformance
