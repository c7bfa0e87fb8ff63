#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds the product, and opens two practices for use: a KV-Connect server on this machine, and
# for each practice its page with the plugin in it, filled with made-up letters.
#
# usage: packaging/run.sh [--fresh] [--keep]
#        packaging/run.sh --tour [--fresh] [--keep]
#   --fresh  forgets the practices of earlier runs first
#   --tour   no page: two practices exchange a message step by step, and the result is printed
#   --keep   stays, even without a terminal; with --tour it leaves the server running
#
# On a terminal the pages stay open until Ctrl+C. Without one (standard input is no terminal, or CI=true) nothing could
# end them: the run checks that both pages answer, says so, and ends with 0.
# Everything lies in build/demo and build/tour. A run that was interrupted, however roughly, is taken up again by the
# next one. All people, practices and passwords are made up.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/packages.sh
. packaging/tour.sh
. packaging/demo/demo.sh

usage() {
  echo "usage: packaging/run.sh [--tour] [--fresh] [--keep]" >&2
  exit 2
}

keep=no
fresh=no
tour=no
for argument in "$@"; do
  case "$argument" in
    --keep) keep=yes ;;
    --fresh) fresh=yes ;;
    --tour) tour=yes ;;
    *) usage ;;
  esac
done

if [ "$tour" = yes ]; then
  steps=8
else
  steps=5
fi
printf '[1/%d] Pakete prüfen\n' "$steps"
kvc_install_packages "${KVC_PACKAGES_BUILD[@]}" "${KVC_PACKAGES_TEST[@]}"
printf '[2/%d] Bauen (beim ersten Mal einige Minuten)\n' "$steps"
kvc_build dev kvc_tool pvs-host kvconnect_plugin

if [ "$tour" = yes ]; then
  tour_all "$fresh" "$keep"
  exit 0
fi

trap 'demo_end' EXIT
trap 'printf "\nPraxen und Server werden beendet.\n"; exit 0' INT TERM
demo_begin "$fresh"
printf '[3/5] KV-Connect-Server starten\n'
demo_server
printf '[4/5] Praxis Nord und Praxis Süd füllen (beim ersten Mal eine halbe Minute)\n'
demo_seed
printf '[5/5] Beide Praxen öffnen\n'
demo_page nord
demo_page sued
demo_tell

if [ "$keep" = no ] && { [ ! -t 0 ] || [ "${CI:-}" = true ]; }; then
  demo_check_page nord
  demo_check_page sued
  printf '\nBeide Seiten antworten. Kein Terminal: Der Lauf endet hier; mit --keep bleiben sie offen.\n'
  exit 0
fi
printf '\nBeenden mit Strg+C. Der nächste Aufruf macht mit denselben Praxen weiter.\n'
# Ends as well when a page or the server does.
wait -n "${demo_pids[@]}" || true
demo_fail "Einer der Dienste hat sich beendet."
