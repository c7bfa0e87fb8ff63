#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Proves on a Debian 12 made for this that the packages install, run and go away again: a minimal system in a directory of its own
# (mmdebstrap: apt and what is essential, no compiler, no library of ours), `apt install` with the dependencies from Debian, the
# tool and the plugin used there, and after `apt purge` nothing left.
#
# usage: packaging/try_packages.sh [DIRECTORY_OF_THE_PACKAGES]     default: build/packages, made first if there are none
#
# About two minutes, and Debian's packages over the network; no part of the tests for that reason. As root, or with user namespaces.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/packages.sh
packages=${1:-build/packages}
if [ -z "${1:-}" ] && ! compgen -G "$packages/*.deb" >/dev/null; then
  packaging/package.sh
fi
kvc_install_packages mmdebstrap
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cp "$packages"/*.deb "$work"
cp packaging/deb/try_inside.sh "$work"

# The mirror this machine uses; /etc/apt has it in one of two formats.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | sed -n 's/^URIs: *//p; s/^deb  *\(\[.*\]  *\)\{0,1\}\([^ ]*\) .*/\2/p' | head -n 1) || true
mmdebstrap --quiet --variant=apt --format=null \
  --customize-hook="mkdir \"\$1/try\"" \
  --customize-hook="cp $work/*.deb $work/try_inside.sh \"\$1/try\"" \
  --customize-hook="chroot \"\$1\" /bin/bash /try/try_inside.sh" \
  bookworm - "${mirror:-http://deb.debian.org/debian}"
echo "The packages install, run and go away on a clean Debian 12."
