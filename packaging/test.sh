#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds in developer mode, runs every test, then runs the core's tests once more under
# AddressSanitizer and UndefinedBehaviorSanitizer.
#
# usage: packaging/test.sh [--quick]     --quick leaves the sanitizer run out
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/packages.sh

quick=no
case "${1:-}" in
  "") ;;
  --quick) quick=yes ;;
  *) echo "usage: packaging/test.sh [--quick]" >&2; exit 2 ;;
esac

kvc_install_packages "${KVC_PACKAGES_BUILD[@]}" "${KVC_PACKAGES_TEST[@]}" "${KVC_PACKAGES_BROWSER[@]}"
kvc_install_browser_modules
jobs=$(nproc)
started=$SECONDS

step() { printf '\n== %s (%d s)\n' "$1" "$((SECONDS - started))"; }

if [ ! -d ../shared/data ]; then
  echo "../shared/data is not there: the tests on real mail and real CA certificates will say that they were skipped."
fi

step "build, developer mode"
kvc_build dev

status=0
step "tests"
ctest --test-dir build/dev -j "$jobs" --output-on-failure --no-tests=error || status=$?

if [ "$quick" = no ] && [ "$status" -eq 0 ]; then
  step "build of the core with ASan and UBSan"
  kvc_build asan
  step "tests of the core with ASan and UBSan"
  ctest --test-dir build/asan -j "$jobs" --output-on-failure --no-tests=error || status=$?
fi

step "finished"
exit "$status"
