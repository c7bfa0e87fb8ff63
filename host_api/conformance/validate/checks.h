// SPDX-License-Identifier: Apache-2.0
// Internal to validate/: the functions behind the names in catalogue.cpp, one file a group.
#pragma once

#include "check.h"
#include "observations.h"

namespace pvs::conformance {

#define PVS_CHECK(name) void name(const Subject&, Findings&)

// checks_library.cpp: the files, and what must work before create()
PVS_CHECK(check_manifest);
PVS_CHECK(check_library_exports);
PVS_CHECK(check_library_linking);
PVS_CHECK(check_library_imports);
PVS_CHECK(check_entry);
PVS_CHECK(check_table);
PVS_CHECK(check_describe);
PVS_CHECK(check_agrees);
PVS_CHECK(check_scan_time);
PVS_CHECK(check_reload);
PVS_CHECK(check_full_protobuf);

// checks_life.cpp: create, start, stop, destroy
PVS_CHECK(check_starts);
PVS_CHECK(check_stop_returns);
PVS_CHECK(check_life_completes);
PVS_CHECK(check_create_arguments);
PVS_CHECK(check_create_manifest);
PVS_CHECK(check_create_twice);
PVS_CHECK(check_create_again);
PVS_CHECK(check_newer_host);
PVS_CHECK(check_missing_services);
PVS_CHECK(check_stop_jobs);
PVS_CHECK(check_stop_twice);
PVS_CHECK(check_stop_forgotten);
PVS_CHECK(check_after_stop);

// checks_call.cpp: one call at a time, good bytes and bad ones
PVS_CHECK(check_call_arguments);
PVS_CHECK(check_call_before_start);
PVS_CHECK(check_unknown_methods);
PVS_CHECK(check_unknown_fields);
PVS_CHECK(check_garbage);
PVS_CHECK(check_truncated);
PVS_CHECK(check_huge);
PVS_CHECK(check_reply_status);
PVS_CHECK(check_deadline_zero);
PVS_CHECK(check_deadline_past);
PVS_CHECK(check_wrong_thread);
PVS_CHECK(check_cancel_race);
PVS_CHECK(check_unknown_tokens);

// checks_host.cpp: hosts that answer badly
PVS_CHECK(check_every_status);
PVS_CHECK(check_bad_answers);
PVS_CHECK(check_reentrance);
PVS_CHECK(check_dialogs);

// checks_content.cpp: commands, forms, hooks
PVS_CHECK(check_commands_without_session);
PVS_CHECK(check_unknown_command);
PVS_CHECK(check_forms_garbage);
PVS_CHECK(check_unknown_views);
PVS_CHECK(check_hooks_without_session);

// checks_process.cpp: what a life leaves behind in the process
PVS_CHECK(check_signal_mask);
PVS_CHECK(check_signal_handlers);
PVS_CHECK(check_locale);
PVS_CHECK(check_directory);
PVS_CHECK(check_umask);
PVS_CHECK(check_environment);
PVS_CHECK(check_output);
PVS_CHECK(check_descriptors);
PVS_CHECK(check_threads_joined);

#undef PVS_CHECK

/// A tour, and what it showed of one aspect.
void check_aspect(const Subject& subject, Findings& findings, Aspect aspect);
template <Aspect kAspect>
void check_tour(const Subject& subject, Findings& findings) {
  check_aspect(subject, findings, kAspect);
}

}  // namespace pvs::conformance
