#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_library.sh LIBRARY NEEDED.golden [SYMBOL]: what the library shows and needs, read from its headers without loading it.
set -eu
library=$1
golden=$2
entry=${3:-pvs_plugin_entry_v1}
fail() { echo "$library: $1" >&2; exit 1; }

symbols=$(nm -D --defined-only "$library" | awk '{print $3}' | sed 's/@.*//')
[ "$symbols" = "$entry" ] || fail "exports more or less than its entry: $symbols"
# GNU_UNIQUE symbols keep a library in memory and are shared with the host.
if readelf --dyn-syms -W "$library" | awk '$7 != "UND"' | grep -q UNIQUE; then fail "has GNU_UNIQUE symbols"; fi
flags=$(readelf -d "$library")
echo "$flags" | grep -q NODELETE || fail "is not linked with -z nodelete"
echo "$flags" | grep -Eq "BIND_NOW|NOW" || fail "is not linked with -z now"
readelf -lW "$library" | grep -q GNU_RELRO || fail "is not linked with -z relro"
echo "$flags" | grep -Eq "RPATH|RUNPATH" && fail "has a run path"
# What a plugin must not do to its process. exit and abort come from libraries inside and are not called by the plugin.
for name in setlocale chdir fchdir umask fork vfork execve execvp system daemon; do
  if nm -D --undefined-only "$library" | sed 's/@.*//' | awk '{print $2}' | grep -qx "$name"; then fail "imports $name"; fi
done
needed=$(echo "$flags" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | LC_ALL=C sort)
expected=$(grep -v '^#' "$golden" | LC_ALL=C sort)
if [ "$needed" != "$expected" ]; then
  echo "$library needs other libraries than $golden says:" >&2
  echo "$needed" >&2
  exit 1
fi
