#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sourced by run.sh: two made-up practices with something behind every menu entry, and their pages. What is in the
# practices was done by the plugin itself against the real server, by the scripts beside this file. Each stage leaves a
# mark, so that a run that was interrupted goes on where it stopped.

# Tests of the demo have a folder of their own.
demo_dir=${KVC_DEMO_DIR:-$PWD/build/demo}
demo_bin=${KVC_DEMO_BIN:-build/dev}
demo_source=packaging/demo
demo_pids=()
demo_began=no

# Made-up passwords of made-up people. They go to the programs through the environment only.
declare -A demo_login=([nord]=Nord-Vorfuehrung-1 [sued]=Sued-Vorfuehrung-1)
declare -A demo_initial=([praxis.nord]=Initial-NORD-1 [praxis.sued]=Initial-SUED-1 [praxis.nord.zweig]=Initial-ZWEIG-1)

demo_fail() {
  printf '\n%s\nProtokolle: %s/*.log\n' "$1" "$demo_dir" >&2
  exit 2
}

# demo_is PID WORD: whether that process is one of ours; numbers are used again.
demo_is() { [ -r "/proc/$1/cmdline" ] && tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "$2"; }

# Ends one process, softly first.
demo_stop() {
  kill "$1" 2>/dev/null || return 0
  for _ in $(seq 150); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -9 "$1" 2>/dev/null || true
}

