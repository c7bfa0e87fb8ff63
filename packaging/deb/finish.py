#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""finish.py ROOT PACKAGE VERSION MAINTAINER: adds to the files of a package what Debian asks for.

Licences, changelogs, manual pages, the list of its parts (SBOM); takes the debugger's notes out of static libraries. The time in all of it is
SOURCE_DATE_EPOCH, so that the same build makes the same bytes.
"""
import email.utils
import gzip
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))
import sbom  # noqa: E402


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o644)


def packed(data):
    return gzip.compress(data, 9, mtime=0)


def changelog(package, version, maintainer, epoch):
    return (f"{package} ({version}) unstable; urgency=medium\n\n  * Version {version.rsplit('-', 1)[0]}; see changelog.gz.\n\n"
            f" -- {maintainer}  {email.utils.formatdate(epoch)}\n").encode()


def main(root, package, version, maintainer):
    root = pathlib.Path(root)
    epoch = int(os.environ["SOURCE_DATE_EPOCH"])
    doc = root / "usr/share/doc" / package
    write(doc / "copyright", (HERE / "copyright").read_bytes())
    write(doc / "changelog.gz", packed((TREE / "CHANGELOG.md").read_bytes()))
    write(doc / "changelog.Debian.gz", packed(changelog(package, version, maintainer, epoch)))
    for program in sorted((root / "usr/bin").glob("*")):
        page = HERE / f"{program.name}.1"
        if page.exists():
            write(root / "usr/share/man/man1" / f"{page.name}.gz", packed(page.read_bytes()))
    overrides = HERE / f"{package}.lintian-overrides"
    if overrides.exists():
        write(root / "usr/share/lintian/overrides" / package, overrides.read_bytes())
    for archive in sorted(root.rglob("*.a")):
        subprocess.run(["strip", "--strip-debug", "--enable-deterministic-archives", archive], check=True)
    write(doc / "sbom.cdx.json", sbom.describe(root, package, version, epoch))
    for path in [root / "usr", *(root / "usr").rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)


if __name__ == "__main__":
    if "SOURCE_DATE_EPOCH" not in os.environ:
        sys.exit("SOURCE_DATE_EPOCH is not set; packaging/package.sh sets it")
    main(*sys.argv[1:])
