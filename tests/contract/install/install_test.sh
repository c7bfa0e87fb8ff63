#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install_test.sh CMAKE BUILD_DIR CONSUMER CXX CC: installs the interface into a temporary prefix, builds a plugin and a host against it with
# CMake and a plugin with pkg-config alone, and lets the host run the plugins.
set -eu
cmake=$1 build=$2 consumer=$3 cxx=$4 cc=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }

run "$cmake" --install "$build" --prefix "$work/prefix" --component pvs_host_api
# Moved: nothing in it may remember where it was installed.
mv "$work/prefix" "$work/moved"
if grep -rIl "$work/prefix" "$work/moved" || grep -rIl --include='*.cmake' --include='*.pc' "$build" "$work/moved"; then
  echo "the installation names a directory of the build" >&2
  exit 1
fi

echo "with CMake"
run "$cmake" -S "$consumer" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_C_COMPILER="$cc"
run "$cmake" --build "$work/build"
run "$work/build/consumer_host" "$work/build/greeter"
grep -q "Guten Tag, Frau Probe" "$work/log"
[ "$(nm -D --defined-only "$work/build/greeter/greeter.so" | awk '{print $3}' | sed 's/@.*//')" = pvs_plugin_entry_v1 ]

echo "with pkg-config"
PKG_CONFIG_PATH=$(dirname "$(find "$work/moved" -name pvs_host_api.pc)")
export PKG_CONFIG_PATH
mkdir "$work/pc"
cp "$work/build/greeter/manifest.json" "$work/pc"
# shellcheck disable=SC2046
run "$cxx" -std=c++20 -fPIC -fvisibility=hidden -shared -o "$work/pc/greeter.so" "$consumer/greeter.cpp" \
  $(pkg-config --cflags --libs pvs_host_api) \
  -Wl,--version-script="$(pkg-config --variable=version_script pvs_host_api)" -Wl,-z,nodelete -Wl,-z,now -Wl,-z,defs -Wl,--exclude-libs,ALL
# shellcheck disable=SC2046
run "$cxx" -std=c++20 -o "$work/pc/host" "$consumer/host.cpp" $(pkg-config --cflags --libs pvs_host_sdk)
run "$work/pc/host" "$work/pc"
grep -q "Guten Tag, Frau Probe" "$work/log"
[ -f "$(pkg-config --variable=protodir pvs_host_api)/pvs/v1/methods.proto" ]
[ -f "$(pkg-config --variable=manifest_schema pvs_host_api)" ]
"$work/moved/bin/pvs-host" --help >/dev/null
echo "good"
