#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Peak memory of `kvconnect seal` and `kvconnect open`, and of their peers, for attachments from 2 KB up.

memory_bench.py --tool KVCONNECT --peer MESSAGE_PEER --peak PEAK --sizes 2K,10M --peer-limit 100M --out FILE.json
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

UNITS = {"K": 1 << 10, "M": 1 << 20}


def size_of(name):
    return int(name[:-1]) * UNITS[name[-1]]


def peak_of(peak, command, good=(0,)):
    """KiB of resident memory the program had at most; the run fails with the program."""
    done = subprocess.run([peak, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    word, kib, code = done.stdout.split(b"\n")[-2].split()
    if word != b"peak" or int(code) not in good:
        sys.exit(f"{' '.join(command[:3])}: exit code {int(code)}: {done.stderr.decode(errors='replace')[:400]}")
    return int(kib)


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder, self.rows = options, folder, []
        subprocess.run([options.peer, "people", folder], check=True)
        with open(self.path("text.txt"), "w", encoding="utf-8") as out:
            out.write("Guten Tag, Herr Kollege\n")

    def path(self, name):
        return os.path.join(self.folder, name)

    def add(self, operation, who, size, kib):
        self.rows.append({"name": f"memory_{operation}/{who}/{size}", "kib": kib})

    def write_attachment(self, size):
        block = os.urandom(1 << 20)
        left = size_of(size)
        with open(self.path("attachment.bin"), "wb") as out:
            while left > 0:
                out.write(block[:left])
                left -= len(block)

    def ours(self, size):
        peak, tool = self.options.peak, self.options.tool
        mail = self.path("mail.eml")
        if os.path.exists(mail):
            os.remove(mail)  # of the size before; an existing file is not overwritten
        self.add("seal", "ours", size, peak_of(peak, [
            tool, "seal", "--from", "anna@kv-safenet.de", "--to", "bernd@kv-safenet.de", "--service",
            "eNachricht;Lieferung;V2.0", "--text", self.path("text.txt"), "--attach", self.path("attachment.bin"),
            "--key", self.path("anna.key"), "--cert", self.path("anna.pem"), "--recipient-cert",
            self.path("bernd.pem"), "--out", mail], good=(0, 1)))
        self.add("open", "ours", size, peak_of(peak, [
            tool, "open", mail, "--key", self.path("bernd.key"), "--root", self.path("root.pem"), "--user-ca",
            self.path("user_ca.pem"), "--extract", self.path("parts-" + size)]))
        return mail

    def processes(self, size, mail):
        """The larger of the two; what they make is what the other peers begin with."""
        peak = self.options.peak
        opening = [
            ["openssl", "smime", "-decrypt", "-in", mail, "-recip", self.path("bernd.pem"), "-inkey",
             self.path("bernd.key"), "-out", self.path("inside")],
            ["openssl", "smime", "-verify", "-in", self.path("inside"), "-CAfile", self.path("trust.pem"), "-purpose",
             "any", "-out", self.path("content")]]
        self.add("open", "two_processes", size, max(peak_of(peak, command) for command in opening))
        sealing = [
            ["openssl", "smime", "-sign", "-binary", "-in", self.path("content"), "-signer", self.path("anna.pem"),
             "-inkey", self.path("anna.key"), "-md", "sha256", "-out", self.path("signed")],
            ["openssl", "smime", "-encrypt", "-binary", "-aes256", "-in", self.path("signed"), "-out",
             self.path("sealed"), self.path("bernd.pem"), self.path("anna.pem")]]
        self.add("seal", "two_processes", size, max(peak_of(peak, command) for command in sealing))

    def bouncycastle(self, size, mail):
        """Here, because the files are; its result has the form of Google Benchmark's."""
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bouncycastle", "Peer.java")
        out = os.path.join(os.path.dirname(os.path.abspath(self.options.out)), f"bouncycastle-{size}.json")
        subprocess.run(["java", "-Xmx4g", "-cp", self.options.java_classpath, source, self.folder, self.path("content"), mail,
                        size, self.options.java_repetitions, out], check=True, stderr=subprocess.DEVNULL)

    def peers(self, size, mail):
        self.processes(size, mail)
        for way in ("whole", "streams"):
            for operation, name in (("seal", self.path("content")), ("open", mail)):
                self.add(operation, "cms_" + way, size, peak_of(self.options.peak, [
                    self.options.peer, f"{operation}_{way}", self.folder, name]))
        if self.options.java_classpath and size in ("2K", "10M"):
            self.bouncycastle(size, mail)

    def run(self):
        for size in self.options.sizes.split(","):
            self.write_attachment(size)
            mail = self.ours(size)
            if size_of(size) <= size_of(self.options.peer_limit):
                self.peers(size, mail)
            print(f"memory: {size} done", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    for name in ("--tool", "--peer", "--peak", "--sizes", "--peer-limit", "--out"):
        parser.add_argument(name, required=True)
    parser.add_argument("--java-classpath", default="", help="of BouncyCastle; empty: not measured")
    parser.add_argument("--java-repetitions", default="7")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kvc-memory-") as folder:
        bench = Bench(options, folder)
        bench.run()
    with open(options.out, "w", encoding="utf-8") as out:
        json.dump({"memory": bench.rows}, out, indent=1)


if __name__ == "__main__":
    main()
