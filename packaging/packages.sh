#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034  # the lists are used by the scripts that source this one
# Sourced by run.sh, test.sh, bench.sh and package.sh: the Debian packages each needs, how they get there, and how the tree is built.
# Installs only what is missing, as root or through sudo, and says so; a second run installs nothing.

KVC_PACKAGES_BUILD=(
  g++ cmake ninja-build ccache pkg-config
  libpoco-dev libssl-dev libsqlite3-dev libpq-dev
  libprotobuf-dev protobuf-compiler
  libvalijson-dev
  ca-certificates openssl
)
# What package.sh needs besides: dependencies of the packages are asked of dpkg, the parts list is made by a Python script.
KVC_PACKAGES_PACK=(dpkg-dev binutils python3)
# A development build has the test server and the tests beside it; keytool and pk12util read and write keystore files there.
KVC_PACKAGES_TEST=(
  libgtest-dev libgmock-dev binutils procps python3 dpkg-dev
  default-jre-headless libnss3-tools
  postgresql-15 # a private server for the tests of the shared store: tests/postgresql/cluster.sh
  slapd # the address book's LDAP twin, run privately by tests/contract/directory
)
# The browser tests alone.
KVC_PACKAGES_BROWSER=(chromium nodejs npm)

# The benches alone: what they measure with, and libcurl as a peer.
KVC_PACKAGES_BENCH=(libbenchmark-dev libcurl4-openssl-dev libgtest-dev libgmock-dev python3)

# Node.js often comes from its makers, in one package that has npm in it and refuses Debian's beside it.
kvc_installed() {
  case "$1" in
    nodejs) command -v node >/dev/null && return 0 ;;
    npm) command -v npm >/dev/null && return 0 ;;
  esac
  dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

kvc_missing_packages() {
  local package
  for package in "$@"; do
    kvc_installed "$package" || printf '%s\n' "$package"
  done
}

kvc_install_packages() {
  local missing
  mapfile -t missing < <(kvc_missing_packages "$@")
  if [ "${#missing[@]}" -eq 0 ]; then
    return 0
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Missing packages: ${missing[*]}. Install them as root: apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${#missing[@]} packages: ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    >/dev/null
}

# kvc_build PRESET [TARGET ...]: progress in place on a terminal; elsewhere a line now and then.
kvc_build() {
  local preset=$1
  shift
  local targets=()
  [ "$#" -eq 0 ] || targets=(--target "$@")
  cmake --preset "$preset" -Wno-dev >/dev/null
  if [ -t 1 ]; then
    cmake --build --preset "$preset" -j "$(nproc)" "${targets[@]}"
    return
  fi
  NINJA_STATUS='%f/%t ' cmake --build --preset "$preset" -j "$(nproc)" "${targets[@]}" |
    awk '/^[0-9]+\/[0-9]+ / { if (++n % 50 == 0) { print "  built " $1; fflush() } next } !/no work to do/ { print; fflush() }'
}

# What the browser tests need of npm, exactly as package-lock.json names it. The browser is Debian's, none is fetched.
kvc_install_browser_modules() {
  local folder=tests/browser
  [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ] && return 0
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm --prefix "$folder" ci --ignore-scripts --no-audit --no-fund --loglevel=error
}
