#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds plugin, host, tool, test server and the end-to-end tests with a sanitizer, and runs the tests with it.
#
# usage: tests/e2e/sanitized.sh address|thread [ARGUMENT OF ctest ...]     e.g. thread -R Crash
#
# `address` is AddressSanitizer, its leak checker and UBSan; `thread` is ThreadSanitizer. Every process writes its reports to
# files of its own in build/PRESET/reports, so that a child's count whatever its parent makes of it. Ends with 1 if there is a
# report or a test failed, 2 if the sanitizer does not see faults committed on purpose (sanitizers/probe_module.cpp).
# KVC_TEST_TIME_FACTOR (4) says how much slower all is; KVC_SANITIZED_JOBS how many tests run at once; KVC_SANITIZED_GO_ON=1
# lets a process go on behind a report of ThreadSanitizer, to see the next one.
set -euo pipefail
cd "$(dirname "$0")/../.."
. packaging/packages.sh

case "${1:-}" in
  address) preset=asan-e2e faults=(use overflow leak) ;;
  thread) preset=tsan-e2e faults=(race inversion) ;;
  *) sed -n '5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
shift
build=$PWD/build/$preset
reports=$build/reports
halt=1
[ "${KVC_SANITIZED_GO_ON:-0}" = 0 ] || halt=0

kvc_build "$preset"
rm -rf "$reports"
mkdir -p "$reports"

# An exit code no program here has, so that no test takes it for an expected one. The preloaded library of the storm
# (storm/kill_point.c) comes before the sanitizer's; it passes every call on to it, which probe() checks.
common="log_path=$reports/report:log_exe_name=1:exitcode=66:halt_on_error=$halt"
# Without intercept_tls_get_addr: libasan of gcc 12 takes what stands before the thread-local block of a loaded library for its size when
# the block happens to begin 16 bytes behind a page, and LeakSanitizer dies of reading there (one process in fifty of some tests).
# libubsan beside libasan sets the path of the reports anew at its first report, so it is told the same one. Its abort is what
# AddressSanitizer reports then, with the stack; its own sentence is on standard error.
export TSAN_OPTIONS="$common:second_deadlock_stack=1:history_size=4:suppressions=$PWD/tests/e2e/sanitizers/thread.supp"
export ASAN_OPTIONS="$common:verify_asan_link_order=0:handle_abort=1:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:quarantine_size_mb=64:intercept_tls_get_addr=0"
export UBSAN_OPTIONS="log_path=$reports/report:abort_on_error=1:print_stacktrace=1"
export LSAN_OPTIONS="exitcode=66:suppressions=$PWD/tests/e2e/sanitizers/leak.supp:print_suppressions=0"
export KVC_TEST_TIME_FACTOR=${KVC_TEST_TIME_FACTOR:-4}

# ThreadSanitizer of gcc 12 does not start where addresses are spread over more than 28 bits.
run=()
if [ "$preset" = tsan-e2e ] && [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28)" -gt 28 ]; then
  run=(setarch "$(uname -m)" --addr-no-randomize)
fi

# An empty one counts: its process may have been at the limit of its files. A process that is killed while LeakSanitizer stops its
# threads leaves one sentence, which is no report.
found() {
  local file
  while IFS= read -r file; do
    if [ ! -s "$file" ] || grep -qv 'Unable to get registers from thread' "$file"; then
      printf '%s\n' "$file"
    fi
  done < <(find "$reports" -type f | sort)
}

# probe FAULT [NAME=VALUE ...]: the fault is reported although nobody looks at the exit code.
probe() {
  local fault=$1
  shift
  env "$@" "${run[@]}" "$build/tests/e2e/kvc_probe" "$build/tests/e2e/probe.so" "$fault" >/dev/null 2>&1 || true
  if [ -z "$(found)" ]; then
    echo "The sanitizer does not report a fault committed on purpose ($fault${1:+, $1}): a quiet run would say nothing." >&2
    exit 2
  fi
  rm -f "$reports"/*
}
for fault in "${faults[@]}"; do
  probe "$fault"
  probe "$fault" LD_PRELOAD="$build/tests/e2e/libkvc_kill_point.so"
done

status=0
"${run[@]}" ctest --test-dir "$build" -L '^e2e$' -j "${KVC_SANITIZED_JOBS:-$(nproc)}" --output-on-failure --no-tests=error "$@" ||
  status=1

mapfile -t files < <(found)
if [ "${#files[@]}" -gt 0 ]; then
  status=1
  printf '\n%d processes with reports, in %s; the kinds and how often:\n' "${#files[@]}" "$reports"
  grep -hE '^SUMMARY: ' "${files[@]}" | sort | uniq -c | sort -rn | head -40
else
  printf '\nNo report of the sanitizer.\n'
fi
exit "$status"
