# SPDX-License-Identifier: Apache-2.0
"""The man pages name the commands and options that the programs' help names, and no others.

man_pages_test.py KVCONNECT PVS_HOST DIRECTORY_OF_THE_PAGES
"""
import pathlib
import re
import subprocess
import sys

COMMANDS = ["open", "seal", "doctor", "restore"]  # server is of development builds


def help_of(*command):
    return subprocess.run([*command, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


def page(directory, name):
    text = (directory / name).read_text(encoding="utf-8")
    return re.sub(r"\\f[A-Z]", "", text).replace("\\-", "-")


def compare(name, text, options, commands):
    program = name.split(".")[0]
    missing = [command for command in commands if f".B {program} {command}\n" not in text]
    missing += sorted(options - options_in(text))
    more = sorted(options_in(text) - options - {"--help", "--version"})
    for what, found in (("does not name", missing), ("names what is not there:", more)):
        if found:
            print(f"{name} {what} {', '.join(found)}")
    return not missing and not more


def main():
    tool, host, directory = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    of_tool = set().union(*(options_in(help_of(tool, command)) for command in COMMANDS))
    good = compare("kvconnect.1", page(directory, "kvconnect.1"), of_tool, COMMANDS)
    good = compare("pvs-host.1", page(directory, "pvs-host.1"), options_in(help_of(host)), ["run", "serve"]) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
