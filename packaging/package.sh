#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Debian packages on a fresh machine: installs what is missing, builds what a practice gets (no tests, no test server),
# and packs it. The same source gives the same bytes: the time in the packages is that of the last commit, or of CHANGELOG.md
# where there is no repository; SOURCE_DATE_EPOCH set outside wins.
#
# usage: packaging/package.sh [OUTPUT_DIR]     default: build/packages
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/packages.sh
case "${1:-}" in
  -*) echo "usage: packaging/package.sh [OUTPUT_DIR]" >&2; exit 2 ;;
esac
mkdir -p "${1:-build/packages}"
out=$(cd "${1:-build/packages}" && pwd)

kvc_install_packages "${KVC_PACKAGES_BUILD[@]}" "${KVC_PACKAGES_PACK[@]}"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
export SOURCE_DATE_EPOCH

kvc_build user
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! (umask 022 && cpack --config build/user/CPackConfig.cmake -B "$work") >"$work/log" 2>&1; then
  cat "$work/log" >&2
  exit 1
fi
for package in "$work"/*.deb; do
  dpkg-deb -x "$package" "$work/unpacked"
done
if grep -rlF "$PWD" "$work/unpacked"; then
  echo "These files name the directory they were built in; another machine would make others." >&2
  exit 1
fi
mv "$work"/*.deb "$out"
sha256sum "$out"/*.deb
