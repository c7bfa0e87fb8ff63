#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A practice system in Python, with ctypes of the standard library alone.

Lists a plugin's menu, opens one command, prints what it shows, and stops.

usage: host.py PLUGIN_DIR DATA_DIR [COMMAND [SETTINGS.json]]
"""
import ctypes
import json
import pathlib
import queue
import sys
import threading
import time
from ctypes import CFUNCTYPE, POINTER, c_int32, c_int64, c_uint8, c_uint32, c_uint64, c_void_p

OK, UNSUPPORTED_METHOD, BAD_REQUEST, INTERNAL = 0, 1, 2, 11
HELLO, ACTIVATE, QUIESCE, COMMAND_INVOKE = 101, 102, 103, 201
USER_CURRENT, STORAGE_DIRECTORIES, JOB_PROGRESS, JOB_ENDED = 1101, 1401, 1801, 1802
KEY_SEAL, KEY_UNSEAL, KEY_PUBLIC = 1301, 1302, 1303


# ---- the bytes of a message: fields as (number, value), value an int, text, bytes or a list of fields ----
# [wire]
def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def encode(*fields):
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
            continue
        data = value.encode() if isinstance(value, str) else encode(*value) if isinstance(value, list) else value
        out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def decode(data):
    """{number: [values]}: ints, or bytes that may be a text or a message. ValueError for what is no message."""
    fields, at = {}, 0

    def take_varint():
        nonlocal at
        value = shift = 0
        while at < len(data) and shift < 64:
            value |= (data[at] & 127) << shift
            at, shift = at + 1, shift + 7
            if data[at - 1] < 128:
                return value
        raise ValueError("a number ends too early")

    while at < len(data):
        key = take_varint()
        if key & 7 == 0:
            value = take_varint()
        else:
            size = {1: lambda: 8, 2: take_varint, 5: lambda: 4}.get(key & 7)
            if size is None:
                raise ValueError("unknown type of a field")
            size = size()
            if size > len(data) - at:
                raise ValueError("a field ends too early")
            value, at = data[at:at + size], at + size
        fields.setdefault(key >> 3, []).append(value)
    return fields
# [/wire]


def text(message, number):
    """A text field of a decoded message; "" if it is not there, which is the same."""
    return message.get(number, [b""])[-1].decode()


def messages(message, number):
    return [decode(part) for part in message.get(number, [])]


# ---- plugin.h ----
# [abi]
class Bytes(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("size", c_uint64)]

    def get(self):
        return ctypes.string_at(self.data, self.size) if self.size else b""


class Header(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("method", c_uint32), ("call_id", c_uint64), ("parent_call_id", c_uint64),
                ("deadline_ms", c_uint64), ("flags", c_uint32), ("reserved", c_uint32), ("correlation_id", c_uint8 * 16)]


Reply = CFUNCTYPE(c_int32, c_void_p, Bytes)


class Host(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("abi_minor", c_uint32),
                ("call", CFUNCTYPE(c_int32, c_void_p, POINTER(Header), Bytes, Reply, c_void_p)),
                ("log", CFUNCTYPE(None, c_void_p, c_int32, Bytes, Bytes)),
                ("is_main", CFUNCTYPE(c_int32, c_void_p)),
                ("post_to_main", CFUNCTYPE(c_int32, c_void_p, c_uint64)),
                ("is_cancelled", CFUNCTYPE(c_int32, c_void_p, c_uint64)),
                ("now_utc_ms", CFUNCTYPE(c_int64, c_void_p)),
                ("monotonic_ms", CFUNCTYPE(c_uint64, c_void_p)),
                ("stream_read", CFUNCTYPE(c_int32, c_void_p, c_uint64, c_void_p, c_uint64, POINTER(c_uint64))),
                ("stream_write", CFUNCTYPE(c_int32, c_void_p, c_uint64, Bytes)),
                ("stream_close", CFUNCTYPE(c_int32, c_void_p, c_uint64, c_int32))]


class Plugin(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("abi_minor", c_uint32),
                ("describe", CFUNCTYPE(c_int32, Reply, c_void_p)),
                ("create", CFUNCTYPE(c_int32, POINTER(Host), c_void_p, Bytes, POINTER(c_void_p))),
                ("call", CFUNCTYPE(c_int32, c_void_p, POINTER(Header), Bytes, Reply, c_void_p)),
                ("cancel", CFUNCTYPE(None, c_void_p, c_uint64)),
                ("on_main", CFUNCTYPE(None, c_void_p, c_uint64)),
                ("stop", CFUNCTYPE(c_int32, c_void_p, c_uint64)),
                ("destroy", CFUNCTYPE(None, c_void_p))]
# [/abi]


def borrowed(data):
    """`data` as an argument; the caller keeps it until the call returns."""
    return Bytes(ctypes.cast(ctypes.c_char_p(data), c_void_p), len(data))


class Practice:
    """What the plugin may ask. Every function here may be called on a thread of the plugin's, and never raises: an
    exception inside a ctypes callback would be printed and answered 0, which is PVS_OK."""

    # [practice]
    services = ["user_context", "key_custody", "storage", "files", "progress"]

    def __init__(self, data_directory):
        self.data_directory = str(data_directory.resolve())
        self.main = threading.get_ident()
        self.events = queue.Queue()  # ("token", number) and ("ended", bytes of ActionReply)

    def serve(self, method, request):
        """The bytes of the reply, or None for a method this host does not have."""
        if method == USER_CURRENT:
            return encode((1, [(1, [(1, "dr_probe"), (2, "Dr. Probe"), (4, 1)]), (2, [(1, "praxis-probe")]), (3, "de-DE")]))
        if method == STORAGE_DIRECTORIES:
            return encode((1, [(1, self.data_directory), (2, self.data_directory), (3, self.data_directory)]))
        if method in (KEY_SEAL, KEY_UNSEAL, KEY_PUBLIC):  # your key management belongs here; until it does, say so
            return encode((2, [(1, 8), (2, "host.no_key_custody")]))
        if method == JOB_ENDED:
            self.events.put(("ended", decode(request).get(2, [b""])[-1]))
        return b"" if method in (JOB_PROGRESS, JOB_ENDED) else None
    # [/practice]

    def call(self, _ctx, header, request, reply, sink):
        try:
            data = self.serve(header.contents.method, request.get())
            return UNSUPPORTED_METHOD if data is None else reply(sink, borrowed(data)) if reply else OK
        except ValueError:
            return BAD_REQUEST
        except Exception:  # nothing may be thrown across
            return INTERNAL

    def log(self, _ctx, level, component, line):
        if level >= 2:
            print(f"{component.get().decode()}: {line.get().decode()}", file=sys.stderr)

    def post_to_main(self, _ctx, token):
        self.events.put(("token", token))
        return OK

    def table(self):
        types = dict(Host._fields_)
        functions = {"call": self.call, "log": self.log, "is_main": lambda _: threading.get_ident() == self.main,
                     "post_to_main": self.post_to_main, "is_cancelled": lambda *_: 0,
                     "now_utc_ms": lambda _: time.time_ns() // 10**6, "monotonic_ms": lambda _: time.monotonic_ns() // 10**6,
                     "stream_read": lambda *_: BAD_REQUEST, "stream_write": lambda *_: BAD_REQUEST,
                     "stream_close": lambda *_: BAD_REQUEST}
        return Host(ctypes.sizeof(Host), 0, *(types[name](function) for name, function in functions.items()))


class Instance:
    # [life]
    def __init__(self, directory, practice):
        manifest = (directory / "manifest.json").read_bytes()
        self.manifest = json.loads(manifest)
        self.library = ctypes.CDLL(str((directory / self.manifest["library"]).resolve()))
        self.library.pvs_plugin_entry_v1.restype = POINTER(Plugin)
        self.table = self.library.pvs_plugin_entry_v1(c_uint32(0)).contents
        self.practice, self.host, self.handle, self.calls = practice, practice.table(), c_void_p(), 0
        status = self.table.create(ctypes.byref(self.host), None, borrowed(manifest), ctypes.byref(self.handle))
        if status != OK:
            raise RuntimeError(f"the plugin does not start: status {status}")

    def call(self, method, request=b""):
        self.calls += 1
        header = Header(ctypes.sizeof(Header), method, self.calls, 0, 0, 1, 0)
        replies = []

        def take(_sink, payload):
            replies.append(payload.get())
            return OK

        status = self.table.call(self.handle, ctypes.byref(header), borrowed(request), Reply(take), None)
        if status != OK:
            raise RuntimeError(f"method {method} failed: status {status}")
        return decode(replies[0] if replies else b"")

    def stop(self):
        self.call(QUIESCE)
        if self.table.stop(self.handle, 10000) == OK:  # else it is stuck: nothing may be freed under its threads
            self.table.destroy(self.handle)
    # [/life]

    def start(self, settings):
        hello = [(1, "Beispiel-PVS in Python"), (2, "1.0"), *((4, name) for name in self.practice.services), (5, "de-DE")]
        if settings:
            hello += [(6, settings.read_bytes()), (7, str(settings.resolve().parent))]
        reply = self.call(HELLO, encode(*hello))
        for errors in messages(reply, 2):
            raise RuntimeError("\n".join(text(error, 7) for error in messages(errors, 1)))
        self.call(ACTIVATE)

    def invoke(self, command):
        reply = self.call(COMMAND_INVOKE, encode((1, command), (2, [(1, "session-1"), (2, "dr_probe")])))
        while 2 in reply:  # Accepted: goes on as a job; this is the plugin's part of a main loop
            kind, value = self.practice.events.get()
            if kind == "token":
                self.table.on_main(self.handle, value)
            else:
                reply = decode(value)
        for error in messages(reply, 4):
            raise RuntimeError(text(error, 7))
        return messages(reply, 1)[0]


def print_view(view):
    print("==", text(view, 3))
    for detail in messages(view, 12):
        for group in messages(detail, 1):
            print(text(group, 1))
            for fact in messages(group, 2):
                print(f"  {text(fact, 2)}: {text(fact, 3)}")
    for table in messages(view, 11):
        for row in messages(table, 3):
            print("\t".join(text(cell, 1) for cell in messages(row, 2)))
        if 3 not in table:
            print(text(table, 6))
    for notice in messages(view, 13):
        print(text(notice, 2))


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    directory, data, command, settings = (*arguments, *[None] * (4 - len(arguments)))
    plugin = Instance(pathlib.Path(directory), Practice(pathlib.Path(data)))
    for entry in plugin.manifest["contributes"]["commands"]:
        print(f'{entry["menu"]} > {entry["title"]["de"]}  ({entry["id"]})')
    try:
        plugin.start(settings and pathlib.Path(settings))
        print_view(plugin.invoke(command or "kvconnect.doctor"))
    finally:
        plugin.stop()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (OSError, RuntimeError, ValueError) as problem:
        sys.exit(str(problem))
