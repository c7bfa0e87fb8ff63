#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reduces the .proto files to one line for every message field, enum value and oneof, and compares that with the golden file.

  descriptor_snapshot.py check  GOLDEN PROTOC PROTO_DIR   fails if something was removed, renumbered, retyped or renamed, and
                                                          also if something was added that the golden file does not have yet
  descriptor_snapshot.py update GOLDEN PROTOC PROTO_DIR   takes additions over; still refuses incompatible changes
  descriptor_snapshot.py selftest                         checks that the comparison notices each kind of change

The FileDescriptorSet is read with a small reader of the wire format, so that no Python protobuf package is needed.
"""
import os
import subprocess
import sys
import tempfile

TYPES = {1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 6: "fixed64", 7: "fixed32", 8: "bool", 9: "string",
         10: "group", 11: "message", 12: "bytes", 13: "uint32", 14: "enum", 15: "sfixed32", 16: "sfixed64", 17: "sint32",
         18: "sint64"}
LABELS = {1: "optional", 2: "required", 3: "repeated"}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    """Yields (number, value) of a message; bytes for length-delimited fields, integers else."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        elif kind == 5:
            value, at = data[at:at + 4], at + 4
        elif kind == 1:
            value, at = data[at:at + 8], at + 8
        else:
            raise ValueError("wire type %d" % kind)
        yield number, value


def first(data, number, default=None):
    return next((value for n, value in fields(data) if n == number), default)


def text(data, number):
    return (first(data, number) or b"").decode()


def enum_lines(data, prefix):
    name = prefix + text(data, 1)
    for number, value in fields(data):
        if number == 2:
            yield "enum %s.%s %d" % (name, text(value, 1), first(value, 2, 0))


def message_lines(data, prefix):
    name = prefix + text(data, 1)
    yield "message %s" % name
    oneofs = [text(value, 1) for number, value in fields(data) if number == 8]
    for number, value in fields(data):
        if number == 2:
            kind = TYPES[first(value, 5)]
            kind += " " + text(value, 6) if kind in ("message", "enum") else ""
            oneof = first(value, 9)
            yield "field %s.%s %d %s %s%s" % (name, text(value, 1), first(value, 3), LABELS[first(value, 4)], kind,
                                              "" if oneof is None else " oneof " + oneofs[oneof])
        elif number == 3:
            yield from message_lines(value, name + ".")
        elif number == 4:
            yield from enum_lines(value, name + ".")


def snapshot(protoc, proto_dir):
    files = sorted(os.path.join(folder, name) for folder, _, names in os.walk(proto_dir) for name in names if name.endswith(".proto"))
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "set")
        subprocess.run([protoc, "-I", proto_dir, "--descriptor_set_out=" + out] + files, check=True)
        with open(out, "rb") as file:
            data = file.read()
    lines = []
    for number, proto in fields(data):
        if number != 1:
            continue
        package = text(proto, 2) + "."
        for inner, value in fields(proto):
            if inner == 4:
                lines += message_lines(value, package)
            elif inner == 5:
                lines += enum_lines(value, package)
    return sorted(lines)


def compare(golden, now):
    """Lines of the golden file that are gone (incompatible), and new lines (allowed, but to be recorded)."""
    return sorted(set(golden) - set(now)), sorted(set(now) - set(golden))


def selftest():
    golden = ["field a.B.c 1 optional string", "enum a.E.X 0", "message a.B"]
    assert compare(golden, golden) == ([], [])
    assert compare(golden, golden[1:])[0], "a removed field"
    for change in ("field a.B.c 2 optional string", "field a.B.c 1 repeated string", "field a.B.c 1 optional bytes",
                   "field a.B.d 1 optional string", "field a.B.c 1 optional string oneof r"):
        assert compare(golden, [change] + golden[1:])[0], change
    assert compare(golden, golden + ["field a.B.d 2 optional string"]) == ([], ["field a.B.d 2 optional string"])


def main():
    if sys.argv[1:] == ["selftest"]:
        selftest()
        return 0
    mode, golden_path, protoc, proto_dir = sys.argv[1:]
    now = snapshot(protoc, proto_dir)
    golden = []
    if os.path.exists(golden_path):
        with open(golden_path, encoding="utf-8") as file:
            golden = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    gone, new = compare(golden, now)
    for line in gone:
        print("INCOMPATIBLE: no longer there: " + line)
    if gone:
        print("Fields and values are never removed, renumbered, renamed or retyped within a major version.")
        return 1
    if mode == "update":
        with open(golden_path, "w", encoding="utf-8") as file:
            file.write("# SPDX-License-Identifier: Apache-2.0\n# What was promised in proto/pvs/v1. Regenerated by: ninja pvs_descriptor_update\n")
            file.write("\n".join(now) + "\n")
        return 0
    for line in new:
        print("NOT RECORDED: " + line)
    if new:
        print("Additions are fine; record them with: ninja pvs_descriptor_update")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
