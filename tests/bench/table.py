#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One table of all goals from the JSON files of one run: what we need, what the peer needs, the ratio, whether the goal is met.

table.py RESULTS_DIRECTORY [--markdown]

"-" in the last column is no goal but a figure that belongs beside one. A row whose figures are missing is left out, so that a part of a run can be shown. tests/bench/README.md says what the names mean.
"""
import glob
import json
import os
import re
import sys

TO_MICRO = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}


class Results:
    """Medians by name; microseconds, and the counters."""

    def __init__(self, folder):
        self.micros, self.counters, self.kib, self.other = {}, {}, {}, {}
        for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
            with open(path, encoding="utf-8") as file:
                content = json.load(file)
            self.read(content)

    def read(self, content):
        runs = content.get("benchmarks", [])
        medians = [run for run in runs if run.get("aggregate_name") == "median"]
        for run in medians or [run for run in runs if run.get("run_type") == "iteration"]:
            if run.get("error_occurred"):
                continue
            name = re.sub(r"/(real_time|manual_time|iterations:\d+)", "", run["run_name"])
            self.micros[name] = run["real_time"] * TO_MICRO[run["time_unit"]]
            self.counters[name] = run
        for row in content.get("memory", []):
            self.kib[row["name"]] = row["kib"]
        self.other.update(content.get("figures", {}))
        if "pipeline_ms" in content:
            self.micros["pipeline/ours"] = content["pipeline_ms"] * 1e3
            self.micros["pipeline/sequential"] = content["sequential_ms"] * 1e3
            self.other["mailbox"] = content["messages"]

    def counter(self, name, counter):
        return self.counters.get(name, {}).get(counter)


def time_text(micros):
    if micros < 1:
        return f"{micros * 1e3:.0f} ns"
    if micros < 1e3:
        return f"{micros:.0f} µs"
    return f"{micros / 1e3:.1f} ms" if micros < 1e6 else f"{micros / 1e6:.2f} s"


class Table:
    def __init__(self, results):
        self.results, self.rows = results, []

    def add(self, goal, what, ours, peer, ratio, wanted, met):
        self.rows.append((goal, what, ours, peer, ratio, wanted, "yes" if met else "no"))

    def faster(self, goal, what, ours, peer, peer_name, wanted):
        """Peer's time over ours must be at least `wanted`."""
        mine, theirs = self.results.micros.get(ours), self.results.micros.get(peer)
        if mine and theirs:
            ratio = theirs / mine
            self.add(goal, what, time_text(mine), f"{peer_name}: {time_text(theirs)}", f"{ratio:.2f}x faster",
                     f">= {wanted}x", ratio >= wanted)

    def within(self, goal, what, ours, limit, limit_name, wanted):
        """Our time over the limit's must be at most `wanted`."""
        mine, least = self.results.micros.get(ours), self.results.micros.get(limit)
        if mine and least:
            ratio = mine / least
            self.add(goal, what, time_text(mine), f"{limit_name}: {time_text(least)}", f"{ratio:.2f}x of it",
                     f"<= {wanted}x", ratio <= wanted)

    def share(self, goal, what, ours, limit, limit_name, wanted):
        """The limit's time over ours must be at least `wanted`."""
        mine, least = self.results.micros.get(ours), self.results.micros.get(limit)
        if mine and least:
            ratio = least / mine
            self.add(goal, what, time_text(mine), f"{limit_name}: {time_text(least)}", f"{ratio:.0%} of its rate",
                     f">= {wanted:.0%}", ratio >= wanted)

    def at_most(self, goal, what, value, text, wanted_text, met, peer="–"):
        if value is not None:
            self.add(goal, what, text, peer, "–", wanted_text, met)

    # ---- the goals ----

    def small_messages(self):
        self.within("1", "Seal 2 KB", "seal/ours/2K", "seal/rsa/2K", "its RSA operations", 1.15)
        self.faster("1", "Seal 2 KB", "seal/ours/2K", "seal/two_processes/2K", "two `openssl` processes", 25)
        self.within("1", "Open 2 KB, known sender", "open/ours/2K", "open/rsa/2K", "its RSA operations", 1.15)
        self.faster("1", "Open 2 KB, known sender", "open/ours/2K", "open/cms_whole/2K", "OpenSSL CMS in process", 2.5)
        self.faster("1", "Open 2 KB, known sender", "open/ours/2K", "open/two_processes/2K", "two `openssl` processes", 25)
        self.within("1", "Open 2 KB, sender never seen", "open/ours_new_sender/2K", "open/rsa_new_sender/2K",
                    "one decrypt, three verifies", 1.6)

    def large_messages(self):
        for size, name in (("10M", "10 MB"), ("100M", "100 MB")):
            self.faster("2", f"Open {name}", f"open/ours/{size}", f"open/cms_whole/{size}", "OpenSSL CMS, whole buffers", 12)
            self.faster("2", f"Open {name}", f"open/ours/{size}", f"open/two_processes/{size}", "two `openssl` processes", 15)
            self.share("2", f"Open {name}", f"open/ours/{size}", f"open/limit_with_parts/{size}",
                       "primitives, hashes of the parts too", 0.6)
            self.share("2", f"Open {name}", f"open/ours/{size}", f"open/limit/{size}", "primitives, without the parts", 0.6)
            self.faster("2", f"Seal {name}", f"seal/ours/{size}", f"seal/two_processes/{size}", "two `openssl` processes", 3)
            self.faster("2", f"Seal {name}", f"seal/ours/{size}", f"seal/cms_streams/{size}", "OpenSSL CMS, stacked streams", 1.25)
            self.share("2", f"Seal {name}", f"seal/ours/{size}", f"seal/limit/{size}", "primitives", 0.9)
        for operation in ("seal", "open"):
            for size, name in (("2K", "2 KB"), ("10M", "10 MB")):
                self.faster("2", f"{operation.capitalize()} {name}", f"{operation}/ours/{size}", f"{operation}/bouncycastle/{size}",
                            "BouncyCastle, warm JVM", 1.0)
        self.within("2", "Seal 100 MB (stretch)", "seal/ours/100M", "seal/aes_cbc_alone/100M", "AES-CBC alone", 1.25)

    def memory(self):
        for operation in ("seal", "open"):
            sizes = self.memory_of(operation, "ours")
            if len(sizes) < 2:
                continue
            growth = (sizes[-1][1] - sizes[0][1]) / 1024
            peers = []
            for who, name in (("two_processes", "processes"), ("cms_whole", "CMS whole"), ("cms_streams", "CMS streams")):
                theirs = self.memory_of(operation, who)
                if len(theirs) > 1:
                    peers.append(f"{name} {(theirs[-1][1] - theirs[0][1]) / 1024:.0f} MiB to {theirs[-1][0]}")
            self.add("3", f"Peak memory of `kvconnect {operation}`, growth from {sizes[0][0]} to {sizes[-1][0]}",
                     f"{growth:.1f} MiB ({sizes[-1][1] / 1024:.0f} MiB in all)", "; ".join(peers) or "–", "–", "<= 1 MiB",
                     growth <= 1)

    def memory_of(self, operation, who):
        found = []
        for name, kib in self.results.kib.items():
            prefix = f"memory_{operation}/{who}/"
            if name.startswith(prefix):
                found.append((name[len(prefix):], kib))
        return found

    def cores(self):
        for operation in ("seal", "open"):
            for size, name in (("2K", "2 KB"), ("10M", "10 MB")):
                key = f"{operation}_on_cores/ours/{size}"
                one = self.results.counter(key, "items_per_second")
                two = self.results.counter(key + "/threads:2", "items_per_second")
                if one and two:
                    self.add("4", f"{operation.capitalize()} {name} on two cores", f"{two:.0f} /s", f"one core: {one:.0f} /s",
                             f"{two / one:.2f}x", ">= 1.95x", two / one >= 1.95)
        mailbox = self.results.other.get("mailbox", 0)
        self.faster("4", f"Fetch, open, store {mailbox:,} messages of 20 KB, each", "pipeline/ours", "pipeline/sequential",
                    "one after another, new connections", 20)

    def https(self):
        for operation in ("get", "post"):
            for size, name, wanted in (("1K", "1 KB", 1.0), ("10M", "10 MB", 0.95)):
                self.faster("5", f"HTTPS {operation.upper()} {name}, kept connection", f"{operation}/ours/{size}",
                            f"{operation}/libcurl/{size}", "libcurl", wanted)
        self.faster("5", "HTTPS GET 1 KB: kept against new connections", "get/ours/1K", "get_new/ours/1K", "ours, new connection", 20)

    def loading(self):
        self.within("6", "Load to ready (made, not greeted)", "load/ours", "load/everything_linked", "everything linked", 0.1)
        kib = self.results.counter("load/ours", "kib")
        theirs = self.results.counter("load/everything_linked", "kib") or 0
        if kib:
            self.at_most("6", "Memory of that", kib, f"{kib / 1024:.1f} MiB", "<= 3 MiB", kib <= 3072,
                         f"everything linked: {theirs / 1024:.1f} MiB")
        self.cost_of_first_call()
        trip = self.results.micros.get("abi/round_trip")
        naive = self.results.micros.get("abi/parse_and_answer_naively")
        if trip:
            self.at_most("6", "Round trip of 200 bytes", trip, time_text(trip), "<= 150 ns", trip <= 0.15,
                         f"parse and answer alone, new messages: {time_text(naive)}" if naive else "–")

    def cost_of_first_call(self):
        """What is loaded late is not free: the figure beside the goal."""
        mine, theirs = (self.results.micros.get(f"load_and_activate/{who}") for who in ("ours", "everything_linked"))
        if mine and theirs:
            kib, other = (self.results.counter(f"load_and_activate/{who}", "kib") or 0 for who in ("ours", "everything_linked"))
            self.rows.append(("6", "its cost: loaded, greeted, settings read, active",
                              f"{time_text(mine)}, {kib / 1024:.1f} MiB", f"everything linked: {time_text(theirs)}, {other / 1024:.1f} MiB",
                              f"{mine / theirs:.2f}x of it", "told", "–"))

    def lists(self):
        p99 = self.results.other.get("directory_search_p99_us")
        peer = self.results.other.get("directory_fts5_p99_us")
        if p99:
            self.at_most("7", "Address book of 200,000, search, p99", p99, time_text(p99), "<= 5 ms", p99 <= 5000,
                         f"SQLite FTS5: {time_text(peer)}" if peer else "–")
        page = self.results.other.get("inbox_page_us")
        if page:
            self.at_most("7", f"Inbox page of 50 out of {int(self.results.other['inbox_messages']):,}, anywhere", page, time_text(page), "<= 5 ms",
                         page <= 5000)
        commits, raw = self.results.other.get("store_commits_1"), self.results.other.get("sqlite_commits_1")
        if commits and raw:
            self.rows.append(("–", "Durable commits a second, one writer", f"{commits:.0f} /s", f"SQLite alone: {raw:.0f} /s",
                              f"{commits / raw:.2f}x of it", "told", "–"))

    def fill(self):
        self.small_messages()
        self.large_messages()
        self.memory()
        self.cores()
        self.https()
        self.loading()
        self.lists()


HEADER = ("goal", "what", "ours", "peer or limit", "ratio", "wanted", "met")


def main():
    markdown = "--markdown" in sys.argv[2:]
    table = Table(Results(sys.argv[1]))
    table.fill()
    if not table.rows:
        sys.exit("no results in " + sys.argv[1])
    if markdown:
        print("| " + " | ".join(HEADER) + " |\n|" + "---|" * len(HEADER))
        for row in table.rows:
            print("| " + " | ".join(row) + " |")
    else:
        widths = [max(len(row[i]) for row in [HEADER, *table.rows]) for i in range(len(HEADER))]
        for row in [HEADER, *table.rows]:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    met = sum(row[-1] == "yes" for row in table.rows)
    goals = sum(row[-1] in ("yes", "no") for row in table.rows)
    print(f"\n{met} of {goals} goals are met.")


if __name__ == "__main__":
    main()
