#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds the product, and shows it at work: a KV-Connect server on this machine, two practices
# with their own practice system, and a signed, encrypted message with its receipt between them.
#
# usage: packaging/run.sh [--keep] [--fresh]
#   --keep   leaves the server running at the end and prints how to go on by hand
#   --fresh  forgets the practices of earlier runs first
#
# Everything the tour makes lies in build/tour. A run that was interrupted, however roughly, is taken up again by the
# next one. All people, practices and passwords are made up.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/packages.sh
. packaging/tour.sh

keep=no
fresh=no
for argument in "$@"; do
  case "$argument" in
    --keep) keep=yes ;;
    --fresh) fresh=yes ;;
    *) echo "usage: packaging/run.sh [--keep] [--fresh]" >&2; exit 2 ;;
  esac
done

printf '[1/8] Pakete prüfen\n'
kvc_install_packages "${KVC_PACKAGES_BUILD[@]}" "${KVC_PACKAGES_TEST[@]}"

printf '[2/8] Bauen (beim ersten Mal einige Minuten)\n'
kvc_build dev kvc_tool pvs-host kvconnect_plugin

tour_begin "$fresh"
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

if [ "$keep" = yes ]; then
  tour_keep
fi
