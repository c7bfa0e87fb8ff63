#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# installed_test.sh CMAKE BUILD_DIR: the kit in a prefix of its own, moved, works without the tree.
set -eu
cmake=$1 build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cmake" --install "$build" --prefix "$work/prefix" --component conformance >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
"$cmake" --install "$build" --prefix "$work/prefix" --component pvs_host_api >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
mv "$work/prefix" "$work/kit"
cd "$work/kit"
lib=$(dirname "$(find . -type d -name pvs_conformance -path '*lib*/pvs_conformance' -not -path '*libexec*')")
bin/pvs-validate "$lib/pvs_conformance/broken/good" --only load. --only create. --time-factor 50 --junit "$work/junit.xml" >"$work/out"
grep -q '<testsuite name="pvs-validate good.so"' "$work/junit.xml"
grep -q 'passed    load.full_protobuf_host' "$work/out"
bin/pvs-validate "$lib/pvs_conformance/broken/good/good.so" --only library. >"$work/out"
code=0; bin/pvs-validate "$lib/pvs_conformance/broken/other_version" --only load. >"$work/out" || code=$?
[ "$code" = 2 ]
code=0; bin/pvs-validate /nowhere >"$work/out" 2>&1 || code=$?
[ "$code" = 3 ]
code=0; bin/pvs-validate "$lib/pvs_conformance/broken/good" --only no.such.check >"$work/out" 2>&1 || code=$?
[ "$code" = 3 ]
share=share/pvs_conformance
bin/pvs-host run --plugin "$lib/pvs_conformance/probe" --script "$share/probe/script.json" --practice "$share/probe/practice.json" \
  --data "$work/data" >"$work/out" 2>&1
grep -q 'probe.result.passed' "$work/out"
[ -s "$share/README.md" ]
echo "good"
