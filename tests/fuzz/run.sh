#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets and runs them one after the other.
#
# usage: tests/fuzz/run.sh SECONDS [TARGET ...]     SECONDS for each target; all targets if none is named
#
# Ends with 1 if there is a finding. Findings are kept in build/fuzz/findings/TARGET and tried again by every later run,
# what the fuzzer learned in build/fuzz/corpus/TARGET. KVC_FUZZ_BUILD names another build folder.
set -euo pipefail
cd "$(dirname "$0")/../.."

[[ "${1:-}" =~ ^[1-9][0-9]*$ ]] || { sed -n '3,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
seconds=$1
shift
build=${KVC_FUZZ_BUILD:-$PWD/build/fuzz}
jobs=${KVC_FUZZ_JOBS:-$(nproc)}
command -v clang++-14 >/dev/null || { echo "clang++-14 is missing: apt-get install clang-14" >&2; exit 1; }

cmake --preset fuzz -B "$build" -Wno-dev >/dev/null
cmake --build "$build" -j "$jobs" --target fuzz_targets
bin=$build/tests/fuzz
targets=("$@")
if [ "$#" -eq 0 ]; then
  # Every target that was built.
  for program in "$bin"/fuzz_*; do
    [ ! -f "$program" ] || [ ! -x "$program" ] || [ "$program" = "$bin/fuzz_tool" ] || targets+=("${program#"$bin"/fuzz_}")
  done
fi
"$bin/fuzz_tool" seeds "$build/seeds"

broken=()
for target in "${targets[@]}"; do
  [ -x "$bin/fuzz_$target" ] || { echo "there is no target $target" >&2; exit 2; }
  findings=$build/findings/$target
  corpus=$build/corpus/$target
  mkdir -p "$findings" "$corpus"
  limits=(-timeout=60 -rss_limit_mb=2048 -artifact_prefix="$findings/")
  log=$build/$target.log
  old=("$findings"/*)
  : >"$log"
  if { [ ! -e "${old[0]}" ] || "$bin/fuzz_$target" "${limits[@]}" "${old[@]}" >>"$log" 2>&1; } &&
     "$bin/fuzz_$target" "${limits[@]}" -max_total_time="$seconds" -print_final_stats=1 \
       "$corpus" "$build/seeds/$target" >>"$log" 2>&1; then
    inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
    echo "$target: no finding in $inputs inputs, $seconds s, coverage$(grep -o ' cov: [0-9]*' "$log" | tail -1)"
  else
    broken+=("$target")
    echo "$target: FINDING in $findings, report in $log"
    grep -m 3 -E '^broken promise|^SUMMARY|ERROR:|runtime error' "$log" || tail -n 5 "$log"
  fi
done
[ "${#broken[@]}" -eq 0 ]
