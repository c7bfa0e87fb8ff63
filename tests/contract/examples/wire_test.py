# SPDX-License-Identifier: Apache-2.0
"""wire_test.py EXAMPLES_DIR: the Python example's reader and writer of messages, on good, truncated and hostile bytes."""
import random
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv.pop(1))
import host  # noqa: E402


class Wire(unittest.TestCase):
    def test_what_was_written_comes_back(self):
        data = host.encode((1, "Grüße"), (2, 2**64 - 1), (2047, 300), (3, b""), (4, [(1, "innen")]))
        fields = host.decode(data)
        self.assertEqual(host.text(fields, 1), "Grüße")
        self.assertEqual(fields[2], [2**64 - 1])
        self.assertEqual(fields[2047], [300])
        self.assertEqual(fields[3], [b""])
        self.assertEqual(host.text(host.messages(fields, 4)[0], 1), "innen")
        self.assertEqual(host.text(fields, 99), "")

    def test_a_truncated_message_is_an_error_or_shorter(self):
        data = host.encode((1, "Grüße"), (2, 300), (3, "Ende"))
        whole = host.decode(data)
        for size in range(len(data)):
            try:
                self.assertNotEqual(host.decode(data[:size]), whole)
            except ValueError:
                pass

    def test_hostile_bytes_are_an_error(self):
        for data in (b"\x0a" + b"\xff" * 9 + b"\x01x", b"\xff" * 12, b"\x0b", b"\x0c", b"\x09\x01\x02"):
            with self.assertRaises(ValueError):
                host.decode(data)

    def test_random_bytes_raise_nothing_else(self):
        numbers = random.Random(1)
        for _ in range(5000):
            try:
                host.decode(numbers.randbytes(numbers.randrange(64)))
            except ValueError:
                pass


class Services(unittest.TestCase):
    """What a plugin gets from a callback, whatever it sends."""

    def ask(self, method, request):
        import ctypes
        import pathlib
        practice = host.Practice(pathlib.Path("."))
        header = host.Header(ctypes.sizeof(host.Header), method)
        return practice.call(None, ctypes.pointer(header), host.borrowed(request), None, None)

    def test_garbage_is_a_bad_request(self):
        self.assertEqual(self.ask(host.JOB_ENDED, b"\xff" * 12), host.BAD_REQUEST)

    def test_an_unknown_method_is_told(self):
        self.assertEqual(self.ask(4711, b""), host.UNSUPPORTED_METHOD)


if __name__ == "__main__":
    unittest.main()
