# SPDX-License-Identifier: Apache-2.0
"""What CycloneDX 1.5 demands of the parts of a list that ours uses, and what we demand of it besides."""
import re

LICENCE_IDS = {"Apache-2.0", "BSL-1.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "Zlib", "blessing", "LGPL-2.0-or-later",
               "LGPL-2.1-or-later", "BSD-4-Clause", "OLDAP-2.8", "PostgreSQL"}
EXPRESSIONS = {"GPL-3.0-or-later WITH GCC-exception-3.1", "LGPL-3.0-or-later OR GPL-2.0-or-later"}
COMPONENT_KEYS = {"type", "bom-ref", "name", "version", "licenses", "purl", "properties", "hashes"}
SERIAL = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SHA256 = re.compile(r"[0-9a-f]{64}")


def _licence_problems(where, licences):
    if not isinstance(licences, list) or not licences:
        return [f"{where}: no licence"]
    good = all(one in ([{"license": {"id": i}} for i in LICENCE_IDS] + [{"expression": e} for e in EXPRESSIONS]) for one in licences)
    return [] if good else [f"{where}: licence {licences}"]


def _component_problems(one):
    if not isinstance(one, dict):
        return ["a component is no object"]
    where = str(one.get("name"))
    found = [f"{where}: unknown key {key}" for key in sorted(set(one) - COMPONENT_KEYS)]
    if one.get("type") not in ("application", "library", "file"):
        found.append(f"{where}: type")
    for key in ("name", "bom-ref"):
        if not isinstance(one.get(key), str) or not one[key]:
            found.append(f"{where}: {key}")
    if one.get("type") == "file":
        hashes = one.get("hashes")
        if not (isinstance(hashes, list) and hashes and all(
                h.get("alg") == "SHA-256" and SHA256.fullmatch(str(h.get("content"))) for h in hashes)):
            found.append(f"{where}: hash")
    elif not str(one.get("purl", "")).startswith("pkg:") or not one.get("version"):
        found.append(f"{where}: purl or version")
    return found + _licence_problems(where, one.get("licenses"))


def problems(document):
    """One sentence for each thing that is wrong; empty if the list is good."""
    if not isinstance(document, dict):
        return ["the list is no object"]
    found = []
    allowed = {"bomFormat", "specVersion", "version", "serialNumber", "metadata", "components", "dependencies"}
    found += [f"unknown key {key}" for key in sorted(set(document) - allowed)]
    if (document.get("bomFormat"), document.get("specVersion")) != ("CycloneDX", "1.5"):
        found.append("format")
    if not isinstance(document.get("version"), int) or document["version"] < 1:
        found.append("version")
    if not SERIAL.fullmatch(str(document.get("serialNumber"))):
        found.append("serialNumber")
    metadata = document.get("metadata", {})
    if not TIME.fullmatch(str(metadata.get("timestamp"))):
        found.append("timestamp")
    components = document.get("components", [])
    for one in [metadata.get("component"), *components]:
        found += _component_problems(one)
    refs = [one.get("bom-ref") for one in [metadata.get("component") or {}, *components] if isinstance(one, dict)]
    if len(refs) != len(set(refs)):
        found.append("a bom-ref twice")
    for dependency in document.get("dependencies", []):
        for ref in [dependency.get("ref"), *dependency.get("dependsOn", [])]:
            if ref not in refs:
                found.append(f"dependency on {ref}, which is not in the list")
    if not document.get("dependencies"):
        found.append("no dependencies")
    return found