# What a killed run left behind would share databases and folders with this one.
demo_stop_stale() {
  local file pid
  for file in "$demo_dir"/*.pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    ! demo_is "$pid" "$demo_dir/" || demo_stop "$pid"
    rm -f "$file"
  done
}

# Two runs at once would take each other's servers down.
demo_begin() {
  mkdir -p "$(dirname "$demo_dir")"
  exec 9>"$demo_dir.lock"
  if ! flock -n 9; then
    echo "Die Vorführung läuft schon in einem anderen Fenster. Bitte dort mit Strg+C beenden." >&2
    exit 2
  fi
  demo_stop_stale
  [ "$1" = no ] || rm -rf "${demo_dir:?}"
  mkdir -p "$demo_dir/done"
  demo_began=yes
}

demo_end() {
  [ "$demo_began" = yes ] || return 0
  local pid
  for pid in "${demo_pids[@]}"; do
    kill "$pid" 2>/dev/null || true
  done
  for pid in "${demo_pids[@]}"; do
    demo_stop "$pid"
    wait "$pid" 2>/dev/null || true
  done
  rm -f "$demo_dir"/*.pid
  demo_pids=()
}

# demo_wait NAME FILE WORD: until the program's file holds the word.
demo_wait() {
  local pid=${demo_pids[-1]} waited=0
  until grep -q "$3" "$2" 2>/dev/null; do
    kill -0 "$pid" 2>/dev/null || demo_fail "$1 startet nicht: $(tail -n 3 "$demo_dir/$1.log")"
    waited=$((waited + 1))
    [ "$waited" -lt 1200 ] || demo_fail "$1 ist nach zwei Minuten nicht bereit."
    sleep 0.1
  done
}

# demo_fact FILE NAME: a text of a line of JSON.
demo_fact() { sed -n "s/.*\"$2\":[ ]*\"\([^\"]*\)\".*/\1/p" "$demo_dir/$1.json" | sed 's,\\/,/,g' | tail -n 1; }

demo_server() {
  : >"$demo_dir/server.json"
  [ -e "$demo_dir/faults.json" ] || printf '{"rules": []}\n' >"$demo_dir/faults.json"
  "$demo_bin/src/tool/kvconnect" server --port 0 --data "$demo_dir/server" --accounts "$demo_source/accounts.json" \
    --faults "$demo_dir/faults.json" --ca-bits 2048 >"$demo_dir/server.json" 2>"$demo_dir/server.log" </dev/null 9>&- &
  demo_pids+=("$!")
  echo "$!" >"$demo_dir/server.pid"
  demo_wait server "$demo_dir/server.json" '"base_url"'
}

# The server's port is another one each time, so the settings are written anew.
demo_practice() {
  mkdir -p "$demo_dir/$1.files"
  cp "$demo_source/practice_$1.json" tests/e2e/scripts/kvca.xml "$demo_dir/$1.files/"
  cp "$demo_source"/seed_*.json "$demo_dir/$1.files/"
  python3 "$demo_source/documents.py" "$demo_dir/$1.files"
  cat >"$demo_dir/$1.settings.json" <<JSON
{"environments": [{"id": "own", "name": "Server der Vorführung", "base_url": "$(demo_fact server base_url)",
   "mail_domain": "$(demo_fact server mail_domain)", "tls_roots": ["$(demo_fact server root)"],
   "message_roots": ["$(demo_fact server root)"], "user_cas": ["$(demo_fact server user_ca)"]}],
 "storage": {"dsn": "sqlite"}, "csr_poll_seconds": 1, "kvca_file": "$1.files/kvca.xml"}
JSON
}

# demo_once MARK COMMAND ...: unless an earlier run did it.
demo_once() {
  local mark=$demo_dir/done/$1
  [ ! -e "$mark" ] || return 0
  "${@:2}"
  : >"$mark"
}

# demo_run PRACTICE SCRIPT [NAME=VALUE ...]
demo_run() {
  local practice=$1 script=$2 code=0
  env "KVC_TOUR_LOGIN=${demo_login[$practice]}" "${@:3}" \
    "$demo_bin/host_api/pvs-host" run --plugin "$demo_bin/plugin" --script "$demo_dir/$practice.files/$script.json" \
    --practice "$demo_dir/$practice.files/practice_$practice.json" --settings "$demo_dir/$practice.settings.json" \
    --data "$demo_dir/$practice" >"$demo_dir/$practice.$script.jsonl" 2>"$demo_dir/$practice.$script.log" 9>&- || code=$?
  [ "$code" -eq 0 ] || demo_fail "Die Praxis $practice ließ sich nicht füllen ($script): $(tail -n 3 "$demo_dir/$practice.$script.log")
Es ist nichts verloren: Derselbe Aufruf macht weiter, --fresh fängt von vorn an."
}

# demo_account PRACTICE USERNAME NAME PURPOSE
demo_account() {
  demo_run "$1" seed_account "KVC_TOUR_USERNAME=$2" "KVC_TOUR_PASSWORD=${demo_initial[$2]}" \
    "KVC_TOUR_NEW_PASSWORD=Vorfuehrung-KONTO-2" "KVC_TOUR_KEYSTORE_PASSWORD=Schluessel-Vorfuehrung-3" \
    "KVC_DEMO_NAME=$3" "KVC_DEMO_PURPOSE=$4"
}

# One message the server refuses for good.
demo_failed_message() {
  printf '{"rules": [{"match": {"method": "POST", "path": "mails", "user": "praxis.nord"}, "times": -1,
    "action": {"type": "status", "status": 400}}]}\n' >"$demo_dir/faults.next"
  mv "$demo_dir/faults.next" "$demo_dir/faults.json"
  demo_run nord seed_failed
  printf '{"rules": []}\n' >"$demo_dir/faults.next"
  mv "$demo_dir/faults.next" "$demo_dir/faults.json"
}

# demo_outside KIND MORE ...: a letter from outside to Praxis Nord.
demo_outside() {
  KVC_OUTSIDE_PASSWORD=Initial-ARCHIV-1 python3 "$demo_source/outside_letter.py" --server "$demo_dir/server.json" \
    --work "$demo_dir/outside" --from archiv.test --to "praxis.nord@$(demo_fact server mail_domain)" --kind "$@" \
    >>"$demo_dir/outside.log" 2>&1 || demo_fail "Ein Brief von außen ließ sich nicht schreiben: $(tail -n 3 "$demo_dir/outside.log")"
}

