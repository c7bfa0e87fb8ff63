#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Run by packaging/try_packages.sh as root of a Debian 12 that was made for it, with the packages beside this file.
set -euo pipefail
cd /try
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
fail() {
  echo "$1" >&2
  exit 1
}
apt-get update -qq
before=$(dpkg-query -W -f '${Package}\n' | sort)
apt-get install -y -qq --no-install-recommends ./*.deb >/dev/null
after=$(dpkg-query -W -f '${Package}\n' | sort)
echo "installed: our packages and $(($(comm -13 <(echo "$before") <(echo "$after") | wc -l) - 3)) of Debian's"

# The tool: the packaged manifest is good; without settings the rest is said, not crashed into.
kvconnect doctor --manifest /usr/lib/kvconnect/manifest.json >doctor.json || [ $? -eq 1 ] || fail "kvconnect doctor failed"
grep -q '"manifest.good"' doctor.json || fail "kvconnect doctor does not read the packaged manifest"

# The plugin in the reference host: a user opens the accounts, and the store is made.
cat >practice.json <<'P'
{"practice": {"id": "probe", "name": "Praxis Probe (erfunden)", "sites": [{"bsnr": "999999901", "name": "Probe", "kv_code": "38"}]},
 "locale": "de-DE", "time_zone": "Europe/Berlin",
 "users": [{"id": "arzt", "name": "Dr. Paula Probe", "roles": ["doctor", "admin"], "password": {"env": "PROBE_LOGIN"}}]}
P
cat >steps.json <<'S'
{"description": "probe", "steps": [{"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true, "expect": {"kind": "accounts"}}]}
S
export PROBE_LOGIN=Probe-Anmeldung-1
pvs-host run --plugin /usr/lib/kvconnect --script steps.json --practice practice.json --data data >steps.out ||
  fail "pvs-host does not run the plugin"
compgen -G 'data/*/*' >/dev/null || fail "the plugin kept nothing"

# Its page answers.
pvs-host serve --plugin /usr/lib/kvconnect --practice practice.json --data data --ready-file ready.json >serve.out 2>&1 </dev/null &
host=$!
for _ in $(seq 300); do
  [ ! -s ready.json ] || break
  sleep 0.1
done
port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' ready.json)
exec 3<>"/dev/tcp/127.0.0.1/$port"
printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$port" >&3
head -n 1 <&3 | grep -Eq '^HTTP/1.1 (200|30[0-9])' || fail "the page does not answer"
exec 3>&-
kill "$host"
wait "$host" || true

# And away again: what the packages brought is gone, what the practice made is not.
mapfile -t ours < <(comm -13 <(echo "$before") <(echo "$after") | grep -E '^(kvconnect|pvs)-')
[ "${#ours[@]}" -eq 3 ] || fail "three packages, found: ${ours[*]}"
apt-get purge -y -qq "${ours[@]}" >/dev/null
[ ! -e /usr/lib/kvconnect ] && [ ! -e /usr/bin/kvconnect ] && [ ! -e /usr/bin/pvs-host ] || fail "files are left after purge"
[ -d data ] || fail "the practice's data went with the packages"
