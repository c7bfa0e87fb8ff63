#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# package_test.sh CPACK BUILD_DIR SOURCE_DIR: packs twice and expects the same bytes, looks into the packages, and runs what is in them with nothing
# but the files of the packages they depend on.
set -euo pipefail
cpack=$1 build=$2 source=$3
here=$(cd "$(dirname "$0")" && pwd)
if ! command -v dpkg-shlibdeps >/dev/null; then
  echo "skipped: dpkg-dev is not installed"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1700000000

pack() {
  # CPack writes the umask into the archive's own headers; package.sh sets this one, too.
  if ! (umask 022 && "$cpack" --config "$build/CPackConfig.cmake" -B "$work/$1") >"$work/log" 2>&1; then
    cat "$work/log" >&2
    exit 1
  fi
}
# Twice, in two directories, at two times.
pack first
pack second
for package in "$work"/first/*.deb; do
  if ! cmp "$package" "$work/second/$(basename "$package")"; then
    echo "$(basename "$package") is not the same when it is made again" >&2
    exit 1
  fi
done

python3 "$here/check_packages.py" "$work/first" "$work/root" "$build" "$source"
if command -v lintian >/dev/null; then
  lintian --allow-root --fail-on error "$work"/first/*.deb
fi