# A folder as an earlier system may have left it: sound letters, one that was changed, one that is no mail.
demo_archive() {
  local month
  mkdir -p "$demo_dir/archiv/2025"
  for month in 1 2 3 4 5; do
    demo_outside valid --id "archiv-$month" --date "$((1735725600 + month * 2592000))" \
      --text "Archivierte Nachricht $month der Vorführung. Der Befund ist unauffällig." --out "$demo_dir/archiv/2025/brief_$month.eml"
  done
  demo_outside forged --id archiv-6 --date 1751364000 --out "$demo_dir/archiv/brief_veraendert.eml"
  printf 'Das ist keine E-Mail.\n' >"$demo_dir/archiv/kein_brief.eml"
}

demo_seed() {
  demo_practice nord
  demo_practice sued
  demo_once nord-account demo_account nord praxis.nord "Praxis Dr. Nord" "Arztbriefe, Nachrichten und Abrechnung"
  demo_once sued-account demo_account sued praxis.sued "Praxis Dr. Süd" "Arztbriefe und Nachrichten"
  demo_once nord-assign demo_run nord seed_assign KVC_DEMO_BSNR=999999901
  demo_once sued-assign demo_run sued seed_assign KVC_DEMO_BSNR=999999902
  demo_once nord-failed demo_failed_message
  demo_once sued-sends demo_run sued seed_sued_sends
  demo_once forged demo_outside forged --id gefaelscht-1
  demo_once unsigned demo_outside unsigned --id ohne-unterschrift-1 --text "Bitte überweisen Sie den Betrag auf unser neues Konto."
  demo_once archive demo_archive
  demo_once nord-sends demo_run nord seed_nord_sends
  demo_once sued-receives demo_run sued seed_sued_receives
  demo_once nord-receives demo_run nord seed_nord_receives
  # The last one: its certificate ends soon, and the notice waits for the first login at the page.
  demo_once nord-branch demo_account nord praxis.nord.zweig "Zweigpraxis Leverkusen" "Zertifikat endet bald: bitte erneuern"
}

# demo_page PRACTICE
demo_page() {
  rm -f "$demo_dir/$1.page.json"
  KVC_TOUR_LOGIN=${demo_login[$1]} "$demo_bin/host_api/pvs-host" serve --plugin "$demo_bin/plugin" \
    --practice "$demo_dir/$1.files/practice_$1.json" --settings "$demo_dir/$1.settings.json" --data "$demo_dir/$1" \
    --ready-file "$demo_dir/$1.page.json" >"$demo_dir/$1.out" 2>"$demo_dir/$1.log" </dev/null 9>&- &
  demo_pids+=("$!")
  echo "$!" >"$demo_dir/$1.pid"
  demo_wait "$1" "$demo_dir/$1.page.json" '"url"'
}

# That the page answers, with its login.
demo_check_page() {
  python3 - "$(demo_fact "$1.page" url)" <<'PYTHON' || demo_fail "Die Seite der Praxis $1 antwortet nicht."
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=30) as answer:
    sys.exit(0 if answer.status == 200 and b'name="password"' in answer.read() else 1)
PYTHON
}

demo_tell() {
  cat <<TEXT

  Praxis Dr. Nord   $(demo_fact nord.page url)
      arzt   ${demo_login[nord]}     Dr. Nora Nord, Ärztin und Verwaltung
      mfa    ${demo_login[nord]}     Mia Muster, MFA
  Praxis Dr. Süd    $(demo_fact sued.page url)
      arzt   ${demo_login[sued]}     Dr. Sven Süd, Arzt und Verwaltung
      mfa    ${demo_login[sued]}     Sophie Sprechstunde, MFA

  Zum Ausprobieren:
    Posteingang der Praxis Nord   gültige, veränderte und nicht unterschriebene Nachrichten
    Archiv importieren            Ordner $demo_dir/archiv
    Abrechnungsdatei              $demo_dir/nord.files/abrechnung.con.xkm
    Neues Konto                   Username praxis.neu, Passwort Initial-NEU-1

  Alle Personen, Praxen und Passwörter sind erfunden; die Seiten sind nur auf diesem Rechner erreichbar.
TEXT
}
