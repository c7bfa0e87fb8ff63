#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# install_test.sh CMAKE BUILD_DIR CONSUMER CXX CC README: installs the product into a temporary prefix, each component alone first; builds a plugin and hosts against
# it, with CMake and with pkg-config alone, as the tutorial says; and runs plugin, tool and examples from there.
set -eu
cmake=$1 build=$2 consumer=$3 cxx=$4 cc=$5 readme=$6
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }
fail() { echo "$1" >&2; exit 1; }

echo "components"
for component in plugin pvs_host_api tool; do
  run "$cmake" --install "$build" --strip --prefix "$work/alone/$component" --component "$component"
done
(cd "$work/alone/tool" && [ "$(find . -type f)" = ./bin/kvconnect ]) || fail "the tool is one program"
[ -z "$(find "$work/alone/plugin" -path '*/bin/*' -o -path '*/include/*' -o -name '*.a')" ] || fail "the plugin brings nothing of a developer's"
[ ! -e "$work/alone/pvs_host_api/lib/kvconnect" ] || fail "the interface brings no plugin"

# Moved: nothing in it may remember where it was installed.
mkdir "$work/moved"
for component in plugin pvs_host_api tool; do
  cp -a "$work/alone/$component/." "$work/moved"
done
rm -r "$work/alone"
if grep -rIl "$work/alone" "$work/moved" || grep -rIl --include='*.cmake' --include='*.pc' "$build" "$work/moved"; then
  fail "the installation names a directory of the build"
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
run "$work/moved/bin/pvs-host" --help

# The lines of shell that the tutorial prints under that name.
commands() {
  awk -v marker="<!-- run: $1 -->" '$0 == marker { wanted = 1; next } wanted && /^```$/ { exit } wanted && !/^```/ { print }' "$readme"
}
echo "the tutorial's examples, by the tutorial's own commands"
mkdir "$work/bin" "$work/data"
ln -s "$(command -v "$cxx")" "$work/bin/c++"
ln -s "$(command -v "$cc")" "$work/bin/cc"
cp -r "$work/moved/share/pvs_host_api/examples" "$work/examples"
for part in build hosts; do
  [ "$(commands "$part" | wc -l)" -ge 2 ] || fail "the tutorial has no commands \"$part\""
  commands "$part" >"$work/$part.sh"
  (cd "$work/examples" && PATH="$work/bin:$PATH" PLUGIN="$work/moved/lib/kvconnect" DATA="$work/data" run sh -eu "$work/$part.sh")
done
[ "$(grep -c '^== Einrichtung prüfen' "$work/log")" -eq 3 ] || fail "each of the three hosts shows the view"

echo "the C example with CMake, the tool and the plugin from the prefix"
run "$cmake" -S "$work/examples" -B "$work/examples-build" -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_C_COMPILER="$cc"
run "$cmake" --build "$work/examples-build" --target host_c
run "$work/examples-build/host_c" "$work/moved/lib/kvconnect/kvconnect.so" "$work/moved/lib/kvconnect/manifest.json" "$work/data" kvconnect.accounts
grep -q "^== Benutzerkonten" "$work/log"
code=0
"$work/moved/bin/kvconnect" doctor --manifest "$work/moved/lib/kvconnect/manifest.json" >"$work/log" 2>&1 || code=$?
if [ "$code" -gt 1 ] || ! grep -q '"manifest.good"' "$work/log"; then
  cat "$work/log" >&2
  exit 1
fi
echo "good"
