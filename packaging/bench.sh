#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures the product beside its peers in one run and prints one table: packaging/bench.sh [--quick] [--markdown]
#
# --quick     the sizes and repetitions that fit into three minutes: for a first impression, not for a claim
# --markdown  the table as the README has it
# Everything that was measured lies in build/bench/results as JSON; tests/bench/README.md says how it is measured.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=packaging/packages.sh
source packaging/packages.sh

quick=0
markdown=()
for argument in "$@"; do
  case "$argument" in
    --quick) quick=1 ;;
    --markdown) markdown=(--markdown) ;;
    *)
      echo "usage: packaging/bench.sh [--quick] [--markdown]" >&2
      exit 2
      ;;
  esac
done

kvc_install_packages "${KVC_PACKAGES_BUILD[@]}" "${KVC_PACKAGES_BENCH[@]}" >&2
echo "Building the benches ..." >&2
kvc_build bench message_bench message_peer peak transport_bench load_bench directory_bench store_bench pipeline_bench kvc_tool >&2

results=build/bench/results
programs=build/bench/tests/bench
rm -rf "$results"
mkdir -p "$results"

# Files of the peers lie in memory where there is room, so that no disk takes part.
if [ -w /dev/shm ] && [ "$(df --output=avail -k /dev/shm | tail -1)" -gt 6000000 ]; then
  export TMPDIR=/dev/shm
fi

if [ "$quick" -eq 1 ]; then
  export KVC_BENCH_SIZES=2K,10M
  repetitions=3 min_time=0.03 memory_sizes=2K,10M,100M peer_limit=10M mailbox=300
else
  repetitions=7 min_time=0.1 memory_sizes=2K,20K,1M,10M,100M,280M peer_limit=100M mailbox=10000
fi

# run NAME PROGRAM [ARGUMENT ...]: variants take turns, so that other work on the machine meets all of them.
run() {
  local name=$1 program=$2
  shift 2
  echo "Measuring: $name ..." >&2
  "$program" --benchmark_enable_random_interleaving=true --benchmark_repetitions="$repetitions" \
    --benchmark_min_time="$min_time" --benchmark_report_aggregates_only=false --benchmark_display_aggregates_only=true \
    --benchmark_out="$results/$name.json" --benchmark_out_format=json "$@" >"$results/$name.txt" 2>&1 || {
    tail -5 "$results/$name.txt" >&2
    return 1
  }
}

load_before=$(cut -d' ' -f1-3 /proc/loadavg)
run load "$programs/load/load_bench"
run transport "$programs/transport/transport_bench"
run message "$programs/message/message_bench"
# BouncyCastle where somebody has it (libbcmail-java and a JDK); nothing is installed for it.
java=()
if command -v javac >/dev/null && [ -r /usr/share/java/bcmail.jar ]; then
  jars=/usr/share/java
  java=(--java-classpath "$jars/bcmail.jar:$jars/bcpkix.jar:$jars/bcprov.jar:$jars/bcutil.jar" --java-repetitions "$repetitions")
fi
echo "Measuring: memory ..." >&2
python3 tests/bench/memory/memory_bench.py --tool build/bench/src/tool/kvconnect --peer "$programs/memory/message_peer" \
  --peak "$programs/memory/peak" --sizes "$memory_sizes" --peer-limit "$peer_limit" --out "$results/memory.json" "${java[@]}" 2>"$results/memory.txt" || {
  tail -5 "$results/memory.txt" >&2
  exit 1
}
echo "Measuring: directory ..." >&2
"$programs/directory/directory_bench" 200000 "$results/directory.json" >"$results/directory.txt"
echo "Measuring: pipeline ..." >&2
# On a disk, because durable commits are part of it.
TMPDIR=/var/tmp "$programs/pipeline/pipeline_bench" "$mailbox" 20000 >"$results/pipeline.json" 2>"$results/pipeline.txt" || {
  echo "The pipeline was not measured; its row is left out:" >&2
  tail -5 "$results/pipeline.txt" >&2
  rm -f "$results/pipeline.json"
}
# Filling a mailbox with a million messages takes too long for --quick.
if [ "$quick" -eq 0 ]; then
  echo "Measuring: store ..." >&2
  TMPDIR=/var/tmp "$programs/store/store_bench" 1000000 "$results/store.json" >"$results/store.txt" 2>&1 || {
    echo "The store was not measured; its row is left out:" >&2
    tail -5 "$results/store.txt" >&2
    rm -f "$results/store.json"
  }
fi

governor=$(cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor 2>/dev/null || echo "not told")
say() {
  if [ "${#markdown[@]}" -gt 0 ]; then echo "- $1"; else echo "$1"; fi
}
say "Processor: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores, governor: $governor"
say "Load average before: $load_before; after: $(cut -d' ' -f1-3 /proc/loadavg) (one process of this run included)"
if awk '{ exit !($1 > 0.7) }' <<<"$load_before"; then
  say "The machine was busy before the run: rows on two cores, p99 and times without a ratio tell more of it than of the product"
fi
say "OpenSSL $(openssl version | cut -d' ' -f2), $(c++ --version | head -1), $repetitions repetitions, medians"
echo
python3 tests/bench/table.py "$results" "${markdown[@]}"
