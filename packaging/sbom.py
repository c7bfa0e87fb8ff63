#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The parts list of a package (SBOM), as CycloneDX 1.5 JSON.

Our own programs and libraries with their SHA-256; every Debian package whose shared library the loader would bring along, with version,
source package and licence; and what came in as headers only. Asked of the loader and of dpkg on the machine that built it.
"""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import time
import uuid

# Licences by Debian source package, as the README's table has them. A library that is missing here stops the build: whoever
# adds one says under which licence.
LICENCES = {
    "cyrus-sasl2": "BSD-4-Clause",
    "e2fsprogs": "MIT",  # libcom-err2 alone
    "expat": "MIT",
    "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "glibc": "LGPL-2.1-or-later",
    "gmp": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "gnutls28": "LGPL-2.1-or-later",
    "keyutils": "LGPL-2.0-or-later",
    "krb5": "MIT",
    "libffi": "MIT",
    "libidn2": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libtasn1-6": "LGPL-2.1-or-later",
    "libunistring": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "nettle": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "openldap": "OLDAP-2.8",
    "openssl": "Apache-2.0",
    "p11-kit": "BSD-3-Clause",
    "pcre3": "BSD-3-Clause",
    "poco": "BSL-1.0",
    "postgresql-15": "PostgreSQL",
    "protobuf": "BSD-3-Clause",
    "sqlite3": "blessing",
    "valijson": "BSD-2-Clause",
    "zlib": "Zlib",
}
HEADER_ONLY = ["libvalijson-dev"]
FORMAT = "${binary:Package}\t${Version}\t${source:Package}\t${Architecture}\n"


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout


def is_elf(path):
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def shared_libraries(program):
    """Real paths of what the loader brings along, the loader itself included."""
    paths = re.findall(r"(?:=> )?(/\S+) \(0x", output("ldd", str(program)))
    return {os.path.realpath(path) for path in paths}


def package_of(library):
    """The installed package that owns a file; /lib and /usr/lib are one directory, and dpkg may know either name."""
    names = {library, library.removeprefix("/usr") if library.startswith("/usr/") else "/usr" + library}
    for name in sorted(names):
        found = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            return found.stdout.split(": ")[0].split(",")[0].strip()
    raise ValueError(f"no Debian package owns {library}")


def licence(source):
    if source not in LICENCES:
        raise ValueError(f"packaging/sbom.py does not know the licence of {source}")
    value = LICENCES[source]
    return [{"expression": value}] if " " in value else [{"license": {"id": value}}]


def library_component(package, linkage):
    name, version, source, architecture = output("dpkg-query", "-W", f"-f={FORMAT}", package).splitlines()[0].split("\t")
    name = name.split(":")[0]
    purl = f"pkg:deb/debian/{name}@{version.replace('+', '%2B').replace(':', '%3A')}?arch={architecture}&distro=bookworm"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "licenses": licence(source), "purl": purl,
            "properties": [{"name": "kvconnect:linkage", "value": linkage},
                           {"name": "kvconnect:source-package", "value": source}]}


def file_component(path, root):
    name = str(path.relative_to(root))
    return {"type": "file", "bom-ref": f"file:{name}", "name": name,
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}],
            "licenses": [{"license": {"id": "Apache-2.0"}}]}


def bill(package, version, epoch, files, libraries, linked):
    """`linked`: for each of our files the references of the libraries it needs."""
    product = f"pkg:generic/{package}@{version}"
    components = sorted([*files, *libraries], key=lambda one: one["bom-ref"])
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch)),
            "component": {"type": "application", "bom-ref": product, "name": package, "version": version,
                          "licenses": [{"license": {"id": "Apache-2.0"}}], "purl": product},
        },
        "components": components,
        "dependencies": [{"ref": product, "dependsOn": sorted(one["bom-ref"] for one in files)},
                         *({"ref": ref, "dependsOn": sorted(needs)} for ref, needs in sorted(linked.items()))],
    }
    # The same parts have the same number, so that two builds of one source agree.
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}"
    return document


def describe(root, package, version, epoch):
    """The bytes of the parts list of what lies in `root`."""
    root = pathlib.Path(root)
    files, libraries, linked = [], {}, {}
    for path in sorted(root.rglob("*")):
        elf, archive = is_elf(path), path.is_file() and path.suffix == ".a"
        if not elf and not archive:
            continue
        part = file_component(path, root)
        files.append(part)
        needs = [library_component(name, "dynamic")
                 for name in sorted({package_of(library) for library in (shared_libraries(path) if elf else ())})]
        needs += [library_component(name, "headers") for name in HEADER_ONLY]
        libraries.update((one["bom-ref"], one) for one in needs)
        linked[part["bom-ref"]] = {one["bom-ref"] for one in needs}
    document = bill(package, version, epoch, files, list(libraries.values()), linked)
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
