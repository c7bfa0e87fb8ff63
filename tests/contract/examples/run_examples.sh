#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run_examples.sh HOST_CPP HOST_C HOST_PY PLUGIN_DIR PKI_DIR: each host of the tutorial loads the real plugin, lists the menu, opens two
# commands and stops; wrong settings and a missing plugin are told and end with an error.
set -euo pipefail
cpp=$1 c=$2 py=$3 plugin=$4 pki=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "$1" >&2
  sed 's/^/    /' "$work"/out "$work"/err >&2
  exit 1
}

# host NAME COMMAND SETTINGS: the same call in the words of each host.
host() {
  local data=$work/data_$1
  mkdir -p "$data"
  case $1 in
    cpp) "$cpp" "$plugin" "$data" "$2" "$3" ;;
    c) "$c" "$plugin/kvconnect.so" "$plugin/manifest.json" "$data" "$2" "$3" "$(dirname "$3")" ;;
    py) python3 "$py" "$plugin" "$data" "$2" "$3" ;;
  esac >"$work/out" 2>"$work/err"
}
shows() { grep -qF -- "$1" "$work/out" || fail "$name does not show: $1"; }

cp "$pki/TEST_ONLY_root.pem" "$pki/TEST_ONLY_user_ca.pem" "$work"
# Port 1 of this machine: nobody answers there.
cat >"$work/settings.json" <<'JSON'
{"environments": [{"id": "own", "name": "Probenetz", "base_url": "https://127.0.0.1:1/kvconnect/rest/",
   "mail_domain": "kv-safenet.de", "tls_roots": ["TEST_ONLY_root.pem"], "message_roots": ["TEST_ONLY_root.pem"],
   "user_cas": ["TEST_ONLY_user_ca.pem"]}], "fetch": {"interval_minutes": 0}}
JSON
echo '{"fetch": {"interval_minutes": "often"}}' >"$work/wrong.json"
python3 - "$plugin/manifest.json" >"$work/menu" <<'PY'
import json, sys
for command in json.load(open(sys.argv[1]))["contributes"]["commands"]:
    print(f'{command["menu"]} > {command["title"]["de"]}  ({command["id"]})')
PY

for name in cpp c py; do
  host "$name" kvconnect.doctor "$work/settings.json" || fail "$name ends with an error"
  diff "$work/menu" <(head -n "$(wc -l <"$work/menu")" "$work/out") >&2 || fail "$name lists another menu than the manifest"
  shows "== Einrichtung prüfen"
  shows "Server – Probenetz"
  shows "Der Server nimmt keine Verbindung an."
  host "$name" kvconnect.accounts "$work/settings.json" || fail "$name ends with an error"
  shows "== Benutzerkonten"
  shows "noch kein KV-Connect-Konto"

  if host "$name" kvconnect.accounts "$work/wrong.json"; then fail "$name takes wrong settings"; fi
  grep -qhF "fetch.interval_minutes" "$work/out" "$work/err" || fail "$name does not say which setting is wrong"
  if host "$name" no.such.command "$work/settings.json"; then fail "$name takes a command that does not exist"; fi
  echo "$name: good"
done

plugin=$work
for name in cpp c py; do
  if host "$name" kvconnect.accounts "$work/settings.json"; then fail "$name loads a plugin that is not there"; fi
  [ -s "$work/err" ] || fail "$name does not say that the plugin is not there"
done
