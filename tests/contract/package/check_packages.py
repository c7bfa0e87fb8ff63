# SPDX-License-Identifier: Apache-2.0
"""check_packages.py DEB_DIR ROOT BUILD_DIR SOURCE_DIR: unpacks the packages into ROOT, adds the shared libraries of the packages they declare as dependencies,
and nothing else, and runs them there."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import parts_list  # noqa: E402

PACKAGES = ["kvconnect-plugin", "kvconnect-tool", "pvs-host-api-dev"]
PRACTICE = {"practice": {"id": "praxis-probe", "name": "Praxis Probe", "sites": [{"bsnr": "999999900", "name": "Probe", "kv_code": "71"}]},
            "locale": "de-DE", "time_zone": "Europe/Berlin",
            "users": [{"id": "dr_probe", "name": "Dr. Probe", "roles": ["doctor", "admin"], "password": "Nur-Zur-Probe-1"}],
            "patients": [], "documents": []}
SCRIPT = [{"as": "dr_probe", "invoke": "kvconnect.doctor", "wait_job": True, "expect": {"kind": "doctor"}},
          {"invoke": "kvconnect.accounts", "wait_job": True, "expect": {"kind": "accounts"}}]


def output(*command, **more):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, **more).stdout


def require(good, what):
    if not good:
        sys.exit(f"not so: {what}")


def alternatives(depends):
    """[[(name, relation, version), ...], ...] of a Depends line."""
    lists = []
    for group in filter(None, (part.strip() for part in depends.split(","))):
        lists.append([re.fullmatch(r"([a-z0-9.+-]+)(?::\w+)?(?: \((\S+) (\S+)\))?", one.strip()).groups() for one in group.split("|")])
    return lists


def installed(package):
    """(version, what it needs) or None."""
    found = subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status}\t${Version}\t${Pre-Depends}, ${Depends}\n", package],
                           capture_output=True, text=True, check=False)
    lines = [line.split("\t") for line in found.stdout.splitlines() if line.startswith("installed\t")]
    return tuple(lines[0][1:]) if lines else None


def closure(depends):
    """All packages that an installation would bring, by name. A version that does not fit is an error."""
    done, waiting = set(), alternatives(depends)
    while waiting:
        choices = waiting.pop()
        chosen = next((one for one in choices if installed(one[0])), None)
        if chosen is None or chosen[0] in done:
            continue
        name, relation, version = chosen
        have, needs = installed(name)
        if relation:
            fits = subprocess.run(["dpkg", "--compare-versions", have, relation, version], check=False).returncode == 0
            require(fits, f"{name} {have} {relation} {version}")
        done.add(name)
        waiting += alternatives(needs)
    return done


def merged(path):
    """Where a path is on a system with one /usr."""
    path = path.removeprefix("/")
    return path if path.startswith("usr/") else "usr/" + path


def bring_libraries(packages, root):
    for name in ("lib", "lib64", "bin"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    for package in packages:
        for path in output("dpkg-query", "-L", package).splitlines():
            if not re.search(r"/lib(64)?/.*\.so(\.|$)", path) or os.path.isdir(path):
                continue
            target = root / merged(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() and not target.is_symlink():
                shutil.copy2(path, target, follow_symlinks=False)


def check_files(root, own, words):
    for path in own:
        if path.is_symlink() or not path.is_file():
            continue
        require(path.stat().st_mode & 0o022 == 0, f"{path} is written by its owner alone")
        data = path.read_bytes()
        # A developer's build looks for the PostgreSQL module where it was built; package.sh checks the programs of a shipped one.
        if data.startswith(b"\x7fELF"):
            continue
        for word in words:
            require(word.encode() not in data, f"{path.relative_to(root)} does not name {word}")


def check_sbom(root, package, linked):
    path = root / f"usr/share/doc/{package}/sbom.cdx.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    require(not (found := parts_list.problems(document)), f"{path.name} of {package}: {found}")
    names = {one["name"] for one in document["components"] if one["type"] == "library"}
    require(linked <= names, f"{package}: {linked - names} are in the parts list")
    for one in document["components"]:
        if one["type"] == "file":
            require((root / one["name"]).is_file(), f"{one['name']} is in the package")


def loader(root):
    return next(root.glob("usr/lib64/ld-linux*.so.*"))


def run(root, program, *arguments):
    libraries = ":".join(str(path) for path in (root / "usr/lib").glob("*-linux-gnu*"))
    return subprocess.run([loader(root), "--inhibit-cache", "--library-path", libraries, program, *arguments], check=False,
                          capture_output=True, text=True, env={"PATH": "/nowhere", "TMPDIR": str(root / "tmp")})


def check_loads(root, program):
    found = run(root, "--list", program)
    require(found.returncode == 0 and "not found" not in found.stdout, f"{program} loads: {found.stdout}{found.stderr}")
    for path in re.findall(r"=> (\S+)", found.stdout):
        require(path.startswith(str(root)), f"{program.name} takes {path} from its dependencies, not from this machine")


def check_runs(root, call, place):
    """`call` starts a program of ROOT; `place` is how that program names a path."""
    doctor = call("usr/bin/kvconnect", "doctor", "--manifest", place("usr/lib/kvconnect/manifest.json"))
    require(doctor.returncode in (0, 1), f"kvconnect doctor runs: {doctor.stdout}{doctor.stderr}")
    require(json.loads(doctor.stdout)["stages"][0]["outcome"] == "manifest.good", "kvconnect doctor reads the manifest")
    host = call("usr/bin/pvs-host", "run", "--plugin", place("usr/lib/kvconnect"), "--script", place("tmp/script.json"),
                "--practice", place("tmp/practice.json"), "--data", place("tmp/data"))
    require(host.returncode == 0, f"pvs-host runs the plugin: {host.stdout}{host.stderr}")
    shutil.rmtree(root / "tmp/data")


def in_chroot(root):
    def call(program, *arguments):
        def enter():
            os.chroot(root)
            os.chdir("/")
        return subprocess.run(["/" + program, *arguments], preexec_fn=enter, check=False, capture_output=True, text=True, env={})
    try:
        check_runs(root, call, lambda path: "/" + path)
    except (PermissionError, subprocess.SubprocessError):
        print("a root of its own is not allowed here: the loader's run alone counts")


def main(debs, root, build, source):
    root, linked, depends, own = pathlib.Path(root), {}, {}, []
    files = sorted(pathlib.Path(debs).glob("*.deb"))
    require([file.name.split("_")[0] for file in files] == PACKAGES, f"the packages are {PACKAGES}")
    for package, file in zip(PACKAGES, files):
        output("dpkg-deb", "-x", file, root)
        depends[package] = output("dpkg-deb", "-f", file, "Depends")
        require("@" in output("dpkg-deb", "-f", file, "Maintainer"), f"{package} has a maintainer")
        require("libc6" in depends[package], f"{package} depends on what it links")
        linked[package] = {name for group in alternatives(depends[package]) for name, *_ in group if not name.endswith("-dev")}
        doc = root / "usr/share/doc" / package
        for name in ("copyright", "changelog.gz", "changelog.Debian.gz"):
            require((doc / name).stat().st_size > 0, f"{package} has {name}")
    own = [path for path in root.rglob("*")]
    check_files(root, own, [build, source])
    for package in PACKAGES:
        check_sbom(root, package, linked[package])

    # A -dev package brings compilers' files; what runs needs only the libraries.
    runtime = {package: ", ".join(one for one in line.split(", ") if "-dev" not in one) for package, line in depends.items()}
    bring_libraries(closure(", ".join(runtime.values())), root)
    for program in [*root.glob("usr/lib/kvconnect/*.so"), *root.glob("usr/bin/*")]:
        check_loads(root, program)
    (root / "tmp").mkdir()
    (root / "tmp/script.json").write_text(json.dumps(SCRIPT), encoding="utf-8")
    (root / "tmp/practice.json").write_text(json.dumps(PRACTICE), encoding="utf-8")
    check_runs(root, lambda program, *arguments: run(root, root / program, *arguments), lambda path: str(root / path))
    if os.geteuid() == 0:
        in_chroot(root)
    print("good")


if __name__ == "__main__":
    main(*sys.argv[1:])
