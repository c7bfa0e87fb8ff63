#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sourced by run.sh: the steps of the tour. What happens inside a practice stands in tests/e2e/scripts, where the
# end-to-end tests run the same files.

tour_dir=build/tour
tour_bin=build/dev
tour_scripts=tests/e2e/scripts
tour_server_pid=""
tour_keep_server=no

# Made-up passwords of made-up accounts. They go to the programs through the environment only.
declare -A tour_username=([nord]=praxis.nord [sued]=praxis.sued)
declare -A tour_initial=([nord]=Initial-NORD-1 [sued]=Initial-SUED-1)
declare -A tour_new=([nord]=Vorfuehrung-NORD-2 [sued]=Vorfuehrung-SUED-2)

tour_fail() {
  printf '\n%s\nProtokolle: %s/*.log\n' "$1" "$tour_dir" >&2
  exit 2
}

# A server that a killed run left behind would share its database with ours.
tour_stop_stale_server() {
  local pid
  [ -f "$tour_dir/server.json" ] || return 0
  pid=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$tour_dir/server.json" 2>/dev/null | tail -n 1)
  if [ -n "$pid" ] && [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q "kvconnect server .*$tour_dir/server"; then
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
      [ -d "/proc/$pid" ] || return 0
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
  fi
}

tour_begin() {
  mkdir -p "$tour_dir"
  tour_stop_stale_server
  if [ "$1" = yes ]; then
    rm -rf "${tour_dir:?}"
    mkdir -p "$tour_dir"
  fi
  tour_subject="Befund zur Mitbehandlung, Vorgang $(date +%Y%m%d-%H%M%S)-$$"
}

tour_end() {
  if [ -n "$tour_server_pid" ] && [ "$tour_keep_server" = no ]; then
    kill "$tour_server_pid" 2>/dev/null || true
    wait "$tour_server_pid" 2>/dev/null || true
  fi
}

# A value of the server's one line of JSON.
tour_server_fact() {
  sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$tour_dir/server.json" | sed 's,\\/,/,g' | tail -n 1
}

tour_server() {
  : >"$tour_dir/server.json"
  "$tour_bin/src/tool/kvconnect" server --port 0 --data "$tour_dir/server" --csr-step-ms 300 \
    >"$tour_dir/server.json" 2>"$tour_dir/server.log" </dev/null &
  tour_server_pid=$!
  local waited=0
  until grep -q '"base_url"' "$tour_dir/server.json"; do
    kill -0 "$tour_server_pid" 2>/dev/null || tour_fail "Der Server startet nicht: $(tail -n 3 "$tour_dir/server.log")"
    if [ "$waited" -eq 0 ] && [ ! -d "$tour_dir/server" ]; then
      printf '      Beim ersten Mal werden die Schlüssel der Test-CA erzeugt, das dauert einige Sekunden.\n'
    fi
    waited=$((waited + 1))
    [ "$waited" -lt 1200 ] || tour_fail "Der Server ist nach zwei Minuten nicht bereit."
    sleep 0.1
  done
  printf '      bereit: %s\n' "$(tour_server_fact base_url)"
}

tour_practice() {
  cat >"$tour_dir/$1.settings.json" <<JSON
{"environments": [{"id": "own", "name": "Server der Vorführung", "base_url": "$(tour_server_fact base_url)",
   "mail_domain": "$(tour_server_fact mail_domain)", "tls_roots": ["$(tour_server_fact root)"],
   "message_roots": ["$(tour_server_fact root)"], "user_cas": ["$(tour_server_fact user_ca)"]}],
 "storage": {"dsn": "sqlite"}, "csr_poll_seconds": 1}
JSON
}

# tour_run PRACTICE SCRIPT: sentences for people come out indented, every view goes to a file as one line of JSON.
tour_run() {
  local practice=$1 script=$2 other=sued code=0
  [ "$practice" = nord ] || other=nord
  KVC_TOUR_LOGIN="Anmeldung-$practice-Vorfuehrung" \
  KVC_TOUR_USERNAME="${tour_username[$practice]}" \
  KVC_TOUR_PASSWORD="${tour_initial[$practice]}" \
  KVC_TOUR_NEW_PASSWORD="${tour_new[$practice]}" \
  KVC_TOUR_KEYSTORE_PASSWORD="Schluessel-$practice-Vorfuehrung-3" \
  KVC_TOUR_RECIPIENT="${tour_username[$other]}@$(tour_server_fact mail_domain)" \
  KVC_TOUR_SUBJECT="$tour_subject" \
    "$tour_bin/host_api/pvs-host" run --plugin "$tour_bin/plugin" \
    --script "$tour_scripts/tour_$script.json" --practice "$tour_scripts/practice_$practice.json" \
    --settings "$tour_dir/$practice.settings.json" --data "$tour_dir/$practice" \
    2> >(tee "$tour_dir/$practice.$script.log" | sed -u 's/^/      /') >"$tour_dir/$practice.$script.jsonl" || code=$?
  if [ "$code" -ne 0 ]; then
    sleep 0.2 # lets the last sentences come out before ours
    tour_fail "Der Schritt ist nicht gelungen (Ende mit $code). Es ist nichts verloren: Derselbe Aufruf macht weiter."
  fi
}

# The last value of a fact in the views a script printed.
tour_fact() {
  grep -o "\"name\":\"$2\"[^}]*\"value\":\"[^\"]*\"" "$tour_dir/$1.jsonl" | tail -n 1 |
    sed 's/.*"value":"\([^"]*\)"$/\1/; s,\\/,/,g'
}

# Padded by characters: printf counts bytes, and umlauts have two.
tour_row() { printf '  %s%*s %s\n' "$1" "$((22 - ${#1}))" '' "$2"; }

tour_summary() {
  printf '\nErgebnis\n'
  for practice in nord sued; do
    tour_row "Konto ${tour_username[$practice]}" \
      "einsatzbereit, Zertifikat: $(tour_fact "$practice.account" certificate)"
  done
  tour_row "Nachricht" "$(tour_fact sued.receive message_id)"
  tour_row "Betreff" "$tour_subject"
  tour_row "Prüfung bei Praxis Süd" "$(tour_fact sued.receive verdict)"
  tour_row "Unterzeichnet von" "$(tour_fact sued.receive signer)"
  tour_row "Eingangsbestätigung" "bei Praxis Nord eingegangen und geprüft"
  printf '\nAlle Schritte sind gelungen und geprüft.\n'
}

tour_keep() {
  tour_keep_server=yes
  cat <<TEXT

Der Server läuft weiter (Prozess $tour_server_pid): $(tour_server_fact base_url)
  Beenden:            kill $tour_server_pid
  Eine Praxis fahren: KVC_TOUR_LOGIN=Anmeldung-sued-Vorfuehrung $tour_bin/host_api/pvs-host run \\
                        --plugin $tour_bin/plugin --script MEIN_SKRIPT.json \\
                        --practice $tour_scripts/practice_sued.json \\
                        --settings $tour_dir/sued.settings.json --data $tour_dir/sued
  Skripte schreiben:  host_api/README.md
  Einstellungen prüfen: $tour_bin/src/tool/kvconnect doctor --manifest manifest.json \\
                        --settings $tour_dir/nord.settings.json
TEXT
}

# tour_all FRESH KEEP: the steps 3 to 8 of run.sh --tour.
tour_all() {
  tour_begin "$1"
  trap 'tour_end' EXIT
  printf '[3/8] KV-Connect-Server starten\n'
  tour_server
  printf '[4/8] Praxis Nord richtet ihr KV-Connect-Konto ein\n'
  tour_practice nord
  tour_run nord account
  printf '[5/8] Praxis Süd richtet ihr KV-Connect-Konto ein\n'
  tour_practice sued
  tour_run sued account
  printf '[6/8] Praxis Nord sendet eine eNachricht mit Anhang an Praxis Süd\n'
  tour_run nord send
  printf '[7/8] Praxis Süd holt ab, prüft und öffnet sie\n'
  tour_run sued receive
  printf '[8/8] Praxis Nord erhält die Eingangsbestätigung\n'
  tour_run nord receipt
  tour_summary
  [ "$2" = no ] || tour_keep
}
